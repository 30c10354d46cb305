/** A tenant keeps somebody who administers it, whatever else goes. */
import { unprocessable } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { RoleStore } from './role.ts';

/**
 * @param work takes roles away, in the same transaction
 * @throws PlatformError `unprocessable_entity` where nobody is left who administers the tenant, and somebody did before
 */
export async function keepAdministrator(
  roles: Pick<RoleStore, 'listIn'>,
  tenant: TenantId,
  message: string,
  work: () => Promise<void>,
): Promise<void> {
  const administers = async () => (await roles.listIn(tenant, undefined)).some(({ role }) => role === 'admin');
  const before = await administers();
  await work();
  if (before && !(await administers())) throw unprocessable('', message);
}
