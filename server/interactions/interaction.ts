/** One login in progress: which step the person is at, and who they have proven to be so far. */
import { stopped } from '../../workflows/contract/authentication.ts';
import type { ClientId, IdpId, InteractionId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';

/** The person as the first factor proved them. */
export interface ProvenPerson {
  readonly subject: string;
  readonly idpId: IdpId;
  readonly idpSubject: string;
  /** Undefined for static idps. */
  readonly userId: UserId | undefined;
  readonly amr: readonly string[];
  readonly acr: string | undefined;
  /** Seconds since the epoch, at the proof. */
  readonly authTime: number;
}

/** The row's step when nothing is left to ask of the person. */
export const commitStep = 'commit';

/** How long a login that is over stays readable for operations. Milliseconds. */
export const interactionAfterlifeMs = 7 * 24 * 3_600_000;

export type InteractionState = 'open' | 'granted' | 'denied' | 'expired';

export interface Interaction {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** oidc-provider's `cid`: stays the same when a check after the resume makes a new uid. Also the workflow id. */
  readonly id: InteractionId;
  /** oidc-provider's uid of this interaction, where the result belongs; part of the page's address. */
  readonly uid: string;
  readonly clientId: ClientId;
  readonly state: InteractionState;
  /** The step whose page is shown: `authenticate`, `consent`, or a plugin's step by its id. */
  readonly step: string;
  readonly person: ProvenPerson | undefined;
  /** What was said before the first factor was proven, sealed: see `LoginAttempts`. */
  readonly attempt: string | undefined;
  /** Why it ended as it did: a code for operations, never prose. */
  readonly reason: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly committedAt: number | undefined;
}

/** How a login ended that cannot go on: what was neither granted, denied nor stopped by an operator ran out of time. */
export function endOf(login: Pick<Interaction, 'state' | 'reason'> | undefined): 'finished' | 'expired' | 'stopped' {
  if (login?.state === 'granted' || login?.state === 'denied') return 'finished';
  return login?.reason === stopped ? 'stopped' : 'expired';
}

export interface InteractionStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: InteractionId): Promise<Interaction | undefined>;
  findByUid(tenant: TenantId, workspace: WorkspaceId, uid: string): Promise<Interaction | undefined>;
  /** Does nothing when the id is there: two tabs may open the same login at once. */
  insertOnce(interaction: Interaction): Promise<void>;
  /** An open interaction goes on under another uid of the engine's: it asked again before there was a result. */
  moveTo(tenant: TenantId, workspace: WorkspaceId, id: InteractionId, uid: string): Promise<void>;
  /** Writes what was said, sealed; nothing to an interaction that is open no more. */
  keepAttempt(tenant: TenantId, workspace: WorkspaceId, id: InteractionId, sealed: string | undefined): Promise<void>;
  /** Writes person and step of an open interaction, and forgets what was said. @returns false when it is open no more */
  advance(
    tenant: TenantId,
    workspace: WorkspaceId,
    id: InteractionId,
    to: { step: string; person: ProvenPerson | undefined },
  ): Promise<boolean>;
  /**
   * Ends it, guarded by `committed_at IS NULL`.
   * @returns false when somebody ended it before: the caller then writes nothing
   */
  end(
    tenant: TenantId,
    workspace: WorkspaceId,
    id: InteractionId,
    end: { state: Exclude<InteractionState, 'open'>; reason: string; at: number },
  ): Promise<boolean>;
}
