import assert from 'node:assert/strict';
import { lossesOfScopes, lossesOfSettings, refuseLosses } from '../../../server/clients/client-losses.ts';
import type { ClientMetadata } from '../../../server/clients/client.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { workspaceSettingsSchema, type WorkspaceSettings } from '../../../server/workspaces/workspace.ts';

const settings = (members: Partial<WorkspaceSettings> = {}) => workspaceSettingsSchema.parse(members);
const before = settings({
  grant_types: ['authorization_code', 'implicit', 'client_credentials', 'refresh_token'],
  enforce_pkce: false,
});
const web: ClientMetadata = {
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_basic',
};

describe('lossesOfSettings', () => {
  const pointers = (after: Partial<WorkspaceSettings>, metadata: ClientMetadata = web, from = before) =>
    (lossesOfSettings(from, { ...from, ...after })?.(metadata) ?? []).map(({ pointer }) => pointer);

  it('says nothing where nothing is taken away, whatever else changes', () => {
    for (const wider of [
      {},
      { access_token_ttl: '5m0s', key_type: 'rsa', subject_format: 'legacy' },
      { enforce_pkce: false, require_pushed_authorization_requests: false },
    ] as const)
      assert.equal(lossesOfSettings(before, { ...before, ...wider }), undefined);
    const strict = settings({ token_endpoint_auth_methods: ['none'], grant_types: [], enforce_pkce: true });
    assert.equal(lossesOfSettings(strict, before), undefined);
  });

  it('names a grant type that the client has, and no other', () => {
    const loss = lossesOfSettings(before, { ...before, grant_types: ['authorization_code'] })?.(web);
    assert.deepEqual(loss, [{ pointer: '/grant_types', message: 'refresh_token would not be granted any more' }]);
    assert.deepEqual(pointers({ grant_types: ['authorization_code', 'refresh_token'] }), []);
    // RFC 7591 §2: what is not given is authorization_code and client_secret_basic.
    assert.deepEqual(pointers({ grant_types: ['client_credentials'] }, {}), ['/grant_types']);
    assert.deepEqual(pointers({ token_endpoint_auth_methods: ['none'] }, {}), ['/token_endpoint_auth_method']);
    assert.deepEqual(pointers({ token_endpoint_auth_methods: ['none'] }, { token_endpoint_auth_method: '' }), [
      '/token_endpoint_auth_method',
    ]);
  });

  it('names a response type that the client uses, and none that its grant types leave out anyway', () => {
    const coded = { response_types: ['code'] } satisfies Partial<WorkspaceSettings>;
    const shown = { response_types: ['id_token'] } satisfies Partial<WorkspaceSettings>;
    const hybrid = {
      ...web,
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code', 'code id_token'],
    };
    assert.deepEqual(lossesOfSettings(before, { ...before, ...coded })?.(hybrid), [
      { pointer: '/response_types', message: 'code id_token would not be answered any more' },
    ]);
    assert.deepEqual(pointers(coded), [], 'it has code, which is the default (RFC 7591 §2)');
    assert.deepEqual(pointers(coded, { ...web, response_types: ['code', 'id_token'] }), []);
    assert.deepEqual(pointers(shown), ['/response_types']);
    assert.deepEqual(pointers(shown, { grant_types: ['client_credentials'] }), []);
    assert.deepEqual(pointers({ ...shown, grant_types: [] }), ['/grant_types', '/response_types']);
    assert.deepEqual(pointers({}, web, { ...before, ...shown }), []);
    assert.deepEqual(pointers(coded, web, { ...before, ...shown }), [], 'code was taken before');
  });

  it('counts what goes now, and not what was taken earlier', () => {
    const narrow = settings({ grant_types: ['authorization_code'], token_endpoint_auth_methods: ['none'] });
    assert.deepEqual(pointers({ grant_types: [] }, web, narrow), [], 'it cannot authenticate anyway');
    const spa = { ...web, token_endpoint_auth_method: 'none' };
    assert.deepEqual(pointers({ access_token_ttl: '5m0s' }, spa, narrow), []);
    assert.deepEqual(pointers({ grant_types: [] }, spa, narrow), ['/grant_types']);
  });

  it('knows which client signs with an algorithm, or may', () => {
    const after = { token_endpoint_auth_signing_alg_values: ['ES256', 'PS256'] } as const;
    const of = (method: string, alg?: string): ClientMetadata => ({
      ...web,
      token_endpoint_auth_method: method,
      ...(alg === undefined ? {} : { token_endpoint_auth_signing_alg: alg }),
    });
    const narrowed = {
      ...after,
      token_endpoint_auth_signing_alg_values: [...after.token_endpoint_auth_signing_alg_values],
    };
    const at = ['/token_endpoint_auth_signing_alg'];
    assert.deepEqual(pointers(narrowed, of('private_key_jwt', 'RS256')), at);
    assert.deepEqual(pointers(narrowed, of('private_key_jwt', 'ES256')), []);
    assert.deepEqual(pointers(narrowed, of('private_key_jwt')), at);
    assert.deepEqual(pointers(narrowed, of('client_secret_jwt')), at);
    assert.deepEqual(pointers(narrowed, of('client_secret_basic', 'RS256')), []);
  });

  it('counts who may leave out PKCE, or push no requests', () => {
    assert.deepEqual(pointers({ enforce_pkce: true }), ['/grant_types']);
    assert.deepEqual(pointers({ enforce_pkce: true }, { ...web, token_endpoint_auth_method: 'none' }), []);
    const machine = { ...web, grant_types: ['client_credentials'] };
    assert.deepEqual(pointers({ enforce_pkce: true, require_pushed_authorization_requests: true }, machine), []);
    const push = { require_pushed_authorization_requests: true };
    assert.deepEqual(pointers(push), ['/require_pushed_authorization_requests']);
    assert.deepEqual(pointers(push, { ...web, ...push }), []);
  });
});

