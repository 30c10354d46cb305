/** Export, import and patch of one kind of configuration at one path: declared alike wherever they are published. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint, type ScopeAccess } from '../http/endpoint.ts';
import { forceQuery } from '../http/force-query.ts';
import { tenantId as toTenantId } from '../kernel/ids.ts';
import { reportBody, toReportBody } from './dump.body.ts';
import type { ExportRequest, ExportService } from './export.service.ts';
import type { ImportReport, ImportService } from './import.service.ts';
import { patchBody } from './json-patch.ts';
import { passphraseBounds } from './passphrase.ts';
import type { PatchService } from './patch.service.ts';
import { importModes } from './section.ts';

export interface Transfer {
  readonly path: string;
  readonly tag: string;
  /** Who may read beside those who may change. */
  readonly readers: readonly string[];
  readonly operationIds: { readonly export: string; readonly import: string; readonly patch: string };
  /** e.g. `the configuration of a tenant` */
  readonly what: string;
  readonly dump: z.ZodType;
  /** Of the deployment, with its tenants in the dump; else of the tenant that the path names. */
  readonly isOfDeployment: boolean;
  /** Whether a workspace can be exported by itself. */
  readonly hasWorkspaces: boolean;
  readonly exporter: ExportService;
  readonly importer: ImportService;
  readonly patches: PatchService;
}

/** Bytes of one import. */
const largestImport = 4 * 1024 * 1024 * 1024;

const flag = z.enum(['true', 'false', '']).transform((text) => text === 'true');
const id = z.string().max(64).optional();
const { shortest, longest } = passphraseBounds;
const passphrase = z
  .string()
  .min(shortest, `must have at least ${String(shortest)} characters`)
  .max(longest)
  .optional();
const headers = z.object({ 'gatehouse-passphrase': passphrase.describe('seals the secrets, or opens them') });

const mode = z
  .enum([...importModes, ''])
  .optional()
  .describe(
    'of objects that are there already: ignore keeps them, fail refuses the import, update (the default) overwrites',
  );
const dryRun = flag.optional().describe('answers what would change, and changes nothing');
const changing = z.object({ mode, dry_run: dryRun });

const ofOneTenant = { tid: id.describe('of this tenant alone') };
const ofOneWorkspace = { workspace_id: id.describe('of this workspace alone') };
const data = { with_data: flag.optional().describe('with what people did: scope_grants and audit_events') };

function secretIn(sent: z.output<typeof headers>) {
  const { 'gatehouse-passphrase': given } = sent;
  return given === undefined ? {} : { passphrase: given };
}

/** Of people there is nothing to force. */
const howIn = (query: z.output<typeof changing> & { readonly force?: unknown }) => ({
  mode: query.mode === undefined || query.mode === '' ? 'update' : query.mode,
  dryRun: query.dry_run === true,
  force: query.force === true,
});
/** Parameters that only some of the paths have. */
const named = (tid: unknown) => (typeof tid === 'string' && tid !== '' ? { only: toTenantId(tid) } : {});
const tidIn = (query: object): unknown => ({ tid: undefined, ...query }).tid;
const hasData = (query: object): boolean => 'with_data' in query && query.with_data === true;
const placed = (workspace: unknown) => (typeof workspace === 'string' && workspace !== '' ? { place: workspace } : {});

/** Shown where nothing was written. */
const shown = (report: ImportReport, query: z.output<typeof changing>) =>
  query.dry_run === true ? toReportBody(report) : undefined;

const looked = { status: 200, description: 'what would change', body: reportBody } as const;

export function transferEndpoints(transfer: Transfer): readonly [Endpoint, Endpoint, Endpoint] {
  const { path, tag, readers, operationIds, what, dump, isOfDeployment, hasWorkspaces, exporter, importer, patches } =
    transfer;
  const place = { kind: 'scope', tenant: isOfDeployment ? 'root' : 'path', workspace: 'system' } as const;
  const changers: ScopeAccess = { ...place, scopes: ['manage_configuration'] };
  const ownerOf = ({ tenantId }: Pick<Call, 'tenantId'>) => (isOfDeployment ? undefined : tenantId);
  const exportQuery = z.object({
    ...(isOfDeployment ? ofOneTenant : {}),
    ...(hasWorkspaces ? { ...ofOneWorkspace, ...data } : {}),
  });
  // People are registered with nothing that a workspace offers.
  const changeQuery = z.object({
    ...changing.shape,
    ...(hasWorkspaces ? forceQuery.shape : {}),
    ...(isOfDeployment ? ofOneTenant : {}),
  });

  const importQuery = changeQuery.extend(hasWorkspaces ? data : {});

  return [
    endpoint({
      method: 'get',
      path,
      operationId: operationIds.export,
      tag,
      summary: `Export ${what}, secrets included`,
      access: { ...place, scopes: ['manage_configuration', ...readers] },
      query: exportQuery,
      headers,
      refuses: ['not_found'],
      success: { status: 200, description: what, body: dump, isStreamed: true },
      handle(call) {
        const { workspace_id: workspace } = { workspace_id: undefined, ...call.query };
        const request: ExportRequest = {
          tenantId: ownerOf(call),
          ...named(tidIn(call.query)),
          withData: hasData(call.query),
          ...placed(workspace),
          ...secretIn(call.headers),
        };
        return Promise.resolve(exporter.run(request));
      },
    }),
    endpoint({
      method: 'put',
      path,
      operationId: operationIds.import,
      tag,
      summary: `Import ${what}`,
      access: changers,
      query: importQuery,
      headers,
      body: dump,
      isStreamed: true,
      bodyLimit: largestImport,
      isAction: true,
      refuses: ['conflict'],
      success: { status: 204, description: 'it is imported' },
      instead: looked,
      async handle(call) {
        const { query, stream } = call;
        const how = { ...howIn(query), ...named(tidIn(query)), withData: hasData(query), ...secretIn(call.headers) };
        return shown(await importer.run({ tenantId: ownerOf(call), body: stream, ...how }), query);
      },
    }),
    endpoint({
      method: 'patch',
      path,
      operationId: operationIds.patch,
      tag,
      summary: `Change ${what} by JSON Patch (RFC 6902)`,
      access: changers,
      query: changeQuery,
      body: patchBody,
      bodyLimit: 1024 * 1024,
      isVerbatim: true,
      isAction: true,
      refuses: ['not_found', 'conflict'],
      success: { status: 204, description: 'the patch is applied' },
      instead: looked,
      async handle(call) {
        const { query, body } = call;
        const request = { tenantId: ownerOf(call), ...named(tidIn(query)), ...howIn(query), patch: body };
        return shown(await patches.run({ exporter, importer }, request), query);
      },
    }),
  ];
}
