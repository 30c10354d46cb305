import assert from 'node:assert/strict';
import { checkedMetadata, redirectUriProblem } from '../../../server/clients/client-metadata.ts';
import type { ClientMetadata } from '../../../server/clients/client.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';

describe('redirectUriProblem', () => {
  const allowed = [
    'https://app.example/callback',
    'https://app.example:8443/cb?state=kept',
    'http://localhost:3000/cb',
    'http://demo.localhost/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:9000/cb',
    'com.example.app:/oauth2redirect',
  ];
  for (const uri of allowed) {
    it(`allows ${uri}`, () => {
      assert.equal(redirectUriProblem(uri), undefined);
    });
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['/callback', /absolute/],
    ['app.example/callback', /absolute/],
    ['', /absolute/],
    ['https://app.example/cb#token', /fragment/],
    ['https://app.example/cb#', /fragment/],
    ['https://*.example/cb', /wildcard/],
    ['https://app.example/*', /wildcard/],
    ['http://app.example/cb', /own machine/],
    ['http://localhost.evil.example/cb', /own machine/],
    ['http://127.0.0.1.evil.example/cb', /own machine/],
    ['javascript:alert(1)', /scheme/],
    ['JavaScript:alert(1)', /scheme/],
    ['data:text/html,x', /scheme/],
    ['vbscript:x', /scheme/],
    ['file:///etc/passwd', /scheme/],
    ['blob:https://app.example/1', /scheme/],
    ['https://app.example@evil.example/cb', /user name/],
    ['https://app.example\\@evil.example/cb', /wildcards/],
    ['https://app.example/cb\n', /wildcards/],
    [' https://app.example/cb', /wildcards/],
    ['https://app.example/ä', /wildcards/],
    [`https://app.example/${'x'.repeat(2048)}`, /characters/],
  ];
  for (const [uri, why] of refused) {
    it(`refuses ${JSON.stringify(uri.slice(0, 50))}`, () => {
      assert.match(redirectUriProblem(uri) ?? '', why);
    });
  }
});

describe('checkedMetadata', () => {
  const settings = workspaceSettingsSchema.parse({});
  const redirects = { redirect_uris: ['https://app.example/cb'] };

  it('refuses pairwise subjects, which nobody here would get (OIDC Core §8.1)', () => {
    assert.throws(
      () => checkedMetadata({ ...redirects, subject_type: 'pairwise' }, settings),
      (error) =>
        isPlatformError(error, 'unprocessable_entity') && /"\/subject_type"/.test(JSON.stringify(error.details)),
    );
    assert.equal(checkedMetadata({ ...redirects, subject_type: 'public' }, settings).subject_type, 'public');
  });

  it('fills in the defaults of RFC 7591 §2 and keeps members it does not know', () => {
    assert.deepEqual(checkedMetadata({ ...redirects, 'x-own': 1 }, settings), {
      ...redirects,
      'x-own': 1,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
  });

  it('leaves out secrets and ids, which would stand there in clear', () => {
    const secrets = { client_id: 'a', client_secret: 'b', registration_access_token: 'c' };
    const metadata = checkedMetadata({ ...redirects, ...secrets }, settings);
    assert.deepEqual(
      Object.keys(metadata).filter((member) => member in secrets),
      [],
    );
  });

  it('holds a client to the response types of its workspace, as far as it has the grant types for them', () => {
    const narrow = { ...settings, response_types: ['id_token' as const] };
    for (const metadata of [redirects, { ...redirects, response_types: ['code'] }])
      assert.throws(
        () => checkedMetadata(metadata, narrow),
        (error) =>
          isPlatformError(error, 'unprocessable_entity') && /"\/response_types"/.test(JSON.stringify(error.details)),
      );
    const machine = { grant_types: ['client_credentials'], response_types: ['code'] };
    assert.deepEqual(checkedMetadata(machine, narrow).response_types, ['code']);
  });

  const refused: readonly (readonly [string, ClientMetadata])[] = [
    ['/response_types', { ...redirects, response_types: ['token'] }],
    ['/redirect_uris', {}],
    ['/redirect_uris/1', { redirect_uris: ['https://a.example/', 'http://a.example/'] }],
    ['/post_logout_redirect_uris/0', { ...redirects, post_logout_redirect_uris: ['javascript:alert(1)'] }],
    ['/logo_uri', { ...redirects, logo_uri: 'data:image/svg+xml,<svg onload=alert(1)>' }],
    ['/tos_uri', { ...redirects, tos_uri: 'javascript:alert(1)' }],
    ['/policy_uri', { ...redirects, policy_uri: 'http://a.example' }],
    ['/jwks_uri', { ...redirects, jwks_uri: 'file:///etc/passwd' }],
    ['/grant_types', { ...redirects, grant_types: ['password'] }],
    ['/grant_types', { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }],
    ['/token_endpoint_auth_method', { ...redirects, token_endpoint_auth_method: 'tls_client_auth' }],
    ['/jwks', { ...redirects, token_endpoint_auth_method: 'private_key_jwt' }],
    ['/scope', { ...redirects, scope: 'openid  profile' }],
  ];
  for (const [pointer, metadata] of refused) {
    it(`refuses ${JSON.stringify(metadata)} at ${pointer}`, () => {
      assert.throws(
        () => checkedMetadata(metadata, settings),
        (error) => {
          assert.ok(isPlatformError(error, 'unprocessable_entity'));
          assert.deepEqual(
            (error.details as readonly { pointer: string }[]).map((detail) => detail.pointer),
            [pointer],
          );
          return true;
        },
      );
    });
  }
});
