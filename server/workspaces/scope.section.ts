/** Scopes in an exported configuration: those that stand by themselves, and how those of a service are written. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type Section } from '../configuration/section.ts';
import { checkGivenId, newId, scopeId, workspaceId, type ServiceId, type TenantId } from '../kernel/ids.ts';
import { checkScopeName, kindOf } from './scope.service.ts';
import { mostScopes, type ScopeStore, type StoredScope, type WrittenScope } from './scope.ts';

export interface ScopeSectionStores {
  readonly scopes: Pick<ScopeStore, 'listOwn' | 'find' | 'findById' | 'insert' | 'update'>;
}

const members = z.object({
  id: z.string().max(64).optional(),
  name: z.string(),
  display_name: z.string().max(255).default(''),
  description: z.string().max(4096).default(''),
  implicit_grant: z.boolean().default(false),
  transient: z.boolean().default(false),
  metadata: z.record(z.string().max(255), z.json()).default({}),
  /** Ours: `oidc` scopes release claims about the person, `api` scopes belong to an API. */
  kind: z.enum(['oidc', 'api']).optional(),
});

const placed = members.extend({ authorization_server_id: z.string().min(1).max(64) });
const withKind = <Item extends z.infer<typeof members>>({ kind, ...item }: Item) => ({
  ...item,
  kind: kind ?? kindOf(item.name),
});
const body = placed.transform(withKind<z.infer<typeof placed>>);
/** Of a service: it is where that is. */
export const scopeOfService = members.transform(withKind<z.infer<typeof members>>);
export type ScopeItem = z.infer<typeof body>;

export function toScopeItem(scope: StoredScope): ScopeItem {
  return {
    authorization_server_id: scope.workspaceId,
    id: scope.id,
    name: scope.name,
    display_name: scope.displayName,
    description: scope.description,
    implicit_grant: scope.implicitGrant,
    transient: scope.transient ?? false,
    metadata: z.record(z.string(), z.json()).parse(scope.metadata),
    kind: scope.kind,
  };
}

/** With an id that a scope of another name, or of another workspace, has in this tenant. */
export async function scopeFaults(
  { id = '', name, authorization_server_id: place }: ScopeItem,
  tenant: TenantId,
  scopes: Pick<ScopeStore, 'findById'>,
): Promise<readonly Fault[]> {
  const own = faultsFrom(() => {
    checkScopeName(name);
    if (id !== '') checkGivenId(id);
  });
  const holder = id === '' ? undefined : await scopes.findById(tenant, scopeId(id));
  if (holder === undefined || (holder.name === name && holder.workspaceId === workspaceId(place))) return own;
  return [...own, { pointer: '/id', message: `is that of ${holder.name} in ${holder.workspaceId} already` }];
}

export const distinctScope = (id: string) => ({ key: `the scope ${id}`, pointer: '/id' });

/** With what was left out: the name is shown, and its id stays. */
export function completeScope(item: ScopeItem, stored: Pick<ScopeItem, 'id'> | undefined): ScopeItem {
  const { id = '', name, display_name: display } = item;
  return {
    ...item,
    id: id === '' ? (stored?.id ?? newId()) : id,
    display_name: display === '' ? name : display,
  };
}

export function toWrittenScope(tenant: TenantId, item: ScopeItem, service?: ServiceId): WrittenScope {
  const { id = '', name, display_name: display, description, transient, metadata, kind } = item;
  return {
    tenantId: tenant,
    workspaceId: workspaceId(item.authorization_server_id),
    ...(id === '' ? {} : { id: scopeId(id) }),
    name,
    displayName: display === '' ? name : display,
    description,
    implicitGrant: item.implicit_grant,
    transient,
    metadata,
    kind,
    serviceId: service,
  };
}

export function scopeSection(): Section<ScopeSectionStores> {
  return section({
    member: 'scopes_without_service',
    body,
    holds: ['place'],
    most: mostScopes,
    placeMember: 'authorization_server_id',
    nameOf: ({ authorization_server_id: place, name }) => `${place} ${name}`,
    distinct: ({ id = '' }) => (id === '' ? [] : [distinctScope(id)]),
    placeOf: ({ authorization_server_id: place }) => place,
    async *list({ scopes }, tenant, place) {
      if (place === undefined) return;
      for (const scope of await scopes.listOwn(tenant, workspaceId(place)))
        if (scope.service === undefined) yield toScopeItem(scope);
    },
    async find({ scopes }, tenant, { authorization_server_id: place, name }) {
      const found = await scopes.find(tenant, workspaceId(place), name);
      return found === undefined ? undefined : toScopeItem(found);
    },
    faults: (item, { tenantId }, _stored, { scopes }) => scopeFaults(item, tenantId, scopes),
    async write({ scopes }, tenant, item, stored) {
      const scope = toWrittenScope(tenant, item);
      await (stored === undefined ? scopes.insert(scope) : scopes.update(scope));
    },
    complete: (item, stored) => Promise.resolve(completeScope(item, stored)),
  });
}
