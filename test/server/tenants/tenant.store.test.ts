import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, tenantId } from '../../../server/kernel/ids.ts';
import type { Tenant, TenantStore } from '../../../server/tenants/tenant.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { storesOf, testSealer } from '../../support/stores.ts';

function tenantOf(members: Partial<Tenant> = {}): Tenant {
  const settings = { metadata: { note: 'ключ' } };
  return { id: tenantId(newId()), name: 'Acmé', settings, createdAt: noon, updatedAt: noon, ...members };
}

onEachDatabase('TenantStore', (open) => {
  let knex: Knex;
  let tenants: TenantStore;
  before(async () => {
    knex = await open();
    tenants = storesOf(knex).tenants;
  });

  it('gives back what was inserted, and nothing under a similar id', async () => {
    const tenant = tenantOf({ id: tenantId('acme') });
    await tenants.insert(tenant);
    assert.deepEqual(await tenants.find(tenant.id), tenant);
    for (const similar of ['ACME', 'acme ', ' acme', 'acme\0', 'acmé', '%', '']) {
      assert.equal(await tenants.find(tenantId(similar)), undefined, JSON.stringify(similar));
    }
  });

  it('refuses an id that is taken', async () => {
    const tenant = tenantOf();
    await tenants.insert(tenant);
    await assert.rejects(tenants.insert(tenant), (error) => isPlatformError(error, 'conflict'));
  });

  it('updates name and settings, and refuses to update what is not there', async () => {
    const tenant = tenantOf();
    await tenants.insert(tenant);
    const changed = { ...tenant, name: 'Other', settings: {}, updatedAt: noon + 1 };
    await tenants.update(changed);
    assert.deepEqual(await tenants.find(tenant.id), changed);
    await assert.rejects(tenants.update(tenantOf()), (error) => isPlatformError(error, 'not_found'));
  });

  it('lists page by page, there and back', async () => {
    for (const id of ['p1', 'p2', 'p3', 'p4']) await tenants.insert(tenantOf({ id: tenantId(id) }));
    const ids = async (query: Parameters<TenantStore['list']>[0]) =>
      (await tenants.list(query)).items.map((tenant) => tenant.id).filter((id) => id.startsWith('p'));
    assert.deepEqual(await ids({ after: 'p1', limit: 2, order: 'asc' }), ['p2', 'p3']);
    assert.deepEqual(await ids({ before: 'p4', limit: 2, order: 'asc' }), ['p2', 'p3']);
    assert.deepEqual(await ids({ after: 'p4', limit: 2, order: 'desc' }), ['p3', 'p2']);
  });

  it('gives each tenant a key of its own, sealed and bound to it', async () => {
    const [one, other] = [tenantOf(), tenantOf()];
    await tenants.insert(one);
    await tenants.insert(other);
    const sealedKey = async (id: string): Promise<string> => {
      const row = await knex<{ id: string; sealed_key: string }>('tenants').where({ id }).first();
      return row?.sealed_key ?? '';
    };
    const key = testSealer.open(await sealedKey(one.id), `tenants.key:${one.id}`);
    assert.equal(Buffer.from(key, 'base64url').length, 32);
    assert.notEqual(testSealer.open(await sealedKey(other.id), `tenants.key:${other.id}`), key);
    const moved = await sealedKey(one.id);
    assert.throws(() => testSealer.open(moved, `tenants.key:${other.id}`));
  });

  it('finds none that is marked as removed, and keeps its id until it is', async () => {
    const tenant = tenantOf();
    await tenants.insert(tenant);
    await tenants.markRemoved(tenant.id, 1);
    assert.equal(await tenants.find(tenant.id), undefined);
    const { items } = await tenants.list({ limit: 100, order: 'asc' });
    assert.ok(!items.some(({ id }) => id === tenant.id));
    await assert.rejects(tenants.update(tenant), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(tenants.insert(tenant), (error) => isPlatformError(error, 'conflict'));
  });

  it('inserts twenty at once', async () => {
    const all = Array.from({ length: 20 }, () => tenantOf());
    await Promise.all(all.map((tenant) => tenants.insert(tenant)));
    const found = await Promise.all(all.map((tenant) => tenants.find(tenant.id)));
    assert.equal(found.filter((tenant) => tenant !== undefined).length, 20);
  });
});
