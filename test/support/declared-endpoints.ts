/** Every endpoint of the management APIs as it is declared, without a platform behind it. */
import type { Endpoint } from '../../server/http/endpoint.ts';
import { managementEndpoints, type ManagementDeps } from '../../server/management.ts';

const nothing: object = new Proxy({}, { get: () => nothing });

/** Their handlers are not to be called. */
export function declaredEndpoints(): readonly Endpoint[] {
  return managementEndpoints(nothing as unknown as ManagementDeps);
}
