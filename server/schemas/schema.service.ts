/** Making, changing and removing JSON Schemas. Who was held to one before stays as they are until they are changed. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, newId, schemaId, type SchemaId, type TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { PoolStore } from '../pools/pool.ts';
import { allOf } from '../kernel/all-pages.ts';
import { isDefaultSchema } from './default-schemas.ts';
import { mostSchemas, type Schema, type SchemaStore } from './schema.ts';

export interface SchemaServiceStores {
  readonly schemas: SchemaStore;
  readonly pools: Pick<PoolStore, 'list'>;
  readonly outbox: Outbox;
}

export type SchemaWords = Pick<Schema, 'name' | 'description' | 'schema' | 'isSystem'>;

export interface SchemaPlace {
  readonly tenantId: TenantId;
  readonly id: SchemaId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Schema) => void;
}

export interface SchemaService {
  /** @param id random where it is empty. @throws PlatformError `unprocessable_entity`, `conflict` */
  create(tenant: TenantId, id: string, words: SchemaWords): Promise<Schema>;
  /** @throws PlatformError `not_found`, `forbidden` for a system schema */
  update(place: SchemaPlace, words: SchemaWords): Promise<Schema>;
  /** @throws PlatformError `not_found`, `forbidden` for a system schema, `conflict` where a pool names it */
  remove(place: SchemaPlace): Promise<void>;
}

export function createSchemaService(deps: {
  readonly unitOfWork: UnitOfWork<SchemaServiceStores>;
  readonly clock: Clock;
}): SchemaService {
  const { unitOfWork, clock } = deps;

  const tell = ({ outbox }: SchemaServiceStores, { tenantId, id, name }: Schema, action: string) =>
    outbox.append({
      tenantId,
      subject: 'schema',
      action,
      metadata: {},
      payload: { [`schema_${action}`]: { id, name } },
    });

  const changeable = async ({ schemas }: SchemaServiceStores, { tenantId, id, check }: SchemaPlace) => {
    const stored = await schemas.findHeld(tenantId, id);
    if (stored === undefined) throw new PlatformError('not_found', 'There is no such schema.');
    if (stored.isSystem) throw new PlatformError('forbidden', 'A system schema is neither changed nor deleted.');
    check?.(stored);
    return stored;
  };

  return {
    create(tenantId, wanted, words) {
      const id = schemaId(wanted === '' ? newId() : wanted);
      checkGivenId(id);
      if (isDefaultSchema(id)) throw new PlatformError('conflict', 'A schema with this id exists already.');
      return unitOfWork.run(async (stores) => {
        const count = (await stores.schemas.list(tenantId)).length;
        if (count >= mostSchemas) throw unprocessable('', `A tenant has at most ${String(mostSchemas)} schemas.`);
        const now = clock.now();
        const schema: Schema = { tenantId, id, ...words, createdAt: now, updatedAt: now };
        await stores.schemas.insert(schema);
        await tell(stores, schema, 'created');
        return schema;
      });
    },

    update: (place, words) =>
      unitOfWork.run(async (stores) => {
        const stored = await changeable(stores, place);
        const schema: Schema = { ...stored, ...words, updatedAt: clock.now() };
        await stores.schemas.update(schema);
        await tell(stores, schema, 'updated');
        return schema;
      }),

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const stored = await changeable(stores, place);
        const pages = allOf(
          (query) => stores.pools.list(place.tenantId, query),
          (pool) => pool.id,
        );
        for await (const { id, settings } of pages) {
          const named = [settings.payload_schema_id, settings.metadata_schema_id, settings.business_metadata_schema_id];
          if (named.includes(place.id))
            throw new PlatformError('conflict', `The identity pool ${id} holds people to it.`);
        }
        await stores.schemas.remove(place.tenantId, place.id);
        await tell(stores, stored, 'deleted');
      }),
  };
}
