/** Walks a list page by page while rows come and go around the cursor, and tells who was seen. */
import assert from 'node:assert/strict';
import { isPlatformError } from '../../server/kernel/errors.ts';

/** Where a page begins. */
export interface Cursor {
  readonly after?: string;
  readonly before?: string;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

export interface WalkedList {
  /** A row at this place of the list's order; of two that are sorted alike their ids decide. */
  readonly insert: (id: string, place: number) => Promise<unknown>;
  readonly remove: (id: string) => Promise<unknown>;
  /** Ids of a page. */
  readonly page: (cursor: Cursor) => Promise<readonly string[]>;
  /** Sorted by something that a row has, and not by its id: a page that begins at a row that is gone is refused. */
  readonly isHeld?: true;
  /** Ways it can be walked; all of them unless said. */
  readonly ways?: readonly Way[];
}

export interface Way {
  readonly order: 'asc' | 'desc';
  readonly towards: 'after' | 'before';
}

const everyWay: readonly Way[] = (['asc', 'desc'] as const).flatMap((order) =>
  (['after', 'before'] as const).map((towards) => ({ order, towards })),
);

/** Ids in the order of their places. */
const idAt = (place: number, kind: string): string => `${String(place).padStart(7, '0')}-${kind}`;
const placeOf = (id: string): number => Number(id.slice(0, 7));
const isLasting = (id: string): boolean => id.endsWith('-stays');

/** Rounds in which rows are inserted; without them a walk would follow what comes for ever. */
const busyRounds = 6;
const limit = 3;

/**
 * Every other row stays, and the ones between may go.
 * @returns how often a row was removed at the cursor
 */
async function walkOnce(list: WalkedList, { order, towards }: Way): Promise<number> {
  const there = new Set<string>();
  const add = async (place: number, kind: string): Promise<void> => {
    const id = idAt(place, kind);
    if (there.has(id)) return;
    there.add(id);
    await list.insert(id, place);
  };
  for (let n = 1; n <= 24; n += 1) await add(n * 1000, n % 2 === 0 ? 'goes' : 'stays');
  // Who walks backwards begins at an end.
  for (const end of [0, 990_000]) await add(end, 'ends');
  const lasting = [...there].filter(isLasting);

  const seen: string[] = [];
  let cursor = towards === 'after' ? undefined : idAt(order === 'asc' ? 990_000 : 0, 'ends');
  let removed = 0;
  for (let round = 0; ; round += 1) {
    let page: readonly string[];
    try {
      page = await list.page({ order, limit, ...(cursor === undefined ? {} : { [towards]: cursor }) });
    } catch (error) {
      assert.ok(list.isHeld && isPlatformError(error, 'unprocessable_entity'), String(error));
      // Who is told that the row is gone goes on from the last one that is there.
      cursor = seen.findLast((id) => there.has(id));
      continue;
    }
    const inWalk = towards === 'before' ? page.toReversed() : page;
    seen.push(...inWalk);
    if (page.length < limit) break;
    cursor = inWalk.at(-1);
    assert.ok(cursor !== undefined);
    assert.ok(round < 100, 'the walk ends');
    // Another list's.
    if (!there.has(cursor)) continue;
    if (round < busyRounds) {
      const at = placeOf(cursor);
      for (const place of [1 + round, at - 1 - round, at + 1 + round, 900_000 + round]) await add(place, 'comes');
    }
    if (isLasting(cursor) || cursor.endsWith('-ends')) continue;
    await list.remove(cursor);
    there.delete(cursor);
    removed += 1;
  }
  assert.equal(new Set(seen).size, seen.length, 'nobody is seen twice');
  const way = (order === 'asc') === (towards === 'after') ? lasting : lasting.toReversed();
  assert.deepEqual(seen.filter(isLasting), way, 'who was there all along is seen, and in the order of the list');
  for (const id of there) await list.remove(id);
  return removed;
}

/** @throws AssertionError where a row that was there throughout is missed, or any is seen twice */
export async function walkedWhileItChanges(list: WalkedList): Promise<void> {
  let removed = 0;
  for (const way of list.ways ?? everyWay) removed += await walkOnce(list, way);
  assert.ok(removed > 0, 'rows went at the cursor');
}
