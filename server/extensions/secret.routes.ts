/** The secrets of a workspace, in the Admin API. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { secretId, workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { newSecretBody, secretAnswer, secretBody, secretsAnswer, toSecretBody } from './secret.body.ts';
import type { SecretPlace, SecretService } from './secret.service.ts';
import type { SecretStore } from './secret.ts';

export interface SecretRoutesDeps {
  readonly secrets: Pick<SecretStore, 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: SecretService;
}

const tag = 'secrets';
const path = '/api/admin/:tid/servers/:wid/secrets';
const onePath = `${path}/:sid`;
const one = { status: 201, description: 'the secret, without its value', body: secretAnswer } as const;

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

export function secretEndpoints({ secrets, workspaces, service }: SecretRoutesDeps): readonly Endpoint[] {
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const mayRead = { kind: 'role', in: 'workspace', permission: 'read_secrets', of } as const;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_secrets', of } as const;
  const secretOf = (call: Call): SecretPlace => ({
    tenantId: call.tenantId,
    workspaceId: placeOf(call),
    id: secretId(call.params['sid'] ?? ''),
    check: (stored) => {
      call.ifMatch(toSecretBody(stored));
    },
  });

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'listSecrets',
      tag,
      summary: 'List the secrets of a workspace, without their values',
      access: mayRead,
      success: { status: 200, description: 'its secrets', body: secretsAnswer },
      handle: async (call) => ({ secrets: (await secrets.list(call.tenantId, placeOf(call))).map(toSecretBody) }),
    }),
    endpoint({
      method: 'post',
      path,
      operationId: 'createSecret',
      tag,
      summary: 'Keep a secret for scripts of a workspace',
      access: mayManage,
      body: newSecretBody,
      success: one,
      handle: async (call) =>
        toSecretBody(await service.create(call.tenantId, placeOf(call), call.body.id, call.body.secret)),
    }),
    endpoint({
      method: 'delete',
      path: onePath,
      operationId: 'deleteSecret',
      tag,
      summary: 'Forget a secret',
      access: mayManage,
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(secretOf(call)),
    }),
    endpoint({
      method: 'put',
      path: onePath,
      operationId: 'updateSecret',
      tag,
      summary: 'Replace the value of a secret',
      access: mayManage,
      body: secretBody,
      success: one,
      handle: async (call) => toSecretBody(await service.update(secretOf(call), call.body.secret)),
    }),
  ];
}
