/** The process: configuration, then the roles it is told (`all`, `http`, `worker`), then a drain when it is asked to stop. */
import type { RunningTemporal } from '../workflows/dev-server.ts';
import { composeBackground } from './compose-background.ts';
import { composeActivities } from './compose-activities.ts';
import { credentialKinds, secretFieldsOf } from './compose-kinds.ts';
import { openPlatform, seed, type Platform } from './compose.ts';
import { composeDispatch } from './compose-messages.ts';
import { helpText, loadConfig, type Config } from './config.ts';
import type { Log } from './kernel/log.ts';
import { createLog } from './ops/log.ts';
import { releaseStartMemory } from './ops/start-memory.ts';
import { createProgress } from './progress.ts';
import { explainFailure, welcome } from './start-messages.ts';

const roles = ['all', 'http', 'worker'] as const;
type Role = (typeof roles)[number];

/** Undone in the opposite order: who came last leaves first. */
type Undo = () => Promise<void>;

async function start(role: Role): Promise<Undo[]> {
  const undo: Undo[] = [];
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const progress = createProgress(say);
  try {
    const config = loadConfig(process.env, process.argv.slice(2));
    const log = createLog(config, secretFieldsOf(credentialKinds));
    const temporal = await progress.during('getting Temporal ready', () => reachTemporal(role, config, { log, say }));
    if (temporal !== undefined) undo.push(() => temporal.stop());
    const cluster = {
      address: temporal?.address ?? config.temporal.address ?? `127.0.0.1:${String(config.temporal.port)}`,
    };

    const platform = await progress.during('opening the database', () => openPlatform(config, log));
    undo.push(platform.close);
    const report =
      role === 'worker' ? undefined : await progress.during('preparing the first start', () => seed(platform));

    if (role !== 'http') undo.push(await startWorker(platform, cluster, progress));
    if (role !== 'worker') undo.push(await startHttp(platform, cluster, temporal?.uiUrl));
    for (const line of welcome({ role, config, temporal, report })) say(line);
    void releaseStartMemory();
    return undo;
  } catch (error) {
    await stop(undo);
    throw error;
  }
}

/** `npm start` brings its own Temporal where none is configured; a process of one role expects it to be there. */
async function reachTemporal(
  role: Role,
  config: Config,
  { log, say }: { log: Log; say: (line: string) => void },
): Promise<RunningTemporal | undefined> {
  if (role !== 'all') return undefined;
  const { startTemporal } = await import('../workflows/dev-server.ts');
  const { address, namespace, port, uiPort } = config.temporal;
  return startTemporal({
    cluster: address === undefined ? undefined : { address },
    namespace,
    port,
    uiPort,
    dataDir: config.dataDir,
    codecEndpoint: `${config.publicUrl.replace('{tenant}', config.defaultTenant)}/ops/codec`,
    onProgress: say,
    keep: {
      onCrash(line) {
        log.warn({}, line);
      },
      onGivenUp(error) {
        if (!ending) end(1, error);
      },
    },
  });
}

// A role loads what it runs and nothing else: most of what a process weighs is code.

async function startHttp(
  platform: Platform,
  cluster: { address: string },
  temporalUiUrl: string | undefined,
): Promise<Undo> {
  const { config, log } = platform;
  const { createDeliveryClient, createLoginClient } = await import('../workflows/client.ts');
  const { composeApp } = await import('./compose-web.ts');
  const { listen } = await import('./http/server.ts');
  const { namespace, taskQueue } = config.temporal;
  const place = { cluster, namespace, taskQueue, keys: platform.keyRing };
  const logins = createLoginClient({ ...place, maxConcurrent: config.loginConcurrency });
  const deliveries = createDeliveryClient(place);
  const dispatch = composeDispatch(platform, deliveries);
  try {
    const { host, port, shutdownGraceMs } = config.http;
    const listenUrl = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${String(port)}`;
    const app = composeApp(platform, { logins, dispatch, listenUrl, temporalUiUrl });
    const http = await listen({ app, host, port, log });
    return async () => {
      await http.close(shutdownGraceMs);
      await dispatch.stop();
      await Promise.all([logins.close(), deliveries.close()]);
    };
  } catch (error) {
    await Promise.all([logins.close(), deliveries.close()]);
    throw error;
  }
}

async function startWorker(
  platform: Platform,
  cluster: { address: string },
  progress: ReturnType<typeof createProgress>,
): Promise<Undo> {
  const { config, log } = platform;
  const { loadWorkflowBundle } = await import('../workflows/bundle.ts');
  const { runWorker } = await import('../workflows/worker.ts');
  const bundle = await progress.during('bundling the workflows', () =>
    loadWorkflowBundle({ cacheDir: config.dataDir }),
  );
  const { createApprovalClient, createDeliveryClient } = await import('../workflows/client.ts');
  const { namespace, taskQueue } = config.temporal;
  const place = { cluster, namespace, taskQueue, keys: platform.keyRing };
  const worker = runWorker({
    ...place,
    activities: composeActivities(platform),
    bundle,
    log: (level, message, fields) => {
      log[level](fields ?? {}, message);
    },
  });
  const deliveries = createDeliveryClient(place);
  const approvalClient = createApprovalClient(place);
  const { relay, watch, approvals, housekeeping } = composeBackground(platform, deliveries, approvalClient);
  relay.start();
  watch.start();
  approvals.start();
  housekeeping.start();
  return async () => {
    await Promise.all([worker.stop(), relay.stop(), watch.stop(), approvals.stop(), housekeeping.stop()]);
    await Promise.all([deliveries.close(), approvalClient.close()]);
  };
}

async function stop(undo: Undo[]): Promise<void> {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
}

const words = process.argv.slice(2);
if (words.includes('--help')) {
  process.stdout.write(`${helpText()}\n`);
  process.exit(0);
}
const asked = words.find((word) => !word.startsWith('--')) ?? 'all';
const role = roles.find((one) => one === asked);
if (role === undefined) {
  process.stderr.write(`«${asked}» is no role: say one of ${roles.join(', ')}.\n`);
  process.exit(2);
}
let undo: Undo[] = [];
let ending = false;

/** Drains, then ends the process. @param failure what is said of it */
function end(code: number, failure?: unknown): void {
  ending = true;
  if (failure !== undefined) process.stderr.write(`${explainFailure(failure)}\n`);
  void stop(undo).then(
    () => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${explainFailure(error)}\n`);
      process.exit(1);
    },
  );
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C is a person who will not wait.
    if (ending) process.exit(130);
    end(0);
  });
}
try {
  undo = await start(role);
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exit(1);
}
