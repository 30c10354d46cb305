import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createEventLog } from '../../../server/audit/event-log.store.ts';
import { createEventStore } from '../../../server/audit/event.store.ts';
import { isSqlite } from '../../../server/db/knex.ts';
import type { EventQuery } from '../../../server/audit/event.ts';
import type { NewEvent } from '../../../server/kernel/events.ts';
import { newId, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

const everything: EventQuery = { metadata: {}, subjects: [], actions: [], limit: 20, order: 'asc' };
const [shop, bank] = [workspaceId('shop'), workspaceId('bank')];

onEachDatabase('EventLog', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  before(async () => {
    knex = await open();
  });
  beforeEach(() => {
    tenant = tenantId(newId());
  });

  const tell = async (
    at: number,
    { place = shop, ...members }: Partial<NewEvent> & { readonly place?: WorkspaceId | null } = {},
  ): Promise<string> => {
    const store = createEventStore(knex, { clock: { now: () => noon + at }, observers: [] });
    const where = place === null ? {} : { workspaceId: place };
    const event = { tenantId: tenant, subject: 'login', action: 'succeeded', metadata: {}, payload: {}, ...where };
    return (await store.append({ ...event, ...members })).id;
  };
  const list = async (
    query: Partial<EventQuery>,
    places: Parameters<ReturnType<typeof createEventLog>['list']>[1] = [shop],
  ) => (await createEventLog(knex).list(tenant, places, { ...everything, ...query })).items.map(({ id }) => id);

  it('answers what was told, of these places and no other tenant', async () => {
    const [one, whole] = [await tell(1), await tell(2, { place: null })];
    const other = await tell(3, { place: bank });
    assert.deepEqual(await list({}), [one]);
    assert.deepEqual(await list({}, [bank, null]), [whole, other]);
    tenant = tenantId(newId());
    assert.deepEqual(await list({}, [shop, bank, null]), []);
  });

  it('pages by time in either order, through events of the same millisecond, each once', async () => {
    const told: string[] = [];
    for (let at = 0; at < 30; at += 1) told.push(await tell(Math.trunc(at / 7)));
    const inOrder = (await createEventLog(knex).list(tenant, [shop], { ...everything, limit: 100 })).items;
    assert.deepEqual(inOrder.map(({ id }) => id).toSorted(), told.toSorted());
    assert.deepEqual(
      inOrder.map(({ at }) => at),
      inOrder.map(({ at }) => at).toSorted((one, next) => one - next),
    );
    const ids = inOrder.map(({ id }) => id);
    for (const filter of [{}, { subjects: ['login'] }]) {
      for (const order of ['asc', 'desc'] as const) {
        const wanted = order === 'asc' ? ids : ids.toReversed();
        const pages: string[] = [];
        for (;;) {
          const cursor = pages.at(-1);
          const page = await list({ ...filter, order, limit: 4, ...(cursor === undefined ? {} : { after: cursor }) });
          pages.push(...page);
          if (page.length < 4) break;
        }
        assert.deepEqual(pages, wanted);
        assert.deepEqual(await list({ ...filter, order, limit: 3, before: wanted[10] ?? '' }), wanted.slice(7, 10));
      }
    }
  });

  it('refuses to begin at what is not there, or is another tenant’s', async () => {
    const elsewhere = await tell(1);
    tenant = tenantId(newId());
    for (const after of [elsewhere, 'nothing'])
      await assert.rejects(list({ after }), { name: 'PlatformError', code: 'unprocessable_entity' });
  });

  it('finds by each member of the metadata, by subject, action and time, and by all of them at once', async () => {
    const metadata = { client_id: 'c', session_id: 's', subject: 'zoë', ip: '192.0.2.1', idp_method: "o'idc" };
    const wanted = await tell(5, { action: 'failed', metadata });
    await tell(5, { subject: 'consent', action: 'created' });
    await tell(9, { metadata: { ...metadata, ip: '192.0.2.2' } });
    await tell(5, { place: bank, action: 'failed', metadata });
    const narrow = { from: noon + 4, to: noon + 6 };
    for (const [name, value] of Object.entries(metadata)) {
      assert.deepEqual(await list({ metadata: { [name]: value }, ...narrow }), [wanted], name);
      assert.deepEqual(await list({ metadata: { [name]: `${value}x` } }), [], name);
    }
    assert.deepEqual(await list({ actions: ['failed', 'denied'] }), [wanted]);
    assert.deepEqual(await list({ metadata, subjects: ['login'], actions: ['failed'], ...narrow }), [wanted]);
    assert.deepEqual(await list({ ...narrow, from: noon + 5 }), []);
  });

  it('takes nothing for a pattern or for SQL', async () => {
    await tell(1, { metadata: { ip: '192.0.2.1', session_id: 's' } });
    for (const value of ['%', '_', "' or '1'='1", '$', '"'])
      assert.deepEqual(await list({ metadata: { ip: value } }), await list({ metadata: { session_id: value } }), value);
  });

  it('reads many events in short stretches, and no more than it says', async () => {
    const count = 12_000;
    const row = (index: number) => ({
      tenant_id: tenant,
      id: `e${String(index).padStart(6, '0')}`,
      workspace_id: shop,
      subject: 'login',
      action: index === 0 ? 'denied' : 'succeeded',
      at: noon + index,
      metadata: '{}',
      payload: '{}',
    });
    for (let from = 0; from < count; from += 500)
      await knex('audit_events').insert(Array.from({ length: 500 }, (_, offset) => row(from + offset)));
    assert.deepEqual(await list({ actions: ['denied'], order: 'desc' }), ['e000000']);
    const few = createEventLog(knex, { stretch: 1000, most: 5000 });
    await assert.rejects(few.list(tenant, [shop], { ...everything, actions: ['denied'], order: 'desc' }), {
      code: 'unprocessable_entity',
      message: /timestamp_from/u,
    });
    const early = await few.list(tenant, [shop], { ...everything, actions: ['denied'], order: 'desc', to: noon + 3 });
    assert.equal(early.items.length, 1);
  });

  it('is led by an index to each page: by its time, and by whom or what it is about', async () => {
    for (let at = 0; at < 300; at += 1)
      await tell(at, {
        place: at % 3 === 0 ? shop : bank,
        metadata: {
          session_id: `login-${String(at)}`,
          user_id: `person-${String(at % 50)}`,
          affected_user_id: `person-${String(at % 40)}`,
          subject: `sub-${String(at % 50)}`,
          client_id: `client-${String(at % 30)}`,
        },
      });
    if (!isSqlite(knex)) await knex.raw('ANALYZE TABLE audit_events');
    const asked: { readonly sql: string; readonly bindings: readonly Knex.RawBinding[] }[] = [];
    const note = (one: (typeof asked)[number]): void => {
      asked.push(one);
    };
    const plansOf = async (query: Partial<EventQuery>): Promise<string> => {
      asked.length = 0;
      knex.on('query', note);
      assert.ok((await list(query)).length > 0);
      knex.removeListener('query', note);
      const plans: unknown[] = [];
      for (const { sql, bindings } of [...asked])
        plans.push(await knex.raw(`EXPLAIN ${isSqlite(knex) ? 'QUERY PLAN ' : ''}${sql}`, [...bindings]));
      return JSON.stringify(plans);
    };
    // Within an instant SQLite sorts by itself (LAST TERM OF ORDER BY).
    const sorted = /filesort|temporary|TEMP B-TREE FOR ORDER BY|SCAN audit_events/i;
    for (const [query, index] of [
      [{ order: 'desc' }, /audit_events_time/],
      [{ metadata: { session_id: 'login-3' } }, /audit_events_session_id/],
      [{ metadata: { user_id: 'person-3' } }, /audit_events_user_id/],
      [{ metadata: { affected_user_id: 'person-3' } }, /audit_events_affected_user_id/],
      [{ metadata: { subject: 'sub-3' } }, /audit_events_subject/],
      [{ metadata: { client_id: 'client-3' } }, /audit_events_client_id/],
      [{ subjects: ['login'], limit: 5 }, /audit_events_time/],
    ] as const) {
      const plans = await plansOf(query);
      assert.match(plans, index, JSON.stringify(query));
      assert.doesNotMatch(plans, sorted, JSON.stringify(query));
    }
  });
});
