/** Named places where a test stops a process, so that it can be killed exactly there: armed and released by files. */
import { existsSync, renameSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Passed by at the named place; stops the one who comes first after it was armed. */
export type Barrier = (name: string) => Promise<void>;

export interface ArmedBarrier {
  /** Resolves when a process stands there. @throws Error when nobody came in time */
  reached(): Promise<void>;
  /** Lets whoever stands there go on, and disarms it where nobody came. */
  release(): Promise<void>;
}

const pollMs = 5;
const patienceMs = 10_000;

/** @param folder where this process and the test meet */
export function createBarrier(folder: string): Barrier {
  return async (name) => {
    const reached = join(folder, `${name}.reached`);
    try {
      // Of several who pass at once, one can rename it.
      renameSync(join(folder, `${name}.armed`), reached);
    } catch {
      return;
    }
    while (existsSync(reached)) await delay(pollMs);
  };
}

export async function armBarrier(folder: string, name: string): Promise<ArmedBarrier> {
  const armed = join(folder, `${name}.armed`);
  const reached = join(folder, `${name}.reached`);
  await writeFile(armed, '');
  return {
    async reached() {
      for (const deadline = Date.now() + patienceMs; !existsSync(reached); await delay(pollMs)) {
        if (Date.now() > deadline) throw new Error(`no process came to the place ${name}`);
      }
    },
    async release() {
      await rm(armed, { force: true });
      await rm(reached, { force: true });
    },
  };
}
