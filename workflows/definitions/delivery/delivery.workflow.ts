/** One delivery, top to bottom: try, rest, try again, go on to a fallback, and end while it is still good or say why not. */
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityFailure,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  cancelled,
  deliveryHurried,
  deliverySearchAttributes,
  unanswered,
  type Attempt,
  type Attempted,
  type DeliveryActivities,
  type DeliveryOutcome,
  type DeliveryStart,
} from '../../contract/delivery.ts';
import {
  attemptOf,
  chanceOf,
  courseAfter,
  courseAfterNone,
  endedDetails,
  newCourse,
  pauseBefore,
  restingDetails,
  tryingDetails,
} from './decisions.ts';

// Ordinary activities, not local ones: a provider that hangs holds up no workflow task, and no login with it.
const { attemptDelivery } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '60s',
  // This workflow decides alone what is tried again, when and where.
  retry: { maximumAttempts: 1 },
});
/** A plugin's try is bounded by less: one that was lost with its worker is known to be sooner. */
const ofPlugin = proxyActivities<DeliveryActivities>({ startToCloseTimeout: '30s', retry: { maximumAttempts: 1 } });
const { closeDelivery } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

const outcomeAttribute = defineSearchAttributeKey(deliverySearchAttributes.outcome, 'KEYWORD');
const reasonAttribute = defineSearchAttributeKey(deliverySearchAttributes.reason, 'KEYWORD');

/**
 * Delivers what a row holds. Knows its id and how many destinations it has, and nothing of what it says or to whom.
 * @returns how it ended; the row says the same, and decides where a crash made the two differ
 * @throws CancelledFailure when an operator cancelled it, once the row is told
 */
export async function delivery(message: DeliveryStart): Promise<DeliveryOutcome> {
  try {
    return close(await deliver(message));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const asked: DeliveryOutcome = { outcome: 'failed', reason: cancelled };
    const end = await CancellationScope.nonCancellable(async () => close(await closeDelivery(message, asked)));
    // What was delivered before stays delivered.
    if (end.reason !== cancelled) return end;
    throw error;
  }
}

async function deliver(message: DeliveryStart): Promise<DeliveryOutcome> {
  let over = false;
  let hurried = false;
  /** Asked anew each time: it changes while this waits. */
  const isOver = (): boolean => over;
  const mayGoOn = (): boolean => over || hurried;
  // Whoever asks while a try is under way has one more at once, should that one fail: it began before they asked.
  setHandler(defineSignal(deliveryHurried), () => {
    hurried = true;
  });
  void sleep(message.lifetimeMs).then(
    () => {
      over = true;
    },
    // Cancelled with the delivery, which is told so too.
    () => undefined,
  );
  for (let course = newCourse(message.destinations); ;) {
    const pause = pauseBefore(course, message, chanceOf(message, course));
    if (pause > 0) {
      setCurrentDetails(restingDetails(course, new Date().toISOString(), pause));
      await condition(mayGoOn, pause);
    }
    hurried = false;
    if (isOver()) return closeDelivery(message, { outcome: 'expired', reason: course.reason });
    const answer = await attempted(message, attemptOf(course));
    if (answer.kind === 'delivered') return { outcome: 'delivered', reason: 'delivered' };
    if (answer.kind === 'over') return answer.end;
    if (answer.kind === 'later') {
      course = courseAfterNone(course, answer);
      continue;
    }
    upsertSearchAttributes([{ key: reasonAttribute, value: answer.reason }]);
    const next = courseAfter(course, answer);
    if (next === undefined) return closeDelivery(message, { outcome: 'failed', reason: answer.reason });
    course = next;
  }
}

/** One try. One that was lost with its worker, or took too long, is one that failed. */
async function attempted(message: DeliveryStart, attempt: Attempt): Promise<Attempted> {
  setCurrentDetails(tryingDetails(attempt));
  try {
    if (message.owner !== undefined) return await ofPlugin.attemptDelivery(message, attempt);
    return await attemptDelivery(message, attempt);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return { kind: 'failed', reason: unanswered };
  }
}

function close(end: DeliveryOutcome): DeliveryOutcome {
  upsertSearchAttributes([
    { key: outcomeAttribute, value: end.outcome },
    ...(end.outcome === 'delivered' ? [] : [{ key: reasonAttribute, value: end.reason }]),
  ]);
  setCurrentDetails(endedDetails(end));
  return end;
}
