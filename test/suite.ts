/** `npm run suite`: every test, in two processes side by side, since most of them wait: for a browser, a crash, a timer. */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { careForChild } from './support/caretaker.ts';

const root = dirname(import.meta.dirname);
const mocha = join(dirname(createRequire(import.meta.url).resolve('mocha/package.json')), 'bin/mocha.js');

/** Whole suites, so that two processes take about as long; every other one runs in the second. */
const first: ReadonlySet<string> = new Set([
  ...['architecture', 'bench', 'chaos', 'cli', 'migrations', 'plugins', 'replay', 'sandbox', 'scripts-runtime'],
]);

interface Count {
  readonly passing: number;
  readonly failing: number;
  readonly pending: number;
}

const files = globSync('test/**/*.test.ts', { cwd: root }).sort();
const lanes = [true, false].map((isFirst) => files.filter((file) => first.has(file.split(sep)[1] ?? '') === isFirst));

/** Lines as they come, with their lane before them. @returns what mocha counted; nothing, where it did not come that far */
async function run(lane: readonly string[], name: string): Promise<Count & { readonly isGreen: boolean }> {
  const child = spawn(process.execPath, [mocha, ...lane], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  careForChild(child);
  const stop = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const count = { passing: 0, failing: 0, pending: 0 };
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      process.stdout.write(`${name} ${line}\n`);
      const [, number, what] = /^\s+(\d+) (passing|failing|pending)\b/.exec(line) ?? [];
      if (what === 'passing' || what === 'failing' || what === 'pending') count[what] = Number(number);
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.removeListener('SIGINT', stop);
  process.removeListener('SIGTERM', stop);
  if (code !== 0 && count.failing === 0) process.stdout.write(`${name} ended with ${String(code)}\n`);
  return { ...count, isGreen: code === 0 && count.passing > 0 };
}

const ran = await Promise.all(lanes.map((lane, at) => run(lane, `${String(at + 1)}│`)));
const sum = (what: keyof Count): number => ran.reduce((total, one) => total + one[what], 0);
process.stdout.write(
  `\n${String(sum('passing'))} passing\n${String(sum('failing'))} failing\n${String(sum('pending'))} pending\n`,
);
process.exitCode = ran.every(({ isGreen }) => isGreen) ? 0 : 1;
