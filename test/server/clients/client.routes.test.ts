/** Clients in the System and the Admin API, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { adminClientEndpoints, systemClientEndpoints } from '../../../server/clients/client.routes.ts';
import {
  createClientService,
  type ClientService,
  type ClientServiceStores,
} from '../../../server/clients/client.service.ts';
import type { Client } from '../../../server/clients/client.ts';
import { clientId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const shown = z.looseObject({ client_id: z.string(), client_secret: z.string(), rotated_secrets: z.array(z.string()) });

onEachDatabase('the endpoints of clients for machines', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let service: ClientService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let clock: ReturnType<typeof heldClock>;
  before(async () => {
    knex = await open();
    clock = heldClock();
    ({ tenant, workspace } = await seedTenant(knex));
    const artifacts = { destroyByClient: () => Promise.resolve() };
    const unitOfWork: UnitOfWork<ClientServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    service = createClientService({ unitOfWork, clock });
    const { clients, workspaces } = storesOf(knex);
    api = await serveEndpoints(systemClientEndpoints({ clients, workspaces, service, clock }), ['manage_clients']);
  });
  after(() => api.close());

  const create = (): Promise<Client> =>
    service.create({
      tenantId: tenant,
      workspaceId: workspace,
      metadata: { client_name: 'App', redirect_uris: ['https://app.example/cb'], scope: 'openid email' },
      trusted: true,
    });
  const of = ({ id }: Pick<Client, 'id'>, action = '') => `/api/system/${tenant}/client/${id}${action}`;
  const read = async (client: Client) => shown.parse((await api.ask('GET', of(client))).body);

  it('answer one as published', async () => {
    const client = await create();
    assert.deepEqual((await api.ask('GET', of(client))).body, {
      client_name: 'App',
      redirect_uris: ['https://app.example/cb'],
      scope: 'openid email',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      tenant_id: tenant,
      authorization_server_id: workspace,
      client_id: client.id,
      client_id_issued_at: noon / 1000,
      client_secret: client.secret,
      client_secret_expires_at: 0,
      client_status: 'active',
      client_type: 'oauth2',
      created_at: new Date(noon).toISOString(),
      updated_at: new Date(noon).toISOString(),
      rotated_secrets: [],
      scopes: ['openid', 'email'],
      trusted: true,
    });
    assert.equal((await api.ask('GET', of({ ...client, id: clientId('nobody') }))).status, 404);
    assert.equal((await api.ask('GET', `/api/system/elsewhere/client/${client.id}`)).status, 404);
  });

  it('list all clients of a workspace', async () => {
    const made = [];
    for (let n = 0; n < 105; n += 1) made.push((await create()).id);
    const { body } = await api.ask('GET', `/api/system/${tenant}/clients/${workspace}`);
    const ids = z
      .object({ clients: z.array(shown) })
      .parse(body)
      .clients.map((client) => client.client_id);
    assert.ok(made.every((id) => ids.includes(id)));
    assert.equal((await api.ask('GET', `/api/system/${tenant}/clients/nowhere`)).status, 404);
  });

  it('show no secret to who may only view clients', async () => {
    const client = await create();
    await api.ask('POST', of(client, '/rotateSecret'));
    for (const path of [of(client), `/api/system/${tenant}/clients/${workspace}`]) {
      const { status, body } = await api.askWith(['view_clients'], 'GET', path);
      assert.equal(status, 200);
      const text = JSON.stringify(body);
      assert.ok(text.includes(client.id) && text.includes('"client_secret":""'));
      const stored = await storesOf(knex).clients.findInTenant(tenant, client.id);
      for (const secret of [client.secret, stored?.secret]) assert.ok(!text.includes(secret ?? 'none'));
    }
  });

  it('rotate a secret: the one before is good until it is revoked, or until its time', async () => {
    const client = await create();
    const { status, body } = await api.ask('POST', of(client, '/rotateSecret'));
    assert.equal(status, 200);
    const second = z.strictObject({ secret: z.string().min(40) }).parse(body).secret;
    assert.deepEqual((await read(client)).rotated_secrets, [client.secret]);
    await api.ask('POST', of(client, '/rotateSecret?auto_revoke_after=1m0s'));
    assert.deepEqual((await read(client)).rotated_secrets, [second, client.secret]);
    clock.set(noon + 60_000);
    assert.deepEqual((await read(client)).rotated_secrets, [client.secret]);
    clock.set(noon);
    assert.equal((await api.ask('POST', of(client, '/revokeRotatedSecrets'))).status, 204);
    const { client_secret: current, rotated_secrets: rotated } = await read(client);
    assert.deepEqual(rotated, []);
    assert.ok(![client.secret, second].includes(current));
    assert.equal((await api.ask('POST', of(client, '/rotateSecret?auto_revoke_after=soon'))).status, 400);
  });

  it('change nothing for who has read something else', async () => {
    const client = await create();
    const { etag = '' } = await api.ask('GET', of(client));
    assert.equal((await api.ask('POST', of(client, '/rotateSecret'), { ifMatch: etag })).status, 200);
    const before = await read(client);
    for (const action of ['/rotateSecret', '/revokeRotatedSecrets'])
      assert.equal((await api.ask('POST', of(client, action), { ifMatch: etag })).status, 412);
    assert.deepEqual(await read(client), before);
  });

  it('give no way up: the clients that administer the tenant are for who may change all of it', async () => {
    const admin = workspaceOf(tenant, { id: workspaceId('admin') });
    await storesOf(knex).workspaces.insert(admin);
    const client = await service.create({
      tenantId: tenant,
      workspaceId: admin.id,
      metadata: { grant_types: ['client_credentials'], response_types: [] },
    });
    await api.askWith(['manage_clients', 'manage_configuration'], 'POST', of(client, '/rotateSecret'));
    for (const path of [of(client), `/api/system/${tenant}/clients/admin`]) {
      const { status, body } = await api.ask('GET', path);
      assert.equal(status, 200);
      const text = JSON.stringify(body);
      assert.ok(text.includes('"client_secret":""') && !text.includes(client.secret ?? 'none'));
    }
    for (const action of ['/rotateSecret', '/revokeRotatedSecrets'])
      assert.equal((await api.ask('POST', of(client, action))).status, 403);
    const { body } = await api.askWith(['view_clients', 'manage_configuration'], 'GET', of(client));
    assert.deepEqual(shown.parse(body).rotated_secrets, [client.secret]);
  });
});

onEachDatabase('the endpoints of clients for administrators', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  /** Roles of the caller. */
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  const [shop, bank, admin] = [workspaceId('shop'), workspaceId('bank'), workspaceId('admin')];
  before(async () => {
    knex = await open();
    const clock = heldClock();
    const artifacts = { destroyByClient: () => Promise.resolve() };
    const unitOfWork: UnitOfWork<ClientServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    const service = createClientService({ unitOfWork, clock });
    const { clients, workspaces } = storesOf(knex);
    const endpoints = adminClientEndpoints({ clients, workspaces, service, clock });
    api = await serveEndpoints(endpoints, [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    held = [{ workspaceId: undefined, role: 'admin' }];
    ({ tenant } = await seedTenant(knex));
    for (const id of [shop, bank, admin]) await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id }));
  });

  const at = (path: string) => `/api/admin/${tenant}/${path}`;
  const sent = {
    authorization_server_id: 'shop',
    client_name: 'Storefront',
    redirect_uris: ['https://app.example/cb'],
    scopes: ['openid', 'email'],
  };
  const create = (change: Readonly<Record<string, unknown>> = {}) =>
    api.ask('POST', at('clients'), { body: { ...sent, ...change } });
  const made = async (change: Readonly<Record<string, unknown>> = {}) => {
    const { status, body } = await create(change);
    assert.equal(status, 201, JSON.stringify(body));
    return shown.parse(body);
  };

  it('make one as a generated client asks for it: null, zero times and empty texts are not given', async () => {
    const client = await made({
      client_id: '',
      client_secret: '',
      grant_types: null,
      response_types: [],
      post_logout_redirect_uris: null,
      created_at: '0001-01-01T00:00:00.000Z',
      token_endpoint_auth_method: '',
      saml_metadata: { made: 'up' },
      tenant_id: 'other',
    });
    assert.partialDeepStrictEqual(client, {
      tenant_id: tenant,
      authorization_server_id: 'shop',
      client_name: 'Storefront',
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid email',
      scopes: ['openid', 'email'],
      client_status: 'active',
      trusted: false,
    });
    assert.ok(client.client_secret.length >= 43 && !('saml_metadata' in client));
    const read = await api.ask('GET', at(`clients/${client.client_id}`));
    assert.deepEqual([read.status, read.body], [200, client]);
  });

  it('keep names in other languages until they are left out (RFC 7591 §2.2), and no other member with a tag', async () => {
    const names = { 'client_name#pt': 'Loja', 'client_name#ja-Jpan-JP': '店' };
    const client = await made({ ...names, 'tos_uri#pt': 'https://app.example/pt', 'client_name#': 'Nothing' });
    assert.partialDeepStrictEqual(client, { client_name: 'Storefront', ...names });
    assert.ok(!('tos_uri#pt' in client || 'client_name#' in client));
    const path = at(`clients/${client.client_id}`);
    assert.deepEqual((await api.ask('GET', path)).body, client);
    const after = await api.ask('PUT', path, { body: sent });
    const { 'client_name#pt': _pt, 'client_name#ja-Jpan-JP': _ja, ...kept } = client;
    assert.deepEqual(after.body, kept);
  });

  it('take an id, a secret and a redirect URI that is a text', async () => {
    const client = await made({
      client_id: 'storefront',
      client_secret: 'a-secret-that-was-given-0123456789',
      redirect_uris: 'https://app.example/one',
      trusted: true,
      client_status: 'inactive',
    });
    assert.partialDeepStrictEqual(client, {
      client_id: 'storefront',
      client_secret: 'a-secret-that-was-given-0123456789',
      redirect_uris: ['https://app.example/one'],
      trusted: true,
      client_status: 'inactive',
    });
    assert.equal((await create({ client_id: 'storefront', authorization_server_id: 'bank' })).status, 409);
  });

  it('refuse what no client can be, and name the member: 422', async () => {
    for (const wrong of [
      { redirect_uris: ['http://app.example/cb'] },
      { redirect_uris: [7] },
      { grant_types: ['telepathy'] },
      { client_id: 'a b' },
      { client_secret: 'short' },
      { jwks_uri: 'ftp://x' },
      { subject_type: 'pairwise' },
      { client_status: 'asleep' },
      { client_type: 'saml' },
      { 'client_name#pt': 7 },
      { 'client_name#pt': 'x'.repeat(256) },
    ]) {
      const { status, body } = await create(wrong);
      assert.equal(status, 422, JSON.stringify(wrong));
      const { details } = z.object({ details: z.array(z.looseObject({ pointer: z.string() })) }).parse(body);
      assert.ok(details[0]?.pointer.startsWith(`/${Object.keys(wrong)[0] ?? ''}`), JSON.stringify(details));
    }
    assert.equal((await api.ask('POST', at('clients'), { body: {} })).status, 422);
    assert.equal((await create({ authorization_server_id: 'nowhere' })).status, 404);
  });

  it('refuse what would bind one to more than is kept, by name: 422, and pass over what asks for nothing', async () => {
    const client = await made();
    for (const [name, value] of Object.entries({
      tls_client_certificate_bound_access_tokens: true,
      id_token_encrypted_response_alg: 'RSA-OAEP',
      id_token_encrypted_response_enc: 'A256GCM',
      userinfo_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
      authorization_encrypted_response_alg: 'RSA-OAEP',
      authorization_encrypted_response_enc: 'A256GCM',
      default_acr_values: ['urn:two'],
      backchannel_logout_uri: 'https://app.example/logout',
      use_custom_token_ttls: true,
    })) {
      for (const [method, path] of [
        ['POST', at('clients')],
        ['PUT', at(`clients/${client.client_id}`)],
      ] as const) {
        const { status, body } = await api.ask(method, path, { body: { ...sent, [name]: value } });
        assert.equal(status, 422, `${method} ${name}`);
        const { details } = z.object({ details: z.array(z.looseObject({ pointer: z.string() })) }).parse(body);
        assert.deepEqual(
          details.map(({ pointer }) => pointer),
          [`/${name}`],
        );
      }
    }
    const asGenerated = await made({
      tls_client_certificate_bound_access_tokens: false,
      id_token_encrypted_response_alg: '',
      userinfo_signed_response_alg: 'none',
      default_acr_values: [],
      backchannel_logout_uri: null,
      use_custom_token_ttls: false,
    });
    assert.deepEqual(Object.keys(asGenerated).toSorted(), Object.keys(client).toSorted());
  });

  it('keep that its tokens are given for a proof of a key alone (RFC 9449 §5.2)', async () => {
    const client = await made({ dpop_bound_access_tokens: true });
    assert.equal(client['dpop_bound_access_tokens'], true);
    const { body } = await api.ask('PUT', at(`clients/${client.client_id}`), { body: sent });
    assert.equal(shown.parse(body)['dpop_bound_access_tokens'], undefined);
  });

  it('keep of its keys what it shows to the world: no secret half, and no member that no key has (RFC 7517 §4)', async () => {
    const key = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'eA', y: 'eQ' };
    const byKey = { token_endpoint_auth_method: 'private_key_jwt' };
    for (const wrong of [{ d: 'ZA' }, { k: 'aw' }, { oth: [{ r: 'cg' }] }, { kty: 'oct' }]) {
      const { status, body } = await create({ ...byKey, jwks: { keys: [{ ...key, ...wrong }] } });
      assert.equal(status, 422, JSON.stringify(wrong));
      assert.ok(JSON.stringify(body).includes(`/jwks/keys/0/${Object.keys(wrong)[0] ?? ''}`), JSON.stringify(body));
    }
    const keys = [{ ...key, d: null, p: '', alg: '', x5c: null, note: 'for nobody', use: 'sig' }];
    const client = await made({ ...byKey, jwks: { keys, also: 'nothing' } });
    assert.deepEqual(client['jwks'], { keys: [{ ...key, use: 'sig' }] });
  });

  it('answer no secret half of a key that was registered before it was refused: not alone, not listed, not changed', async () => {
    const key = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'eA', y: 'eQ' };
    const client = await made({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } });
    const row: unknown = await knex('clients').where({ id: client.client_id }).first('metadata');
    const { metadata } = z.object({ metadata: z.string() }).parse(row);
    const secret = {
      keys: [
        { ...key, d: 'bm90IGZvciB5b3U' },
        { kty: 'oct', k: 'bm90IGZvciB5b3U' },
      ],
    };
    const before = { ...z.looseObject({}).parse(JSON.parse(metadata)), jwks: secret };
    const flags = { status: 'active', trusted: false, created_at: 1, updated_at: 1 };
    const stored = {
      tenant_id: tenant,
      workspace_id: shop,
      id: 'from-before',
      metadata: JSON.stringify(before),
      ...flags,
    };
    await knex('clients').insert(stored);
    const path = at('clients/from-before');
    const one = await api.ask('GET', path);
    assert.deepEqual(shown.parse(one.body)['jwks'], { keys: [key] });
    const all = await api.ask('GET', at(`servers/${shop}/clients?limit=100`));
    assert.match(JSON.stringify(all.body), /from-before/);
    const changed = await api.ask('PUT', path, { body: one.body });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    for (const { body } of [one, all, changed]) assert.doesNotMatch(JSON.stringify(body), /bm90IGZvciB5b3U/);
    assert.doesNotMatch(JSON.stringify(await knex('clients').where({ id: 'from-before' })), /bm90IGZvciB5b3U/);
  });

  it('replace what one was registered with, and keep its id, workspace and secret', async () => {
    const client = await made({ description: 'about' });
    const path = at(`clients/${client.client_id}`);
    const { etag = '' } = await api.ask('GET', path);
    const other = { client_id: 'other', client_secret: 'other', authorization_server_id: 'bank' };
    const change = { ...sent, ...other, client_name: 'Changed' };
    const after = await api.ask('PUT', path, { body: change, ifMatch: etag });
    assert.equal(after.status, 200);
    const { description: _gone, ...kept } = client;
    assert.deepEqual(after.body, { ...kept, client_name: 'Changed' });
    assert.equal((await api.ask('PUT', path, { body: sent, ifMatch: etag })).status, 412);
    assert.equal((await api.ask('DELETE', path, { ifMatch: etag })).status, 412);
    for (const action of ['rotateSecret', 'revokeRotatedSecrets'])
      assert.equal((await api.ask('POST', `${path}/${action}`, { ifMatch: etag })).status, 412);
    assert.equal((await api.ask('POST', `${path}/rotateSecret`)).status, 200);
    assert.equal((await api.ask('POST', `${path}/revokeRotatedSecrets`)).status, 204);
    assert.equal((await api.ask('DELETE', path)).status, 204);
    for (const method of ['GET', 'DELETE']) assert.equal((await api.ask(method, path)).status, 404);
  });

  it('list those of a workspace by pages, and by part of an id or a name', async () => {
    for (const id of ['c1', 'c2', 'c3']) await made({ client_id: id, client_name: `Shop of ${id.toUpperCase()}` });
    await made({ client_id: 'c4', authorization_server_id: 'bank' });
    const list = async (query: string) => {
      const { status, body } = await api.ask('GET', at(`servers/shop/clients${query}`));
      assert.equal(status, 200, JSON.stringify(body));
      return z
        .object({ clients: z.array(shown) })
        .parse(body)
        .clients.map((client) => client.client_id);
    };
    assert.deepEqual(await list(''), ['c1', 'c2', 'c3']);
    assert.deepEqual(await list('?limit=1&after_client_id=c1'), ['c2']);
    assert.deepEqual(await list('?limit=1&before_client_id=c3'), ['c2']);
    assert.deepEqual(await list('?order=desc&limit=2'), ['c3', 'c2']);
    assert.deepEqual(await list('?search_phrase=OF%20c2'), ['c2']);
    assert.deepEqual(await list('?search_phrase=C3'), ['c3']);
    assert.deepEqual(await list('?search_phrase=%25'), []);
    for (const id of ['c1', 'c3', 'c2'])
      await knex('clients')
        .where({ tenant_id: tenant, id })
        .update({ created_at: 1000 + ['c1', 'c3', 'c2'].indexOf(id) });
    assert.deepEqual(await list('?sort=issued_at'), ['c1', 'c3', 'c2']);
    assert.deepEqual(await list('?sort=issued_at&order=desc&after_client_id=c3'), ['c1']);
    await api.ask('PUT', at('clients/c1'), { body: { ...sent, client_name: 'Zoo' } });
    assert.deepEqual(await list('?sort=name'), ['c2', 'c3', 'c1']);
    assert.deepEqual(await list('?sort=name&limit=1&before_client_id=c1'), ['c3']);
    assert.deepEqual(await list('?sort=client_id'), ['c1', 'c2', 'c3']);
    assert.deepEqual(await list('?type=internal&client_types=oauth2'), ['c1', 'c2', 'c3']);
    assert.deepEqual(await list('?type=third_party'), []);
    assert.equal((await api.ask('GET', at('servers/shop/clients?sort=name&after_client_id=c4'))).status, 422);
    assert.equal((await api.ask('GET', at('servers/nowhere/clients'))).status, 404);
    for (const query of ['sort=age', 'application_types=web', 'type=made-up', 'client_type=saml'])
      assert.equal((await api.ask('GET', at(`servers/shop/clients?${query}`))).status, 400, query);
  });

  it('are for who has a say in the workspace of the client, wherever it is named', async () => {
    const [mine, theirs] = [await made(), await made({ authorization_server_id: 'bank' })];
    held = [{ workspaceId: shop, role: 'manager' }];
    assert.equal((await api.ask('GET', at(`clients/${mine.client_id}`))).status, 200);
    const other = at(`clients/${theirs.client_id}`);
    for (const [method, path, body] of [
      ['GET', other, undefined],
      ['PUT', other, sent],
      ['DELETE', other, undefined],
      ['POST', `${other}/rotateSecret`, undefined],
      ['POST', `${other}/revokeRotatedSecrets`, undefined],
      ['GET', at('servers/bank/clients'), undefined],
      ['POST', at('clients'), { ...sent, authorization_server_id: 'bank' }],
      // Whether there is one is nobody's business who has no say anywhere it could be.
      ['GET', at('clients/nobody'), undefined],
    ] as const)
      assert.equal((await api.ask(method, path, body === undefined ? {} : { body })).status, 403, `${method} ${path}`);
  });

  it('show no secret to who may only read', async () => {
    const client = await made();
    await api.ask('POST', at(`clients/${client.client_id}/rotateSecret`));
    held = [{ workspaceId: shop, role: 'auditor' }];
    for (const path of [at(`clients/${client.client_id}`), at('servers/shop/clients')]) {
      const text = JSON.stringify((await api.ask('GET', path)).body);
      assert.ok(text.includes('"client_secret":""') && !text.includes(client.client_secret));
    }
    assert.equal((await api.ask('PUT', at(`clients/${client.client_id}`), { body: sent })).status, 403);
  });

  it('give no way up: a client that administers the tenant is made by its administrators alone', async () => {
    const robot = { authorization_server_id: 'admin', redirect_uris: null, grant_types: ['client_credentials'] };
    held = [
      { workspaceId: admin, role: 'admin' },
      { workspaceId: shop, role: 'admin' },
      { workspaceId: undefined, role: 'business_admin' },
    ];
    assert.equal((await create(robot)).status, 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    const { client_id: id } = await made(robot);
    held = [{ workspaceId: admin, role: 'admin' }];
    assert.equal((await api.ask('POST', at(`clients/${id}/rotateSecret`))).status, 403);
    assert.equal((await api.ask('GET', at(`clients/${id}`))).status, 403);
  });
});
