/** The parent's end of the load: starts its process and hands it jobs. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, JobReport } from './load.ts';
import { keepTrack, stopProcess } from './processes.ts';

export interface Load {
  /** @throws with what went wrong over there */
  run(job: Job): Promise<JobReport>;
  stop(): Promise<void>;
}

export function startLoad(): Load {
  const file = fileURLToPath(new URL('load-process.ts', import.meta.url));
  const child = keepTrack(() => fork(file, { stdio: 'inherit' }));
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const ended = (): void => {
          reject(new Error('the process of the load ended'));
        };
        child.once('exit', ended);
        child.once('message', (answer: { report: JobReport } | { failure: string }) => {
          child.off('exit', ended);
          if ('report' in answer) resolve(answer.report);
          else reject(new Error(answer.failure));
        });
        // Told here, a channel that is closed already is no error that ends this process.
        child.send(job, (error) => {
          if (error !== null) ended();
        });
      }),
    stop: () => stopProcess(child),
  };
}
