/** Extension point `endpoints` (contribute): calls that a plugin adds to the management APIs, about things of a workspace. */
import type { Call, Endpoint } from '../http/endpoint.ts';
import type { WorkspaceId } from '../kernel/ids.ts';
import type { PluginHost } from './host.ts';

export { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';

/** Called once, when the process is built. Each path names the workspace as `:wid`. */
export type EndpointContribution = (own: EndpointsHost) => readonly Endpoint[];

export interface EndpointsHost {
  readonly host: PluginHost;
  /** Finds the workspace that the path names: for `access.of` of a role. */
  readonly workspaceOf: (call: Pick<Call, 'tenantId' | 'params'>) => Promise<WorkspaceId | undefined>;
}
