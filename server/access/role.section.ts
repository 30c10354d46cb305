/** Roles of administrators in an exported configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { poolId, tenantId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { poolRoles } from './pool-role.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { grantOf, poolGrantOf, resourceOf, subjectBody, toSubjectBody } from './role.body.ts';
import { tenantRoles, workspaceRoles, type RoleGrant, type RoleStore } from './role.ts';

export interface RoleSectionStores {
  readonly roles: Pick<RoleStore, 'listIn' | 'listInPool' | 'listFor' | 'insert'>;
}

const body = z
  .object({
    role: z.enum([...tenantRoles, ...workspaceRoles, ...poolRoles]),
    resource: z.object({
      type: z.enum(['tenant', 'workspace', 'identity_pool']),
      workspace_id: z.string().min(1).max(64).optional(),
      identity_pool_id: z.string().min(1).max(64).optional(),
    }),
    subject: subjectBody,
  })
  .superRefine(({ resource }, { addIssue }) => {
    // Without its place it would be a role in the tenant; with another one, nobody could say which was meant.
    const places = { workspace: 'workspace_id', identity_pool: 'identity_pool_id' } as const;
    for (const [type, member] of Object.entries(places)) {
      const isNeeded = resource.type === type;
      if (isNeeded === (resource[member] !== undefined)) continue;
      const message = isNeeded ? 'is needed for a role in it' : `is no place of a role in the ${resource.type}`;
      addIssue({ code: 'custom', path: ['resource', member], message });
    }
  });
type RoleItem = z.infer<typeof body>;

const workspaceOf = ({ resource }: RoleItem) =>
  resource.type === 'workspace' ? workspaceId(resource.workspace_id ?? '') : undefined;

const poolOf = ({ resource }: RoleItem) =>
  resource.type === 'identity_pool' ? poolId(resource.identity_pool_id ?? '') : undefined;

function grantFrom(tenant: TenantId, item: RoleItem): RoleGrant {
  const pool = poolOf(item);
  const given = { ...item.subject, role: item.role };
  return pool === undefined ? grantOf(tenant, workspaceOf(item), given) : poolGrantOf(tenant, pool, given);
}

function toItem(grant: RoleGrant): RoleItem {
  const { role, subject } = grant;
  const resource = resourceOf(grant);
  const { tenant_id: _, ...members } = toSubjectBody(tenantId(''), subject);
  return { role, resource, subject: subjectBody.parse(members) };
}

const nameOf = ({ role, resource, subject }: RoleItem): string =>
  [
    role,
    resource.workspace_id ?? '',
    resource.identity_pool_id ?? '',
    subject.type,
    ...Object.entries(subject).flat(),
  ].join(' ');

const rolesOf = { tenant: tenantRoles, workspace: workspaceRoles, identity_pool: poolRoles } as const;

export function roleSection({ clock }: { readonly clock: Clock }): Section<RoleSectionStores> {
  return section({
    member: 'roles',
    body,
    holds: ['tenant', 'place'],
    placeMember: 'resource/workspace_id',
    nameOf,
    placeOf: workspaceOf,
    async *list({ roles }, tenant, place) {
      for (const grant of await roles.listIn(tenant, place === undefined ? undefined : workspaceId(place)))
        yield toItem(grant);
      // A pool is no place of this configuration: its roles are among the tenant's.
      if (place === undefined) for (const grant of await roles.listInPool(tenant, undefined)) yield toItem(grant);
    },
    async find({ roles }, tenant, item) {
      const { workspaceId: workspace, poolId: pool, role, subject } = grantFrom(tenant, item);
      const held = await roles.listFor(tenant, [subject]);
      const found = held.find((one) => one.workspaceId === workspace && one.poolId === pool && one.role === role);
      return found === undefined ? undefined : toItem(found);
    },
    faults(item) {
      const { role, resource } = item;
      const allowed: readonly string[] = rolesOf[resource.type];
      if (!allowed.includes(role))
        return Promise.resolve([{ pointer: '/role', message: `must be among ${allowed.join(', ')}` }]);
      const isReserved = resource.workspace_id !== undefined && isReservedWorkspace(resource.workspace_id);
      const message = 'is reserved: its roles are those of the tenant';
      return Promise.resolve(isReserved ? [{ pointer: '/resource/workspace_id', message }] : []);
    },
    write: ({ roles }, tenant, item) => roles.insert(grantFrom(tenant, item), clock.now()),
  });
}
