/** How a role is started: by its script in package.json, without npm in between. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const manifest = z.object({ scripts: z.record(z.string(), z.string()) });

/** @param name of a script that is one call of node @returns the arguments of node */
export async function nodeArguments(name: 'start' | 'server' | 'worker'): Promise<readonly string[]> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const [command, ...args] = manifest.parse(JSON.parse(text)).scripts[name]?.split(' ') ?? [];
  if (command !== 'node') throw new Error(`the script ${name} is no single call of node`);
  return args;
}
