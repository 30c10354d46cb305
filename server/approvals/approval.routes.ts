/** What was asked of people in a workspace, and what they decided, in the Admin API: for who looks into it afterwards. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { approvalId, workspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { approvalAnswer, approvalItem, toApprovalBody, toApprovalItem } from './approval.body.ts';
import { approvalStates, type ApprovalStore } from './approval.ts';

export interface ApprovalRoutesDeps {
  readonly approvals: Pick<ApprovalStore, 'find' | 'list' | 'decisionsOf'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
}

const tag = 'approvals';
const path = '/api/admin/:tid/servers/:wid/approvals';
const id = z.string().min(1).max(64).optional();
const query = z.object({
  state: z.enum(approvalStates).optional(),
  before_approval_id: id.describe('the page before this one'),
  after_approval_id: id.describe('the page after this one'),
  order: z.enum(['asc', 'desc']).optional().describe('desc, the latest first, unless said'),
  limit: z.coerce.number().int().min(1).max(100).optional().describe('20 by default'),
});

const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

export function approvalEndpoints({ approvals, workspaces }: ApprovalRoutesDeps): readonly Endpoint[] {
  /** As for what happened in logins: who may read the one may read the other. */
  const mayRead = {
    kind: 'role',
    in: 'workspace',
    permission: 'read_audit_events',
    of: async (call: Pick<Call, 'tenantId' | 'params'>) => (await workspaces.find(call.tenantId, placeOf(call)))?.id,
  } as const;
  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'listApprovals',
      tag,
      summary: 'List what scripts asked of people, the latest first',
      access: mayRead,
      query,
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'a page of them', body: z.object({ approvals: z.array(approvalItem) }) },
      async handle(call) {
        const { state, before_approval_id: before, after_approval_id: after, order, limit } = call.query;
        const { items } = await approvals.list(call.tenantId, placeOf(call), {
          limit: limit ?? 20,
          order: order ?? 'desc',
          ...(state === undefined ? {} : { state }),
          ...(before === undefined ? {} : { before }),
          ...(after === undefined ? {} : { after }),
        });
        return { approvals: items.map(toApprovalItem) };
      },
    }),
    endpoint({
      method: 'get',
      path: `${path}/:approvalID`,
      operationId: 'getApproval',
      tag,
      summary: 'What was asked, and who decided what',
      access: mayRead,
      success: { status: 200, description: 'the approval with its decisions', body: approvalAnswer },
      async handle(call) {
        const found = await approvals.find(call.tenantId, placeOf(call), approvalId(call.params['approvalID'] ?? ''));
        if (found === undefined) throw new PlatformError('not_found', 'There is no such approval.');
        return toApprovalBody(found, await approvals.decisionsOf(found));
      },
    }),
  ];
}
