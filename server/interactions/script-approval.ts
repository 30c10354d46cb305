/** What a login's script is answered by the people whom it asked, and how long its login rests until it looks again. */
import type { ApprovalAnswer, JsonValue } from '../../scripts-runtime/index.ts';
import { approvalEvent, isDecidable, pauseOf, type Approval } from '../approvals/approval.ts';
import type { ApprovalId } from '../kernel/ids.ts';
import type { Interaction } from './interaction.ts';
import type { LoginStores } from './login-stores.ts';

type Stores = Pick<LoginStores, 'approvals' | 'outbox'>;
type Place = Pick<Interaction, 'tenantId' | 'workspaceId'>;

/**
 * The row decides, and its end is written here where its time is over: a login waits for no workflow but its own.
 * @returns undefined while it may still be decided
 */
export async function approvalAnswer(
  stores: Stores,
  { tenantId, workspaceId }: Place,
  id: ApprovalId,
  now: number,
): Promise<JsonValue | undefined> {
  const before = await stores.approvals.find(tenantId, workspaceId, id);
  if (before === undefined) return { approved: false, outcome: 'withdrawn', decisions: [] };
  if (isDecidable(before, now)) return undefined;
  if (before.state === 'open' && (await stores.approvals.end(before, 'expired', now)))
    await stores.outbox.append(approvalEvent(before, 'ended', { outcome: 'expired' }));
  const ended = (await stores.approvals.find(tenantId, workspaceId, id)) ?? before;
  return answerOf(ended, await stores.approvals.decisionsOf(ended));
}

/** Milliseconds. */
export async function approvalPause(
  { approvals }: Pick<Stores, 'approvals'>,
  { tenantId, workspaceId }: Place,
  id: ApprovalId,
  now: number,
): Promise<number> {
  const approval = await approvals.find(tenantId, workspaceId, id);
  return approval === undefined ? 1 : pauseOf(approval, now);
}

function answerOf({ state }: Approval, decisions: Awaited<ReturnType<Stores['approvals']['decisionsOf']>>): JsonValue {
  return {
    approved: state === 'approved',
    // Nobody decides any more, whoever writes that down.
    outcome: state === 'open' ? 'expired' : state,
    decisions: decisions.map(({ userId, name, approves, reason, at }) => ({
      by: userId,
      name,
      approved: approves,
      reason,
      at,
    })),
  } satisfies ApprovalAnswer;
}
