/** The decisions of a login, one by one. */
import assert from 'node:assert/strict';
import {
  denyReasonOf,
  endedDetails,
  nextFor,
  restBefore,
  stepCompletedBy,
  upcomingStep,
  waitingDetails,
} from '../../../../workflows/definitions/authentication/decisions.ts';

describe('upcomingStep', () => {
  it('is the first of the steps that remain', () => {
    assert.equal(upcomingStep({ kind: 'remaining', steps: ['terms', 'consent'] }), 'terms');
  });

  it('is nothing when only the commit remains', () => {
    assert.equal(upcomingStep({ kind: 'remaining', steps: [] }), undefined);
  });

  it('is the step to repeat after a proof was refused', () => {
    assert.equal(upcomingStep({ kind: 'refused', step: 'authenticate', reason: 'proof_spent' }), 'authenticate');
  });
});

describe('restBefore', () => {
  it('is nothing before a script that is the next step', () => {
    assert.equal(restBefore({ kind: 'remaining', steps: ['script'] }, 0), 0);
    assert.equal(restBefore({ kind: 'refused', step: 'script', reason: 'other_app' }, 0), 0);
  });

  it('is as long as the script sleeps', () => {
    assert.equal(restBefore({ kind: 'remaining', steps: ['script'], restMs: 7 }, 3), 7);
  });

  it('grows with each try that failed, to half an hour', () => {
    const failed = { kind: 'refused', step: 'script', reason: 'unavailable' } as const;
    assert.deepEqual(
      [1, 2, 3, 40].map((failures) => restBefore(failed, failures)),
      [5000, 10_000, 20_000, 1_800_000],
    );
  });
});

describe('nextFor', () => {
  it('leaves the browser waiting while a script is run, and tells it of one that rests', () => {
    assert.equal(nextFor({ kind: 'remaining', steps: ['script', 'consent'] }), undefined);
    const rests = { kind: 'remaining', steps: ['script', 'consent'], restMs: 1 } as const;
    assert.deepEqual(nextFor(rests), { kind: 'step', step: 'script' });
  });

  it('names the next step', () => {
    assert.deepEqual(nextFor({ kind: 'remaining', steps: ['consent'] }), { kind: 'step', step: 'consent' });
  });

  it('leaves the browser waiting while the workflow commits by itself', () => {
    assert.equal(nextFor({ kind: 'remaining', steps: [] }), undefined);
  });

  it('tells the browser of a commit, and keeps its reason for operations', () => {
    const answer = { kind: 'committed', outcome: 'denied', reason: 'consent_denied' } as const;
    assert.deepEqual(nextFor(answer), { kind: 'committed', outcome: 'denied' });
  });

  it('passes a refusal on with its reason', () => {
    const refused = { kind: 'refused', step: 'authenticate', reason: 'proof_spent' } as const;
    assert.deepEqual(nextFor(refused), refused);
  });
});

describe('stepCompletedBy', () => {
  it('is never the script’s own step: nobody brings that', () => {
    assert.equal(stepCompletedBy('script', 'script'), undefined);
    assert.equal(stepCompletedBy('authenticated', 'script'), 'authenticate');
    assert.equal(stepCompletedBy('script-app.0', 'script-app.0'), 'script-app.0');
    assert.equal(stepCompletedBy('script-app.0', 'script-app.1'), undefined);
  });

  it('takes the Update of the step that is waited for', () => {
    assert.equal(stepCompletedBy('consented', 'consent'), 'consent');
    assert.equal(stepCompletedBy('terms', 'terms'), 'terms');
  });

  it('takes the first factor at any step: it may have gone stale', () => {
    assert.equal(stepCompletedBy('authenticated', 'consent'), 'authenticate');
  });

  it('takes no step before its turn', () => {
    assert.equal(stepCompletedBy('consented', 'authenticate'), undefined);
    assert.equal(stepCompletedBy('consented', 'terms'), undefined);
  });

  it('takes nothing while a step is being worked on', () => {
    assert.equal(stepCompletedBy('authenticated', undefined), undefined);
    assert.equal(stepCompletedBy('consented', undefined), undefined);
  });
});

describe('waitingDetails', () => {
  it('tells operations what a login waits for, and since when', () => {
    const shown = waitingDetails('consent', '2026-01-02T03:04:05.000Z');
    assert.match(shown, /`consent`/);
    assert.match(shown, /2026-01-02T03:04:05/);
  });
});

describe('denyReasonOf', () => {
  it('is of logins that did not end well, and of no other', () => {
    assert.equal(denyReasonOf({ outcome: 'denied', reason: 'consent_denied' }), 'consent_denied');
    assert.equal(denyReasonOf({ outcome: 'expired', reason: 'deadline' }), 'deadline');
    assert.equal(denyReasonOf({ outcome: 'granted', reason: 'granted' }), undefined);
  });
});

describe('endedDetails', () => {
  it('tells operations how a login ended, and why where there is something to ask', () => {
    assert.equal(endedDetails({ outcome: 'granted', reason: 'granted' }), '**Ended: granted**');
    assert.equal(endedDetails({ outcome: 'denied', reason: 'cancelled' }), '**Ended: denied** (cancelled)');
  });
});
