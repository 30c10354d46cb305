/** The custom applications of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createPasswordHasher } from '../../../server/credentials/password/hasher.ts';
import { customAppEndpoints } from '../../../server/extensions/custom-app.routes.ts';
import { createCustomAppService, type CustomAppServiceStores } from '../../../server/extensions/custom-app.service.ts';
import { idpEndpoints } from '../../../server/idps/idp.routes.ts';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { clientId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const answer = z.looseObject({
  client_id: z.string(),
  client: z.looseObject({
    client_secret: z.string(),
    authorization_server_id: z.string(),
    scope: z.string(),
    grant_types: z.array(z.string()),
    token_endpoint_auth_method: z.string(),
  }),
});

onEachDatabase('the endpoints of custom applications', (open) => {
  const clock = heldClock();
  const system = workspaceId('system');
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  let destroyed: string[] = [];
  before(async () => {
    knex = await open();
    const { customApps, clients, workspaces, idps, pools } = storesOf(knex);
    const artifacts = {
      destroyByClient: (...place: readonly string[]) => Promise.resolve(void destroyed.push(place.join(' '))),
    };
    const unitOfWork: UnitOfWork<CustomAppServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    const service = createCustomAppService({ unitOfWork, clock });
    const idpService = createIdpService({ unitOfWork: unitOfWorkOn(knex), hasher: createPasswordHasher(), clock });
    api = await serveEndpoints(
      [
        ...customAppEndpoints({ customApps, clients, workspaces, service, clock }),
        ...idpEndpoints({ idps, pools, clients, workspaces, service: idpService, clock }),
      ],
      [],
      () => permissionsFrom(held),
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: system, type: 'system' }));
    held = [{ workspaceId: undefined, role: 'admin' }];
    destroyed = [];
  });

  const at = (path = '', of: TenantId = tenant) => `/api/admin/${of}/servers/${workspace}/custom-apps${path}`;
  const kyc = { id: 'kyc', name: 'KYC', type: 'post-authn', url: 'https://kyc.example/start' };
  const make = (body: Readonly<Record<string, unknown>> = kyc) => api.ask('POST', at(), { body });

  it('make one with a client of the workspace system, which has one scope and authenticates by its secret', async () => {
    const made = await make({ ...kyc, client_id: 'chosen', server_id: 'elsewhere', tenant_id: 'other' });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { client, ...app } = answer.parse(made.body);
    assert.deepEqual(app, { ...kyc, tenant_id: tenant, server_id: workspace, client_id: app.client_id });
    assert.notEqual(app.client_id, 'chosen', 'nobody makes another client answer logins');
    assert.equal(Buffer.from(client.client_secret, 'base64url').length, 32);
    assert.deepEqual(
      [client.authorization_server_id, client.scope, client.grant_types, client.token_endpoint_auth_method],
      ['system', 'manage_post_authn', ['client_credentials'], 'client_secret_basic'],
    );
    assert.deepEqual((await api.ask('GET', at())).body, { custom_apps: [app] });
    assert.deepEqual((await api.ask('GET', at('/kyc'))).body, made.body);
    assert.deepEqual(await eventsOf(knex, tenant), ['client created', 'server updated']);
  });

  it('change what is said of it, and keep its client', async () => {
    const made = await make();
    const body = { name: 'Who are you', url: 'http://127.0.0.1:8080/start?a=b' };
    const stale = await api.ask('PUT', at('/kyc'), { body, ifMatch: '"x"' });
    assert.equal(stale.status, 412);
    const changed = await api.ask('PUT', at('/kyc'), { body, ifMatch: made.etag ?? '' });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const [before, after] = [answer.parse(made.body), answer.parse(changed.body)];
    assert.deepEqual([after['name'], after['url'], after.client_id], [body.name, body.url, before.client_id]);
    assert.equal(after.client['client_name'], body.name);
    assert.equal(after.client.client_secret, before.client.client_secret);
    assert.equal((await api.ask('PUT', at('/nothing'), { body })).status, 404);
  });

  it('remove it with its client, unless an idp sends people there', async () => {
    const { client_id: client } = answer.parse((await make()).body);
    const idp = { id: 'people', name: 'People', post_authn_app_id: 'kyc', credentials: { users: [] } };
    const idps = `/api/admin/${tenant}/servers/${workspace}/idps`;
    const bound = await api.ask('POST', `${idps}/static`, { body: idp });
    assert.equal(bound.status, 201, JSON.stringify(bound.body));
    assert.equal(z.looseObject({ post_authn_app_id: z.string() }).parse(bound.body).post_authn_app_id, 'kyc');
    assert.equal((await api.ask('DELETE', at('/kyc'))).status, 409);
    const { post_authn_app_id: _, ...unbound } = idp;
    const put = await api.ask('PUT', `${idps}/static/people`, { body: unbound });
    assert.equal(put.status, 200);
    assert.ok(!('post_authn_app_id' in z.looseObject({}).parse(put.body)), 'left out is none');
    assert.equal((await api.ask('DELETE', at('/kyc'))).status, 204);
    assert.equal((await api.ask('DELETE', at('/kyc'))).status, 404);
    assert.equal(await storesOf(knex).clients.find(tenant, system, clientId(client)), undefined);
    assert.deepEqual(destroyed, [`${tenant} system ${client}`], 'with what it was given');
  });

  it('bind no idp to an application of another workspace', async () => {
    await make();
    const other = workspaceOf(tenant);
    await storesOf(knex).workspaces.insert(other);
    const body = { name: 'x', post_authn_app_id: 'kyc' };
    const refused = await api.ask('POST', `/api/admin/${tenant}/servers/${other.id}/idps/static`, { body });
    assert.equal(refused.status, 422);
    assert.equal(failure.parse(refused.body).details[0]?.pointer, '/post_authn_app_id');
  });

  it('refuse what cannot be, by pointer', async () => {
    await make();
    for (const [body, status, pointer] of [
      [kyc, 409, undefined],
      [{ ...kyc, id: 'a b' }, 422, '/id'],
      [{ ...kyc, id: 'b', type: 'pre-authn' }, 422, '/type'],
      [{ id: 'b', name: 'x' }, 422, '/url'],
      ...[
        'javascript:alert(1)',
        'data:text/html,x',
        'http://kyc.example',
        '//kyc.example',
        '/start',
        'https://user@kyc.example',
        'https://kyc.example/#top',
        'https://kyc.example/\\evil',
        `https://kyc.example/${'a'.repeat(2048)}`,
      ].map((url) => [{ ...kyc, id: 'b', url }, 422, '/url'] as const),
    ] as const) {
      const refused = await make(body);
      assert.equal(refused.status, status, JSON.stringify([body, refused.body]));
      if (pointer !== undefined) assert.equal(failure.parse(refused.body).details[0]?.pointer, pointer);
    }
  });

  it('need a role in the workspace, and show the secret to nobody who only reads', async () => {
    await make();
    held = [{ workspaceId: workspace, role: 'auditor' }];
    const read = await api.ask('GET', at('/kyc'));
    assert.deepEqual([read.status, answer.parse(read.body).client.client_secret], [200, '']);
    assert.equal((await make({ ...kyc, id: 'two' })).status, 403);
    assert.equal((await api.ask('DELETE', at('/kyc'))).status, 403);
    held = [{ workspaceId: workspace, role: 'manager' }];
    assert.equal((await api.ask('DELETE', at('/kyc'))).status, 204);
    const { tenant: other } = await seedTenant(knex);
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('GET', at('/kyc', other))).status, 404);
  });
});
