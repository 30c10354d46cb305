/** Export and import of configuration: of a tenant in the System APIs, of the whole deployment in the Root APIs. */
import type { Endpoint } from '../http/endpoint.ts';
import { dumpBodies, identityDump } from './dump.body.ts';
import type { ExportService } from './export.service.ts';
import type { ImportService } from './import.service.ts';
import type { PatchService } from './patch.service.ts';
import { transferEndpoints, type Transfer } from './transfer-endpoints.ts';

export interface ConfigurationRoutesDeps {
  readonly exporter: ExportService;
  readonly importer: ImportService;
  /** The same, of the deployment: its dump has members of its own. */
  readonly rootExporter: ExportService;
  /** People, with what they are called by and their credentials. */
  readonly identity: { readonly exporter: ExportService; readonly importer: ImportService };
  readonly patches: PatchService;
  /** Members of a dump that plugins fill, or may one day. */
  readonly members: readonly string[];
}

const ofTenant = {
  tag: 'tenants',
  readers: ['read_configuration'],
  operationIds: {
    export: 'exportTenantConfiguration',
    import: 'importTenantConfiguration',
    patch: 'patchTenantConfiguration',
  },
  isOfDeployment: false,
} as const;

const ofDeployment = {
  tag: 'configuration',
  readers: [],
  isOfDeployment: true,
  operationIds: { export: 'exportConfiguration', import: 'importConfiguration', patch: 'patchConfiguration' },
} as const;

export function configurationEndpoints(deps: ConfigurationRoutesDeps): readonly Endpoint[] {
  const { exporter, rootExporter, importer, identity, patches } = deps;
  const dumps = dumpBodies(deps.members);
  // The deployment's come first: their paths are a tenant's too, whose id would be `system`.
  const transfers: readonly Transfer[] = [
    {
      ...ofDeployment,
      path: '/api/system/configuration',
      what: 'the configuration of the deployment',
      dump: dumps.ofDeployment,
      hasWorkspaces: true,
      exporter: rootExporter,
      importer,
      patches,
    },
    {
      ...ofDeployment,
      operationIds: {
        export: 'exportIdentityConfiguration',
        import: 'importIdentityConfiguration',
        patch: 'patchIdentityConfiguration',
      },
      path: '/api/identity/system/configuration',
      what: 'the people of the deployment',
      dump: identityDump,
      hasWorkspaces: false,
      ...identity,
      patches,
    },
    {
      ...ofTenant,
      path: '/api/system/:tid/configuration',
      what: 'the configuration of a tenant',
      dump: dumps.ofTenant,
      hasWorkspaces: true,
      exporter,
      importer,
      patches,
    },
    {
      ...ofTenant,
      path: '/api/identity/:tid/configuration',
      what: 'the people of a tenant',
      dump: identityDump,
      hasWorkspaces: false,
      ...identity,
      patches,
    },
  ];
  return transfers.flatMap(transferEndpoints);
}
