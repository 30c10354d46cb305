/** A claim that an administrator has a workspace's tokens carry: a name, and where in what is known of the person it comes from. */
import type { ClaimId, TenantId, WorkspaceId } from '../kernel/ids.ts';

/** As published: where it is put. What an ID token says, userinfo says, too. */
export const claimTypes = ['id_token', 'access_token'] as const;
export type ClaimType = (typeof claimTypes)[number];

export interface Claim {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Unique in the tenant. */
  readonly id: ClaimId;
  /** Unique in its workspace and type. */
  readonly name: string;
  readonly type: ClaimType;
  readonly description: string;
  /** Into the authentication context: names of members, from the outside in, with dots between them. */
  readonly sourcePath: string;
  /** Any one of these, granted, releases it; without any, it is always there. */
  readonly scopes: readonly string[];
  /** Only where it has to be asked for: at userinfo, and not in the ID token. */
  readonly isOpaque: boolean;
}

/** Of a workspace. */
export const mostClaims = 500;

export interface ClaimStore {
  /** All of a workspace, by type and name: a few hundred at most. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Claim[]>;
  find(tenant: TenantId, id: ClaimId): Promise<Claim | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, id: ClaimId): Promise<Claim | undefined>;
  /** @throws PlatformError `conflict` */
  insert(claim: Claim): Promise<void>;
  /** The one of this id, in its workspace. @throws PlatformError `conflict`, `not_found` */
  update(claim: Claim): Promise<void>;
  remove(tenant: TenantId, id: ClaimId): Promise<void>;
}
