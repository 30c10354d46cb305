/** Who may administer what: roles in a tenant, in its workspaces and pools, and the published permissions they give. */
import type { PoolId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { poolPermissionsOf, type PoolPermission, type PoolRole } from './pool-role.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';

export const tenantRoles = ['admin', 'business_admin', 'auditor', 'member'] as const;
export type TenantRole = (typeof tenantRoles)[number];

export const workspaceRoles = ['admin', 'auditor', 'manager', 'user_manager', 'member'] as const;
export type WorkspaceRole = (typeof workspaceRoles)[number];

/** As the Admin API answers them to who asks what they may do in a tenant. */
export const tenantPermissions = [
  'create_identity_pool',
  'create_organization',
  'create_workspace',
  'get_tenant',
  'list_identity_pools',
  'list_organizations',
  'list_workspaces',
  'manage_admin_role',
  'manage_auditor_role',
  'manage_brute_force_protection',
  'manage_business_admin_role',
  'manage_member_role',
  'manage_mfa_methods',
  'manage_permission_systems',
  'manage_privacy',
  'manage_server_bindings',
  'manage_themes',
  'manage_vanity_domains',
  'read_brute_force_protection',
  'read_mfa_methods',
  'read_permission_systems',
  'read_privacy',
  'read_roles',
  'read_server_bindings',
  'read_system_apis',
  'read_system_environment',
  'read_system_notifications',
  'read_system_services',
  'read_system_templates',
  'read_themes',
  'read_vanity_domains',
  'tenant_read_analytics',
  'update_tenant',
] as const;
export type TenantPermission = (typeof tenantPermissions)[number];

/** As the Admin API answers them to who asks what they may do in a workspace. */
export const workspacePermissions = [
  'create_identity_pool',
  'delete_organization',
  'delete_workspace',
  'discover_workspace',
  'get_organization',
  'get_workspace',
  'list_identity_pools',
  'manage_acrs',
  'manage_admin_role',
  'manage_apis',
  'manage_auditor_role',
  'manage_authorization_details',
  'manage_claims',
  'manage_clients',
  'manage_custom_apps',
  'manage_gateways',
  'manage_idps',
  'manage_manager_role',
  'manage_member_role',
  'manage_policies',
  'manage_scripts',
  'manage_secrets',
  'manage_services',
  'manage_tokens',
  'manage_user_manager_role',
  'manage_webhooks',
  'read_acrs',
  'read_analytics',
  'read_apis',
  'read_audit_events',
  'read_authorization_details',
  'read_claims',
  'read_clients',
  'read_custom_apps',
  'read_gateways',
  'read_idps',
  'read_policies',
  'read_roles',
  'read_scripts',
  'read_secrets',
  'read_services',
  'read_webhooks',
  'update_organization',
  'update_organization_metadata',
  'update_workspace',
  'update_workspace_metadata',
] as const;
export type WorkspacePermission = (typeof workspacePermissions)[number];

/** Looks and never changes; secrets are no reading matter. */
const isReading = (permission: string): boolean =>
  /^(?:tenant_)?(?:read|get|list|discover)_/.test(permission) && permission !== 'read_secrets';
/** What an administrator alone does. */
const isReserved = (permission: WorkspacePermission): boolean =>
  /^(?:delete_|manage_(?:admin|auditor|manager)_role$)/.test(permission);

const ofTenantRole: Readonly<Record<TenantRole, readonly TenantPermission[]>> = {
  admin: tenantPermissions,
  business_admin: [
    'get_tenant',
    'list_workspaces',
    'list_organizations',
    'create_organization',
    'read_roles',
    'manage_member_role',
  ],
  auditor: tenantPermissions.filter(isReading),
  member: ['get_tenant'],
};

const ofWorkspaceRole: Readonly<Record<WorkspaceRole, readonly WorkspacePermission[]>> = {
  admin: workspacePermissions,
  manager: workspacePermissions.filter((permission) => !isReserved(permission)),
  auditor: workspacePermissions.filter(isReading),
  user_manager: ['discover_workspace', 'get_workspace', 'list_identity_pools'],
  member: ['discover_workspace', 'get_workspace'],
};

/** The administrator and the auditor of a tenant are that in each of its workspaces. */
const everywhere: Partial<Readonly<Record<TenantRole, readonly WorkspacePermission[]>>> = {
  admin: workspacePermissions,
  auditor: ofWorkspaceRole.auditor,
};

/** Whom a role is given to. */
export type RoleSubject =
  /** A person of a pool, by whatever idp they come. */
  | { readonly type: 'identity_pool_user'; readonly poolId: string; readonly userId: string }
  /** Everybody who comes by an idp of a workspace. */
  | { readonly type: 'idp'; readonly workspaceId: string; readonly idpId: string }
  /** A client of the workspace `admin` that acts for itself. */
  | { readonly type: 'client'; readonly clientId: string };

export interface RoleGrant {
  readonly tenantId: TenantId;
  /** Undefined for a role in the tenant, or in a pool. */
  readonly workspaceId: WorkspaceId | undefined;
  /** Of a role in a pool, which has no workspace then. */
  readonly poolId?: PoolId;
  readonly role: TenantRole | WorkspaceRole | PoolRole;
  readonly subject: RoleSubject;
}

/** Whoever bears a token of the workspace that administers a tenant. */
export interface RoleBearer {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly clientId: string;
  /** Absent where the client acts for itself. */
  readonly subject?: string;
  /** Of the login that gave the token. */
  readonly grantId?: string;
}

/** What a caller may do. */
export interface Permissions {
  readonly inTenant: ReadonlySet<TenantPermission>;
  inWorkspace(id: WorkspaceId): ReadonlySet<WorkspacePermission>;
  inPool(pool: PoolPlace): ReadonlySet<PoolPermission>;
  /** Whether they have a role at all. */
  readonly any: boolean;
  /** In the tenant. */
  readonly roles: readonly TenantRole[];
  /** In which they have a role of its own. */
  readonly workspaces: readonly WorkspaceId[];
  /** In which they have a role of its own. */
  readonly pools: readonly PoolId[];
}

/** A pool, and the workspace it belongs to. */
export interface PoolPlace {
  readonly id: PoolId;
  /** Undefined for a pool of the tenant. */
  readonly workspaceId: WorkspaceId | undefined;
}

/** @param grants all that one caller has, in one tenant */
export function permissionsFrom(grants: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[]): Permissions {
  const held = tenantRoles.filter((role) =>
    grants.some((one) => one.workspaceId === undefined && one.poolId === undefined && one.role === role),
  );
  /** Only a tenant's own roles count where its administration itself lives: there is no way up from below. */
  const rolesIn = (id: WorkspaceId): readonly WorkspaceRole[] =>
    isReservedWorkspace(id)
      ? []
      : workspaceRoles.filter((role) => grants.some((one) => one.workspaceId === id && one.role === role));
  return {
    any: grants.length > 0,
    roles: held,
    workspaces: [...new Set(grants.flatMap(({ workspaceId }) => workspaceId ?? []))],
    inTenant: new Set(held.flatMap((role) => ofTenantRole[role])),
    pools: [...new Set(grants.flatMap(({ poolId: id }) => id ?? []))],
    inWorkspace: (id) =>
      new Set([
        ...held.flatMap((role) => everywhere[role] ?? []),
        ...rolesIn(id).flatMap((role) => ofWorkspaceRole[role]),
      ]),
    inPool: ({ id, workspaceId: workspace }) => {
      const roles = [
        ...held.filter((role) => role === 'admin' || role === 'auditor'),
        ...(workspace === undefined ? [] : rolesIn(workspace).filter((role) => role !== 'member')),
        ...(grants.some(({ poolId: pool }) => pool === id) ? (['user_manager'] as const) : []),
      ];
      return new Set(roles.flatMap((role) => poolPermissionsOf[role]));
    },
  };
}

export interface RoleStore {
  /** All that are given to one of these subjects. */
  listFor(tenant: TenantId, subjects: readonly RoleSubject[]): Promise<readonly RoleGrant[]>;
  /** All in a workspace, or in the tenant alone where it is undefined; ordered by subject. */
  listIn(tenant: TenantId, workspace: WorkspaceId | undefined): Promise<readonly RoleGrant[]>;
  /** All in a pool, or in any pool where it is undefined; ordered by pool and subject. */
  listInPool(tenant: TenantId, pool: PoolId | undefined): Promise<readonly RoleGrant[]>;
  /** Given twice is given once. @throws PlatformError `not_found` without such a tenant */
  insert(grant: RoleGrant, now: number): Promise<void>;
  /** @returns false when it was not given */
  remove(grant: RoleGrant): Promise<boolean>;
  /** Takes everything from one subject: who comes under its name later begins with nothing. */
  removeSubject(tenant: TenantId, subject: RoleSubject): Promise<void>;
  /** Takes all roles in a pool, and all that its people have anywhere. */
  removePool(tenant: TenantId, pool: PoolId): Promise<void>;
}
