/** The two sides of a bench, each ready to be asked: the platform as production runs it, and the bare provider. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { benchTenant, benchWorkspace, makePlace } from './place.ts';
import type { BenchPlace } from './place.ts';
import { startProcess } from './processes.ts';
import { nodeArguments } from './scripts.ts';
import { discover } from './target.ts';
import type { Target } from './target.ts';

export interface Side {
  readonly target: Target;
  readonly place: BenchPlace;
  /** All of its processes. */
  readonly pids: readonly number[];
  /** Without Temporal. */
  readonly ownPids: readonly number[];
  stop(): Promise<void>;
}

export async function answers(url: string): Promise<boolean> {
  return (await fetch(url)).ok;
}

/** @param nodeArgs for server and worker, e.g. `--cpu-prof` */
export async function startPlatform(nodeArgs: readonly string[] = []): Promise<Side> {
  const temporal = await startTestTemporal();
  try {
    return await startBeside(temporal, nodeArgs);
  } catch (error) {
    await temporal.stop();
    throw error;
  }
}

async function startBeside(temporal: TestTemporal, nodeArgs: readonly string[]): Promise<Side> {
  const place = await makePlace({
    TEMPORAL_ADDRESS: temporal.address,
    // Where the receiver of webhooks listens.
    OUTGOING_ALLOW: '127.0.0.1',
  });
  const { origin, env, client, people } = place;
  const start = async (script: 'server' | 'worker', isReady: (output: string) => Promise<boolean>) =>
    startProcess(
      [...nodeArgs, ...(await nodeArguments(script))],
      env,
      join(String(env['DATA_DIR']), `${script}.log`),
      isReady,
    );
  const server = await start('server', () => answers(`${origin}/health`));
  const worker = await start('worker', (output) => Promise.resolve(output.includes('running logins')));
  return {
    target: await discover(`${origin}/${benchTenant}/${benchWorkspace}`, { origin, client, people }),
    place,
    pids: [server.pid, worker.pid, temporal.pid],
    ownPids: [server.pid, worker.pid],
    async stop() {
      await Promise.all([server.stop(), worker.stop()]);
      await temporal.stop();
      await rm(String(env['DATA_DIR']), { recursive: true, force: true });
    },
  };
}

/** @param nodeArgs as for the platform */
export async function startBare(storage: 'database' | 'memory', nodeArgs: readonly string[] = []): Promise<Side> {
  const place = await makePlace();
  const { origin, env, client, people } = place;
  const server = await startProcess(
    [...nodeArgs, 'test/bench/bare-provider.ts', storage],
    env,
    join(String(env['DATA_DIR']), 'bare.log'),
    (output) => Promise.resolve(output.includes('serving')),
  );
  return {
    target: await discover(origin, { origin, client, people }),
    place,
    pids: [server.pid],
    ownPids: [server.pid],
    async stop() {
      await server.stop();
      await rm(String(env['DATA_DIR']), { recursive: true, force: true });
    },
  };
}
