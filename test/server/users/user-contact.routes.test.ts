/** What people are called by and where they are reached, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom } from '../../../server/access/role.ts';
import { poolId, userId, type TenantId } from '../../../server/kernel/ids.ts';
import { userContactEndpoints } from '../../../server/users/user-contact.routes.ts';
import { createUserContactService } from '../../../server/users/user-contact.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('the endpoints of identifiers and addresses', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  const staff = poolId('staff');
  const bob = userId('bob');
  before(async () => {
    knex = await open();
    const service = createUserContactService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const endpoints = userContactEndpoints({ pools: storesOf(knex).pools, service });
    const permissions = permissionsFrom([{ workspaceId: undefined, role: 'admin' }]);
    api = await serveEndpoints(endpoints, ['identity'], () => permissions);
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant } = await seedTenant(knex));
    const { pools, users, identifiers, addresses } = storesOf(knex);
    await pools.insert(poolOf(tenant, { id: staff }));
    const ada = userId('ada');
    for (const id of [ada, bob]) {
      await users.insert(userOf(tenant, staff, { id }));
      await identifiers.insert(tenant, staff, id, { type: 'uid', value: id, normalized: id });
    }
    const times = { verifiedAt: noon, createdAt: noon, updatedAt: noon };
    const email = { type: 'email', value: 'Ada@Example.com', normalized: 'ada@example.com' } as const;
    const rest = { status: 'active', preferredContactMethod: undefined, metadata: {} } as const;
    await addresses.insert(tenant, staff, ada, { ...email, ...rest, ...times });
  });

  const at = (path: string, side = 'admin') => `/api/identity/${tenant}/${side}/pools/staff/users${path}`;

  it('give and take identifiers', async () => {
    const add = (id: string, identifier: string) =>
      api.ask('POST', at(`/${id}/identifiers/add`), { body: { type: 'uid', identifier } });
    assert.equal((await add('bob', 'Bobby')).status, 200);
    assert.equal((await add('bob', 'ADA')).status, 409);
    assert.equal((await add('nobody', 'x')).status, 404);
    const remove = (identifier: string) =>
      api.ask('POST', at('/bob/identifiers/remove', 'system'), { body: { identifier } });
    assert.equal((await remove('BOBBY')).status, 204);
    assert.equal((await remove('bobby')).status, 404);
    // Another person's is not theirs to lose.
    assert.equal((await remove('ada')).status, 404);
    assert.deepEqual(
      (await storesOf(knex).identifiers.listOf(tenant, staff, bob)).map(({ value }) => value),
      ['bob'],
    );
  });

  it('give, change and take addresses; a verified one is one person’s alone', async () => {
    const ask = (what: string, body: object) => api.ask('POST', at(`/bob/addresses/${what}`), { body });
    const taken = { type: 'email', address: 'ADA@example.com' };
    assert.equal((await ask('add', { ...taken, verified: true })).status, 409);
    assert.equal((await ask('add', { ...taken, verified: false })).status, 200);
    assert.equal((await ask('add', { ...taken, verified: false })).status, 409);
    const change = { address: 'ada@EXAMPLE.com', status: 'inactive' };
    assert.equal((await ask('update', { ...change, verified: true })).status, 409);
    const changed = await ask('update', { ...change, verified: false });
    assert.equal(z.looseObject({ status: z.string() }).parse(changed.body).status, 'inactive');
    assert.equal((await ask('update', { ...change, address: 'x@example.com', verified: false })).status, 404);
    const phone = {
      type: 'mobile',
      address: '+49 170 1234567',
      preferred_contact_method: 'sms',
      metadata: { of: 'work' },
    };
    const added = await ask('add', { ...phone, verified: true });
    assert.equal(added.status, 200);
    assert.partialDeepStrictEqual(added.body, { ...phone, verified: true, status: 'active' });
    const off = await ask('update', { address: '+491701234567', verified: true, status: 'inactive' });
    assert.partialDeepStrictEqual(off.body, { ...phone, verified: true, status: 'inactive' });
    assert.equal((await ask('add', { ...phone, address: '+1', preferred_contact_method: 'pigeon' })).status, 422);
    assert.equal((await ask('remove', { address: '+491701234567' })).status, 204);
    assert.equal((await ask('remove', { address: '+491701234567' })).status, 404);
    assert.deepEqual(
      (await storesOf(knex).addresses.listOf(tenant, staff, bob)).map(({ value, verifiedAt }) => [value, verifiedAt]),
      [['ADA@example.com', undefined]],
    );
  });
});
