/** What Temporal keeps of a delivery: no address, no code and no text, in clear or under the codec. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Connection } from '@temporalio/client';
import { composeActivities } from '../../server/compose-activities.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { createDeliveryClient } from '../../workflows/delivery-client.ts';
import { loadWorkflowBundle } from '../../workflows/bundle.ts';
import { defaultCacheDir } from '../../workflows/temporal-binary.ts';
import { runWorker, type RunningWorker } from '../../workflows/worker.ts';
import { createCourier } from '../../server/messages/courier.ts';
import { createDeliveryActivities } from '../../server/deliveries/delivery.activities.ts';
import { createDispatch } from '../../server/messages/dispatch.ts';
import { createMessageActivities } from '../../server/messages/message.activities.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import type { OutgoingMessage } from '../../server/messages/outgoing-message.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { openCodeHouse, verifiedMail, type CodeHouse } from '../support/code-house.ts';
import { readTexts } from '../support/history-texts.ts';
import { silentLog } from '../support/recording-log.ts';
import { findSecrets } from '../support/secret-search.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';

const address = 'zenobia.quarrelsome@mail.example';

describe('what Temporal keeps of a delivery', function () {
  this.timeout(120_000);
  let house: CodeHouse;
  let temporal: TestTemporal;
  let connection: Connection;
  let worker: RunningWorker;
  let message: OutgoingMessage;
  let code: string;
  const taken: string[] = [];

  before(async () => {
    house = await openCodeHouse();
    temporal = await startTestTemporal();
    connection = await connectWithin({ address: temporal.address }, 'default', 5000);
    const { platform } = house;
    const place = {
      cluster: { address: temporal.address },
      namespace: 'default',
      taskQueue: 'codes',
      keys: platform.keyRing,
    };
    let tries = 0;
    // The first try fails with all that a provider may say, the second succeeds.
    const mail = {
      send: ({ to }: { readonly to: string }) => {
        tries += 1;
        if (tries === 1) return Promise.reject(Object.assign(new Error(`421 ${to} ${code}`), { code: 'EENVELOPE' }));
        taken.push(to);
        return Promise.resolve();
      },
    };
    const { messages } = platform.stores;
    worker = runWorker({
      ...place,
      activities: {
        ...composeActivities(platform),
        ...createDeliveryActivities({
          messages: createMessageActivities({
            messages,
            courier: createCourier({ mail, sms: undefined }),
            clock,
            log: silentLog,
          }),
          plugins: new Map(),
          log: silentLog,
        }),
      },
      bundle: await loadWorkflowBundle({ cacheDir: defaultCacheDir() }),
      log: () => undefined,
    });
    await worker.ready;
    // So long that chance puts it nowhere.
    const settings = poolSettingsSchema.parse({ otp_settings: { challenge: { length: 32 } } });
    const pool = await house.pool(settings);
    await house.person(pool.id, { identifiers: [{ type: 'uid', value: 'zen' }], addresses: [verifiedMail(address)] });
    await house.api.ask('POST', house.at(pool, 'user/otp/request'), { body: { identifier: 'zen' } });
    code = house.code();
    [message] = house.sent.slice(-1) as [OutgoingMessage];
    const deliveries = createDeliveryClient(place);
    const dispatch = createDispatch({ messages, dataKeys: platform.dataKeys, deliveries, clock, log: silentLog });
    dispatch.begin(message);
    await dispatch.stop();
    while ((await messages.find(message.tenantId, message.id))?.state === 'waiting') await delay(50);
    await deliveries.close();
  });
  after(async () => {
    await worker.stop();
    await connection.close();
    await temporal.stop();
    await house.close();
  });

  it('was delivered at the second try, so that there is something to look into', () => {
    assert.deepEqual(taken, [address]);
  });

  it('holds no address, code or text, decoded or in its bytes; the same search finds what is there', async () => {
    const secrets = { address: [address, 'zenobia', 'mail.example'], code: [code], text: ['Enter this code'] };
    const { keyRing } = house.platform;
    const codec = createPayloadCodec({ keys: keyRing });
    const { workflow } = new Client({ connection, dataConverter: createDataConverter(keyRing) });
    const history = await workflow.getHandle(message.id).fetchHistory();
    const { texts, sealed } = await readTexts({ history }, codec, { namespace: 'default', workflowId: message.id });
    assert.ok(
      sealed.some((text) => text.includes('EENVELOPE')),
      'the code of the failure is there',
    );
    assert.deepEqual(findSecrets(texts, secrets), []);
    const bytes = await readTemporalBytes(temporal.dataDir);
    assert.equal(findSecrets(bytes, { id: [message.id] }).length, 1);
    assert.deepEqual(findSecrets(bytes, secrets), []);
  });

  it('is unreadable once its key is deleted', async () => {
    const { dataKeys, keyRing } = house.platform;
    await dataKeys.remove(message.tenantId, message.id);
    assert.equal(await keyRing.forWorkflow('default', message.id), undefined);
  });
});
