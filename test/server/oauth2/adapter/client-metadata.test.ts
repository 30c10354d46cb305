import assert from 'node:assert/strict';
import type { Client, ClientMetadata } from '../../../../server/clients/client.ts';
import { clientId, tenantId, workspaceId } from '../../../../server/kernel/ids.ts';
import { responseTypesOf, servedGrantsOf, toEngineClient } from '../../../../server/oauth2/adapter/client-metadata.ts';
import type { ClientRules } from '../../../../server/oauth2/adapter/client-metadata.ts';
import { workspaceSettingsSchema, type WorkspaceSettings } from '../../../../server/workspaces/workspace.ts';
import { post } from '../../../support/engine-browser.ts';
import { startEngine } from '../../../support/engine.ts';

const rules: ClientRules = {
  grantTypes: ['authorization_code', 'client_credentials'],
  responseTypes: ['code'],
  assertionAlgs: ['ES256', 'HS256'],
  idTokenAlg: 'ES256',
  scopes: new Set(['openid', 'profile', 'orders']),
  defaultScopes: ['openid', 'profile'],
};

function clientOf(metadata: ClientMetadata, members: Partial<Client> = {}): Client {
  return {
    tenantId: tenantId('acme'),
    workspaceId: workspaceId('shop'),
    id: clientId('app'),
    status: 'active',
    trusted: false,
    metadata,
    secret: 's3cret',
    rotatedSecrets: [],
    createdAt: 1,
    updatedAt: 2,
    ...members,
  };
}

describe('toEngineClient', () => {
  it('leaves out what generated clients write for «not given»', () => {
    const engine = toEngineClient(
      clientOf({
        redirect_uris: ['https://app.example/cb'],
        token_endpoint_auth_signing_alg: '',
        token_endpoint_auth_method: 'unspecified',
        jwks_uri: '',
        sector_identifier_uri: '',
        subject_type: null as unknown as 'public',
      }),
      rules,
    );
    for (const member of ['token_endpoint_auth_signing_alg', 'jwks_uri', 'sector_identifier_uri', 'subject_type']) {
      assert.ok(!(member in engine), member);
    }
    assert.equal(engine.token_endpoint_auth_method, 'client_secret_basic');
  });

  it('keeps to the grant types, algorithms and scopes of the workspace', () => {
    const engine = toEngineClient(
      clientOf({
        redirect_uris: ['https://app.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code', 'id_token'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS256',
        id_token_signed_response_alg: 'RS256',
        scope: 'profile orders gone',
      }),
      rules,
    );
    assert.deepEqual(engine.grant_types, ['authorization_code']);
    assert.deepEqual(engine.response_types, ['code']);
    assert.equal(engine.scope, 'openid profile orders');
    assert.equal(engine.id_token_signed_response_alg, 'ES256');
    assert.ok(!('token_endpoint_auth_signing_alg' in engine));
  });

  it('drops a signing algorithm that does not fit the method', () => {
    const of = (method: string, alg: string) =>
      toEngineClient(
        clientOf({ token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg }),
        rules,
      ) as Readonly<Record<string, unknown>>;
    assert.equal(of('client_secret_basic', 'ES256')['token_endpoint_auth_signing_alg'], undefined);
    assert.equal(of('private_key_jwt', 'HS256')['token_endpoint_auth_signing_alg'], undefined);
    assert.equal(of('private_key_jwt', 'ES256')['token_endpoint_auth_signing_alg'], 'ES256');
    assert.equal(of('client_secret_jwt', 'HS256')['token_endpoint_auth_signing_alg'], 'HS256');
  });

  it('gives a client that names no scopes those about people, and none of an API', () => {
    assert.equal(toEngineClient(clientOf({}), rules).scope, 'openid profile');
  });

  it('does not widen a client by its response types', () => {
    const uris = { redirect_uris: ['https://app.example/cb'] };
    const machine = toEngineClient(clientOf({ ...uris, grant_types: ['client_credentials'] }), rules);
    assert.deepEqual(machine.response_types, []);
    assert.deepEqual(machine.grant_types, ['client_credentials']);
  });

  it('gives the same JSON for the same content, whenever the row was written', () => {
    const text = (updatedAt: number) =>
      JSON.stringify(toEngineClient(clientOf({ scope: 'orders' }, { updatedAt }), rules));
    assert.equal(text(1), text(2));
  });

  it('sends no secret along for a client that has no use for it', () => {
    assert.ok(!('client_secret' in toEngineClient(clientOf({ token_endpoint_auth_method: 'none' }), rules)));
  });

  it('takes the platform member from the row, never from metadata that a client may write', () => {
    const engine = toEngineClient(clientOf({ platform: { status: 'active' } }, { status: 'inactive' }), rules);
    assert.partialDeepStrictEqual(engine, { platform: { status: 'inactive' } });
  });
});

describe('responseTypesOf', () => {
  it('offers no token from the authorization endpoint, implicit or not (RFC 9700 §2.1.2)', () => {
    const settings = workspaceSettingsSchema.parse({ grant_types: ['authorization_code', 'implicit'] });
    assert.deepEqual(responseTypesOf(settings), ['code', 'code id_token', 'id_token']);
  });

  it('offers those of the setting, and none without its grant types', () => {
    const of = (members: Partial<WorkspaceSettings>) => responseTypesOf(workspaceSettingsSchema.parse(members));
    assert.deepEqual(of({}), ['code']);
    assert.deepEqual(of({ response_types: ['id_token'] }), []);
    assert.deepEqual(of({ response_types: ['id_token'], grant_types: ['authorization_code', 'implicit'] }), [
      'id_token',
    ]);
  });
});

describe('servedGrantsOf', () => {
  it('leaves out a grant type that no response type leads to', () => {
    const of = (...types: WorkspaceSettings['response_types']) =>
      servedGrantsOf(
        workspaceSettingsSchema.parse({
          grant_types: ['authorization_code', 'implicit', 'refresh_token'],
          response_types: types,
        }),
      );
    assert.deepEqual(of('code'), ['authorization_code', 'refresh_token']);
    assert.deepEqual(of('id_token'), ['implicit', 'refresh_token']);
    assert.deepEqual(of('code id_token'), ['authorization_code', 'implicit', 'refresh_token']);
  });
});

describe('narrowing a workspace', () => {
  it('keeps its clients working within what is left', async () => {
    const engine = await startEngine();
    try {
      const shop = await engine.addWorkspace();
      const client = shop.addClient({ token_endpoint_auth_signing_alg: 'RS256' });
      shop.change({ grant_types: ['client_credentials'], token_endpoint_auth_signing_alg_values: ['ES256'] });
      const form = { grant_type: 'client_credentials', scope: 'orders' };
      assert.equal((await post(shop, '/oauth2/token', client, form)).status, 200);
    } finally {
      await engine.stop();
    }
  });
});
