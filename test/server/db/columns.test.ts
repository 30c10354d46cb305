import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import {
  fromJson,
  insertUnlessTaken,
  insertUnlessThere,
  toBoolean,
  toJson,
  toOptionalTime,
  toTime,
} from '../../../server/db/columns.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { onEachDatabase } from '../../support/databases.ts';

describe('columns', () => {
  it('reads booleans as both drivers write them', () => {
    assert.deepEqual([0, 1, true, false].map(toBoolean), [false, true, true, false]);
  });

  it('reads times, whatever width the driver gives', () => {
    assert.equal(toTime('1795464000123'), 1_795_464_000_123);
    assert.equal(toOptionalTime(null), undefined);
    assert.equal(toOptionalTime(0), 0);
  });

  it('reads JSON it wrote, and refuses what is none', () => {
    assert.deepEqual(fromJson(toJson({ a: [1, 'ä'] })), { a: [1, 'ä'] });
    assert.throws(
      () => fromJson('{'),
      (error) => isPlatformError(error, 'internal'),
    );
  });
});

onEachDatabase('insertUnlessTaken', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const scope = { workspace_id: 'w', name: 'n', display_name: '', description: '', implicit_grant: true, kind: 'api' };

  it('names a key that is taken `conflict`, a missing owner `not_found`, and passes on the rest', async () => {
    const tenant = { id: 't', name: 'T', settings: '{}', sealed_key: '', created_at: 1, updated_at: 1 };
    await insertUnlessTaken(knex('tenants').insert(tenant), 'A tenant');
    await assert.rejects(insertUnlessTaken(knex('tenants').insert(tenant), 'A tenant'), (error) => {
      assert.ok(isPlatformError(error, 'conflict'));
      assert.equal(error.message, 'A tenant exists already.');
      return true;
    });
    const orphan = insertUnlessTaken(knex('scopes').insert({ ...scope, tenant_id: 't' }), 'A scope');
    await assert.rejects(orphan, (error) => isPlatformError(error, 'not_found'));
    const nameless = insertUnlessTaken(knex('tenants').insert({ ...tenant, id: 'u', name: null }), 'A tenant');
    await assert.rejects(nameless, (error) => !isPlatformError(error));
  });
});

onEachDatabase('insertUnlessThere', (open) => {
  it('leaves the row that is there as it is, and its transaction fit to go on; what else is wrong is thrown', async () => {
    const knex = await open();
    const tenant = { id: 'once', name: 'First', settings: '{}', sealed_key: '', created_at: 1, updated_at: 1 };
    await knex.transaction(async (transaction) => {
      const insert = (row: object) => insertUnlessThere(transaction('tenants').insert(row));
      assert.equal(await insert(tenant), true);
      assert.equal(await insert({ ...tenant, name: 'Second' }), false);
      const [row] = await transaction<{ id: string; name: string }>('tenants').where({ id: 'once' });
      assert.equal(row?.name, 'First');
      assert.equal(await insert({ ...tenant, id: 'twice' }), true);
      await assert.rejects(insert({ ...tenant, id: 'nameless', name: null }));
    });
    const kept = await knex<{ id: string }>('tenants').whereIn('id', ['once', 'twice', 'nameless']).orderBy('id');
    assert.deepEqual(
      kept.map(({ id }) => id),
      ['once', 'twice'],
    );
  });
});
