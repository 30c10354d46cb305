/** Who uses the Temporal that another process started on a data folder: the last of them ends it, where its owner was killed. */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lifeOf, stillLives } from './process-life.ts';
import { endAbandoned, type OwnedTemporal } from './temporal-owner.ts';

const prefix = 'temporal.guest.';

/**
 * Says beside the data that this process uses it.
 * @returns what to do when it stops: nothing happens to a Temporal whose owner runs, or that somebody else still uses
 */
export async function joinAsGuest(dataDir: string, shared: OwnedTemporal): Promise<() => Promise<void>> {
  const own = join(dataDir, `${prefix}${String(process.pid)}`);
  await writeFile(own, (await lifeOf(process.pid)) ?? '');
  return async () => {
    await rm(own, { force: true });
    if (!(await hasGuests(dataDir))) await endAbandoned(dataDir, shared);
  };
}

async function hasGuests(dataDir: string): Promise<boolean> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const file = join(dataDir, name);
    const life = await readFile(file, 'utf8').catch(() => undefined);
    if (life !== undefined && (await stillLives(Number(name.slice(prefix.length)), life))) return true;
    await rm(file, { force: true });
  }
  return false;
}
