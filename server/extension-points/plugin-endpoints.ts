/** Puts the plugins' endpoints beside core's: for those who administer, and in the workspaces that have the plugin. */
import type { Endpoint } from '../http/endpoint.ts';
import { PlatformError } from '../kernel/errors.ts';
import { workspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { bootError } from './boot-error.ts';
import type { EndpointsHost } from './endpoints.ts';
import type { PluginHost } from './host.ts';
import type { ExtensionRegistry } from './registry.ts';

export interface PluginEndpointsDeps {
  readonly registry: Pick<ExtensionRegistry, 'endpoints' | 'isEnabled'>;
  readonly hostOf: (plugin: string) => PluginHost;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
}

/**
 * The plugins' endpoints, as core mounts its own: a caller who may not is told so first, and a workspace that does not have
 * the plugin has none of its things.
 * @throws PlatformError `internal` naming the plugin and the endpoint that is about no workspace, or open to everybody
 */
export function createPluginEndpoints({ registry, hostOf, workspaces }: PluginEndpointsDeps): readonly Endpoint[] {
  const workspaceOf: EndpointsHost['workspaceOf'] = async ({ tenantId, params }) =>
    (await workspaces.find(tenantId, workspaceId(params['wid'] ?? '')))?.id;

  return registry.endpoints.flatMap(({ owner, value: make }) =>
    make({ host: hostOf(owner), workspaceOf }).map((one): Endpoint => {
      const name = `endpoint "${one.method} ${one.path}"`;
      if (!/^\/api\/[a-z]+\/:tid\/(?:[^/]+\/)*:wid(?:\/|$)/.test(one.path))
        throw bootError(owner, `${name} does not name its workspace`);
      if (one.access.kind === 'public' || one.access.kind === 'person')
        throw bootError(owner, `${name} is not for those who administer`);
      return {
        ...one,
        async handle(call) {
          const found = await workspaces.find(call.tenantId, workspaceId(call.params['wid'] ?? ''));
          if (found === undefined || !registry.isEnabled(owner, found.settings))
            throw new PlatformError(
              'not_found',
              `This workspace does not have the plugin: the plugins of its settings have to say "${owner}": {}.`,
            );
          return one.handle(call);
        },
      };
    }),
  );
}
