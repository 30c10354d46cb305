/** The process of the load: does the jobs that its parent sends, one after the other, and answers each. */
import { runJob } from './load.ts';
import type { Job } from './load.ts';

process.on('message', (job: Job) => {
  void runJob(job).then(
    (report) => process.send?.({ report }),
    (error: unknown) =>
      process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
