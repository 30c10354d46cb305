/** Changing a configuration by JSON Patch: made from what is exported, and written as far as it was changed. RFC 6902. */
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { ExportService } from './export.service.ts';
import type { ImportReport, ImportService } from './import.service.ts';
import type { JsonMember } from './json-members.ts';
import { applyWithin, type Patch } from './json-patch.ts';
import { createGate, createLanes } from './lanes.ts';
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

/** What is patched, and how it is written. */
export interface Patched {
  readonly exporter: Pick<ExportService, 'run'>;
  readonly importer: Pick<ImportService, 'amend'>;
}

export interface PatchService {
  /**
   * @throws PlatformError `unprocessable_entity` for a patch that does not fit, that would take an object away or by which
   *   nothing becomes another, `conflict` for an object that somebody else changed at the same time, `payload_too_large`,
   *   `unavailable` while too many others patch
   */
  run(patched: Patched, request: PatchRequest): Promise<ImportReport>;
}

/** Characters: a larger configuration is changed by importing what changes. */
const largestDump = 32 * 1024 * 1024;
const mostCopied = 1024 * 1024;

export function createPatchService(): PatchService {
  const gate = createGate({ most: 8, mostOfOne: 2 }, 'Others are patching: try again in a moment.');
  // One whole configuration in memory, and no second.
  const lanes = createLanes(1);
  return {
    run({ exporter, importer }, { patch, only, ...how }) {
      const { tenantId } = how;
      const owner = only ?? tenantId ?? 'the deployment';
      return gate.run(owner, () =>
        lanes.run(owner, async () => {
          const dump = await textOf(exporter.run({ tenantId, ...(only === undefined ? {} : { only }) }));
          const patched: unknown = JSON.parse(dump);
          applyWithin(patched, patch, mostCopied);
          return importer.amend({ ...how, only, ...differences(JSON.parse(dump), patched) });
        }),
      );
    },
  };
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

/** The objects of two dumps that are not in both, in their places there. */
function differences(
  before: unknown,
  after: unknown,
): { readonly read: readonly JsonMember[]; readonly changed: readonly JsonMember[] } {
  const [old, young] = [membersOf(before), membersOf(after)];
  const names = new Set([...old.keys(), ...young.keys()]);
  const pairs = [...names].map((name) => [elementsOf(name, old.get(name)), elementsOf(name, young.get(name))] as const);
  return {
    read: pairs.flatMap(([was, is]) => beyond(was, is)),
    changed: pairs.flatMap(([was, is]) => beyond(is, was)),
  };
}

function membersOf(dump: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof dump === 'object' && dump !== null ? Object.entries(dump) : []);
}

function elementsOf(name: string, value: unknown): readonly JsonMember[] {
  if (Array.isArray(value)) return value.map((one: unknown, index) => ({ name, index, value: one }));
  // Null is an empty list, as generated clients send it.
  return value === undefined || value === null ? [] : [{ name, index: undefined, value }];
}

/** Those of the first that have no equal among the others; of equal ones as many as there are more. */
function beyond(these: readonly JsonMember[], others: readonly JsonMember[]): readonly JsonMember[] {
  const texts = new Map<string, number>();
  for (const { value } of others) {
    const text = JSON.stringify(value);
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  return these.filter(({ value }) => {
    const text = JSON.stringify(value);
    const count = texts.get(text) ?? 0;
    if (count > 0) texts.set(text, count - 1);
    return count === 0;
  });
}
