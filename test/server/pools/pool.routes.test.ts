/** Identity pools, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { idpId, poolId, userId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { poolEndpoints } from '../../../server/pools/pool.routes.ts';
import { createPoolService } from '../../../server/pools/pool.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { poolOf, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const listed = z.object({ pools: z.array(z.looseObject({ id: z.string(), number_of_users: z.number() })) });
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const shown = z.looseObject({ id: z.string(), number_of_users: z.number() });

onEachDatabase('the endpoints of pools', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { pools, workspaces } = storesOf(knex);
    const service = createPoolService({
      unitOfWork: unitOfWorkOn(knex),

      clock: heldClock(),
    });
    const endpoints = poolEndpoints({ pools, workspaces, service, mechanisms: ['password', 'otp', 'webauthn'] });
    api = await serveEndpoints(endpoints, ['identity'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', side = 'admin') => `/api/identity/${tenant}/${side}/pools${path}`;
  const list = async (query = '', side = 'admin') =>
    listed.parse((await api.ask('GET', at(query, side))).body).pools.map(({ id }) => id);
  const make = (body: Readonly<Record<string, unknown>>, side = 'admin') => api.ask('POST', at('', side), { body });
  const users = async (id: string) => shown.parse((await api.ask('GET', at(`/${id}`))).body).number_of_users;

  for (const side of ['admin', 'system']) {
    it(`make, show, change and delete one for ${side}`, async () => {
      const made = await make({ id: 'staff', name: 'Staff' }, side);
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const code = (ttl: string) => ({ length: 6, ttl });
      assert.deepEqual(made.body, {
        id: 'staff',
        tenant_id: tenant,
        name: 'Staff',
        description: '',
        badge_color: '',
        metadata: {},
        public_registration_allowed: false,
        authentication_mechanisms: ['password'],
        preferred_authentication_mechanism: 'password',
        otp_settings: {
          activation: code('24h0m0s'),
          authentication: code('10m0s'),
          challenge: code('10m0s'),
          enroll_webauthn: code('1h0m0s'),
          reset_password: code('1h0m0s'),
          verify_address: code('1h0m0s'),
        },
        password_policy: {
          min_length: 8,
          capital_letters: 0,
          lowercase_letters: 0,
          digits: 0,
          special_characters: 0,
          not_used_since: 0,
          strength: 'fair',
        },
        password_settings: { hashing_method: 'argon2' },
        reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: false },
        payload_schema_id: 'user_v0',
        metadata_schema_id: 'metadata_v0',
        business_metadata_schema_id: 'metadata_v0',
        script_metadata_workspaces: [],
        identifier_case_insensitive: false,
        system: false,
        deleted: false,
        number_of_users: 0,
      });
      const got = await api.ask('GET', at('/staff', side));
      assert.deepEqual(got.body, made.body);
      // What was answered is accepted.
      const changed = {
        ...shown.parse(got.body),
        name: 'People',
        authentication_mechanisms: ['otp', 'password', 'otp'],
        preferred_authentication_mechanism: 'otp',
        password_settings: { hashing_method: 'bcrypt', expires_after: '2160h0m0s' },
      };
      assert.equal(got.etag, made.etag);
      // Whoever registers meanwhile changes nothing of what was read.
      await storesOf(knex).users.insert(userOf(tenant, poolId('staff'), { id: userId('ada') }));
      const put = await api.ask('PUT', at('/staff', side), { body: changed, ifMatch: got.etag ?? '' });
      assert.equal(put.status, 200, JSON.stringify(put.body));
      assert.deepEqual(put.body, {
        ...changed,
        number_of_users: 1,
        authentication_mechanisms: ['otp', 'password'],
        password_settings: { hashing_method: 'argon2', expires_after: '2160h0m0s' },
      });
      const unknown = { ...changed, password_settings: { hashing_method: 'rot13' } };
      const refused = await api.ask('PUT', at('/staff', side), { body: unknown });
      assert.equal(failure.parse(refused.body).details[0]?.pointer, '/password_settings/hashing_method');
      assert.deepEqual((await api.ask('GET', at('/staff', side))).body, put.body);
      assert.equal((await api.ask('DELETE', at('/staff', side), { ifMatch: got.etag ?? '' })).status, 412);
      assert.equal((await api.ask('DELETE', at('/staff', side))).status, 204);
      assert.equal((await api.ask('GET', at('/staff', side))).status, 404);
      assert.deepEqual(await eventsOf(knex, tenant), ['pool created', 'pool deleted', 'pool updated']);
    });
  }

  it('list them by id and by name, whoever has the same one', async () => {
    for (const [id, name] of [
      ['a', 'zebra'],
      ['b', 'mouse'],
      ['c', 'mouse'],
      ['d', 'ant'],
    ])
      await make({ id, name });
    for (const side of ['admin', 'system']) {
      assert.deepEqual(await list('', side), ['a', 'b', 'c', 'd']);
      assert.deepEqual(await list('?limit=2&after_pool_id=a', side), ['b', 'c']);
      assert.deepEqual(await list('?limit=2&before_pool_id=d', side), ['b', 'c']);
      assert.deepEqual(await list('?order=desc&limit=2', side), ['d', 'c']);
      assert.deepEqual(await list('?sort=name', side), ['d', 'b', 'c', 'a']);
      assert.deepEqual(await list('?sort=name&limit=2&after_pool_id=b', side), ['c', 'a']);
      assert.deepEqual(await list('?sort=name&limit=2&before_pool_id=c', side), ['d', 'b']);
      assert.deepEqual(await list('?sort=name&order=desc', side), ['a', 'c', 'b', 'd']);
      assert.deepEqual(await list('?sort=name&order=desc&limit=1&after_pool_id=c', side), ['b']);
      assert.deepEqual(await list('?search_phrase=MOUS', side), ['b', 'c']);
      assert.deepEqual(await list('?search_phrase=D', side), ['d'], 'by its id');
      for (const wildcard of ['%25', '_'])
        assert.deepEqual(await list(`?search_phrase=${wildcard}`, side), [], 'no character stands for another');
      assert.deepEqual(await list('?order=acs&limit=1', side), ['a']);
    }
    assert.equal((await api.ask('GET', at('?sort=created_at'))).status, 400);
    assert.equal((await api.ask('GET', at('?sort=name&after_pool_id=gone'))).status, 422);
  });

  it('walk every page once while others are made', async () => {
    for (let n = 10; n < 20; n += 1) await make({ id: `p${String(n)}`, name: `n${String(n)}` });
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await list(`?sort=name&limit=3${after === '' ? '' : `&after_pool_id=${after}`}`);
      seen.push(...page);
      after = page.at(-1) ?? '';
      if (page.length < 3) break;
      // Before what was read, and after it.
      await make({ name: `n0${String(seen.length)}` });
      if (seen.length === 3) await make({ id: 'late', name: 'n155' });
    }
    assert.deepEqual(seen, ['p10', 'p11', 'p12', 'p13', 'p14', 'p15', 'late', 'p16', 'p17', 'p18', 'p19']);
  });

  it('say how many people there are in one', async () => {
    await make({ id: 'staff', name: 'Staff' });
    const stores = storesOf(knex);
    for (const id of ['ada', 'bob', 'eve'])
      await stores.users.insert(userOf(tenant, poolId('staff'), { id: userId(id) }));
    assert.equal(await users('staff'), 3);
    await stores.users.remove(tenant, poolId('staff'), userId('bob'));
    await stores.users.remove(tenant, poolId('staff'), userId('bob'));
    assert.equal(await users('staff'), 2);
    // Nothing is counted of what was not written.
    await assert.rejects(
      unitOfWorkOn(knex).run(async ({ users: people }) => {
        await people.insert(userOf(tenant, poolId('staff'), { id: userId('dan') }));
        throw new Error('no');
      }),
    );
    assert.equal(await users('staff'), 2);
  });

  it('promise no second factor: 422 by name, and nothing where none is asked for', async () => {
    for (const [name, value] of [
      ['second_factor_authentication_mechanisms', ['totp']],
      ['second_factor_preferred_authentication_mechanism', 'totp'],
    ] as const) {
      const refused = await api.ask('POST', at(), { body: { tenant_id: tenant, name: 'Two', [name]: value } });
      assert.equal(refused.status, 422);
      assert.ok(JSON.stringify(refused.body).includes(`"/${name}"`), JSON.stringify(refused.body));
    }
    const none = { second_factor_authentication_mechanisms: [], second_factor_preferred_authentication_mechanism: '' };
    const { status, body } = await api.ask('POST', at(), { body: { tenant_id: tenant, name: 'One', ...none } });
    assert.equal(status, 201);
    assert.ok(!JSON.stringify(body).includes('second_factor'));
  });

  it('let people sign in by password where a pool is made without a way, or with an empty list of ways', async () => {
    for (const more of [{}, { authentication_mechanisms: [] }, { authentication_mechanisms: null }]) {
      const { status, body } = await make({ name: 'A', ...more });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual(shown.parse(body)['authentication_mechanisms'], ['password']);
    }
  });

  it('refuse what cannot be, by pointer', async () => {
    for (const [body, status, pointer] of [
      [{}, 422, '/name'],
      [{ name: ' ' }, 422, '/name'],
      [{ name: 'A', id: 'a b' }, 422, '/id'],
      [{ name: 'A', authentication_mechanisms: ['totp'] }, 422, '/authentication_mechanisms/0'],
      [{ name: 'A', authentication_mechanisms: Array(11).fill('password') }, 422, '/authentication_mechanisms'],
      [{ name: 'A', preferred_authentication_mechanism: 'otp' }, 422, '/preferred_authentication_mechanism'],
      [{ name: 'A', otp_settings: { activation: { length: 3 } } }, 422, '/otp_settings/activation/length'],
      [{ name: 'A', otp_settings: { activation: { ttl: '1ms' } } }, 422, '/otp_settings/activation/ttl'],
      [{ name: 'A', password_policy: { min_length: 0 } }, 422, '/password_policy/min_length'],
      [{ name: 'A', password_policy: { strength: 'best' } }, 422, '/password_policy/strength'],
      [{ name: 'A', password_settings: { expires_after: 'soon' } }, 422, '/password_settings/expires_after'],
      [{ name: 'A', workspace_id: 'nowhere' }, 422, '/workspace_id'],
      [{ name: 'A', payload_schema_id: 'unknown' }, 404, undefined],
    ] as const) {
      const answer = await make(body);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (pointer !== undefined) assert.equal(failure.parse(answer.body).details[0]?.pointer, pointer);
    }
    await make({ id: 'a', name: 'A' });
    assert.equal((await make({ id: 'a', name: 'A' })).status, 409);
  });

  it('switch whether case matters, unless two people would be called the same', async () => {
    await make({ id: 'staff', name: 'Staff' });
    const { identifiers, users: people } = storesOf(knex);
    const pool = poolId('staff');
    const call = async (id: string, ...names: readonly string[]) => {
      await people.insert(userOf(tenant, pool, { id: userId(id) }));
      for (const name of names)
        await identifiers.insert(tenant, pool, userId(id), { type: 'uid', value: name, normalized: name });
    };
    await call('ada', 'Ada', 'Countess');
    await call('bob', 'bob');
    const put = (insensitive: boolean) =>
      api.ask('PUT', at('/staff'), { body: { name: 'Staff', identifier_case_insensitive: insensitive } });
    assert.equal((await put(true)).status, 200);
    assert.equal(await identifiers.findUser(tenant, pool, 'ada'), 'ada');
    assert.equal(await identifiers.findUser(tenant, pool, 'Ada'), undefined);
    assert.equal((await put(false)).status, 200);
    assert.equal(await identifiers.findUser(tenant, pool, 'Ada'), 'ada');
    await call('eve', 'ADA');
    const refused = await put(true);
    assert.equal(refused.status, 409);
    assert.equal(failure.parse(refused.body).details[0]?.pointer, '/identifier_case_insensitive');
    assert.equal(await identifiers.findUser(tenant, pool, 'bob'), 'bob');
  });

  it('keep a pool by which people sign in, unless its idps are to go with it', async () => {
    const made = await api.ask('POST', `/api/identity/${tenant}/admin/workspace/${workspace}/pools?with_idp=true`, {
      body: { id: 'staff', name: 'Staff' },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { idps, pools } = storesOf(knex);
    assert.equal((await idps.list(tenant, workspace)).length, 1);
    assert.equal((await api.ask('DELETE', at('/staff'))).status, 409);
    assert.notEqual(await pools.find(tenant, poolId('staff')), undefined);
    const own = `/api/identity/${tenant}/admin/workspace/${workspace}/pools`;
    assert.equal((await api.ask('DELETE', `${own}/staff?with_idp=true`)).status, 204);
    assert.deepEqual(await idps.list(tenant, workspace), []);
  });

  it('keep the pool of the last administrator', async () => {
    await make({ id: 'staff', name: 'Staff' });
    const { roles, users: people, pools } = storesOf(knex);
    await people.insert(userOf(tenant, poolId('staff'), { id: userId('ada') }));
    const subject = { type: 'identity_pool_user', poolId: 'staff', userId: 'ada' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    assert.equal((await api.ask('DELETE', at('/staff'))).status, 422);
    assert.notEqual(await pools.find(tenant, poolId('staff')), undefined);
    const other = { type: 'identity_pool_user', poolId: 'other', userId: 'bob' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject: other }, 0);
    assert.equal((await api.ask('DELETE', at('/staff'))).status, 204);
    // Who is made under the same ids later begins with nothing.
    assert.deepEqual(await roles.listFor(tenant, [subject]), []);
  });

  describe('for those who have no role in the tenant', () => {
    beforeEach(async () => {
      await make({ id: 'mine', name: 'Mine', workspace_id: workspace });
      await make({ id: 'theirs', name: 'Theirs' });
      await make({ id: 'given', name: 'Given' });
    });

    it('show the pools of their workspaces, and those they have a role in', async () => {
      held = [
        { workspaceId: workspace, role: 'admin' },
        { workspaceId: undefined, poolId: poolId('given'), role: 'user_manager' },
      ];
      assert.deepEqual(await list(), ['given', 'mine']);
      assert.equal((await api.ask('GET', at('/mine'))).status, 200);
      assert.equal((await api.ask('GET', at('/given'))).status, 200);
      assert.equal((await api.ask('GET', at('/theirs'))).status, 403);
      assert.equal((await api.ask('GET', at('/nowhere'))).status, 403);
      const mayIn = async (id: string) => (await api.ask('GET', at(`/${id}/permissions`))).body;
      const flags = z.looseObject({ update_identity_pool: z.boolean(), manage_identity_pool_users: z.boolean() });
      assert.equal(flags.parse(await mayIn('mine')).update_identity_pool, true);
      assert.equal(flags.parse(await mayIn('given')).update_identity_pool, false);
      assert.equal(flags.parse(await mayIn('given')).manage_identity_pool_users, true);
      const path = `/api/identity/${tenant}/admin/workspace/${workspace}`;
      assert.deepEqual(
        listed.parse((await api.ask('GET', `${path}/pools`)).body).pools.map(({ id }) => id),
        ['mine'],
      );
      const page = await api.ask('GET', `${path}/user/pools?limit=1`);
      assert.equal(z.object({ cursor: z.string() }).parse(page.body).cursor, 'mine');
      const last = await api.ask('GET', `${path}/user/pools?limit=1&cursor=mine`);
      assert.deepEqual(last.body, { pools: [], cursor: '' });
    });

    it('let nobody take a pool with them into another workspace', async () => {
      held = [{ workspaceId: workspace, role: 'admin' }];
      assert.equal((await api.ask('PUT', at('/mine'), { body: { name: 'Mine' } })).status, 403);
      const body = { name: 'Still mine', workspace_id: workspace };
      assert.equal((await api.ask('PUT', at('/mine'), { body })).status, 200);
      assert.equal((await api.ask('PUT', at('/theirs'), { body })).status, 403);
      assert.equal((await make({ name: 'Another' })).status, 403);
    });

    it('take no role of a workspace for one where the tenant is administered', async () => {
      held = [{ workspaceId: workspaceId('admin'), role: 'admin' }];
      const { pools } = storesOf(knex);
      const found = await pools.find(tenant, poolId('theirs'));
      if (found !== undefined) await pools.update({ ...found, workspaceId: workspaceId('admin') });
      assert.equal((await api.ask('GET', at('/theirs'))).status, 403);
      assert.equal((await api.ask('DELETE', at('/theirs'))).status, 403);
    });
  });

  it('are nobody’s in another tenant', async () => {
    await make({ id: 'staff', name: 'Staff' });
    const other = (await seedTenant(knex)).tenant;
    for (const side of ['admin', 'system'])
      assert.equal((await api.ask('GET', `/api/identity/${other}/${side}/pools/staff`)).status, 404);
  });

  it('are opened to nobody by a lesser administrator where they lead to the administration', async () => {
    const { pools, idps, roles, workspaces } = storesOf(knex);
    const staff = poolId('staff');
    await pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    const admin = workspaceId('admin');
    await workspaces.insert(workspaceOf(tenant, { id: admin }));
    const idp = { tenantId: tenant, workspaceId: admin, id: idpId('staff-idp'), name: 'Staff', enabled: true };
    await idps.insert({ ...idp, method: 'identity_pool', poolId: staff });
    const path = `/api/identity/${tenant}/admin/pools/staff`;
    held = [{ workspaceId: workspace, role: 'admin' }];
    const open = { body: { name: 'Staff', workspace_id: workspace, public_registration_allowed: true } };
    assert.equal((await api.ask('PUT', path, open)).status, 200);
    const subject = { type: 'idp', workspaceId: admin, idpId: idp.id } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    assert.equal((await api.ask('PUT', path, open)).status, 403);
    assert.equal((await api.ask('PUT', path.replace('/admin/', '/system/'), open)).status, 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('PUT', path, open)).status, 200);
  });
});
