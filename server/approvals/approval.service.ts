/** What people decide over a login that waits: each once, nobody over their own, nobody who was not asked. */
import type { Interaction, InteractionStore } from '../interactions/interaction.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { ApprovalId, PoolId, TenantId, UserId, WorkspaceId } from '../kernel/ids.ts';
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
  /** Whether they have decided, by this account or by another one of theirs. */
  readonly hasDecided: boolean;
}

export interface ApprovalService {
  /** Those that somebody may decide and has not; what ends first comes first. */
  listFor(approver: Approver): Promise<readonly Approval[]>;
  /** @throws PlatformError `not_found` for what is not there, was asked of others, or was asked by themselves */
  readFor(approver: Approver, id: ApprovalId): Promise<AskedApproval>;
  /**
   * @returns `over` where nobody decides any more, `twice` where they have decided before, by whichever account of theirs
   * @throws PlatformError as `readFor` does; `forbidden` where their own login is worth nothing any more
   */
  decide(
    approver: Approver,
    id: ApprovalId,
    decision: Pick<Decision, 'approves' | 'name' | 'reason'>,
  ): Promise<'kept' | 'over' | 'twice'>;
}

/** That one person is shown; of each who asks; and among so many of those that end first. */
const mostShown = 50;
const mostOfOne = 10;
const mostLookedAt = 500;

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
      const asked = await outside.approvals.listAsked(tenantId, workspaceId, places, clock.now(), mostLookedAt);
      const theirs: Approval[] = [];
      const of = new Map<string, number>();
      for (const approval of asked) {
        if (theirs.length === mostShown) break;
        // Whoever begins many logins does not crowd out who began one.
        const { subject: requester } = approval.requester;
        const before = of.get(requester) ?? 0;
        if (before === mostOfOne || isRequester(approval.requester, candidate)) continue;
        if (await hasDecided(outside, tenantId, person, await outside.approvals.decisionsOf(approval))) continue;
        if (!isOpen(await loginOf(outside, approval))) continue;
        of.set(requester, before + 1);
        theirs.push(approval);
      }
      return theirs;
    },

    async readFor(approver, id) {
      const approval = await find(outside, approver, id);
      const decisions = await outside.approvals.decisionsOf(approval);
      return {
        approval,
        decisions,
        isWaitedFor: isOpen(await loginOf(outside, approval)),
        hasDecided: await hasDecided(outside, approver.tenantId, approver.person, decisions),
      };
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
          // The row is held by now: of two accounts that decide at once, the second finds the first.
          const others = (await stores.approvals.decisionsOf(before)).filter(
            (one) => one.poolId !== poolId || one.userId !== userId,
          );
          if (await hasDecided(stores, tenantId, person, others))
            throw new PlatformError('conflict', 'This person has decided by another account.');
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

/**
 * Whether somebody is among those who decided: by their account, or by one of another pool with an address that both have
 * verified. Within a pool no two accounts have verified the same.
 */
async function hasDecided(
  { addresses }: Pick<ApprovalServiceStores, 'addresses'>,
  tenant: TenantId,
  { poolId, userId }: Pick<CallingPerson, 'poolId' | 'userId'>,
  decisions: readonly Pick<Decision, 'poolId' | 'userId'>[],
): Promise<boolean> {
  if (decisions.some((one) => one.poolId === poolId && one.userId === userId)) return true;
  const elsewhere = decisions.filter((one) => one.poolId !== poolId);
  if (elsewhere.length === 0) return false;
  const verified = async (pool: PoolId, user: UserId) => {
    const all = await addresses.listOf(tenant, pool, user);
    return all.flatMap(({ normalized, verifiedAt }) => (verifiedAt === undefined ? [] : [normalized]));
  };
  const own = await verified(poolId, userId);
  for (const other of elsewhere)
    if ((await verified(other.poolId, other.userId)).some((address) => own.includes(address))) return true;
  return false;
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
