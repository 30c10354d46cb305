/** The JSON Schemas of a tenant, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { schemaId, type TenantId } from '../../../server/kernel/ids.ts';
import { poolSettingsSchema } from '../../../server/pools/pool.ts';
import { schemaEndpoints } from '../../../server/schemas/schema.routes.ts';
import { createSchemaService } from '../../../server/schemas/schema.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon, poolOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const listed = z.object({ schemas: z.array(z.looseObject({ id: z.string() })) });
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of schemas', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { schemas, workspaces } = storesOf(knex);
    const service = createSchemaService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const endpoints = schemaEndpoints({ schemas, workspaces, service });
    api = await serveEndpoints(endpoints, ['identity'], () => permissionsFrom(held));
  });
  after(() => api.close());
  let workspace: string;
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', side = 'admin') => `/api/identity/${tenant}/${side}/schemas${path}`;
  const member = { id: 'member', name: 'Member', schema: { type: 'object', required: ['tier'] } };

  for (const side of ['admin', 'system']) {
    it(`make, show, change, list and delete one for ${side}`, async () => {
      const made = await api.ask('POST', at('', side), { body: { ...member, description: null } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const at1 = new Date(noon).toISOString();
      const shown = { ...member, tenant_id: tenant, description: '', system: false, created_at: at1, updated_at: at1 };
      assert.deepEqual(made.body, shown);
      const got = await api.ask('GET', at('/member', side));
      assert.deepEqual(got.body, shown);
      const changed = { name: 'Members', schema: { type: 'object' } };
      const put = await api.ask('PUT', at('/member', side), { body: changed, ifMatch: got.etag ?? '' });
      assert.deepEqual(put.body, { ...shown, ...changed });
      const stale = await api.ask('DELETE', at('/member', side), { ifMatch: got.etag ?? '' });
      assert.equal(stale.status, 412);
      const { schemas } = listed.parse((await api.ask('GET', at('', side))).body);
      assert.deepEqual(
        schemas.map(({ id }) => id),
        ['metadata_v0', 'user_v0', 'member'],
      );
      assert.equal((await api.ask('DELETE', at('/member', side))).status, 204);
      assert.equal((await api.ask('GET', at('/member', side))).status, 404);
      assert.deepEqual(await eventsOf(knex, tenant), ['schema created', 'schema deleted', 'schema updated']);
    });
  }

  it('refuse a schema that cannot be, by pointer', async () => {
    const refused = await api.ask('POST', at(), { body: { name: 'A', schema: { properties: { a: { $ref: '#' } } } } });
    assert.equal(refused.status, 422);
    assert.deepEqual(failure.parse(refused.body).details[0]?.pointer, '/schema/properties/a/$ref');
    await api.ask('POST', at(), { body: member });
    assert.equal((await api.ask('POST', at(), { body: member })).status, 409);
    assert.equal((await api.ask('POST', at(), { body: { ...member, id: 'user_v0' } })).status, 409);
    assert.equal((await api.ask('POST', at(), { body: { ...member, id: 'a b' } })).status, 422);
  });

  it('keep what every tenant has, what is marked, and what a pool names', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: { name: 'Mine', schema: {} } } : {};
      assert.equal((await api.ask(method, at('/user_v0'), body)).status, 403);
    }
    await api.ask('POST', at(), { body: { ...member, id: 'kept', system: true } });
    assert.equal((await api.ask('DELETE', at('/kept'))).status, 403);
    await api.ask('POST', at(), { body: member });
    const settings = poolSettingsSchema.parse({ metadata_schema_id: 'member' });
    await storesOf(knex).pools.insert(poolOf(tenant, { settings }));
    assert.equal((await api.ask('DELETE', at('/member'))).status, 409);
    assert.notEqual(await storesOf(knex).schemas.find(tenant, schemaId('member')), undefined);
  });

  it('show them to administrators of workspaces, who do not change them', async () => {
    const { workspaces } = storesOf(knex);
    const own = (await workspaces.list(tenant, { limit: 1, order: 'asc' })).items[0]?.id;
    held = [{ workspaceId: own, role: 'admin' }];
    const path = `/api/identity/${tenant}/admin/workspace/${workspace}/schemas`;
    assert.equal(listed.parse((await api.ask('GET', path)).body).schemas.length, 2);
    assert.equal((await api.ask('GET', `${path}/user_v0`)).status, 200);
    assert.equal((await api.ask('POST', at(), { body: member })).status, 403);
    assert.equal((await api.ask('GET', at())).status, 403);
  });
});
