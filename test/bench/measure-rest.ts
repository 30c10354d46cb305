/** What a deployment costs when nobody asks anything: memory, and the time of a second start. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { makePlace } from './place.ts';
import { residentMb, startProcess } from './processes.ts';
import type { Bar, Result } from './result.ts';
import type { Setting } from './setting.ts';
import { nodeArguments } from './scripts.ts';
import { answers } from './sides.ts';

/** Server and worker together, without Temporal. */
export async function measureMemory({ platform, bare, size }: Setting, name: string, bar?: Bar): Promise<Result> {
  await delay(size.idleMs);
  const value = await residentMb(platform.ownPids);
  const result = { name, value, unit: 'MB', bare: await residentMb(bare.ownPids) };
  return bar === undefined ? result : { ...result, bar };
}

/** `npm start` in a folder that it was run in before, until `/health` answers. */
export async function measureSecondStart(): Promise<Result> {
  const more = { TEMPORAL_PORT: String(await freePort()), TEMPORAL_UI_PORT: String(await freePort()) };
  const { env, origin } = await makePlace(more);
  const folder = String(env['DATA_DIR']);
  const start = async (): Promise<number> => {
    const since = performance.now();
    const ready = () => answers(`${origin}/health`);
    const running = await startProcess(await nodeArguments('start'), env, join(folder, 'all.log'), ready);
    const took = (performance.now() - since) / 1000;
    await running.stop();
    return took;
  };
  try {
    await start();
    return { name: 'second-start', value: await start(), unit: 's', bar: { of: 'value', atMost: 10 } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
