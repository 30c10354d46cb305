/** What happened is told: workers are killed between commit and delivery, receivers and Temporal go away, and nothing is lost. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery } from '../../plugins/webhooks/delivery.ts';
import { storesOf, workOf, type Stores } from '../../plugins/webhooks/stores.ts';
import { createWebhookService } from '../../plugins/webhooks/webhook.service.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { findSecrets } from '../support/secret-search.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { authenticate, begin, connect } from '../support/relying-party.ts';
import { createWebBrowser, hasForm, titleOf } from '../support/web-browser.ts';
import { openReceiver, place, type Receiver } from '../support/webhook-house.ts';

describe('an event on its way to a webhook', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let receiver: Receiver;
  let stores: Stores;
  let webhook: string;

  before(async () => {
    const env = { OUTGOING_ALLOW: '127.0.0.1' };
    platform = await startTestPlatform({ env });
    office = await openBackOffice(platform, env);
    receiver = await openReceiver();
    const host = office.platform.hostOf('webhooks');
    stores = storesOf(host);
    const service = createWebhookService({
      work: workOf(host),
      clock: host.clock,
      known: host.events.names,
      begin: () => undefined,
    });
    const made = await service.create(
      { ...place, id: '' },
      {
        url: `${receiver.origin}/planted-hook-path`,
        active: true,
        insecure: true,
        ordered: false,
        events: { client: ['created'], login: ['failed'] },
        apiKey: undefined,
      },
    );
    webhook = made.webhook.id;
  });
  after(async () => {
    await office.close();
    await platform.stop();
    await receiver.close();
  });
  beforeEach(() => {
    receiver.got.length = 0;
    receiver.answer((response) => response.writeHead(204).end());
  });

  const all = (): Promise<readonly Delivery[]> => stores.deliveries.list({ ...place, id: webhook }, { limit: 100 });
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await delay(50);
  };
  const delivered = async (count: number) => {
    await until(async () => (await all()).filter(({ state }) => state === 'delivered').length >= count);
  };
  const ids = () => receiver.got.map(({ headers }) => String(headers['webhook-id']));
  /** Whoever got something, got what is in the log, with as many tries as there were requests, or more. */
  const assertRecorded = async () => {
    const rows = new Map((await all()).map((one) => [one.id, one]));
    for (const id of new Set(ids())) {
      const attempts = rows.get(id)?.attempts ?? 0;
      assert.ok(attempts >= ids().filter((one) => one === id).length, id);
    }
  };

  it('is told where every worker was away when it happened', async () => {
    await platform.worker.kill();
    for (let count = 0; count < 3; count += 1) await office.addClient();
    assert.equal((await all()).length, 0);
    await platform.worker.start();
    await delivered(3);
    assert.equal(new Set(ids()).size, 3);
    await assertRecorded();
  });

  it('is told where the server that committed it is gone, and stays away', async () => {
    const before = (await all()).length;
    await platform.worker.kill();
    const browser = createWebBrowser(platform.origin);
    const config = await connect(platform.issuer, await office.addClient());
    const page = await browser.open((await begin(config)).url);
    const identifier = platform.person.email;
    const again = await authenticate(browser, page, { identifier, password: 'not the password' });
    assert.ok(hasForm(again, '/authenticate'), titleOf(again));
    await platform.server.kill();
    assert.equal((await all()).length, before);
    await platform.worker.start();
    await delivered(before + 2);
    assert.deepEqual((await all()).map(({ subject, action }) => `${subject} ${action}`).slice(0, 2), [
      'login failed',
      'client created',
    ]);
    assert.equal(ids().length, 2);
    await assertRecorded();
    await platform.server.start();
  });

  it('is told under the same id where the worker is killed while the receiver has it', async () => {
    const before = (await all()).length;
    receiver.answer(() => undefined);
    await office.addClient();
    await until(() => receiver.got.length > 0);
    await platform.worker.kill();
    const [cut] = await all();
    assert.deepEqual([cut?.state, cut?.attempts], ['waiting', 1]);
    const [attempt] = await stores.deliveries.attempts(place.tenantId, cut?.id ?? '');
    assert.equal(attempt?.reason, 'unanswered');
    receiver.answer((response) => response.writeHead(204).end());
    await platform.worker.start();
    await delivered(before + 1);
    assert.deepEqual(new Set(ids()), new Set([cut?.id]));
    assert.ok(ids().length >= 2);
    await assertRecorded();
  });

  it('waits for a receiver that is out of order, also where workers are killed meanwhile', async () => {
    const before = (await all()).length;
    receiver.answer((response) => response.writeHead(503).end());
    await office.addClient();
    await until(() => receiver.got.length > 0);
    await platform.worker.kill();
    receiver.answer((response) => response.writeHead(204).end());
    await platform.worker.start();
    await delivered(before + 1);
    assert.equal(new Set(ids()).size, 1);
    await assertRecorded();
  });

  it('leaves nothing in Temporal but ids: no address, no key, and nothing of what happened', async () => {
    const [row] = await all();
    assert.ok(row);
    const { apiKey } = await stores.webhooks.secrets({ ...place, id: webhook });
    const event = await office.platform.hostOf('webhooks').events.find(place.tenantId, row.eventId);
    assert.ok(event?.metadata.client_id);
    const bytes = await readTemporalBytes(platform.temporal.dataDir);
    const secrets = {
      address: [receiver.origin, 'planted-hook-path'],
      key: [apiKey],
      event: [row.eventId, 'client_created', event.metadata.client_id],
    };
    assert.equal(findSecrets(bytes, { id: [row.id] }).length, 1, 'the same search finds what is there');
    assert.deepEqual(findSecrets(bytes, secrets), []);
  });

  it('is not lost where Temporal was away', async () => {
    const before = (await all()).length;
    await platform.temporal.halt();
    await office.addClient();
    await until(async () => (await all()).length > before);
    await platform.temporal.resume();
    await delivered(before + 1);
    assert.equal(new Set(ids()).size, 1);
  });
});
