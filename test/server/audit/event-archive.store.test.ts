/** Events from elsewhere in rows: as they were told there, each once, of their tenant alone. */
import assert from 'node:assert/strict';
import { createEventArchive } from '../../../server/audit/event-archive.store.ts';
import { createEventLog } from '../../../server/audit/event-log.store.ts';
import { toEventBody } from '../../../server/audit/event.body.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { eventId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant } from '../../support/stores.ts';

onEachDatabase('EventArchive', (open) => {
  it('keeps an event under its id and at its time, told to nobody', async () => {
    const knex = await open();
    const { tenant, workspace } = await seedTenant(knex);
    const { tenant: other } = await seedTenant(knex);
    const origin = () => ({ client_id: 'mover', ip: '192.0.2.1', trace_id: 'trace' });
    const archive = createEventArchive(knex, { clock: heldClock(), origin });
    // Who brought it stands beside it, whatever it says itself.
    const imported = { at: noon, by: { client_id: 'mover', trace_id: 'trace' } };
    const event = {
      tenantId: tenant,
      workspaceId: workspace,
      id: eventId('from-elsewhere'),
      at: noon,
      subject: 'consent',
      action: 'created',
      metadata: { subject: 'ada' },
      payload: { consent_created: { language: null } },
    };
    await archive.insert(event);
    assert.deepEqual(await archive.find(tenant, event.id), { ...event, imported });
    assert.deepEqual(toEventBody({ ...event, imported }).context, {
      imported_at: new Date(noon).toISOString(),
      imported_by_client_id: 'mover',
      imported_by_trace_id: 'trace',
    });
    assert.equal(toEventBody(event).context, null);
    assert.equal(await archive.find(other, event.id), undefined);
    assert.equal(await archive.find(tenant, eventId('from-elsewhere ')), undefined);
    await assert.rejects(archive.insert({ ...event, action: 'deleted' }), (error) =>
      isPlatformError(error, 'conflict'),
    );
    const { workspaceId: _, ...ofTenant } = { ...event, id: eventId('of-tenant') };
    await archive.insert(ofTenant);
    assert.deepEqual(await archive.find(tenant, ofTenant.id), { ...ofTenant, imported });
    const query = { limit: 10, order: 'asc', metadata: {}, subjects: [], actions: [] } as const;
    assert.deepEqual((await createEventLog(knex).list(tenant, [workspace], query)).items, [{ ...event, imported }]);
    assert.equal((await knex('outbox').where({ tenant_id: tenant })).length, 0);
  });
});
