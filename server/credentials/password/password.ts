/** A password at rest: its hash, its version, the state it is in, and until when it is good. */
import type { CredentialId, PoolId, TenantId, UserId } from '../../kernel/ids.ts';

/**
 * As published. `must_be_changed`: it proves its person once more, who then has to change it. `must_be_reset`: it proves
 * nobody, until it is set anew after a code.
 */
export const passwordStates = ['valid', 'must_be_changed', 'must_be_reset'] as const;
export type PasswordState = (typeof passwordStates)[number];

/** How many of the passwords before the present one are kept: the most that a pool can ask about. */
export const longestHistory = 24;

/** Of a pool: people come from one system as a rule, and from several after mergers. */
export const mostForms = 16;

export interface PasswordCredential {
  readonly id: CredentialId;
  readonly userId: UserId;
  /**
   * A PHC string, e.g. `$argon2id$v=19$m=19456,t=2,p=1$…`, or one that another system made (`parseForeignHash`). Undefined
   * for a person who came without a password, and sets their first one after a code.
   */
  readonly hash: string | undefined;
  /** Grows with every change; a proof made with an older one is worth nothing. */
  readonly version: number;
  /** Milliseconds since the epoch; undefined never expires. */
  readonly expiresAt: number | undefined;
  readonly state: PasswordState;
  /** Milliseconds since the epoch; undefined where it is as old as its person. */
  readonly createdAt: number | undefined;
  readonly updatedAt: number | undefined;
}

/** A password that was the person's once. */
export interface FormerPassword {
  readonly version: number;
  readonly hash: string;
}

export interface PasswordCredentialStore {
  findByUser(tenant: TenantId, pool: PoolId, user: UserId): Promise<PasswordCredential | undefined>;
  /** In which forms hashes of another making came into a pool (`formOf`); at most `mostForms`, in a fixed order. */
  formsOf(tenant: TenantId, pool: PoolId): Promise<readonly string[]>;
  /** As it is, and as it stays until the transaction ends that asks. */
  findHeld(tenant: TenantId, pool: PoolId, user: UserId): Promise<PasswordCredential | undefined>;
  /** The ones before the present, newest first; at most `longestHistory`. */
  historyOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly FormerPassword[]>;
  /** Writes it as it is, with its id and its version, in the place of any other; the ones before it only where given. */
  put(
    tenant: TenantId,
    pool: PoolId,
    credential: PasswordCredential,
    history?: readonly FormerPassword[],
  ): Promise<void>;
  /**
   * Inserts, or replaces and raises the version; what it replaces becomes the newest of those before it.
   * @param more `state`: valid where left out; `at`: when, in milliseconds since the epoch
   */
  set(
    tenant: TenantId,
    pool: PoolId,
    user: UserId,
    hash: string | undefined,
    expiresAt: number | undefined,
    more?: { readonly state?: PasswordState; readonly at?: number },
  ): Promise<void>;
  /** @returns false where the person has no password */
  setState(tenant: TenantId, pool: PoolId, user: UserId, state: PasswordState, at: number): Promise<boolean>;
  /**
   * Replaces the hash of one password by another hash of the same: the version stays, so that proofs stay good.
   * @returns false where the hash is another one by now
   */
  rehash(tenant: TenantId, pool: PoolId, user: UserId, from: string, to: string): Promise<boolean>;
}

/** Hashing and verifying, always off the event loop. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * Verifies against `hash`, or against a decoy of the same cost when there is none, so that both take as long. A hash of
   * another making is verified after the decoy.
   * @param form of the hashes of another making among which this one is looked for (`formOf`): whoever's password is wrong
   *   and has none of these costs what one of them costs
   */
  verify(hash: string | undefined, password: string, form?: string): Promise<boolean>;
  /** Whether it is as `hash` makes them today; what is not is made anew when its password is known. */
  isOwn(hash: string): boolean;
}

/** What a verification may cost that somebody else's hash asks for: 256 MiB, ten passes, four lanes. */
const phc = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=([1-4])\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;

/** Whether an argon2id hash from elsewhere can be verified here, and at a bearable cost. */
export function isStoredHash(hash: string): boolean {
  const [, memory, passes] = phc.exec(hash) ?? [];
  return (
    memory !== undefined &&
    Number(memory) >= 8 &&
    Number(memory) <= 262_144 &&
    Number(passes) >= 1 &&
    Number(passes) <= 10
  );
}
