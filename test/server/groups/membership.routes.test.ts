/** Who is in which group, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createGroupService } from '../../../server/groups/group.service.ts';
import { membershipEndpoints } from '../../../server/groups/membership.routes.ts';
import { groupId, poolId, userId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { poolOf, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const groups = z.array(z.looseObject({ id: z.string() }));
const people = z.object({ users: z.array(z.looseObject({ id: z.string() })) });

onEachDatabase('the endpoints of memberships', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let make: (id: string, parent?: string) => Promise<unknown>;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  const staff = poolId('staff');
  before(async () => {
    knex = await open();
    const stores = storesOf(knex);
    const service = createGroupService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    make = (id, parent) =>
      service.create(tenant, staff, id, {
        name: id,
        description: '',
        parent: parent === undefined ? undefined : groupId(parent),
      });
    api = await serveEndpoints(membershipEndpoints({ stores, service }), ['identity'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    const { pools, users } = storesOf(knex);
    await pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    await pools.insert(poolOf(tenant, { id: poolId('others') }));
    await users.insert(userOf(tenant, staff, { id: userId('ada'), payload: { name: 'Ada' } }));
    await users.insert(userOf(tenant, staff, { id: userId('bob') }));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', side = 'admin', pool = 'staff') => `/api/identity/${tenant}/${side}/pools/${pool}${path}`;

  for (const side of ['admin', 'system']) {
    it(`show who is in which, put people in and take them out for ${side}`, async () => {
      await make('ops');
      await make('night', 'ops');
      for (const path of ['/groups/night/users/ada', '/groups/night/users/ada', '/groups/ops/users/bob'])
        assert.equal((await api.ask('PUT', at(path, side))).status, 204);
      const inGroup = async (path: string) =>
        people.parse((await api.ask('GET', at(path, side))).body).users.map(({ id }) => id);
      assert.deepEqual(await inGroup('/groups/ops/users'), ['bob']);
      assert.deepEqual(await inGroup('/groups/ops/users?with_nested_groups=true'), ['ada', 'bob']);
      assert.deepEqual(await inGroup('/groups/ops/users?with_nested_groups=true&after_user_id=ada'), ['bob']);
      const ofAda = async (path: string) =>
        groups.parse((await api.ask('GET', at(`/users/ada/groups${path}`, side))).body).map(({ id }) => id);
      assert.deepEqual(await ofAda(''), ['night']);
      assert.deepEqual(await ofAda('?with_parent_groups=true'), ['night', 'ops']);
      assert.deepEqual(await ofAda('?with_parent_groups=true&limit=1&after_group_id=night'), ['ops']);
      assert.deepEqual(await ofAda(`?query=${encodeURIComponent('{"name":"ops"}')}`), []);
      const isIn = async (path: string) => (await api.ask('GET', at(`/users/ada/groups${path}`, side))).status;
      assert.equal(await isIn('/night'), 204);
      assert.equal(await isIn('/ops'), 404);
      assert.equal(await isIn('/ops?with_nested_groups=true'), 204);
      assert.equal((await api.ask('DELETE', at('/groups/night/users/ada', side))).status, 204);
      assert.equal((await api.ask('DELETE', at('/groups/night/users/ada', side))).status, 404);
      const events = await eventsOf(knex, tenant);
      assert.deepEqual(
        events.filter((name) => name.startsWith('user ')),
        ['user added_to_group', 'user added_to_group', 'user removed_from_group'],
      );
    });
  }

  it('know people and groups of their own pool alone', async () => {
    await make('ops');
    await storesOf(knex).users.insert(userOf(tenant, poolId('others'), { id: userId('eve') }));
    assert.equal((await api.ask('PUT', at('/groups/ops/users/eve'))).status, 404);
    assert.equal((await api.ask('PUT', at('/groups/ops/users/ada%20'))).status, 404);
    for (const path of ['/groups/ops/users', '/users/eve/groups/ops'])
      assert.equal((await api.ask('GET', at(path, 'admin', 'others'))).status, 404, path);
    assert.equal((await api.ask('GET', at('/users/nobody/groups'))).status, 404);
  });

  it('are looked at by an auditor, managed in one’s own pool, and of no use to others', async () => {
    await make('ops');
    const tried = async () => [
      (await api.ask('GET', at('/users/ada/groups'))).status,
      (await api.ask('GET', at('/groups/ops/users'))).status,
      (await api.ask('PUT', at('/groups/ops/users/ada'))).status,
      (await api.ask('DELETE', at('/groups/ops/users/ada'))).status,
    ];
    held = [{ workspaceId: undefined, role: 'auditor' }];
    assert.deepEqual(await tried(), [200, 200, 403, 403]);
    held = [{ workspaceId: undefined, poolId: staff, role: 'user_manager' }];
    assert.deepEqual(await tried(), [200, 200, 204, 204]);
    held = [{ workspaceId: undefined, poolId: poolId('others'), role: 'user_manager' }];
    assert.deepEqual(await tried(), [403, 403, 403, 403]);
    held = [{ workspaceId: undefined, role: 'member' }];
    assert.deepEqual(await tried(), [403, 403, 403, 403]);
  });
});
