/** The process of the command line: its terminal, its files and its exit code. */
import { createInterface } from 'node:readline/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createProfiles } from './profiles.ts';
import { run } from './run.ts';

const { env, stdin, stdout, stderr } = process;

const stop = new AbortController();
const interrupt = (): void => {
  stop.abort();
};
process.once('SIGINT', interrupt);
// Whoever reads us has read enough.
stdout.on('error', () => process.exit(0));

/** What is typed is not shown, unless said otherwise. */
async function ask(question: string, echo?: 'shown'): Promise<string> {
  if (!stdin.isTTY) return (await buffer(stdin)).toString().replace(/\r?\n$/, '');
  if (echo === undefined) stderr.write(question);
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: echo === undefined ? silent : stderr, terminal: true });
  try {
    lines.once('SIGINT', interrupt);
    return await lines.question(echo === undefined ? '' : question, { signal: stop.signal });
  } finally {
    lines.close();
    if (echo === undefined) stderr.write('\n');
  }
}

const directory = join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'gatehouse');
process.exitCode = await run(process.argv.slice(2), {
  env,
  profiles: createProfiles(directory),
  out: (text) => stdout.write(text),
  stdout,
  say: (text) => stderr.write(text),
  ask,
  isTerminal: stderr.isTTY,
  isInteractive: stdin.isTTY && stderr.isTTY,
  stdin,
  signal: stop.signal,
});
