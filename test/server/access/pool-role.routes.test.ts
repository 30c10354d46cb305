/** Roles in identity pools, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { poolRoleEndpoints } from '../../../server/access/pool-role.routes.ts';
import { createRoleService } from '../../../server/access/role.service.ts';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { poolId, userId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { poolOf, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('the endpoints of roles in pools', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  const staff = poolId('staff');
  before(async () => {
    knex = await open();
    const { roles, pools, users } = storesOf(knex);
    const service = createRoleService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    api = await serveEndpoints(poolRoleEndpoints({ roles, pools, users, service }), [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    const { pools, users } = storesOf(knex);
    await pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    await users.insert(userOf(tenant, staff, { id: userId('ada') }));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path: string) => `/api/admin/${tenant}/pools/staff${path}`;
  const ada = { type: 'identity_pool_user', identity_pool_id: 'staff', identity_pool_user_id: 'ada' };
  const grant = (subject: object = ada) =>
    api.ask('POST', at('/roles/grant'), { body: { ...subject, role: 'user_manager' } });
  const revoke = () => api.ask('DELETE', at('/roles/revoke'), { body: { ...ada, role: 'user_manager' } });

  it('give one, list it, and take it back', async () => {
    assert.equal((await grant()).status, 204);
    assert.equal((await grant()).status, 204);
    const { body } = await api.ask('GET', at('/roles'));
    assert.deepEqual(body, { subjects: [{ tenant_id: tenant, ...ada, roles: { user_manager: true } }] });
    const { roles } = storesOf(knex);
    const subject = { type: 'identity_pool_user', poolId: 'staff', userId: 'ada' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: workspace, role: 'auditor', subject }, 0);
    const all = await api.ask('GET', at('/users/ada/roles'));
    assert.deepEqual(all.body, {
      resources: [
        { type: 'identity_pool', identity_pool_id: 'staff', tenant_id: tenant, role: 'user_manager' },
        { type: 'workspace', workspace_id: workspace, tenant_id: tenant, role: 'auditor' },
      ],
    });
    assert.equal((await revoke()).status, 204);
    assert.equal((await revoke()).status, 404);
    assert.deepEqual((await api.ask('GET', at('/roles'))).body, { subjects: [] });
    assert.deepEqual(await eventsOf(knex, tenant), ['role granted', 'role granted', 'role revoked']);
  });

  it('are no roles in the tenant, nor in its workspaces', async () => {
    await grant();
    const { roles } = storesOf(knex);
    assert.deepEqual(await roles.listIn(tenant, undefined), []);
    const [given] = await roles.listInPool(tenant, staff);
    assert.ok(given !== undefined);
    const permissions = permissionsFrom([given]);
    assert.equal(permissions.inTenant.size, 0);
    assert.equal(permissions.inWorkspace(workspace).size, 0);
    assert.equal(permissions.inPool({ id: poolId('other'), workspaceId: undefined }).size, 0);
    assert.ok(permissions.inPool({ id: staff, workspaceId: undefined }).has('manage_identity_pool_users'));
  });

  it('refuse whom there is not, and another role', async () => {
    assert.equal((await grant({ ...ada, identity_pool_user_id: 'nobody' })).status, 404);
    assert.equal((await api.ask('GET', at('/users/nobody/roles'))).status, 404);
    assert.equal((await api.ask('POST', at('/roles/grant'), { body: { ...ada, role: 'admin' } })).status, 422);
    const elsewhere = `/api/admin/${tenant}/pools/other/roles/grant`;
    assert.equal((await api.ask('POST', elsewhere, { body: { ...ada, role: 'user_manager' } })).status, 404);
  });

  it('are given by who administers the pool, and not by who manages its people', async () => {
    held = [{ workspaceId: undefined, poolId: staff, role: 'user_manager' }];
    assert.equal((await grant()).status, 403);
    assert.equal((await api.ask('GET', at('/roles'))).status, 403);
    held = [{ workspaceId: workspace, role: 'manager' }];
    assert.equal((await grant()).status, 403);
    held = [{ workspaceId: workspace, role: 'admin' }];
    assert.equal((await grant()).status, 204);
  });
});
