/** What the protocol engine keeps: codes, tokens, grants, sessions, interactions, pushed requests. One table for all. */
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';

export interface ArtifactKey {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** oidc-provider's model name, e.g. `AccessToken`. */
  readonly model: string;
}

/** JSON as oidc-provider hands it over, without the id itself: the table knows ids only as hashes. */
export type ArtifactPayload = Readonly<Record<string, unknown>>;

export interface StoredArtifact {
  readonly payload: ArtifactPayload;
  /** Seconds since the epoch; set once. */
  readonly consumedAt: number | undefined;
}

/**
 * Seconds that a row stays findable past its expiry: the clocks of two servers may differ by as much. Whether the thing
 * itself is still good is for the engine to say, which reads `exp` in the payload.
 */
export const clockToleranceSeconds = 15;

/** Whose artifacts: a person's, by the `sub` of tokens, a client's, or a grant's. */
export type ArtifactOwner = { readonly subject: string } | { readonly client: string } | { readonly grantId: string };

export interface ArtifactStore {
  /** Undefined also for rows of any other tenant, workspace or model, and for rows expired or destroyed beyond their grace. */
  find(key: ArtifactKey, id: string): Promise<StoredArtifact | undefined>;
  /** A session by its second name. Its id stays unknown: the table does not hold it. */
  findByUid(key: ArtifactKey, uid: string): Promise<StoredArtifact | undefined>;
  findByUserCode(key: ArtifactKey, userCode: string): Promise<StoredArtifact | undefined>;
  /** Inserts or replaces; never clears `consumedAt`. @param expiresAt seconds since the epoch, undefined for never */
  upsert(key: ArtifactKey, id: string, payload: ArtifactPayload, expiresAt: number | undefined): Promise<void>;
  /** Inserts and never replaces. @returns false when the id is there (replay detection) */
  insertOnce(key: ArtifactKey, id: string, payload: ArtifactPayload, expiresAt: number | undefined): Promise<boolean>;
  /** @returns false when it was consumed before or is not there: exactly one of any number of callers gets true */
  consume(key: ArtifactKey, id: string, at: number): Promise<boolean>;
  destroy(key: ArtifactKey, id: string): Promise<void>;
  /** Keeps the row findable until `until` (seconds since the epoch), so that a resume whose answer was lost may be asked again. */
  destroySoftly(key: ArtifactKey, id: string, until: number): Promise<void>;
  /** Everything that a grant gave, and the grant; with `model`, only what is of that model. */
  destroyByGrant(tenant: TenantId, workspace: WorkspaceId, grantId: string, model?: string): Promise<void>;
  /** Everything that a client holds or began. */
  destroyByClient(tenant: TenantId, workspace: WorkspaceId, client: ClientId): Promise<void>;
  /** Everything of a person: sessions, grants, codes, tokens. */
  destroyBySubject(tenant: TenantId, workspace: WorkspaceId, subject: string): Promise<void>;
  /**
   * Destroys no more than `limit` of somebody's, of one model where one is named. There may be millions.
   * @returns how many
   */
  destroySome(
    tenant: TenantId,
    workspace: WorkspaceId,
    owner: ArtifactOwner,
    which: { readonly model?: string; readonly limit: number },
  ): Promise<number>;
  /** Removes rows that nobody can find any more. @param now milliseconds since the epoch @returns how many, at most `limit` */
  removeExpired(now: number, limit: number): Promise<number>;
}
