/** The Admin API's idps, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createPasswordHasher } from '../../../server/credentials/password/hasher.ts';
import { idpEndpoints } from '../../../server/idps/idp.routes.ts';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { clientId, idpId, poolId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon, poolOf } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const withClient = z.looseObject({ client_id: z.string() });
const clientOf = z.looseObject({
  client_id: z.string(),
  client_name: z.string(),
  client_secret: z.string(),
  scope: z.string(),
  grant_types: z.array(z.string()),
  token_endpoint_auth_method: z.string(),
});
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of idps', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  const hasher = createPasswordHasher();
  const clock = heldClock();
  before(async () => {
    knex = await open();
    const { idps, pools, clients, workspaces } = storesOf(knex);
    const service = createIdpService({ unitOfWork: unitOfWorkOn(knex, clock), hasher, clock });
    const endpoints = idpEndpoints({ idps, pools, clients, workspaces, service, clock });
    api = await serveEndpoints(endpoints, [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '') => `/api/admin/${tenant}/servers/${workspace}/idps${path}`;
  const addPool = (id: string, owner = tenant) =>
    storesOf(knex).pools.insert(poolOf(owner, { id: poolId(id), name: id }));
  const refused = async (path: string, body: unknown, status: number, ...pointers: readonly string[]) => {
    const answer = await api.ask('POST', at(path), { body });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    if (pointers.length > 0)
      assert.deepEqual(
        failure.parse(answer.body).details.map(({ pointer }) => pointer),
        pointers,
      );
  };
  const ada = {
    username: 'ada',
    password: 'a password in clear',
    email: 'ada@example.com',
    additional_attributes: { name: 'Ada' },
  };

  it('list those of a pool, whatever the workspace, to who may see all pools', async () => {
    await addPool('staff');
    await addPool('others');
    const list = () => api.ask('GET', `/api/admin/${tenant}/pools/staff/idps`);
    const add = (id: string, pool: string) =>
      api.ask('POST', at('/identity_pool'), { body: { id, name: id, identity_pool_id: pool } });
    await add('one', 'staff');
    await add('two', 'others');
    const ids = z.object({ idps: z.array(z.looseObject({ id: z.string() })) }).parse((await list()).body).idps;
    assert.deepEqual(
      ids.map(({ id }) => id),
      ['one'],
    );
    assert.equal((await api.ask('GET', `/api/admin/${tenant}/pools/nobody/idps`)).status, 404);
    const { tenant: other } = await seedTenant(knex);
    assert.equal((await api.ask('GET', `/api/admin/${other}/pools/staff/idps`)).status, 404);
    held = [{ workspaceId: workspace, role: 'admin' }];
    assert.equal((await list()).status, 403);
  });

  it('make one for a pool, once, and list it', async () => {
    await addPool('staff');
    const body = { id: 'staff-idp', name: 'Staff', identity_pool_id: 'staff', attributes: null, display_order: 1 };
    const made = await api.ask('POST', at('/identity_pool'), { body });
    assert.equal(made.status, 201);
    const shown = {
      id: 'staff-idp',
      tenant_id: tenant,
      authorization_server_id: workspace,
      name: 'Staff',
      disabled: false,
      hidden: false,
      display_order: 1,
      method: 'identity_pool',
      identity_pool_id: 'staff',
    };
    assert.deepEqual(made.body, shown);
    assert.deepEqual((await api.ask('GET', at())).body, { idps: [shown] });
    assert.deepEqual((await api.ask('GET', at('/identity_pool/staff-idp'))).body, shown);
    await refused('/identity_pool', body, 409);
    await refused('/identity_pool', { ...body, id: '' }, 409);
    assert.equal((await api.ask('GET', at('/static/staff-idp'))).status, 404, 'it is of another method');
    assert.equal((await api.ask('PUT', at('/static/staff-idp'), { body: { name: 'x' } })).status, 404);
  });

  it('take one without a name, which is called as its id, and keeps its name where none is sent', async () => {
    await addPool('staff');
    const body = { id: 'nameless', identity_pool_id: 'staff' };
    const shown = z.looseObject({ name: z.string(), hidden: z.boolean() });
    const made = await api.ask('POST', at('/identity_pool'), { body });
    assert.deepEqual([made.status, shown.parse(made.body).name], [201, 'nameless']);
    await api.ask('PUT', at('/identity_pool/nameless'), { body: { ...body, name: 'Staff' } });
    const kept = await api.ask('PUT', at('/identity_pool/nameless'), { body: { ...body, name: '' } });
    assert.deepEqual([kept.status, shown.parse(kept.body).name], [200, 'Staff']);
  });

  it('hide one from the login page, and refuse by name what sessions and claims would not keep to', async () => {
    await addPool('staff');
    const shown = z.looseObject({ hidden: z.boolean() });
    const body = { id: 'staff-idp', name: 'Staff', identity_pool_id: 'staff' };
    const made = await api.ask('POST', at('/identity_pool'), { body: { ...body, hidden: true } });
    assert.equal(shown.parse(made.body).hidden, true);
    assert.deepEqual((await api.ask('GET', at('/identity_pool/staff-idp'))).body, made.body);
    const { body: replaced } = await api.ask('PUT', at('/identity_pool/staff-idp'), { body });
    assert.equal(shown.parse(replaced).hidden, false);
    const opted = { sso_settings: { disabled: true } };
    await refused('/identity_pool', { ...body, ...opted }, 422, '/sso_settings/disabled');
    await refused('/static', { name: 'Sandbox', ...opted }, 422, '/sso_settings/disabled');
    const custom = { name: 'Portal', settings: { login_url: 'https://portal.example/login' } };
    await refused('/custom', { ...custom, ...opted }, 422, '/sso_settings/disabled');
    const reloads = { config: { reload_claims_at_refresh_token: true } };
    await refused('/identity_pool', { ...body, ...reloads }, 422, '/config/reload_claims_at_refresh_token');
    for (const asksNothing of [
      { sso_settings: null, config: null },
      { sso_settings: {}, config: {} },
      { sso_settings: { disabled: false }, config: { reload_claims_at_refresh_token: false, use_embedded: false } },
    ]) {
      const put = await api.ask('PUT', at('/identity_pool/staff-idp'), { body: { ...body, ...asksNothing } });
      assert.deepEqual([put.status, put.body], [200, replaced], JSON.stringify(asksNothing));
    }
  });

  it('keep where one comes in a choice until a change is sent without it, and list them as they were added', async () => {
    await addPool('staff');
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: workspaceId('system'), type: 'system' }));
    const orders = async () => {
      const { idps } = z
        .object({ idps: z.array(z.looseObject({ id: z.string(), display_order: z.int().optional() })) })
        .parse((await api.ask('GET', at())).body);
      return idps.map(({ id, display_order: order }) => [id, order]);
    };
    const pool = { id: 'staff-idp', identity_pool_id: 'staff', display_order: Number.MAX_SAFE_INTEGER };
    const custom = { id: 'portal', settings: { login_url: 'https://portal.example/login' }, display_order: -2 };
    const sandbox = { id: 'sandbox', display_order: 0 };
    for (const [method, body] of Object.entries({ identity_pool: pool, static: sandbox, custom })) {
      const made = await api.ask('POST', at(`/${method}`), { body });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      assert.deepEqual((await api.ask('GET', at(`/${method}/${body.id}`))).body, made.body);
    }
    assert.deepEqual(await orders(), [
      ['staff-idp', Number.MAX_SAFE_INTEGER],
      ['sandbox', undefined],
      ['portal', -2],
    ]);
    const order = async (display_order: unknown) => {
      const put = await api.ask('PUT', at('/static/sandbox'), { body: { ...sandbox, display_order } });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      assert.deepEqual((await api.ask('GET', at('/static/sandbox'))).body, put.body);
      return z.looseObject({ display_order: z.int().optional() }).parse(put.body).display_order;
    };
    for (const none of [null, 0, undefined]) {
      assert.equal(await order(7), 7);
      assert.equal(await order(none), undefined, JSON.stringify(none));
    }
    for (const display_order of [2 ** 53, -(2 ** 53), 1.5, '1', true, {}]) {
      await refused('/identity_pool', { ...pool, id: 'other', display_order }, 422, '/display_order');
      await refused('/custom', { ...custom, id: 'other', display_order }, 422, '/display_order');
      await refused('/static', { id: 'other', display_order }, 422, '/display_order');
    }
  });

  it('keep the address of a logo that a page may load, and of no other', async () => {
    const logo = async (logo_uri: unknown) => {
      const put = await api.ask('PUT', at('/static/sandbox'), { body: { logo_uri } });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      assert.deepEqual((await api.ask('GET', at('/static/sandbox'))).body, put.body);
      return z.looseObject({ logo_uri: z.string().optional() }).parse(put.body).logo_uri;
    };
    const address = 'https://logos.example/staff.svg?v=2';
    const made = await api.ask('POST', at('/static'), { body: { id: 'sandbox', logo_uri: address } });
    assert.equal(z.looseObject({ logo_uri: z.string() }).parse(made.body).logo_uri, address);
    for (const none of [null, '', undefined]) {
      assert.equal(await logo(address), address);
      assert.equal(await logo(none), undefined, JSON.stringify(none));
    }
    for (const logo_uri of [
      'javascript:alert(1)',
      'http://logos.example/l.png',
      '/l.png',
      `https://x/${'l'.repeat(2048)}`,
    ])
      await refused('/static', { id: 'other', logo_uri }, 422, '/logo_uri');
  });

  it('take no pool of another tenant, and no id that cannot be', async () => {
    const { tenant: other } = await seedTenant(knex);
    await addPool('theirs', other);
    await refused('/identity_pool', { name: 'x', identity_pool_id: 'theirs' }, 422, '/identity_pool_id');
    await refused('/identity_pool', { name: 'x'.repeat(256), identity_pool_id: 'a' }, 422, '/name');
    await refused('/static', { id: '../x', name: 'x' }, 422, '/id');
    await refused('/static', { name: 'x', credentials: { users: [ada, ada] } }, 422, '/credentials/users');
    await refused(
      '/static',
      { name: 'x', credentials: { users: [{ username: 'eve' }] } },
      422,
      '/credentials/users/0/password',
    );
    const many = Array.from({ length: 501 }, (_, index) => ({ username: `p${String(index)}` }));
    await refused('/static', { name: 'x', credentials: { users: many } }, 422, '/credentials/users');
  });

  it('keep passwords of fixed people as hashes, and show neither', async () => {
    const { status, body, etag } = await api.ask('POST', at('/static'), {
      body: { id: 'sandbox', name: 'Sandbox', credentials: { users: [ada] } },
    });
    assert.equal(status, 201);
    const text = JSON.stringify(body);
    assert.ok(!text.includes('a password') && !text.includes('argon2'));
    assert.match(text, /"authentication_context":\{"name":"Ada","email":"ada@example.com"\}/);
    const stored = async () => {
      const idp = await storesOf(knex).idps.find(tenant, workspace, idpId('sandbox'));
      assert.ok(idp?.method === 'static');
      return idp;
    };
    const [first] = (await stored()).users;
    assert.equal(await hasher.verify(first?.passwordHash, ada.password), true);

    const people = {
      users: [
        { username: 'ada', authentication_context: { name: 'Ada L.' } },
        { ...ada, username: 'grace' },
      ],
    };
    const change = { name: 'Sandbox', disabled: true, credentials: people };
    const put = (ifMatch?: string) =>
      api.ask('PUT', at('/static/sandbox'), { body: change, ...(ifMatch === undefined ? {} : { ifMatch }) });
    assert.equal((await put('"stale"')).status, 412);
    assert.equal((await put(etag)).status, 200);
    const after = await stored();
    assert.equal(after.enabled, false);
    assert.deepEqual(
      after.users.map(({ username }) => username),
      ['ada', 'grace'],
    );
    assert.equal(after.users[0]?.passwordHash, first?.passwordHash, 'whoever comes without a password keeps theirs');
    await api.ask('PUT', at('/static/sandbox'), { body: { name: 'Renamed' } });
    assert.deepEqual((await stored()).users, after.users, 'people who are not told of stay');
    const events = JSON.stringify(await knex('audit_events').where({ tenant_id: tenant }).select());
    assert.ok(events.includes('sandbox') && !events.includes('argon2'));
  });

  it('make a login page with a client of its own, which stays with it and goes with it', async () => {
    const system = workspaceId('system');
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: system, type: 'system' }));
    const settings = { login_url: 'https://portal.example/start?lang=en' };
    const body = { id: 'portal', name: 'Portal', settings: { ...settings, type: 'generic' }, credentials: {} };
    const made = await api.ask('POST', at('/custom'), { body: { ...body, client_id: 'chosen' } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const idp = withClient.parse(made.body);
    assert.deepEqual(idp, {
      id: 'portal',
      tenant_id: tenant,
      authorization_server_id: workspace,
      name: 'Portal',
      disabled: false,
      hidden: false,
      method: 'custom',
      settings,
      client_id: idp.client_id,
    });
    assert.notEqual(idp.client_id, 'chosen', 'nobody makes another client say who people are');
    assert.deepEqual((await api.ask('GET', at())).body, { idps: [idp] });
    assert.deepEqual((await api.ask('GET', at('/custom/portal'))).body, idp);
    assert.equal((await api.ask('GET', at('/static/portal'))).status, 404);

    const client = () => api.ask('GET', at('/custom/portal/client'));
    const shown = clientOf.parse((await client()).body);
    assert.deepEqual(
      [shown.client_id, shown.scope, shown.grant_types, shown.token_endpoint_auth_method],
      [idp.client_id, 'manage_logins', ['client_credentials'], 'client_secret_basic'],
    );
    assert.equal(Buffer.from(shown.client_secret, 'base64url').length, 32);
    const moved = { name: 'The portal', settings: { login_url: 'http://127.0.0.1:8080/' }, disabled: true };
    assert.equal((await api.ask('PUT', at('/custom/portal'), { body: moved, ifMatch: '"x"' })).status, 412);
    const put = await api.ask('PUT', at('/custom/portal'), { body: moved, ifMatch: made.etag ?? '' });
    assert.deepEqual([put.status, withClient.parse(put.body).client_id], [200, idp.client_id]);
    assert.equal(clientOf.parse((await client()).body).client_name, 'The portal');
    assert.equal((await api.ask('PUT', at('/static/portal'), { body: { name: 'x' } })).status, 404);

    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal(clientOf.parse((await client()).body).client_secret, '', 'who only looks does not get to act as it');
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('DELETE', at('/portal'))).status, 204);
    assert.equal((await client()).status, 404);
    assert.equal(await storesOf(knex).clients.find(tenant, system, clientId(idp.client_id)), undefined);
  });

  it('send nobody to an address that no page of the web can have', async () => {
    for (const url of [
      'javascript:alert(1)',
      'http://portal.example',
      '/start',
      'https://u:p@portal.example',
      'https://portal.example/#x',
    ])
      await refused('/custom', { name: 'x', settings: { login_url: url } }, 422, '/settings/login_url');
    await refused('/custom', { name: 'x', settings: {} }, 422, '/settings/login_url');
    await refused('/custom', { name: 'x' }, 422, '/settings');
    const { items } = await storesOf(knex).clients.list(tenant, workspaceId('system'), { limit: 10, order: 'asc' });
    assert.deepEqual(items, [], 'a client of nothing would be left');
  });

  it('take the roles along that people had by them, but not the last administrator’s', async () => {
    await api.ask('POST', at('/static'), { body: { id: 'sandbox', name: 'Sandbox' } });
    const { roles } = storesOf(knex);
    const subject = { type: 'idp', workspaceId: workspace, idpId: 'sandbox' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, noon);
    assert.equal((await api.ask('DELETE', at('/sandbox'))).status, 422);
    assert.equal((await roles.listFor(tenant, [subject])).length, 1, 'nothing is taken');
    const machine = { type: 'client', clientId: 'machine' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject: machine }, noon);
    assert.equal((await api.ask('DELETE', at('/sandbox'))).status, 204);
    assert.equal((await roles.listFor(tenant, [subject])).length, 0);
    assert.equal((await api.ask('DELETE', at('/sandbox'))).status, 404);
  });

  it('let an auditor look, and change nothing', async () => {
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await api.ask('GET', at())).status, 200);
    await refused('/static', { name: 'x' }, 403);
    assert.equal((await api.ask('DELETE', at('/x'))).status, 403);
  });

  it('are at most fifty in a workspace', async () => {
    const { idps } = storesOf(knex);
    for (let index = 0; index < 50; index += 1)
      await idps.insert({
        tenantId: tenant,
        workspaceId: workspace,
        id: idpId(`i${String(index)}`),
        name: 'x',
        enabled: true,
        method: 'static',
        users: [],
      });
    await refused('/static', { name: 'x' }, 422);
  });
});
