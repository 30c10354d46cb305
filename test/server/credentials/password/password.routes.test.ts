/** Passwords over HTTP, in the published words. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { permissionsFrom, type RoleGrant } from '../../../../server/access/role.ts';
import { passwordEndpoints } from '../../../../server/credentials/password/password.routes.ts';
import { poolId, userId, type TenantId, type WorkspaceId } from '../../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../../support/endpoint-server.ts';
import { ownHash, passwordsOn } from '../../../support/passwords.ts';
import { noon, poolOf, userOf } from '../../../support/seeded.ts';
import { seedTenant } from '../../../support/stores.ts';

onEachDatabase('the endpoints of passwords', (open) => {
  let knex: Knex;
  let house: ReturnType<typeof passwordsOn>;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  const staff = poolId('staff');
  const ada = userId('ada');
  const old = 'violin under the stairs';
  const newer = 'umbrella volcano trombones';
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    house = passwordsOn(knex);
    const { stores, service, verifier } = house;
    api = await serveEndpoints(passwordEndpoints({ pools: stores.pools, service, verifier }), ['identity'], () =>
      permissionsFrom(held),
    );
    ({ tenant, workspace } = await seedTenant(knex));
    await stores.pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    await stores.users.insert(userOf(tenant, staff, { id: ada }));
    await stores.identifiers.insert(tenant, staff, ada, { type: 'uid', value: 'ada', normalized: 'ada' });
    await stores.passwords.set(tenant, staff, ada, ownHash + old, undefined);
    held = [{ workspaceId: undefined, role: 'admin' }];
  });
  afterEach(() => api.close());

  const at = (path: string, side = 'system') => `/api/identity/${tenant}/${side}/pools/staff/${path}`;
  const ask = async (method: string, path: string, body: object) => {
    const answer = await api.ask(method, path, { body });
    return [answer.status, answer.body] as const;
  };
  const verify = (version: '' | 'v2/', body: object) => ask('POST', at(`user/password/${version}verify`), body);
  const statusOf = async (version: '' | 'v2/', body: object) => (await verify(version, body))[0];
  const change = (name: string, body: object) => ask('POST', at(`users/ada/${name}`), body);
  const state = async (side: string, to: string) =>
    (await ask('PUT', at('users/ada/password/state', side), { state: to }))[0];
  const eventsOf = () => knex('audit_events').where({ tenant_id: tenant, subject: 'password' }).pluck('action');

  it('verify one, by an identifier or an id', async () => {
    const right = { id: 'ada', state: 'valid' };
    for (const name of [
      { identifier: 'Ada' },
      { userID: 'ada' },
      { id: 'ada', userID: 'eve' },
      { identifier: '', id: 'ada' },
    ])
      assert.deepEqual(await verify('', { ...name, password: old }), [200, right]);
    assert.deepEqual(await verify('v2/', { userID: 'ada', password: old }), [
      200,
      { ...right, result: 'password_correct' },
    ]);
    assert.deepEqual(await verify('v2/', { userID: 'eve', password: old }), [
      200,
      { id: '', state: 'valid', result: 'user_not_found' },
    ]);
    for (const body of [{ password: old }, { identifier: 'ada', userID: 'ada', password: old }, { identifier: 'ada' }])
      assert.equal(await statusOf('v2/', body), 422, JSON.stringify(body));
  });

  it('refuse alike whatever does not sign in, in the first version', async () => {
    const refusals = [
      await verify('', { identifier: 'eve', password: old }),
      await verify('', { identifier: 'ada', password: 'wrong' }),
    ];
    assert.equal(await state('system', 'must_be_reset'), 204);
    refusals.push(await verify('', { identifier: 'ada', password: old }));
    await house.stores.passwords.set(tenant, staff, ada, ownHash + old, noon - 1);
    refusals.push(await verify('', { identifier: 'ada', password: old }));
    await house.stores.users.update({ ...userOf(tenant, staff, { id: ada }), status: 'inactive' });
    refusals.push(await verify('', { identifier: 'ada', password: old }));
    for (const refusal of refusals) assert.deepEqual(refusal, refusals[0]);
    assert.equal(refusals[0]?.[0], 401);
  });

  it('say that one has to be changed, which is good once more', async () => {
    assert.equal(await state('system', 'must_be_changed'), 204);
    assert.deepEqual(await verify('', { identifier: 'ada', password: old }), [
      200,
      { id: 'ada', state: 'must_be_changed' },
    ]);
  });

  for (const name of ['change-password', 'change_password'])
    it(`change one by ${name} for who knows it`, async () => {
      assert.deepEqual(await change(name, { old_password: old, new_password: newer }), [204, undefined]);
      assert.equal(await statusOf('', { identifier: 'ada', password: newer }), 200);
      assert.equal(await statusOf('', { identifier: 'ada', password: old }), 401);
      assert.equal((await change(name, { old_password: old, new_password: newer }))[0], 401);
      const [status, body] = await change(name, { old_password: newer, new_password: 'password' });
      assert.equal(status, 422);
      assert.match(
        JSON.stringify(body),
        /"details":\[\{"pointer":"\/new_password","message":"[^"]+","rule":"strength"\}\]/,
      );
      assert.equal((await change(name, { new_password: newer }))[0], 422);
      assert.deepEqual(await eventsOf(), ['updated']);
    });

  it('slow guessing, whichever way it is done, and say when to come back', async () => {
    for (let n = 0; n < 3; n += 1) {
      assert.equal(await statusOf('', { identifier: 'ada', password: 'wrong' }), 401);
      assert.equal(await statusOf('v2/', { userID: ada, password: 'wrong' }), 200);
    }
    for (let n = 0; n < 6; n += 1)
      assert.equal((await change('change-password', { old_password: 'wrong', new_password: newer }))[0], 401);
    assert.equal(await statusOf('', { identifier: 'ada', password: old }), 429);
    assert.equal(await statusOf('v2/', { userID: ada, password: old }), 429);
    assert.equal((await change('change-password', { old_password: old, new_password: newer }))[0], 429);
  });

  for (const side of ['admin', 'system'])
    it(`say for ${side} what state one is in`, async () => {
      assert.equal(await state(side, 'must_be_reset'), 204);
      assert.equal((await house.stores.passwords.findByUser(tenant, staff, ada))?.state, 'must_be_reset');
      assert.equal(await state(side, 'asleep'), 422);
      assert.equal((await ask('PUT', at('users/eve/password/state', side), { state: 'valid' }))[0], 404);
      assert.deepEqual(await eventsOf(), ['updated']);
    });

  it('leave the password of an administrator to administrators of the tenant', async () => {
    const subject = { type: 'identity_pool_user', poolId: staff, userId: ada } as const;
    await house.stores.roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, noon);
    held = [{ workspaceId: workspace, role: 'manager' }];
    assert.equal(await state('admin', 'must_be_reset'), 403);
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal(await state('admin', 'must_be_reset'), 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal(await state('admin', 'must_be_reset'), 204);
  });
});
