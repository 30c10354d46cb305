/** The clients of our own applications: made once however many ask at the same time, and never made over. */
import assert from 'node:assert/strict';
import { clientId, newId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createOwnClients } from '../../../server/relying-party/own-client.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { heldClock, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the client of an application of ours', (open) => {
  const words = new Map([
    ['en', 'Administration'],
    ['pt', 'Administração'],
  ]);
  const startUri = 'https://id.example/acme/admin';

  async function opened() {
    const knex = await open();
    const stores = storesOf(knex);
    const acme = tenantId(newId());
    const workspace = workspaceOf(acme, { id: workspaceId('admin') });
    await stores.tenants.insert({ id: acme, name: 'Acme', settings: {}, createdAt: 0, updatedAt: 0 });
    await stores.workspaces.insert(workspace);
    const application = { idIn: () => clientId('console'), title: 'console.title', scope: 'openid' };
    const clients = createOwnClients(application, {
      clients: stores.clients,
      unitOfWork: unitOfWorkOn(knex),
      clock: heldClock(),
      words,
    });
    const allowing = (...methods: ('client_secret_basic' | 'client_secret_post' | 'none' | 'private_key_jwt')[]) => ({
      ...workspace,
      settings: { ...workspace.settings, token_endpoint_auth_methods: methods },
    });
    return { clients, workspace, allowing, stores };
  }

  it('is made once by many requests at once, and its secret stays when it moves', async () => {
    const { clients, workspace } = await opened();
    const made = await Promise.all(Array.from({ length: 8 }, () => clients.of(workspace, startUri)));
    assert.equal(new Set(made.map(({ secret }) => secret)).size, 1);
    assert.deepEqual(made[0]?.metadata.redirect_uris, [`${startUri}/callback`]);
    assert.equal(made[0].trusted, true);
    const moved = await clients.of(workspace, 'https://new.example/acme/admin');
    assert.equal(moved.secret, made[0].secret);
    assert.deepEqual(moved.metadata.post_logout_redirect_uris, ['https://new.example/acme/admin']);
  });

  it('authenticates as the workspace allows, and has a secret only where that is one', async () => {
    const { clients, allowing } = await opened();
    const posts = await clients.of(allowing('private_key_jwt', 'client_secret_post'), startUri);
    assert.equal(posts.metadata.token_endpoint_auth_method, 'client_secret_post');
    const open = await clients.of(allowing('none'), startUri);
    assert.deepEqual([open.metadata.token_endpoint_auth_method, open.secret], ['none', undefined]);
    const again = await clients.of(allowing('client_secret_basic', 'none'), startUri);
    assert.equal(again.metadata.token_endpoint_auth_method, 'client_secret_basic');
    assert.equal(again.secret?.length, 43);
  });

  it('is called in each language as the pages call it, until somebody renames it', async () => {
    const { clients, workspace, stores } = await opened();
    const client = await clients.of(workspace, startUri);
    assert.partialDeepStrictEqual(client.metadata, {
      client_name: 'Administration',
      'client_name#pt': 'Administração',
    });
    const { 'client_name#pt': _translated, ...untranslated } = client.metadata;
    await stores.clients.update({ ...client, metadata: untranslated });
    assert.equal((await clients.of(workspace, startUri)).metadata['client_name#pt'], 'Administração');
    await stores.clients.update({ ...client, metadata: { ...untranslated, client_name: 'Back office' } });
    const renamed = await clients.of(workspace, 'https://new.example/acme/admin');
    assert.equal(renamed.metadata.client_name, 'Back office');
    assert.ok(!('client_name#pt' in renamed.metadata), 'another name is not ours to translate');
  });

  it('is not made where the workspace wants of clients what ours cannot do', async () => {
    const { clients, allowing } = await opened();
    await assert.rejects(clients.of(allowing('private_key_jwt'), startUri), { code: 'unprocessable_entity' });
  });
});
