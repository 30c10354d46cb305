/** Our program as a terminal or a supervisor runs it: started with an environment, watched until it speaks or ends. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { lifeOf } from '../../workflows/process-life.ts';
import { careForChild } from './caretaker.ts';

export interface StartedProgram {
  readonly pid: number;
  /** What it has written so far, standard output and error. */
  output(): string;
  /** @throws Error when it ends, or takes too long, before it has written this */
  says(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/**
 * @param words what stands after the program's name
 * @param env all it gets beside PATH
 */
export function startProgram(words: readonly string[], env: Readonly<Record<string, string>>): StartedProgram {
  const child = spawn(process.execPath, ['server/main.ts', ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  careForChild(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let over = false;
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      over = true;
      resolve(code);
    }),
  );
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    async says(text) {
      const deadline = Date.now() + 60_000;
      while (!output.includes(text)) {
        if (over || Date.now() > deadline) throw new Error(`it never said «${text}»:\n${output}`);
        await delay(50);
      }
    },
    signal: (name) => {
      child.kill(name);
    },
  };
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await lifeOf(pid)) !== undefined;
}
