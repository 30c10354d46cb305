/** What is known of people, as JSON Schemas of a tenant: payloads and metadata are held to them (JSON Schema 2020-12). */
import type { SchemaId, TenantId } from '../kernel/ids.ts';

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface Schema {
  readonly tenantId: TenantId;
  readonly id: SchemaId;
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Neither changed nor deleted by anybody. */
  readonly isSystem: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SchemaStore {
  /** Those of the tenant, and those that every tenant has. */
  find(tenant: TenantId, id: SchemaId): Promise<Schema | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, id: SchemaId): Promise<Schema | undefined>;
  /** Those of the tenant by their ids, after those that every tenant has. */
  list(tenant: TenantId): Promise<readonly Schema[]>;
  /** @throws PlatformError `conflict` */
  insert(schema: Schema): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(schema: Schema): Promise<void>;
  remove(tenant: TenantId, id: SchemaId): Promise<void>;
}

/** How many a tenant may have: they are listed whole. */
export const mostSchemas = 500;
