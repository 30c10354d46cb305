/** The pages of integrators in a workspace, from the rows of what each belongs to: one question for all of them. */
import type { Knex } from 'knex';
import { clientId } from '../kernel/ids.ts';
import { consentPageId, type IntegratorPage, type IntegratorPageStore, type PageKind } from './page.ts';

interface PageRow {
  readonly kind: PageKind;
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly client_id: string;
}

export function createIntegratorPageStore(executor: Knex): IntegratorPageStore {
  return {
    async list(tenant, workspace) {
      const place = { tenant_id: tenant, workspace_id: workspace };
      const kind = (of: PageKind) => executor.raw('? as kind', [of]);
      const rows: readonly PageRow[] = await executor('custom_apps')
        .select(kind('custom-app'), 'id', 'name', 'url', 'client_id')
        .where(place)
        .unionAll([
          executor('idps')
            .select(kind('custom-login'), 'id', 'name', 'login_url as url', 'client_id')
            .where({ ...place, method: 'custom', enabled: true }),
          executor('server_consents')
            .select(kind('custom-consent'), executor.raw('? as id', [consentPageId]), 'url as name', 'url', 'client_id')
            .where(place),
        ]);
      return rows.map(toPage);
    },

    async clients(tenant, workspace) {
      const of = (table: string) =>
        executor(table).select('client_id').where({ tenant_id: tenant, workspace_id: workspace });
      const rows: readonly Pick<PageRow, 'client_id'>[] = await of('custom_apps').unionAll([
        of('idps').where({ method: 'custom' }),
        of('server_consents'),
      ]);
      return rows.map(({ client_id: client }) => clientId(client));
    },
  };
}

function toPage({ kind, id, name, url, client_id: client }: PageRow): IntegratorPage {
  // Nobody gives a consent page a name: people are told whose address it has.
  return { kind, id, name: kind === 'custom-consent' ? new URL(url).host : name, url, clientId: clientId(client) };
}
