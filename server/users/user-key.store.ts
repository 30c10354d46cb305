/** Finding people by the beginning of what they are called, a page at a time. */
import type { Knex } from 'knex';
import type { PageStep } from '../db/keyset-page.ts';
import type { PoolId, TenantId } from '../kernel/ids.ts';
import type { UserQuery } from './user.ts';

interface Place {
  readonly tenant: TenantId;
  readonly pool: PoolId;
}

/** A table of what people are called, and the beginning that is looked for there. */
interface Source {
  readonly table: 'identifiers' | 'verifiable_addresses';
  readonly prefix: string;
}

/** How many with such a name are read by their name: where that may be all, and where walking the people did not help. */
const few = { first: 200, last: 8000 } as const;
/** How many people are walked in one statement: at first, and at most. */
const stride = { first: 100, last: 6400 } as const;

/** Nothing sorts behind it, in any of the databases. */
const last = '\u{10FFFF}';

interface NameRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly user_id: string;
  readonly normalized: string;
}

interface PersonRow {
  readonly tenant_id: string;
  readonly pool_id: string;
  readonly id: string;
}

const rowsOf = (executor: Knex, table: string, { tenant, pool }: Place) =>
  executor<NameRow>(table).where({ tenant_id: tenant, pool_id: pool });

/** @returns everybody with such a name, or undefined where there are `most` of one kind, or more */
async function everybodyNamed(executor: Knex, place: Place, sources: readonly Source[], most: number) {
  const everybody: string[] = [];
  for (const { table, prefix } of sources) {
    const found = await rowsOf(executor, table, place)
      .whereBetween('normalized', [prefix, prefix + last])
      .limit(most)
      .select('user_id');
    if (found.length === most) return undefined;
    for (const { user_id: id } of found) everybody.push(id);
  }
  return everybody;
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
 * most, a page costs about as much among a million as among a thousand.
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

  const all = await everybodyNamed(executor, place, sources, few.first);
  if (all !== undefined) return ofPage([...ids, ...all]);
  const walked = new Set<string>();
  let isTooMany = false;
  for await (const found of walk(executor, place, sources, step)) {
    for (const id of found) walked.add(id);
    if (walked.size >= size) break;
    if (isTooMany) continue;
    const everybody = await everybodyNamed(executor, place, sources, few.last);
    if (everybody !== undefined) return ofPage([...ids, ...everybody]);
    isTooMany = true;
  }
  return ofPage([...ids, ...walked]);
}