describe('lossesOfScopes', () => {
  const pay = { name: 'pay', kind: 'api' } as const;
  it('names who is registered with one, by its whole name', () => {
    const losses = lossesOfScopes([pay, { name: 'read', kind: 'api' }]);
    assert.ok(losses);
    assert.deepEqual(losses({ scope: 'openid read pay' }), [
      { pointer: '/scope', message: 'pay, read would not be granted any more' },
    ]);
    for (const scope of ['openid', 'pay:all', 'payread', undefined, ''])
      assert.deepEqual(losses(scope === undefined ? {} : { scope }), [], scope);
  });

  it('knows what a client may ask for that names no scopes, and that openid stays', () => {
    assert.equal(lossesOfScopes([{ name: 'email', kind: 'oidc' }])?.({}).length, 1);
    assert.equal(lossesOfScopes([{ name: 'openid', kind: 'oidc' }]), undefined);
    assert.equal(lossesOfScopes([]), undefined);
  });
});

describe('refuseLosses', () => {
  const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('shop') };
  const lost = () => [{ pointer: '/scope', message: 'gone' }];
  /** Answers as many as there are, and says how many were asked for at once. */
  const clients = (count: number, pages: number[] = []) => {
    const all = Array.from({ length: count }, (_, at) => ({
      id: clientId(`c${String(at).padStart(6, '0')}`),
      metadata: { client_name: `Client ${String(at)}` },
    }));
    return {
      listRegistered: (_tenant: unknown, _workspace: unknown, { after, limit }: { after?: string; limit: number }) => {
        pages.push(limit);
        const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
        return Promise.resolve({ items: all.slice(from, from + limit) });
      },
    };
  };
  const detailsOf = async (count: number, replaces?: (id: string) => boolean) => {
    const refused = refuseLosses(clients(count), { ...place, ...(replaces === undefined ? {} : { replaces }) }, lost);
    const error: unknown = await refused.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return undefined;
    assert.ok(isPlatformError(error, 'unprocessable_entity'));
    return error;
  };

  it('says how many there are, and names twenty of them', async () => {
    const error = await detailsOf(250);
    assert.match(error?.message ?? '', /^250 clients need .*force=true/);
    const { total, clients: named } = error?.details as { total: number; clients: readonly unknown[] };
    assert.deepEqual([total, named.length], [250, 20]);
    assert.deepEqual(named[0], {
      client_id: 'c000000',
      client_name: 'Client 0',
      conflicts: [{ pointer: '/scope', message: 'gone' }],
    });
    assert.match((await detailsOf(1))?.message ?? '', /^One client needs /);
  });

  it('has nothing against a change by which nobody loses anything, or only those that it replaces', async () => {
    assert.equal(await detailsOf(0), undefined);
    await refuseLosses(clients(3), place, () => []);
    assert.equal(await detailsOf(120, () => true), undefined);
    assert.match((await detailsOf(120, (id) => id !== 'c000119'))?.message ?? '', /^One client /);
  });

  it('reads a hundred at a time, however many there are', async () => {
    const pages: number[] = [];
    await refuseLosses(clients(1050, pages), place, () => []);
    assert.deepEqual(
      pages,
      Array.from({ length: 11 }, () => 100),
    );
  });
});
