/** What an import would do to what is stored, and everything that is wrong with it, before anything is written. */
import { isDeepStrictEqual } from 'node:util';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import { workspaceId, type TenantId } from '../kernel/ids.ts';
import { faultOf, located, pointerOf, shownFaults, unprocessable } from './import-faults.ts';
import { lostFaults, requireAsRead } from './import-held.ts';
import type { ConfigurationKind, Fault, ImportContext, ImportMode, Need, Replaces, Section } from './section.ts';
import { objectsOf, treesOf, type Spool, type Spooled, type Tree } from './spool.ts';
import { createTurns } from './turns.ts';

export type Action = 'create' | 'update' | 'keep' | 'conflict';

export interface Change {
  /** The member of the dump. */
  readonly kind: string;
  readonly tenantId: TenantId;
  /** The workspace or the pool it belongs to. */
  readonly place: string | undefined;
  readonly name: string;
  /** Where it stood in the dump (RFC 6901). */
  readonly pointer: string;
  readonly action: Action;
  /** That are another than what is stored; empty but for updates. */
  readonly members: readonly string[];
}

export interface CheckDeps<Stores> {
  readonly kind: ConfigurationKind<Stores>;
  readonly stores: Stores;
  readonly spool: Spool;
  /** What was read of the objects before somebody changed them; left out where nobody did. */
  readonly read?: Spool | undefined;
  readonly mode: ImportMode;
  /** Whether the deployment imports, and not a tenant what is its own. */
  readonly isOfDeployment: boolean;
  /** Takes away what clients are registered with, too. */
  readonly force: boolean;
  /** The object with its secrets in clear. */
  readonly opened: (one: Spooled) => unknown;
  /** Whether a tenant is there, or comes with the import. */
  readonly hasTenant: (tenant: TenantId) => Promise<boolean>;
}

/** Which members of two objects are not the same. */
export function differingMembers(one: unknown, other: unknown): readonly string[] {
  const left = new Map<string, unknown>(Object.entries(one ?? {}));
  const right = new Map<string, unknown>(Object.entries(other ?? {}));
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => !isDeepStrictEqual(left.get(name), right.get(name)),
  );
}

/**
 * Looks at every object once.
 * @throws PlatformError `unprocessable_entity` with a pointer for each fault, at most twenty
 */
export async function* checkImport<Stores>(deps: CheckDeps<Stores>): AsyncGenerator<Change> {
  const { kind, spool } = deps;
  const faults: Fault[] = [...lostFaults(deps)];
  let lost: Error | undefined;
  const turn = createTurns();
  for (const tree of treesOf(spool)) {
    const missing = await missingPlace(deps, tree);
    const context = contextFor(deps, tree.tenantId);
    const tooMany = countingNew(deps.stores);
    for (const one of objectsOf(spool, tree)) {
      await turn();
      const section = kind.sections[one.section];
      if (section === undefined) continue;
      const found =
        missing === undefined
          ? await freshFaults(deps, section, one, await faultsOf(deps, section, one, context))
          : [missing(section)];
      faults.push(...found.map((fault) => faultOf(section, one, fault)));
      if (faults.length >= shownFaults) throw unprocessable(faults);
      if (found.length > 0) continue;
      const change = await changeOf(deps, section, one);
      if (deps.read !== undefined && deps.mode === 'update' && change.action === 'keep')
        faults.push({ pointer: change.pointer, message: 'is left as it is: nothing of this change is kept here' });
      if (change.action === 'create') faults.push(...(await tooMany(section, one)));
      if (change.action === 'update') lost ??= await lossesOf(deps, section, one);
      yield change;
    }
  }
  if (faults.length > 0) throw unprocessable(faults);
  if (lost !== undefined) throw lost;
}

/** Counts new objects of one tree to those that are there. @returns what is wrong with the first that is too much */
function countingNew<Stores>(stores: Stores): (section: Section<Stores>, one: Spooled) => Promise<readonly Fault[]> {
  const counts = new Map<string, number>();
  return async (section, one) => {
    const { member, most } = section;
    if (most === undefined) return [];
    const before = counts.get(member) ?? (await countOf(section.list(stores, one.tenantId, one.place)));
    counts.set(member, before + 1);
    const message = `is one of more than ${String(most)} ${member}`;
    return before === most ? [{ pointer: pointerOf(section, one), message }] : [];
  };
}

async function countOf(all: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of all) count += 1;
  return count;
}

/** What comes with the import is checked with it. */
export function replacing<Stores>({ kind, spool }: CheckDeps<Stores>, tenantId: TenantId): Replaces {
  return (member, name) => {
    const at = kind.sections.findIndex((section) => section.member === member);
    return spool.find(at, tenantId, name) !== undefined;
  };
}

/** Why it is refused that something is taken away, told once everything was looked at. */
async function lossesOf<Stores>(
  deps: CheckDeps<Stores>,
  section: Section<Stores>,
  one: Spooled,
): Promise<Error | undefined> {
  if (deps.force || section.refuseLosses === undefined) return undefined;
  const { stores, opened } = deps;
  const { tenantId } = one;
  try {
    const stored = await section.find(stores, tenantId, one.item);
    await section.refuseLosses(stores, tenantId, opened(one), stored, replacing(deps, tenantId));
    return undefined;
  } catch (error) {
    const refusal = located(section, one, error);
    if (refusal instanceof PlatformError) return refusal;
    throw error;
  }
}

/**
 * A client that was left without something by its workspace is stored like that: where it stays as it is, and its workspace
 * does, nobody is asked about it. Otherwise it would stand in the way of every patch of its tenant.
 */
