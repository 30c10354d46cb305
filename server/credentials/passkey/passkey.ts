/** A passkey at rest: the public half of a key that an authenticator keeps for one person (WebAuthn Level 3). */
import type { Pool } from '../../pools/pool.ts';
import { createHash } from 'node:crypto';
import type { PoolId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Mechanism } from '../../pools/pool.ts';

export interface Passkey {
  readonly userId: UserId;
  /** As its authenticator made it: at most 1023 bytes (§4, Credential ID), base64url. */
  readonly id: string;
  /** COSE_Key (RFC 9052 §7), base64url. */
  readonly publicKey: string;
  /** As it was at the last use; 0 where its authenticator does not count (§6.1.1). */
  readonly counter: number;
  /** How browsers may reach it, e.g. `internal`, `hybrid`. */
  readonly transports: readonly string[];
  readonly deviceType: 'singleDevice' | 'multiDevice';
  readonly isBackedUp: boolean;
  /** The model of its authenticator, as a UUID; zeros where that is not told. */
  readonly aaguid: string;
  /** What its person calls it; empty for none. At most 128 characters. */
  readonly name: string;
  readonly attestationType: string;
  /** Under which the authenticator keeps it, base64url; undefined for one from elsewhere that was not used here yet. */
  readonly userHandle: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
}

/** A passkey as it is given, without whose it is and since when. */
export type GivenPasskey = Omit<Passkey, 'userId' | 'createdAt' | 'lastUsedAt'>;

/** What a use of it changes. */
export interface PasskeyUse {
  readonly counter: number;
  readonly isBackedUp: boolean;
  readonly userHandle: string | undefined;
  readonly at: number;
  /** Names what was signed, and the signature (`passkeyKey`). */
  readonly answer: string;
}

export interface PasskeyStore {
  /** Oldest first. */
  listOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly Passkey[]>;
  /** The same, as they stay until the transaction ends that asks. */
  listHeld(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly Passkey[]>;
  /** @param key see `passkeyKey` */
  find(tenant: TenantId, pool: PoolId, key: string): Promise<Passkey | undefined>;
  /** @throws PlatformError `conflict` when somebody in the pool has it, `not_found` without its person */
  insert(tenant: TenantId, pool: PoolId, passkey: Passkey): Promise<void>;
  /** Writes it as it is over the one of its id. */
  replace(tenant: TenantId, pool: PoolId, passkey: Passkey): Promise<void>;
  /**
   * Notes a use, unless the counter has come as far before (§7.2, step on signCount): then there are two of the
   * authenticator, or this very answer was seen. One that never counted cannot say so.
   * @returns `noted`; `seen` for the very answer that was noted last; `behind` for any other whose counter came as far
   */
  use(tenant: TenantId, pool: PoolId, id: string, use: PasskeyUse): Promise<'noted' | 'seen' | 'behind'>;
  /** @returns false when they do not have it */
  rename(tenant: TenantId, pool: PoolId, user: UserId, id: string, name: string): Promise<boolean>;
  /** @returns false when they do not have it */
  remove(tenant: TenantId, pool: PoolId, user: UserId, id: string): Promise<boolean>;
}

/** Challenges that programs have open, known by their hashes. */
export interface PasskeyChallengeStore {
  /** Forgets the oldest of a person beyond `mostChallenges`. */
  insert(tenant: TenantId, pool: PoolId, user: UserId, challenge: string, expiresAt: number): Promise<void>;
  /** Spends it. @returns false for one that is not theirs, is over, or was spent */
  take(tenant: TenantId, pool: PoolId, user: UserId, challenge: string, now: number): Promise<boolean>;
}

/** How many a person may have: they are read with the person. */
export const mostPasskeys = 20;
export const mostChallenges = 5;

/** The name of a credential id that is short enough for an index, and for a mark. */
export function passkeyKey(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** How long a person stays near enough to their last authentication for adding a passkey. Milliseconds. */
export const nearMs = 5 * 60_000;

/**
 * Whether somebody authenticated within the last five minutes: only then they may add a passkey.
 * @param authTime seconds since the epoch, as in `auth_time`; @param now milliseconds since the epoch
 */
export function mayAddPasskey(authTime: number, now: number): boolean {
  const passed = now - authTime * 1000;
  return passed >= -1000 && passed <= nearMs;
}

/**
 * Whether somebody who loses a passkey can sign in without it.
 * @param ways by which they can now. @param left how many passkeys they keep. @param allowed by their pool
 */
export function canSpare(ways: readonly Mechanism[], left: number, allowed: readonly Mechanism[]): boolean {
  return ways.some((way) => allowed.includes(way) && (way !== 'webauthn' || left > 0));
}

/**
 * Whether a login offers one: by the pool, to who has none yet, after a way in that is not one.
 * @param amr of the login (RFC 8176)
 */
export function isOffered(
  { authenticationMechanisms: allowed }: Pick<Pool, 'authenticationMechanisms'>,
  passkeys: number,
  amr: readonly string[],
): boolean {
  return allowed.includes('webauthn') && passkeys === 0 && !amr.includes('pop');
}
