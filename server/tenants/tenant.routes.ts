/** Tenants: made, read, changed and removed by the deployment's own client; read and changed by their administrators. */
import { z } from 'zod';
import { clientBody, toClientBody } from '../clients/client.body.ts';
import { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';
import { allOf } from '../kernel/all-pages.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { givenName } from '../kernel/given-name.ts';
import { newId, tenantId, type TenantId } from '../kernel/ids.ts';
import { serverBody, toServerBody } from '../workspaces/server.body.ts';
import { chosenId, keptOf, tenantAnswer, tenantBody, toTenantBody, type TenantBody } from './tenant.body.ts';
import { tenantFilter } from './tenant-filter.ts';
import type { TenantService } from './tenant.service.ts';
import { requireRegistered, type Tenant, type TenantStore } from './tenant.ts';

export interface TenantRoutesDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'list'>;
  readonly service: TenantService;
  /** Where a tenant is without an address of its own. */
  readonly urlOf: (tenant: TenantId) => string;
  readonly clock: Clock;
}

const setup: Access = { kind: 'scope', tenant: 'root', workspace: 'system', scopes: ['manage_configuration'] };
const tag = 'tenants';

const created = z.object({
  tenant: tenantAnswer,
  servers: z.array(serverBody),
  clients: z.array(clientBody),
  idps: z.array(z.never()),
});

export function tenantEndpoints({ tenants, service, urlOf, clock }: TenantRoutesDeps): readonly Endpoint[] {
  const show = (tenant: Tenant) => toTenantBody(tenant, urlOf(tenant.id));
  const list = async (fits: (tenant: Record<string, unknown>) => boolean) => {
    const found: Record<string, unknown>[] = [];
    for await (const tenant of allOf(tenants.list, ({ id }) => id)) if (fits(show(tenant))) found.push(show(tenant));
    return { tenants: found };
  };
  const all = { status: 200, description: 'the tenants', body: z.object({ tenants: z.array(tenantAnswer) }) } as const;
  const one = { status: 200, description: 'the tenant', body: tenantAnswer } as const;
  const get = async ({ tenantId: id }: Pick<Call, 'tenantId'>) => {
    const tenant = await tenants.find(id);
    if (tenant === undefined) throw new PlatformError('not_found', 'There is no such tenant.');
    return show(tenant);
  };
  const replace = async ({ tenantId: id, body, ifMatch }: Call<unknown, TenantBody>, isItself = false) => {
    const settings = keptOf(body, urlOf(id));
    const check = (stored: Tenant): void => {
      ifMatch(show(stored));
      if (isItself) requireRegistered(settings, stored.settings);
    };
    return show(await service.update({ id, name: body.name ?? '', settings, check }));
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/system/tenants',
      operationId: 'listTenants',
      tag,
      summary: 'List tenants',
      access: setup,
      query: z.object({
        query: tenantFilter.optional().describe('JSON that a tenant must hold, e.g. {"metadata":{"region":"eu"}}'),
      }),
      success: all,
      handle: ({ query }) => list(query.query ?? (() => true)),
    }),
    endpoint({
      method: 'post',
      path: '/api/system/tenants',
      operationId: 'createTenant',
      tag,
      summary: 'Create a tenant',
      access: setup,
      query: z.object({ with_default_workspaces: z.stringbool().optional() }),
      body: tenantBody,
      success: { status: 201, description: 'the tenant and what it begins with', body: created },
      async handle({ query, body }) {
        const id = chosenId(body) ?? newId();
        const made = await service.create({
          id,
          name: givenName(body.name, undefined, id),
          settings: keptOf(body, urlOf(tenantId(id))),
          withDefaultWorkspace: query.with_default_workspaces ?? false,
        });
        return {
          tenant: show(made.tenant),
          servers: made.workspaces.map((workspace) => toServerBody({ ...workspace, defaultScript: '' })),
          clients: made.clients.map((client) => toClientBody(client, true, clock.now())),
          idps: [],
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/system/tenants/:tid',
      operationId: 'getTenant',
      tag,
      summary: 'Get a tenant',
      access: setup,
      success: one,
      handle: get,
    }),
    endpoint({
      method: 'put',
      path: '/api/system/tenants/:tid',
      operationId: 'updateTenant',
      tag,
      summary: 'Replace a tenant',
      access: setup,
      body: tenantBody,
      success: one,
      handle: (call) => replace(call),
    }),
    endpoint({
      method: 'delete',
      path: '/api/system/tenants/:tid',
      operationId: 'deleteTenant',
      tag,
      summary: 'Delete a tenant and all it holds',
      access: setup,
      success: { status: 204, description: 'it is gone' },
      handle: ({ tenantId: id, ifMatch }) =>
        service.remove(id, (stored) => {
          ifMatch(show(stored));
        }),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/tenants',
      operationId: 'listAdminTenants',
      tag,
      summary: 'List tenants, for administrators of the deployment',
      access: { kind: 'scope', tenant: 'root', workspace: 'admin', scopes: ['manage_configuration'] },
      success: all,
      handle: () => list(() => true),
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/tenant',
      operationId: 'getAdminTenant',
      tag,
      summary: 'Get the tenant, for its own administrators',
      access: { kind: 'role', in: 'tenant', permission: 'get_tenant' },
      success: one,
      handle: get,
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/tenant',
      operationId: 'updateAdminTenant',
      tag,
      summary: 'Replace what is said of the tenant; its id stays',
      access: { kind: 'role', in: 'tenant', permission: 'update_tenant' },
      body: tenantBody,
      success: one,
      handle: (call) => replace(call, true),
    }),
  ];
}
