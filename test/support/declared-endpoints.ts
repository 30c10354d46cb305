/** Every endpoint of the management APIs as it is declared, without a platform behind it. */
import { industryMembers } from '../../plugins/index.ts';
import type { Endpoint } from '../../server/http/endpoint.ts';
import { managementEndpoints, type ManagementDeps } from '../../server/management.ts';

const nothing: object = new Proxy({}, { get: () => nothing });

/** Their handlers are not to be called. */
export function declaredEndpoints(): readonly Endpoint[] {
  const configuration = new Proxy({}, { get: (_target, name) => (name === 'industries' ? industryMembers : nothing) });
  const deps: object = new Proxy({}, { get: (_target, name) => (name === 'configuration' ? configuration : nothing) });
  return managementEndpoints(deps as ManagementDeps);
}
