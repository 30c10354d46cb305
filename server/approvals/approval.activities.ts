/** What the workflow of an approval may ask: how its row stands, a round of messages, and its end. Ids and codes go in and out. */
import type {
  ApprovalActivities,
  ApprovalOutcome,
  ApprovalStanding,
  ApprovalStart,
} from '../../workflows/contract/approval.ts';
import { clientNameIn, type ClientStore } from '../clients/client.ts';
import { tenantAllowances } from '../codes/code-sender.service.ts';
import type { InteractionStore } from '../interactions/interaction.ts';
import type { Allowance, ThrottleStore } from '../interactions/throttle.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Outbox } from '../kernel/events.ts';
import { approvalId, messageId, newId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { newMessage, type MessageStore } from '../messages/outgoing-message.ts';
import { approvalEvent, isDecidable, isRequester, type Approval, type ApprovalStore } from './approval.ts';
import type { ApprovalLetters } from './approval-letter.ts';
import { requesterKey } from './approval-request.ts';
import { approversOf, type AskedPerson, type ApproverStores } from './approver.ts';

export interface ApprovalActivityStores extends ApproverStores {
  readonly approvals: ApprovalStore;
  readonly interactions: Pick<InteractionStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly messages: Pick<MessageStore, 'insert'>;
  readonly throttle: Pick<ThrottleStore, 'take'>;
  readonly outbox: Outbox;
}

export interface ApprovalActivityDeps {
  readonly unitOfWork: UnitOfWork<ApprovalActivityStores>;
  readonly letters: ApprovalLetters;
  /** Whether mails can be sent at all. */
  readonly mails: boolean;
  readonly issuerOf: (workspace: {
    readonly tenantId: Approval['tenantId'];
    readonly id: Approval['workspaceId'];
  }) => string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** All that history learns of a failure of ours. */
class ApprovalStepFailed extends Error {
  override readonly name = 'ApprovalStepFailed';

  constructor() {
    super('away');
  }
}

/** Of one approval and one round; who is not among them finds it on the page. */
export const mostReminded = 50;
/** What one person is sent, however many logins wait for them: somebody may begin as many as they like. */
export const approverAllowance: Allowance = { burst: 20, perMinute: 1 / 6 };
/** Mails of all approvals of a tenant: less than it may send, so that codes come whoever has others asked. */
export const askingAllowance: Allowance = { burst: 400, perMinute: 60 };

/** Of them, because of one person, who might otherwise begin so many that nobody is told of anybody else. */
export const requesterLetters: Allowance = { burst: 5, perMinute: 1 / 60 };

const gone: ApprovalOutcome = { outcome: 'withdrawn' };

export function createApprovalActivities(deps: ApprovalActivityDeps): ApprovalActivities {
  const { unitOfWork, letters, issuerOf, clock, log } = deps;

  /** On the row as it stands, in one transaction. Errors of a database quote what was written. */
  async function onRow<T>(
    start: ApprovalStart,
    work: (stores: ApprovalActivityStores, approval: Approval | undefined) => Promise<T>,
  ): Promise<T> {
    const { tenantId: tenant, workspaceId: workspace, approvalId: id } = start;
    try {
      return await unitOfWork.run(async (stores) =>
        work(stores, await stores.approvals.find(tenantId(tenant), workspaceId(workspace), approvalId(id))),
      );
    } catch (error) {
      log.warn({ err: error }, 'A step of an approval could not be done just now.');
      throw new ApprovalStepFailed();
    }
  }

  /** Ends an open one; one that has ended stays as it did. */
  async function end(
    stores: ApprovalActivityStores,
    approval: Approval,
    outcome: 'expired' | 'withdrawn',
  ): Promise<ApprovalOutcome> {
    if (await stores.approvals.end(approval, outcome, clock.now())) {
      await stores.outbox.append(approvalEvent(approval, 'ended', { outcome }));
      return { outcome };
    }
    const { tenantId: tenant, workspaceId: workspace, id } = approval;
    const row = await stores.approvals.find(tenant, workspace, id);
    return row === undefined || row.state === 'open' ? gone : { outcome: row.state };
  }

  /** Its workflow knows the end: nobody has to tell it any more. */
  const settle = ({ approvals }: ApprovalActivityStores, { dueAt, ...approval }: Approval) =>
    dueAt === undefined ? undefined : approvals.postpone(approval, dueAt, undefined);

  async function stand(stores: ApprovalActivityStores, approval: Approval): Promise<ApprovalStanding> {
    if (approval.state !== 'open') {
      await settle(stores, approval);
      return { kind: 'ended', outcome: approval.state };
    }
    const { tenantId: tenant, workspaceId: workspace, interactionId, approved } = approval;
    const login = await stores.interactions.find(tenant, workspace, interactionId);
    if (login?.state !== 'open') return { kind: 'ended', ...(await end(stores, approval, 'withdrawn')) };
    const able = (await undecided(stores, approval)).length;
    if (approved + able < approval.quorum)
      log.warn(
        { approval: approval.id, quorum: approval.quorum, approved, able },
        'An approval waits for more people than may decide.',
      );
    return { kind: 'open', approvals: approved, able };
  }

  /** Those who may decide still. */
  async function undecided(stores: ApprovalActivityStores, approval: Approval): Promise<readonly AskedPerson[]> {
    const decided = await stores.approvals.decisionsOf(approval);
    const all = await approversOf(stores, approval, mostReminded);
    return all.filter(
      ({ user, candidate }) =>
        !decided.some(({ poolId, userId }) => poolId === user.poolId && userId === user.id) &&
        !isRequester(approval.requester, candidate),
    );
  }

  async function write(stores: ApprovalActivityStores, approval: Approval, number: number): Promise<void> {
    const { tenantId: tenant, workspaceId: workspace, id, clientId, requester, expiresAt } = approval;
    const now = clock.now();
    const client = await stores.clients.find(tenant, workspace, clientId);
    const applicationIn = (locale: string) => (client === undefined ? clientId : clientNameIn(client, locale));
    const href = `${issuerOf({ tenantId: tenant, id: workspace })}/approvals/${id}`;
    for (const to of await undecided(stores, approval)) {
      if (to.mails.length === 0) continue;
      const { poolId, id: userId } = to.user;
      const byRequester = `${requesterKey(approval, requester.subject)}:${poolId}:${userId}`;
      if (!(await stores.throttle.take(tenant, byRequester, requesterLetters, now))) continue;
      if (!(await stores.throttle.take(tenant, `approval-of:${poolId}:${userId}`, approverAllowance, now))) continue;
      if (!(await stores.throttle.take(tenant, 'approvals:mail', askingAllowance, now))) return;
      if (!(await stores.throttle.take(tenant, 'sent-by-tenant:mail', tenantAllowances.mail, now))) return;
      const message = newMessage(
        {
          tenantId: tenant,
          id: messageId(newId()),
          kind: 'approval',
          owner: { poolId, userId },
          letters: letters(to, { approval, applicationIn, href, isReminder: number > 1 }, now),
          expiresAt,
          isToBeSent: true,
        },
        now,
      );
      // Whoever watches over messages starts it.
      await stores.messages.insert(message);
    }
  }

  return {
    lookAtApproval: (start) =>
      onRow(start, (stores, approval) =>
        approval === undefined ? Promise.resolve({ kind: 'ended', ...gone }) : stand(stores, approval),
      ),

    remindApprovers: (start, number) =>
      onRow(start, async (stores, approval) => {
        if (!deps.mails || approval === undefined || !isDecidable(approval, clock.now())) return;
        if (await stores.approvals.countReminder(approval, number)) await write(stores, approval, number);
      }),

    endApproval: (start, outcome) =>
      onRow(start, async (stores, approval) => {
        if (approval === undefined) return gone;
        const ended = await end(stores, approval, outcome);
        const { tenantId: tenant, workspaceId: workspace, id } = approval;
        const row = await stores.approvals.find(tenant, workspace, id);
        if (row !== undefined) await settle(stores, row);
        return ended;
      }),
  };
}
