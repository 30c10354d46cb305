/**
 * Records a history for each point where logins stand while a deploy happens: `node test/replay/record.ts [name…]`.
 * Record again only a login that no deployed version can be in the middle of; a change that needs it breaks the rest.
 */
import assert from 'node:assert/strict';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { connectWithin } from '../../workflows/connection.ts';
import type { LoginStart } from '../../workflows/contract/authentication.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { createFakePlatform } from '../support/fake-platform.ts';
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

const wanted = process.argv.slice(2);
const temporal = await startTestTemporal();
const connection = await connectWithin({ address: temporal.address }, temporal.namespace, 5000);
try {
  for (const scenario of scenarios) {
    if (wanted.length === 0 || wanted.includes(scenario.name)) await record(scenario);
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
  unavailable = false,
  endedElsewhere = false,
  cancelled = false,
}: Scenario): Promise<void> {
  const activities = createFakePlatform(steps);
  if (unavailable) activities.failNext(1, ApplicationFailure.nonRetryable('out of reach'));
  const house = await openLoginHouse({ address: temporal.address, taskQueue: 'logins', activities });
  const login = newLogin({ interactionId: `recorded-${name}`, ...changes });
  const made = moves.map(([step, proofId]) => newMove(step, proofId));
  for (const index of made.keys()) await house.client.advance(login, made.slice(0, index + 1));
  const { workflow } = new Client({ connection, dataConverter: createDataConverter(house.keys) });
  const handle = workflow.getHandle(login.interactionId);
  if (endedElsewhere) await house.client.endedElsewhere(login.interactionId);
  if (cancelled) await handle.cancel();
  const closes = endedElsewhere || cancelled || changes?.lifetimeMs !== undefined;
  // A cancelled login has no result to wait for.
  if (closes) await handle.result().catch((error: unknown) => assert.ok(error instanceof WorkflowFailedError));
  await writeHistory({ name, workflowId: login.interactionId, history: await handle.fetchHistory() });
  await house.close();
}
