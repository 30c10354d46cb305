/** Taking tokens back in the System API, whoever holds them. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint, type ScopeAccess } from '../http/endpoint.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { consentId, idpId, poolId, userId, workspaceId } from '../kernel/ids.ts';
import { poolWordsOf } from '../pools/pool.body.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { RevocationService } from './revocation.service.ts';
import { revokeScope } from './token-policy.ts';

export interface RevocationRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly service: RevocationService;
}

const access: ScopeAccess = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: [revokeScope] };
const most = 100;
const workspaceIn = ({ params }: Pick<Call, 'params'>) => workspaceId(params['wid'] ?? '');

export function revocationEndpoints({ pools, service }: RevocationRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'delete',
      path: '/api/system/:tid/pools/:ipID/tokens',
      operationId: 'revokeTokensByPool',
      tag: 'tokens',
      summary: 'End all tokens, sessions and grants of people of a pool, wherever they sign in from it',
      access,
      body: z.object({ users: z.array(z.string().min(1).max(64)).min(1).max(most) }),
      success: { status: 204, description: 'they are worth nothing any more' },
      async handle(call) {
        const { tenantId, params, body } = call;
        const id = poolId(params['ipID'] ?? '');
        const pool = await pools.find(tenantId, id);
        if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
        call.ifMatch(poolWordsOf(pool));
        await service.revokeUsers(tenantId, id, body.users.map(userId));
      },
    }),
    endpoint({
      method: 'delete',
      path: '/api/system/:tid/servers/:wid/tokens',
      operationId: 'revokeTokens',
      tag: 'system',
      summary: 'End all tokens of a consent, or all tokens, sessions and grants of subjects',
      access,
      query: z.object({
        consent_id: z.string().max(64).optional().describe('its tokens alone; the body decides nothing then'),
      }),
      isBodyOptional: true,
      body: z
        .object({
          subjects: z
            .array(z.string().min(1).max(255))
            .max(most)
            .optional()
            .describe('as the sub of tokens, 1 to 100; as the idp calls them where one is named'),
          idp_id: z.string().max(64).optional(),
        })
        .optional(),
      isAction: true,
      success: { status: 204, description: 'they are worth nothing any more' },
      async handle(call) {
        const { consent_id: consent = '' } = call.query;
        if (consent !== '') return service.revokeConsent(call.tenantId, workspaceIn(call), consentId(consent));
        const { subjects = [], idp_id: idp = '' } = call.body ?? {};
        if (subjects.length === 0) throw unprocessable('/subjects', 'must name at least one, or consent_id a consent');
        const of = idp === '' ? undefined : idpId(idp);
        return service.revokeSubjects(call.tenantId, workspaceIn(call), subjects, of);
      },
    }),
  ];
}
