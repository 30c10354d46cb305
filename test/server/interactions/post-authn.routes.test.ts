/** The calls of a custom application's backend: who may, what they read, and what of it is passed on. */
import assert from 'node:assert/strict';
import type { HandoffAnswer, HandoffCall } from '../../../server/interactions/handoff.ts';
import { postAuthnEndpoints } from '../../../server/interactions/post-authn.routes.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';

describe('the endpoints of custom applications’ backends', () => {
  const path = '/api/system/acme/post-authn/abc';
  const redirect_to = 'https://id.example/acme/shop/login/u/return?ticket=t';
  let api: EndpointServer;
  let asked: { readonly call: HandoffCall; readonly answer?: HandoffAnswer }[] = [];
  before(async () => {
    api = await serveEndpoints(
      postAuthnEndpoints({
        calls: {
          read: (call) => {
            asked.push({ call });
            return Promise.reject(new PlatformError('not_found', 'no'));
          },
          answer: (call, answer) => {
            asked.push({ call, answer });
            return Promise.resolve(redirect_to);
          },
        },
      }),
      ['manage_post_authn'],
    );
  });
  after(() => api.close());
  beforeEach(() => {
    asked = [];
  });
  const post = (what: string, body: unknown) => api.ask('POST', `${path}/${what}`, { body });
  const call = { tenantId: 'acme', id: 'abc', state: 's', clientId: 'caller', kind: 'custom-app' };

  it('pass on whose token it is, and what the browser brought', async () => {
    assert.equal((await api.ask('GET', `${path}?login_state=s`)).status, 404);
    assert.equal((await api.ask('GET', path)).status, 404);
    assert.deepEqual(asked, [{ call }, { call: { ...call, state: '' } }]);
  });

  it('answer with the address to send the browser to', async () => {
    const done = await post('complete', {
      id: 'abc',
      login_state: 's',
      authentication_context: { a: [1, { b: 'c' }] },
    });
    assert.deepEqual([done.status, done.body], [200, { redirect_to }]);
    await post('complete', { login_state: 's' });
    await post('abort', { login_state: 's', error: 'kyc_failed', error_description: 'no', status_code: 403 });
    await post('abort', { login_state: 's', error: '' });
    assert.deepEqual(
      asked.map(({ answer }) => answer),
      [
        { kind: 'completed', context: { a: [1, { b: 'c' }] } },
        { kind: 'completed', context: {} },
        { kind: 'aborted', error: 'kyc_failed', description: 'no' },
        { kind: 'aborted', error: 'access_denied', description: '' },
      ],
    );
  });

  it('refuse what no login is to carry, before anybody is asked', async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`a${String(index)}`, 1]));
    for (const [what, body] of [
      ['complete', {}],
      ['complete', { id: 'other', login_state: 's' }],
      ['complete', { login_state: 's', authentication_context: 'text' }],
      ['complete', { login_state: 's', authentication_context: { a: 'x'.repeat(33_000) } }],
      ['complete', { login_state: 's', authentication_context: many }],
      ['complete', { login_state: 's', authentication_context: { constructor: {} } }],
      ['abort', { login_state: 's', error: 'a"b' }],
      ['abort', { login_state: 's', error: 'a\\b' }],
      ['abort', { login_state: 's', error: 'a\r\nLocation: x' }],
      ['abort', { login_state: 's', error_description: 'naïve' }],
      ['abort', { login_state: 's', error: 'x'.repeat(65) }],
      ['abort', { login_state: 's', error_description: 'x'.repeat(257) }],
    ] as const) {
      const refused = await post(what, body);
      assert.equal(refused.status, 422, JSON.stringify(body).slice(0, 200));
    }
    assert.deepEqual(asked, []);
  });

  it('pass on no attribute that would be something else to what reads it', async () => {
    const context: unknown = JSON.parse('{"__proto__":{"admin":true},"level":3}');
    await post('complete', { login_state: 's', authentication_context: context });
    const { answer } = asked[0] ?? {};
    assert.ok(answer?.kind === 'completed');
    assert.deepEqual(Object.keys(answer.context), ['level']);
    assert.equal(Reflect.get(answer.context, 'admin'), undefined);
  });

  it('need the scope of their own', async () => {
    for (const scope of ['manage_logins', 'manage_scope_grants', 'manage_configuration', 'identity'])
      assert.equal((await api.askWith([scope], 'GET', `${path}?login_state=s`)).status, 403, scope);
    assert.deepEqual(asked, []);
  });
});
