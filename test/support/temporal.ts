/** A Temporal development server for a test: found as `npm start` finds it, on ports and in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal } from '../../workflows/dev-server.ts';
import { careFor } from './caretaker.ts';
import { freePort } from './free-port.ts';

export interface TestTemporal {
  /** Stays the same over a restart. */
  readonly address: string;
  readonly namespace: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Stops the server and keeps its data. */
  halt(): Promise<void>;
  /** Starts it again where it was. */
  resume(): Promise<void>;
  /** Stops it for good and removes its data. */
  stop(): Promise<void>;
}

export async function startTestTemporal(): Promise<TestTemporal> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-temporal-'));
  const takeBack = careFor({ temporal: dataDir, folder: dataDir });
  let port = await freePort();
  const start = () => startTemporal({ port, dataDir, onProgress: () => undefined });
  let server = await start().catch(async () => {
    // Somebody else on this machine took the port since.
    port = await freePort();
    return start();
  });
  return {
    address: server.address,
    namespace: 'default',
    dataDir,
    get pid() {
      return server.pid ?? 0;
    },
    async halt() {
      await server.stop();
    },
    async resume() {
      server = await start();
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
      takeBack();
    },
  };
}
