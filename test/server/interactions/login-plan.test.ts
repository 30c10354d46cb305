/** What is still between a person and the commit. */
import assert from 'node:assert/strict';
import { isStale, remainingSteps, stepToShow, unmetDemand } from '../../../server/interactions/login-plan.ts';
import { ada, authorizationRequest, interaction, newYear } from '../../support/interactions.ts';

const hour = 3_600_000;

describe('remainingSteps', () => {
  it('puts plugin steps before consent, and leaves out what was passed', () => {
    const needs = { steps: ['terms', 'risk'], consent: true };
    assert.deepEqual(remainingSteps(needs, new Set()), ['terms', 'risk', 'consent']);
    assert.deepEqual(remainingSteps(needs, new Set(['terms'])), ['risk', 'consent']);
    assert.deepEqual(remainingSteps({ steps: ['terms'], consent: false }, new Set(['terms'])), []);
  });
});

describe('isStale', () => {
  it('counts from the proof, and never before somebody was proven', () => {
    assert.equal(isStale(interaction(), hour, newYear + 10 * hour), false);
    const atConsent = interaction({ person: ada, step: 'consent' });
    assert.equal(isStale(atConsent, hour, newYear + hour), false);
    assert.equal(isStale(atConsent, hour, newYear + hour + 1), true);
  });

  it('counts a person known from a session from the beginning of this login', () => {
    const since = interaction({ person: { ...ada, authTime: ada.authTime - 36_000 }, step: 'consent' });
    assert.equal(isStale(since, hour, newYear + hour), false);
    assert.equal(isStale(since, hour, newYear + hour + 1), true);
  });
});

describe('stepToShow', () => {
  it('asks a stale person for the first factor, wherever they were', () => {
    const atConsent = interaction({ person: ada, step: 'consent' });
    assert.equal(stepToShow(atConsent, hour, newYear), 'consent');
    assert.equal(stepToShow(atConsent, hour, newYear + 2 * hour), 'authenticate');
  });
});

describe('unmetDemand', () => {
  it('finds another subject than the one the application insists on (OIDC Core §3.1.2.2)', () => {
    assert.equal(unmetDemand(authorizationRequest({ wantedSubject: 'sub-of-bob' }), ada), 'login_required');
    assert.equal(unmetDemand(authorizationRequest({ wantedSubject: ada.subject }), ada), undefined);
  });

  it('finds an essential acr that was not reached (OIDC Core §5.5.1.1)', () => {
    const request = authorizationRequest({ essentialAcrs: ['urn:mfa'] });
    assert.equal(unmetDemand(request, ada), 'unmet_authentication_requirements');
    assert.equal(unmetDemand(request, { ...ada, acr: 'urn:mfa' }), undefined);
  });
});
