/** The Admin API's roles, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { roleEndpoints } from '../../../server/access/role.routes.ts';
import { createRoleService } from '../../../server/access/role.service.ts';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { clientId, idpId, type TenantId, workspaceId } from '../../../server/kernel/ids.ts';
import type { Client } from '../../../server/clients/client.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

/** A client with nothing but its place. */
const clientIn = (tenant: TenantId, workspace: string, id: string): Client => ({
  tenantId: tenant,
  workspaceId: workspaceId(workspace),
  id: clientId(id),
  status: 'active',
  trusted: false,
  metadata: {},
  secret: undefined,
  rotatedSecrets: [],
  createdAt: noon,
  updatedAt: noon,
});

const admin = { workspaceId: undefined, role: 'admin' } as const;

onEachDatabase('the endpoints of roles', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  /** What the caller has. */
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { roles, workspaces } = storesOf(knex);
    const service = createRoleService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    api = await serveEndpoints(roleEndpoints({ roles, workspaces, service }), [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    held = [admin];
    ({ tenant } = await seedTenant(knex));
    const stores = storesOf(knex);
    for (const id of ['admin', 'shop'].map(workspaceId)) await stores.workspaces.insert(workspaceOf(tenant, { id }));
    const pool = poolOf(tenant);
    await stores.pools.insert(pool);
    const user = userOf(tenant, pool.id);
    await stores.users.insert(user);
    person = { type: 'identity_pool_user', identity_pool_id: pool.id, identity_pool_user_id: user.id };
    await stores.clients.insert(clientIn(tenant, 'admin', 'robot'));
    await stores.clients.insert(clientIn(tenant, 'shop', 'storefront'));
    const idp = { tenantId: tenant, name: 'People', enabled: true, method: 'identity_pool', poolId: pool.id } as const;
    await stores.idps.insert({ ...idp, workspaceId: workspaceId('admin'), id: idpId('staff') });
    await stores.idps.insert({ ...idp, workspaceId: workspaceId('shop'), id: idpId('customers') });
  });
  let person: Readonly<Record<string, string>>;
  const robot = { type: 'client', client_id: 'robot' };
  const staff = { type: 'idp', idp_id: 'staff', workspace_id: 'admin' };

  const at = (path: string) => `/api/admin/${tenant}/${path}`;
  const grant = (subject: object, role: string, where = 'tenant') =>
    api.ask('POST', at(`${where}/roles/grant`), { body: { ...subject, role } });
  const revoke = (subject: object, role: string, where = 'tenant') =>
    api.ask('DELETE', at(`${where}/roles/revoke`), { body: { ...subject, role } });

  it('are given, listed as published, and taken back', async () => {
    for (const subject of [robot, person, staff]) {
      assert.equal((await grant(subject, 'admin')).status, 204);
      assert.equal((await grant(subject, 'admin')).status, 204);
    }
    await grant(person, 'auditor');
    await grant(person, 'manager', 'servers/shop');
    const none = { admin: false, auditor: false, business_admin: false, member: false };
    const { body } = await api.ask('GET', at('tenant/roles'));
    assert.deepEqual(body, {
      subjects: [
        { tenant_id: tenant, ...robot, roles: { ...none, admin: true } },
        { tenant_id: tenant, ...person, roles: { ...none, admin: true, auditor: true } },
        { tenant_id: tenant, ...staff, roles: { ...none, admin: true } },
      ],
    });
    assert.deepEqual((await api.ask('GET', at('servers/shop/roles'))).body, {
      subjects: [
        {
          tenant_id: tenant,
          ...person,
          roles: { admin: false, auditor: false, manager: true, member: false, user_manager: false },
        },
      ],
    });
    assert.equal((await revoke(person, 'manager', 'servers/shop')).status, 204);
    assert.equal((await revoke(person, 'manager', 'servers/shop')).status, 404);
    assert.deepEqual((await api.ask('GET', at('servers/shop/roles'))).body, { subjects: [] });
    const told = await eventsOf(knex, tenant);
    assert.equal(told.filter((name) => name === 'role revoked').length, 1);
    assert.ok(told.includes('role granted'));
  });

  it('are given to nobody who is not there, nor to who cannot administer', async () => {
    for (const subject of [
      { type: 'client', client_id: 'nobody' },
      { type: 'client', client_id: 'storefront' },
      { ...person, identity_pool_user_id: 'nobody' },
      { type: 'idp', idp_id: 'customers', workspace_id: 'shop' },
      { type: 'idp', idp_id: 'customers', workspace_id: 'admin' },
    ])
      assert.equal((await grant(subject, 'admin')).status, 404, JSON.stringify(subject));
    assert.equal((await grant(robot, 'admin', 'servers/nowhere')).status, 404);
    assert.deepEqual((await api.ask('GET', at('tenant/roles'))).body, { subjects: [] });
  });

  it('refuse what is no role, and a subject that is not named: 422', async () => {
    for (const [subject, role] of [
      [robot, 'emperor'],
      [robot, 'user_manager'],
      [{ type: 'client' }, 'admin'],
      [{ type: 'identity_pool_user', identity_pool_id: 'people' }, 'admin'],
      [{ type: 'idp', idp_id: 'staff' }, 'admin'],
      [{ type: 'god' }, 'admin'],
    ] as const)
      assert.equal((await grant(subject, role)).status, 422, JSON.stringify([subject, role]));
    for (const id of ['admin', 'system', 'developer'])
      assert.equal((await grant(robot, 'admin', `servers/${id}`)).status, 422, id);
  });

  it('are for those to give who may give this very role', async () => {
    for (const [mine, where, role, status] of [
      [{ workspaceId: undefined, role: 'business_admin' }, 'tenant', 'member', 204],
      [{ workspaceId: undefined, role: 'business_admin' }, 'tenant', 'business_admin', 403],
      [{ workspaceId: undefined, role: 'business_admin' }, 'tenant', 'admin', 403],
      [{ workspaceId: undefined, role: 'auditor' }, 'tenant', 'member', 403],
      [{ workspaceId: workspaceId('shop'), role: 'admin' }, 'tenant', 'member', 403],
      [{ workspaceId: workspaceId('shop'), role: 'admin' }, 'servers/shop', 'admin', 204],
      [{ workspaceId: workspaceId('shop'), role: 'manager' }, 'servers/shop', 'member', 204],
      [{ workspaceId: workspaceId('shop'), role: 'manager' }, 'servers/shop', 'manager', 403],
      [{ workspaceId: workspaceId('shop'), role: 'member' }, 'servers/shop', 'member', 403],
      [{ workspaceId: workspaceId('bank'), role: 'admin' }, 'servers/shop', 'member', 403],
    ] as const) {
      held = [mine];
      assert.equal((await grant(person, role, where)).status, status, JSON.stringify([mine, where, role]));
      if (status === 403) assert.equal((await revoke(person, role, where)).status, 403);
    }
  });

  it('leave a tenant one administrator, however many are taken at once', async () => {
    await grant(robot, 'admin');
    await grant(person, 'admin');
    const outcomes = await Promise.all([revoke(robot, 'admin'), revoke(person, 'admin')]);
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [204, 422]);
    assert.equal((await storesOf(knex).roles.listIn(tenant, undefined)).length, 1);
  });

  it('say what a caller may do', async () => {
    held = [{ workspaceId: workspaceId('shop'), role: 'member' }];
    const mine = (body: unknown) =>
      Object.entries(z.record(z.string(), z.boolean()).parse(body)).flatMap(([name, may]) => (may ? [name] : []));
    assert.deepEqual(mine((await api.ask('GET', at('tenant/permissions'))).body), []);
    assert.deepEqual(mine((await api.ask('GET', at('servers/shop/permissions'))).body), [
      'discover_workspace',
      'get_workspace',
    ]);
    assert.equal((await api.ask('GET', at('servers/nowhere/permissions'))).status, 403);
    held = [admin];
    assert.equal((await api.ask('GET', at('servers/nowhere/permissions'))).status, 404);
    held = [];
    assert.equal((await api.ask('GET', at('tenant/permissions'))).status, 403);
  });
});
