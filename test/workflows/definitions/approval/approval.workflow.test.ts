/** The approval's definition on Temporal's time-skipping server: what only the workflow itself decides. */
import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import type { ApprovalOutcome, ApprovalStart } from '../../../../workflows/contract/approval.ts';
import { createDataConverter } from '../../../../workflows/data-converter.ts';
import {
  createBoard,
  newApproval,
  openApprovalHouse,
  type ApprovalHouse,
  type Board,
} from '../../../support/approval-house.ts';
import { startTestTemporal, type TestTemporal } from '../../../support/temporal.ts';
import { startTimeSkipping, type TimeSkipping } from '../../../support/time-skipping.ts';

const day = 86_400_000;

describe('approval', function () {
  this.timeout(120_000);
  let server: TimeSkipping;
  let connection: Connection;
  let board: Board;
  let house: ApprovalHouse;

  before(async function () {
    try {
      server = await startTimeSkipping();
    } catch (error) {
      process.stdout.write(`      skipped, no time-skipping server: ${String(error)}\n`);
      this.skip();
    }
    connection = await Connection.connect({ address: server.address });
  });
  beforeEach(async () => {
    board = createBoard();
    house = await openApprovalHouse({ address: server.address, board });
  });
  afterEach(() => house.close());
  after(async () => {
    await connection.close();
    await server.stop();
  });

  const handleOf = ({ approvalId }: ApprovalStart) =>
    new Client({ connection, dataConverter: createDataConverter(house.logins.keys) }).workflow.getHandle<
      (start: ApprovalStart) => Promise<ApprovalOutcome>
    >(approvalId);
  /** Without letting time pass. */
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((later) => setTimeout(later, 20));
  };
  const asked = async (changes: Partial<ApprovalStart> = {}) => {
    const interactionId = await house.login(20 * day);
    const approval = newApproval({ interactionId, ...changes });
    assert.equal(await house.client.look(approval), 'running');
    await until(() => board.reminders.length === 1);
    return approval;
  };
  const wentOn = ({ interactionId }: ApprovalStart) => {
    const runs = house.platform.calls.filter((call) => call === `runScript:${interactionId}`);
    return runs.length === 2;
  };

  it('waits five days for two who approve, reminds daily, and has the login go on at once', async () => {
    const approval = await asked({ lifetimeMs: 5 * day + 3_600_000 });
    await server.skip(day + 60_000);
    board.write({ kind: 'open', approvals: 1 });
    await house.client.look(approval);
    await server.skip(day);
    await server.skip(day);
    await server.skip(day);
    await server.skip(day);
    await until(() => board.reminders.length === 6);
    assert.equal(wentOn(approval), false);
    board.write({ kind: 'ended', outcome: 'approved' });
    assert.equal(await house.client.look(approval), 'running');
    assert.deepEqual(await handleOf(approval).result(), { outcome: 'approved' });
    assert.deepEqual(board.reminders, [1, 2, 3, 4, 5, 6]);
    await until(() => wentOn(approval));
  });

  it('is not approved once its time is over with one of two', async () => {
    const approval = await asked();
    board.write({ kind: 'open', approvals: 1 });
    await server.skip(5 * day);
    assert.deepEqual(await handleOf(approval).result(), { outcome: 'expired' });
    assert.deepEqual(board.standing(), { kind: 'ended', outcome: 'expired' });
    await until(() => wentOn(approval));
  });

  it('ends as its row did where a decision came in the last moment and nobody told it', async () => {
    const approval = await asked();
    await server.skip(4 * day + 60_000);
    await until(() => board.reminders.length === 5);
    board.write({ kind: 'ended', outcome: 'approved' });
    await server.skip(day);
    assert.deepEqual(await handleOf(approval).result(), { outcome: 'approved' });
  });

  it('finds a decision with the next reminder, although its signal was lost', async () => {
    const approval = await asked();
    board.write({ kind: 'ended', outcome: 'denied' });
    await server.skip(day);
    assert.deepEqual(await handleOf(approval).result(), { outcome: 'denied' });
    assert.deepEqual(board.reminders, [1]);
  });

  it('ends without a login to tell, and a login goes on by itself without being told', async () => {
    const alone = newApproval();
    await house.client.look(alone);
    board.write({ kind: 'ended', outcome: 'withdrawn' });
    await house.client.look(alone);
    assert.deepEqual(await handleOf(alone).result(), { outcome: 'withdrawn' });
    const interactionId = await house.login(day);
    await server.skip(day);
    await until(() => wentOn(newApproval({ interactionId })));
  });

  it('is started once: told again it looks again, and one that has closed stays closed', async () => {
    const approval = await asked();
    assert.equal(await house.client.look(approval), 'running');
    board.write({ kind: 'ended', outcome: 'denied' });
    await house.client.look(approval);
    await handleOf(approval).result();
    assert.equal(await house.client.look(approval), 'over');
    assert.deepEqual(board.reminders, [1]);
  });
});

describe('approval on a server that operations look at', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let connection: Connection;
  let board: Board;
  let house: ApprovalHouse;

  before(async () => {
    temporal = await startTestTemporal();
    connection = await Connection.connect({ address: temporal.address });
  });
  beforeEach(async () => {
    board = createBoard();
    house = await openApprovalHouse({ address: temporal.address, board });
  });
  afterEach(() => house.close());
  after(async () => {
    await connection.close();
    await temporal.stop();
  });

  const handleOf = ({ approvalId }: ApprovalStart) =>
    new Client({ connection, dataConverter: createDataConverter(house.logins.keys) }).workflow.getHandle(approvalId);
  const described = async (approval: ApprovalStart, until: string) => {
    for (;;) {
      const now = await handleOf(approval).describe();
      if (now.status.name === until) return now;
    }
  };

  it('shows for what it waits, and how it ended, in words that name nobody', async () => {
    const approval = newApproval();
    await house.client.look(approval);
    while (board.reminders.length === 0) await new Promise((later) => setTimeout(later, 20));
    const running = await described(approval, 'RUNNING');
    assert.equal(await running.staticSummary(), 'Approval of a sign-in to Storefront (acme/shop)');
    board.write({ kind: 'ended', outcome: 'denied' });
    await house.client.look(approval);
    const over = await described(approval, 'COMPLETED');
    const of = (name: string) => over.typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
    assert.deepEqual(['TenantId', 'WorkspaceId', 'ClientId', 'Outcome'].map(of), [
      'acme',
      'shop',
      'storefront',
      'denied',
    ]);
  });

  it('that is cancelled withdraws its row, unless that was decided before', async () => {
    const approval = newApproval();
    await house.client.look(approval);
    while (board.reminders.length === 0) await new Promise((later) => setTimeout(later, 20));
    await handleOf(approval).cancel();
    await described(approval, 'CANCELLED');
    assert.deepEqual(board.standing(), { kind: 'ended', outcome: 'withdrawn' });
  });
});
