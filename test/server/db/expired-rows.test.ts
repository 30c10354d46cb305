import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { removeExpiredRows } from '../../../server/db/expired-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';

onEachDatabase('removeExpiredRows', (open) => {
  const table = { table: 'throttles', key: ['tenant_id', 'id'], column: 'expires_at' };
  let knex: Knex;

  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    await knex('throttles').delete();
    const rows = Array.from({ length: 1200 }, (_, n) => ({
      tenant_id: n % 2 === 0 ? 'a' : 'b',
      id: String(Math.floor(n / 2)),
      failures: '[]',
      blocked_until: 0,
      expires_at: n,
    }));
    await knex.batchInsert('throttles', rows, 300);
  });

  it('removes the oldest, so many at a time, and none that is not over', async () => {
    assert.equal(await removeExpiredRows(knex, table, 1000, 500), 500);
    assert.equal((await knex<{ expires_at: number }>('throttles').orderBy('expires_at').first())?.expires_at, 500);
    assert.equal(await removeExpiredRows(knex, table, 1000, 500), 500);
    assert.equal(await removeExpiredRows(knex, table, 1000, 500), 0);
    assert.equal((await knex('throttles').select('id')).length, 200);
  });

  it('removes each row once when two processes sweep at the same time', async () => {
    const removed = await Promise.all([1, 2, 3, 4].map(() => removeExpiredRows(knex, table, 1200, 500)));
    const left = (await knex('throttles').select('id')).length;
    assert.equal(removed.reduce((sum, count) => sum + count, 0) + left, 1200);
  });
});
