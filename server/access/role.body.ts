/** Roles as the published Admin API writes them. */
import { z } from 'zod';
import type { PoolId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import { poolRoles } from './pool-role.ts';
import { tenantRoles, workspaceRoles, type RoleGrant, type RoleSubject } from './role.ts';

const id = z.string().min(1).max(64).optional();

const subjectMembers = {
  /** `client` is ours: a client of the workspace `admin` that acts for itself. */
  type: z.enum(['identity_pool_user', 'idp', 'client']),
  identity_pool_id: id,
  identity_pool_user_id: id,
  idp_id: id,
  workspace_id: id.describe('of the idp; only those of the workspace admin let anybody administer'),
  client_id: id,
};
type SubjectMembers = z.infer<z.ZodObject<typeof subjectMembers>>;

/** Which members name a subject of each type. */
function missing({ type, ...given }: SubjectMembers): readonly string[] {
  const needed = {
    identity_pool_user: ['identity_pool_id', 'identity_pool_user_id'],
    idp: ['idp_id', 'workspace_id'],
    client: ['client_id'],
  } as const;
  return needed[type].filter((member) => given[member] === undefined);
}

function requireMembers(given: SubjectMembers, context: z.core.$RefinementCtx): void {
  for (const member of missing(given))
    context.addIssue({ code: 'custom', path: [member], message: `is needed for the type ${given.type}`, input: given });
}

export const subjectBody = z.object(subjectMembers).superRefine((given, context) => {
  requireMembers(given, context);
});

export const tenantRoleBody = z
  .object({ ...subjectMembers, role: z.enum(tenantRoles) })
  .superRefine((given, context) => {
    requireMembers(given, context);
  });
export const workspaceRoleBody = z
  .object({ ...subjectMembers, role: z.enum(workspaceRoles) })
  .superRefine((given, context) => {
    requireMembers(given, context);
  });

export const poolRoleBody = z.object({ ...subjectMembers, role: z.enum(poolRoles) }).superRefine((given, context) => {
  requireMembers(given, context);
});

export function subjectFrom(given: SubjectMembers): RoleSubject {
  const text = (value: string | undefined): string => value ?? '';
  switch (given.type) {
    case 'identity_pool_user':
      return { type: given.type, poolId: text(given.identity_pool_id), userId: text(given.identity_pool_user_id) };
    case 'idp':
      return { type: given.type, workspaceId: text(given.workspace_id), idpId: text(given.idp_id) };
    case 'client':
      return { type: given.type, clientId: text(given.client_id) };
  }
}

export function toSubjectBody(tenant: TenantId, subject: RoleSubject): Record<string, string> {
  const base = { tenant_id: tenant, type: subject.type };
  switch (subject.type) {
    case 'identity_pool_user':
      return { ...base, identity_pool_id: subject.poolId, identity_pool_user_id: subject.userId };
    case 'idp':
      return { ...base, workspace_id: subject.workspaceId, idp_id: subject.idpId };
    case 'client':
      return { ...base, client_id: subject.clientId };
  }
}

const roleFlags = (roles: readonly string[]) => z.object(Object.fromEntries(roles.map((role) => [role, z.boolean()])));
const subjects = (roles: readonly string[]) =>
  z.object({
    subjects: z.array(
      z.object({
        type: z.string(),
        tenant_id: z.string(),
        identity_pool_id: z.string().optional().describe('of a person of a pool'),
        identity_pool_user_id: z.string().optional(),
        workspace_id: z.string().optional().describe('of everybody of an idp'),
        idp_id: z.string().optional(),
        client_id: z.string().optional().describe('of a program'),
        roles: roleFlags(roles),
      }),
    ),
  });
export const tenantRolesAnswer = subjects(tenantRoles);
export const workspaceRolesAnswer = subjects(workspaceRoles);
export const poolRolesAnswer = subjects(poolRoles);

/** All roles of one person, wherever they have them. */
export const userRolesAnswer = z.object({
  resources: z.array(
    z.object({
      type: z.enum(['tenant', 'workspace', 'identity_pool']),
      tenant_id: z.string(),
      workspace_id: z.string().optional(),
      identity_pool_id: z.string().optional(),
      role: z.enum([...tenantRoles, ...workspaceRoles, ...poolRoles]),
    }),
  ),
});

export function resourceOf({ workspaceId: workspace, poolId: pool }: Pick<RoleGrant, 'workspaceId' | 'poolId'>) {
  if (workspace !== undefined) return { type: 'workspace', workspace_id: workspace } as const;
  return pool === undefined
    ? ({ type: 'tenant' } as const)
    : ({ type: 'identity_pool', identity_pool_id: pool } as const);
}

export function toUserRolesBody(tenant: TenantId, grants: readonly RoleGrant[]): z.infer<typeof userRolesAnswer> {
  return { resources: grants.map((grant) => ({ ...resourceOf(grant), tenant_id: tenant, role: grant.role })) };
}

/** Each subject once, with each of the roles said to be theirs or not. */
export function toSubjectsBody(
  tenant: TenantId,
  roles: readonly RoleGrant['role'][],
  grants: readonly RoleGrant[],
): { readonly subjects: readonly Record<string, unknown>[] } {
  const held = new Map<string, { readonly subject: RoleSubject; readonly roles: Set<string> }>();
  for (const { subject, role } of grants) {
    const key = JSON.stringify(subject);
    const known = held.get(key) ?? { subject, roles: new Set<string>() };
    known.roles.add(role);
    held.set(key, known);
  }
  return {
    subjects: [...held.values()].map((one) => ({
      ...toSubjectBody(tenant, one.subject),
      roles: Object.fromEntries(roles.map((role) => [role, one.roles.has(role)])),
    })),
  };
}

export function grantOf(
  tenantId: TenantId,
  workspaceId: WorkspaceId | undefined,
  given: SubjectMembers & { readonly role: RoleGrant['role'] },
): RoleGrant {
  return { tenantId, workspaceId, role: given.role, subject: subjectFrom(given) };
}

export function poolGrantOf(
  tenantId: TenantId,
  poolId: PoolId,
  given: SubjectMembers & { readonly role: RoleGrant['role'] },
): RoleGrant {
  return { ...grantOf(tenantId, undefined, given), poolId };
}
