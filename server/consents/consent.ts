/** What a person granted to a client, and how it is taken back. */
import type { ClientId, ConsentId, InteractionId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export interface Consent {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: ConsentId;
  /** The consent type that made it; `generic` is core's own. */
  readonly type: string;
  /** The person, as the `sub` of tokens. */
  readonly subject: string;
  readonly clientId: ClientId;
  /** The protocol engine's grant that this consent stands behind: what goes when the consent is taken back. */
  readonly grantId: string;
  readonly grantedScopes: readonly string[];
  readonly deniedScopes: readonly string[];
  /** What the consent type adds; checked against its schema. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly interactionId: InteractionId;
  /** Milliseconds since the epoch. */
  readonly grantedAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export interface ConsentStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: ConsentId): Promise<Consent | undefined>;
  /** The newest that is neither revoked nor expired. */
  findActive(
    tenant: TenantId,
    workspace: WorkspaceId,
    subject: string,
    client: ClientId,
    now: number,
  ): Promise<Consent | undefined>;
  listBySubject(tenant: TenantId, workspace: WorkspaceId, subject: string): Promise<readonly Consent[]>;
  /** All of a workspace, by id. */
  list(tenant: TenantId, workspace: WorkspaceId, query: PageQuery): Promise<Page<Consent>>;
  insert(consent: Consent): Promise<void>;
  /** Replaces what was granted. */
  grant(tenant: TenantId, workspace: WorkspaceId, id: ConsentId, scopes: readonly string[]): Promise<void>;
  /** @returns false when it was revoked before */
  revoke(tenant: TenantId, workspace: WorkspaceId, id: ConsentId, at: number): Promise<boolean>;
}
