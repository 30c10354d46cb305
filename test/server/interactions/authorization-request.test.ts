/** Reading the engine's stored Interaction. */
import assert from 'node:assert/strict';
import { parseAuthorizationRequest } from '../../../server/interactions/authorization-request.ts';

const stored = (params: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  returnTo: 'https://id.example/t/w/oauth2/authorize/u',
  cid: 'c',
  exp: 2_000_000_000,
  kind: 'Interaction',
  prompt: { name: 'login', reasons: ['no_session'] },
  params: { client_id: 'app', redirect_uri: 'https://app.example/cb', scope: 'openid email openid', ...params },
  ...more,
});
const hint = (payload: object) =>
  `${btoa('{"alg":"ES256"}')}.${btoa(JSON.stringify(payload))}.c2ln`.replaceAll('=', '');

describe('parseAuthorizationRequest', () => {
  it('reads what a login needs, each scope once', () => {
    const request = parseAuthorizationRequest('u', stored({ prompt: 'consent login', ui_locales: 'pt' }));
    assert.deepEqual(request.scopes, ['openid', 'email']);
    assert.deepEqual([...request.prompts], ['consent', 'login']);
    assert.equal(request.asks, 'login');
    assert.equal(request.uiLocales, 'pt');
  });

  it('finds whom the application insists on: by claims, or by id_token_hint (OIDC Core §5.5.1, §3.1.2.1)', () => {
    const byClaims = stored({ claims: JSON.stringify({ id_token: { sub: { value: 'ada' } } }) });
    assert.equal(parseAuthorizationRequest('u', byClaims).wantedSubject, 'ada');
    assert.equal(parseAuthorizationRequest('u', stored({ id_token_hint: hint({ sub: 'bob' }) })).wantedSubject, 'bob');
  });

  it('takes an acr for essential only when the request says so (OIDC Core §5.5.1.1)', () => {
    const acr = (request: object) => stored({ claims: JSON.stringify({ id_token: { acr: request } }) });
    assert.deepEqual(parseAuthorizationRequest('u', acr({ essential: true, values: ['a', 'b'] })).essentialAcrs, [
      'a',
      'b',
    ]);
    assert.deepEqual(parseAuthorizationRequest('u', acr({ values: ['a'] })).essentialAcrs, []);
    assert.deepEqual(parseAuthorizationRequest('u', acr({ essential: true, value: 'a' })).essentialAcrs, ['a']);
  });

  it('says when a session alone is not enough: a native client that others may pretend to be (RFC 8252 §8.6)', () => {
    const native = { name: 'consent', reasons: ['native_client_prompt'] };
    assert.equal(parseAuthorizationRequest('u', stored({}, { prompt: native })).mustConfirm, true);
    assert.equal(parseAuthorizationRequest('u', stored()).mustConfirm, false);
  });

  it('throws on a row that is no Interaction', () => {
    assert.throws(() => parseAuthorizationRequest('u', { cid: 'c' }));
  });
});
