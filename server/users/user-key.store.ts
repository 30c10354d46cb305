/** Finding people by the beginning of what they are called, a page at a time. */
import type { Knex } from 'knex';
import type { PageStep } from '../db/keyset-page.ts';
import { isSqlite } from '../db/knex.ts';
import type { PoolId, TenantId } from '../kernel/ids.ts';
import { longestStretch, stretchIndexes, type NamedIn } from './stretch.ts';
import type { UserQuery } from './user.ts';

interface Place {
  readonly tenant: TenantId;
  readonly pool: PoolId;
}

/** A table of what people are called, and the beginning that is looked for there. */
interface Source {
  readonly table: NamedIn;
  readonly prefix: string;
}

/** How many with such a name are read by their name: where that may be all, and where walking the people did not help. */
const few = { first: 200, last: 8000 } as const;
/** How many people are walked in one statement: at first, and at most. */
const stride = { first: 100, last: 6400 } as const;
/** How many stretches are looked into in one statement: at first, how many times as many next, and at most. */
const reach = { first: 1, times: 8, last: 128 } as const;

/** Nothing sorts behind it, in any of the databases. */
const last = '\u{10FFFF}';

interface NameRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
  readonly stretch: string | null;
}

interface StretchRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly first_id: string;
}

interface PersonRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
}

const rowsOf = (executor: Knex, table: string, { tenant, pool }: Place) =>
  executor<NameRow>(table).where({ tenant_id: tenant, pool_id: pool });

/** MySQL weighs this index against that of the names, by which all who are called so would be read and sorted. */
const byStretch = (executor: Knex, table: NamedIn, { tenant, pool }: Place) =>
  (isSqlite(executor)
    ? executor<NameRow>(table)
    : executor<NameRow>(executor.raw('?? FORCE INDEX (??)', [table, stretchIndexes[table]]))
  ).where({ tenant_id: tenant, pool_id: pool });

/**
 * @param which those alone that housekeeping has said no stretch of yet
 * @returns everybody with such a name, or undefined where there are `most`, or more
 */
async function everybodyNamed(
  executor: Knex,
  place: Place,
  { table, prefix }: Source,
  most: number,
  which: 'all' | 'new' = 'all',
): Promise<readonly string[] | undefined> {
  const named = rowsOf(executor, table, place).whereBetween('normalized', [prefix, prefix + last]);
  if (which === 'new') void named.whereNull('stretch');
  const found = await named.limit(most).select('user_id');
  return found.length === most ? undefined : found.map(({ user_id: id }) => id);
}

/** Of all the sources; undefined where one of them has too many. */
async function everybodyOf(
  executor: Knex,
  place: Place,
  sources: readonly Source[],
  which: 'all' | 'new',
): Promise<readonly string[] | undefined> {
  const everybody: string[] = [];
  for (const source of sources) {
    const named = await everybodyNamed(executor, place, source, few.last, which);
    if (named === undefined) return undefined;
    everybody.push(...named);
  }
  return everybody;
}

/**
 * Looks through the stretches in their order, from the step's cursor: into an index once for each that nobody of is called so.
 * @param end nobody beyond it is asked for; undefined where the page is not full yet
 * @returns those of a page and some beyond it, in no order; undefined where a stretch was cut meanwhile, or is too long
 */
async function inStretches(
  executor: Knex,
  place: Place,
  { table, prefix }: Source,
  step: PageStep,
  end: string | undefined,
) {
  const { cursor, ascending, size } = step;
  const [direction, beyond, atLeast] = ascending ? (['asc', '>', '>='] as const) : (['desc', '<', '<='] as const);
  const stretches = () =>
    executor<StretchRow>('user_stretches').where({ tenant_id: place.tenant, pool_id: place.pool });
  const first =
    cursor === undefined
      ? undefined
      : await stretches().where('first_id', '<=', cursor).orderBy('first_id', 'desc').first('first_id');
  const found = new Set<string>();
  const seen = new Set<string>();
  let from = first?.first_id;
  for (let width: number = reach.first; ; width = Math.min(width * reach.times, reach.last)) {
    const next = stretches().orderBy('first_id', direction).limit(width);
    if (from !== undefined) void next.where('first_id', seen.size === 0 ? atLeast : beyond, from);
    const looked = await next.pluck<string[]>('first_id');
    const named = byStretch(executor, table, place)
      .whereIn('stretch', looked)
      .whereBetween('normalized', [prefix, prefix + last])
      .limit(longestStretch);
    // Of one alone MariaDB would sort what it reads, in whichever order the index has it.
    if (looked.length > 1) void named.orderBy('stretch', direction);
    const rows = await named.select('stretch', 'user_id');
    // The one that the rows ended in is read once more, from its beginning.
    const cutOff = rows.length < longestStretch ? undefined : looked.indexOf(rows.at(-1)?.stretch ?? '');
    if (cutOff !== undefined && cutOff < 1) return undefined;
    const whole = looked.slice(0, cutOff);
    for (const one of whole) seen.add(one);
    const partial = cutOff === undefined ? undefined : looked[cutOff];
    for (const { stretch, user_id: id } of rows)
      if (stretch !== partial && (cursor === undefined || (ascending ? id > cursor : id < cursor))) found.add(id);
    from = whole.at(-1) ?? from;
    if (found.size >= size || (cutOff === undefined && looked.length < width)) break;
    // Descending, a stretch that begins before the end has all of it that counts.
    if (end !== undefined && from !== undefined && (ascending ? from > end : from <= end)) break;
  }
  if (from === undefined) return found;
  const passed = stretches().where('first_id', ascending ? '<=' : '>=', from);
  const start = ascending ? first?.first_id : cursor;
  if (start !== undefined) void passed.where('first_id', atLeast, start);
  const [counted] = await passed.count<{ amount: number | string }[]>({ amount: '*' });
  return Number(counted?.amount) === seen.size ? found : undefined;
}

