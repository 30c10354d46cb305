/** Endpoints in rows, on every database. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createWebhookStore, isListenedFor } from '../../../plugins/webhooks/webhook.store.ts';
import { webhooks as plugin } from '../../../plugins/webhooks/index.ts';
import type { Webhook } from '../../../plugins/webhooks/webhook.ts';
import { migrateLatest, rollbackAll } from '../../../server/db/migrate.ts';
import { tenantId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf, testSealer, workspaceOf } from '../../support/stores.ts';

const plan = { history: 'knex_migrations_webhooks', migrations: plugin.migrations };
const secrets = { apiKey: 'planted-api-key', signing: [{ secret: 'whsec_planted' }] };

onEachDatabase('webhooks in rows', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    await migrateLatest(knex, plan);
    await rollbackAll(knex, plan);
    await migrateLatest(knex, plan);
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
  });

  const store = () => createWebhookStore(knex, { sealer: testSealer });
  const webhook = (changes: Partial<Webhook> = {}): Webhook => ({
    tenantId: tenant,
    workspaceId: workspace,
    id: 'shop',
    url: 'https://shop.example/hooks',
    active: true,
    insecure: false,
    ordered: false,
    events: { client: ['created'] },
    state: 'running',
    disabledReason: undefined,
    failingSince: undefined,
    createdAt: 1,
    updatedAt: 1,
    ...changes,
  });

  it('come back as they were written, their secrets apart and sealed', async () => {
    await store().insert(webhook(), secrets);
    assert.deepEqual(await store().find(tenant, workspace, 'shop'), webhook());
    assert.deepEqual(await store().list(tenant, workspace), [webhook()]);
    assert.deepEqual(await store().secrets(webhook()), secrets);
    const [row] = await knex<{ tenant_id: string; sealed_secrets: string }>('webhooks_endpoints').where({
      tenant_id: tenant,
    });
    assert.doesNotMatch(JSON.stringify(row), /planted/);
    // Sealed for its place: moved to another row it does not open.
    await store().insert(webhook({ id: 'thief' }), secrets);
    await knex('webhooks_endpoints')
      .where({ tenant_id: tenant, id: 'thief' })
      .update({ sealed_secrets: row?.sealed_secrets });
    await assert.rejects(store().secrets(webhook({ id: 'thief' })), { code: 'internal' });
  });

  it('are of one tenant and one workspace, and of an id of their own', async () => {
    await store().insert(webhook(), secrets);
    await assert.rejects(store().insert(webhook(), secrets), { code: 'conflict' });
    await assert.rejects(store().insert(webhook({ workspaceId: workspaceId('nowhere') }), secrets), {
      code: 'not_found',
    });
    const other = await seedTenant(knex);
    assert.equal(await store().find(other.tenant, workspace, 'shop'), undefined);
    assert.equal(await store().find(tenant, workspaceId('other'), 'shop'), undefined);
    assert.equal(await store().find(tenant, workspace, 'shop '), undefined);
    await assert.rejects(store().update(webhook({ id: 'other' })), { code: 'not_found' });
  });

  it('are listened by for what they name, while they are active', async () => {
    const event = (changes: object = {}) => ({
      tenantId: tenant,
      workspaceId: workspace,
      subject: 'client',
      action: 'created',
      ...changes,
    });
    const heard = async (changes: object = {}) => [
      (await store().subscribed(event(changes))).length,
      await isListenedFor(knex, event(changes)),
    ];
    assert.deepEqual(await heard(), [0, false]);
    await store().insert(webhook(), secrets);
    assert.deepEqual(await heard(), [1, true]);
    const admin = workspaceId('admin');
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: admin }));
    await store().insert(webhook({ workspaceId: admin }), secrets);
    assert.deepEqual(await heard({ workspaceId: undefined }), [1, true], 'the tenant as a whole');
    for (const changes of [
      { action: 'deleted' },
      { subject: 'login' },
      { subject: 'constructor', action: 'name' },
      { workspaceId: workspaceId('other') },
      { workspaceId: undefined, tenantId: tenantId('other') },
    ])
      assert.deepEqual(await heard(changes), [0, false], JSON.stringify(changes));
    await store().update(webhook({ active: false }));
    assert.deepEqual(await heard(), [0, false]);
  });

  it('remember since when they fail, and are disabled once', async () => {
    await store().insert(webhook(), secrets);
    assert.equal(await store().noteFailure(webhook(), 10), 10);
    assert.equal(await store().noteFailure(webhook(), 20), 10);
    await store().noteSuccess(webhook());
    assert.equal(await store().noteFailure(webhook(), 30), 30);
    assert.deepEqual(
      [await store().disable(webhook(), 'failing', 40), await store().disable(webhook(), 'gone', 50)],
      [true, false],
    );
    const found = await store().find(tenant, workspace, 'shop');
    assert.deepEqual([found?.state, found?.disabledReason, found?.updatedAt], ['disabled', 'failing', 40]);
  });
});
