import assert from 'node:assert/strict';
import { authTimeOf, isBeforeSessionsEnd } from '../../../server/users/sessions-end.ts';
import { noon } from '../../support/seeded.ts';

describe('authTimeOf', () => {
  it('is now, in whole seconds (OIDC Core §2), for somebody whose sessions were never ended', () => {
    assert.equal(authTimeOf({}, noon + 999), noon / 1000);
    assert.equal(authTimeOf(undefined, noon), noon / 1000);
  });

  it('tells who signs in right after a reset from who did just before it, in the same second', () => {
    const before = authTimeOf({}, noon + 400);
    const reset = { sessionsEndedAt: noon + 500 };
    assert.equal(isBeforeSessionsEnd(reset, before), true);
    const after = authTimeOf(reset, noon + 501);
    assert.equal(isBeforeSessionsEnd(reset, after), false);
    assert.equal(after, noon / 1000 + 1);
    assert.equal(authTimeOf(reset, noon + 60_000), noon / 1000 + 60);
  });

  it('ends nothing where nothing was ended', () => {
    assert.equal(isBeforeSessionsEnd({}, noon / 1000), false);
    assert.equal(isBeforeSessionsEnd({ sessionsEndedAt: noon }, noon / 1000), false);
  });
});
