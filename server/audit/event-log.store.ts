/** What happened, page by page: by its time, or by the login, the client or the person whom it is about. */
import type { Knex } from 'knex';
import { toTime } from '../db/columns.ts';
import { isSqlite } from '../db/knex.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { DomainEvent } from '../kernel/events.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import { eventColumns, eventFrom, type EventRow } from './event.store.ts';
import type { EventLog, EventQuery, SearchedMember } from './event.ts';

/** A column that the database derives from each of these, with an index by time. */
const indexed: readonly SearchedMember[] = ['session_id', 'affected_user_id', 'user_id', 'subject', 'client_id'];

/** Events are looked through so many in a statement, so that others have their turn, and so many for a page. */
const bounds = { stretch: 5000, most: 200_000 } as const;

type Rows = Knex.QueryBuilder<EventRow, EventRow[]>;

export function createEventLog(
  executor: Knex,
  { stretch, most }: { readonly stretch: number; readonly most: number } = bounds,
): EventLog {
  const rows = (): Rows => executor<EventRow>('audit_events');
  const member = isSqlite(executor) ? 'json_extract(metadata, ?)' : 'json_unquote(json_extract(metadata, ?))';

  /** The rows that an index leads to; one query for each place where that is the index by time. */
  function sourcesOf(tenant: TenantId, places: readonly (WorkspaceId | null)[], { metadata, from, to }: EventQuery) {
    const named = indexed.filter((name) => metadata[name] !== undefined);
    const inTime = (found: Rows): Rows => {
      void found.where('tenant_id', tenant);
      if (from !== undefined) void found.where('at', '>', from);
      if (to !== undefined) void found.where('at', '<', to);
      return found;
    };
    if (named.length === 0) {
      return places.map((place) => () => {
        const found = inTime(rows());
        void found.where('workspace_id', place);
        return found;
      });
    }
    return [
      () => {
        const found = inTime(rows());
        for (const name of named) void found.whereRaw('?? = ?', [`of_${name}`, metadata[name] ?? '']);
        // In a function, which the index by time does not serve.
        const anywhere = places.map(() => '?').join(', ');
        void found.whereRaw(
          `coalesce(workspace_id, '') in (${anywhere})`,
          places.map((place) => place ?? ''),
        );
        return found;
      },
    ];
  }

  /** What no index leads to. @returns undefined where there is nothing of it */
  function filterOf({ metadata, subjects, actions }: EventQuery): ((found: Rows) => void) | undefined {
    const others = Object.entries(metadata).filter(([name]) => !indexed.some((one) => one === name));
    if (others.length + subjects.length + actions.length === 0) return undefined;
    return (found) => {
      if (subjects.length > 0) void found.whereIn('subject', [...subjects]);
      if (actions.length > 0) void found.whereIn('action', [...actions]);
      for (const [name, wanted] of others) void found.whereRaw(`${member} = ?`, [`$.${name}`, wanted]);
    };
  }

  return {
    async find(tenant, id) {
      const row = await rows()
        .where({ tenant_id: tenant, id })
        .first<EventRow | undefined>(...eventColumns);
      return row === undefined ? undefined : eventFrom(row);
    },

    async list(tenant, places, query) {
      const page = keysetPage(query);
      const { ascending, size, cursor } = page.step;
      const [beyond, upTo] = ascending ? (['>', '<='] as const) : (['<', '>='] as const);
      const notBefore = ascending ? '>=' : '<=';
      const start =
        cursor === undefined ? undefined : await rows().where({ tenant_id: tenant, id: cursor }).first('at');
      if (cursor !== undefined && start === undefined)
        throw new PlatformError('unprocessable_entity', 'There is no event with the id that the page is to begin at.');
      const startAt = start === undefined ? undefined : toTime(start.at);
      const filter = filterOf(query);
      const pageOf = (wanted: Rows): Promise<readonly EventRow[]> => {
        page.selectBy(wanted, 'at', startAt);
        return wanted.select<EventRow[]>(...eventColumns);
      };
      const isBefore = (one: EventRow, other: EventRow) =>
        toTime(one.at) === toTime(other.at) ? one.id < other.id : toTime(one.at) < toTime(other.at);

      /** Whole instants, from the cursor's on, until a page is full. */
      async function walk(source: () => Rows, keep: (found: Rows) => void): Promise<readonly EventRow[]> {
        const found: EventRow[] = [];
        let after: number | undefined;
        for (let looked = 0; looked < most; looked += stretch) {
          const beyondThose = (): Rows => {
            const wanted = source();
            if (after !== undefined) void wanted.where('at', beyond, after);
            else if (startAt !== undefined) void wanted.where('at', notBefore, startAt);
            return wanted;
          };
          const end = await beyondThose()
            .orderBy('at', ascending ? 'asc' : 'desc')
            .offset(stretch - 1)
            .first('at');
          const wanted = beyondThose();
          if (end !== undefined) void wanted.where('at', upTo, end.at);
          keep(wanted);
          found.push(...(await pageOf(wanted)));
          if (end === undefined || found.length >= size) return found;
          after = toTime(end.at);
        }
        throw new PlatformError(
          'unprocessable_entity',
          `More than ${String(most)} events would have to be looked through: ask for a time by timestamp_from and timestamp_to, or for a client_id, a subject, a session_id or a user_id.`,
        );
      }

      const found: EventRow[] = [];
      for (const source of sourcesOf(tenant, places, query)) {
        const ofSource = filter === undefined ? await pageOf(source()) : await walk(source, filter);
        found.push(...ofSource);
      }
      const inOrder = found.toSorted((one, other) => (isBefore(one, other) === ascending ? -1 : 1)).slice(0, size);
      return { items: page.inOrder(inOrder).map((row): DomainEvent => eventFrom(row)) };
    },
  };
}
