/** Services in rows. */
import type { Knex } from 'knex';
import { insertUnlessTaken, toBoolean, toTime } from '../db/columns.ts';
import type { BooleanColumn, TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { serviceId, tenantId, workspaceId, type ServiceId, type TenantId } from '../kernel/ids.ts';
import type { Service, ServiceStore } from './service.ts';

interface ServiceRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly custom_audience: string | null;
  readonly type: string;
  readonly is_system: BooleanColumn;
  readonly updated_at: TimeColumn;
}

function toService(row: ServiceRow): Service {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: serviceId(row.id),
    name: row.name,
    description: row.description,
    ...(row.custom_audience === null ? {} : { customAudience: row.custom_audience }),
    type: row.type,
    isSystem: toBoolean(row.is_system),
    updatedAt: toTime(row.updated_at),
  };
}

const words = (service: Service) => ({
  name: service.name,
  description: service.description,
  custom_audience: service.customAudience ?? null,
  type: service.type,
  is_system: service.isSystem,
  updated_at: service.updatedAt,
});

export function createServiceStore(executor: Knex): ServiceStore {
  const rows = () => executor<ServiceRow>('services');
  const one = (tenant: TenantId, id: ServiceId) => rows().where({ tenant_id: tenant, id });
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (id: ServiceId, row: ServiceRow | undefined) => (row?.id === id ? toService(row) : undefined);

  return {
    find: async (tenant, id) => named(id, await one(tenant, id).first()),
    findHeld: async (tenant, id) => named(id, await one(tenant, id).forUpdate().first()),

    async list(tenant, workspace, query) {
      const page = keysetPage(query);
      const { types } = query;
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .modify((wanted) => {
          if (types !== undefined) void wanted.whereIn('type', [...types]);
        })
        .modify(page.matching, 'id', 'name')
        .modify<ServiceRow, ServiceRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(toService) };
    },

    async insert(service) {
      const { tenantId: tenant, workspaceId: workspace, id } = service;
      await insertUnlessTaken(
        rows().insert({ tenant_id: tenant, workspace_id: workspace, id, ...words(service) }),
        'A service with this id',
      );
    },

    async update(service) {
      const { tenantId: tenant, workspaceId: workspace, id } = service;
      const changed = await rows().where({ tenant_id: tenant, workspace_id: workspace, id }).update(words(service));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such service.');
    },

    async remove(tenant, id) {
      await rows().where({ tenant_id: tenant, id }).delete();
    },
  };
}
