/** A password at rest: its argon2id hash, its version, and until when it is good. */
import type { CredentialId, PoolId, TenantId, UserId } from '../../kernel/ids.ts';

export interface PasswordCredential {
  readonly id: CredentialId;
  readonly userId: UserId;
  /** PHC string, e.g. `$argon2id$v=19$m=19456,t=2,p=1$…`. */
  readonly hash: string;
  /** Grows with every change; a proof made with an older one is worth nothing. */
  readonly version: number;
  /** Milliseconds since the epoch; undefined never expires. */
  readonly expiresAt: number | undefined;
}

export interface PasswordCredentialStore {
  findByUser(tenant: TenantId, pool: PoolId, user: UserId): Promise<PasswordCredential | undefined>;
  /** Writes it as it is, with its id and its version, in the place of any other. */
  put(tenant: TenantId, pool: PoolId, credential: PasswordCredential): Promise<void>;
  /** Inserts, or replaces and raises the version. */
  set(tenant: TenantId, pool: PoolId, user: UserId, hash: string, expiresAt: number | undefined): Promise<void>;
}

/** Hashing and verifying, always off the event loop. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Verifies against `hash`, or against a decoy of the same cost when there is none, so that both take as long. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
}

/** What a verification may cost that somebody else's hash asks for: 256 MiB, ten passes, four lanes. */
const phc = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=([1-4])\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;

/** Whether a hash from elsewhere can be verified here, and at a bearable cost. */
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
