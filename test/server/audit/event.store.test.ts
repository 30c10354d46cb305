import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createEventStore } from '../../../server/audit/event.store.ts';
import type { ObserverSubscription } from '../../../server/audit/event.ts';
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
    assert.deepEqual(await knex('audit_events').where({ tenant_id: event.tenantId }).select(), [
      {
        tenant_id: event.tenantId,
        id: event.id,
        workspace_id: 'w',
        subject: 'consent',
        action: 'created',
        at: noon,
        metadata: JSON.stringify(event.metadata),
        payload: JSON.stringify(event.payload),
      },
    ]);
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
