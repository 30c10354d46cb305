/** What events tell of somebody's earlier logins: theirs, of their workspace, and so many of them that none takes long. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createLoginHistoryStore } from '../../../server/audit/login-history.store.ts';
import { failureWindowMs, type LoginHistoryOf } from '../../../server/audit/login-history.ts';
import { isSqlite } from '../../../server/db/knex.ts';
import { userId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, workspaceOf } from '../../support/stores.ts';

onEachDatabase('LoginHistoryStore', (open) => {
  let knex: Knex;
  let ada: LoginHistoryOf;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant: tenantId, workspace: workspaceId } = await seedTenant(knex);
    ada = { tenantId, workspaceId, subject: 'sub-of-ada', userId: userId('ada') };
  });
  const now = noon + 2 * failureWindowMs;
  async function happened(at: number, event: string, about: Partial<LoginHistoryOf> = {}): Promise<void> {
    const { tenantId, workspaceId, subject, userId: user } = { ...ada, ...about };
    const [noun = '', action = ''] = event.split(' ');
    // Who gave a wrong answer is nobody whom tokens name.
    const metadata = {
      ...(event === 'login failed' ? {} : { subject }),
      ...(user === undefined ? {} : { user_id: user }),
    };
    const { outbox } = storesOf(knex, heldClock(at));
    await outbox.append({ tenantId, workspaceId, subject: noun, action, metadata, payload: {} });
  }
  const find = (who = ada, at = now) => createLoginHistoryStore(knex).find(who, at);

  it('is empty for who was never there', async () => {
    assert.deepEqual(await find(), { logins: 0, failures: 0 });
    assert.deepEqual(await find({ ...ada, userId: undefined }), { logins: 0 });
  });

  it('counts logins that came to an end, and says when the last one did', async () => {
    await happened(noon, 'login succeeded');
    await happened(noon + 5, 'login succeeded');
    await happened(noon + 6, 'login denied');
    await happened(noon + 7, 'script executed');
    assert.deepEqual(await find(), { logins: 2, lastLoginAt: noon + 5, failures: 0 });
  });

  it('counts wrong answers of the last day, and no older ones', async () => {
    await happened(now - failureWindowMs, 'login failed');
    await happened(now - failureWindowMs + 1, 'login failed');
    await happened(now - 1, 'login failed');
    assert.deepEqual(await find(), { logins: 0, failures: 2 });
  });

  it('is of this person, workspace and tenant', async () => {
    const { tenant } = await seedTenant(knex);
    const other = workspaceOf(ada.tenantId);
    await storesOf(knex).workspaces.insert(other);
    for (const about of [
      { subject: 'sub-of-bob', userId: userId('bob') },
      { subject: 'SUB-OF-ADA', userId: userId('ADA') },
      { subject: 'sub-of-ada ', userId: userId('ada ') },
      { workspaceId: other.id },
      { tenantId: tenant },
    ])
      for (const event of ['login succeeded', 'login failed']) await happened(now - 1, event, about);
    assert.deepEqual(await find(), { logins: 0, failures: 0 });
  });

  it('looks at so many events of theirs: wrong answers, which strangers give, hide no login', async () => {
    const few = createLoginHistoryStore(knex, 5);
    for (let nth = 0; nth < 4; nth++) await happened(now - 100 + nth, 'login succeeded');
    for (let nth = 0; nth < 9; nth++) await happened(now - 50 + nth, 'login failed');
    assert.deepEqual(await few.find(ada, now), { logins: 4, lastLoginAt: now - 97, failures: 5 });
    for (let nth = 0; nth < 3; nth++) await happened(now - 20 + nth, 'consent created');
    assert.deepEqual(await few.find(ada, now), { logins: 2, lastLoginAt: now - 97, failures: 2 });
  });

  it('is served by the person’s own index', async () => {
    const plans: string[] = [];
    const spied = (query: { readonly sql: string; readonly bindings?: readonly unknown[] }) => {
      if (query.sql.includes('recent')) plans.push(JSON.stringify([query.sql, query.bindings]));
    };
    knex.on('query', spied);
    await find();
    knex.removeListener('query', spied);
    assert.equal(plans.length, 2);
    for (const [nth, member] of ['subject', 'user_id'].entries()) {
      const [sql, bindings] = JSON.parse(plans[nth] ?? '') as [string, string[]];
      const explain = isSqlite(knex) ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
      const plan: unknown = await knex.raw(`${explain} ${sql}`, bindings);
      assert.match(JSON.stringify(plan), new RegExp(`audit_events_${member}`), member);
    }
  });
});
