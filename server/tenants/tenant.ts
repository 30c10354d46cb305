/** A customer of the platform: the wall that nothing crosses. */
import { unprocessable } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

/** The deployment's own tenant; its `system` workspace issues the tokens of the root APIs. */
export const rootTenantId = 'system';

/** Ids that nobody may choose: the root's, and what stands in the place of a tenant's id in addresses of no tenant. */
export const reservedTenantIds: ReadonlySet<string> = new Set([
  rootTenantId,
  ...['alive', 'api', 'assets', 'health', 'metrics', 'ops', 'ready', 'static', 'tenants', 'well-known'],
]);

/** Workspaces every tenant has, whose names nobody else may take. */
export const reservedWorkspaceIds = ['admin', 'developer', 'system'] as const;

/** Where a tenant's own administration lives: nothing below the tenant decides there. */
export function isReservedWorkspace(id: string): boolean {
  const reserved: readonly string[] = reservedWorkspaceIds;
  return reserved.includes(id);
}

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  /** Published members the platform keeps as they came (`url`, `metadata`, `settings`, `styling`). */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * Under which address a tenant was registered, as it is compared: several tenants may have the same.
 * @returns undefined for what is no text of 1 to 254 characters
 */
export function normalizeRegistrationIdentifier(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.normalize('NFC').trim().toLowerCase() : '';
  return text === '' || text.length > 254 ? undefined : text;
}

/** Of the published `metadata.registration_identifier`. */
export function registrationIdentifierOf({ metadata }: Tenant['settings']): string | undefined {
  const isThere = typeof metadata === 'object' && metadata !== null && 'registration_identifier' in metadata;
  return isThere ? normalizeRegistrationIdentifier(metadata.registration_identifier) : undefined;
}

/**
 * Under which address a tenant is found, the deployment says: a tenant that says it itself has a mail with its name and link
 * sent to whom it likes. What is registered stays, and may be taken away.
 * @throws PlatformError `unprocessable_entity`
 */
export function requireRegistered(given: Tenant['settings'], stored: Tenant['settings'] | undefined): void {
  const wanted = registrationIdentifierOf(given);
  if (wanted === undefined || wanted === (stored && registrationIdentifierOf(stored))) return;
  throw unprocessable('/metadata/registration_identifier', 'is said by the deployment, not by the tenant itself');
}

export interface TenantStore {
  find(id: TenantId): Promise<Tenant | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(id: TenantId): Promise<Tenant | undefined>;
  /** @param identifier as `normalizeRegistrationIdentifier` answers it. Ordered by id. */
  listRegisteredBy(identifier: string, limit: number): Promise<readonly Tenant[]>;
  list(query: PageQuery): Promise<Page<Tenant>>;
  /** @throws PlatformError `conflict` when the id is taken */
  insert(tenant: Tenant): Promise<void>;
  /** @throws PlatformError `not_found` */
  update(tenant: Tenant): Promise<void>;
  /** From then on nobody finds it; its id is free once all it holds has been removed. @param at milliseconds since the epoch */
  markRemoved(id: TenantId, at: number): Promise<void>;
}
