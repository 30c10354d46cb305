/** Where a person is reached: e-mail addresses and phones, verified once they have shown that it is theirs. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';

export interface VerifiableAddress {
  readonly type: 'email' | 'mobile';
  /** As it was given. */
  readonly value: string;
  /** The form compared: see `normalizeAddress`. Once in a person; among the verified ones once in a pool. */
  readonly normalized: string;
  readonly status: 'active' | 'inactive';
  readonly preferredContactMethod: 'sms' | 'voice' | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch; undefined while it is not verified. */
  readonly verifiedAt: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One mailbox and one domain (RFC 5321 §4.5.3.1), without what could end a header or a command. */
const part = String.raw`[^\s@<>()[\],;:\\"\p{Cc}.]`;
const email = new RegExp(`^(?:${part}|\\.){1,64}@${part}+(?:\\.${part}+)*$`, 'u');
/** ITU-T E.164 §6. */
const phone = /^\+[1-9]\d{6,14}$/;

/**
 * The form in which addresses are stored and compared: NFKC and in lower case; a phone as E.164, without what is written
 * between its digits.
 * @returns undefined for what is no such address
 */
export function normalizeAddress(type: VerifiableAddress['type'], text: string): string | undefined {
  if (text.length > 320) return undefined;
  const plain = text.normalize('NFKC').trim();
  if (type === 'email') return plain.length <= 254 && email.test(plain) ? plain.toLowerCase() : undefined;
  const digits = plain.replaceAll(/[ ().-]/g, '');
  return phone.test(digits) ? digits : undefined;
}

/** What is said of a text that is none of its kind. */
export const malformed = {
  email: 'must be an e-mail address, such as ada@example.com',
  mobile: 'must be a phone with its country, such as +44 20 7946 0958',
} as const;

export interface AddressStore {
  /** By their normal form. */
  listOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly VerifiableAddress[]>;
  /** Of several people at once, a page's. */
  listOfEach(
    tenant: TenantId,
    pool: PoolId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, readonly VerifiableAddress[]>>;
  /** Whose verified address it is. */
  findUser(tenant: TenantId, pool: PoolId, normalized: string): Promise<UserId | undefined>;
  /** @throws PlatformError `conflict` when the person has it, or somebody in the pool has it verified */
  insert(tenant: TenantId, pool: PoolId, user: UserId, address: VerifiableAddress): Promise<void>;
  /** @throws PlatformError `not_found`; `conflict` when it is to be verified and somebody else has it verified */
  update(tenant: TenantId, pool: PoolId, user: UserId, address: VerifiableAddress): Promise<void>;
  /** @returns false when they do not have it */
  remove(tenant: TenantId, pool: PoolId, user: UserId, normalized: string): Promise<boolean>;
}
