/** The client of the console: made once however many ask at the same time, and never made over. */
import assert from 'node:assert/strict';
import { createConsoleClients } from '../../../server/console/console-client.service.ts';
import { tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { heldClock, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the client of the console', (open) => {
  it('is made once by many requests at once, and its secret stays when it moves', async () => {
    const knex = await open();
    const stores = storesOf(knex);
    const acme = tenantId('acme');
    const workspace = workspaceOf(acme, { id: workspaceId('admin') });
    await stores.tenants.insert({ id: acme, name: 'Acme', settings: {}, createdAt: 0, updatedAt: 0 });
    await stores.workspaces.insert(workspace);
    const clients = createConsoleClients({
      clients: stores.clients,
      unitOfWork: unitOfWorkOn(knex),
      clock: heldClock(),
    });
    const startUri = 'https://id.example/acme/admin';
    const made = await Promise.all(Array.from({ length: 8 }, () => clients.of(workspace, startUri)));
    assert.equal(new Set(made.map(({ secret }) => secret)).size, 1);
    assert.deepEqual(made[0]?.metadata.redirect_uris, [`${startUri}/callback`]);
    assert.equal(made[0].trusted, true);
    const moved = await clients.of(workspace, 'https://new.example/acme/admin');
    assert.equal(moved.secret, made[0].secret);
    assert.deepEqual(moved.metadata.post_logout_redirect_uris, ['https://new.example/acme/admin']);
  });
});
