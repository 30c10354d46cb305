/** The objects of one import, kept aside until all of them are known: sorted by what is written together. */
import type { TenantId } from '../kernel/ids.ts';

/** An object of a dump, in its place there. */
export interface Spooled {
  readonly section: number;
  /** Where it stood in the array of its member; below -1 for what an object of another member said. */
  readonly index: number;
  readonly tenantId: TenantId;
  readonly place: string | undefined;
  /** Empty where the place itself is whole. */
  readonly group: string;
  readonly name: string;
  readonly item: unknown;
}

/** A workspace or a pool with all it holds, or what is a tenant's alone. */
export interface Tree {
  readonly tenantId: TenantId;
  readonly place: string | undefined;
}

/** How large a tree is. */
export interface Extent {
  readonly objects: number;
  /** Of their JSON. */
  readonly characters: number;
}

export interface Spool {
  /** @returns false where its tenant has one of this name in the section already */
  add(one: Spooled): boolean;
  /** Takes what no two objects of a tenant may have. @returns false where another one has it already */
  take(tenant: TenantId, key: string): boolean;
  find(section: number, tenant: TenantId, name: string): Spooled | undefined;
  /** Tenants before their places, by id. @returns the one after the given one */
  trees(after: Tree | undefined): Tree | undefined;
  extentOf(tree: Tree): Extent;
  /** At most so many, by group, section and index. */
  list(tree: Tree, after: Pick<Spooled, 'group' | 'section' | 'index'> | undefined, limit: number): readonly Spooled[];
  close(): void;
}

/** So many objects of a tree that is too large for one transaction are written in each, unless what belongs together is more. */
export const batchSize = 50;

/** Every object of a tree, in the order they are written. */
export function* objectsOf(spool: Spool, tree: Tree): Generator<Spooled> {
  let after: Spooled | undefined;
  for (;;) {
    const batch = spool.list(tree, after, batchSize);
    yield* batch;
    after = batch.at(-1);
    if (batch.length < batchSize) return;
  }
}

export function* treesOf(spool: Spool): Generator<Tree> {
  for (let tree = spool.trees(undefined); tree !== undefined; tree = spool.trees(tree)) yield tree;
}
