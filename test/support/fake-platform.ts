/** A platform in memory for the login's workflow: what a proof is worth stands in its id, so any process judges alike. */
import type {
  AuthenticationActivities,
  LoginOutcome,
  LoginStart,
  StepAnswer,
} from '../../workflows/contract/authentication.ts';

export interface FakePlatform extends AuthenticationActivities {
  /** `activity:proof` of every call, in order. */
  readonly calls: string[];
  /** What the script answers next, in order; when nothing is left, it lets the person pass. */
  readonly scripted: StepAnswer[];
  /** Lets the next calls fail, as while a database is away. */
  failNext(times: number, failure?: Error): void;
}

/**
 * Proofs that begin with `wrong` are refused; `deny` declines the consent.
 * @param steps what comes after the person is known, in order
 * @param withinMs how long the step `away` is waited for, where it is among the steps
 * @param away the one that is taken at an integrator's page
 */
export function createFakePlatform(
  steps: readonly string[] = ['consent'],
  withinMs?: number,
  away = 'custom-app',
): FakePlatform {
  const calls: string[] = [];
  const scripted: StepAnswer[] = [];
  let failures = 0;
  let failure = new Error('the database is away');
  const call = (name: string, proofId: string): void => {
    calls.push(`${name}:${proofId}`);
    if (failures === 0) return;
    failures -= 1;
    throw failure;
  };
  const remaining = (left: readonly string[]): StepAnswer => ({
    kind: 'remaining',
    steps: left,
    ...(left[0] === away && withinMs !== undefined ? { withinMs } : {}),
  });
  const judged = (step: string, proofId: string, answer: StepAnswer): StepAnswer =>
    proofId.startsWith('wrong') ? { kind: 'refused', step, reason: 'proof_spent' } : answer;

  return {
    calls,
    scripted,
    failNext(times, error = new Error('the database is away')) {
      failures = times;
      failure = error;
    },
    async establishPerson(_login, { proofId }) {
      await Promise.resolve();
      call('establishPerson', proofId);
      return judged('authenticate', proofId, remaining(steps));
    },
    async passStep(_login, step, { proofId }) {
      await Promise.resolve();
      call(`passStep ${step}`, proofId);
      const next = step.startsWith('script-app.') ? steps.indexOf('script') : steps.indexOf(step) + 1;
      return judged(step, proofId, remaining(steps.slice(next)));
    },
    async runScript(login) {
      await Promise.resolve();
      call('runScript', login.interactionId);
      const answer = scripted.shift();
      return answer ?? remaining(steps.slice(steps.indexOf('script') + 1));
    },
    async giveUpStep(login, step) {
      await Promise.resolve();
      call(`giveUpStep ${step}`, login.interactionId);
      return { kind: 'committed', outcome: 'denied', reason: `${step.replaceAll('-', '_')}_overdue` };
    },
    async decideConsent(_login, { proofId }) {
      await Promise.resolve();
      call('decideConsent', proofId);
      return judged('consent', proofId, decisionOf(proofId));
    },
    async commit(login: LoginStart): Promise<StepAnswer> {
      await Promise.resolve();
      call('commit', login.interactionId);
      return { kind: 'committed', outcome: 'granted', reason: 'granted' };
    },
    async abandon(login: LoginStart, reason = 'deadline'): Promise<LoginOutcome> {
      await Promise.resolve();
      call('abandon', login.interactionId);
      return { outcome: 'expired', reason };
    },
  };
}

function decisionOf(proofId: string): StepAnswer {
  return proofId.startsWith('deny')
    ? { kind: 'committed', outcome: 'denied', reason: 'consent_denied' }
    : { kind: 'committed', outcome: 'granted', reason: 'granted' };
}
