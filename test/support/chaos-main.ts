/** A process of the platform with places to be killed at: `chaos-main.ts http|worker`, with CHAOS_DIR where the test arms them. */
import { composeBackground } from '../../server/compose-background.ts';
import { credentialKinds, secretFieldsOf } from '../../server/compose-kinds.ts';
import { openPlatform, seed } from '../../server/compose.ts';
import { composeDispatch } from '../../server/compose-messages.ts';
import { loadConfig } from '../../server/config.ts';
import { createLog } from '../../server/ops/log.ts';
import { welcome } from '../../server/start-messages.ts';
import { createBarrier } from './chaos/barrier.ts';
import {
  activitiesWithPlaces,
  placeInWork,
  withAnswerPlace,
  withResumePlaces,
  withServerPlaces,
} from './chaos/places.ts';
import { terms } from './plugins/terms/terms.ts';

const config = loadConfig(process.env);
const folder = process.env['CHAOS_DIR'];
if (config.production || folder === undefined) throw new Error('for tests only, with CHAOS_DIR');
const barrier = createBarrier(folder);
const log = createLog(config, secretFieldsOf(credentialKinds));
const { namespace, taskQueue, address } = config.temporal;
if (address === undefined) throw new Error('TEMPORAL_ADDRESS is missing');
const place = { cluster: { address }, namespace, taskQueue };

const platform = await openPlatform(config, log, [terms]);
const role = process.argv[2] === 'worker' ? 'worker' : 'http';
// As in production, a role loads what it runs and nothing else.
if (role === 'worker') {
  const { loadWorkflowBundle } = await import('../../workflows/bundle.ts');
  const { runWorker } = await import('../../workflows/worker.ts');
  runWorker({
    ...place,
    activities: activitiesWithPlaces(platform, barrier),
    keys: platform.keyRing,
    bundle: await loadWorkflowBundle({ cacheDir: config.dataDir }),
    log: (level, message, fields) => {
      log[level](fields ?? {}, message);
    },
  });
  const { createApprovalClient, createDeliveryClient } = await import('../../workflows/client.ts');
  const { relay, watch, approvals, housekeeping } = composeBackground(
    platform,
    createDeliveryClient({ ...place, keys: platform.keyRing }),
    createApprovalClient({ ...place, keys: platform.keyRing }),
  );
  approvals.start();
  relay.start();
  watch.start();
  housekeeping.start();
} else {
  const { createDeliveryClient, createLoginClient } = await import('../../workflows/client.ts');
  const { composeApp } = await import('../../server/compose-web.ts');
  const { listen } = await import('../../server/http/server.ts');
  await seed(platform);
  placeInWork(platform, barrier);
  const { host, port } = config.http;
  const logins = createLoginClient({ ...place, keys: platform.keyRing, maxConcurrent: config.loginConcurrency });
  const app = composeApp(withServerPlaces(platform, barrier), {
    logins: withAnswerPlace(logins, barrier),
    dispatch: composeDispatch(platform, createDeliveryClient({ ...place, keys: platform.keyRing })),
    listenUrl: `http://${host}:${String(port)}`,
    temporalUiUrl: undefined,
  });
  await listen({ app: withResumePlaces((req, res) => app(req, res), barrier), host, port, log });
}
for (const line of welcome({ role, config, temporal: undefined, report: undefined })) process.stderr.write(`${line}\n`);
