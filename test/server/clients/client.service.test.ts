import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createClientService } from '../../../server/clients/client.service.ts';
import type { ClientService, ClientServiceStores } from '../../../server/clients/client.service.ts';
import type { Client } from '../../../server/clients/client.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const metadata = { client_name: 'Shop', redirect_uris: ['https://shop.example/cb'] };

onEachDatabase('ClientService', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let service: ClientService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let destroyed: string[] = [];

  before(async () => {
    knex = await open();
    const artifacts = {
      destroyByClient: (...place: readonly string[]) => {
        destroyed.push(place.join(' '));
        return Promise.resolve();
      },
    };
    const unitOfWork: UnitOfWork<ClientServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    service = createClientService({ unitOfWork, clock });
  });
  beforeEach(async () => {
    destroyed = [];
    clock.set(noon);
    ({ tenant, workspace } = await seedTenant(knex));
  });
  const create = (more: Partial<Parameters<ClientService['create']>[0]> = {}) =>
    service.create({ tenantId: tenant, workspaceId: workspace, metadata, ...more });

  it('gives a client with a secret of 256 random bits', async () => {
    const [one, other] = [await create(), await create()];
    assert.equal(Buffer.from(one.secret ?? '', 'base64url').length, 32);
    assert.notEqual(one.secret, other.secret);
    assert.notEqual(one.id, other.id);
    assert.deepEqual(await storesOf(knex).clients.find(tenant, workspace, one.id), one);
    assert.deepEqual(await eventsOf(knex, tenant), ['client created', 'client created']);
  });

  it('gives no secret to a client that authenticates otherwise', async () => {
    const publicClient = await create({ metadata: { ...metadata, token_endpoint_auth_method: 'none' } });
    assert.equal(publicClient.secret, undefined);
  });

  it('never writes a secret in clear, not even into the event', async () => {
    const given = 'imported-secret-0123456789-abcdef';
    const one = await create({ secret: given, metadata: { ...metadata, client_secret: given } });
    assert.equal(one.secret, given);
    const rotated = await service.rotateSecret({ ...one, revokeOldAfterMs: 1000 });
    const rows = JSON.stringify([await knex('clients').select(), await knex('audit_events').select()]);
    for (const secret of [given, rotated.secret ?? '']) assert.ok(secret !== '' && !rows.includes(secret));
  });

  it('refuses ids and given secrets that cannot be', async () => {
    const refused = (error: unknown) => isPlatformError(error, 'unprocessable_entity');
    for (const id of ['', 'a b', 'a:b', 'a/b', 'ä', 'x'.repeat(65)]) await assert.rejects(create({ id }), refused);
    for (const secret of ['', 'short', 'with\nnewline-0123456789', 'ä'.repeat(40)]) {
      await assert.rejects(create({ secret }), refused);
    }
    const jwt = { ...metadata, token_endpoint_auth_method: 'client_secret_jwt' };
    // RFC 7518 §3.2: an HS256 key is at least as long as the hash.
    await assert.rejects(create({ metadata: jwt, secret: 'x'.repeat(31) }), refused);
  });

  it('refuses a workspace that is not there', async () => {
    const nowhere = create({ workspaceId: workspaceId('nowhere') });
    await assert.rejects(nowhere, (error) => isPlatformError(error, 'not_found'));
  });

  it('accepts the old secret until its time, and no longer', async () => {
    const first = await create();
    const second = await service.rotateSecret({ ...first, revokeOldAfterMs: 1000 });
    assert.notEqual(second.secret, first.secret);
    assert.deepEqual(second.rotatedSecrets, [{ secret: first.secret, until: noon + 1000 }]);
    clock.set(noon + 1000);
    const third = await service.rotateSecret({ ...first, revokeOldAfterMs: 0 });
    assert.deepEqual(third.rotatedSecrets, []);
    assert.deepEqual(await storesOf(knex).clients.find(tenant, workspace, first.id), third);
  });

  it('loses none of twenty rotations at once', async () => {
    const first = await create();
    const rotate = () => service.rotateSecret({ ...first, revokeOldAfterMs: 60_000 });
    const made = await Promise.all(Array.from({ length: 20 }, rotate));
    const found = await storesOf(knex).clients.find(tenant, workspace, first.id);
    // Each replaced the one before it: a chain from the first secret to the one that is stored.
    const replaced = [...made.map(({ rotatedSecrets: [old] }) => old?.secret), found?.secret];
    assert.deepEqual(new Set(replaced), new Set([first.secret, ...made.map(({ secret }) => secret)]));
    assert.equal(new Set(replaced).size, 21);
  });

  it('keeps a bounded number of old secrets', async () => {
    const first = await create();
    let last = first;
    for (let index = 0; index < 5; index += 1)
      last = await service.rotateSecret({ ...first, revokeOldAfterMs: 60_000 });
    assert.equal(last.rotatedSecrets.length, 2);
  });

  it('accepts the old secret until it is revoked where no time is said', async () => {
    const first = await create();
    const second = await service.rotateSecret(first);
    assert.deepEqual(second.rotatedSecrets, [{ secret: first.secret, until: Number.MAX_SAFE_INTEGER }]);
    await service.revokeRotatedSecrets(first);
    const stored = await storesOf(knex).clients.find(tenant, workspace, first.id);
    assert.deepEqual([stored?.secret, stored?.rotatedSecrets], [second.secret, []]);
  });

  it('lets a caller look before it changes, and stop it', async () => {
    const first = await create();
    const check = (stored: Client) => {
      assert.deepEqual(stored, first);
      throw new Error('stale');
    };
    await assert.rejects(service.rotateSecret({ ...first, check }), /stale/);
    await assert.rejects(service.revokeRotatedSecrets({ ...first, check }), /stale/);
    assert.deepEqual(await storesOf(knex).clients.find(tenant, workspace, first.id), first);
  });

  it('keeps an id unique in its tenant, in whatever workspace', async () => {
    const { id } = await create();
    const { workspaces } = storesOf(knex);
    await workspaces.insert({ ...workspaceOf(tenant), id: workspaceId('beside') });
    await assert.rejects(create({ id, workspaceId: workspaceId('beside') }), (error) =>
      isPlatformError(error, 'conflict'),
    );
  });

  it('refuses to rotate what has no secret', async () => {
    const client = await create({ metadata: { ...metadata, token_endpoint_auth_method: 'none' } });
    await assert.rejects(service.rotateSecret({ ...client, revokeOldAfterMs: 0 }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });

  it('replaces metadata and flags, keeping the secret while one is needed', async () => {
    const client = await create();
    const changed = { ...metadata, client_name: 'Other' };
    const updated = await service.update({ ...client, metadata: changed, status: 'inactive', trusted: true });
    assert.equal(updated.secret, client.secret);
    assert.deepEqual([updated.metadata.client_name, updated.status, updated.trusted], ['Other', 'inactive', true]);
    const publicClient = await service.update({
      ...client,
      metadata: { ...metadata, token_endpoint_auth_method: 'none' },
    });
    assert.equal(publicClient.secret, undefined);
    assert.deepEqual(await storesOf(knex).clients.find(tenant, workspace, client.id), publicClient);
  });

  it('removes a client with what it was given', async () => {
    const client = await create();
    const { roles } = storesOf(knex);
    const subject = { type: 'client', clientId: client.id } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, noon);
    await service.remove(client);
    // Who registers under its id later begins with nothing.
    assert.deepEqual(await roles.listFor(tenant, [subject]), []);
    assert.deepEqual(destroyed, [`${tenant} ${workspace} ${client.id}`]);
    assert.equal(await storesOf(knex).clients.find(tenant, workspace, client.id), undefined);
    assert.deepEqual(await eventsOf(knex, tenant), ['client created', 'client deleted']);
    await assert.rejects(service.remove(client), (error) => isPlatformError(error, 'not_found'));
  });

  it('changes nothing of another tenant', async () => {
    const client = await create();
    const { tenant: other } = await seedTenant(knex);
    const place = { ...client, tenantId: other };
    for (const attempt of [
      () => service.remove(place),
      () => service.rotateSecret({ ...place, revokeOldAfterMs: 0 }),
      () => service.update(place),
    ]) {
      await assert.rejects(attempt, (error) => isPlatformError(error, 'not_found'));
    }
    assert.deepEqual(await storesOf(knex).clients.find(tenant, workspace, client.id), client);
  });
});
