/** The mails by which people learn that they are asked: how many anybody may cause, and what strangers' words become in them. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createApprovalLetters, type ApprovalLetters } from '../../../server/approvals/approval-letter.ts';
import {
  approverAllowance,
  askingAllowance,
  createApprovalActivities,
  mostReminded,
} from '../../../server/approvals/approval.activities.ts';
import type { Approval } from '../../../server/approvals/approval.ts';
import { tenantAllowances } from '../../../server/codes/code-sender.service.ts';
import { credentialKinds } from '../../../server/compose-kinds.ts';
import { composeRenderer } from '../../../server/compose-renderer.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import type { User } from '../../../server/users/user.ts';
import type { ApprovalActivities, ApprovalStart } from '../../../workflows/contract/approval.ts';
import { openApprovalRows, type ApprovalRows } from '../../support/approval-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { silentLog } from '../../support/recording-log.ts';
import { noon, userOf } from '../../support/seeded.ts';

const plain: ApprovalLetters = ({ mails }) => mails.map((to) => ({ channel: 'mail', to, subject: 's', text: 't' }));

onEachDatabase('mails to approvers', (open) => {
  let knex: Knex;
  let rows: ApprovalRows;
  let activities: ApprovalActivities;
  let bob: User;

  before(async () => {
    knex = await open();
  });
  beforeEach(async function () {
    for (const table of ['approvals', 'messages', 'throttles']) await knex(table).delete();
    rows = await openApprovalRows(knex);
    activities = createApprovalActivities({
      unitOfWork: rows.unitOfWork,
      letters: plain,
      mails: true,
      issuerOf: () => 'https://id.example/acme/shop',
      clock: rows.clock,
      log: silentLog,
    });
    bob = await rows.person('Bob', 'treasury');
  });

  const startOf = ({ id, quorum, ...approval }: Approval): ApprovalStart => ({
    ...approval,
    approvalId: id,
    quorum,
    title: 'Shop',
    lifetimeMs: 3_600_000,
  });
  /** A login of somebody's reaches its script, which asks; its workflow has the first round sent. */
  async function ask(by: User = rows.user): Promise<Approval> {
    const approval = await rows.ask(await rows.login(), {}, by);
    await activities.remindApprovers(startOf(approval), 1);
    return approval;
  }
  const mailsTo = async ({ id }: User): Promise<number> => (await knex('messages').where({ owner_id: id })).length;
  const times = async (count: number, work: () => Promise<unknown>): Promise<void> => {
    for (let done = 0; done < count; done += 1) await work();
  };

  it('are so many that one person is sent, by however many who ask', async function () {
    for (let asking = 0; asking < 6; asking += 1) {
      const by = await rows.person(`Asking${String(asking)}`);
      await times(5, () => ask(by));
    }
    assert.equal(await mailsTo(bob), approverAllowance.burst);
  });

  it('are so many of a tenant, and leave of what it may send to codes', async function () {
    const { throttle } = rows.stores;
    const { tenantId } = rows.idp;
    assert.ok(askingAllowance.burst < tenantAllowances.mail.burst);
    assert.ok(askingAllowance.perMinute < tenantAllowances.mail.perMinute);
    await times(askingAllowance.burst, () => throttle.take(tenantId, 'approvals:mail', askingAllowance, noon));
    await ask();
    assert.equal(await mailsTo(bob), 0);
    assert.equal(await throttle.take(tenantId, 'sent-by-tenant:mail', tenantAllowances.mail, noon), true);
  });

  it('go to fifty people at most, and once for each round, however often its step is repeated', async function () {
    for (let count = 0; count < mostReminded + 5; count += 1) await rows.person(`Person${String(count)}`, 'treasury');
    const approval = await ask();
    await Promise.all([1, 1, 1].map((number) => activities.remindApprovers(startOf(approval), number)));
    assert.equal((await knex('messages').select('id')).length, mostReminded);
  });

  it('are not all who may decide: who has no address of theirs counts as well, who asks or has decided does not', async () => {
    const ableAfter = async (by: User) => {
      const approval = await rows.ask(await rows.login(), { quorum: 2 }, by);
      const standing = await activities.lookAtApproval(startOf(approval));
      return [standing.kind === 'open' && standing.able, approval] as const;
    };
    const cara = await rows.person('Cara', 'night-shift', {});
    const [two, approval] = await ableAfter(rows.user);
    assert.equal(two, 2);
    assert.equal((await ableAfter(bob))[0], 1, 'Bob asks');
    await rows.approvals.decide(rows.signedIn(cara), approval.id, { approves: true, name: 'Cara', reason: '' });
    const standing = await activities.lookAtApproval(startOf(approval));
    assert.deepEqual(standing, { kind: 'open', approvals: 1, able: 1 });
  });

  it('are none for a round after the deadline, or of what has ended', async () => {
    const late = await ask();
    await knex('messages').delete();
    rows.clock.set(late.expiresAt);
    await activities.remindApprovers(startOf(late), 2);
    const ended = await rows.ask(await rows.login());
    await rows.stores.approvals.end(ended, 'withdrawn', rows.clock.now());
    await activities.remindApprovers(startOf(ended), 1);
    assert.equal((await knex('messages').select('id')).length, 0);
  });
});

describe('createApprovalLetters', () => {
  const letters = createApprovalLetters(
    composeRenderer({ extensions: createExtensionRegistry([]), kinds: credentialKinds }),
  );
  const href = 'https://id.example/acme/shop/approvals/a1';
  const write = (words: { name?: string; reason?: string; application?: string; locale?: unknown }) => {
    const user = userOf('acme' as never, 'people' as never, { payload: { locale: words.locale ?? 'en' } });
    const candidate = { poolId: user.poolId, userId: user.id, addresses: [] };
    const approval = {
      requester: { subject: 's', idpId: 'idp' as never, name: words.name ?? 'Ada', addresses: [] },
      reason: words.reason ?? '',
      expiresAt: noon + 3_600_000,
    };
    const letter = { approval, applicationIn: () => words.application ?? 'Shop', href, isReminder: false };
    const [first, ...others] = letters({ user, candidate, mails: ['bob@example.com'] }, letter, noon);
    assert.ok(first?.channel === 'mail');
    assert.deepEqual(others, []);
    return first;
  };

  it('hold one link, which is ours, whatever requester, script and application call themselves', () => {
    const attack =
      'Ada\r\nBcc: all@example.com\r\n\r\n<a href="https://evil.example/x">Approve</a> www.evil.example evil.example/y';
    for (const words of [{ name: attack }, { reason: attack }, { application: attack }, { locale: attack }]) {
      const { to, subject, text } = write(words);
      assert.equal(to, 'bob@example.com');
      assert.doesNotMatch(subject, /[\r\n]/);
      assert.ok(subject.length < 200);
      assert.deepEqual(text.match(/\S*:\/\/\S*/g), [href], JSON.stringify(words));
      assert.doesNotMatch(`${subject} ${text}`, /\bevil\.example/);
      assert.doesNotMatch(text, /^Bcc:/m);
    }
  });

  it('are as long as they are, whatever length those words have', () => {
    const long = 'x'.repeat(100_000);
    assert.ok(write({ name: long, reason: long, application: long }).text.length < 1500);
  });
});
