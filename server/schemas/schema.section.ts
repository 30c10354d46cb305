/** JSON Schemas in an exported identity configuration. */
import { z } from 'zod';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { givenIdPattern, schemaId } from '../kernel/ids.ts';
import { isDefaultSchema } from './default-schemas.ts';
import { schemaBody } from './schema.body.ts';
import { mostSchemas, type Schema, type SchemaStore } from './schema.ts';

export interface SchemaSectionStores {
  readonly schemas: Pick<SchemaStore, 'find' | 'list' | 'insert' | 'update'>;
}

const time = z.iso.datetime({ offset: true }).optional();

const body = schemaBody.extend({
  id: z.string().regex(givenIdPattern, 'must be 1 to 64 of A-Z, a-z, 0-9, . _ ~ and -'),
  created_at: time,
  updated_at: time,
});
type SchemaItem = z.infer<typeof body>;

const isoOf = (ms: number): string => new Date(ms).toISOString();

const toItem = ({ id, name, description, schema, isSystem, createdAt, updatedAt }: Schema): SchemaItem =>
  body.parse({
    id,
    name,
    description,
    schema,
    system: isSystem,
    created_at: isoOf(createdAt),
    updated_at: isoOf(updatedAt),
  });

export function schemaSection({ clock }: { readonly clock: Clock }): Section<SchemaSectionStores> {
  return section({
    member: 'schemas',
    body,
    holds: ['tenant'],
    most: mostSchemas,
    placeMember: '',
    nameOf: ({ id }) => id,
    placeOf: () => undefined,
    // Those that every tenant has are there without being imported.
    async *list({ schemas }, tenant, place) {
      if (place !== undefined) return;
      for (const one of await schemas.list(tenant)) if (!isDefaultSchema(one.id)) yield toItem(one);
    },
    async find({ schemas }, tenant, { id }) {
      const found = await schemas.find(tenant, schemaId(id));
      return found === undefined ? undefined : toItem(found);
    },
    faults: ({ id }) =>
      Promise.resolve(
        isDefaultSchema(schemaId(id)) ? [{ pointer: '/id', message: 'is one that every tenant has, and stays' }] : [],
      ),
    complete(item, stored) {
      const now = isoOf(clock.now());
      const { created_at = stored?.created_at ?? now, updated_at = stored?.updated_at ?? now } = item;
      return Promise.resolve({ ...item, created_at, updated_at });
    },
    async write({ schemas }, tenant, item, stored) {
      const at = (text: string | undefined) => (text === undefined ? clock.now() : Date.parse(text));
      const schema: Schema = {
        tenantId: tenant,
        id: schemaId(item.id),
        name: item.name,
        description: item.description,
        schema: item.schema,
        isSystem: item.system,
        createdAt: at(item.created_at),
        updatedAt: at(item.updated_at),
      };
      await (stored === undefined ? schemas.insert(schema) : schemas.update(schema));
    },
  });
}
