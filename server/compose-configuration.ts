/** The composition root's fourth part: what configuration consists of, and its export and import. */
import { industryMembers } from '../plugins/index.ts';
import { roleSection } from './access/role.section.ts';
import { eventSection } from './audit/event.section.ts';
import { clientSection } from './clients/client.section.ts';
import type { KindDefinition } from './compose-kinds.ts';
import type { Platform } from './compose.ts';
import type { Stores } from './compose-stores.ts';
import type { ConfigurationRoutesDeps } from './configuration/configuration.routes.ts';
import { emptyIdentityMembers, emptyMembers, emptyRootMembers } from './configuration/dump.body.ts';
import { createExportService } from './configuration/export.service.ts';
import { createImportService } from './configuration/import.service.ts';
import { newSealing, openPassphrase } from './configuration/passphrase.ts';
import type { ConfigurationKind, Section } from './configuration/section.ts';
import { createPatchService } from './configuration/patch.service.ts';
import type { Extent } from './configuration/spool.ts';
import { openSpool } from './configuration/spool.store.ts';
import { createPluginSections } from './extension-points/plugin-sections.ts';
import { scopeGrantSection } from './consents/scope-grant.section.ts';
import { customAppSection } from './extensions/custom-app.section.ts';
import { executionPointSection } from './extensions/execution-point.section.ts';
import { scriptSection } from './extensions/script.section.ts';
import { createScriptSources } from './extensions/script-sources.ts';
import { serverConsentSection } from './extensions/server-consent.section.ts';
import { secretSection } from './extensions/secret.section.ts';
import { groupSection } from './groups/group.section.ts';
import { membershipSection } from './groups/membership.section.ts';
import { idpSection } from './idps/idp.section.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { poolId, workspaceId, type TenantId, type WorkspaceId } from './kernel/ids.ts';
import { schemaSection } from './schemas/schema.section.ts';
import { poolSection } from './pools/pool.section.ts';
import { credentialSection, type CredentialItems } from './credentials/credential.section.ts';
import { addressSection } from './users/address.section.ts';
import { identifierSection } from './users/identifier.section.ts';
import { userSection } from './users/user.section.ts';
import { tenantSection } from './tenants/tenant.section.ts';
import { claimSection } from './workspaces/claim.section.ts';
import { scopeSection } from './workspaces/scope.section.ts';
import { serviceSection } from './workspaces/service.section.ts';
import { serverSection } from './workspaces/server.section.ts';

type Parts = Pick<Platform, 'extensions' | 'hasher' | 'scriptCompiler' | 'kinds' | 'hostOf'>;

type Sections = readonly Section<Stores>[];

/** Core's own. */
function coreSections({ extensions, hasher, scriptCompiler }: Parts): Sections {
  const sources = createScriptSources(scriptCompiler);
  return [
    tenantSection({ clock }),
    serverSection({ clock, extensions }),
    serviceSection({ clock }),
    scopeSection(),
    claimSection(),
    customAppSection({ clock }),
    secretSection({ clock }),
    scriptSection({ sources, clock }),
    idpSection({ hasher, clock }),
    serverConsentSection({ clock }),
    clientSection({ clock }),
    executionPointSection({ sources }),
    roleSection({ clock }),
    scopeGrantSection({ clock }),
    eventSection({ clock }),
  ];
}

function configurationKind(sections: Sections): ConfigurationKind<Stores> {
  return {
    // What people did comes last: whatever it is about is there by then.
    sections: [
      ...sections.filter(({ isData }) => isData !== true),
      ...sections.filter(({ isData }) => isData === true),
    ],
    places: 'servers',
    listPlaces: ({ workspaces }, tenant, query) => workspaces.list(tenant, query),
    hasPlace: async ({ workspaces }, tenant, id) => (await workspaces.find(tenant, workspaceId(id))) !== undefined,
    touch: ({ workspaces }, tenant, id) => workspaces.touch(tenant, workspaceId(id)),
  };
}

/** Members of a dump that say how it is written, or whose it is. */
const envelope = ['sealing', 'tenant', 'tenants'];

/**
 * How much of a workspace is written in one transaction. SQLite has one writer, in whose time nobody signs in; elsewhere the logins of
 * this workspace wait for its row, which all they write refers to. So many objects take about a fifth of a second.
 */
const wholeTree: Extent = { objects: 250, characters: 8 * 1024 * 1024 };

/** Of every kind whose credentials move, in the order of the kinds. */
function credentialsOf(kinds: readonly KindDefinition[]): Sections {
  const [first, ...others] = kinds.flatMap(({ mechanism, exportable }): [string, CredentialItems<Stores>][] =>
    exportable === undefined ? [] : [[mechanism, exportable({ clock })]],
  );
  return first === undefined ? [] : [credentialSection(first, ...others)];
}

/** People, apart from what they sign in to. */
function identityKind({ kinds }: Pick<Platform, 'kinds'>): ConfigurationKind<Stores> {
  return {
    sections: [
      schemaSection({ clock }),
      poolSection({ clock, mechanisms: kinds.map(({ mechanism }) => mechanism) }),
      userSection({ clock }),
      identifierSection(),
      addressSection({ clock }),
      ...credentialsOf(kinds),
      groupSection({ clock }),
      membershipSection({ clock }),
    ],
    places: 'pools',
    listPlaces: ({ pools }, tenant, query) => pools.list(tenant, query),
    hasPlace: async ({ pools }, tenant, id) => (await pools.find(tenant, poolId(id))) !== undefined,
  };
}

export function composeConfiguration(
  platform: Pick<Platform, 'stores' | 'unitOfWork'> & Parts,
  changed: (tenant: TenantId, workspace: WorkspaceId) => void,
  whole = wholeTree,
): ConfigurationRoutesDeps {
  const { stores, unitOfWork, extensions: registry, hostOf } = platform;
  const own = coreSections(platform);
  const taken = [...own.map(({ member }) => member), ...envelope];
  const ofPlugins = createPluginSections({ registry, hostOf, taken });
  const filled = ofPlugins.map(({ member }) => member);
  const kind = configurationKind([...own, ...ofPlugins]);
  const emptyOf = (members: readonly string[]) =>
    [...members, ...industryMembers].filter((member) => !filled.includes(member));
  const passphrases = { newSealing, openPassphrase };
  const people = identityKind(platform);
  return {
    members: [...industryMembers, ...filled],
    patches: createPatchService(),
    identity: {
      exporter: createExportService({ stores, kind: people, empty: emptyIdentityMembers, ...passphrases }),
      // Nothing is built from people that would have to be built anew.
      importer: createImportService({
        unitOfWork,
        stores,
        kind: people,
        openSpool,
        openPassphrase,
        whole,
        changed: () => undefined,
      }),
    },
    exporter: createExportService({ stores, kind, empty: emptyOf(emptyMembers), ...passphrases }),
    rootExporter: createExportService({
      stores,
      kind,
      empty: emptyOf(emptyRootMembers),
      ...passphrases,
    }),
    importer: createImportService({
      unitOfWork,
      stores,
      kind,
      openSpool,
      openPassphrase,
      whole,
      changed: (tenant, place) => {
        changed(tenant, workspaceId(place));
      },
    }),
  };
}
