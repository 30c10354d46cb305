/** Export and import of configuration: of a tenant in the System API, of the whole deployment in the Root API. */
import { z } from 'zod';
import { endpoint, type Access, type Call, type Endpoint } from '../http/endpoint.ts';
import { tenantId as toTenantId, type TenantId } from '../kernel/ids.ts';
import { dumpBodies, reportBody, toReportBody } from './dump.body.ts';
import type { ExportService } from './export.service.ts';
import type { ImportService } from './import.service.ts';
import { passphraseBounds } from './passphrase.ts';
import { patchBody, patchConfiguration, type PatchRequest } from './patch.service.ts';
import { importModes } from './section.ts';

export interface ConfigurationRoutesDeps {
  readonly exporter: ExportService;
  readonly importer: ImportService;
  /** The same, of the deployment: its dump has members of its own. */
  readonly rootExporter: ExportService;
  /** Members of a dump that belong to industries. */
  readonly industries: readonly string[];
}

/** Bytes of one import. */
const largestImport = 4 * 1024 * 1024 * 1024;

const flag = z.enum(['true', 'false', '']).transform((text) => text === 'true');
const { shortest, longest } = passphraseBounds;
const passphrase = z
  .string()
  .min(shortest, `must have at least ${String(shortest)} characters`)
  .max(longest)
  .optional();
const headers = z.object({ 'gatehouse-passphrase': passphrase.describe('seals the secrets, or opens them') });

const importQuery = z.object({
  mode: z
    .enum([...importModes, ''])
    .optional()
    .describe(
      'of objects that are there already: ignore keeps them, fail refuses the import, update (the default) overwrites',
    ),
  dry_run: flag.optional().describe('answers what would change, and changes nothing'),
});

const tag = 'configuration';
const system = { kind: 'scope', tenant: 'path', workspace: 'system' } as const;
const root = { kind: 'scope', tenant: 'root', workspace: 'system' } as const;
const changes: Access = { ...system, scopes: ['manage_configuration'] };
const rootChanges: Access = { ...root, scopes: ['manage_configuration'] };
const imported = { status: 204, description: 'it is imported' } as const;
const looked = { status: 200, description: 'what would change', body: reportBody } as const;

type ImportCall = Call<z.output<typeof importQuery>, unknown, z.output<typeof headers>>;

const secret = (call: { readonly headers: z.output<typeof headers> }) => {
  const { 'gatehouse-passphrase': given } = call.headers;
  return given === undefined ? {} : { passphrase: given };
};

const only = (tid = '') => (tid === '' ? {} : { only: toTenantId(tid) });

async function runImport(importer: ImportService, tenantId: TenantId | undefined, call: ImportCall) {
  const { mode, dry_run: dryRun = false } = call.query;
  const given = mode === undefined || mode === '' ? 'update' : mode;
  const report = await importer.run({ tenantId, mode: given, dryRun, body: call.stream, ...secret(call) });
  return dryRun ? toReportBody(report) : undefined;
}

async function runPatch(
  parts: Parameters<typeof patchConfiguration>[0],
  { query, body }: Call<z.output<typeof importQuery>, z.output<typeof patchBody>>,
  place: Pick<PatchRequest, 'tenantId' | 'only'>,
) {
  const { mode, dry_run: dryRun = false } = query;
  const given = mode === undefined || mode === '' ? 'update' : mode;
  const report = await patchConfiguration(parts, { ...place, mode: given, dryRun, patch: body });
  return dryRun ? toReportBody(report) : undefined;
}

export function configurationEndpoints(deps: ConfigurationRoutesDeps): readonly Endpoint[] {
  const { exporter, importer, rootExporter } = deps;
  const { ofTenant, ofDeployment } = dumpBodies(deps.industries);
  return [
    endpoint({
      method: 'get',
      path: '/api/system/configuration',
      operationId: 'exportConfiguration',
      tag,
      summary: 'Export the configuration of the deployment, secrets included',
      access: rootChanges,
      query: z.object({
        tid: z.string().max(64).optional().describe('of this tenant alone'),
        workspace_id: z.string().max(64).optional().describe('of this workspace alone; needs tid'),
        with_data: flag.optional().describe('with what people did; the members of it are empty so far'),
      }),
      headers,
      success: { status: 200, description: 'the configuration', body: ofDeployment, isStreamed: true },
      handle: (call) => {
        const { tid = '', workspace_id: place = '' } = call.query;
        return Promise.resolve(
          rootExporter.run({
            tenantId: undefined,
            ...only(tid),
            ...(place === '' ? {} : { place }),
            ...secret(call),
          }),
        );
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/system/configuration',
      operationId: 'importConfiguration',
      tag,
      summary: 'Import a configuration of the deployment',
      access: rootChanges,
      query: importQuery,
      headers,
      body: ofDeployment,
      isStreamed: true,
      bodyLimit: largestImport,
      success: imported,
      instead: looked,
      handle: (call) => runImport(importer, undefined, call),
    }),
    endpoint({
      method: 'patch',
      path: '/api/system/configuration',
      operationId: 'patchConfiguration',
      tag,
      summary: 'Change the configuration of the deployment by JSON Patch (RFC 6902)',
      access: rootChanges,
      query: importQuery.extend({ tid: z.string().max(64).optional().describe('of this tenant alone') }),
      body: patchBody,
      bodyLimit: 1024 * 1024,
      success: { status: 204, description: 'the patch is applied' },
      instead: looked,
      handle: (call) =>
        runPatch({ exporter: rootExporter, importer }, call, { tenantId: undefined, ...only(call.query.tid) }),
    }),
    endpoint({
      method: 'get',
      path: '/api/system/:tid/configuration',
      operationId: 'exportTenantConfiguration',
      tag: 'tenants',
      summary: 'Export the configuration of a tenant, secrets included',
      access: { ...system, scopes: ['read_configuration', 'manage_configuration'] },
      query: z.object({
        workspace_id: z.string().max(64).optional().describe('of this workspace alone'),
        with_data: flag.optional().describe('with what people did; the members of it are empty so far'),
      }),
      headers,
      success: { status: 200, description: 'the configuration', body: ofTenant, isStreamed: true },
      handle: (call) => {
        const { workspace_id: place = '' } = call.query;
        return Promise.resolve(
          exporter.run({ tenantId: call.tenantId, ...(place === '' ? {} : { place }), ...secret(call) }),
        );
      },
    }),
    endpoint({
      method: 'put',
      path: '/api/system/:tid/configuration',
      operationId: 'importTenantConfiguration',
      tag: 'tenants',
      summary: 'Import a configuration into a tenant',
      access: changes,
      query: importQuery,
      headers,
      body: ofTenant,
      isStreamed: true,
      bodyLimit: largestImport,
      success: imported,
      instead: looked,
      handle: (call) => runImport(importer, call.tenantId, call),
    }),
    endpoint({
      method: 'patch',
      path: '/api/system/:tid/configuration',
      operationId: 'patchTenantConfiguration',
      tag: 'tenants',
      summary: 'Change the configuration of a tenant by JSON Patch (RFC 6902)',
      access: changes,
      query: importQuery,
      body: patchBody,
      bodyLimit: 1024 * 1024,
      success: { status: 204, description: 'the patch is applied' },
      instead: looked,
      handle: (call) => runPatch({ exporter, importer }, call, { tenantId: call.tenantId }),
    }),
  ];
}
