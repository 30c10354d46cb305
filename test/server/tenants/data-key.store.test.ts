import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, tenantId } from '../../../server/kernel/ids.ts';
import type { TenantId } from '../../../server/kernel/ids.ts';
import { createDataKeyStore } from '../../../server/tenants/data-key.store.ts';
import type { DataKeyStore } from '../../../server/tenants/data-key.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, testSealer } from '../../support/stores.ts';

onEachDatabase('DataKeyStore', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  let keys: DataKeyStore;
  const fresh = () => createDataKeyStore(knex, { sealer: testSealer });

  before(async () => {
    knex = await open();
    ({ tenant } = await seedTenant(knex));
  });
  beforeEach(() => {
    keys = fresh();
  });

  it('makes 32 random bytes once, and finds them by workflow and by id in every process', async () => {
    const made = await keys.ensure(tenant, 'login-1');
    assert.equal(made.key.length, 32);
    for (const store of [keys, fresh()]) {
      assert.deepEqual(await store.ensure(tenant, 'login-1'), made);
      assert.deepEqual(await store.findById(made.id), made);
      assert.deepEqual(await store.findByWorkflow('login-1'), made);
    }
    assert.notDeepEqual((await keys.ensure(tenant, 'login-2')).key, made.key);
  });

  it('makes one key for twenty callers at once, from two processes', async () => {
    const stores = [keys, createDataKeyStore(await open(), { sealer: testSealer })];
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (stores[index % 2] ?? keys).ensure(tenant, 'login-race')),
    );
    assert.equal(new Set(made.map((key) => Buffer.from(key.key).toString('hex'))).size, 1);
    assert.equal((await knex('data_keys').where({ workflow_id: 'login-race' })).length, 1);
  });

  it('never gives a tenant the key of another one, and makes none for a tenant that is not there', async () => {
    const { tenant: other } = await seedTenant(knex);
    const made = await keys.ensure(tenant, 'login-3');
    await assert.rejects(keys.ensure(other, 'login-3'), (error) => isPlatformError(error, 'internal'));
    await keys.remove(other, 'login-3');
    assert.deepEqual(await fresh().findById(made.id), made);
    const nobody = keys.ensure(tenantId(newId()), 'login-nobody');
    await assert.rejects(nobody, (error) => isPlatformError(error, 'not_found'));
  });

  it('keeps keys wrapped by their tenant, useless in another row', async () => {
    const made = await keys.ensure(tenant, 'login-4');
    const other = await keys.ensure(tenant, 'login-5');
    const rows = JSON.stringify(await knex('data_keys').select());
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      assert.ok(!rows.includes(Buffer.from(made.key).toString(encoding).slice(0, 30)));
    }
    const row = await knex<{ id: string; wrapped_key: string }>('data_keys').where({ id: made.id }).first();
    await knex('data_keys').where({ id: other.id }).update({ wrapped_key: row?.wrapped_key });
    await assert.rejects(fresh().findById(other.id), (error) => isPlatformError(error, 'internal'));
  });

  it('holds no more memory than the key itself, for as many logins as it remembers', async () => {
    const made = await keys.ensure(tenant, 'login-held');
    for (const found of [made, await fresh().findById(made.id), await fresh().findByWorkflow('login-held')])
      assert.equal(found?.key.buffer.byteLength, 32);
  });

  it('forgets a key that was removed', async () => {
    const made = await keys.ensure(tenant, 'login-6');
    await keys.remove(tenant, 'login-6');
    assert.equal(await keys.findById(made.id), undefined);
    assert.equal(await keys.findByWorkflow('login-6'), undefined);
    assert.notDeepEqual((await keys.ensure(tenant, 'login-6')).key, made.key);
  });

  it('asks the database once for a key that is asked for often', async () => {
    const made = await keys.ensure(tenant, 'login-7');
    let queries = 0;
    const count = () => {
      queries += 1;
    };
    knex.on('query', count);
    for (let index = 0; index < 10; index += 1) await keys.findById(made.id);
    knex.removeListener('query', count);
    assert.equal(queries, 0);
  });
});
