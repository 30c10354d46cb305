/** The decisions of a login, one by one. */
import assert from 'node:assert/strict';
import {
  denyReasonOf,
  endedDetails,
  nextFor,
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

describe('nextFor', () => {
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
