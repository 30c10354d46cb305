/** What an import would do to what is stored, and everything that is wrong with it, before anything is written. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';
import { replacing, surroundingsOf, type CheckDeps, type Surroundings } from './import-context.ts';
import { faultOf, located, pointerOf, shownFaults, unprocessable } from './import-faults.ts';
import { lostFaults, requireAsRead } from './import-held.ts';
import type { Fault, Section } from './section.ts';
import { objectsOf, treesOf, type Spooled, type Tree } from './spool.ts';
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
    const around = surroundingsOf(deps, tree.tenantId);
    const tooMany = countingNew(deps.stores);
    for (const one of objectsOf(spool, tree)) {
      await turn();
      const section = kind.sections[one.section];
      if (section === undefined) continue;
      const found =
        missing === undefined
          ? await freshFaults(deps, section, one, await faultsOf(deps, section, one, around))
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
  const before = await faultsOf(asStored, section, one, surroundingsOf(asStored, one.tenantId));
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
  { context, whyNotThere }: Surroundings,
): Promise<readonly Fault[]> {
  const { stores, opened } = deps;
  const found =
    (await section.faults?.(opened(one), context, () => section.find(stores, one.tenantId, one.item), stores)) ?? [];
  const needed = section.needs?.(one.item) ?? [];
  const missing: Fault[] = [];
  for (const need of [needed].flat()) {
    const message = await whyNotThere(need);
    if (message !== undefined) missing.push({ pointer: need.pointer, message });
  }
  return [...found, ...missing];
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
