/**
 * Records a history for each point where logins stand while a deploy happens: `node test/replay/record.ts [name…]`.
 * Record again only a login that no deployed version can be in the middle of; a change that needs it breaks the rest.
 */
import assert from 'node:assert/strict';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { connectWithin } from '../../workflows/connection.ts';
import type { ApprovalStanding, ApprovalStart } from '../../workflows/contract/approval.ts';
import { scriptDue, type LoginStart, type StepAnswer } from '../../workflows/contract/authentication.ts';
import type { Attempted, DeliveryStart } from '../../workflows/contract/delivery.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { createBoard, newApproval, openApprovalHouse } from '../support/approval-house.ts';
import { createFakePlatform } from '../support/fake-platform.ts';
import { createFakePost, newDelivery, openDeliveryHouse } from '../support/delivery-house.ts';
import { newLogin, newMove, openLoginHouse } from '../support/login-worker.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { writeHistory } from './history-file.ts';

interface Scenario {
  readonly name: string;
  /** What comes after the person is known. */
  readonly steps: readonly string[];
  /** Step and proof of each move. */
  readonly moves: readonly (readonly [string, string])[];
  readonly login?: Partial<LoginStart>;
  /** Its row was ended without it. */
  readonly endedElsewhere?: boolean;
  /** An operator cancelled its workflow. */
  readonly cancelled?: boolean;
  /** How long an integrator's page is waited for. Milliseconds. */
  readonly withinMs?: number;
  /** The step that is taken there; `custom-app` where it is left out. */
  readonly away?: string;
  /** What its script answers, one run after the other, before it lets its person pass. */
  readonly scripted?: readonly StepAnswer[];
  /** Is recorded while it rests: nobody waits for its end. */
  readonly resting?: boolean;
  /** What its script waits for has happened, and it is told so. */
  readonly told?: boolean;
  /** The first activity fails for good. */
  readonly unavailable?: boolean;
}

const consent = ['consent'];
/** `cancelled-and-stuck` is kept beside them: a login that could not take its cancel, which only its own version records. */
const scenarios: readonly Scenario[] = [
  { name: 'authenticated', steps: consent, moves: [['authenticate', 'password']] },
  {
    name: 'refused-then-authenticated',
    steps: consent,
    moves: [
      ['authenticate', 'wrong'],
      ['authenticate', 'password'],
    ],
  },
  {
    name: 'granted',
    steps: consent,
    moves: [
      ['authenticate', 'password'],
      ['consent', 'yes'],
    ],
  },
  {
    name: 'denied',
    steps: consent,
    moves: [
      ['authenticate', 'password'],
      ['consent', 'deny'],
    ],
  },
  { name: 'granted-from-session', steps: consent, moves: [['consent', 'yes']], login: { firstStep: 'consent' } },
  { name: 'granted-without-decision', steps: [], moves: [['authenticate', 'password']] },
  {
    name: 'plugin-step',
    steps: ['terms', 'consent'],
    moves: [
      ['authenticate', 'password'],
      ['terms', 'read'],
    ],
  },
  {
    name: 'authenticated-again-at-consent',
    steps: consent,
    moves: [
      ['authenticate', 'password'],
      ['authenticate', 'again'],
      ['consent', 'yes'],
    ],
  },
  {
    name: 'unavailable-then-authenticated',
    steps: consent,
    moves: [
      ['authenticate', 'password'],
      ['authenticate', 'again'],
    ],
    unavailable: true,
  },
  { name: 'ended-elsewhere', steps: consent, moves: [['authenticate', 'password']], endedElsewhere: true },
  { name: 'cancelled', steps: consent, moves: [['authenticate', 'password']], cancelled: true },
  { name: 'expired', steps: consent, moves: [['authenticate', 'password']], login: { lifetimeMs: 1000 } },
];

