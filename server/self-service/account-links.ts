/** Where a login's page leads people who have no password yet, have forgotten it, or have no account; and who comes back from there. */
import type { AccountWays } from '../interactions/first-factor-page.ts';
import type { Pool } from '../pools/pool.ts';
import { nameFault } from './account-form.ts';
import type { AccountQueries } from './account-query.ts';
import { isOfferedTo, pathOf, type AccountErrand } from './account.ts';

const placeOf = ({ tenantId, id }: Pool) => ({ tenantId, poolId: id });

export function accountWays({ remember, recall }: Pick<AccountQueries, 'remember' | 'recall'>): AccountWays {
  return {
    links(pool, { workspaceId, path }, identifier = '') {
      const hrefOf = (errand: AccountErrand): string | undefined => {
        if (!isOfferedTo(pool, errand)) return undefined;
        const query = new URLSearchParams({ server_id: workspaceId, login: path });
        // Sealed, as an address is kept in more places than a form. What nobody could be called there is asked for.
        if (nameFault(errand, identifier) === undefined) {
          query.set('for', remember(placeOf(pool), { identifier }));
          query.set('again', '1');
        }
        return `/${pool.tenantId}/identity/${pool.id}/${pathOf[errand]}?${query.toString()}`;
      };
      return { forgotHref: hrefOf('reset'), registerHref: hrefOf('register') };
    },
    ledBack: (pool, sealed) => recall(placeOf(pool), sealed)?.identifier,
  };
}

/** Where messages cannot be sent, these pages help nobody. */
export const noAccountWays: AccountWays = { links: () => ({}), ledBack: () => undefined };
