/** What a committed login established: kept by grant, so that a session can later say which requirements it satisfied. */
import type { ClientId, IdpId, InteractionId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';

/** What is known of a person before a script of an application's says something of them: for another one to decide by. */
export interface Unscripted {
  /** Claims about the person, by their OIDC names. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly amr: readonly string[];
  readonly acr?: string | undefined;
}

/** The sealed picture of a login at its commit. It lives as long as the grant's refresh tokens. */
export interface AuthenticationSnapshot {
  readonly grantId: string;
  readonly subject: string;
  readonly clientId: ClientId;
  readonly interactionId: InteractionId;
  readonly idpId: IdpId;
  /** The idp's own name for the person: a user id of the pool, a static user name. */
  readonly idpSubject: string;
  /** What tokens say in its place, where a script said so; nothing is decided by it. */
  readonly saidIdpSubject?: string;
  readonly userId: UserId | undefined;
  readonly amr: readonly string[];
  readonly acr: string | undefined;
  /** Seconds since the epoch: when the first factor was proven, not when the login ended. */
  readonly authTime: number;
  /** Claims about the person, by their OIDC names. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Requirements this login satisfied, e.g. `idp:demo-pool`, `step:terms@3`; silent logins compare them. */
  readonly satisfied: readonly string[];
  /** Where a script decided over this login. Logins from before it was kept have none. */
  readonly unscripted?: Unscripted;
}

export interface AuthenticationSnapshotStore {
  find(tenant: TenantId, workspace: WorkspaceId, grantId: string): Promise<AuthenticationSnapshot | undefined>;
  /** Writing the same grant's snapshot twice changes nothing. */
  insert(tenant: TenantId, workspace: WorkspaceId, snapshot: AuthenticationSnapshot, expiresAt: number): Promise<void>;
  removeByGrant(tenant: TenantId, workspace: WorkspaceId, grantId: string): Promise<void>;
}
