/** The consent page of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { serverConsentEndpoints } from '../../../server/extensions/server-consent.routes.ts';
import { createServerConsentService } from '../../../server/extensions/server-consent.service.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const answer = z.looseObject({
  client_id: z.string(),
  client: z.looseObject({ client_secret: z.string(), scope: z.string(), authorization_server_id: z.string() }),
});

onEachDatabase('the endpoints of a consent page', (open) => {
  const clock = heldClock();
  const url = 'https://consent.example/start';
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { serverConsents, clients, workspaces } = storesOf(knex);
    const service = createServerConsentService({ unitOfWork: unitOfWorkOn(knex, clock), clock });
    const endpoints = serverConsentEndpoints({ serverConsents, clients, workspaces, service, clock });
    api = await serveEndpoints(endpoints, [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: workspaceId('system'), type: 'system' }));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });
  const at = (of: TenantId = tenant, wid: string = workspace) => `/api/admin/${of}/servers/${wid}/server-consent`;
  const get = () => api.ask('GET', at());
  const put = (body: unknown, ifMatch?: string) =>
    api.ask('PUT', at(), { body, ...(ifMatch === undefined ? {} : { ifMatch }) });
  const custom = { type: 'custom', custom: { server_consent_url: url } };
  const own = () => ({ type: 'oidc', tenant_id: tenant, server_id: workspace, oidc: {} });

  it('say that people decide on our own page until somebody brings another one, and after that again', async () => {
    assert.deepEqual((await get()).body, own());
    const set = await put({ ...custom, client_id: 'chosen', oidc: null });
    assert.equal(set.status, 200, JSON.stringify(set.body));
    const { client, ...page } = answer.parse(set.body);
    assert.deepEqual(page, { ...custom, tenant_id: tenant, server_id: workspace, client_id: page.client_id });
    assert.notEqual(page.client_id, 'chosen', 'nobody makes another client decide');
    assert.deepEqual([client.authorization_server_id, client.scope], ['system', 'manage_scope_grants']);
    assert.deepEqual((await get()).body, set.body);
    const back = await put({ type: 'oidc', oidc: {} });
    assert.deepEqual([back.status, back.body], [200, own()]);
    assert.deepEqual((await get()).body, own());
  });

  it('take the address by its former name, and are held to what their caller has read', async () => {
    const set = await put({ type: 'custom', custom: { scope_grant_url: url } });
    assert.equal(set.status, 200, JSON.stringify(set.body));
    const moved = { type: 'custom', custom: { server_consent_url: 'https://other.example' } };
    assert.equal((await put(moved, '"x"')).status, 412);
    const changed = await put(moved, set.etag);
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(answer.parse(changed.body).client_id, answer.parse(set.body).client_id);
    assert.equal((await put({ type: 'oidc' }, set.etag)).status, 412);
  });

  it('refuse what cannot be, by pointer', async () => {
    for (const [body, pointer] of [
      [{ type: 'openbanking', openbanking: {} }, '/type'],
      [{ type: 'anything' }, '/type'],
      [{ custom: { server_consent_url: url } }, '/type'],
      [{ type: 'custom' }, '/custom/server_consent_url'],
      ...['javascript:alert(1)', 'http://consent.example', '/start', 'https://u:p@consent.example', `${url}#x`].map(
        (bad) => [{ type: 'custom', custom: { server_consent_url: bad } }, '/custom/server_consent_url'] as const,
      ),
    ] as const) {
      const refused = await put(body);
      assert.equal(refused.status, 422, JSON.stringify([body, refused.body]));
      assert.equal(failure.parse(refused.body).details[0]?.pointer, pointer);
    }
    assert.deepEqual((await get()).body, own());
  });

  it('need a role in the workspace, and show the secret to nobody who only reads', async () => {
    await put(custom);
    held = [{ workspaceId: workspace, role: 'auditor' }];
    const read = await get();
    assert.deepEqual([read.status, answer.parse(read.body).client.client_secret], [200, '']);
    assert.equal((await put({ type: 'oidc' })).status, 403);
    held = [{ workspaceId: workspaceId('another'), role: 'admin' }];
    assert.equal((await get()).status, 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    const { tenant: other } = await seedTenant(knex);
    assert.equal((await api.ask('GET', at(other))).status, 404);
    assert.equal((await api.ask('PUT', at(tenant, 'nowhere'), { body: custom })).status, 404);
  });
});
