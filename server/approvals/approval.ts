/** What a script asks of several people for one login: of whom, how many have to approve, and what each decided. */
import { workspaceRoles, type WorkspaceRole } from '../access/role.ts';
import type { EventMetadata, NewEvent } from '../kernel/events.ts';
import type {
  ApprovalId,
  ClientId,
  GroupId,
  IdpId,
  InteractionId,
  PoolId,
  ScriptRunId,
  TenantId,
  UserId,
  WorkspaceId,
} from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

/** `withdrawn`: its login ended before, or an operator stopped it. */
export const approvalStates = ['open', 'approved', 'denied', 'expired', 'withdrawn'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Of whom it is asked. Who is named by group and by role has to be both. */
export interface Approvers {
  /** People of the group, and of those below it. */
  readonly group?: { readonly poolId: PoolId; readonly id: GroupId };
  /** People to whom it is given in the workspace. */
  readonly role?: WorkspaceRole;
}

/** Whose login waits: all by which they would be known again. Sealed at rest. */
export interface Requester {
  readonly subject: string;
  readonly idpId: IdpId;
  /** Of a person of a pool. */
  readonly user?: { readonly poolId: PoolId; readonly userId: UserId };
  /** As approvers are told. */
  readonly name: string;
  /** Those that were verified, in the form compared. */
  readonly addresses: readonly string[];
}

export interface Approval {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: ApprovalId;
  readonly interactionId: InteractionId;
  readonly clientId: ClientId;
  readonly runId: ScriptRunId;
  /** Which of the host calls of its run it is, from 0. */
  readonly call: number;
  readonly approvers: Approvers;
  readonly requester: Requester;
  /** As the script says it. Sealed at rest. */
  readonly reason: string;
  /** How many have to approve; one who denies ends it. */
  readonly quorum: number;
  /** How many have. */
  readonly approved: number;
  /** How often the approvers were written to. */
  readonly reminders: number;
  readonly state: ApprovalState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** From then on nobody decides. */
  readonly expiresAt: number;
  readonly endedAt: number | undefined;
  /** When its workflow has to be told, or looked for; undefined once it knows the end. */
  readonly dueAt: number | undefined;
}

export interface Decision {
  readonly poolId: PoolId;
  readonly userId: UserId;
  /** As they were called then. Sealed at rest, as the reason is. */
  readonly name: string;
  readonly approves: boolean;
  readonly reason: string;
  readonly at: number;
}

/** Words that a reason of an approver has at most. Characters. */
export const longestReason = 500;
/** How often somebody looks whether the workflow of an approval is there. Milliseconds. */
export const approvalWatchMs = 3_600_000;

/** The longest and the shortest pause of a login that looks by itself, in case nobody told it. */
const leastPauseMs = 60_000;
const looksAtMost = 100;

/** Milliseconds after which a login looks at what it waits for, told or not. */
export function pauseOf({ createdAt, expiresAt }: Pick<Approval, 'createdAt' | 'expiresAt'>, now: number): number {
  const pause = Math.max(leastPauseMs, Math.ceil((expiresAt - createdAt) / looksAtMost));
  return Math.max(1, Math.min(pause, expiresAt - now));
}

export const isDecidable = ({ state, expiresAt }: Pick<Approval, 'state' | 'expiresAt'>, now: number): boolean =>
  state === 'open' && expiresAt > now;

export const isWorkspaceRole = (text: string): text is WorkspaceRole => workspaceRoles.some((role) => role === text);

/** Where somebody is among those who are asked: what they are in decides, not what they say. */
export interface ApproverPlaces {
  readonly poolId: PoolId;
  readonly userId: UserId;
  /** Groups that they are in, and all above these. */
  readonly groups: readonly GroupId[];
  readonly roles: readonly WorkspaceRole[];
}

export function isAsked({ group, role }: Approvers, { poolId, groups, roles }: ApproverPlaces): boolean {
  if (group === undefined && role === undefined) return false;
  const isInGroup = group === undefined || (group.poolId === poolId && groups.includes(group.id));
  return isInGroup && (role === undefined || roles.includes(role));
}

/** A person of a pool, and all that might show that they are somebody else as well. */
export interface Candidate {
  readonly poolId: PoolId;
  readonly userId: UserId;
  /** Of their login at the workspace; undefined where they are not there. */
  readonly subject?: string;
  /** Addresses, verified or not, and what they sign in as, in the form compared. */
  readonly addresses: readonly string[];
}

/**
 * Whether they are who asks, as far as can be known: the same account, the same subject, or an account with an address that
 * who asks has verified. Theirs need not be: an address that somebody only claims takes nobody else's say.
 */
export function isRequester({ subject, user, addresses }: Requester, candidate: Candidate): boolean {
  if (subject === candidate.subject) return true;
  if (user?.poolId === candidate.poolId && user.userId === candidate.userId) return true;
  return candidate.addresses.some((address) => addresses.includes(address.toLowerCase()));
}

/** An event of this room; nothing in it says who a person is but their ids. */
export function approvalEvent(
  { tenantId, workspaceId, id, clientId, interactionId, quorum, approved }: Approval,
  action: 'requested' | 'decided' | 'ended',
  said: Readonly<Record<string, unknown>>,
  by: EventMetadata = {},
): NewEvent {
  return {
    tenantId,
    workspaceId,
    subject: 'approval',
    action,
    metadata: { client_id: clientId, session_id: interactionId, ...by },
    payload: { [`approval_${action}`]: { id, quorum, approved, ...said } },
  };
}

export interface ApprovalStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: ApprovalId): Promise<Approval | undefined>;
  /** Inserts, or answers that of the same call of the same run. */
  insertOnce(approval: Approval): Promise<{ readonly approval: Approval; readonly isNew: boolean }>;
  /** Oldest first. */
  decisionsOf(approval: Pick<Approval, 'tenantId' | 'id'>): Promise<readonly Decision[]>;
  /**
   * Writes what somebody decided, and ends the approval where that ends it; its workflow is due then.
   * @returns `over` where nobody decides any more, `twice` where they have decided before: nothing is written then
   * @throws PlatformError `conflict` where they decide twice at once: nothing of their transaction may stay
   */
  decide(
    approval: Pick<Approval, 'tenantId' | 'workspaceId' | 'id'>,
    decision: Decision,
  ): Promise<'kept' | 'over' | 'twice'>;
  /** Ends it unless it has ended. @returns false when it had */
  end(
    approval: Pick<Approval, 'tenantId' | 'id'>,
    state: Exclude<ApprovalState, 'open' | 'approved' | 'denied'>,
    at: number,
  ): Promise<boolean>;
  /** Counts a round of messages. @returns false where it was counted before, or has ended */
  countReminder(approval: Pick<Approval, 'tenantId' | 'id'>, number: number): Promise<boolean>;
  /** Those that are open, asked of somebody, and not decided by them; what ends first comes first. At most `limit`. */
  listAsked(
    tenant: TenantId,
    workspace: WorkspaceId,
    places: ApproverPlaces,
    now: number,
    limit: number,
  ): Promise<readonly Approval[]>;
  /** By their time. @throws PlatformError `unprocessable_entity` where the page begins at one that is not there any more */
  list(
    tenant: TenantId,
    workspace: WorkspaceId,
    query: PageQuery & { readonly state?: ApprovalState },
  ): Promise<Page<Approval>>;
  /** Those whose workflow has to be told, or looked for; the oldest first. */
  listDue(now: number, limit: number): Promise<readonly Approval[]>;
  /** @param seen the time that it was due, so that what came meanwhile is told as well */
  postpone(approval: Pick<Approval, 'tenantId' | 'id'>, seen: number, dueAt: number | undefined): Promise<void>;
}
