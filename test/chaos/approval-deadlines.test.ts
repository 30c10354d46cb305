/** The time of an approval is over while a process is gone: it ends once, as nobody decided, and its login once, as its script says. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Approval } from '../../server/approvals/approval.ts';
import { rowsBetween, type Rows, type Victim } from './house.ts';
import { openTreasury, type Treasury, type Waiting } from './treasury.ts';

/** What a login leaves that nobody approved in time. */
const denied: Rows = {
  granted: 0,
  denied: 1,
  consents: 0,
  grants: 0,
  snapshots: 0,
  redeemed: 0,
  succeededEvents: 0,
  deniedEvents: 1,
};

describe("an approval's deadline", function () {
  this.timeout(180_000);
  let treasury: Treasury;

  before(async () => {
    // Long enough that a process can be killed before it is over.
    treasury = await openTreasury('7s');
  });
  after(() => treasury.house.close());
  beforeEach(() => treasury.house.office.forgiveAttempts());

  /** How its end was told. */
  const endings = async ({ id }: Approval): Promise<readonly unknown[]> => {
    const rows: readonly { readonly payload: string }[] = await treasury.house.office.platform
      .database('audit_events')
      .where({ subject: 'approval', action: 'ended' });
    return rows
      .map(
        ({ payload }) => (JSON.parse(payload) as { readonly approval_ended: Record<string, unknown> }).approval_ended,
      )
      .filter((ended) => ended['id'] === id)
      .map(({ outcome }) => outcome);
  };

  const start = async (): Promise<Waiting & { readonly before: Rows }> => {
    const before = await treasury.house.count();
    return { ...(await treasury.start()), before };
  };
  const past = async ({ approval }: Waiting): Promise<void> => {
    await delay(Math.max(0, approval.expiresAt - Date.now()) + 100);
  };
  /** All of it, once: the page, the row, what is told of both, and both workflows. */
  async function isOver({ before, ...waiting }: Awaited<ReturnType<typeof start>>): Promise<void> {
    const { house } = treasury;
    const { approval, begun } = waiting;
    const answer = await treasury.left(waiting);
    assert.equal(answer.url.searchParams.get('error'), 'access_denied', answer.url.href);
    assert.equal(answer.url.searchParams.get('state'), begun.state);
    await treasury.isTold(approval);
    assert.equal((await treasury.rowOf(approval)).state, 'expired');
    assert.deepEqual(await endings(approval), ['expired']);
    assert.deepEqual(rowsBetween(before, await house.count()), denied);
    assert.equal((await treasury.newest())?.id, approval.id, 'nobody was asked a second time');
    const { interactionId } = approval;
    assert.equal((await house.workflowOf(interactionId, 20_000))?.outcome?.outcome, 'denied');
  }

  for (const victim of ['server', 'Temporal', "Temporal's data"] as const satisfies readonly Victim[]) {
    it(`passes while ${victim} is gone`, async () => {
      const waiting = await start();
      await treasury.house.kill(victim);
      await past(waiting);
      await treasury.house.restart(victim);
      await isOver(waiting);
    });
  }

  for (const place of ['runScript-written', 'runScript-committed', 'endApproval-committed'] as const) {
    it(`is struck with the worker where its end is written down (${place})`, async () => {
      const { house } = treasury;
      const waiting = await start();
      // Its login would be the first to see it: one that hangs lets the approval's own workflow be it.
      const hung = place === 'endApproval-committed' ? await house.arm('runScript-begun') : undefined;
      const barrier = await house.arm(place);
      await barrier.reached();
      assert.ok(Date.now() >= waiting.approval.expiresAt, 'the place was passed for something else');
      await house.kill('worker');
      await barrier.release();
      await hung?.release();
      await house.restart('worker');
      await isOver(waiting);
    });
  }

  it('has passed for who decides while the worker is gone, and nobody has written that it has', async () => {
    const { house } = treasury;
    const list = '/default/demo/approvals';
    const { browser } = await treasury.signIn(list);
    const waiting = await start();
    const path = `${list}/${waiting.approval.id}`;
    const page = await browser.open(path);
    assert.match(page.text, /Ledger/);
    await house.kill('worker');
    await past(waiting);
    assert.equal((await treasury.rowOf(waiting.approval)).state, 'open');
    const told = await browser.submit(page, path, { decision: 'approve', reason: 'I know her' });
    assert.doesNotMatch(told.text, /You approved/);
    assert.equal((await treasury.rowOf(waiting.approval)).approved, 0);
    await house.restart('worker');
    await isOver(waiting);
  });
});
