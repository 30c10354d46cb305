/** The Temporal that `npm start` uses: a cluster by its address, or a server of our own beside our data. */
import { mkdir } from 'node:fs/promises';
import { connectWithin, type Cluster } from './connection.ts';
import { TemporalUnavailable } from './errors.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { defaultCacheDir, findTemporalBinary } from './temporal-binary.ts';
import { devServerArguments } from './temporal-flags.ts';
import { keepRunning, type Watcher } from './temporal-keeper.ts';
import { findOwned, forgetOwner, rememberOwner } from './temporal-owner.ts';
import { joinAsGuest } from './temporal-guests.ts';
import { requireFreePort, startProcess } from './temporal-process.ts';
import { startPatiently } from './temporal-start.ts';

export interface TemporalOptions {
  /** A cluster that runs: nothing is started, and it is reached within 5 s or never. */
  readonly cluster?: Cluster | undefined;
  /** `default` unless said; a server of our own has no other. */
  readonly namespace?: string;
  /** gRPC, on 127.0.0.1. */
  readonly port: number;
  /** The Web UI, on 127.0.0.1; none without it. */
  readonly uiPort?: number | undefined;
  /** The folder of its database. */
  readonly dataDir: string;
  readonly cacheDir?: string;
  /** Where the Web UI has payloads decoded. */
  readonly codecEndpoint?: string | undefined;
  /** Told in whole lines what is being done, since a first start may fetch some 45 MB. */
  readonly onProgress: (line: string) => void;
  /** With it, a server of our own that dies is started again; without it, it stays dead. */
  readonly keep?: Watcher | undefined;
}

export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string | undefined;
  /** One line: which Temporal this is. */
  readonly chosen: string;
  /** Of the server we started, and have perhaps started again. */
  readonly pid?: number;
  /** Stops the server if we started it, or if who did was killed and nobody else uses it. */
  stop(): Promise<void>;
}

const ownNamespace = 'default';

/** @throws TemporalUnavailable with one sentence that says what to do */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { cluster, namespace = ownNamespace } = options;
  return cluster === undefined ? await startOwn(options) : await useCluster(cluster, namespace, options.onProgress);
}

async function useCluster(
  cluster: Cluster,
  namespace: string,
  onProgress: (line: string) => void,
): Promise<RunningTemporal> {
  const connection = await connectWithin(cluster, namespace, 5000);
  try {
    await ensureSearchAttributes(connection, namespace);
  } catch (error) {
    // Not everyone may administer the cluster, and who may has perhaps done it: the start goes on.
    if (!(error instanceof TemporalUnavailable)) throw error;
    onProgress(error.message);
  } finally {
    await connection.close();
  }
  const chosen = `the Temporal cluster at ${cluster.address} (namespace ${namespace})`;
  return { address: cluster.address, uiUrl: undefined, chosen, stop: () => Promise.resolve() };
}

async function startOwn(options: TemporalOptions): Promise<RunningTemporal> {
  const { port, uiPort, dataDir, onProgress } = options;
  await mkdir(dataDir, { recursive: true });
  const shared = await findOwned(dataDir);
  if (shared !== undefined) {
    const chosen = `the Temporal that process ${String(shared.owner)} started on ${dataDir}`;
    return { address: shared.address, uiUrl: shared.uiUrl, chosen, stop: await joinAsGuest(dataDir, shared) };
  }
  const requireFreePorts = async (): Promise<void> => {
    await requireFreePort(port, 'Temporal', 'TEMPORAL_PORT');
    if (uiPort !== undefined) await requireFreePort(uiPort, "Temporal's Web UI", 'TEMPORAL_UI_PORT');
  };
  await requireFreePorts();
  const binary = await findTemporalBinary({
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    searchPath: process.env['PATH'],
    onProgress,
  });

  const address = `127.0.0.1:${String(port)}`;
  const uiUrl = uiPort === undefined ? undefined : `http://localhost:${String(uiPort)}`;
  const start = (signal?: AbortSignal) =>
    startProcess({
      command: binary.path,
      args: devServerArguments(options),
      address,
      namespace: ownNamespace,
      onSpawned: (pid) => rememberOwner(dataDir, { pid, address, uiUrl }),
      signal,
    });
  const first = await startPatiently(start, { mayStart: requireFreePorts, onProgress });
  const child = options.keep === undefined ? first : keepRunning(first, start, options.keep);
  return {
    address,
    uiUrl,
    chosen: binary.chosen,
    get pid() {
      return child.pid;
    },
    async stop() {
      await child.stop();
      await forgetOwner(dataDir);
    },
  };
}
