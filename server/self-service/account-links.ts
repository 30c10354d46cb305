/** Where a login's page leads people who have no password yet, have forgotten it, or have no account. */
import type { Pool } from '../pools/pool.ts';
import { isOfferedTo, pathOf, type AccountErrand } from './account.ts';

/** @returns paths; undefined for what people of the pool cannot do by themselves */
export function accountLinks(
  pool: Pool,
  login: { readonly workspaceId: string; readonly path: string },
): { readonly forgotHref?: string | undefined; readonly registerHref?: string | undefined } {
  const query = new URLSearchParams({ server_id: login.workspaceId, login: login.path }).toString();
  const hrefOf = (errand: AccountErrand): string | undefined =>
    isOfferedTo(pool, errand) ? `/${pool.tenantId}/identity/${pool.id}/${pathOf[errand]}?${query}` : undefined;
  return { forgotHref: hrefOf('reset'), registerHref: hrefOf('register') };
}
