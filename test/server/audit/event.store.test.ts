import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createEventStore, eventColumns } from '../../../server/audit/event.store.ts';
import type { ObserverSubscription } from '../../../server/audit/event.ts';
import { isSqlite } from '../../../server/db/knex.ts';
import { newId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import type { NewEvent } from '../../../server/kernel/events.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

onEachDatabase('EventStore.append', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  const clock = { now: () => noon };
  const observers: readonly ObserverSubscription[] = [
    { name: 'all', wants: () => true },
    { name: 'consents', wants: ({ subject }) => subject === 'consent' },
  ];
  const told = (members: Partial<NewEvent> = {}): NewEvent => ({
    tenantId: tenantId(newId()),
    workspaceId: workspaceId('w'),
    subject: 'consent',
    action: 'created',
    metadata: { client_id: 'client', subject: 'zoë' },
    payload: { consent_created: { consent: { id: '1' } } },
    ...members,
  });

  it('writes the event, and one delivery for each observer that wants it', async () => {
    const event = await createEventStore(knex, { clock, observers }).append(told());
    assert.deepEqual(
      await knex('audit_events')
        .where({ tenant_id: event.tenantId })
        .select(...eventColumns),
      [
        {
          tenant_id: event.tenantId,
          id: event.id,
          workspace_id: 'w',
          subject: 'consent',
          action: 'created',
          at: noon,
          metadata: JSON.stringify(event.metadata),
          payload: JSON.stringify(event.payload),
          // It was seen here.
          imported_at: null,
          imported_by: null,
        },
      ],
    );
    const due = { tenant_id: event.tenantId, event_id: event.id, attempts: 0, due_at: noon, created_at: noon };
    assert.deepEqual(await knex('outbox').where({ tenant_id: event.tenantId }).orderBy('observer').select(), [
      { ...due, observer: 'all' },
      { ...due, observer: 'consents' },
    ]);
  });

  it('notes nothing down for who does not want it', async () => {
    const event = await createEventStore(knex, { clock, observers }).append(
      told({ subject: 'login', action: 'denied' }),
    );
    assert.deepEqual(await knex('outbox').where({ tenant_id: event.tenantId }).pluck('observer'), ['all']);
  });

  it('waits for an observer that has to look whether it wants it', async () => {
    const asked: ObserverSubscription[] = [
      { name: 'yes', wants: () => Promise.resolve(true) },
      { name: 'no', wants: () => Promise.resolve(false) },
    ];
    const { tenantId: tenant, id } = await createEventStore(knex, { clock, observers: asked }).append(told());
    const noted = await knex<{ tenant_id: string; event_id: string; observer: string }>('outbox')
      .where({ tenant_id: tenant, event_id: id })
      .select('observer');
    assert.deepEqual(noted, [{ observer: 'yes' }]);
  });

  it('belongs to its transaction: what did not happen is not told', async () => {
    const event = told();
    await assert.rejects(
      knex.transaction(async (transaction) => {
        await createEventStore(transaction, { clock, observers }).append(event);
        throw new Error('the change failed');
      }),
      /the change failed/,
    );
    for (const table of ['audit_events', 'outbox']) {
      assert.deepEqual(await knex(table).where({ tenant_id: event.tenantId }).select(), [], table);
    }
  });
});

onEachDatabase('EventStore.removeOlder', (open) => {
  let knex: Knex;
  const observers: readonly ObserverSubscription[] = [{ name: 'all', wants: () => true }];
  before(async () => {
    knex = await open();
  });
  beforeEach(() => knex('audit_events').delete());

  /** Events of two tenants, one for each moment. */
  const happen = async (moments: readonly number[]): Promise<void> => {
    for (const [index, at] of moments.entries()) {
      await createEventStore(knex, { clock: { now: () => at }, observers }).append({
        tenantId: tenantId(index % 2 === 0 ? 'acme' : 'other'),
        subject: 'login',
        action: 'succeeded',
        metadata: {},
        payload: {},
      });
    }
  };
  const left = async () => (await knex<{ at: number }>('audit_events').pluck('at')).toSorted((one, two) => one - two);
  const events = () => createEventStore(knex, { clock: { now: () => noon }, observers });

  it('removes the oldest first, so many at a time, of every tenant, and none that is younger', async () => {
    await happen([noon, noon - 1, noon - 2, noon - 3, noon + 1]);
    assert.equal(await events().removeOlder(noon, 2), 2);
    assert.deepEqual(await left(), [noon - 1, noon, noon + 1]);
    assert.equal(await events().removeOlder(noon, 2), 1);
    assert.equal(await events().removeOlder(noon, 2), 0);
    assert.deepEqual(await left(), [noon, noon + 1]);
  });

  it('takes what nobody was told of along, and nothing else', async () => {
    await happen([noon - 1, noon]);
    await events().removeOlder(noon, 10);
    assert.deepEqual(await knex('outbox').pluck('created_at'), [noon]);
  });

  it('finds them by an index, however many there are', async () => {
    const rows = Array.from({ length: 400 }, (_, n) => ({
      tenant_id: 'acme',
      id: String(n),
      subject: 'login',
      action: 'succeeded',
      at: n,
      metadata: '{}',
      payload: '{}',
    }));
    await knex.batchInsert('audit_events', rows, 200);
    const query = knex('audit_events').select('tenant_id', 'id').where('at', '<', 20).orderBy('at').limit(10);
    const { sql, bindings } = query.toSQL().toNative();
    const plan: unknown = await knex.raw(`EXPLAIN ${isSqlite(knex) ? 'QUERY PLAN ' : ''}${sql}`, [...bindings]);
    assert.match(JSON.stringify(plan), /audit_events_age/);
  });
});
