/** Services in an exported configuration, each with its scopes. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type Section } from '../configuration/section.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { givenName } from '../kernel/given-name.ts';
import { checkGivenId, serviceId, workspaceId, type TenantId } from '../kernel/ids.ts';
import {
  completeScope,
  distinctScope,
  scopeFaults,
  scopeOfService,
  toScopeItem,
  toWrittenScope,
} from './scope.section.ts';
import type { ScopeStore, StoredScope } from './scope.ts';
import { mostServices, type Service, type ServiceStore } from './service.ts';

export interface ServiceSectionStores {
  readonly services: Pick<ServiceStore, 'find' | 'list' | 'insert' | 'update'>;
  readonly scopes: Pick<ScopeStore, 'listOwn' | 'find' | 'findById' | 'insert' | 'update'>;
}

const body = z
  .object({
    authorization_server_id: z.string().min(1).max(64),
    id: z.string().min(1).max(64),
    name: z.string().trim().max(255).default(''),
    description: z.string().max(4096).default(''),
    custom_audience: z.string().max(512).default(''),
    type: z
      .string()
      .regex(/^[a-z0-9_]{1,32}$/)
      .default('user'),
    system: z.boolean().default(false),
    updated_at: z.iso.datetime().optional(),
    scopes: z.array(scopeOfService).default([]),
  })
  .transform(({ scopes, authorization_server_id: place, ...item }) => ({
    authorization_server_id: place,
    ...item,
    scopes: scopes.map((scope) => ({ ...scope, authorization_server_id: place })),
  }));
type ServiceItem = z.infer<typeof body>;

function toItem(service: Service, all: readonly StoredScope[]): ServiceItem {
  return {
    authorization_server_id: service.workspaceId,
    id: service.id,
    name: service.name,
    description: service.description,
    custom_audience: service.customAudience ?? '',
    type: service.type,
    system: service.isSystem,
    updated_at: new Date(service.updatedAt).toISOString(),
    scopes: all.filter((scope) => scope.service?.id === service.id).map(toScopeItem),
  };
}

async function faultsOf(
  item: ServiceItem,
  tenant: TenantId,
  scopes: Pick<ScopeStore, 'findById'>,
): Promise<readonly Fault[]> {
  const names = item.scopes.map(({ name }) => name);
  const ofScopes: Fault[] = [];
  for (const [index, scope] of item.scopes.entries()) {
    const at = `/scopes/${String(index)}`;
    const twice = names.indexOf(scope.name) < index ? [{ pointer: '/name', message: 'stands here twice' }] : [];
    for (const fault of [...(await scopeFaults(scope, tenant, scopes)), ...twice])
      ofScopes.push({ ...fault, pointer: `${at}${fault.pointer}` });
  }
  const own = faultsFrom(() => {
    checkGivenId(item.id);
  });
  return [...own, ...ofScopes];
}

export function serviceSection({ clock }: { readonly clock: Clock }): Section<ServiceSectionStores> {
  const toService = (tenant: TenantId, item: ServiceItem): Service => ({
    tenantId: tenant,
    workspaceId: workspaceId(item.authorization_server_id),
    id: serviceId(item.id),
    name: item.name,
    description: item.description,
    customAudience: item.custom_audience === '' ? undefined : item.custom_audience,
    type: item.type,
    isSystem: item.system,
    updatedAt: item.updated_at === undefined ? clock.now() : Date.parse(item.updated_at),
  });

  return section({
    member: 'services',
    body,
    holds: ['place'],
    most: mostServices,
    placeMember: 'authorization_server_id',
    nameOf: ({ id }) => id,
    placeOf: ({ authorization_server_id: place }) => place,
    distinct: ({ scopes }) =>
      scopes.flatMap(({ id = '' }, index) => {
        const { key, pointer } = distinctScope(id);
        return id === '' ? [] : [{ key, pointer: `/scopes/${String(index)}${pointer}` }];
      }),
    async *list({ services, scopes }, tenant, place) {
      if (place === undefined) return;
      const own = await scopes.listOwn(tenant, workspaceId(place));
      const all = allOf(
        (query) => services.list(tenant, workspaceId(place), query),
        ({ id }) => id,
      );
      for await (const service of all) yield toItem(service, own);
    },
    async find({ services, scopes }, tenant, { id, authorization_server_id: place }) {
      const found = await services.find(tenant, serviceId(id));
      if (found === undefined) return undefined;
      if (found.workspaceId !== workspaceId(place))
        throw new PlatformError('conflict', `The workspace ${found.workspaceId} has a service of this id.`);
      return toItem(found, await scopes.listOwn(tenant, found.workspaceId));
    },
    faults: (item, { tenantId }, _stored, { scopes }) => faultsOf(item, tenantId, scopes),
    complete: (item, stored) =>
      Promise.resolve({
        ...item,
        name: givenName(item.name, stored, item.id),
        updated_at: item.updated_at ?? stored?.updated_at ?? new Date(clock.now()).toISOString(),
        scopes: item.scopes.map((scope) =>
          completeScope(
            scope,
            stored?.scopes.find(({ name }) => name === scope.name),
          ),
        ),
      }),
    async write({ services, scopes }, tenant, item, stored) {
      const service = toService(tenant, item);
      await (stored === undefined ? services.insert(service) : services.update(service));
      for (const scope of item.scopes) {
        const written = toWrittenScope(tenant, scope, service.id);
        const isThere = (await scopes.find(tenant, service.workspaceId, scope.name)) !== undefined;
        await (isThere ? scopes.update(written) : scopes.insert(written));
      }
      // What it is said to have no more stays in the workspace, by itself: clients may ask for it.
      for (const scope of stored?.scopes ?? [])
        if (item.scopes.every(({ name }) => name !== scope.name)) await scopes.update(toWrittenScope(tenant, scope));
    },
  });
}
