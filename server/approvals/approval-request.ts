/** How a script's `api.approval` becomes a row: the group it names is found, its requester is known again, its end is set. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { GroupStore } from '../groups/group.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Allowance, ThrottleStore } from '../interactions/throttle.ts';
import type { Outbox } from '../kernel/events.ts';
import { approvalId, groupId, newId, type ClientId, type IdpId, type UserId } from '../kernel/ids.ts';
import { normalizeAddress, type AddressStore } from '../users/address.ts';
import {
  approvalEvent,
  isWorkspaceRole,
  type Approval,
  type Approvers,
  type ApprovalStore,
  type Requester,
} from './approval.ts';
import { poolsOf } from './approver.ts';

export interface ApprovalRequestStores {
  readonly approvals: Pick<ApprovalStore, 'insertOnce'>;
  readonly idps: Pick<IdpStore, 'find' | 'list'>;
  readonly groups: Pick<GroupStore, 'find' | 'list'>;
  readonly addresses: Pick<AddressStore, 'listOf'>;
  readonly throttle: Pick<ThrottleStore, 'take'>;
  readonly outbox: Outbox;
}

/** Who is signing in, and what is known of them. */
export interface AskingPerson {
  readonly subject: string;
  readonly idpId: IdpId;
  readonly userId: UserId | undefined;
  /** Claims about them, by their OIDC names. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface ApprovalRequest extends Pick<
  Approval,
  'tenantId' | 'workspaceId' | 'interactionId' | 'runId' | 'call'
> {
  readonly clientId: ClientId;
  readonly person: AskingPerson;
  /** As the scripts runtime has checked it. */
  readonly request: unknown;
  /** @param timeoutMs that the script asks for. @returns when the approval is over at the latest; milliseconds since the epoch */
  readonly deadline: (timeoutMs: number) => number;
  readonly now: number;
}

const requestSchema = z.object({
  group: z.string().optional(),
  role: z.string().optional(),
  quorum: z.int().min(1),
  reason: z.string(),
  timeoutMs: z.number(),
});

/** What the logins of one person may ask for in a workspace: those who decide have others to look after. */
export const requesterAllowance: Allowance = { burst: 50, perMinute: 1 / 60 };
/** Who asks, as what they cost others is counted under. */
export const requesterKey = ({ workspaceId }: Pick<Approval, 'workspaceId'>, subject: string): string =>
  `approvals-by:${workspaceId}:${hash('sha256', subject, 'base64url')}`;

/**
 * Asks once for each call of a run: asked again, it answers what was asked before.
 * @returns a sentence for who built the script, where nobody could be asked
 */
export async function requestApproval(
  stores: ApprovalRequestStores,
  asked: ApprovalRequest,
): Promise<Approval | string> {
  const { tenantId, workspaceId, interactionId, clientId, runId, call, now } = asked;
  const { group, role, quorum, reason, timeoutMs } = requestSchema.parse(asked.request);
  const approvers = await approversNamed(stores, asked, { group, role });
  if (typeof approvers === 'string') return approvers;
  const key = requesterKey(asked, asked.person.subject);
  if (!(await stores.throttle.take(tenantId, key, requesterAllowance, now)))
    return 'approval was asked for this person too often: those who decide would find nobody else';
  const { approval, isNew } = await stores.approvals.insertOnce({
    ...{ tenantId, workspaceId, interactionId, clientId, runId, call },
    id: approvalId(newId()),
    approvers,
    requester: await requesterOf(stores, asked),
    reason,
    quorum,
    approved: 0,
    reminders: 0,
    state: 'open',
    createdAt: now,
    expiresAt: asked.deadline(timeoutMs),
    endedAt: undefined,
    dueAt: now,
  });
  if (isNew) await stores.outbox.append(approvalEvent(approval, 'requested', { approvers: namesOf(approvers) }));
  return approval;
}

const namesOf = ({ group, role }: Approvers) => ({
  ...(group === undefined ? {} : { group: group.id, user_pool_id: group.poolId }),
  ...(role === undefined ? {} : { role }),
});

/** A group is named by its id or, where only one is called so, by its name; in the pools that sign in to the workspace. */
async function approversNamed(
  { idps, groups }: Pick<ApprovalRequestStores, 'idps' | 'groups'>,
  { tenantId, workspaceId }: Pick<ApprovalRequest, 'tenantId' | 'workspaceId'>,
  { group, role }: { readonly group: string | undefined; readonly role: string | undefined },
): Promise<Approvers | string> {
  if (role !== undefined && !isWorkspaceRole(role)) return `there is no role ${role} in a workspace`;
  const byRole = role === undefined ? {} : { role };
  if (group === undefined) return role === undefined ? 'api.approval needs a group or a role' : byRole;
  const byId: Approvers[] = [];
  const byName: Approvers[] = [];
  for (const pool of await poolsOf(idps, tenantId, workspaceId)) {
    const found = await groups.find(tenantId, pool, groupId(group));
    if (found !== undefined) byId.push({ group: { poolId: pool, id: found.id }, ...byRole });
    const query = { parent: undefined, isNested: true, name: group, limit: 2 };
    const { items } = await groups.list(tenantId, pool, query);
    // MySQL compares names with less care than people do.
    for (const { id, name } of items) if (name === group) byName.push({ group: { poolId: pool, id }, ...byRole });
  }
  const [named, ...others] = byId.length > 0 ? byId : byName;
  if (named === undefined) return `no pool of the workspace has a group ${group}`;
  return others.length === 0 ? named : `several groups are called ${group}: name one by its id`;
}

async function requesterOf(
  { idps, addresses }: Pick<ApprovalRequestStores, 'idps' | 'addresses'>,
  { tenantId, workspaceId, person }: Pick<ApprovalRequest, 'tenantId' | 'workspaceId' | 'person'>,
): Promise<Requester> {
  const { subject, idpId, userId, context } = person;
  const idp = await idps.find(tenantId, workspaceId, idpId);
  const user = idp?.method === 'identity_pool' && userId !== undefined ? { poolId: idp.poolId, userId } : undefined;
  const kept = user === undefined ? [] : await addresses.listOf(tenantId, user.poolId, user.userId);
  const verified = kept.flatMap(({ normalized, verifiedAt }) => (verifiedAt === undefined ? [] : [normalized]));
  const name = ['name', 'email', 'preferred_username'].map((claim) => context[claim]).find(isWords);
  return {
    subject,
    idpId,
    ...(user === undefined ? {} : { user }),
    name: (name ?? subject).slice(0, 128),
    addresses: [...new Set([...verified, ...vouchedFor(context)])],
  };
}

const isWords = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** Addresses that an idp vouches for (OIDC Core §5.1). */
function vouchedFor(context: AskingPerson['context']): readonly string[] {
  const contacts = [
    ['email', 'email_verified', 'email'],
    ['phone_number', 'phone_number_verified', 'mobile'],
  ] as const;
  return contacts.flatMap(([claim, flag, type]) => {
    const value = context[claim];
    return (context[flag] === true && isWords(value) && normalizeAddress(type, value)) || [];
  });
}
