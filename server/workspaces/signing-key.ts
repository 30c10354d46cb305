/** Keys a workspace signs with. The active one signs; retired ones verify until nothing they signed is alive. */
import type { JWK } from 'jose';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';

export type SigningAlg = 'ES256' | 'RS256' | 'PS256';

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  /** `active` signs and is published first; `retired` is only published. */
  readonly state: 'active' | 'retired';
  /** With the private members. Sealed at rest, and nowhere in a log or an answer. */
  readonly privateJwk: JWK;
  readonly createdAt: number;
  /** Set when retired: after this nothing it signed is valid any more, and the key may go. */
  readonly removableAt: number | undefined;
}

export interface SigningKeyStore {
  /** Active first, then retired from young to old. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly SigningKey[]>;
  insert(tenant: TenantId, workspace: WorkspaceId, key: SigningKey): Promise<void>;
  /** Puts these in the place of all there are: what the others signed is no longer valid. */
  replaceAll(tenant: TenantId, workspace: WorkspaceId, keys: readonly SigningKey[]): Promise<void>;
  retire(tenant: TenantId, workspace: WorkspaceId, kid: string, removableAt: number): Promise<void>;
  /** @returns false where no retired key has this id: the one that signs is never removed */
  removeRetired(tenant: TenantId, workspace: WorkspaceId, kid: string): Promise<boolean>;
  /** @returns how many were removed */
  removeExpired(tenant: TenantId, workspace: WorkspaceId, now: number): Promise<number>;
}
