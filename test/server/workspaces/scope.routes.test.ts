/** The scopes of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { adminScopeEndpoints, systemScopeEndpoints } from '../../../server/workspaces/scope.routes.ts';
import { createScopeService } from '../../../server/workspaces/scope.service.ts';
import { createServiceService } from '../../../server/workspaces/service.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { clientOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const scope = z.looseObject({ id: z.string() });
const lost = z.object({ status_code: z.literal(422), details: z.unknown() });
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of scopes', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  const told: string[] = [];
  before(async () => {
    knex = await open();
    const { scopes, services, workspaces } = storesOf(knex);
    const deps = {
      scopes,
      services,
      workspaces,
      service: createScopeService({ unitOfWork: unitOfWorkOn(knex) }),
      changed: (_tenant: TenantId, id: WorkspaceId) => told.push(id),
    };
    const endpoints = [...adminScopeEndpoints(deps), ...systemScopeEndpoints(deps)];
    api = await serveEndpoints(endpoints, ['view_scopes'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
    told.length = 0;
  });

  const at = (path = '') => `/api/admin/${tenant}/scopes${path}`;
  const make = async (body: Readonly<Record<string, unknown>>) => {
    const answer = await api.ask('POST', at(), { body: { authorization_server_id: workspace, ...body } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return scope.parse(answer.body);
  };

  it('make, show, change and delete one, and say that the workspace is another one', async () => {
    const body = {
      id: null,
      name: 'orders:read',
      display_name: 'Orders',
      description: 'What you ordered.',
      implicit_grant: true,
      transient: true,
      metadata: { owner: { team: 'shop' } },
    };
    const made = await make(body);
    const { id, ...rest } = made;
    const shown = { tenant_id: tenant, authorization_server_id: workspace, implicit: false, ...body };
    assert.deepEqual({ ...rest, id: null }, shown);
    assert.deepEqual((await api.ask('GET', at(`/${id}`))).body, { ...made, with_service: false });
    const replaced = await api.ask('PUT', at(`/${id}`), { body: { name: 'orders:read' } });
    assert.equal(replaced.status, 200);
    assert.deepEqual(replaced.body, {
      ...made,
      display_name: 'orders:read',
      description: '',
      implicit_grant: false,
      transient: false,
      metadata: {},
    });
    assert.equal((await api.ask('DELETE', at(`/${id}`))).status, 204);
    assert.equal((await api.ask('GET', at(`/${id}`))).status, 404);
    assert.deepEqual(told, [workspace, workspace, workspace]);
  });

  it('list them in both APIs, with their services', async () => {
    const services = createServiceService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const service = { name: 'Orders', description: '', customAudience: undefined };
    await services.create(tenant, workspace, 'orders', service);
    await make({ name: 'a' });
    const { id } = await make({ name: 'b', service_id: 'orders' });
    const list = z.object({
      scopes: z.array(z.looseObject({ with_service: z.boolean(), service: z.unknown().optional() })),
    });
    for (const path of [
      `/api/admin/${tenant}/servers/${workspace}/scopes`,
      `/api/system/${tenant}/scopes/${workspace}`,
    ]) {
      const answer = await api.ask('GET', path);
      assert.equal(answer.status, 200, path);
      const [first, second] = list.parse(answer.body).scopes;
      assert.deepEqual([first?.with_service, second?.with_service], [false, true]);
      assert.equal(z.looseObject({ name: z.string() }).parse(second?.service).name, 'Orders');
      assert.deepEqual((await api.ask('GET', at(`/${id}`))).body, second);
    }
    assert.equal((await api.ask('GET', `/api/system/${tenant}/scopes/nowhere`)).status, 404);
    const kept = await api.ask('PUT', at(`/${id}`), { body: { name: 'b', description: 'changed' } });
    assert.equal(z.looseObject({ service_id: z.string() }).parse(kept.body).service_id, 'orders');
  });

  it('refuse what cannot be, by pointer', async () => {
    await make({ name: 'taken', id: 'taken' });
    const refused = async (body: Readonly<Record<string, unknown>>, status: number, pointer?: string) => {
      const answer = await api.ask('POST', at(), { body: { authorization_server_id: workspace, ...body } });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (pointer !== undefined) assert.equal(failure.parse(answer.body).details[0]?.pointer, pointer);
    };
    await refused({ name: 'taken' }, 409);
    await refused({ name: 'other', id: 'taken' }, 409);
    await refused({ name: 'a b' }, 422, '/name');
    await refused({ name: 'a', id: 'a b' }, 422, '/id');
    await refused({ name: 'a', implicit: true }, 422, '/implicit');
    await refused({ name: 'a', service_id: 'nobody' }, 422, '/service_id');
    await refused({}, 422, '/name');
    const renamed = await api.ask('PUT', at('/taken'), { body: { name: 'renamed' } });
    assert.deepEqual([renamed.status, failure.parse(renamed.body).details[0]?.pointer], [422, '/name']);
    const { workspace: elsewhere } = await seedTenant(knex);
    await refused({ name: 'a', authorization_server_id: elsewhere }, 404);
    assert.equal((await api.ask('GET', `/api/admin/${elsewhere}/scopes/taken`)).status, 404);
  });

  it('hold a change to what its caller read', async () => {
    const { id } = await make({ name: 'a' });
    const { etag = '' } = await api.ask('PUT', at(`/${id}`), { body: { name: 'a', description: 'one' } });
    const again = { body: { name: 'a', description: 'two' }, ifMatch: etag };
    assert.equal((await api.ask('PUT', at(`/${id}`), again)).status, 200);
    assert.equal((await api.ask('PUT', at(`/${id}`), again)).status, 412);
    assert.equal((await api.ask('DELETE', at(`/${id}`), { ifMatch: etag })).status, 412);
    const got = await api.ask('GET', at(`/${id}`));
    assert.equal((await api.ask('PUT', at(`/${id}`), { ...again, ifMatch: got.etag ?? '' })).status, 200);
  });

  it('delete one that clients are registered with only where it is forced', async () => {
    const { id } = await make({ name: 'pay' });
    await storesOf(knex).clients.insert(clientOf(tenant, workspace, 'till', { scope: 'openid pay' }));
    told.length = 0;
    for (const query of ['', '?force=false', '?force='])
      assert.deepEqual(lost.parse((await api.ask('DELETE', at(`/${id}${query}`))).body), {
        status_code: 422,
        details: {
          total: 1,
          clients: [
            {
              client_id: 'till',
              client_name: '',
              conflicts: [{ pointer: '/scope', message: 'pay would not be granted any more' }],
            },
          ],
        },
      });
    assert.deepEqual(told, []);
    assert.equal((await api.ask('DELETE', at(`/${id}?force=yes`))).status, 400);
    assert.equal((await api.ask('DELETE', at(`/${id}?force=true`))).status, 204);
    assert.deepEqual(told, [workspace]);
  });

  it('need a role in the workspace', async () => {
    const { id } = await make({ name: 'a' });
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await api.ask('GET', at(`/${id}`))).status, 200);
    assert.equal((await api.ask('DELETE', at(`/${id}`))).status, 403);
    held = [];
    assert.equal((await api.ask('GET', at(`/${id}`))).status, 403);
    assert.equal(
      (await api.ask('POST', at(), { body: { authorization_server_id: workspace, name: 'b' } })).status,
      403,
    );
  });
});
