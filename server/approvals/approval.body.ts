/** An approval as the Admin API answers it: ids, numbers and times, and what people said. */
import { z } from 'zod';
import { approvalStates, type Approval, type Decision } from './approval.ts';

export const approvalItem = z.object({
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  client_id: z.string(),
  session_id: z.string().describe('the login that waits'),
  script_run_id: z.string(),
  state: z.enum(approvalStates),
  group_id: z.string().optional(),
  user_pool_id: z.string().optional().describe('of the group'),
  role: z.string().optional(),
  quorum: z.int().describe('how many have to approve'),
  approved: z.int().describe('how many have'),
  requester: z.object({ subject: z.string(), name: z.string() }),
  reason: z.string().describe('as the script says it'),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
});

export const approvalAnswer = approvalItem.extend({
  decisions: z.array(
    z.object({
      user_pool_id: z.string(),
      user_id: z.string(),
      name: z.string().describe('as the person was called then'),
      approved: z.boolean(),
      reason: z.string(),
      decided_at: z.iso.datetime(),
    }),
  ),
});

const time = (ms: number): string => new Date(ms).toISOString();

export function toApprovalItem(approval: Approval): z.output<typeof approvalItem> {
  const { approvers, requester, endedAt } = approval;
  const { group, role } = approvers;
  return {
    id: approval.id,
    tenant_id: approval.tenantId,
    authorization_server_id: approval.workspaceId,
    client_id: approval.clientId,
    session_id: approval.interactionId,
    script_run_id: approval.runId,
    state: approval.state,
    ...(group === undefined ? {} : { group_id: group.id, user_pool_id: group.poolId }),
    ...(role === undefined ? {} : { role }),
    quorum: approval.quorum,
    approved: approval.approved,
    requester: { subject: requester.subject, name: requester.name },
    reason: approval.reason,
    created_at: time(approval.createdAt),
    expires_at: time(approval.expiresAt),
    ...(endedAt === undefined ? {} : { ended_at: time(endedAt) }),
  };
}

export function toApprovalBody(approval: Approval, decisions: readonly Decision[]): z.output<typeof approvalAnswer> {
  return {
    ...toApprovalItem(approval),
    decisions: decisions.map(({ poolId, userId, name, approves, reason, at }) => ({
      user_pool_id: poolId,
      user_id: userId,
      name,
      approved: approves,
      reason,
      decided_at: time(at),
    })),
  };
}
