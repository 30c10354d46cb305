/** Every endpoint of the management APIs as it is declared, without a platform behind it. */
import { industryMembers, plugins } from '../../plugins/index.ts';
import { credentialKinds } from '../../server/compose-kinds.ts';
import { createPluginEndpoints } from '../../server/extension-points/plugin-endpoints.ts';
import { createPluginSections } from '../../server/extension-points/plugin-sections.ts';
import type { PluginHost } from '../../server/extension-points/host.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { managementEndpoints, type ManagementDeps } from '../../server/management.ts';

const nothing: object = new Proxy({}, { get: () => nothing });

/** Their handlers are not to be called. */
export function declaredEndpoints(): readonly Endpoint[] {
  const configuration = new Proxy({}, { get: (_target, name) => (name === 'members' ? members() : nothing) });
  const mechanisms = credentialKinds.map(({ mechanism }) => mechanism);
  const pools = new Proxy({}, { get: (_target, name) => (name === 'mechanisms' ? mechanisms : nothing) });
  const own: Readonly<Record<string, unknown>> = { configuration, pools, plugins: pluginEndpoints() };
  const deps: object = new Proxy({}, { get: (_target, name) => own[String(name)] ?? nothing });
  return managementEndpoints(deps as ManagementDeps);
}

const lent = { registry: createExtensionRegistry(plugins), hostOf: () => nothing as PluginHost };

function pluginEndpoints(): readonly Endpoint[] {
  return createPluginEndpoints({ ...lent, workspaces: { find: () => Promise.resolve(undefined) } });
}

function members(): readonly string[] {
  return [...industryMembers, ...createPluginSections({ ...lent, taken: [] }).map(({ member }) => member)];
}
