/** Importing a configuration: read aside, looked at as a whole, and only then written, tree by tree. */
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import { checkImport, type Action, type Change } from './import-check.ts';
import type { CheckDeps } from './import-context.ts';
import { located, unprocessable } from './import-faults.ts';
import { bounds, spoolAll, tenantName, type Owner } from './import-read.ts';
import { writeTree, type WriteDeps, type WriteStores } from './import-write.ts';
import { jsonMembers, type JsonMember } from './json-members.ts';
import { createGate, createLanes } from './lanes.ts';
import type { PassphraseSealer, Sealing } from './passphrase.ts';
import type { ImportMode, Section } from './section.ts';
import { treesOf, type Spool, type Spooled } from './spool.ts';

interface How extends Owner {
  readonly mode: ImportMode;
  /** Looks and writes nothing. */
  readonly dryRun: boolean;
  /** Also where stored clients lose something by it. */
  readonly force?: boolean;
}

export interface ImportRequest extends How {
  /** That the secrets of the dump are sealed with. */
  readonly passphrase?: string;
  /** JSON, UTF-8. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What somebody made of objects that they had read. */
export interface AmendRequest extends How {
  /** Members of a dump: the objects as they were read, and nothing of what stayed as it was. */
  readonly read: Iterable<JsonMember>;
  /** What they are to become, and what is new. */
  readonly changed: Iterable<JsonMember>;
}

export interface ImportReport {
  /** What becomes another; the first thousand. */
  readonly changes: readonly Change[];
  readonly counts: Readonly<Record<Action, number>>;
  /**
   * What decides nothing here and is not kept: members of the dump, and how many objects they hold; members of objects, as
   * `servers/profile`, and in how many of them they say something.
   */
  readonly ignored: Readonly<Record<string, number>>;
}

export interface ImportStores extends WriteStores {
  readonly tenants: Pick<TenantStore, 'find'>;
}

export interface ImportDeps<Stores extends ImportStores> extends WriteDeps<Stores> {
  /** For reading, outside of any transaction. */
  readonly stores: Stores;
  readonly openSpool: () => Spool;
  readonly openPassphrase: (passphrase: string, sealing: Sealing) => Promise<PassphraseSealer>;
}

export interface ImportService {
  /**
   * Nothing is written before everything was found to be right; what is written together is written whole.
   * @throws PlatformError `bad_request` for what is no JSON, `payload_too_large`, `unprocessable_entity` with a pointer for
   *   each fault, `conflict` where the mode says so, `unavailable` while too many others import
   */
  run(request: ImportRequest): Promise<ImportReport>;
  /**
   * The same of a part of what is stored, as long as that is still what was read.
   * @throws PlatformError as `run`; `conflict` for what somebody changed since, `unprocessable_entity` for an object that
   *   would be lost (those are removed by their own calls), or by whose change nothing becomes another
   */
  amend(request: AmendRequest): Promise<ImportReport>;
}

/** That are read or wait; each is a file of its own, and two of a tenant are enough for one to follow the other. */
const readAtOnce = { most: 16, mostOfOne: 2 };
const writtenAtOnce = 2;
const shownChanges = 1000;
const shownConflicts = 20;

export function createImportService<Stores extends ImportStores>(deps: ImportDeps<Stores>): ImportService {
  const gate = createGate(readAtOnce, 'Other imports are running: try again in a moment.');
  const lanes = createLanes(writtenAtOnce);
  const { sections } = deps.kind;

  return {
    run(request) {
      const owner = ownerOf(request);
      return gate.run(owner, () =>
        withSpool(deps, async (spool) => {
          // Whoever sends slowly keeps nobody else waiting.
          const { sealing, ignored } = await spoolAll(spool, sections, jsonMembers(request.body, bounds), request);
          return lanes.run(owner, async () => {
            const opened = await opener(deps, sealing, request.passphrase);
            return importInto(deps, request, { spool, opened, ignored });
          });
        }),
      );
    },
    amend(request) {
      const owner = ownerOf(request);
      return gate.run(owner, () =>
        withSpool(deps, (spool) =>
          withSpool(deps, async (read) => {
            await spoolAll(read, sections, request.read, request);
            const { ignored } = await spoolAll(spool, sections, request.changed, request);
            requireKept(ignored);
            return lanes.run(owner, () => importInto(deps, request, { spool, read, opened: asItIs, ignored }));
          }),
        ),
      );
    },
  };
}

const ownerOf = ({ tenantId, only }: How): string => only ?? tenantId ?? 'the deployment';
const asItIs = ({ item }: Spooled): unknown => item;

async function withSpool<T>(
  { openSpool }: { readonly openSpool: () => Spool },
  work: (spool: Spool) => Promise<T>,
): Promise<T> {
  const spool = openSpool();
  try {
    return await work(spool);
  } finally {
    spool.close();
  }
}

/** @throws PlatformError `unprocessable_entity` for members that nothing is kept of */
function requireKept(ignored: ImportReport['ignored']): void {
  const faults = Object.keys(ignored).map((name) => ({ pointer: `/${name}`, message: 'is nothing that is kept here' }));
  if (faults.length > 0) throw unprocessable(faults);
}

async function importInto<Stores extends ImportStores>(
  deps: ImportDeps<Stores>,
  { tenantId, mode, dryRun, force = false }: How,
  { ignored, ...sources }: Pick<CheckDeps<Stores>, 'spool' | 'read' | 'opened'> & Pick<ImportReport, 'ignored'>,
): Promise<ImportReport> {
  const { kind, stores } = deps;
  const { spool } = sources;
  const tenants = kind.sections.findIndex(({ isTenant }) => isTenant === true);
  const known = new Map<TenantId, Promise<boolean>>();
  const isThere = async (id: TenantId): Promise<boolean> =>
    spool.find(tenants, id, tenantName) !== undefined || (await stores.tenants.find(id)) !== undefined;
  const hasTenant = (id: TenantId): Promise<boolean> => {
    const answer = known.get(id) ?? isThere(id);
    known.set(id, answer);
    return answer;
  };
  const check = { kind, stores, mode, force, isOfDeployment: tenantId === undefined, hasTenant, ...sources };
  const counts = { create: 0, update: 0, keep: 0, conflict: 0 };
  const changes: Change[] = [];
  const inTheWay: Change[] = [];
  for await (const change of checkImport(check)) {
    counts[change.action] += 1;
    if (change.action === 'conflict' && inTheWay.length < shownConflicts) inTheWay.push(change);
    if (change.action !== 'keep' && changes.length < shownChanges) changes.push(change);
  }
  if (dryRun) return { changes, counts, ignored };
  if (counts.conflict > 0) throw conflict(inTheWay, counts.conflict);
  if (counts.create + counts.update > 0) {
    for (const tree of treesOf(spool)) await writeTree(deps, check, tree);
  }
  return { changes, counts, ignored };
}

function conflict(inTheWay: readonly Change[], count: number): PlatformError {
  const details = inTheWay.map(({ pointer, name }) => ({ pointer, message: `${name} is there already` }));
  const [first] = inTheWay;
  const more = count > 1 ? `, and ${String(count - 1)} more are` : '';
  const message = `${first?.pointer ?? ''}: ${first?.name ?? ''} is there already${more}.`;
  return new PlatformError('conflict', message, { details });
}

async function opener<Stores extends ImportStores>(
  { kind, openPassphrase }: ImportDeps<Stores>,
  sealing: Sealing | undefined,
  passphrase: string | undefined,
): Promise<CheckDeps<Stores>['opened']> {
  if (sealing === undefined) return asItIs;
  if (passphrase === undefined)
    throw unprocessable([{ pointer: '/sealing', message: 'needs the passphrase it was made with' }]);
  const sealer = await openPassphrase(passphrase, sealing);
  return (one) => {
    const section = kind.sections[one.section];
    if (section?.secrets === undefined) return one.item;
    return at(section, one, () => section.secrets?.(one.item, sealer.open(section.member, one.name)));
  };
}

/** Does the work, and says of what it refuses which object of the dump it was. */
function at<Stores, T>(section: Section<Stores>, one: Spooled, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw located(section, one, error);
  }
}
