/** JSON Schemas as the published APIs write them. */
import { z } from 'zod';
import { faultsOfSchema } from './schema-keywords.ts';
import type { Schema } from './schema.ts';

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Bounded beside its text: what is deep or wide costs with everybody who is held to it. */
const keywords = z.record(z.string(), z.json()).superRefine((schema, context) => {
  for (const { pointer, message } of faultsOfSchema(schema)) {
    const path = pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    context.addIssue({ code: 'custom', path, message, input: schema });
  }
});

export const schemaBody = z.object({
  id: z.string().max(64).optional(),
  name: z.string().trim().min(1).max(255),
  description: z.string().max(1024).default(''),
  schema: keywords,
  system: z.boolean().default(false).describe('neither changed nor deleted any more'),
});

export const schemaAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  description: z.string(),
  schema: z.record(z.string(), z.json()),
  system: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export function toSchemaBody(one: Schema): Readonly<Record<string, unknown>> {
  return {
    id: one.id,
    tenant_id: one.tenantId,
    name: one.name,
    description: one.description,
    schema: one.schema,
    system: one.isSystem,
    created_at: isoOf(one.createdAt),
    updated_at: isoOf(one.updatedAt),
  };
}
