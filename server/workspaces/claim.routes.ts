/** The claims of a workspace, in the Admin API. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { claimId, workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import { claimAnswer, claimBody, claimWordsIn, newClaimBody, toClaimBody } from './claim.body.ts';
import type { ClaimPlace, ClaimService } from './claim.service.ts';
import type { Claim, ClaimStore } from './claim.ts';
import { workspaceIn, type WorkspaceStore } from './workspace.ts';

export interface ClaimRoutesDeps {
  readonly claims: Pick<ClaimStore, 'find' | 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ClaimService;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

const tag = 'claims';
const idOf = ({ params }: Pick<Call, 'params'>) => claimId(params['claim'] ?? '');
const placeOf = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

export function claimEndpoints(deps: ClaimRoutesDeps): readonly Endpoint[] {
  const { claims, workspaces, service, changed } = deps;
  const thereIs = async ({ tenantId }: Pick<Call, 'tenantId'>, id: WorkspaceId) =>
    (await workspaces.find(tenantId, id))?.id;
  const mayManage = {
    kind: 'role',
    in: 'workspace',
    permission: 'manage_claims',
    of: async (call: Pick<Call, 'tenantId' | 'params'>) => (await claims.find(call.tenantId, idOf(call)))?.workspaceId,
  } as const;
  const claimOf = (call: Call): ClaimPlace => ({
    tenantId: call.tenantId,
    id: idOf(call),
    check: (stored) => {
      call.ifMatch(toClaimBody(stored));
    },
  });
  const told = ({ tenantId, workspaceId: place }: Claim) => {
    changed(tenantId, place);
  };

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/claims',
      operationId: 'listClaims',
      tag,
      summary: 'List the claims of a workspace',
      access: { kind: 'role', in: 'workspace', permission: 'read_claims', of: (call) => thereIs(call, placeOf(call)) },
      success: { status: 200, description: 'its claims', body: z.object({ claims: z.array(claimAnswer) }) },
      handle: async (call) => ({ claims: (await claims.list(call.tenantId, placeOf(call))).map(toClaimBody) }),
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/claims',
      operationId: 'createClaim',
      tag,
      summary: 'Create a claim: tokens of the workspace carry it from now on',
      access: {
        kind: 'role',
        in: 'workspace',
        permission: 'manage_claims',
        of: (call) => thereIs(call, workspaceIn(call.body)),
        isInBody: true,
      },
      body: newClaimBody,
      success: { status: 201, description: 'the claim', body: claimAnswer },
      async handle({ tenantId, body }) {
        const place = workspaceId(body.authorization_server_id);
        const made = await service.create(tenantId, place, body.id ?? '', claimWordsIn(body));
        told(made);
        return toClaimBody(made);
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/admin/:tid/claims/:claim',
      operationId: 'updateClaim',
      tag,
      summary: 'Replace what is said of a claim; its workspace stays',
      access: mayManage,
      body: claimBody,
      refuses: ['conflict'],
      success: { status: 200, description: 'the claim', body: claimAnswer },
      async handle(call) {
        const claim = await service.update(claimOf(call), claimWordsIn(call.body));
        told(claim);
        return toClaimBody(claim);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/admin/:tid/claims/:claim',
      operationId: 'deleteClaim',
      tag,
      summary: 'Delete a claim',
      access: mayManage,
      success: { status: 204, description: 'it is gone' },
      async handle(call) {
        told(await service.remove(claimOf(call)));
      },
    }),
  ];
}
