/** Keeps stretches of people in rows. Whoever writes what somebody is called writes no stretch: that is said afterwards. */
import type { Knex } from 'knex';
import { namedIn, stretchSize, type NamedIn, type StretchStore } from './stretch.ts';

interface Place {
  readonly tenant_id: string;
  readonly pool_id: string;
}
interface NameRow extends Place {
  readonly user_id: string;
  readonly stretch: string | null;
}
interface StretchRow extends Place {
  readonly first_id: string;
}

/** Rows in one transaction: a few tens of milliseconds. */
const batch = 250;
/** Where as many are new, they are met in the order of their people: those of a batch are in few stretches then. */
const many = 2000;
/** Rows that a walk looks at in one transaction, whichever it finds new. */
const glance = 1000;

/** What is to be placed next. */
interface Work {
  readonly table: NamedIn;
  readonly place: Place;
  /** The last person that a walk has passed; undefined before it is known whether there is to be one. */
  readonly after?: string;
}

export function createStretchStore(knex: Knex): StretchStore {
  const newIn = (executor: Knex, table: NamedIn, place: Place) =>
    executor<NameRow>(table).where(place).whereNull('stretch');

  /** A pool that has rows which are new. */
  const nextPool = async (table: NamedIn): Promise<Place | undefined> => {
    const row = await knex<{ tenant_id: string; id: string }>('pools')
      .whereExists(
        knex(table)
          .select(knex.raw('1'))
          .whereRaw('?? = ?? AND ?? = ??', [`${table}.tenant_id`, 'pools.tenant_id', `${table}.pool_id`, 'pools.id'])
          .whereNull(`${table}.stretch`),
      )
      .first('tenant_id', 'id');
    return row === undefined ? undefined : { tenant_id: row.tenant_id, pool_id: row.id };
  };

  /**
   * Says of rows in which stretch they are, by whose they are. By what they have in common otherwise, SQLite goes through
   * everybody of the pool. Those who are there already are there after.
   */
  const say = (executor: Knex, table: NamedIn, place: Place, users: readonly string[], stretch: string) =>
    executor<NameRow>(table).where(place).whereIn('user_id', users).update({ stretch });

  /** Where it has grown too long, once: the next batch cuts on. */
  const cut = async (executor: Knex, place: Place, table: NamedIn, stretch: string): Promise<void> => {
    const idsIn = async (each: NamedIn): Promise<readonly string[]> =>
      (
        await executor<NameRow>(each)
          .where({ ...place, stretch })
          .pluck<string[]>('user_id')
      ).toSorted();
    const [counted] = await executor<NameRow>(table)
      .where({ ...place, stretch })
      .count<{ amount: number | string }[]>({ amount: '*' });
    if (Number(counted?.amount ?? 0) <= 2 * stretchSize) return;
    const ids = await idsIn(table);
    const middle = ids[Math.floor(ids.length / 2)] ?? stretch;
    // One person with so many names: there is nobody to cut them from.
    if (middle === ids[0] || middle <= stretch) return;
    await executor<StretchRow>('user_stretches').insert({ ...place, first_id: middle });
    for (const each of namedIn) {
      const behind = new Set((each === table ? ids : await idsIn(each)).filter((id) => id >= middle));
      if (behind.size > 0) await say(executor, each, place, [...behind], middle);
    }
  };

  const nextWork = async (): Promise<Work | undefined> => {
    for (const table of namedIn) {
      const place = await nextPool(table);
      if (place !== undefined) return { table, place };
    }
    return undefined;
  };

  /** Whose rows are placed next: of whoever comes first in the index of names, or of who follows in a walk. */
  const nextUsers = async (executor: Knex, { table, place, after }: Work) => {
    if (after === undefined) {
      const found = await newIn(executor, table, place).limit(many).pluck<string[]>('user_id');
      if (found.length < many) return { users: found.slice(0, batch), after: undefined };
    }
    const people = executor<NameRow>(table).where(place);
    const glanced = await people
      .where('user_id', '>', after ?? '')
      .orderBy('user_id')
      .limit(glance)
      .select('user_id', 'stretch');
    const fresh = glanced.filter(({ stretch }) => stretch === null).map(({ user_id: id }) => id);
    const users = fresh.slice(0, batch);
    const isLast = glanced.length < glance && users.length === fresh.length;
    const passed = users.length < fresh.length ? users.at(-1) : glanced.at(-1)?.user_id;
    return { users, after: isLast ? undefined : passed };
  };

  const placeSome = async (work: Work): Promise<{ readonly placed: number; readonly next: Work | undefined }> => {
    const { table, place } = work;
    // Before the transaction: what it has to wait for, it must not hold a part of.
    await knex<StretchRow>('user_stretches')
      .insert({ ...place, first_id: '' })
      .onConflict(['tenant_id', 'pool_id', 'first_id'])
      .ignore();
    return knex.transaction(async (transaction) => {
      const stretches = () => transaction<StretchRow>('user_stretches').where(place);
      // Whoever else keeps house waits here.
      await stretches().where({ first_id: '' }).forUpdate().first();
      const found = await nextUsers(transaction, work);
      const users = [...new Set(found.users)].toSorted();
      const touched = new Set<string>();
      for (let at = 0; at < users.length;) {
        const first = users[at] ?? '';
        const own = await stretches().where('first_id', '<=', first).orderBy('first_id', 'desc').first('first_id');
        const next = await stretches().where('first_id', '>', first).orderBy('first_id').first('first_id');
        const stretch = own?.first_id ?? '';
        const theirs = users.slice(at).filter((id) => next === undefined || id < next.first_id);
        await say(transaction, table, place, theirs, stretch);
        touched.add(stretch);
        at += theirs.length;
      }
      for (const stretch of touched) await cut(transaction, place, table, stretch);
      const next = found.after === undefined ? undefined : { table, place, after: found.after };
      return { placed: found.users.length, next };
    });
  };

  /** A walk that is under way. Lost with the process: the next begins another. */
  let walk: Work | undefined;

  return {
    async place(limit) {
      let placed = 0;
      while (placed < limit) {
        const work = walk ?? (await nextWork());
        if (work === undefined) break;
        // Whatever fails, e.g. since the pool has gone, is not begun again where it failed.
        walk = undefined;
        const done = await placeSome(work);
        placed += done.placed;
        walk = done.next;
      }
      return Math.min(placed, limit);
    },
  };
}
