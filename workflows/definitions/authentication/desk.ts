/** Where a login meets its person: takes one Update at a time, answers it, and shows operations what it waits for. */
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  authenticateStep,
  consentStep,
  endedElsewhere,
  notWaiting,
  scriptDue,
  scriptStep,
  searchAttributes,
  updateOf,
  type LoginOutcome,
  type LoginStart,
  type Move,
  type Next,
  type StepAnswer,
} from '../../contract/authentication.ts';
import { denyReasonOf, endedDetails, nextFor, stepCompletedBy, waitingDetails } from './decisions.ts';

/** What a person did: the step their Update completes, and the proof it carries. */
export interface Turn {
  readonly step: string;
  readonly move: Move;
}

export interface Desk {
  /**
   * Waits, for hours if need be, until the person has done something.
   * @param withinMs how long; as long as the login lives where it is undefined
   * @returns `overdue` when that time is over, or a script is to be looked at; `over` when nothing more is to come: the login's time is over, or its row
   *   was ended elsewhere
   */
  waitForPerson(step: string, withinMs: number | undefined): Promise<Turn | 'over' | 'overdue'>;
  /** Shows operations which script decides here. */
  showScript(script: string): void;
  /** Tells the browser what comes next, unless the workflow still has something to do by itself. */
  answer(answer: StepAnswer): void;
  /** Writes the end where operations see it, and lets every browser have its answer before the workflow closes. */
  close(end: LoginOutcome): Promise<LoginOutcome>;
}

/** How the browser that sent a turn is answered. */
interface Reply {
  readonly reply: (next: Next) => void;
  readonly refuse: (why: Error) => void;
}

const stepAttribute = defineSearchAttributeKey(searchAttributes.step, 'KEYWORD');
const outcomeAttribute = defineSearchAttributeKey(searchAttributes.outcome, 'KEYWORD');
const scriptAttribute = defineSearchAttributeKey(searchAttributes.scriptVersion, 'KEYWORD');
const reasonAttribute = defineSearchAttributeKey(searchAttributes.reason, 'KEYWORD');

/** Opens the desk of a login. Call it first: an Update that starts the workflow is delivered with its first task. */
export function openDesk(login: LoginStart): Desk {
  let waiting: string | undefined = login.firstStep;
  /** The one that arrived and is not answered yet. */
  let turn: (Turn & Reply) | undefined;
  let shown: string | undefined = login.firstStep;
  let shownScript: string | undefined;
  let over = false;

  const refusal = (): Error => ApplicationFailure.nonRetryable('this login does not wait for that', notWaiting);
  const accept = (update: string, move: Move): Promise<Next> => {
    const step = stepCompletedBy(update, waiting);
    if (step === undefined) throw refusal();
    waiting = undefined;
    return new Promise((reply, refuse) => {
      turn = { step, move, reply, refuse };
    });
  };
  const listened = new Set<string>();
  /**
   * A plugin's step is listened to once it is waited for, not by the default handler: that one has no validator, so a
   * move that came too early would be answered `not_waiting` from history ever after, instead of being rejected.
   */
  const listenFor = (step: string): void => {
    const update = updateOf(step);
    if (listened.has(update)) return;
    listened.add(update);
    setHandler(defineUpdate<Next, [Move]>(update), (move) => accept(update, move), {
      validator: (_move: Move) => {
        if (stepCompletedBy(update, waiting) === undefined) throw refusal();
      },
    });
  };
  listenFor(authenticateStep);
  listenFor(consentStep);
  // It carries nothing: what the row says is asked of the row.
  setHandler(defineSignal(endedElsewhere), () => {
    over = true;
  });
  /** Since the script was looked at last. */
  let due = false;
  setHandler(defineSignal(scriptDue), () => {
    due = true;
  });
  void sleep(login.lifetimeMs).then(
    () => {
      over = true;
    },
    // Cancelled with the login: whoever waits is told so too.
    () => undefined,
  );

  return {
    async waitForPerson(step, withinMs) {
      if (step !== scriptStep) listenFor(step);
      waiting = step;
      if (shown !== step) {
        upsertSearchAttributes([{ key: stepAttribute, value: step }]);
        shown = step;
      }
      setCurrentDetails(waitingDetails(step, new Date().toISOString()));
      try {
        const happened = (): boolean => turn !== undefined || over || (due && step === scriptStep);
        // A worker of the release before answers to no step with a time, but a login may come from one to this.
        if (withinMs !== undefined && patched('step-deadline')) await condition(happened, withinMs);
        else await condition(happened);
      } finally {
        waiting = undefined;
        if (step === scriptStep) due = false;
      }
      return turn ?? (over ? 'over' : 'overdue');
    },
    showScript(script) {
      if (shownScript === script) return;
      upsertSearchAttributes([{ key: scriptAttribute, value: script }]);
      shownScript = script;
    },
    answer(answer) {
      const next = nextFor(answer);
      if (next === undefined) return;
      turn?.reply(next);
      turn = undefined;
    },
    async close({ outcome, reason }) {
      const denied = denyReasonOf({ outcome, reason });
      upsertSearchAttributes([
        { key: stepAttribute, value: 'ended' },
        { key: outcomeAttribute, value: outcome },
        ...(denied === undefined ? [] : [{ key: reasonAttribute, value: denied }]),
      ]);
      setCurrentDetails(endedDetails({ outcome, reason }));
      // Only a login that was stopped ends before its turn was answered.
      if (outcome === 'expired') turn?.refuse(refusal());
      else turn?.reply({ kind: 'committed', outcome });
      await condition(allHandlersFinished);
      return { outcome, reason };
    },
  };
}
