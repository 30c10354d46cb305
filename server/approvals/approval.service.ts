/** What people decide over a login that waits: each once, nobody over their own, nobody who was not asked. */
import type { Interaction, InteractionStore } from '../interactions/interaction.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { ApprovalId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { CallingPerson } from '../self-service/calling-person.ts';
import { demandStanding } from '../self-service/calling-person.ts';
import type { UserStore } from '../users/user.ts';
import {
  approvalEvent,
  isAsked,
  isRequester,
  longestReason,
  type Approval,
  type ApprovalStore,
  type Decision,
} from './approval.ts';
import { candidateOf, placesOf, type ApproverStores } from './approver.ts';

export interface ApprovalServiceStores extends Omit<ApproverStores, 'users'> {
  readonly approvals: ApprovalStore;
  readonly interactions: Pick<InteractionStore, 'find'>;
  readonly users: ApproverStores['users'] & Pick<UserStore, 'findHeld'>;
  readonly outbox: Outbox;
}

/** Somebody who is signed in at the workspace. */
export interface Approver {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly person: CallingPerson;
  readonly subject: string;
}

/** An approval as one of its approvers sees it. */
export interface AskedApproval {
  readonly approval: Approval;
  readonly decisions: readonly Decision[];
  /** False once its login has ended, whatever its own row says yet. */
  readonly isWaitedFor: boolean;
}

export interface ApprovalService {
  /** Those that somebody may decide and has not; what ends first comes first. */
  listFor(approver: Approver): Promise<readonly Approval[]>;
  /** @throws PlatformError `not_found` for what is not there, was asked of others, or was asked by themselves */
  readFor(approver: Approver, id: ApprovalId): Promise<AskedApproval>;
  /**
   * @returns `over` where nobody decides any more, `twice` where they have decided before
   * @throws PlatformError as `readFor` does; `forbidden` where their own login is worth nothing any more
   */
  decide(
    approver: Approver,
    id: ApprovalId,
    decision: Pick<Decision, 'approves' | 'name' | 'reason'>,
  ): Promise<'kept' | 'over' | 'twice'>;
}

/** That one person is shown. */
const mostShown = 50;

const nothing = (): PlatformError => new PlatformError('not_found', 'There is nothing to decide at this address.');

export function createApprovalService({
  stores: outside,
  unitOfWork,
  clock,
}: {
  readonly stores: ApprovalServiceStores;
  readonly unitOfWork: UnitOfWork<ApprovalServiceStores>;
  readonly clock: Clock;
}): ApprovalService {
  const personAt = ({ tenantId, workspaceId, person: { poolId, userId } }: Approver) => ({
    ...{ tenantId, workspaceId },
    ...{ poolId, userId },
  });
  const loginOf = (stores: ApprovalServiceStores, { tenantId, workspaceId, interactionId }: Approval) =>
    stores.interactions.find(tenantId, workspaceId, interactionId);
  const isOpen = (login: Interaction | undefined): boolean => login?.state === 'open' && login.expiresAt > clock.now();

  /** Asked anew each time: whoever left the group a moment ago sees nothing and decides nothing. */
  async function find(stores: ApprovalServiceStores, approver: Approver, id: ApprovalId): Promise<Approval> {
    const approval = await stores.approvals.find(approver.tenantId, approver.workspaceId, id);
    if (approval === undefined) throw nothing();
    if (!isAsked(approval.approvers, await placesOf(stores, personAt(approver)))) throw nothing();
    const candidate = await candidateOf(stores, personAt(approver), approver.subject);
    if (isRequester(approval.requester, candidate)) throw nothing();
    return approval;
  }

  return {
    async listFor(approver) {
      const { tenantId, workspaceId, person, subject } = approver;
      const places = await placesOf(outside, personAt(approver));
      const candidate = await candidateOf(outside, personAt(approver), subject);
      const asked = await outside.approvals.listAsked(tenantId, workspaceId, places, clock.now(), mostShown);
      const theirs: Approval[] = [];
      for (const approval of asked) {
        if (isRequester(approval.requester, candidate)) continue;
        const decided = await outside.approvals.decisionsOf(approval);
        if (decided.some(({ poolId, userId }) => poolId === person.poolId && userId === person.userId)) continue;
        if (isOpen(await loginOf(outside, approval))) theirs.push(approval);
      }
      return theirs;
    },

    async readFor(approver, id) {
      const approval = await find(outside, approver, id);
      const decisions = await outside.approvals.decisionsOf(approval);
      return { approval, decisions, isWaitedFor: isOpen(await loginOf(outside, approval)) };
    },

    async decide(approver, id, { approves, name, reason }) {
      const { tenantId, person } = approver;
      const { poolId, userId } = person;
      const at = clock.now();
      const decision = { poolId, userId, approves, name, reason: reason.slice(0, longestReason), at };
      try {
        return await unitOfWork.run(async (stores) => {
          const user = await stores.users.findHeld(tenantId, poolId, userId);
          if (user === undefined) throw nothing();
          demandStanding(user, person);
          const before = await find(stores, approver, id);
          if (!isOpen(await loginOf(stores, before))) return 'over';
          const kept = await stores.approvals.decide(before, decision);
          if (kept !== 'kept') return kept;
          await tell(stores, before, decision, approver.subject);
          return kept;
        });
      } catch (error) {
        // Twice at the same moment: the other one counts.
        if (isPlatformError(error, 'conflict')) return 'twice';
        throw error;
      }
    },
  };
}

async function tell(
  { approvals, outbox }: Pick<ApprovalServiceStores, 'approvals' | 'outbox'>,
  { tenantId, workspaceId, id }: Approval,
  { poolId, userId, approves }: Decision,
  subject: string,
): Promise<void> {
  const after = await approvals.find(tenantId, workspaceId, id);
  if (after === undefined) return;
  const by = { subject, user_id: userId, user_pool_id: poolId };
  await outbox.append(approvalEvent(after, 'decided', { approves }, by));
  if (after.state !== 'open') await outbox.append(approvalEvent(after, 'ended', { outcome: after.state }));
}
