/** The System API's workspaces, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { defaultPlace } from '../../../server/extensions/execution-point.ts';
import { scriptId, workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { etagOf } from '../../../server/http/etag.ts';
import { toServerBody } from '../../../server/workspaces/server.body.ts';
import { adminWorkspaceEndpoints, systemWorkspaceEndpoints } from '../../../server/workspaces/workspace.routes.ts';
import { createWorkspaceService } from '../../../server/workspaces/workspace.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { clientOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the endpoints of workspaces', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let changed: string[];
  /** Roles of the caller. */
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    ({ tenant } = await seedTenant(knex));
    const service = createWorkspaceService({
      unitOfWork: unitOfWorkOn(knex),
      clock: heldClock(),
      extensions: createExtensionRegistry([]),
    });
    const { workspaces, executionPoints } = storesOf(knex);
    const deps = {
      workspaces,
      executionPoints,
      service,
      changed: (...place: readonly string[]) => void changed.push(place.join('/')),
    };
    const endpoints = [...adminWorkspaceEndpoints(deps), ...systemWorkspaceEndpoints(deps)];
    api = await serveEndpoints(endpoints, ['manage_servers'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(() => {
    changed = [];
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const remove = (id: string, ifMatch?: string) =>
    api.ask('DELETE', `/api/system/${tenant}/servers/${id}`, ifMatch === undefined ? {} : { ifMatch });
  const isThere = async (id: WorkspaceId) => (await storesOf(knex).workspaces.find(tenant, id)) !== undefined;

  const at = (path = '') => `/api/admin/${tenant}/servers${path}`;
  const listed = async (query = ''): Promise<readonly string[]> => {
    const { status, body } = await api.ask('GET', at(query));
    assert.equal(status, 200, JSON.stringify(body));
    return z
      .object({ servers: z.array(z.looseObject({ id: z.string() })) })
      .parse(body)
      .servers.map(({ id }) => id);
  };

  it('make one with the published defaults, and what was given', async () => {
    const given = { id: 'made', name: 'Made', access_token_ttl: '10m0s', key_type: null, color: '#007FFF' };
    const { status, body, etag } = await api.ask('POST', at(), { body: given });
    assert.equal(status, 201);
    const made = z.looseObject({ id: z.string() }).parse(body);
    assert.partialDeepStrictEqual(made, {
      id: 'made',
      tenant_id: tenant,
      name: 'Made',
      type: 'regular',
      access_token_ttl: '10m0s',
      key_type: 'ecdsa',
      refresh_token_ttl: '720h0m0s',
    });
    assert.ok(!('color' in made));
    const read = await api.ask('GET', at('/made'));
    assert.deepEqual([read.status, read.body, read.etag], [200, body, etag]);
    assert.deepEqual(changed, [`${tenant}/made`]);
    const { body: unnamed } = await api.ask('POST', at(), { body: {} });
    const { id, name } = z.looseObject({ id: z.string().min(1), name: z.string() }).parse(unnamed);
    assert.equal(name, id);
  });

  it('refuse what no workspace can be, and name the member: 422, and 409 for an id that is taken', async () => {
    for (const wrong of [
      { id: 'Not an id' },
      { id: 'system' },
      { type: 'admin' },
      { access_token_ttl: 'soon' },
      { access_token_ttl: '0s' },
      { login_lifetime: '9000h0m0s' },
      { grant_types: ['telepathy'] },
      { token_endpoint_auth_signing_alg_values: ['none'] },
      { plugins: { nowhere: {} } },
    ]) {
      const { status, body } = await api.ask('POST', at(), { body: wrong });
      assert.equal(status, 422, JSON.stringify(wrong));
      const { details } = z.object({ details: z.array(z.looseObject({ pointer: z.string() })) }).parse(body);
      assert.ok(details[0]?.pointer.startsWith(`/${Object.keys(wrong)[0] ?? ''}`), JSON.stringify(details));
    }
    await api.ask('POST', at(), { body: { id: 'taken' } });
    assert.equal((await api.ask('POST', at(), { body: { id: 'taken' } })).status, 409);
  });

  it('refuse what would narrow one and is not kept, by name: 422, and pass over what asks for nothing', async () => {
    await api.ask('POST', at(), { body: { id: 'narrow' } });
    const { body: before } = await api.ask('GET', at('/narrow'));
    for (const [pointer, given] of [
      ['/profile', { profile: 'fapi_advanced' }],
      ['/profile', { profile: 'connect_id' }],
      ['/enforce_id_token_encryption', { enforce_id_token_encryption: true }],
      ['/subject_identifier_types', { subject_identifier_types: ['pairwise'] }],
      ['/authentication_mechanisms', { authentication_mechanisms: ['webauthn'] }],
      ['/sso/max_age', { sso: { max_age: '1h0m0s' } }],
      ['/sso/max_idle', { sso: { max_idle: '10m0s' } }],
      ['/advanced/acr_values', { advanced: { acr_values: ['urn:two'] } }],
      ['/advanced/enforce_acr_values', { advanced: { enforce_acr_values: true } }],
      ['/advanced/block_response_modes', { advanced: { block_response_modes: true } }],
      ['/advanced/disallowed_response_modes', { advanced: { disallowed_response_modes: ['query', 'jwt'] } }],
      [
        '/advanced/disallow_code_response_type_without_jarm',
        { advanced: { disallow_code_response_type_without_jarm: true } },
      ],
      [
        '/advanced/require_request_or_request_uri_parameter',
        { advanced: { require_request_or_request_uri_parameter: true } },
      ],
      ['/advanced/cookies_configuration/same_site', { advanced: { cookies_configuration: { same_site: 'Strict' } } }],
    ] as const)
      for (const [method, path] of [
        ['POST', at()],
        ['PUT', at('/narrow')],
      ] as const) {
        const { status, body } = await api.ask(method, path, { body: given });
        assert.equal(status, 422, `${method} ${pointer}`);
        const { details } = z.object({ details: z.array(z.looseObject({ pointer: z.string() })) }).parse(body);
        assert.deepEqual(
          details.map((one) => one.pointer),
          [pointer],
        );
      }
    const asGenerated = {
      profile: 'consumer',
      enforce_id_token_encryption: false,
      subject_identifier_types: ['public', 'pairwise'],
      authentication_mechanisms: ['totp', 'password', 'otp', 'webauthn', 'sms_otp', 'email_otp'],
      sso: { enabled: true, max_age: '0s', max_idle: '' },
      advanced: {
        acr_values: null,
        block_response_modes: false,
        disallowed_response_modes: ['jwt'],
        cookies_configuration: { same_site: 'none' },
      },
    };
    assert.deepEqual((await api.ask('PUT', at('/narrow'), { body: asGenerated })).body, before);
  });

  it('narrow ways to authenticate under the older name of their list, too', async () => {
    const list = z.looseObject({ token_endpoint_auth_methods: z.array(z.string()) });
    const older = { token_endpoint_authn_methods: ['private_key_jwt'] };
    const { body } = await api.ask('POST', at(), { body: older });
    assert.deepEqual(list.parse(body).token_endpoint_auth_methods, ['private_key_jwt']);
    const both = { ...older, token_endpoint_auth_methods: ['client_secret_basic'] };
    const { body: named } = await api.ask('POST', at(), { body: both });
    assert.deepEqual(list.parse(named).token_endpoint_auth_methods, ['client_secret_basic']);
    const certificates = { token_endpoint_authn_methods: ['tls_client_auth'] };
    assert.equal((await api.ask('POST', at(), { body: certificates })).status, 422);
  });

  it('keep each list that is sent empty where it cannot be, and begin with the published one', async () => {
    const empty = {
      token_endpoint_auth_methods: [],
      token_endpoint_authn_methods: [],
      token_endpoint_auth_signing_alg_values: [],
      scope_claim_formats: [],
      response_types: [],
    };
    const narrow = {
      token_endpoint_auth_methods: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values: ['ES256'],
      scope_claim_formats: ['scope_space_separated'],
      response_types: ['code'],
    };
    const shown = z.object(Object.fromEntries(Object.keys(narrow).map((name) => [name, z.array(z.string())])));
    const send = async (method: string, path: string, body: object) => {
      const { status, body: answer } = await api.ask(method, at(path), { body });
      assert.ok(status === 200 || status === 201, JSON.stringify(answer));
      return shown.parse(answer);
    };
    const bare = await send('POST', '', { id: 'bare' });
    assert.deepEqual(await send('POST', '', { id: 'empty', ...empty }), bare);
    assert.deepEqual(await send('PUT', '/empty', { token_endpoint_authn_methods: ['none'] }), {
      ...bare,
      token_endpoint_auth_methods: ['none'],
    });
    const older = { token_endpoint_auth_methods: [], token_endpoint_authn_methods: ['private_key_jwt'] };
    assert.deepEqual(await send('PUT', '/empty', older), { ...bare, token_endpoint_auth_methods: ['private_key_jwt'] });
    assert.deepEqual(await send('PUT', '/empty', narrow), narrow);
    assert.deepEqual(await send('PUT', '/empty', empty), narrow);
  });

  it('narrow what is asked for at the authorization endpoint; what nobody serves is refused by name', async () => {
    const shown = z.looseObject({ response_types: z.array(z.string()) });
    const { body } = await api.ask('POST', at(), { body: { id: 'coded', response_types: ['code'] } });
    assert.deepEqual(shown.parse(body).response_types, ['code']);
    for (const asksNothing of [{ response_types: [] }, { response_types: null }, { name: 'Coded' }]) {
      const { status, body: kept } = await api.ask('PUT', at('/coded'), { body: asksNothing });
      assert.deepEqual([status, shown.parse(kept).response_types], [200, ['code']]);
    }
    for (const type of ['token', 'token id_token', 'token code', 'token id_token code', 'none']) {
      const { status, body: refused } = await api.ask('PUT', at('/coded'), {
        body: { response_types: ['code', type] },
      });
      const { details } = z
        .object({ details: z.array(z.object({ pointer: z.string(), message: z.string() })) })
        .parse(refused);
      assert.deepEqual([status, details[0]?.pointer], [422, '/response_types/1']);
      assert.match(details[0]?.message ?? '', new RegExp(`^${type} is not served`));
    }
  });

  it('take one back as a GET answers it, whatever its type, which stays', async () => {
    const reserved = workspaceOf(tenant, { id: workspaceId('system'), type: 'system' });
    await storesOf(knex).workspaces.insert(reserved);
    const { body } = await api.ask('GET', at('/system'));
    const { status, body: after } = await api.ask('PUT', at('/system'), { body });
    assert.equal(status, 200, JSON.stringify(after));
    assert.deepEqual(after, body);
    for (const type of ['regular', 'admin', 'organization']) {
      const refused = await api.ask('PUT', at('/system'), { body: { type } });
      assert.equal(refused.status, 422, type);
    }
    assert.deepEqual((await api.ask('GET', at('/system'))).body, body);
    await storesOf(knex).workspaces.remove(tenant, reserved.id);
  });

  it('change what is given and nothing else, unless it was changed since it was read', async () => {
    await api.ask('POST', at(), { body: { id: 'changing', access_token_ttl: '10m0s' } });
    const before = await api.ask('GET', at('/changing'));
    const change = { id: 'other', tenant_id: 'other', name: 'Changed', enforce_pkce: false };
    const after = await api.ask('PUT', at('/changing'), { body: change, ifMatch: before.etag ?? '' });
    assert.equal(after.status, 200);
    const known = z.looseObject({});
    assert.deepEqual(after.body, { ...known.parse(before.body), name: 'Changed', enforce_pkce: false });
    assert.equal((await api.ask('PUT', at('/changing'), { body: change, ifMatch: before.etag ?? '' })).status, 412);
    assert.deepEqual((await api.ask('GET', at('/changing'))).body, after.body);
    assert.equal((await api.ask('PUT', at('/changing'), { body: { type: 'admin' } })).status, 422);
    assert.equal((await api.ask('DELETE', at('/changing'), { ifMatch: before.etag ?? '' })).status, 412);
    assert.equal((await api.ask('DELETE', at('/changing'))).status, 204);
    for (const method of ['GET', 'DELETE']) assert.equal((await api.ask(method, at('/changing'))).status, 404);
  });

  it('show and bind the script for all idps as the setting that is published, kept where scripts are bound', async () => {
    await api.ask('POST', at(), { body: { id: 'scripted' } });
    const place = { tenantId: tenant, workspaceId: workspaceId('scripted') };
    const scripts = scriptServiceOn(knex);
    const body = 'module.exports = async () => ({ authn_ctx: {} })';
    await scripts.create(tenant, place.workspaceId, 'risk', { ...scriptWords, body });
    await scripts.create(tenant, place.workspaceId, 'other', { ...scriptWords, body });
    const set = (script: string, ifMatch?: string) =>
      api.ask('PUT', at('/scripted'), {
        body: { settings: { default_post_authn_ctx_script_id: script } },
        ...(ifMatch === undefined ? {} : { ifMatch }),
      });
    const said = z.object({ settings: z.object({ default_post_authn_ctx_script_id: z.string() }) });
    const shown = async () => {
      const { body: found, etag = '' } = await api.ask('GET', at('/scripted'));
      const { servers } = z
        .object({ servers: z.array(said.extend({ id: z.string() })) })
        .parse((await api.ask('GET', at())).body);
      const { settings } = said.parse(found);
      assert.deepEqual(servers.find(({ id }) => id === 'scripted')?.settings, settings);
      return { script: settings.default_post_authn_ctx_script_id, etag };
    };
    const { executionPoints } = storesOf(knex);
    const bound = async () => (await executionPoints.find(defaultPlace(place)))?.scriptId;

    assert.equal((await shown()).script, '');
    assert.equal(said.parse((await set('risk')).body).settings.default_post_authn_ctx_script_id, 'risk');
    assert.deepEqual([await bound(), (await shown()).script], ['risk', 'risk']);
    // What is not said stays.
    assert.equal((await api.ask('PUT', at('/scripted'), { body: { name: 'Scripted' } })).status, 200);
    const { script, etag } = await shown();
    assert.equal(script, 'risk');
    // Bound by its own call, the setting says so, and nobody changes what they have not read.
    await executionPoints.put({ ...defaultPlace(place), scriptId: scriptId('other') });
    assert.equal((await shown()).script, 'other');
    assert.equal((await set('risk', etag)).status, 412);
    const wrong = await set('nothing');
    assert.equal(wrong.status, 422);
    assert.partialDeepStrictEqual(wrong.body, { details: [{ pointer: '/settings/default_post_authn_ctx_script_id' }] });
    assert.equal(await bound(), 'other');
    assert.equal((await set('')).status, 200);
    assert.deepEqual([await bound(), (await shown()).script], [undefined, '']);
    // A new workspace has no scripts yet.
    const made = await api.ask('POST', at(), {
      body: { id: 'early', settings: { default_post_authn_ctx_script_id: 'risk' } },
    });
    assert.equal(made.status, 422);
    assert.equal(await isThere(workspaceId('early')), false);
  });

  it('name the clients that a change takes something from, twenty of them, and do it where it is forced', async () => {
    await api.ask('POST', at(), { body: { id: 'narrow' } });
    const { clients } = storesOf(knex);
    const metadata = { client_name: 'Nightly', grant_types: ['client_credentials'] };
    for (let n = 10; n < 32; n += 1)
      await clients.insert(clientOf(tenant, workspaceId('narrow'), `narrow-${String(n)}`, metadata));
    const before = await api.ask('GET', at('/narrow'));
    changed = [];
    const body = { grant_types: ['authorization_code'] };
    const refused = await api.ask('PUT', at('/narrow'), { body });
    assert.equal(refused.status, 422);
    const lost = z.object({
      error: z.string(),
      details: z.object({ total: z.number(), clients: z.array(z.looseObject({ conflicts: z.array(z.unknown()) })) }),
    });
    const { error, details } = lost.parse(refused.body);
    assert.match(error, /^22 clients need what this takes away.*force=true/);
    assert.deepEqual([details.total, details.clients.length], [22, 20]);
    assert.partialDeepStrictEqual(details.clients[0], {
      client_id: 'narrow-10',
      client_name: 'Nightly',
      conflicts: [{ pointer: '/grant_types' }],
    });
    assert.deepEqual((await api.ask('GET', at('/narrow'))).body, before.body);
    assert.deepEqual(changed, []);
    const stale = { body, ifMatch: '"stale"' };
    assert.equal((await api.ask('PUT', at('/narrow?force=true'), stale)).status, 412, 'force is not about if-match');
    assert.equal(
      (await api.ask('PUT', at('/narrow?force=true'), { body: { id: 'x', plugins: { no: {} } } })).status,
      422,
    );
    const done = await api.ask('PUT', at('/narrow?force=true'), { body });
    assert.equal(done.status, 200);
    assert.deepEqual(z.looseObject({}).parse(done.body)['grant_types'], ['authorization_code']);
    assert.deepEqual(changed, [`${tenant}/narrow`]);
    held = [{ workspaceId: workspaceId('narrow'), role: 'auditor' }];
    assert.equal((await api.ask('PUT', at('/narrow'), { body })).status, 403, 'nobody learns of clients this way');
  });

  it('list them by pages, both ways, and by part of an id or a name', async () => {
    const ids = ['page-a', 'page-b', 'page-c', 'page-d'];
    for (const [index, id] of ids.entries())
      await api.ask('POST', at(), { body: { id, name: index === 3 ? 'Ein GESCHÄFT 100%' : `Shop_${id}` } });
    assert.deepEqual(await listed('?search_phrase=PAGE-&limit=2'), ['page-a', 'page-b']);
    assert.deepEqual(await listed('?search_phrase=page-&limit=2&after_server_id=page-b'), ['page-c', 'page-d']);
    assert.deepEqual(await listed('?search_phrase=page-&limit=2&before_server_id=page-d'), ['page-b', 'page-c']);
    assert.deepEqual(await listed('?search_phrase=page-&limit=2&order=desc'), ['page-d', 'page-c']);
    assert.deepEqual(await listed('?search_phrase=100%25'), ['page-d']);
    assert.deepEqual(await listed('?search_phrase=hop_page'), ['page-a', 'page-b', 'page-c']);
    // Wildcards of LIKE stand for themselves.
    assert.deepEqual(await listed('?search_phrase=page%25'), []);
    assert.deepEqual(await listed('?search_phrase=page_a'), []);
    const regular = await listed('?server_types=regular&limit=100');
    assert.ok(ids.every((id) => regular.includes(id)));
    for (const types of ['organization,system', 'organization'])
      assert.deepEqual(await listed(`?server_types=${types}`), []);
    assert.notDeepEqual(await listed('?server_types='), []);
    for (const query of ['?limit=0', '?sort=color', '?server_types=made-up'])
      assert.equal((await api.ask('GET', at(query))).status, 400, query);
  });

  it('show each caller what their roles let them see', async () => {
    for (const id of ['mine', 'theirs']) await api.ask('POST', at(), { body: { id } });
    held = [{ workspaceId: workspaceId('mine'), role: 'member' }];
    assert.deepEqual(await listed(), ['mine']);
    assert.deepEqual(
      await Promise.all(['/mine', '/theirs', '/nowhere'].map(async (path) => (await api.ask('GET', at(path))).status)),
      [200, 403, 403],
    );
    assert.equal((await api.ask('PUT', at('/mine'), { body: { name: 'X' } })).status, 403);
    held = [{ workspaceId: workspaceId('mine'), role: 'manager' }];
    assert.equal((await api.ask('PUT', at('/mine'), { body: { name: 'X' } })).status, 200);
    assert.equal((await api.ask('DELETE', at('/mine'))).status, 403);
    assert.equal((await api.ask('POST', at(), { body: { id: 'another' } })).status, 403);
    held = [{ workspaceId: workspaceId('system'), role: 'admin' }];
    assert.deepEqual(await listed(), []);
    held = [];
    assert.equal((await api.ask('GET', at())).status, 403);
  });

  it('remove one, and tell this process', async () => {
    const workspace = workspaceOf(tenant, { id: workspaceId('shop') });
    await storesOf(knex).workspaces.insert(workspace);
    assert.equal((await remove('shop', '"older"')).status, 412);
    assert.ok(await isThere(workspace.id));
    assert.deepEqual(changed, []);
    const { status, body } = await remove(
      'shop',
      etagOf(JSON.stringify(toServerBody({ ...workspace, defaultScript: '' }))),
    );
    assert.deepEqual([status, body], [204, undefined]);
    assert.equal(await isThere(workspace.id), false);
    assert.deepEqual(changed, [`${tenant}/shop`]);
  });

  it('refuse the reserved ones, and those that are not there', async () => {
    for (const id of ['admin', 'developer', 'system']) assert.equal((await remove(id)).status, 400, id);
    assert.equal((await remove('nowhere')).status, 404);
    assert.deepEqual(changed, []);
  });
});
