import assert from 'node:assert/strict';
import type { ConsentRequest, ConsentScope } from '../../../server/consents/consent-type.ts';
import { createGenericConsent, selectGrantedScopes } from '../../../server/consents/generic-consent.ts';
import type { Consent } from '../../../server/consents/consent.ts';
import { clientId, consentId, interactionId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';

const scope = (name: string, implicitGrant = false): ConsentScope => ({
  name,
  displayName: name.toUpperCase(),
  description: `d ${name}`,
  implicitGrant,
});
const scopes = [scope('openid', true), scope('email'), scope('accounts'), scope('audit', true)];
const { client, workspace } = samplePlace({ plugins: {} });

const request = (parts: Partial<ConsentRequest>): ConsentRequest => ({
  client,
  settings: workspace.settings,
  requestedScopes: ['openid', 'email', 'accounts'],
  authorizationDetails: [],
  previous: undefined,
  now: 1_000,
  ...parts,
});

const consent = (parts: Partial<Consent>): Consent => ({
  tenantId: tenantId('t'),
  workspaceId: workspaceId('w'),
  id: consentId('c'),
  type: 'generic',
  subject: 's',
  clientId: clientId('app'),
  grantId: 'g',
  grantedScopes: ['openid', 'email', 'accounts'],
  deniedScopes: [],
  details: {},
  interactionId: interactionId('i'),
  grantedAt: 0,
  expiresAt: undefined,
  revokedAt: undefined,
  ...parts,
});

describe('a transient scope', () => {
  const passing = scopes.map((one) => ({ ...one, transient: one.name === 'accounts' }));

  it('is asked about again, whatever was said before', () => {
    const asked = request({ previous: consent({}) });
    assert.equal(createGenericConsent().needsDecision(asked, scopes), false);
    assert.equal(createGenericConsent().needsDecision(asked, passing), true);
    const before = createGenericConsent().describe(asked, passing);
    assert.deepEqual(
      before.items.map(({ grantedBefore }) => grantedBefore),
      [true, true, false],
    );
  });
});

describe('selectGrantedScopes', () => {
  it('grants what was requested and chosen, and denies the rest', () => {
    assert.deepEqual(
      selectGrantedScopes({ requested: ['openid', 'email', 'accounts'], chosen: ['accounts'], scopes }),
      {
        granted: ['openid', 'accounts'],
        denied: ['email'],
      },
    );
  });

  it('grants nothing that a forged form adds to the request', () => {
    const { granted, denied } = selectGrantedScopes({
      requested: ['openid'],
      chosen: ['openid', 'accounts', 'audit', 'admin'],
      scopes,
    });
    assert.deepEqual({ granted, denied }, { granted: ['openid'], denied: [] });
  });

  it('drops no required scope that a forged form leaves out', () => {
    assert.deepEqual(selectGrantedScopes({ requested: ['openid', 'audit', 'email'], chosen: [], scopes }).granted, [
      'openid',
      'audit',
    ]);
  });

  it('denies a requested and chosen scope that the workspace does not have', () => {
    assert.deepEqual(selectGrantedScopes({ requested: ['ghost'], chosen: ['ghost'], scopes }), {
      granted: [],
      denied: ['ghost'],
    });
  });

  it('answers each scope once, in the order of the request', () => {
    assert.deepEqual(
      selectGrantedScopes({ requested: ['email', 'openid', 'email'], chosen: ['email', 'email'], scopes }).granted,
      ['email', 'openid'],
    );
  });
});

describe('createGenericConsent', () => {
  const generic = createGenericConsent();

  it('describes each known scope: its words, whether it can be declined, whether it was granted before', () => {
    const { items } = generic.describe(
      request({ requestedScopes: ['openid', 'email', 'ghost'], previous: consent({ grantedScopes: ['email'] }) }),
      scopes,
    );
    assert.deepEqual(items, [
      { scope: 'openid', displayName: 'OPENID', description: 'd openid', required: true, grantedBefore: false },
      { scope: 'email', displayName: 'EMAIL', description: 'd email', required: false, grantedBefore: true },
    ]);
  });

  it('asks again for nothing that stands, and for what is added', () => {
    assert.equal(generic.needsDecision(request({ previous: consent({}) }), scopes), false);
    assert.equal(
      generic.needsDecision(request({ previous: consent({ grantedScopes: ['openid', 'email'] }) }), scopes),
      true,
    );
    assert.equal(generic.needsDecision(request({}), scopes), true);
  });

  it('believes no consent that was revoked or has expired, even when it is handed one', () => {
    assert.equal(generic.needsDecision(request({ previous: consent({ revokedAt: 1 }) }), scopes), true);
    assert.equal(generic.needsDecision(request({ previous: consent({ expiresAt: 1_000 }) }), scopes), true);
    assert.equal(generic.needsDecision(request({ previous: consent({ expiresAt: 1_001 }) }), scopes), false);
  });

  it('asks nothing for implicit scopes and for trusted clients', () => {
    assert.equal(generic.needsDecision(request({ requestedScopes: ['openid', 'audit'] }), scopes), false);
    assert.equal(generic.needsDecision(request({ client: { ...client, trusted: true } }), scopes), false);
  });

  it('holds a decision to the request and to its lifetime', () => {
    const checked = createGenericConsent(5_000).validate(request({ requestedScopes: ['openid', 'email'] }), scopes, {
      chosenScopes: ['email', 'accounts'],
      details: { injected: true },
    });
    assert.deepEqual(checked, { grantedScopes: ['openid', 'email'], deniedScopes: [], details: {}, expiresAt: 6_000 });
    assert.equal(generic.describe(request({}), scopes).expiresAt, undefined);
  });
});
