/** Writing an import that was found to be right: what belongs together in one transaction. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { replacing, type CheckDeps } from './import-context.ts';
import { located } from './import-faults.ts';
import { changedMeanwhile, requireAsRead } from './import-held.ts';
import type { ConfigurationKind } from './section.ts';
import { batchSize, objectsOf, type Extent, type Spooled, type Tree } from './spool.ts';
import { createTurns } from './turns.ts';

export interface WriteStores {
  readonly outbox: Outbox;
}

export interface WriteDeps<Stores extends WriteStores> {
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly kind: ConfigurationKind<Stores>;
  /** A tree up to this is written in one transaction: all of it, or nothing. */
  readonly whole: Extent;
  /** Told which place is another one from now on. */
  readonly changed: (tenant: TenantId, place: string) => void;
}

/**
 * Writes a tree in one transaction; one that is larger than that in batches, each with what belongs together. Where it ends
 * between two of them, the same import goes on there: what is written is as it says, and is left alone.
 */
export async function writeTree<Stores extends WriteStores>(
  deps: WriteDeps<Stores>,
  check: CheckDeps<Stores>,
  tree: Tree,
): Promise<void> {
  const { tenantId, place } = tree;
  let written = 0;
  try {
    const { objects, characters } = check.spool.extentOf(tree);
    const isWhole = objects <= deps.whole.objects && characters <= deps.whole.characters;
    for (const batch of batchesOf(objectsOf(check.spool, tree), isWhole ? objects : batchSize)) {
      const completed = await completeAll(check, batch);
      written += await deps.unitOfWork.run((stores) => writeBatch(stores, check, tree, completed));
    }
  } finally {
    // What was written before something failed is written.
    if (written > 0 && place !== undefined) deps.changed(tenantId, place);
  }
}

/** A group is never cut. */
function* batchesOf(objects: Iterable<Spooled>, size: number): Generator<readonly Spooled[]> {
  let batch: Spooled[] = [];
  for (const one of objects) {
    const isCut = batch.length >= size && (one.group === '' || batch.at(-1)?.group !== one.group);
    if (isCut) {
      yield batch;
      batch = [];
    }
    batch.push(one);
  }
  if (batch.length > 0) yield batch;
}

interface Completed {
  readonly one: Spooled;
  readonly item: unknown;
  /** As it was when the item was completed from it. */
  readonly stored: unknown;
}

/** Outside of any transaction: keys and hashes take their time. */
async function completeAll<Stores>(
  { kind, stores, mode, read, opened }: CheckDeps<Stores>,
  batch: readonly Spooled[],
): Promise<readonly Completed[]> {
  const all: Completed[] = [];
  const turn = createTurns();
  for (const one of batch) {
    await turn();
    const section = kind.sections[one.section];
    if (section === undefined) continue;
    const stored = await section.find(stores, one.tenantId, one.item);
    if (stored !== undefined && mode === 'ignore') continue;
    await requireAsRead({ read }, section, one, stored);
    const item = opened(one);
    all.push({ one, item: (await section.complete?.(item, stored)) ?? item, stored });
  }
  return all;
}

/** @returns how many objects are another than before, or were not there */
async function writeBatch<Stores extends WriteStores>(
  stores: Stores,
  check: CheckDeps<Stores>,
  { tenantId, place }: Tree,
  batch: readonly Completed[],
): Promise<number> {
  const { kind, mode, force, read } = check;
  const replaces = replacing(check, tenantId);
  let [created, updated] = [0, 0];
  for (const { one, item, stored: before } of batch) {
    const section = kind.sections[one.section];
    if (section === undefined) continue;
    try {
      const stored = await section.find(stores, tenantId, item);
      if (read !== undefined && !isDeepStrictEqual(stored, before)) throw changedMeanwhile(before === undefined);
      if (stored !== undefined && mode === 'fail') throw new PlatformError('conflict', `${one.name} is there already.`);
      if (stored !== undefined && (mode === 'ignore' || isDeepStrictEqual(item, stored))) continue;
      if (!force) await section.recheck?.(stores, tenantId, item);
      await section.write(stores, tenantId, item, stored);
      if (!force && stored !== undefined) await section.refuseLosses?.(stores, tenantId, item, stored, replaces);
      if (stored === undefined) await section.begin?.(stores, tenantId, check.opened(one), replaces);
      if (stored === undefined) created += 1;
      else updated += 1;
    } catch (error) {
      throw located(section, one, error);
    }
  }
  if (created + updated === 0) return 0;
  if (place !== undefined) await kind.touch?.(stores, tenantId, place);
  await stores.outbox.append({
    tenantId,
    subject: 'import',
    action: 'created',
    metadata: {},
    payload: { import_created: { [kind.places]: place ?? '', created, updated } },
  });
  return created + updated;
}
