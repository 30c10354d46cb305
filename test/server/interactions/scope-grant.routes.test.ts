/** The calls of a consent page's backend: who may, and what of what it says is passed on. */
import assert from 'node:assert/strict';
import type { HandoffAnswer, HandoffCall } from '../../../server/interactions/handoff.ts';
import { scopeGrantEndpoints } from '../../../server/interactions/scope-grant.routes.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';

describe('the endpoints of consent pages’ backends', () => {
  const path = '/api/system/acme/scope-grants/abc';
  const redirect_to = 'https://id.example/acme/shop/login/u/return?ticket=t';
  let api: EndpointServer;
  let asked: { readonly call: HandoffCall; readonly answer?: HandoffAnswer }[] = [];
  before(async () => {
    const calls = {
      read: (call: HandoffCall) => {
        asked.push({ call });
        return Promise.reject(new PlatformError('not_found', 'no'));
      },
      answer: (call: HandoffCall, answer: HandoffAnswer) => {
        asked.push({ call, answer });
        return Promise.resolve(redirect_to);
      },
    };
    api = await serveEndpoints(scopeGrantEndpoints({ calls }), ['manage_scope_grants']);
  });
  after(() => api.close());
  beforeEach(() => {
    asked = [];
  });
  const post = (what: string, body: unknown) => api.ask('POST', `${path}/${what}`, { body });
  const call = { tenantId: 'acme', id: 'abc', state: 's', clientId: 'caller', kind: 'custom-consent' };

  it('pass on whose token it is, and what was decided', async () => {
    assert.equal((await api.ask('GET', `${path}?login_state=s`)).status, 404);
    const done = await post('accept', {
      id: 'abc',
      login_state: 's',
      granted_scopes: ['openid', 'email'],
      granted_claims: ['email'],
      granted_verified_claims: [],
      consent_id: 'c-1',
    });
    assert.deepEqual([done.status, done.body], [200, { redirect_to }]);
    await post('accept', { login_state: 's', granted_scopes: null, granted_claims: null, consent_id: '' });
    await post('reject', { login_state: 's', error: 'Rejected', error_cause: 'by the user', status_code: 403 });
    assert.deepEqual(asked, [
      { call },
      { call, answer: { kind: 'granted', scopes: ['openid', 'email'], claims: ['email'], consentId: 'c-1' } },
      { call, answer: { kind: 'granted', scopes: [] } },
      { call, answer: { kind: 'aborted', error: 'Rejected', description: '' } },
    ]);
  });

  it('refuse what nobody can grant, before anybody is asked', async () => {
    const many = Array.from({ length: 201 }, (_, index) => `s${String(index)}`);
    for (const [what, body] of [
      ['accept', {}],
      ['accept', { login_state: 's', id: 'other' }],
      ['accept', { login_state: 's', granted_scopes: 'openid email' }],
      ['accept', { login_state: 's', granted_scopes: many }],
      ['accept', { login_state: 's', granted_claims: [''] }],
      ['accept', { login_state: 's', granted_verified_claims: ['name'] }],
      ['accept', { login_state: 's', consent_id: 'x'.repeat(256) }],
      ['reject', { login_state: 's', error: 'a\\b' }],
    ] as const) {
      const refused = await post(what, body);
      assert.equal(refused.status, 422, JSON.stringify(body).slice(0, 200));
    }
    assert.deepEqual(asked, []);
  });

  it('need the scope of their own', async () => {
    for (const scope of ['manage_post_authn', 'manage_logins', 'manage_consents', 'manage_configuration'])
      assert.equal((await api.askWith([scope], 'GET', `${path}?login_state=s`)).status, 403, scope);
    assert.deepEqual(asked, []);
  });
});