const day = 86_400_000;
const withApp = ['custom-app', 'consent'];
const atApp: readonly Scenario[] = [
  { name: 'custom-app-away', steps: withApp, moves: [['authenticate', 'password']], withinMs: day },
  {
    name: 'custom-app-returned',
    steps: withApp,
    moves: [
      ['authenticate', 'password'],
      ['custom-app', 'chosen'],
    ],
    withinMs: day,
  },
  {
    name: 'custom-app-returned-and-committed',
    steps: ['custom-app'],
    moves: [
      ['authenticate', 'password'],
      ['custom-app', 'chosen'],
    ],
    withinMs: day,
  },
  { name: 'custom-app-overdue', steps: withApp, moves: [['authenticate', 'password']], withinMs: 1000 },
];

const elsewhere = { steps: consent, away: 'consent' };
const atConsentPage: readonly Scenario[] = [
  { ...elsewhere, name: 'consent-page-away', moves: [['authenticate', 'password']], withinMs: day },
  {
    ...elsewhere,
    name: 'consent-page-returned',
    moves: [
      ['authenticate', 'password'],
      ['consent', 'yes'],
    ],
    withinMs: day,
  },
  { ...elsewhere, name: 'consent-page-overdue', moves: [['authenticate', 'password']], withinMs: 1000 },
];

const withScript = ['script', 'consent'];
const script = 'risk@0123456789ab';
const sleeping: StepAnswer = { kind: 'remaining', steps: withScript, restMs: day, script };
const briefly: StepAnswer = { kind: 'remaining', steps: withScript, restMs: 200, script };
const sentAway: StepAnswer = { kind: 'remaining', steps: ['script-app.0', 'consent'], withinMs: day, script };
const atScript: readonly Scenario[] = [
  { name: 'script-passed', steps: withScript, moves: [['authenticate', 'password']] },
  {
    name: 'script-passed-and-committed',
    steps: ['script'],
    moves: [['authenticate', 'password']],
  },
  {
    name: 'script-denied',
    steps: withScript,
    moves: [['authenticate', 'password']],
    scripted: [{ kind: 'committed', outcome: 'denied', reason: 'script_denied' }],
  },
  {
    name: 'script-sleeping',
    steps: withScript,
    moves: [['authenticate', 'password']],
    scripted: [sleeping],
    resting: true,
  },
  {
    name: 'script-woken',
    steps: ['script'],
    moves: [['authenticate', 'password']],
    scripted: [briefly],
  },
  {
    name: 'script-sleeping-and-authenticated-again',
    steps: withScript,
    moves: [
      ['authenticate', 'password'],
      ['authenticate', 'again'],
    ],
    scripted: [sleeping, sleeping],
    resting: true,
  },
  {
    name: 'script-away',
    steps: withScript,
    moves: [['authenticate', 'password']],
    scripted: [sentAway],
    resting: true,
  },
  {
    name: 'script-returned',
    steps: withScript,
    moves: [
      ['authenticate', 'password'],
      ['script-app.0', 'chosen'],
    ],
    scripted: [sentAway],
  },
  {
    name: 'script-told',
    steps: ['script'],
    moves: [['authenticate', 'password']],
    scripted: [sleeping],
    told: true,
  },
  {
    name: 'script-cancelled',
    steps: withScript,
    moves: [['authenticate', 'password']],
    scripted: [sleeping],
    cancelled: true,
  },
];

interface DeliveryScenario {
  readonly name: string;
  /** What comes of each try; the last one again and again. Empty: it is not answered. */
  readonly answers: readonly Attempted[];
  readonly delivery?: Partial<DeliveryStart>;
  readonly cancelled?: boolean;
  /** Is recorded while it rests. */
  readonly resting?: boolean;
  /** Somebody wants it tried while it rests. */
  readonly hurried?: boolean;
}