async function freshFaults<Stores>(
  deps: CheckDeps<Stores>,
  section: Section<Stores>,
  one: Spooled,
  found: readonly Fault[],
): Promise<readonly Fault[]> {
  if (found.length === 0 || section.recheck === undefined) return found;
  const asStored = { ...deps, mode: 'ignore' } as const;
  const before = await faultsOf(asStored, section, one, contextFor(asStored, one.tenantId));
  const wasThere = ({ pointer, message }: Fault) =>
    before.some((fault) => fault.pointer === pointer && fault.message === message);
  if (!found.every(wasThere)) return found;
  const { action } = await changeOf({ ...deps, mode: 'update' }, section, one);
  return action === 'keep' ? [] : found;
}

async function faultsOf<Stores>(
  deps: CheckDeps<Stores>,
  section: Section<Stores>,
  one: Spooled,
  context: ImportContext,
): Promise<readonly Fault[]> {
  const { stores, opened } = deps;
  const found =
    (await section.faults?.(opened(one), context, () => section.find(stores, one.tenantId, one.item), stores)) ?? [];
  const needed = section.needs?.(one.item) ?? [];
  const missing: Fault[] = [];
  for (const need of [needed].flat()) {
    const message = await whyNotThere(deps, need, context);
    if (message !== undefined) missing.push({ pointer: need.pointer, message });
  }
  return [...found, ...missing];
}

/** What is wrong with what an object cannot be without. */
async function whyNotThere<Stores>(
  { kind, spool }: CheckDeps<Stores>,
  { member, item, faultOf }: Need,
  { tenantId, find }: ImportContext,
): Promise<string | undefined> {
  const at = kind.sections.findIndex((section) => section.member === member);
  // Nearly all that is needed comes along: whether it is there is known without the database then.
  if (faultOf === undefined && spooledAt(kind, spool, tenantId, at, item) !== undefined) return undefined;
  try {
    const { given, stored } = await find(member, item);
    const there = given ?? stored;
    return there === undefined ? `is not among the ${member}` : faultOf?.(there);
  } catch (error) {
    if (isPlatformError(error, 'conflict')) return error.message;
    throw error;
  }
}

/** What the import brings under this name; of the same name in another place it is another one. */
function spooledAt<Stores>(
  { sections }: ConfigurationKind<Stores>,
  spool: Spool,
  tenantId: TenantId,
  at: number,
  item: unknown,
): Spooled | undefined {
  const section = sections[at];
  const spooled = section === undefined ? undefined : spool.find(at, tenantId, section.nameOf(item));
  return spooled?.place === section?.placeOf(item) ? spooled : undefined;
}

/** What is wrong with every object of a tree that belongs nowhere. */
async function missingPlace<Stores>(
  { kind, stores, spool, hasTenant }: CheckDeps<Stores>,
  { tenantId, place }: Tree,
): Promise<((section: Section<Stores>) => Fault) | undefined> {
  if (!(await hasTenant(tenantId)))
    return () => ({ pointer: '/tenant_id', message: `is ${tenantId}, and there is no such tenant` });
  if (place === undefined) return undefined;
  const places = kind.sections.findIndex(({ member }) => member === kind.places);
  if (spool.find(places, tenantId, place) !== undefined || (await kind.hasPlace(stores, tenantId, place)))
    return undefined;
  return ({ placeMember }) => ({
    pointer: `/${placeMember}`,
    message: `is ${place}, which is not among the ${kind.places}`,
  });
}

function contextFor<Stores>(
  { kind, stores, spool, mode, force, isOfDeployment }: CheckDeps<Stores>,
  tenantId: TenantId,
): ImportContext {
  const servers = kind.sections.findIndex(({ settingsOf }) => settingsOf !== undefined);
  const known = new Map<string, ReturnType<ImportContext['settingsOf']>>();
  const read: ImportContext['settingsOf'] = async (workspace) => {
    const section = kind.sections[servers];
    const spooled = spool.find(servers, tenantId, workspace);
    const stored = await section?.find(stores, tenantId, spooled?.item ?? { id: workspace });
    const item = spooled !== undefined && (stored === undefined || mode === 'update') ? spooled.item : stored;
    return section?.settingsOf?.(item);
  };
  return {
    tenantId,
    isOfDeployment,
    force,
    async find(member, item) {
      const at = kind.sections.findIndex((section) => section.member === member);
      const section = kind.sections[at];
      if (section === undefined) return { given: undefined, stored: undefined };
      const given = spooledAt(kind, spool, tenantId, at, item)?.item;
      const stored = await section.find(stores, tenantId, given ?? item);
      return { given: stored !== undefined && mode === 'ignore' ? undefined : given, stored };
    },
    settingsOf(workspace) {
      // Objects come workspace by workspace.
      if (known.size > 100) known.clear();
      const settings = known.get(workspace) ?? read(workspaceId(workspace));
      known.set(workspace, settings);
      return settings;
    },
  };
}

async function changeOf<Stores>(
  { stores, mode, read, opened }: CheckDeps<Stores>,
  section: Section<Stores>,
  one: Spooled,
): Promise<Change> {
  const { tenantId, place, name } = one;
  const change = { kind: section.member, tenantId, place, name, pointer: pointerOf(section, one), members: [] };
  const stored = await section.find(stores, tenantId, one.item).catch((error: unknown) => {
    throw located(section, one, error);
  });
  if (stored === undefined) {
    await requireAsRead({ read }, section, one, stored);
    return { ...change, action: 'create' };
  }
  if (mode === 'fail') return { ...change, action: 'conflict' };
  if (mode === 'ignore') return { ...change, action: 'keep' };
  await requireAsRead({ read }, section, one, stored);
  const item = opened(one);
  const members = differingMembers((await section.complete?.(item, stored)) ?? item, stored);
  return members.length === 0 ? { ...change, action: 'keep' } : { ...change, action: 'update', members };
}
