/** Who is signed in where: one file, for its owner alone, as it holds secrets of clients. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { exits, failure } from './failure.ts';

const profile = z.object({
  /** Without a slash at its end. */
  url: z.url(),
  /** Where commands work unless they say otherwise. */
  tenant: z.string(),
  /** By `tenant/workspace`. */
  clients: z.record(z.string(), z.object({ id: z.string(), secret: z.string() })),
});
const file = z.object({ profiles: z.record(z.string(), profile) });
export type Profile = z.infer<typeof profile>;

export interface Profiles {
  find(name: string): Promise<Profile | undefined>;
  save(name: string, profile: Profile): Promise<void>;
}

/** @param directory made with the first profile, for its owner alone */
export function createProfiles(directory: string): Profiles {
  const path = join(directory, 'config.json');

  const read = async (): Promise<z.infer<typeof file>> => {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { profiles: {} };
      throw error;
    }
    const parsed = file.safeParse(readJson(text));
    if (parsed.success) return parsed.data;
    throw failure(exits.unreachable, `${path} cannot be read. Remove it, and run gatehouse login.`);
  };

  return {
    find: async (name) => (await read()).profiles[name],

    async save(name, saved) {
      const { profiles } = await read();
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await chmod(directory, 0o700);
      // Whole or not at all, and never readable by others in between.
      const beside = `${path}.${randomBytes(4).toString('hex')}`;
      const text = JSON.stringify({ profiles: { ...profiles, [name]: saved } }, null, 2);
      await writeFile(beside, `${text}\n`, { mode: 0o600 });
      await rename(beside, path);
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
