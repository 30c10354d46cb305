/** People decide over a login that waits: whatever is killed between a decision, its word and the login, all three come to agree. */
import assert from 'node:assert/strict';
import type { Approval } from '../../server/approvals/approval.ts';
import { redeem } from '../support/relying-party.ts';
import type { Shown } from '../support/web-browser.ts';
import { openTreasury, type Treasury, type Waiting } from './treasury.ts';

describe('a login that waits for people', function () {
  this.timeout(180_000);
  let treasury: Treasury;

  before(async () => {
    treasury = await openTreasury('5h');
  });
  after(() => treasury.house.close());
  beforeEach(() => treasury.house.office.forgiveAttempts());

  const mailsSince = (at: number): Promise<number> =>
    treasury.house.office.platform
      .database('messages')
      .where({ kind: 'approval', owner_id: treasury.zenobia.id })
      .where('created_at', '>=', at)
      .then((rows: readonly unknown[]) => rows.length);
  const arrives = async (waiting: Waiting): Promise<void> => {
    const answer = await treasury.left(waiting);
    assert.ok(answer.url.searchParams.has('code'), answer.url.href);
    assert.ok((await redeem(treasury.application, waiting.begun, answer.url)).claims());
  };
  /** Zenobia at the page where she decides. */
  async function approver({ id }: Approval): Promise<() => Promise<Shown>> {
    const path = `/default/demo/approvals/${id}`;
    const { browser, page } = await treasury.signIn(path);
    return () => browser.submit(page, path, { decision: 'approve', reason: 'I know her' });
  }

  for (const victim of ['Temporal', "Temporal's data"] as const) {
    it(`goes on with what was decided while ${victim} was gone`, async () => {
      const { house } = treasury;
      const waiting = await treasury.start();
      const { approval } = waiting;
      const decide = await approver(approval);
      await house.kill(victim);
      assert.match((await decide()).text, /You approved/);
      assert.equal((await treasury.rowOf(approval)).state, 'approved');
      await house.restart(victim);
      await arrives(waiting);
      await treasury.isTold(approval);
      assert.equal((await treasury.newest())?.id, approval.id, 'nobody was asked a second time');
    });
  }

  for (const place of ['begun', 'written', 'committed'] as const) {
    it(`has each approver written to once, where the worker is killed in a round of mails (${place})`, async () => {
      const { house } = treasury;
      const since = Date.now();
      const barrier = await house.arm(`remindApprovers-${place}`);
      const waiting = await treasury.start();
      const { approval } = waiting;
      await barrier.reached();
      await house.kill('worker');
      await barrier.release();
      assert.equal(await mailsSince(since), place === 'committed' ? 1 : 0);
      const again = await house.arm('remindApprovers-committed');
      await house.restart('worker');
      // Temporal gives the round up for lost, and has it made once more, while nobody has decided.
      await treasury.until('the round once more', () => again.reached().then(() => true));
      assert.equal(await mailsSince(since), 1);
      await again.release();
      assert.match((await (await approver(approval))()).text, /You approved/);
      await arrives(waiting);
      assert.equal(await mailsSince(since), 1);
      assert.equal((await treasury.rowOf(approval)).reminders, 1);
    });
  }
});