/** Walks the people in their order, from the step's cursor, in stretches: each statement is short, so that others have their turn. */
async function* walk(executor: Knex, place: Place, sources: readonly Source[], step: PageStep) {
  const [beyond, upTo] = step.ascending ? (['>', '<='] as const) : (['<', '>='] as const);
  let cursor = step.cursor;
  for (let size: number = stride.first; ; size = Math.min(size * 2, stride.last)) {
    const from = cursor;
    const people = executor<PersonRow>('users').where({ tenant_id: place.tenant, pool_id: place.pool });
    if (from !== undefined) void people.where('id', beyond, from);
    const end = await people
      .orderBy('id', step.ascending ? 'asc' : 'desc')
      .offset(size - 1)
      .first('id');
    const found: string[] = [];
    for (const { table, prefix } of sources) {
      // By their person: a range of names, of which there may be as many as people, would be looked up by its index.
      const names = rowsOf(executor, table, place).whereRaw('substr(??, 1, ?) = ?', [
        'normalized',
        Array.from(prefix).length,
        prefix,
      ]);
      if (from !== undefined) void names.where('user_id', beyond, from);
      if (end !== undefined) void names.where('user_id', upTo, end.id);
      for (const { user_id: id } of await names.select('user_id')) found.push(id);
    }
    yield found;
    if (end === undefined) return;
    cursor = end.id;
  }
}

/**
 * Who of a pool has a name that begins with the key: an id, an identifier, or an address. Whether few people have it or
 * most, and whoever they are in the order of ids, a page costs about as much among a million as among a thousand; but where
 * thousands with such a name are newer than the last round of housekeeping.
 * @param step where the page begins, which way it goes, and how many it holds
 * @returns the ids of that page, in its order
 */
export async function idsWithKey(
  executor: Knex,
  place: Place,
  key: NonNullable<UserQuery['key']>,
  step: PageStep,
): Promise<readonly string[]> {
  const { cursor, ascending, size } = step;
  const sources: readonly Source[] = [
    ...key.identifiers.map((prefix) => ({ table: 'identifiers', prefix }) as const),
    ...key.addresses.map((prefix) => ({ table: 'verifiable_addresses', prefix }) as const),
  ];
  const ofPage = (ids: Iterable<string>) =>
    [...new Set(ids)]
      .filter((id) => cursor === undefined || (ascending ? id > cursor : id < cursor))
      .toSorted((one, other) => (one < other === ascending ? -1 : 1))
      .slice(0, size);

  const byId = executor<PersonRow>('users')
    .where({ tenant_id: place.tenant, pool_id: place.pool })
    .whereBetween('id', [key.id, key.id + last])
    .orderBy('id', ascending ? 'asc' : 'desc')
    .limit(size);
  if (cursor !== undefined) void byId.where('id', ascending ? '>' : '<', cursor);
  const ids = (await byId.select('id')).map(({ id }) => id);

  const known = [...ids];
  const many: Source[] = [];
  for (const source of sources) {
    const named = await everybodyNamed(executor, place, source, few.first);
    if (named === undefined) many.push(source);
    else known.push(...named);
  }
  if (many.length === 0) return ofPage(known);
  // In this order: what is placed meanwhile is met twice, and nothing is missed.
  const fresh = await everybodyOf(executor, place, many, 'new');
  if (fresh !== undefined) {
    const found = new Set([...known, ...fresh]);
    let isWhole = true;
    for (const source of many) {
      const placed = await inStretches(executor, place, source, step, ofPage(found)[size - 1]);
      isWhole &&= placed !== undefined;
      for (const id of placed ?? []) found.add(id);
    }
    if (isWhole) return ofPage(found);
  }
  const walked = new Set<string>();
  let isTooMany = false;
  for await (const found of walk(executor, place, many, step)) {
    for (const id of found) walked.add(id);
    if (walked.size >= size) break;
    if (isTooMany) continue;
    const everybody = await everybodyOf(executor, place, many, 'all');
    if (everybody !== undefined) return ofPage([...known, ...everybody]);
    isTooMany = true;
  }
  return ofPage([...known, ...walked]);
}
