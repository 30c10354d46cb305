/** The Admin API's roles and permissions: who may do what in a tenant and in its workspaces, and who says so. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import {
  grantOf,
  tenantRoleBody,
  tenantRolesAnswer,
  toSubjectsBody,
  workspaceRoleBody,
  workspaceRolesAnswer,
} from './role.body.ts';
import type { RoleService } from './role.service.ts';
import { tenantPermissions, tenantRoles, workspacePermissions, workspaceRoles, type RoleStore } from './role.ts';

export interface RoleRoutesDeps {
  readonly roles: Pick<RoleStore, 'listIn'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: RoleService;
}

/** Whoever has a role; what they may do with which role is for the handler to say. */
const anybody = { kind: 'role', in: 'any' } as const;

function flags(all: readonly string[], held: ReadonlySet<string>): Record<string, boolean> {
  return Object.fromEntries(all.map((name) => [name, held.has(name)]));
}
const flagsOf = (all: readonly string[]) => z.object(Object.fromEntries(all.map((name) => [name, z.boolean()])));

function require(held: ReadonlySet<string>, permission: string): void {
  if (!held.has(permission)) throw new PlatformError('forbidden', 'Your roles do not allow this.');
}

const given = { status: 204, description: 'it is given' } as const;
const taken = { status: 204, description: 'it is taken back' } as const;

export function roleEndpoints({ roles, workspaces, service }: RoleRoutesDeps): readonly Endpoint[] {
  const find = async ({ tenantId, params }: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(tenantId, workspaceId(params['wid'] ?? '')))?.id;
  const inWorkspace = ({ permissions, params }: Call) => permissions.inWorkspace(workspaceId(params['wid'] ?? ''));

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/tenant/permissions',
      operationId: 'checkTenantPermissions',
      tag: 'permissions',
      summary: 'What you may do in this tenant',
      access: anybody,
      success: { status: 200, description: 'each permission', body: flagsOf(tenantPermissions) },
      handle: ({ permissions }) => Promise.resolve(flags(tenantPermissions, permissions.inTenant)),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/permissions',
      operationId: 'checkWorkspacePermissions',
      tag: 'permissions',
      summary: 'What you may do in this workspace',
      access: { kind: 'role', in: 'workspace', permission: 'discover_workspace', of: find },
      success: { status: 200, description: 'each permission', body: flagsOf(workspacePermissions) },
      handle: (call) => Promise.resolve(flags(workspacePermissions, inWorkspace(call))),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/tenant/roles',
      operationId: 'listTenantRoles',
      tag: 'roles',
      summary: 'List who has a role in the tenant',
      access: { kind: 'role', in: 'tenant', permission: 'read_roles' },
      success: { status: 200, description: 'the subjects and their roles', body: tenantRolesAnswer },
      handle: async ({ tenantId }) => toSubjectsBody(tenantId, tenantRoles, await roles.listIn(tenantId, undefined)),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/tenant/roles/grant',
      operationId: 'grantTenantRole',
      tag: 'roles',
      summary: 'Give somebody a role in the tenant',
      access: anybody,
      body: tenantRoleBody,
      isAction: true,
      refuses: ['not_found'],
      success: given,
      handle: async ({ tenantId, permissions, body }) => {
        require(permissions.inTenant, `manage_${body.role}_role`);
        await service.grant(grantOf(tenantId, undefined, body));
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/tenant/roles/revoke',
      operationId: 'revokeTenantRole',
      tag: 'roles',
      summary: 'Take a role in the tenant back',
      access: anybody,
      body: tenantRoleBody,
      isAction: true,
      refuses: ['not_found'],
      success: taken,
      handle: async ({ tenantId, permissions, body }) => {
        require(permissions.inTenant, `manage_${body.role}_role`);
        await service.revoke(grantOf(tenantId, undefined, body));
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/roles',
      operationId: 'listWorkspaceRoles',
      tag: 'roles',
      summary: 'List who has a role in the workspace',
      access: { kind: 'role', in: 'workspace', permission: 'read_roles', of: find },
      success: { status: 200, description: 'the subjects and their roles', body: workspaceRolesAnswer },
      handle: async ({ tenantId, params }) =>
        toSubjectsBody(tenantId, workspaceRoles, await roles.listIn(tenantId, workspaceId(params['wid'] ?? ''))),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/servers/:wid/roles/grant',
      operationId: 'grantWorkspaceRole',
      tag: 'roles',
      summary: 'Give somebody a role in the workspace',
      access: anybody,
      body: workspaceRoleBody,
      isAction: true,
      success: given,
      handle: async (call) => {
        require(inWorkspace(call), `manage_${call.body.role}_role`);
        await service.grant(grantOf(call.tenantId, workspaceId(call.params['wid'] ?? ''), call.body));
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/servers/:wid/roles/revoke',
      operationId: 'revokeWorkspaceRole',
      tag: 'roles',
      summary: 'Take a role in the workspace back',
      access: anybody,
      body: workspaceRoleBody,
      isAction: true,
      success: taken,
      handle: async (call) => {
        require(inWorkspace(call), `manage_${call.body.role}_role`);
        await service.revoke(grantOf(call.tenantId, workspaceId(call.params['wid'] ?? ''), call.body));
      },
    }),
  ];
}
