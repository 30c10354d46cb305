/** Named places where a test stops a process, so that it can be killed exactly there: armed and released by files. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Passed by at the named place; stops the one who comes first after it was armed, or after so many have passed. */
export type Barrier = (name: string) => Promise<void>;

export interface ArmedBarrier {
  /** Resolves when a process stands there. @throws Error when nobody came in time */
  reached(): Promise<void>;
  /** Lets whoever stands there go on, and disarms it where nobody came. */
  release(): Promise<void>;
}

const pollMs = 5;
const patienceMs = 30_000;

/** @param folder where this process and the test meet */
export function createBarrier(folder: string): Barrier {
  return async (name) => {
    const reached = join(folder, `${name}.reached`);
    const armed = join(folder, `${name}.armed`);
    try {
      const letBy = Number(readFileSync(armed, 'utf8'));
      if (letBy > 0) {
        writeFileSync(armed, String(letBy - 1));
        return;
      }
      // Of several who pass at once, one can rename it.
      renameSync(armed, reached);
    } catch {
      return;
    }
    while (existsSync(reached)) await delay(pollMs);
  };
}

/** @param letBy how many pass before one is stopped; they are not to come at once */
export async function armBarrier(folder: string, name: string, letBy = 0): Promise<ArmedBarrier> {
  const armed = join(folder, `${name}.armed`);
  const reached = join(folder, `${name}.reached`);
  await writeFile(armed, String(letBy));
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
