/** What a person types to say who they are: e-mail address, phone number or user name, in one normal form. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';

export const identifierTypes = ['email', 'mobile', 'uid', 'external'] as const;
export type IdentifierType = (typeof identifierTypes)[number];

export interface Identifier {
  readonly type: IdentifierType;
  /** As the person wrote it. */
  readonly value: string;
  /** The form compared: see `normalizeIdentifier`. Unique in a pool across types. */
  readonly normalized: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch; left out where it came with its person. */
  readonly createdAt?: number;
}

/** What a typed identifier looks like, before anybody is looked up. */
export function identifierTypeOf(text: string): 'email' | 'mobile' | 'uid' {
  const trimmed = text.trim();
  if (trimmed.includes('@')) return 'email';
  return /^\+?[0-9][0-9 ().-]{5,}$/.test(trimmed) ? 'mobile' : 'uid';
}

/**
 * The form in which identifiers are stored and compared: NFKC; the domain of an address lower-cased; phone numbers as
 * E.164 without spaces; everything lower-cased where the pool ignores case.
 * @param text at most 320 characters; longer ones are cut, so they match nobody
 */
export function normalizeIdentifier(text: string, options: { readonly caseInsensitive: boolean }): string {
  const plain = text.slice(0, 320).normalize('NFKC').trim();
  const type = identifierTypeOf(plain);
  if (type === 'mobile') return `+${plain.replace(/\D/g, '')}`;
  if (options.caseInsensitive) return plain.toLowerCase();
  if (type !== 'email') return plain;
  const at = plain.lastIndexOf('@');
  return plain.slice(0, at) + plain.slice(at).toLowerCase();
}

export interface IdentifierStore {
  findUser(tenant: TenantId, pool: PoolId, normalized: string): Promise<UserId | undefined>;
  listOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly Identifier[]>;
  /** Of several people at once, a page's. */
  listOfEach(
    tenant: TenantId,
    pool: PoolId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, readonly Identifier[]>>;
  /** @throws PlatformError `conflict` when somebody in the pool has it */
  insert(tenant: TenantId, pool: PoolId, user: UserId, identifier: Identifier): Promise<void>;
  remove(tenant: TenantId, pool: PoolId, user: UserId, normalized: string): Promise<void>;
  /** Every one of a pool: for pools of a size that was looked at before. */
  listAll(tenant: TenantId, pool: PoolId): Promise<readonly Identifier[]>;
  /** Gives an identifier another normal form. @throws PlatformError `conflict` when somebody in the pool has it */
  rename(tenant: TenantId, pool: PoolId, from: string, to: string): Promise<void>;
}
