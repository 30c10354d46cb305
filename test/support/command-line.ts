/** The command line as somebody at a terminal has it: what they type goes in, what is printed and said comes out. */
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { createProfiles } from '../../cli/profiles.ts';
import { run } from '../../cli/run.ts';

export interface Typed {
  readonly env?: Readonly<Record<string, string>>;
  readonly typed?: string;
  readonly stdin?: string;
  readonly interactive?: boolean;
  readonly terminal?: boolean;
}

/** @param directory where its profiles are kept */
export async function gatehouseIn(directory: string, args: readonly string[], more: Typed = {}) {
  const printed: string[] = [];
  const said: string[] = [];
  const exit = await run(args, {
    env: more.env ?? {},
    profiles: createProfiles(join(directory, 'config')),
    out: (text) => printed.push(text),
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed.push(chunk.toString());
        done();
      },
    }),
    say: (text) => said.push(text),
    ask: () => Promise.resolve(more.typed ?? ''),
    isTerminal: more.terminal ?? false,
    isInteractive: more.interactive ?? false,
    stdin: Readable.from([Buffer.from(more.stdin ?? '')]),
    signal: new AbortController().signal,
  });
  return { exit, out: printed.join(''), said: said.join('') };
}
