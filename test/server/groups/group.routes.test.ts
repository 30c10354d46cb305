/** Groups of people, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { groupEndpoints } from '../../../server/groups/group.routes.ts';
import { createGroupService } from '../../../server/groups/group.service.ts';
import { poolId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { poolOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const groups = z.array(z.looseObject({ id: z.string() }));
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of groups', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  const staff = poolId('staff');
  before(async () => {
    knex = await open();
    const stores = storesOf(knex);
    const service = createGroupService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const endpoints = groupEndpoints({ pools: stores.pools, groups: stores.groups, service });
    api = await serveEndpoints(endpoints, ['identity'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    const { pools } = storesOf(knex);
    await pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    await pools.insert(poolOf(tenant, { id: poolId('others') }));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', side = 'admin', pool = 'staff') => `/api/identity/${tenant}/${side}/pools/${pool}${path}`;
  const make = (body: Readonly<Record<string, unknown>>, side = 'admin') =>
    api.ask('POST', at('/groups', side), { body: { user_pool_id: 'staff', ...body } });
  const list = async (path: string) => groups.parse((await api.ask('GET', at(path))).body).map(({ id }) => id);
  const pointerOf = (body: unknown) => failure.parse(body).details[0]?.pointer;

  for (const side of ['admin', 'system']) {
    it(`make, show, change and delete one for ${side}`, async () => {
      const made = await make({ id: 'ops', name: ' Operations ', description: null, tenant_id: 'x' }, side);
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const shown = { id: 'ops', tenant_id: tenant, user_pool_id: 'staff', name: 'Operations', description: '' };
      assert.deepEqual(made.body, shown);
      const got = await api.ask('GET', at('/groups/ops', side));
      assert.deepEqual([got.status, got.body], [200, shown]);
      const body = { name: 'Ops', description: 'On duty', user_pool_id: 'staff' };
      const put = await api.ask('PUT', at('/groups/ops', side), { body, ifMatch: got.etag ?? '' });
      assert.deepEqual([put.status, put.body], [200, { ...shown, ...body }]);
      assert.equal((await api.ask('DELETE', at('/groups/ops', side), { ifMatch: got.etag ?? '' })).status, 412);
      assert.equal((await api.ask('DELETE', at('/groups/ops', side))).status, 204);
      for (const method of ['GET', 'DELETE'])
        assert.equal((await api.ask(method, at('/groups/ops', side))).status, 404);
      assert.deepEqual(await eventsOf(knex, tenant), ['group created', 'group deleted', 'group updated']);
    });
  }

  it('list those at the top, those below one, and all of them', async () => {
    await make({ id: 'b', name: 'B' });
    await make({ id: 'a', name: 'A' });
    await make({ id: 'c', name: 'C', parent_id: 'a' });
    await make({ id: 'd', name: 'D', parent_id: 'c' });
    assert.deepEqual(await list('/groups'), ['a', 'b']);
    assert.deepEqual(await list('/groups?parent_id=a'), ['c']);
    assert.deepEqual(await list('/groups?parent_id=a&with_nested_groups=true'), ['c', 'd']);
    assert.deepEqual(await list('/groups?with_nested_groups=true&limit=2&after_group_id=b'), ['c', 'd']);
    assert.deepEqual(await list(`/groups?query=${encodeURIComponent('{"name":"B"}')}`), ['b']);
    assert.equal((await api.ask('GET', at('/groups?parent_id=none'))).status, 404);
    for (const [query, pointer] of [
      ['query=name', '/query'],
      ['query=%7B%22colour%22%3A1%7D', '/query'],
      ['after_group_id=none', '/after_group_id'],
    ] as const) {
      const refused = await api.ask('GET', at(`/groups?${query}`));
      assert.deepEqual([refused.status, pointerOf(refused.body)], [422, pointer]);
    }
    assert.equal((await api.ask('GET', at('/groups?with_nested_groups=maybe'))).status, 400);
  });

  it('call one as its id that comes without a name, and keep the name where none is sent', async () => {
    const { status, body } = await make({ id: 'nameless' });
    assert.deepEqual([status, z.looseObject({ name: z.string() }).parse(body).name], [201, 'nameless']);
    await api.ask('PUT', at('/groups/nameless'), { body: { name: 'Named' } });
    const { body: kept } = await api.ask('PUT', at('/groups/nameless'), { body: { description: 'On duty' } });
    assert.partialDeepStrictEqual(kept, { name: 'Named', description: 'On duty' });
  });

  it('refuse what cannot be, by pointer', async () => {
    await make({ id: 'a', name: 'A' });
    for (const [body, pointer] of [
      [{ name: 'x'.repeat(256) }, '/name'],
      [{ name: 'B', id: 'b/c' }, '/id'],
      [{ name: 'B', parent_id: 'none' }, '/parent_id'],
      [{ name: 'B', user_pool_id: 'others' }, '/user_pool_id'],
    ] as const) {
      const refused = await make(body);
      assert.deepEqual([refused.status, pointerOf(refused.body)], [422, pointer], JSON.stringify(body));
    }
    assert.equal((await make({ name: 'A' })).status, 409);
    assert.equal((await make({ name: 'B', id: 'a' })).status, 409);
    assert.equal((await api.ask('PUT', at('/groups/none'), { body: { name: 'N' } })).status, 404);
    assert.equal((await api.ask('POST', at('/groups', 'admin', 'none'), { body: { name: 'N' } })).status, 404);
  });

  it('never put a group below itself, however long the way round', async () => {
    await make({ id: 'a', name: 'A' });
    await make({ id: 'b', name: 'B', parent_id: 'a' });
    await make({ id: 'c', name: 'C', parent_id: 'b' });
    for (const parent of ['a', 'b', 'c']) {
      const refused = await api.ask('PUT', at('/groups/a'), { body: { name: 'A', parent_id: parent } });
      assert.deepEqual([refused.status, pointerOf(refused.body)], [422, '/parent_id'], parent);
    }
    // Two moves at once, each good without the other.
    await make({ id: 'x', name: 'X' });
    await make({ id: 'y', name: 'Y' });
    const both = await Promise.all([
      api.ask('PUT', at('/groups/x'), { body: { name: 'X', parent_id: 'y' } }),
      api.ask('PUT', at('/groups/y'), { body: { name: 'Y', parent_id: 'x' } }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 422]);
  });

  it('move what is below along, and no deeper than may be', async () => {
    const chain = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8'];
    for (const [index, id] of chain.entries())
      assert.equal((await make({ id, name: id, parent_id: chain[index - 1] ?? '' })).status, 201);
    assert.equal((await make({ name: 'deep', parent_id: 'g8' })).status, 422);
    await make({ id: 'top', name: 'Top' });
    const refused = await api.ask('PUT', at('/groups/g1'), { body: { name: 'g1', parent_id: 'top' } });
    assert.deepEqual([refused.status, pointerOf(refused.body)], [422, '/parent_id']);
    assert.equal((await api.ask('PUT', at('/groups/g2'), { body: { name: 'g2', parent_id: 'top' } })).status, 200);
    assert.equal((await list('/groups?parent_id=top&with_nested_groups=true')).length, 7);
  });

  it('are looked at by an auditor, managed in one’s own pool, and of no use to others', async () => {
    await make({ id: 'ops', name: 'Ops' });
    const tried = async () => [
      (await api.ask('GET', at('/groups'))).status,
      (await make({ id: 'mine', name: 'Mine' })).status,
      (await api.ask('DELETE', at('/groups/mine'))).status,
    ];
    held = [{ workspaceId: undefined, role: 'auditor' }];
    assert.deepEqual(await tried(), [200, 403, 403]);
    held = [{ workspaceId: undefined, poolId: staff, role: 'user_manager' }];
    assert.deepEqual(await tried(), [200, 201, 204]);
    held = [{ workspaceId: undefined, poolId: poolId('others'), role: 'user_manager' }];
    assert.deepEqual(await tried(), [403, 403, 403]);
    held = [{ workspaceId: undefined, role: 'member' }];
    assert.deepEqual(await tried(), [403, 403, 403]);
  });
});
