/** Changing a configuration by JSON Patch: made from what is exported, and imported as a whole. RFC 6902. */
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { ExportService } from './export.service.ts';
import { applyWithin, type Patch } from './json-patch.ts';
import type { ImportReport, ImportService } from './import.service.ts';
import type { ImportMode } from './section.ts';

export interface PatchRequest {
  readonly tenantId: TenantId | undefined;
  /** Of the deployment: this tenant alone. */
  readonly only?: TenantId;
  readonly mode: ImportMode;
  readonly dryRun: boolean;
  /** Also where stored clients lose something by it. */
  readonly force?: boolean;
  readonly patch: Patch;
}

/** Characters: a larger configuration is changed by importing what changes. */
const largestDump = 32 * 1024 * 1024;
const mostCopied = 1024 * 1024;

/**
 * @throws PlatformError `unprocessable_entity` for a patch that does not fit, or that would take an object away: those are
 *   removed by their own calls, an import never does
 */
export async function patchConfiguration(
  { exporter, importer }: { readonly exporter: ExportService; readonly importer: ImportService },
  { tenantId, only, mode, dryRun, force = false, patch }: PatchRequest,
): Promise<ImportReport> {
  const dump = await textOf(exporter.run({ tenantId, ...(only === undefined ? {} : { only }) }));
  const before = countsOf(JSON.parse(dump));
  const patched: unknown = JSON.parse(dump);
  applyWithin(patched, patch, mostCopied);
  for (const [member, count] of countsOf(patched)) {
    if (count < (before.get(member) ?? 0))
      refuse(`/${member}`, 'must not lose objects: remove them by their own calls');
  }
  const body = JSON.stringify(patched);
  return importer.run({ tenantId, mode, dryRun, force, body: inBytes(body) });
}

async function* inBytes(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length <= largestDump) continue;
    throw new PlatformError('payload_too_large', 'This configuration is too large for a patch: import what changes.');
  }
  return text;
}

function countsOf(dump: unknown): ReadonlyMap<string, number> {
  const members = typeof dump === 'object' && dump !== null ? Object.entries(dump) : [];
  return new Map(members.map(([name, value]) => [name, Array.isArray(value) ? value.length : 1]));
}

function refuse(at: string, message: string): never {
  throw new PlatformError('unprocessable_entity', `${at} ${message}.`, { details: [{ pointer: at, message }] });
}
