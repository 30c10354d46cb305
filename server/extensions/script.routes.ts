/** The scripts of a workspace, in the Admin API. */
import { applyWithin, patchBody, type Patch } from '../configuration/json-patch.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { newId, scriptId, workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { newScriptBody, scriptAnswer, scriptBody, scriptBodyLimit, scriptsAnswer } from './script.body.ts';
import { scriptWordsIn, toScriptBody } from './script.body.ts';
import { withSource, type HeldScript, type ScriptService } from './script.service.ts';
import type { ScriptPlace, ScriptStore } from './script.ts';

export interface ScriptRoutesDeps {
  readonly scripts: Pick<ScriptStore, 'find' | 'list' | 'findVersion' | 'listVersions'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: ScriptService;
}

export const scriptsTag = 'scripts';
export const scriptsPath = '/api/admin/:tid/servers/:wid/scripts';
const onePath = `${scriptsPath}/:script`;
const one = { status: 200, description: 'the script', body: scriptAnswer } as const;

export const workspaceOf = ({ params }: Pick<Call, 'params'>): WorkspaceId => workspaceId(params['wid'] ?? '');

export function scriptPlaceOf(call: Pick<Call, 'tenantId' | 'params'>): ScriptPlace {
  return { tenantId: call.tenantId, workspaceId: workspaceOf(call), id: scriptId(call.params['script'] ?? '') };
}

/** Who may look at scripts of the workspace that the path names, and who may change what its logins do. */
export function scriptAccess({ workspaces }: Pick<ScriptRoutesDeps, 'workspaces'>) {
  const of = async (call: Pick<Call, 'tenantId' | 'params'>): Promise<WorkspaceId | undefined> =>
    (await workspaces.find(call.tenantId, workspaceOf(call)))?.id;
  return {
    mayRead: { kind: 'role', in: 'workspace', permission: 'read_scripts', of },
    mayManage: { kind: 'role', in: 'workspace', permission: 'manage_scripts', of },
  } as const;
}

export function scriptEndpoints({ scripts, workspaces, service }: ScriptRoutesDeps): readonly Endpoint[] {
  const { mayRead, mayManage } = scriptAccess({ workspaces });
  const held = (call: Call): HeldScript => ({
    ...scriptPlaceOf(call),
    check: (stored) => {
      call.ifMatch(toScriptBody(stored));
    },
  });
  const get = async (place: ScriptPlace) => {
    const script = await scripts.find(place);
    if (script === undefined) throw new PlatformError('not_found', 'There is no such script.');
    return toScriptBody(await withSource({ scripts }, script));
  };

  return [
    endpoint({
      method: 'get',
      path: scriptsPath,
      operationId: 'listScripts',
      tag: scriptsTag,
      summary: 'List the scripts of a workspace',
      access: mayRead,
      query: listQuery('script', 'id'),
      success: { status: 200, description: 'its scripts', body: scriptsAnswer },
      async handle(call) {
        const { items } = await scripts.list(call.tenantId, workspaceOf(call), pageOf('script', call.query));
        const shown = [];
        for (const script of items) shown.push(toScriptBody(await withSource({ scripts }, script)));
        return { scripts: shown };
      },
    }),
    endpoint({
      method: 'post',
      path: scriptsPath,
      operationId: 'createScript',
      tag: scriptsTag,
      summary: 'Create a script',
      access: mayManage,
      body: newScriptBody,
      bodyLimit: scriptBodyLimit,
      success: { ...one, status: 201 },
      async handle(call) {
        const { id: given = '' } = call.body;
        const id = given === '' ? newId() : given;
        return toScriptBody(await service.create(call.tenantId, workspaceOf(call), id, scriptWordsIn(call.body, id)));
      },
    }),
    endpoint({
      method: 'delete',
      path: onePath,
      operationId: 'deleteScript',
      tag: scriptsTag,
      summary: 'Delete a script that runs nowhere, with all of its versions',
      access: mayManage,
      refuses: ['conflict'],
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(held(call)),
    }),
    endpoint({
      method: 'get',
      path: onePath,
      operationId: 'getScript',
      tag: scriptsTag,
      summary: 'Get a script',
      access: mayRead,
      success: one,
      handle: (call) => get(scriptPlaceOf(call)),
    }),
    endpoint({
      method: 'patch',
      path: onePath,
      operationId: 'patchScript',
      tag: scriptsTag,
      summary: 'Change a script by JSON Patch (RFC 6902)',
      access: mayManage,
      body: patchBody,
      isVerbatim: true,
      bodyLimit: scriptBodyLimit,
      refuses: ['conflict'],
      success: one,
      async handle(call) {
        const place = held(call);
        const before = await get(place);
        const words = scriptWordsIn(patched(before, call.body), place.id);
        const check = (stored: Parameters<NonNullable<HeldScript['check']>>[0]): void => {
          place.check?.(stored);
          // Somebody else's change would be undone by what was made from the script before it.
          if (JSON.stringify(toScriptBody(stored)) !== JSON.stringify(before))
            throw new PlatformError('conflict', 'The script was changed at the same time: patch it again.');
        };
        return toScriptBody(await service.update({ ...place, check }, words));
      },
    }),
    endpoint({
      method: 'put',
      path: onePath,
      operationId: 'updateScript',
      tag: scriptsTag,
      summary: 'Replace what a script is, and publish its body; its id stays',
      access: mayManage,
      body: scriptBody,
      bodyLimit: scriptBodyLimit,
      success: one,
      async handle(call) {
        const place = held(call);
        return toScriptBody(await service.update(place, scriptWordsIn(call.body, place.id)));
      },
    }),
  ];
}

/** @throws PlatformError `unprocessable_entity` for a patch that does not fit, or that says what stays */
function patched(stored: ReturnType<typeof toScriptBody>, patch: Patch) {
  const target: Record<string, unknown> = { ...stored };
  applyWithin(target, patch, scriptBodyLimit);
  for (const member of ['id', 'tenant_id', 'authorization_server_id'] as const) {
    if (target[member] !== stored[member]) throw unprocessable(`/${member}`, 'This stays what it is.');
  }
  const parsed = scriptBody.safeParse(target);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unprocessable(`/${(issue?.path ?? []).join('/')}`, issue?.message ?? 'The result is no script.');
}
