/** Approvals in rows: sealed, bounded, and gone after their time with all that was decided. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { Approval } from '../../../server/approvals/approval.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { openApprovalRows, type ApprovalRows } from '../../support/approval-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

onEachDatabase('ApprovalStore', (open) => {
  let knex: Knex;
  let house: ApprovalRows;
  let approval: Approval;
  beforeEach(async () => {
    knex = await open();
    await knex('approvals').delete();
    house = await openApprovalRows(knex);
    approval = await house.ask(await house.login());
  });
  const store = () => house.stores.approvals;
  const decision = { poolId: 'p', userId: 'u', name: 'Grace Hopper', approves: true, reason: 'Knows her', at: noon };
  const decide = (change = {}) => store().decide(approval, { ...decision, ...change } as never);

  it('answers what was kept', async () => {
    assert.deepEqual(await store().find(approval.tenantId, approval.workspaceId, approval.id), approval);
    assert.equal(await store().find(approval.tenantId, workspaceId('other'), approval.id), undefined);
    await decide();
    assert.deepEqual(await store().decisionsOf(approval), [decision]);
  });

  it('holds no name, address or reason in clear, and opens nothing that is moved to another row', async () => {
    await decide();
    const rows: unknown = [await knex('approvals').select(), await knex('approval_decisions').select()];
    assert.doesNotMatch(JSON.stringify(rows), /\bAda\b|example\.com|Treasury|Grace|Knows/);
    const other = await house.ask(await house.login());
    const [row] = await knex<{ id: string; sealed_record: string }>('approvals').where({ id: approval.id });
    await knex('approvals').where({ id: other.id }).update({ sealed_record: row?.sealed_record });
    await assert.rejects(store().find(other.tenantId, other.workspaceId, other.id));
  });

  it('ends once, and takes nothing afterwards', async () => {
    assert.equal(await store().end(approval, 'expired', noon + 5), true);
    assert.equal(await store().end(approval, 'withdrawn', noon + 6), false);
    assert.equal(await decide(), 'over');
    assert.deepEqual(await store().decisionsOf(approval), []);
    const ended = await store().find(approval.tenantId, approval.workspaceId, approval.id);
    assert.deepEqual([ended?.state, ended?.endedAt, ended?.dueAt], ['expired', noon + 5, noon + 5]);
  });

  it('is due when it is made and with each decision, and is forgotten by nobody who saw an earlier time', async () => {
    assert.deepEqual(
      (await store().listDue(noon, 10)).map(({ id }) => id),
      [approval.id],
    );
    await decide({ at: noon + 1 });
    await store().postpone(approval, noon, undefined);
    assert.equal((await store().listDue(noon + 1, 10)).length, 1, 'a decision came meanwhile');
    await store().postpone(approval, noon + 1, undefined);
    assert.deepEqual(await store().listDue(noon + 99_999_999, 10), []);
  });

  it('counts a round of messages once', async () => {
    assert.equal(await store().countReminder(approval, 1), true);
    assert.equal(await store().countReminder(approval, 1), false);
    assert.equal(await store().countReminder(approval, 2), true);
    await store().end(approval, 'withdrawn', noon);
    assert.equal(await store().countReminder(approval, 3), false);
  });

  it('is listed page by page, by its time and its state', async () => {
    house.clock.set(noon + 10);
    const second = await house.ask(await house.login());
    house.clock.set(noon + 20);
    const third = await house.ask(await house.login());
    await store().end(third, 'withdrawn', noon);
    const list = async (query: object) => {
      const all = { limit: 20, order: 'desc', ...query } as const;
      return (await store().list(approval.tenantId, approval.workspaceId, all)).items.map(({ id }) => id);
    };
    assert.deepEqual(await list({}), [third.id, second.id, approval.id]);
    assert.deepEqual(await list({ limit: 1, after: third.id }), [second.id]);
    assert.deepEqual(await list({ before: approval.id, limit: 1 }), [second.id]);
    assert.deepEqual(await list({ state: 'open', order: 'asc' }), [approval.id, second.id]);
  });

  it('goes after its time, with its decisions', async () => {
    await decide();
    assert.equal(await store().removeExpired(approval.expiresAt, 10), 0);
    assert.equal(await store().removeExpired(approval.expiresAt + 1, 10), 1);
    assert.deepEqual(await knex('approval_decisions').where({ tenant_id: approval.tenantId }), []);
  });
});