const failed: Attempted = { kind: 'failed', reason: 'ECONNECTION' };
const refused: Attempted = { kind: 'refused', reason: 'smtp_550' };
const delivered: Attempted = { kind: 'delivered' };
const deliveryScenarios: readonly DeliveryScenario[] = [
  { name: 'delivery-delivered', answers: [delivered] },
  { name: 'delivery-delivered-again', answers: [failed, delivered] },
  { name: 'delivery-resting', answers: [failed], resting: true },
  {
    name: 'delivery-hurried',
    answers: [failed, delivered],
    delivery: { retry: { firstMs: 60_000, longestMs: 60_000, jitter: 0 } },
    hurried: true,
  },
  { name: 'delivery-fallback', answers: [refused, delivered], delivery: { destinations: 2 } },
  { name: 'delivery-refused', answers: [refused] },
  { name: 'delivery-expired', answers: [failed], delivery: { lifetimeMs: 1000 } },
  { name: 'delivery-cancelled', answers: [failed], cancelled: true },
  {
    name: 'delivery-of-plugin',
    answers: [{ kind: 'failed', reason: 'status_429', retryAfterMs: 100 }, failed, delivered],
    delivery: { owner: 'webhooks', kind: 'webhook', retry: { firstMs: 200, longestMs: 1000, jitter: 0.5 } },
  },
  {
    name: 'delivery-without-place',
    answers: [{ kind: 'later', afterMs: 100 }, { kind: 'later', afterMs: 100 }, failed, delivered],
    delivery: { owner: 'webhooks', kind: 'webhook' },
  },
  { name: 'delivery-over', answers: [{ kind: 'over', end: { outcome: 'failed', reason: 'gone' } }] },
];

interface ApprovalScenario {
  readonly name: string;
  /** How its row stands after each word that somebody decided; it begins with nobody. */
  readonly told: readonly ApprovalStanding[];
  readonly approval?: Partial<ApprovalStart>;
  /** No login is there to be told. */
  readonly alone?: boolean;
  readonly cancelled?: boolean;
  /** Is recorded while it waits. */
  readonly waiting?: boolean;
}

const one: ApprovalStanding = { kind: 'open', approvals: 1 };
const ended = (outcome: 'approved' | 'denied' | 'withdrawn'): ApprovalStanding => ({ kind: 'ended', outcome });
const approvalScenarios: readonly ApprovalScenario[] = [
  { name: 'approval-asked', told: [], waiting: true },
  { name: 'approval-one-of-two', told: [one], waiting: true },
  { name: 'approval-approved', told: [one, ended('approved')] },
  { name: 'approval-denied', told: [ended('denied')] },
  { name: 'approval-withdrawn', told: [ended('withdrawn')], alone: true },
  { name: 'approval-expired', told: [one], approval: { lifetimeMs: 1000 } },
  { name: 'approval-cancelled', told: [one], cancelled: true },
];

const wanted = process.argv.slice(2);
const temporal = await startTestTemporal();
const connection = await connectWithin({ address: temporal.address }, temporal.namespace, 5000);
try {
  for (const scenario of [...scenarios, ...atApp, ...atConsentPage, ...atScript]) {
    if (wanted.length === 0 || wanted.includes(scenario.name)) await record(scenario);
  }
  for (const scenario of deliveryScenarios) {
    if (wanted.length === 0 || wanted.includes(scenario.name)) await recordDelivery(scenario);
  }
  for (const scenario of approvalScenarios) {
    if (wanted.length === 0 || wanted.includes(scenario.name)) await recordApproval(scenario);
  }
} finally {
  await connection.close();
  await temporal.stop();
}

