import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId } from '../../../server/kernel/ids.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import type { WorkspaceStore } from '../../../server/workspaces/workspace.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf, workspaceOf } from '../../support/stores.ts';

onEachDatabase('WorkspaceStore', (open) => {
  let knex: Knex;
  let workspaces: WorkspaceStore;
  let tenant: TenantId;
  let other: TenantId;
  before(async () => {
    knex = await open();
    workspaces = storesOf(knex).workspaces;
    ({ tenant } = await seedTenant(knex));
    ({ tenant: other } = await seedTenant(knex));
  });

  it('gives back what was inserted, to its own tenant only', async () => {
    const settings = workspaceSettingsSchema.parse({ key_type: 'ps', plugins: { terms: { version: 3 } } });
    const workspace = workspaceOf(tenant, { settings, type: 'developer', name: 'Zoë' });
    await workspaces.insert(workspace);
    assert.deepEqual(await workspaces.find(tenant, workspace.id), workspace);
    assert.equal((await workspaces.findEdition(tenant, workspace.id))?.revision, 1);
    assert.equal(await workspaces.find(other, workspace.id), undefined);
    assert.equal((await workspaces.findEdition(other, workspace.id))?.revision, undefined);
    assert.ok(
      !(await workspaces.list(other, { limit: 100, order: 'asc' })).items.some(({ id }) => id === workspace.id),
    );
    await assert.rejects(workspaces.touch(other, workspace.id), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(workspaces.update({ ...workspace, tenantId: other }), (error) =>
      isPlatformError(error, 'not_found'),
    );
    await workspaces.remove(other, workspace.id);
    assert.notEqual(await workspaces.find(tenant, workspace.id), undefined);
  });

  it('lets nobody change what equal settings share, and shows what is written of one workspace in no other', async () => {
    const [one, two] = [workspaceOf(tenant), workspaceOf(other)];
    for (const workspace of [one, two]) await workspaces.insert(workspace);
    const found = await workspaces.find(tenant, one.id);
    assert.ok(found);
    assert.throws(() => found.settings.grant_types.pop(), TypeError);
    assert.throws(() => Object.assign(found.settings.metadata, { note: 'mine' }), TypeError);
    const settings = { ...found.settings, access_token_ttl: '5m0s', metadata: { note: 'mine' } };
    await workspaces.update({ ...found, settings });
    assert.deepEqual((await workspaces.find(tenant, one.id))?.settings, settings);
    assert.deepEqual((await workspaces.find(other, two.id))?.settings, two.settings);
  });

  it('lets two tenants use the same id, one tenant only once', async () => {
    const id = workspaceId('shared');
    await workspaces.insert(workspaceOf(tenant, { id }));
    await workspaces.insert(workspaceOf(other, { id }));
    await assert.rejects(workspaces.insert(workspaceOf(tenant, { id })), (error) => isPlatformError(error, 'conflict'));
    assert.equal(await workspaces.find(tenant, workspaceId('shared ')), undefined);
    assert.equal((await workspaces.findEdition(tenant, workspaceId('SHARED')))?.revision, undefined);
  });

  it('raises the revision with each update, and refuses one made from an older reading', async () => {
    const workspace = workspaceOf(tenant);
    await workspaces.insert(workspace);
    const updated = await workspaces.update({ ...workspace, name: 'Second' });
    assert.equal(updated.revision, 2);
    assert.deepEqual(await workspaces.find(tenant, workspace.id), updated);
    await assert.rejects(workspaces.update({ ...workspace, name: 'Lost' }), (error) =>
      isPlatformError(error, 'precondition_failed'),
    );
    assert.equal((await workspaces.find(tenant, workspace.id))?.name, 'Second');
  });

  it('holds one for whoever asks in a transaction: it is no other until that ends', async () => {
    const held = workspaceOf(tenant);
    await workspaces.insert(held);
    const order: string[] = [];
    let touched: Promise<void> | undefined;
    await knex.transaction(async (transaction) => {
      const { workspaces: own } = storesOf(transaction);
      assert.deepEqual(await own.findHeld(tenant, held.id), held);
      assert.equal(await own.findHeld(other, held.id), undefined);
      touched = workspaces.touch(tenant, held.id).then(() => void order.push('touched'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push('ends');
    });
    await touched;
    assert.deepEqual(order, ['ends', 'touched']);
  });

  it('counts twenty touches at once', async () => {
    const workspace = workspaceOf(tenant);
    await workspaces.insert(workspace);
    await Promise.all(Array.from({ length: 20 }, () => workspaces.touch(tenant, workspace.id)));
    assert.equal((await workspaces.findEdition(tenant, workspace.id))?.revision, 21);
  });

  it('gives settings that an earlier build did not know their defaults', async () => {
    const workspace = workspaceOf(tenant);
    await workspaces.insert(workspace);
    await knex('workspaces').where({ id: workspace.id }).update({ settings: '{"key_type":"rsa"}' });
    const found = await workspaces.find(tenant, workspace.id);
    assert.deepEqual(found?.settings, workspaceSettingsSchema.parse({ key_type: 'rsa' }));
  });
});
