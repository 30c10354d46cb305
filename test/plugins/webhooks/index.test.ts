/** The plugin holds to what core expects of one, and hears of what somebody listens for, and of nothing else. */
import assert from 'node:assert/strict';
import { checkPlugin } from '../../../plugins/kit/test-kit.ts';
import { keptMs, runIdOf } from '../../../plugins/webhooks/delivery.ts';
import { webhooks } from '../../../plugins/webhooks/index.ts';
import { tenantId as tenant, workspaceId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { openWebhookHouse, place, webhooksPath, type WebhookHouse } from '../../support/webhook-house.ts';

describe('the plugin webhooks', () => {
  let house: WebhookHouse;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());

  const systemTenant = tenant('system');
  const noted = async (): Promise<number> =>
    (await house.platform.database('outbox').where({ observer: 'webhooks/deliver' })).length;

  it('holds to what core expects of a plugin', () => checkPlugin(webhooks, { settings: {} }));

  it('has nothing noted down while nobody listens: neither a row more nor a step of the relay', async () => {
    await house.happen();
    assert.equal(await noted(), 0);
  });

  it('has noted down what an active endpoint listens for, in the transaction of the change', async () => {
    const { webhook_id: id } = await house.make({ events: { client: ['created'] } });
    await house.happen('client updated');
    assert.equal(await noted(), 0);
    const failed = house.platform.unitOfWork.run(async ({ outbox }) => {
      await outbox.append({ ...place, subject: 'client', action: 'created', metadata: {}, payload: {} });
      throw new Error('no change');
    });
    await assert.rejects(failed, /no change/);
    assert.equal(await noted(), 0, 'what did not happen is not told');
    await house.happen('client created');
    assert.equal(await noted(), 1);
    const changed = { url: `${house.receiver.origin}/hook`, insecure: true, active: false };
    await house.api.ask('PUT', `${webhooksPath}/${id}`, { body: changed });
    await house.happen('client created');
    assert.equal(await noted(), 1, 'one that is not active is told nothing');
    await house.relay();
  });

  it('tells once, however often it hears of the same event', async () => {
    const { webhook_id: id } = await house.make();
    const event = await house.happen('login succeeded');
    await house.relay();
    const observer = house.platform.extensions.observers.find(({ owner }) => owner === 'webhooks');
    await observer?.value.handle(event, house.platform.hostOf('webhooks'));
    const found = await house.stores.deliveries.list({ ...place, id }, { limit: 10 });
    assert.deepEqual(
      found.map(({ eventId, state }) => [eventId, state]),
      [[event.id, 'waiting']],
    );
  });

  it('tells of the tenant as a whole the endpoints of the workspace where it is administered, and no other', async () => {
    const { tenantId } = place;
    const admin = workspaceId('admin');
    const path = webhooksPath.replace('/demo/', '/admin/');
    const body = {
      webhook_id: 'whole',
      url: `${house.receiver.origin}/whole`,
      insecure: true,
      active: true,
      ordered: true,
      events: { schema: ['created'] },
    };
    assert.equal((await house.api.ask('POST', path, { body })).status, 201);
    const { webhook_id: below } = await house.make({ events: { schema: ['created'] } });
    const heard = async () => {
      await house.relay();
      const of = (workspace: WorkspaceId, id: string) =>
        house.stores.deliveries.list({ tenantId, workspaceId: workspace, id }, { limit: 10 });
      const ids = async (...webhook: Parameters<typeof of>) => (await of(...webhook)).map(({ eventId }) => eventId);
      return { above: await ids(admin, 'whole'), below: await ids(place.workspaceId, below) };
    };
    const whole = await house.happen('schema created', {}, { tenantId });
    assert.deepEqual(await heard(), { above: [whole.id], below: [] });
    const ofDemo = await house.happen('schema created');
    assert.deepEqual(await heard(), { above: [whole.id], below: [ofDemo.id] });
    await house.happen('schema created', {}, { tenantId: systemTenant });
    assert.deepEqual(await heard(), { above: [whole.id], below: [ofDemo.id] }, 'of another tenant');
    house.receiver.got.length = 0;
    house.pass(2_000);
    await house.run();
    const [request] = house.receiver.got.filter(({ path: at }) => at === '/whole');
    const told: unknown = JSON.parse(request?.body ?? '');
    assert.partialDeepStrictEqual(told, { audit_events: [{ event_id: whole.id, server_id: 'admin' }] });
    await house.configure('admin', { webhooks: false });
    await house.happen('schema created', {}, { tenantId });
    assert.deepEqual(await heard(), { above: [whole.id], below: [ofDemo.id] }, 'it is switched off there');
    await house.configure('admin', {});
    await house.api.ask('DELETE', `${path}/whole`);
  });

  it('forgets what has been kept for long enough, with the keys of its histories, and nothing else', async () => {
    const { webhook_id: id } = await house.make({ events: { pool: ['created'] } });
    await house.happen('pool created');
    await house.relay();
    const [one] = await house.stores.deliveries.list({ ...place, id }, { limit: 1 });
    assert.ok(one);
    const { dataKeys, keyRing, pluginSweeps } = house.platform;
    const runs = [1, 2].map((run) => runIdOf({ id: one.id, run }));
    for (const run of [...runs, 'other']) await dataKeys.ensure(place.tenantId, run);
    await house.platform.database('webhooks_deliveries').where({ id: one.id }).update({ run: 2 });
    const [sweep] = pluginSweeps;
    assert.equal(sweep?.name, 'webhooks deliveries');
    assert.equal(await sweep.run(one.createdAt, 100), 0);
    assert.ok((await sweep.run(one.createdAt + keptMs + 1, 100)) > 0);
    for (const run of runs) assert.equal(await keyRing.forWorkflow('default', run), undefined);
    assert.ok(await keyRing.forWorkflow('default', 'other'));
    assert.equal(await house.stores.deliveries.find(place.tenantId, one.id), undefined);
  });

  it('takes its endpoints and what is on its way to them along with their workspace', async () => {
    await house.make();
    await house.happen();
    await house.relay();
    await house.run();
    const { holdings } = house.platform.stores;
    const rows = async (table: string) => (await house.platform.database(table)).length;
    assert.ok((await rows('webhooks_attempts')) > 0);
    await holdings.removeWorkspace(place.tenantId, place.workspaceId);
    for (const { tables } of webhooks.migrations) for (const table of tables) assert.equal(await rows(table), 0, table);
  });
});
