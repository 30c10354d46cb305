/** The services of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { serviceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { serviceEndpoints } from '../../../server/workspaces/service.routes.ts';
import { createServiceService } from '../../../server/workspaces/service.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { clientOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const listed = z.object({ services: z.array(z.looseObject({ id: z.string(), number_of_scopes: z.number() })) });

onEachDatabase('the endpoints of services', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { scopes, services, workspaces } = storesOf(knex);
    const service = createServiceService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const audienceOf = () => 'https://gatehouse.example/acme/shop';
    const deps = { scopes, services, workspaces, service, audienceOf, changed: () => undefined };
    api = await serveEndpoints(serviceEndpoints(deps), [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '') => `/api/admin/${tenant}/services${path}`;
  const list = async (query = '') =>
    listed
      .parse((await api.ask('GET', `/api/admin/${tenant}/servers/${workspace}/services${query}`)).body)
      .services.map(({ id }) => id);
  const make = (body: Readonly<Record<string, unknown>>) =>
    api.ask('POST', at(), { body: { authorization_server_id: workspace, ...body } });

  it('delete one whose scopes clients are registered with only where it is forced', async () => {
    await make({ id: 'payments', name: 'Payments' });
    const { scopes, clients } = storesOf(knex);
    const words = { displayName: 'Pay', description: '', implicitGrant: false, kind: 'api' } as const;
    const place = { tenantId: tenant, workspaceId: workspace };
    await scopes.insert({ ...place, ...words, name: 'pay', serviceId: serviceId('payments') });
    await clients.insert(clientOf(tenant, workspace, 'till', { scope: 'pay' }));
    const refused = await api.ask('DELETE', at('/payments'));
    assert.equal(refused.status, 422);
    assert.match(JSON.stringify(refused.body), /"total":1.*"client_id":"till"/);
    assert.equal((await api.ask('GET', at('/payments'))).status, 200);
    assert.equal((await api.ask('DELETE', at('/payments?force=true'))).status, 204);
    assert.equal((await api.ask('GET', at('/payments'))).status, 404);
  });

  it('call one as its id that comes without a name, and keep the name where none is sent', async () => {
    const { status, body } = await make({ id: 'nameless' });
    assert.equal(status, 201);
    assert.partialDeepStrictEqual(body, { name: 'nameless' });
    await api.ask('PUT', at('/nameless'), { body: { name: 'Named' } });
    const { body: kept } = await api.ask('PUT', at('/nameless'), { body: { name: null, description: 'Baskets.' } });
    assert.partialDeepStrictEqual(kept, { name: 'Named', description: 'Baskets.' });
  });

  it('make, show, change and delete one with its scopes', async () => {
    const body = { id: 'orders', name: 'Orders', description: 'Baskets.', type: 'user' };
    const made = await make({ ...body, custom_audience: '', gateway_id: null, updated_at: '0001-01-01T00:00:00.000Z' });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const shown = {
      ...body,
      tenant_id: tenant,
      authorization_server_id: workspace,
      system: false,
      updated_at: new Date(noon).toISOString(),
      audience: 'https://gatehouse.example/acme/shop',
    };
    assert.deepEqual(made.body, shown);
    assert.equal(made.etag, (await api.ask('GET', at('/orders'))).etag);
    const words = { displayName: 'Read', description: '', implicitGrant: false, kind: 'api' } as const;
    const { scopes } = storesOf(knex);
    const place = { tenantId: tenant, workspaceId: workspace };
    const service = (await storesOf(knex).services.list(tenant, workspace, { limit: 1, order: 'asc' })).items[0];
    await scopes.insert({ ...place, ...words, name: 'orders:read', serviceId: service?.id });
    const got = await api.ask('GET', at('/orders'));
    const names = z.object({ scopes: z.array(z.object({ name: z.string() })) }).parse(got.body);
    assert.deepEqual(names, { scopes: [{ name: 'orders:read' }] });
    const changed = await api.ask('PUT', at('/orders'), {
      body: { name: 'Orders', custom_audience: 'https://orders.example' },
      ifMatch: got.etag ?? '',
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const audience = 'https://orders.example';
    assert.deepEqual(changed.body, { ...shown, description: '', custom_audience: audience, audience });
    const stale = await api.ask('DELETE', at('/orders'), { ifMatch: got.etag ?? '' });
    assert.equal(stale.status, 412);
    assert.equal(changed.etag, (await api.ask('GET', at('/orders'))).etag, 'the tag of what a GET answers');
    assert.equal((await api.ask('DELETE', at('/orders'), { ifMatch: changed.etag ?? '' })).status, 204);
    assert.equal((await api.ask('GET', at('/orders'))).status, 404);
    assert.deepEqual(await scopes.listOwn(tenant, workspace), []);
  });

  it('take one back as a GET answers it, also one that came with an imported configuration; its type stays', async () => {
    const { services } = storesOf(knex);
    await make({ id: 'moved', name: 'Moved' });
    const stored = await services.find(tenant, serviceId('moved'));
    assert.ok(stored);
    await services.remove(tenant, stored.id);
    await services.insert({ ...stored, type: 'openbanking' });
    const got = await api.ask('GET', at('/moved'));
    const { status, body } = await api.ask('PUT', at('/moved'), { body: got.body, ifMatch: got.etag ?? '' });
    assert.equal(status, 200, JSON.stringify(body));
    const refused = await api.ask('PUT', at('/moved'), { body: { name: 'Moved', type: 'user' } });
    assert.equal(refused.status, 422);
    assert.equal(failure.parse(refused.body).details[0]?.pointer, '/type');
    assert.equal((await services.find(tenant, stored.id))?.type, 'openbanking');
  });

  it('list them by pages, by words and by type', async () => {
    for (const id of ['a', 'b', 'c']) await make({ id, name: `Service ${id}` });
    assert.deepEqual(await list(), ['a', 'b', 'c']);
    assert.deepEqual(await list('?limit=1&after_service_id=a'), ['b']);
    assert.deepEqual(await list('?order=desc&limit=2'), ['c', 'b']);
    assert.deepEqual(await list('?search_phrase=SERVICE%20C'), ['c']);
    assert.deepEqual(await list('?service_types=oidc,system'), []);
    assert.deepEqual(await list('?service_types=user,oidc'), ['a', 'b', 'c']);
  });

  it('refuse what cannot be, by pointer', async () => {
    await make({ id: 'taken', name: 'Taken' });
    for (const [body, status, pointer] of [
      [{ id: 'taken', name: 'Again' }, 409, undefined],
      [{ id: 'a b', name: 'A' }, 422, '/id'],
      [{ name: 'x'.repeat(256) }, 422, '/name'],
      [{ name: 'A', type: 'system' }, 422, '/type'],
      [{ name: 'A', custom_audience: 'no uri' }, 422, '/custom_audience'],
    ] as const) {
      const answer = await make(body);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (pointer !== undefined) assert.equal(failure.parse(answer.body).details[0]?.pointer, pointer);
    }
  });

  it('need a role in the workspace, and one of this tenant', async () => {
    await make({ id: 'orders', name: 'Orders' });
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await api.ask('GET', at('/orders'))).status, 200);
    assert.equal((await api.ask('PUT', at('/orders'), { body: { name: 'Mine' } })).status, 403);
    const { tenant: other } = await seedTenant(knex);
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('DELETE', `/api/admin/${other}/services/orders`)).status, 404);
  });
});
