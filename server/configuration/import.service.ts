/** Importing a configuration: read aside, looked at as a whole, and only then written, tree by tree. */
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { TenantStore } from '../tenants/tenant.ts';
import {
  checkImport,
  located,
  treesOf,
  unprocessable,
  type Action,
  type Change,
  type CheckDeps,
} from './import-check.ts';
import { spoolAll, tenantName } from './import-read.ts';
import { writeTree, type WriteDeps, type WriteStores } from './import-write.ts';
import type { PassphraseSealer, Sealing } from './passphrase.ts';
import type { ImportMode, Section } from './section.ts';
import type { Spool, Spooled } from './spool.ts';

export interface ImportRequest {
  /** Whose objects they are, whatever they say themselves; undefined: of the tenants that they name. */
  readonly tenantId: TenantId | undefined;
  readonly mode: ImportMode;
  /** Looks and writes nothing. */
  readonly dryRun: boolean;
  /** Also where stored clients lose something by it. */
  readonly force?: boolean;
  /** That the secrets of the dump are sealed with. */
  readonly passphrase?: string;
  /** JSON, UTF-8. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ImportReport {
  /** What becomes another; the first thousand. */
  readonly changes: readonly Change[];
  readonly counts: Readonly<Record<Action, number>>;
  /** Members of the dump that decide nothing here, and how many objects they hold. */
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
}

const mostAtOnce = 2;
const shownChanges = 1000;

export function createImportService<Stores extends ImportStores>(deps: ImportDeps<Stores>): ImportService {
  let running = 0;
  return {
    async run(request) {
      if (running >= mostAtOnce) {
        const message = 'Other imports are running: try again in a moment.';
        throw new PlatformError('unavailable', message, { retryAfterSeconds: 5 });
      }
      running += 1;
      const spool = deps.openSpool();
      try {
        return await importInto(spool, deps, request);
      } finally {
        spool.close();
        running -= 1;
      }
    },
  };
}

async function importInto<Stores extends ImportStores>(
  spool: Spool,
  deps: ImportDeps<Stores>,
  request: ImportRequest,
): Promise<ImportReport> {
  const { kind, stores } = deps;
  const { mode, dryRun, force = false } = request;
  const { sealing, ignored } = await spoolAll(spool, kind.sections, request);
  const opened = await opener(deps, sealing, request.passphrase);
  const tenants = kind.sections.findIndex(({ isTenant }) => isTenant === true);
  const known = new Map<TenantId, Promise<boolean>>();
  const isThere = async (id: TenantId): Promise<boolean> =>
    spool.find(tenants, id, tenantName) !== undefined || (await stores.tenants.find(id)) !== undefined;
  const hasTenant = (id: TenantId): Promise<boolean> => {
    const answer = known.get(id) ?? isThere(id);
    known.set(id, answer);
    return answer;
  };
  const check = { kind, stores, spool, mode, force, opened, hasTenant };
  const counts = { create: 0, update: 0, keep: 0, conflict: 0 };
  const changes: Change[] = [];
  for await (const change of checkImport(check)) {
    counts[change.action] += 1;
    if (change.action !== 'keep' && changes.length < shownChanges) changes.push(change);
  }
  if (dryRun) return { changes, counts, ignored };
  const inTheWay = changes.filter(({ action }) => action === 'conflict');
  if (inTheWay.length > 0) throw conflict(inTheWay);
  if (counts.create + counts.update > 0) {
    for (const tree of treesOf(spool)) await writeTree(deps, check, tree);
  }
  return { changes, counts, ignored };
}

function conflict(changes: readonly Change[]): PlatformError {
  const details = changes
    .slice(0, 20)
    .map(({ kind, name }) => ({ pointer: `/${kind}`, message: `${name} is there already` }));
  const [first] = changes;
  return new PlatformError('conflict', `${first?.kind ?? ''}: ${first?.name ?? ''} is there already.`, { details });
}

async function opener<Stores extends ImportStores>(
  { kind, openPassphrase }: ImportDeps<Stores>,
  sealing: Sealing | undefined,
  passphrase: string | undefined,
): Promise<CheckDeps<Stores>['opened']> {
  if (sealing === undefined) return ({ item }) => item;
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
