/** Webhooks taken from one deployment to another: as they are, with their secrets, and held to what their own calls hold them to. */
import assert from 'node:assert/strict';
import { storesOf, type Stores } from '../../../plugins/webhooks/stores.ts';
import type { Webhook, WebhookSecrets } from '../../../plugins/webhooks/webhook.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { eventId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { newDelivery } from '../../../plugins/webhooks/delivery.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';

const tenant = tenantId('default');
const place = { tenantId: tenant, workspaceId: workspaceId('demo') };
const passphrase = 'correct horse battery';
const signing = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const pastMs = 1_700_000_000_000;

onEachEmptyDatabase('webhooks in a configuration', (url) => {
  let from: Deployment;
  let to: Deployment;
  before(async function () {
    this.timeout(120_000);
    from = await openDeployment();
    to = await openDeployment(url());
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const rows = (house: Deployment): Stores => storesOf(house.platform.hostOf('webhooks'));
  const webhook = (id: string, changes: Partial<Webhook> = {}): Webhook => ({
    ...place,
    id,
    url: 'https://shop.example/hooks?to=a',
    active: true,
    insecure: false,
    ordered: true,
    events: { client: ['updated', 'created'], login: ['succeeded'] },
    state: 'running',
    disabledReason: undefined,
    failingSince: undefined,
    createdAt: 1,
    updatedAt: 1,
    ...changes,
  });
  const dumpOf = (house: Deployment, more: { passphrase?: string } = {}) =>
    textOf(house.exporter.run({ tenantId: tenant, ...more }));
  const load = (body: unknown, more: { passphrase?: string; mode?: 'update' | 'ignore' } = {}) =>
    to.importer.run({ tenantId: tenant, mode: 'update', dryRun: false, body: bytesOf(body), ...more });
  const item = (more: object = {}) => ({ server_id: 'demo', webhook_id: 'new', url: 'https://a.example', ...more });
  const refused = async (one: object, pointer: string, code: ErrorCode = 'unprocessable_entity') => {
    const before = await dumpOf(to);
    await assert.rejects(load({ webhooks: [item(), one] }), (error: unknown) => {
      assert.ok(isPlatformError(error, code), String(error));
      assert.deepEqual(
        (error.details as { pointer: string }[]).map((detail) => detail.pointer),
        [pointer],
      );
      return true;
    });
    assert.equal(await dumpOf(to), before, 'nothing is written');
  };

  it('move with their secrets, byte for byte, also under a passphrase', async () => {
    const secrets: WebhookSecrets = {
      apiKey: 'planted-api-key-1',
      signing: [{ secret: signing(1) }, { secret: signing(2), until: pastMs }],
    };
    const { webhooks } = rows(from);
    await webhooks.insert(webhook('shop'), secrets);
    await webhooks.insert(webhook('paused', { state: 'paused', failingSince: 5 }), {
      ...secrets,
      signing: [{ secret: signing(3) }],
    });
    await webhooks.insert(webhook('down', { state: 'disabled', disabledReason: 'failing' }), secrets);
    const dump = await dumpOf(from);
    assert.match(dump, /"webhooks":\[\{"active":true,"api_key":"planted-api-key-1","disabled_reason":"failing"/);
    const sealed = await dumpOf(from, { passphrase });
    for (const secret of ['planted-api-key', signing(1), signing(2), signing(3)])
      assert.ok(dump.includes(secret) && !sealed.includes(secret), secret);

    const keys = (JSON.parse(dump) as { tenant: unknown }).tenant;
    assert.ok(keys);
    const done = await load(sealed, { passphrase });
    assert.deepEqual(done.ignored, {});
    assert.equal(await dumpOf(to), dump);
    assert.deepEqual(await rows(to).webhooks.secrets({ ...place, id: 'shop' }), secrets);
    assert.equal((await rows(to).webhooks.find(tenant, place.workspaceId, 'paused'))?.failingSince, undefined);
    const { create, update } = (await load(dump)).counts;
    assert.deepEqual([create, update], [0, 0], 'twice is once');
    // A sealed secret opens in its own place alone.
    const moved = JSON.parse(sealed) as { webhooks: { api_key: string }[] };
    const [one, other] = moved.webhooks;
    assert.ok(one !== undefined && other !== undefined);
    [one.api_key, other.api_key] = [other.api_key, one.api_key];
    await assert.rejects(load(moved, { passphrase }), (error) => isPlatformError(error, 'unprocessable_entity'));
  });

  it('are taken as they are published, and keep what is not said', async () => {
    await load({
      webhooks: [item({ active: true, insecure: false, events: { client: ['created'] }, tenant_id: 'x' })],
    });
    const key = { ...place, id: 'new' };
    const made = await rows(to).webhooks.secrets(key);
    assert.match(made.apiKey, /^[A-Za-z0-9_-]{43}$/);
    assert.match(made.signing[0]?.secret ?? '', /^whsec_/);
    await rows(to).webhooks.update(webhook('new', { state: 'paused' }), {
      ...made,
      signing: [...made.signing, { secret: signing(7), until: pastMs }],
    });
    await load({ webhooks: [item({ api_key: '' })] });
    const stored = await rows(to).webhooks.find(tenant, place.workspaceId, 'new');
    assert.deepEqual([stored?.state, stored?.url, stored?.active], ['paused', 'https://a.example', false]);
    assert.deepEqual((await rows(to).webhooks.secrets(key)).signing[1], { secret: signing(7), until: pastMs });
    await load({ webhooks: [item({ api_key: 'another-key-of-theirs', signing_secret: signing(8) })] });
    assert.deepEqual(await rows(to).webhooks.secrets(key), {
      apiKey: 'another-key-of-theirs',
      signing: [{ secret: signing(8) }],
    });
    assert.equal((await load({ webhooks: [item({ url: 'https://b.example' })] }, { mode: 'ignore' })).counts.keep, 1);
    const told = await to.platform
      .database<{ subject: string; payload: string }>('audit_events')
      .where({ subject: 'webhook' });
    assert.ok(told.length > 0 && told.every(({ payload }) => !/whsec_|another-key/.test(payload)));
  });

  it('hold back what waits while they are paused, and send it when they run', async () => {
    const { webhooks, deliveries } = rows(to);
    await load({ webhooks: [item({ active: true, state: 'running' })] });
    const stored = await webhooks.find(tenant, place.workspaceId, 'new');
    assert.ok(stored);
    const event = {
      ...place,
      id: eventId('e'),
      subject: 'client',
      action: 'created',
      at: 1,
      metadata: {},
      payload: {},
    };
    const delivery = newDelivery(stored, event, Date.now());
    await deliveries.insertOnce(delivery);
    const state = async () => (await deliveries.find(tenant, delivery.id))?.state;
    assert.equal(await state(), 'waiting');
    await load({ webhooks: [item({ active: true, state: 'paused' })] });
    assert.equal(await state(), 'held');
    await load({ webhooks: [item({ active: true, state: 'running' })] });
    assert.equal(await state(), 'waiting');
  });

  it('are refused by name where their own calls would refuse them', async () => {
    await refused(item({ webhook_id: 'x', url: 'http://a.example' }), '/webhooks/1/url');
    await refused(item({ webhook_id: 'x', url: 'https://u:p@a.example' }), '/webhooks/1/url');
    await refused(item({ webhook_id: 'a b' }), '/webhooks/1/webhook_id');
    await refused(item({ webhook_id: 'x', api_key: 'short' }), '/webhooks/1/api_key');
    await refused(item({ webhook_id: 'x', api_key: `${'k'.repeat(20)}\r\nX-Evil: 1` }), '/webhooks/1/api_key');
    await refused(item({ webhook_id: 'x', events: { client: ['exploded'] } }), '/webhooks/1/events/client');
    for (const wrong of ['plain', 'whsec_', 'whsec_c2hvcnQ=', `${signing(1)}!`])
      await refused(item({ webhook_id: 'x', signing_secret: wrong }), '/webhooks/1/signing_secret');
    await refused(
      item({ webhook_id: 'x', signing_secret: signing(1), rotated_signing_secrets: [signing(2)] }),
      '/webhooks/1/rotated_signing_secrets_until',
    );
    await refused(item({ webhook_id: 'x', server_id: 'nowhere' }), '/webhooks/1/server_id');
    const many = Array.from({ length: 21 }, (_, at) => item({ server_id: 'many', webhook_id: `w-${String(at)}` }));
    await assert.rejects(load({ servers: [{ id: 'many' }], webhooks: many }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    assert.equal(await to.platform.stores.workspaces.find(tenant, workspaceId('many')), undefined);
  });
});
