/** Which tenant a path belongs to, by the published layout: `/{tid}/…` and `/api/{api}/{tid}/…`. */
import { rootTenantId } from '../tenants/tenant.ts';

/** First segments that belong to no tenant: what a process serves on every one of its origins. No tenant may be called so. */
export const sharedSegments: ReadonlySet<string> = new Set([
  '',
  'alive',
  'assets',
  'favicon.ico',
  'health',
  'metrics',
  'ops',
  'ready',
  'robots.txt',
  'static',
  'tenants',
]);

/**
 * The tenant's id as the path spells it, or undefined for a path of no tenant.
 * `/api/system/tenants` and `/api/admin/tenants` manage all tenants: they belong to the root tenant.
 * The router compares fixed segments without case, so this does as well; ids are compared as they are.
 */
export function tenantOfPath(path: string): string | undefined {
  const [, first = '', , third = ''] = path.split('/', 4);
  if (first.toLowerCase() !== 'api') return sharedSegments.has(first.toLowerCase()) ? undefined : first;
  if (third === '') return undefined;
  return third.toLowerCase() === 'tenants' ? rootTenantId : third;
}
