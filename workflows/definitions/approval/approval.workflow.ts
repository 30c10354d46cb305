/** One approval, top to bottom: ask those who may decide, remind them, look whenever one has decided, tell the login. */
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  approvalDecided,
  approvalSearchAttributes,
  type ApprovalActivities,
  type ApprovalOutcome,
  type ApprovalStart,
} from '../../contract/approval.ts';
import { scriptDue } from '../../contract/authentication.ts';
import { endedDetails, pauseAfterReminder, waitingDetails } from './decisions.ts';

// Ordinary activities, not local ones: nobody waits at a page for them, and a database that is away for hours is waited for.
const platform = proxyActivities<ApprovalActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

const outcomeAttribute = defineSearchAttributeKey(approvalSearchAttributes.outcome, 'KEYWORD');

/**
 * Waits for what people decide over a login. Decisions are rows, written by the pages where people made them; this keeps the
 * time, reminds, and tells the login that waits.
 * @returns how it ended; the row says the same, and decides where a crash made the two differ
 * @throws CancelledFailure when an operator cancelled it before its row had ended, once row and login are told
 */
export async function approval(asked: ApprovalStart): Promise<ApprovalOutcome> {
  try {
    return await close(asked, await decided(asked));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const end = await CancellationScope.nonCancellable(async () =>
      close(asked, await platform.endApproval(asked, 'withdrawn')),
    );
    // What was decided before stays decided.
    if (end.outcome !== 'withdrawn') return end;
    throw error;
  }
}

async function decided(asked: ApprovalStart): Promise<ApprovalOutcome> {
  let news = false;
  let over = false;
  let reminderDue = true;
  setHandler(defineSignal(approvalDecided), () => {
    news = true;
  });
  /** Cancelled with the approval: whoever waits is told so too. */
  const after = (milliseconds: number, then: () => void): void => {
    void sleep(milliseconds).then(then, () => undefined);
  };
  after(asked.lifetimeMs, () => {
    over = true;
  });
  /** Asked anew each time: they change while this waits. */
  const isOver = (): boolean => over;
  const happened = (): boolean => news || over || reminderDue;

  for (let reminders = 0; ;) {
    news = false;
    const standing = await platform.lookAtApproval(asked);
    if (standing.kind === 'ended') return { outcome: standing.outcome };
    if (isOver()) return platform.endApproval(asked, 'expired');
    if (reminderDue) {
      reminderDue = false;
      reminders += 1;
      await platform.remindApprovers(asked, reminders);
      const pause = pauseAfterReminder(reminders, asked.lifetimeMs);
      if (pause !== undefined)
        after(pause, () => {
          reminderDue = true;
        });
    }
    setCurrentDetails(waitingDetails(asked, standing, reminders, new Date().toISOString()));
    await condition(happened);
  }
}

async function close({ interactionId }: ApprovalStart, end: ApprovalOutcome): Promise<ApprovalOutcome> {
  upsertSearchAttributes([{ key: outcomeAttribute, value: end.outcome }]);
  setCurrentDetails(endedDetails(end));
  try {
    await getExternalWorkflowHandle(interactionId).signal(scriptDue);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The login is not there any more. One that is looks by itself now and then.
  }
  return end;
}