async function record({
  name,
  steps,
  moves,
  login: changes,
  withinMs,
  away,
  scripted = [],
  resting = false,
  told = false,
  unavailable = false,
  endedElsewhere = false,
  cancelled = false,
}: Scenario): Promise<void> {
  const activities = createFakePlatform(steps, withinMs, away);
  activities.scripted.push(...scripted);
  if (unavailable) activities.failNext(1, ApplicationFailure.nonRetryable('out of reach'));
  const house = await openLoginHouse({ address: temporal.address, taskQueue: 'logins', activities });
  const login = newLogin({ interactionId: `recorded-${name}`, ...changes });
  const made = moves.map(([step, proofId]) => newMove(step, proofId));
  for (const index of made.keys()) await house.client.advance(login, made.slice(0, index + 1));
  const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.keys) });
  const handle = workflow.getHandle(login.interactionId);
  if (endedElsewhere) await house.client.endedElsewhere(login.interactionId);
  if (told) await handle.signal(scriptDue);
  if (cancelled) await handle.cancel();
  const isShort = changes?.lifetimeMs !== undefined || (withinMs !== undefined && withinMs < day);
  const endsByItself = !resting && steps.at(-1) === 'script';
  const closes = endedElsewhere || cancelled || isShort || endsByItself;
  // A cancelled login has no result to wait for.
  if (closes) await handle.result().catch((error: unknown) => assert.ok(error instanceof WorkflowFailedError));
  await writeHistory({ name, workflowId: login.interactionId, history: await handle.fetchHistory() });
  await house.close();
}

async function recordDelivery({
  name,
  answers,
  delivery,
  cancelled = false,
  resting = false,
  hurried = false,
}: DeliveryScenario): Promise<void> {
  let asked = 0;
  const post = createFakePost(() => answers[asked++] ?? answers.at(-1) ?? failed);
  const house = await openDeliveryHouse({ address: temporal.address, taskQueue: 'deliveries', activities: post });
  const message = newDelivery({ deliveryId: `recorded-${name}`, ...delivery });
  await house.client.start(message);
  const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.keys) });
  const handle = workflow.getHandle(message.deliveryId);
  const isResting = async (): Promise<boolean> =>
    ((await handle.fetchHistory()).events ?? []).filter((event) => Boolean(event.timerStartedEventAttributes)).length >
    1;
  if (cancelled || resting || hurried) while (!(await isResting())) await new Promise((later) => setTimeout(later, 50));
  if (cancelled) await handle.cancel();
  if (hurried) await house.client.start(message, true);
  if (!resting) await handle.result().catch((error: unknown) => assert.ok(error instanceof WorkflowFailedError));
  await writeHistory({ name, workflowId: message.deliveryId, history: await handle.fetchHistory() });
  await house.close();
}

async function recordApproval({
  name,
  told,
  approval: changes,
  alone = false,
  cancelled = false,
  waiting = false,
}: ApprovalScenario): Promise<void> {
  const board = createBoard();
  const house = await openApprovalHouse({ address: temporal.address, taskQueue: 'approvals', board });
  const approvalId = `recorded-${name}`;
  const login = alone ? {} : { interactionId: await house.login(day) };
  const approval = newApproval({ approvalId, ...login, ...changes });
  const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.logins.keys) });
  const handle = workflow.getHandle(approvalId);
  /** It has looked, written where it had to, and waits. */
  const isAtRest = async (): Promise<boolean> => {
    const events = (await handle.fetchHistory()).events ?? [];
    const last = events.at(-1);
    const rests = [last?.workflowTaskCompletedEventAttributes, last?.timerStartedEventAttributes];
    return board.reminders.length > 0 && rests.some(Boolean);
  };
  const atRest = async (): Promise<void> => {
    do await new Promise((later) => setTimeout(later, 300));
    while (!(await isAtRest()) && (await handle.describe()).status.name === 'RUNNING');
  };
  await house.client.look(approval);
  await atRest();
  for (const standing of told) {
    board.write(standing);
    await house.client.look(approval);
    await atRest();
  }
  if (cancelled) await handle.cancel();
  if (!waiting) await handle.result().catch((error: unknown) => assert.ok(error instanceof WorkflowFailedError));
  await writeHistory({ name, workflowId: approvalId, history: await handle.fetchHistory() });
  await house.close();
}
