/** What each role allows, and where. */
import assert from 'node:assert/strict';
import {
  permissionsFrom,
  tenantPermissions,
  tenantRoles,
  workspacePermissions,
  workspaceRoles,
} from '../../../server/access/role.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';

const [shop, bank] = [workspaceId('shop'), workspaceId('bank')];

describe('permissionsFrom', () => {
  it('allows nothing without a role', () => {
    const nobody = permissionsFrom([]);
    assert.deepEqual([nobody.any, nobody.inTenant.size, nobody.inWorkspace(shop).size], [false, 0, 0]);
  });

  it('allows the administrator of a tenant everything, everywhere in it', () => {
    const admin = permissionsFrom([{ workspaceId: undefined, role: 'admin' }]);
    assert.deepEqual([...admin.inTenant], [...tenantPermissions]);
    for (const id of [shop, workspaceId('admin')])
      assert.deepEqual([...admin.inWorkspace(id)], [...workspacePermissions]);
  });

  it('allows the administrator of a workspace everything there, and nothing beside it', () => {
    const admin = permissionsFrom([{ workspaceId: shop, role: 'admin' }]);
    assert.deepEqual([...admin.inWorkspace(shop)], [...workspacePermissions]);
    assert.deepEqual([admin.inTenant.size, admin.inWorkspace(bank).size], [0, 0]);
  });

  it('lets auditors look, and change nothing and read no secret', () => {
    for (const grant of [
      { workspaceId: undefined, role: 'auditor' },
      { workspaceId: shop, role: 'auditor' },
    ] as const) {
      const auditor = permissionsFrom([grant]);
      const held = [...auditor.inTenant, ...auditor.inWorkspace(shop)];
      assert.ok(held.includes('read_clients') && held.includes('get_workspace'));
      for (const permission of held) assert.match(permission, /^(tenant_)?(read|get|list|discover)_/);
      assert.ok(!held.includes('read_secrets'));
    }
  });

  it('lets a manager manage a workspace, but neither remove it nor say who else may', () => {
    const manager = permissionsFrom([{ workspaceId: shop, role: 'manager' }]).inWorkspace(shop);
    for (const permission of ['manage_clients', 'update_workspace', 'manage_member_role'] as const)
      assert.ok(manager.has(permission), permission);
    for (const permission of ['delete_workspace', 'manage_admin_role', 'manage_manager_role'] as const)
      assert.ok(!manager.has(permission), permission);
  });

  it('shows clients to whoever may change what they are held to: a refused change names them', () => {
    for (const role of workspaceRoles) {
      const may = permissionsFrom([{ workspaceId: shop, role }]).inWorkspace(shop);
      const changes = may.has('update_workspace') || may.has('manage_services');
      assert.ok(!changes || may.has('read_clients'), role);
    }
  });

  it('gives no way up: only roles in the tenant count in the workspaces of its administration', () => {
    for (const id of ['admin', 'developer', 'system'].map(workspaceId)) {
      for (const role of workspaceRoles)
        assert.equal(permissionsFrom([{ workspaceId: id, role }]).inWorkspace(id).size, 0, `${role} in ${id}`);
    }
  });

  it('takes no role of a workspace for one of the tenant that is called the same', () => {
    for (const role of tenantRoles) {
      const name = workspaceRoles.find((one) => one === role);
      if (name !== undefined) assert.equal(permissionsFrom([{ workspaceId: shop, role: name }]).inTenant.size, 0);
    }
  });
});
