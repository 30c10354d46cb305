/** The secrets of a workspace: for administrators by their roles in the Admin API, for programs by scopes in the System API. */
import { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
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
const one = { status: 201, description: 'the secret, without its value', body: secretAnswer } as const;

const placeOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

const mayReadBySystem: Access = {
  kind: 'scope',
  tenant: 'path',
  workspace: 'system',
  scopes: ['read_secrets', 'manage_secrets'],
};
const mayManageBySystem: Access = { ...mayReadBySystem, scopes: ['manage_secrets'] };

export function secretEndpoints(deps: SecretRoutesDeps): readonly Endpoint[] {
  const { workspaces } = deps;
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, placeOf(call)))?.id;
  const byRole = { kind: 'role', in: 'workspace', of } as const;
  return [
    ...secretsAt('/api/admin/:tid/servers/:wid/secrets', deps, {
      mayRead: { ...byRole, permission: 'read_secrets' },
      mayManage: { ...byRole, permission: 'manage_secrets' },
    }),
    ...secretsAt('/api/system/:tid/servers/:wid/secrets', deps, {
      mayRead: mayReadBySystem,
      mayManage: mayManageBySystem,
    }),
  ];
}

function secretsAt(
  path: string,
  { secrets, workspaces, service }: SecretRoutesDeps,
  { mayRead, mayManage }: { readonly mayRead: Access; readonly mayManage: Access },
): readonly Endpoint[] {
  const onePath = `${path}/:sid`;
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
      async handle(call) {
        if ((await workspaces.find(call.tenantId, placeOf(call))) === undefined)
          throw new PlatformError('not_found', 'There is no such workspace.');
        return { secrets: (await secrets.list(call.tenantId, placeOf(call))).map(toSecretBody) };
      },
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
      refuses: ['conflict'],
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
