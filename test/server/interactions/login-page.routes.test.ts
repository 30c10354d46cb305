/** The calls of a login page's backend: who may, and what of what it says is passed on. */
import assert from 'node:assert/strict';
import type { HandoffAnswer, HandoffCall } from '../../../server/interactions/handoff.ts';
import { loginPageEndpoints } from '../../../server/interactions/login-page.routes.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock } from '../../support/stores.ts';

describe('the endpoints of login pages’ backends', () => {
  const path = '/api/system/acme/logins/abc';
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
    api = await serveEndpoints(loginPageEndpoints({ calls, clock: heldClock() }), ['manage_logins']);
  });
  after(() => api.close());
  beforeEach(() => {
    asked = [];
  });
  const post = (what: string, body: unknown) => api.ask('POST', `${path}/${what}`, { body });
  const call = { tenantId: 'acme', id: 'abc', state: 's', clientId: 'caller', kind: 'custom-login' };
  const accept = { login_state: 's', subject: 'ada' };

  it('pass on whose token it is, and what the browser brought', async () => {
    assert.equal((await api.ask('GET', `${path}?login_state=s`)).status, 404);
    await post('reject', { login_state: 's' });
    assert.deepEqual(asked, [{ call }, { call, answer: { kind: 'aborted', error: 'access_denied', description: '' } }]);
  });

  it('pass on who it is, with now for a time that was left out', async () => {
    const done = await post('accept', {
      ...accept,
      id: 'abc',
      acr: 'gold',
      amr: ['pwd', 'otp', 'pwd'],
      auth_time: '2026-01-01T12:00:00.700+02:00',
      authentication_context: { name: 'Ada' },
    });
    assert.deepEqual([done.status, done.body], [200, { redirect_to }]);
    // As generated clients say «not given».
    await post('accept', { ...accept, acr: '', amr: null, auth_time: '0001-01-01T00:00:00.000Z' });
    const base = { kind: 'authenticated', subject: 'ada' };
    assert.deepEqual(
      asked.map(({ answer }) => answer),
      [
        {
          ...base,
          acr: 'gold',
          amr: ['pwd', 'otp'],
          authTime: Date.parse('2026-01-01T10:00:00Z') / 1000,
          context: { name: 'Ada' },
        },
        { ...base, amr: [], authTime: noon / 1000, context: {} },
      ],
    );
  });

  it('refuse what no login is to carry, before anybody is asked', async () => {
    for (const [what, body] of [
      ['accept', { login_state: 's' }],
      ['accept', { ...accept, subject: '' }],
      ['accept', { ...accept, subject: 'x'.repeat(256) }],
      ['accept', { ...accept, subject: { sub: 'ada' } }],
      // One hash for all halves of characters, and one row for all blanks at an end.
      ['accept', { ...accept, subject: 'ada\ud800' }],
      ['accept', { ...accept, subject: 'ada ' }],
      ['accept', { ...accept, subject: '\u00a0ada' }],
      ['accept', { ...accept, subject: 'a\u0000da' }],
      ['accept', { subject: 'ada' }],
      ['accept', { ...accept, id: 'other' }],
      ['accept', { ...accept, acr: 'x'.repeat(256) }],
      ['accept', { ...accept, amr: Array.from({ length: 21 }, (_, index) => String(index)) }],
      ['accept', { ...accept, amr: [''] }],
      ['accept', { ...accept, auth_time: 'yesterday' }],
      ['accept', { ...accept, auth_time: 1_700_000_000 }],
      ['accept', { ...accept, authentication_context: { a: 'x'.repeat(33_000) } }],
      ['accept', { ...accept, authentication_context: { constructor: {} } }],
      ['reject', { login_state: 's', error: 'a"b' }],
      ['reject', { login_state: 's', error_description: 'naïve\r\n' }],
    ] as const) {
      const refused = await post(what, body);
      assert.equal(refused.status, 422, JSON.stringify(body).slice(0, 200));
    }
    assert.deepEqual(asked, []);
  });

  it('need the scope of their own', async () => {
    for (const scope of ['manage_post_authn', 'manage_scope_grants', 'manage_configuration', 'identity'])
      assert.equal((await api.askWith([scope], 'GET', `${path}?login_state=s`)).status, 403, scope);
    assert.deepEqual(asked, []);
  });
});
