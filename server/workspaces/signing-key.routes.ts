/** The keys a workspace signs with, in the Admin API: seen, replaced and revoked. Their private members stay here. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { SigningKeyService } from './signing-key.service.ts';
import type { SigningKey, SigningKeyStore } from './signing-key.ts';
import type { WorkspaceStore } from './workspace.ts';

export interface SigningKeyRoutesDeps {
  readonly signingKeys: Pick<SigningKeyStore, 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: SigningKeyService;
  /** Told which workspace is another one from now on. */
  readonly changed: (tenant: TenantId, workspace: WorkspaceId) => void;
}

const tag = 'keys';

/** Public members of a JWK (RFC 7517 §4, RFC 7518 §6.2.1 and §6.3.1). */
const publicKey = z.object({
  kid: z.string(),
  kty: z.string(),
  alg: z.string(),
  use: z.literal('sig'),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
});
const keyBody = publicKey.extend({ created_at: z.iso.datetime() });

const use = z.object({ use: z.literal(['', 'sig'], 'nothing is encrypted with keys of a workspace').optional() });

/** What is not declared public is left out, whatever it is. */
const toPublic = ({ privateJwk }: SigningKey) => publicKey.parse(privateJwk);
const toBody = (key: SigningKey) => ({ ...toPublic(key), created_at: new Date(key.createdAt).toISOString() });

export function signingKeyEndpoints(deps: SigningKeyRoutesDeps): readonly Endpoint[] {
  const { signingKeys, workspaces, service, changed } = deps;
  const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const mayRead = { kind: 'role', in: 'workspace', permission: 'get_workspace', of } as const;
  const mayChange = { kind: 'role', in: 'workspace', permission: 'update_workspace', of } as const;
  const all = (call: Call) => signingKeys.list(call.tenantId, placeOf(call));

  return [
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/keys',
      operationId: 'getKeys',
      tag,
      summary: 'Get the keys a workspace signs with',
      access: mayRead,
      query: use,
      success: {
        status: 200,
        description: 'the key that signs, and those whose signatures are still good',
        body: z.object({ current_key: keyBody.optional(), rotated_keys: z.array(keyBody) }),
      },
      async handle(call) {
        const keys = await all(call);
        const current = keys.find(({ state }) => state === 'active');
        const rotated = keys.filter(({ state }) => state === 'retired');
        return {
          ...(current === undefined ? {} : { current_key: toBody(current) }),
          rotated_keys: rotated.map(toBody),
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/servers/:wid/keys/:kid/raw',
      operationId: 'getKey',
      tag,
      summary: 'Get a key as a JWK, without its private members',
      access: mayRead,
      success: { status: 200, description: 'the key', body: publicKey },
      async handle(call) {
        const key = (await all(call)).find(({ kid }) => kid === call.params['kid']);
        if (key === undefined) throw new PlatformError('not_found', 'There is no such key.');
        return toPublic(key);
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/servers/:wid/keys/rotate',
      operationId: 'rotateKey',
      tag,
      summary: 'Sign with a fresh key; what was signed before stays good',
      access: mayChange,
      query: use.extend({ key_type: z.enum(['', 'rsa', 'ecdsa', 'ps']).optional().describe('that of the workspace') }),
      isAction: true,
      success: { status: 200, description: 'the fresh key', body: keyBody },
      async handle(call) {
        const { key_type: wanted = '' } = call.query;
        const id = placeOf(call);
        const has = (await workspaces.find(call.tenantId, id))?.settings.key_type;
        if (wanted !== '' && wanted !== has) {
          const message = `This workspace signs with ${String(has)}: change its key_type instead.`;
          throw new PlatformError('bad_request', message, {
            details: [{ in: 'query', pointer: '/key_type', message }],
          });
        }
        const key = await service.rotate(call.tenantId, id);
        changed(call.tenantId, id);
        return toBody(key);
      },
    }),
    endpoint({
      method: 'post',
      path: '/api/admin/:tid/servers/:wid/keys/revoke/:kid',
      operationId: 'revokeKey',
      tag,
      summary: 'Revoke a rotated key: what it signed is worth nothing from now on',
      access: mayChange,
      query: use,
      isAction: true,
      success: { status: 200, description: 'the key that was revoked', body: keyBody },
      async handle(call) {
        const key = await service.revoke(call.tenantId, placeOf(call), call.params['kid'] ?? '');
        changed(call.tenantId, placeOf(call));
        return toBody(key);
      },
    }),
  ];
}
