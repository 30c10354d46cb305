/** The composition root's fourth part: what configuration consists of, and its export and import. */
import { industryMembers } from '../plugins/index.ts';
import { roleSection } from './access/role.section.ts';
import { clientSection } from './clients/client.section.ts';
import type { Platform, Stores } from './compose.ts';
import type { ConfigurationRoutesDeps } from './configuration/configuration.routes.ts';
import { emptyMembers, emptyRootMembers } from './configuration/dump.body.ts';
import { createExportService } from './configuration/export.service.ts';
import { createImportService } from './configuration/import.service.ts';
import { newSealing, openPassphrase } from './configuration/passphrase.ts';
import type { ConfigurationKind } from './configuration/section.ts';
import { openSpool } from './configuration/spool.store.ts';
import { idpSection } from './idps/idp.section.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { workspaceId, type TenantId, type WorkspaceId } from './kernel/ids.ts';
import { tenantSection } from './tenants/tenant.section.ts';
import { scopeSection } from './workspaces/scope.section.ts';
import { serverSection } from './workspaces/server.section.ts';

function configurationKind({ extensions, hasher }: Pick<Platform, 'extensions' | 'hasher'>): ConfigurationKind<Stores> {
  return {
    sections: [
      tenantSection({ clock }),
      serverSection({ clock, extensions }),
      scopeSection(),
      idpSection({ hasher }),
      clientSection({ clock }),
      roleSection({ clock }),
    ],
    places: 'servers',
    listPlaces: ({ workspaces }, tenant, query) => workspaces.list(tenant, query),
    hasPlace: async ({ workspaces }, tenant, id) => (await workspaces.find(tenant, workspaceId(id))) !== undefined,
    touch: ({ workspaces }, tenant, id) => workspaces.touch(tenant, workspaceId(id)),
  };
}

export function composeConfiguration(
  platform: Pick<Platform, 'stores' | 'unitOfWork' | 'extensions' | 'hasher'>,
  changed: (tenant: TenantId, workspace: WorkspaceId) => void,
): ConfigurationRoutesDeps {
  const { stores, unitOfWork } = platform;
  const kind = configurationKind(platform);
  const passphrases = { newSealing, openPassphrase };
  return {
    industries: industryMembers,
    exporter: createExportService({ stores, kind, empty: [...emptyMembers, ...industryMembers], ...passphrases }),
    rootExporter: createExportService({
      stores,
      kind,
      empty: [...emptyRootMembers, ...industryMembers],
      ...passphrases,
    }),
    importer: createImportService({
      unitOfWork,
      stores,
      kind,
      openSpool,
      openPassphrase,
      changed: (tenant, place) => {
        changed(tenant, workspaceId(place));
      },
    }),
  };
}
