/** What the two sides of an approval say to each other: ids, numbers and codes only, since all of it is Temporal history. */

/** The argument an approval's workflow is started with. Its workflow id is `approvalId`. */
export interface ApprovalStart {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly clientId: string;
  /** Of the row that holds what is asked, of whom, and what was decided. */
  readonly approvalId: string;
  /** The login that waits for it: the id of its workflow, which is told of the end. */
  readonly interactionId: string;
  /** For operations to read: the application's name, no personal data. */
  readonly title: string;
  /** How many have to approve. */
  readonly quorum: number;
  /** Milliseconds from the start after which nobody decides any more. */
  readonly lifetimeMs: number;
}

/** How an approval ends: its result in the Temporal UI. */
export interface ApprovalOutcome {
  /** `withdrawn`: its login ended before, or an operator stopped it. Nothing but `approved` lets the login's script go on as approved. */
  readonly outcome: 'approved' | 'denied' | 'expired' | 'withdrawn';
}

/** How its row stands. */
export type ApprovalStanding =
  | {
      readonly kind: 'open';
      readonly approvals: number;
      /** How many more may decide, counted as far as a round of messages reaches; a worker of an earlier release says nothing. */
      readonly able?: number;
    }
  | ({ readonly kind: 'ended' } & ApprovalOutcome);

/** The Signal that somebody decided. It carries nothing: what the row says is asked of the row. */
export const approvalDecided = 'decided';

/** What an approval asks of the platform. Each is idempotent: Temporal may run it again after a crash. */
export interface ApprovalActivities {
  /** How the row stands; one whose login has ended is withdrawn by being looked at. */
  lookAtApproval(approval: ApprovalStart): Promise<ApprovalStanding>;
  /**
   * Writes to those who may decide and have not, at most once for each number.
   * @param number counts from 1, the first being the one by which they learn of it
   */
  remindApprovers(approval: ApprovalStart, number: number): Promise<void>;
  /** Ends the row, unless it has ended: the row decides, and answers how it ended. */
  endApproval(approval: ApprovalStart, outcome: 'expired' | 'withdrawn'): Promise<ApprovalOutcome>;
}

/** Names of the search attributes an approval carries. None may hold personal data: they are never encrypted. */
export const approvalSearchAttributes = {
  tenant: 'TenantId',
  workspace: 'WorkspaceId',
  client: 'ClientId',
  outcome: 'Outcome',
} as const;
