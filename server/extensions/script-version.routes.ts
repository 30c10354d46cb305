/** What the published API of scripts does not have: versions that never change, and the pointers that say which runs. */
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { scriptVersionId } from '../kernel/ids.ts';
import {
  draftBody,
  pointersAnswer,
  pointersBody,
  pointersIn,
  scriptBodyLimit,
  toPointersBody,
  toVersionBody,
  versionAnswer,
  versionsAnswer,
  versionWithSource,
} from './script.body.ts';
import { scriptAccess, scriptPlaceOf, scriptsPath, scriptsTag as tag, type ScriptRoutesDeps } from './script.routes.ts';
import type { Script } from './script.ts';

const versionsPath = `${scriptsPath}/:script/versions`;
const pointersPath = `${scriptsPath}/:script/pointers`;
const pointers = { status: 200, description: 'which version is which', body: pointersAnswer } as const;

export function scriptVersionEndpoints({ scripts, workspaces, service }: ScriptRoutesDeps): readonly Endpoint[] {
  const { mayRead, mayManage } = scriptAccess({ workspaces });
  const get = async (call: Call): Promise<Script> => {
    const script = await scripts.find(scriptPlaceOf(call));
    if (script === undefined) throw new PlatformError('not_found', 'There is no such script.');
    return script;
  };

  return [
    endpoint({
      method: 'get',
      path: versionsPath,
      operationId: 'listScriptVersions',
      tag,
      summary: 'List the versions of a script, youngest first',
      access: mayRead,
      success: { status: 200, description: 'its versions, without their sources', body: versionsAnswer },
      async handle(call) {
        const script = await get(call);
        return { versions: (await scripts.listVersions(script)).map(toVersionBody) };
      },
    }),
    endpoint({
      method: 'post',
      path: versionsPath,
      operationId: 'createScriptVersion',
      tag,
      summary: 'Keep another version of a script as its draft; what runs stays',
      access: mayManage,
      body: draftBody,
      bodyLimit: scriptBodyLimit,
      success: { status: 201, description: 'the version', body: versionAnswer },
      handle: async (call) => toVersionBody(await service.draft(scriptPlaceOf(call), call.body.body)),
    }),
    endpoint({
      method: 'get',
      path: `${versionsPath}/:version`,
      operationId: 'getScriptVersion',
      tag,
      summary: 'Get a version of a script with its source',
      access: mayRead,
      success: { status: 200, description: 'the version', body: versionWithSource },
      async handle(call) {
        const found = await scripts.findVersion(scriptPlaceOf(call), scriptVersionId(call.params['version'] ?? ''));
        if (found === undefined) throw new PlatformError('not_found', 'There is no such version.');
        const { source, compiled, ...version } = found;
        const { shape, point, manifest } = compiled;
        return { ...toVersionBody({ ...version, shape, point, manifest }), body: source };
      },
    }),
    endpoint({
      method: 'get',
      path: pointersPath,
      operationId: 'getScriptPointers',
      tag,
      summary: 'Get which version of a script runs, which is tried out and which was written last',
      access: mayRead,
      success: pointers,
      handle: async (call) => toPointersBody(await get(call)),
    }),
    endpoint({
      method: 'put',
      path: pointersPath,
      operationId: 'setScriptPointers',
      tag,
      summary: 'Publish a version, take it back, or try it out on some people; logins in flight keep theirs',
      access: mayManage,
      body: pointersBody,
      success: pointers,
      handle: async (call) =>
        toPointersBody(
          await service.point(scriptPlaceOf(call), pointersIn(call.body), (stored) => {
            call.ifMatch(toPointersBody(stored));
          }),
        ),
    }),
  ];
}
