/** Roles of administrators in an exported configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { tenantId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { grantOf, subjectBody, toSubjectBody } from './role.body.ts';
import { tenantRoles, workspaceRoles, type RoleGrant, type RoleStore } from './role.ts';

export interface RoleSectionStores {
  readonly roles: Pick<RoleStore, 'listIn' | 'listFor' | 'insert'>;
}

const body = z.object({
  role: z.enum([...tenantRoles, ...workspaceRoles]),
  resource: z.object({ type: z.enum(['tenant', 'workspace']), workspace_id: z.string().min(1).max(64).optional() }),
  subject: subjectBody,
});
type RoleItem = z.infer<typeof body>;

const workspaceOf = ({ resource }: RoleItem) =>
  resource.type === 'workspace' ? workspaceId(resource.workspace_id ?? '') : undefined;

const grantFrom = (tenant: TenantId, item: RoleItem): RoleGrant =>
  grantOf(tenant, workspaceOf(item), { ...item.subject, role: item.role });

function toItem({ workspaceId: workspace, role, subject }: RoleGrant): RoleItem {
  const resource: RoleItem['resource'] =
    workspace === undefined ? { type: 'tenant' } : { type: 'workspace', workspace_id: workspace };
  const { tenant_id: _, ...members } = toSubjectBody(tenantId(''), subject);
  return { role, resource, subject: subjectBody.parse(members) };
}

const nameOf = ({ role, resource, subject }: RoleItem): string =>
  [role, resource.workspace_id ?? '', subject.type, ...Object.entries(subject).flat()].join(' ');

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
    },
    async find({ roles }, tenant, item) {
      const { workspaceId: workspace, role, subject } = grantFrom(tenant, item);
      const held = await roles.listFor(tenant, [subject]);
      const found = held.find((one) => one.workspaceId === workspace && one.role === role);
      return found === undefined ? undefined : toItem(found);
    },
    faults(item) {
      const { role, resource } = item;
      const allowed: readonly string[] = resource.type === 'tenant' ? tenantRoles : workspaceRoles;
      if (!allowed.includes(role))
        return Promise.resolve([{ pointer: '/role', message: `must be among ${allowed.join(', ')}` }]);
      const isReserved = resource.workspace_id !== undefined && isReservedWorkspace(resource.workspace_id);
      const message = 'is reserved: its roles are those of the tenant';
      return Promise.resolve(isReserved ? [{ pointer: '/resource/workspace_id', message }] : []);
    },
    write: ({ roles }, tenant, item) => roles.insert(grantFrom(tenant, item), clock.now()),
  });
}
