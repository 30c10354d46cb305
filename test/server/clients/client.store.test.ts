import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createClientMemory } from '../../../server/clients/client-memory.ts';
import { createClientStore } from '../../../server/clients/client.store.ts';
import type { Client, ClientStore } from '../../../server/clients/client.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, newId } from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { firstPage } from '../../../server/kernel/pagination.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, testSealer, workspaceOf } from '../../support/stores.ts';

onEachDatabase('ClientStore', (open) => {
  let knex: Knex;
  let clients: ClientStore;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    clients = storesOf(knex).clients;
    ({ tenant, workspace } = await seedTenant(knex));
  });

  const clientOf = (members: Partial<Client> = {}): Client => ({
    tenantId: tenant,
    workspaceId: workspace,
    id: clientId(newId()),
    status: 'active',
    trusted: false,
    metadata: { client_name: 'Büro 🏢', redirect_uris: ['https://app.example/cb'], 'x-own': { a: 1 } },
    secret: 'a-secret-in-clear-0123456789abcdef',
    rotatedSecrets: [{ secret: 'an-older-secret-in-clear-0123456789', until: noon + 1000 }],
    createdAt: noon,
    updatedAt: noon,
    ...members,
  });

  it('gives back what was inserted', async () => {
    for (const client of [
      clientOf(),
      clientOf({ secret: undefined, rotatedSecrets: [], trusted: true, status: 'inactive' }),
    ]) {
      await clients.insert(client);
      assert.deepEqual(await clients.find(tenant, workspace, client.id), client);
    }
  });

  it('finds whether an active client has a redirect URI at an origin, of many that look like it', async () => {
    const { tenant: other, workspace: place } = await seedTenant(knex);
    const at = (...redirect_uris: string[]) => ({
      ...clientOf({ id: clientId(newId()), metadata: { redirect_uris } }),
      tenantId: other,
      workspaceId: place,
    });
    for (let n = 0; n < 205; n += 1) await clients.insert(at(`https://app.example.evil.com/${String(n)}`));
    const mine = at('com.example.app:/cb', 'HTTPS://App.Example:443/cb');
    await clients.insert(mine);
    await clients.insert({ ...at('https://old.example/cb'), status: 'inactive' });
    await clients.insert({ ...at(), metadata: { client_uri: 'https://said.example/' } });
    await clients.insert(at('https://a_b.example/cb', 'https://p%.example/cb', 'not an address'));
    const has = (origin: string, workspaceIn = place, tenantIn = other) =>
      clients.hasRedirectAt(tenantIn, workspaceIn, origin);
    assert.equal(await has('https://app.example'), true);
    for (const origin of [
      'https://app.exampl',
      'http://app.example',
      'https://app.example:8443',
      'https://old.example',
      'https://said.example',
      'https://aXb.example',
      'https://axb.example',
      'null',
      '',
      '%',
      'com.example.app:',
    ])
      assert.equal(await has(origin), false, origin);
    assert.equal(await has('https://a_b.example'), true);
    assert.equal(await has('https://app.example', place, tenant), false);
    assert.equal(await has('https://app.example', workspace, tenant), true, 'of the clients of the other tests');
    await clients.remove(other, place, mine.id);
    assert.equal(await has('https://app.example'), false);
  });

  it('remembers a client for a moment, but never in a transaction, nor what this process wrote or removed', async () => {
    const shared = { sealer: testSealer, memory: createClientMemory({ clock: heldClock() }) };
    const remembering = createClientStore(knex, shared);
    const client = clientOf();
    await clients.insert(client);
    const status = async (store = remembering) => (await store.find(tenant, workspace, client.id))?.status;
    assert.equal(await status(), 'active');
    await clients.update({ ...client, status: 'inactive' });
    assert.equal(await status(), 'active');
    await knex.transaction(async (transaction) => {
      assert.equal(await status(createClientStore(transaction, shared)), 'inactive');
    });
    assert.equal((await remembering.findAnew(tenant, workspace, client.id))?.status, 'inactive');
    await knex.transaction((transaction) => createClientStore(transaction, shared).update(client));
    assert.equal(await status(), 'active');
    await knex.transaction((transaction) =>
      createClientStore(transaction, shared).remove(tenant, workspace, client.id),
    );
    assert.equal(await status(), undefined);
  });

  it('lists clients by name and by when they were issued, those that are equal by id', async () => {
    const { tenant: t, workspace: w } = await seedTenant(knex);
    const names = { a: 'Same', b: 'Same', c: undefined, d: 'Büro', e: 'x'.repeat(300) };
    for (const [id, name] of Object.entries(names)) {
      const metadata = name === undefined ? {} : { client_name: name };
      const createdAt = id === 'e' ? noon - 1 : noon;
      await clients.insert(clientOf({ tenantId: t, workspaceId: w, id: clientId(id), metadata, createdAt }));
    }
    const list = async (query: Partial<Parameters<ClientStore['list']>[2]>) =>
      (await clients.list(t, w, { limit: 10, order: 'asc', ...query })).items.map(({ id }) => id).join('');
    assert.equal(await list({ sort: 'name' }), 'cdabe');
    assert.equal(await list({ sort: 'name', order: 'desc' }), 'ebadc');
    assert.equal(await list({ sort: 'name', after: 'a' }), 'be');
    assert.equal(await list({ sort: 'name', before: 'b', limit: 2 }), 'da');
    assert.equal(await list({ sort: 'issued_at' }), 'eabcd');
    assert.equal(await list({ sort: 'issued_at', order: 'desc', after: 'c' }), 'bae');
    assert.equal(await list({ sort: 'name', search: 'SAME', after: 'a' }), 'b');
    await assert.rejects(list({ sort: 'name', after: 'gone' }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });

  it('lists what clients of one workspace are registered with, page by page and without a secret', async () => {
    const { tenant: elsewhere, workspace: place } = await seedTenant(knex);
    const all = ['a', 'b', 'c'].map((id) => clientOf({ tenantId: elsewhere, workspaceId: place, id: clientId(id) }));
    for (const client of all) await clients.insert(client);
    const page = async (after?: string) =>
      (await clients.listRegistered(elsewhere, place, { limit: 2, order: 'asc', ...(after && { after }) })).items;
    assert.deepEqual(
      await page(),
      all.slice(0, 2).map(({ id, metadata }) => ({ id, metadata })),
    );
    assert.deepEqual(
      (await page('b')).map(({ id }) => id),
      ['c'],
    );
    assert.deepEqual(await clients.listRegistered(tenant, place, { limit: 2, order: 'asc' }), { items: [] });
  });

  it('keeps secrets sealed', async () => {
    const client = clientOf();
    await clients.insert(client);
    await clients.update({ ...client, secret: 'a-fresh-secret-in-clear-012345678' });
    const rows = JSON.stringify(await knex('clients').select());
    assert.ok(rows.includes(client.id));
    assert.ok(!/secret-in-clear/.test(rows));
  });

  it('refuses a secret that was copied from another client', async () => {
    const [mine, theirs] = [clientOf(), clientOf()];
    await clients.insert(mine);
    await clients.insert(theirs);
    const row = await knex<{ id: string; sealed_secret: string }>('clients').where({ id: mine.id }).first();
    await knex('clients').where({ id: theirs.id }).update({ sealed_secret: row?.sealed_secret });
    await assert.rejects(clients.find(tenant, workspace, theirs.id), (error) => isPlatformError(error, 'internal'));
    await clients.remove(tenant, workspace, theirs.id);
  });

  it('knows nothing of another tenant or workspace, nor of a similar id', async () => {
    const client = clientOf({ id: clientId('web') });
    await clients.insert(client);
    const { tenant: other, workspace: otherWorkspace } = await seedTenant(knex);
    const sibling = workspaceOf(tenant);
    await storesOf(knex).workspaces.insert(sibling);
    for (const [t, w] of [
      [other, workspace],
      [other, otherWorkspace],
      [tenant, sibling.id],
    ] as const) {
      assert.equal(await clients.find(t, w, client.id), undefined);
      assert.deepEqual((await clients.list(t, w, firstPage)).items, []);
      await assert.rejects(clients.update({ ...client, tenantId: t, workspaceId: w }), (error) =>
        isPlatformError(error, 'not_found'),
      );
      await clients.remove(t, w, client.id);
    }
    for (const similar of ['WEB', 'web ', 'wéb']) {
      assert.equal(await clients.find(tenant, workspace, clientId(similar)), undefined);
    }
    assert.deepEqual(await clients.find(tenant, workspace, client.id), client);
  });

  it('refuses an id that is taken, and a workspace that is not there', async () => {
    const client = clientOf();
    await clients.insert(client);
    await assert.rejects(clients.insert(client), (error) => isPlatformError(error, 'conflict'));
    const orphan = clientOf({ workspaceId: workspaceOf(tenant).id });
    await assert.rejects(clients.insert(orphan), (error) => isPlatformError(error, 'not_found'));
  });

  it('inserts twenty at once, and one of twenty with the same id', async () => {
    const { tenant: t, workspace: w } = await seedTenant(knex);
    const place = { tenantId: t, workspaceId: w };
    await Promise.all(Array.from({ length: 20 }, () => clients.insert(clientOf(place))));
    assert.equal((await clients.list(t, w, { limit: 100, order: 'asc' })).items.length, 20);
    const same = clientOf(place);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => clients.insert(same)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });
});
