/** People of a pool, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createPolicyCheck } from '../../../server/credentials/password/password-policy.ts';
import { idpId, poolId, userId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { createSchemaCheck } from '../../../server/schemas/schema-check.ts';
import { schemaId } from '../../../server/kernel/ids.ts';
import { createUserContactService } from '../../../server/users/user-contact.service.ts';
import { userContactEndpoints } from '../../../server/users/user-contact.routes.ts';
import { userEndpoints } from '../../../server/users/user.routes.ts';
import { createUserService } from '../../../server/users/user.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { cheapHasher, strengthOf } from '../../support/passwords.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

const listed = z.object({ users: z.array(z.looseObject({ id: z.string() })) });
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const shown = z.looseObject({
  id: z.string(),
  identifiers: z.array(z.looseObject({ identifier: z.string() })),
  verifiable_addresses: z.array(z.looseObject({ address: z.string(), verified: z.boolean() })),
});

onEachDatabase('the endpoints of people', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'poolId' | 'role'>[];
  const staff = poolId('staff');
  const scopes = ['identity'];
  const clock = heldClock();
  before(async () => {
    knex = await open();
    const stores = storesOf(knex);
    const unitOfWork = unitOfWorkOn(knex);
    const hasher = { hash: (password: string) => Promise.resolve(`$argon2id$${String(password.length)}`) };
    const policy = createPolicyCheck({ hasher: cheapHasher().hasher, strengthOf });
    const service = createUserService({ unitOfWork, hasher, policy, schemaCheck: createSchemaCheck(), clock });
    const contacts = createUserContactService({ unitOfWork, clock });
    const endpoints = [
      ...userEndpoints({ stores, service }),
      ...userContactEndpoints({ pools: stores.pools, service: contacts }),
    ];
    api = await serveEndpoints(endpoints, scopes, () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    await storesOf(knex).pools.insert(poolOf(tenant, { id: staff, workspaceId: workspace }));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', side = 'admin') => `/api/identity/${tenant}/${side}/pools/staff/users${path}`;
  const make = (body: Readonly<Record<string, unknown>>, side = 'admin') =>
    api.ask('POST', at('', side), { body: { status: 'active', ...body } });
  const list = async (query = '') => listed.parse((await api.ask('GET', at(query))).body).users.map(({ id }) => id);
  const byKey = (key: string) => list(`?query=${encodeURIComponent(JSON.stringify({ user_key: key }))}`);
  const ada = {
    id: 'ada',
    payload: { name: 'Ada' },
    metadata: { tier: 'gold' },
    identifiers: [
      { type: 'uid', identifier: 'Ada' },
      { type: 'email', identifier: 'Ada@Example.com', metadata: { from: 'import' } },
    ],
    verifiable_addresses: [
      { type: 'email', address: 'Ada@Example.com', verified: true, status: 'active' },
      { type: 'mobile', address: '+44 20 7946 0958', verified: false, status: 'active' },
    ],
    credentials: [{ type: 'password', password: 'correct horse battery', must_be_changed: false }],
  };

  for (const side of ['admin', 'system']) {
    it(`make, show, change and delete one for ${side}`, async () => {
      const made = await make(ada, side);
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const body = shown.parse(made.body);
      const now = new Date(noon).toISOString();
      const place = { tenant_id: tenant, user_pool_id: 'staff', user_id: 'ada' };
      const ids = z.object({
        identifiers: z.array(z.object({ id: z.string().length(32) }).loose()),
        verifiable_addresses: z.array(z.object({ id: z.string().length(32) }).loose()),
      });
      const { identifiers, verifiable_addresses: addresses } = ids.parse(made.body);
      const times = { created_at: now, updated_at: now };
      assert.deepEqual(identifiers, [
        {
          id: identifiers[0]?.id,
          ...place,
          type: 'uid',
          identifier: 'Ada',
          identifier_lc: 'ada',
          metadata: {},
          ...times,
        },
        {
          id: identifiers[1]?.id,
          ...place,
          type: 'email',
          identifier: 'Ada@Example.com',
          identifier_lc: 'ada@example.com',
          metadata: { from: 'import' },
          ...times,
        },
      ]);
      assert.deepEqual(
        addresses.map(({ id: _, ...rest }) => rest),
        [
          {
            ...place,
            type: 'mobile',
            address: '+44 20 7946 0958',
            address_lc: '+44 20 7946 0958',
            verified: false,
            status: 'active',
            metadata: {},
            ...times,
          },
          {
            ...place,
            type: 'email',
            address: 'Ada@Example.com',
            address_lc: 'ada@example.com',
            verified: true,
            verified_at: now,
            status: 'active',
            metadata: {},
            ...times,
          },
        ],
      );
      assert.match(
        JSON.stringify(body),
        /"credentials":\[\{[^\]]*"payload":\{"hashed_password":"###"\},"state":"valid","created_at":"[^"]*","updated_at":"[^"]*"\}\]/,
      );
      assert.doesNotMatch(JSON.stringify(body), /argon2|correct horse/);
      const got = await api.ask('GET', at('/ada', side));
      assert.deepEqual(got.body, made.body);
      const change = { body: { status: 'inactive', metadata: {} }, ifMatch: got.etag ?? '' };
      const put = await api.ask('PUT', at('/ada', side), change);
      assert.equal(put.status, 200, JSON.stringify(put.body));
      const rest = z.looseObject({ payload: z.unknown(), metadata: z.unknown(), status: z.string() }).parse(put.body);
      assert.deepEqual([rest.payload, rest.metadata, rest.status], [{ name: 'Ada' }, {}, 'inactive']);
      assert.equal((await api.ask('PUT', at('/ada', side), change)).status, 412);
      assert.equal((await api.ask('DELETE', at('/ada', side))).status, 204);
      assert.equal((await api.ask('GET', at('/ada', side))).status, 404);
      assert.deepEqual(await eventsOf(knex, tenant), ['user created', 'user deleted', 'user updated']);
      assert.equal((await storesOf(knex).pools.countUsers(tenant, [staff])).get(staff), 0);
    });
  }

  it('take a password with its end and its state, and show them', async () => {
    const answered = z.object({
      credentials: z.array(z.object({ state: z.string(), expires_at: z.string().optional() })),
    });
    const credentialOf = async (credential: object) => {
      const made = await make({ credentials: [{ type: 'password', ...credential }] });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const shownAs = answered.parse(made.body).credentials[0];
      return [shownAs?.state, shownAs?.expires_at];
    };
    const password = 'correct horse battery';
    const end = '2999-01-01T00:00:00.000Z';
    assert.deepEqual(await credentialOf({ password, must_be_changed: true }), ['must_be_changed', undefined]);
    const both = { password, must_be_changed: true, must_be_reset: true, expires_at: end };
    assert.deepEqual(await credentialOf(both), ['must_be_reset', end]);
    const past = '2020-01-01T00:00:00.000Z';
    assert.deepEqual(await credentialOf({ expires_at: past }), ['valid', past]);
  });

  it('list them by id, with what they are called', async () => {
    for (const id of ['a', 'b', 'c']) await make({ id, identifiers: [{ type: 'uid', identifier: `user-${id}` }] });
    assert.deepEqual(await list(), ['a', 'b', 'c']);
    assert.deepEqual(await list('?limit=1&after_user_id=a'), ['b']);
    assert.deepEqual(await list('?limit=1&before_user_id=c'), ['b']);
    assert.deepEqual(await list('?order=desc&limit=2'), ['c', 'b']);
    await make(ada);
    const [first] = listed.parse((await api.ask('GET', at('?limit=1&after_user_id=a'))).body).users;
    assert.deepEqual(first?.['identifiers'], ['Ada', 'Ada@Example.com']);
    assert.deepEqual(first['verified addresses'], ['Ada@Example.com']);
    assert.deepEqual(first['addresses'], [
      { address: '+44 20 7946 0958', verified: false },
      { address: 'Ada@Example.com', verified: true },
    ]);
    assert.equal((await api.ask('GET', at('?search_phrase=a'))).status, 400, 'they are looked for by query alone');
  });

  it('find them by the beginning of an id, an identifier or an address', async () => {
    await make(ada);
    await make({ id: 'bob', identifiers: [{ type: 'uid', identifier: 'adam' }] });
    await make({ id: 'adrian', identifiers: [{ type: 'uid', identifier: 'zz%_' }] });
    assert.deepEqual(await byKey('ad'), ['ada', 'adrian', 'bob']);
    assert.deepEqual(await byKey('ADA@'), ['ada']);
    assert.deepEqual(await byKey('+4420'), ['ada']);
    assert.deepEqual(await byKey('adam'), ['bob']);
    for (const [id, identifier] of [
      ['one', '2023-0001'],
      ['two', '20230001'],
    ])
      assert.equal((await make({ id, identifiers: [{ type: 'external', identifier }] })).status, 201);
    assert.deepEqual(await byKey('2023'), ['one', 'two']);
    assert.deepEqual(await byKey('20230001'), ['two']);
    assert.deepEqual(await byKey('442079'), ['ada']);
    assert.deepEqual(await byKey('zz%'), ['adrian']);
    assert.deepEqual(await byKey('%'), []);
    for (const query of ['{', '[]', '{"user_key":1}', '{"other":"a"}'])
      assert.equal((await api.ask('GET', at(`?query=${encodeURIComponent(query)}`))).status, 422, query);
  });

  it('find many by what they have in common, page by page', async () => {
    const { users } = storesOf(knex);
    const ids = Array.from({ length: 1100 }, (_, n) => `u${String(n).padStart(4, '0')}`);
    const place = { tenant_id: tenant, pool_id: staff };
    const times = { created_at: 1, updated_at: 1 };
    await knex.batchInsert(
      'users',
      ids.map((id) => ({ ...place, id, status: 'active', payload: '{}', ...times })),
      50,
    );
    // Called in the other order than their ids are in.
    const called = ids.map((user_id, n) => ({ ...place, user_id, normalized: `name-${String(9999 - n)}` }));
    await knex.batchInsert(
      'identifiers',
      called.map((one) => ({ ...one, type: 'uid', value: one.normalized })),
      50,
    );
    await users.insert(userOf(tenant, staff, { id: userId('aaa') }));
    const query = `query=${encodeURIComponent('{"user_key":"name-"}')}`;
    assert.deepEqual(await list(`?limit=2&${query}`), ['u0000', 'u0001']);
    assert.deepEqual(await list(`?limit=2&after_user_id=u1097&${query}`), ['u1098', 'u1099']);
  });

  it('refuse what cannot be, by pointer', async () => {
    const { schemas } = storesOf(knex);
    const schema = { type: 'object', required: ['tier'] };
    const words = { name: 'Member', description: '', isSystem: false, createdAt: 0, updatedAt: 0 };
    await schemas.insert({ tenantId: tenant, id: schemaId('member'), schema, ...words });
    for (const [body, status, pointer] of [
      [{ status: 'asleep' }, 422, '/status'],
      [{ id: 'a b' }, 422, '/id'],
      [{ identifiers: [{ type: 'email', identifier: ' ' }] }, 422, '/identifiers/0/identifier'],
      [{ identifiers: [{ type: 'name', identifier: 'x' }] }, 422, '/identifiers/0/type'],
      [{ identifiers: [{ type: 'email', identifier: 'foo' }] }, 422, '/identifiers/0/identifier'],
      [{ identifiers: [{ type: 'mobile', identifier: 'foo' }] }, 422, '/identifiers/0/identifier'],
      [
        { verifiable_addresses: [{ type: 'email', address: 'a\r\nBcc: b@c.example', verified: true }] },
        422,
        '/verifiable_addresses/0/address',
      ],
      [
        { verifiable_addresses: [{ type: 'mobile', address: '020 7946 0958', verified: true }] },
        422,
        '/verifiable_addresses/0/address',
      ],
      [{ payload: { name: 1 } }, 422, '/payload/name'],
      [{ payload_schema_id: 'member' }, 422, '/payload/tier'],
      [{ metadata_schema_id: 'unknown' }, 404, undefined],
      [{ credentials: [{ type: 'totp', totp_secret: 'x' }] }, 422, '/credentials/0/type'],
      [{ credentials: [{ type: 'password' }] }, 422, '/credentials/0/password'],
      [{ credentials: [{ type: 'password', expires_at: '2999-01-01T00:00:00Z' }] }, 422, '/credentials/0/password'],
      [{ credentials: [{ type: 'password', password: 'password' }] }, 422, '/credentials/0/password'],
    ] as const) {
      const answer = await make(body);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (pointer !== undefined) assert.equal(failure.parse(answer.body).details[0]?.pointer, pointer);
    }
    assert.deepEqual(await list(), []);
    await make({ id: 'bob', identifiers: [{ type: 'uid', identifier: 'bob' }] });
    assert.equal((await make({ id: 'bob' })).status, 409);
    assert.equal((await make({ identifiers: [{ type: 'external', identifier: 'BOB' }] })).status, 409);
    const held409 = await api.ask('PUT', at('/bob'), { body: { payload: { email_verified: 'yes' } } });
    assert.equal(failure.parse(held409.body).details[0]?.pointer, '/payload/email_verified');
  });

  it('are found by an identifier or a verified address', async () => {
    await make(ada);
    const find = async (body: object) => {
      const { status, body: found } = await api.ask('POST', at('/by_key', 'system'), { body });
      return status === 200 ? shown.parse(found).id : status;
    };
    assert.equal(await find({ identifier: 'ADA' }), 'ada');
    assert.equal(await find({ address: 'ada@example.com' }), 'ada');
    assert.equal(await find({ address: '+442079460958' }), 404);
    assert.equal(await find({ address: '' }), 422);
    assert.equal(await find({ identifier: 'ada', address: 'ada@example.com' }), 422);
  });

  it('have metadata of two kinds, held to their schemas', async () => {
    await make(ada);
    const path = (kind: string) => at(`/ada/metadata/${kind}`);
    const got = await api.ask('GET', path('admin'));
    assert.deepEqual(got.body, { metadata: { tier: 'gold' }, schema_id: 'metadata_v0' });
    const put = await api.ask('PUT', path('business'), { body: { metadata: { note: 'vip' } } });
    assert.deepEqual(put.body, { metadata: { note: 'vip' }, schema_id: 'metadata_v0' });
    assert.deepEqual((await api.ask('GET', path('admin'))).body, got.body);
    const again = { body: { metadata: {} }, ifMatch: got.etag ?? '' };
    assert.equal((await api.ask('PUT', path('admin'), again)).status, 200);
    assert.equal((await api.ask('PUT', path('admin'), again)).status, 412);
    assert.equal((await api.ask('GET', path('other'))).status, 404);
  });

  it('are not changed, if they have a role, by who looks after the people of their pool', async () => {
    await make(ada);
    await make({ id: 'bob' });
    const subject = { type: 'identity_pool_user', poolId: staff, userId: 'ada' } as const;
    const { roles } = storesOf(knex);
    await roles.insert({ tenantId: tenant, workspaceId: workspace, role: 'member', subject }, 0);
    for (const grant of [
      { workspaceId: undefined, poolId: staff, role: 'user_manager' },
      { workspaceId: workspace, role: 'admin' },
    ] as const) {
      held = [grant];
      const mine = { type: 'email', address: 'mallory@example.com', verified: true };
      const moves = [
        ['PUT', '/ada', { status: 'inactive' }],
        ['DELETE', '/ada', undefined],
        ['POST', '/ada/identifiers/add', { type: 'uid', identifier: 'mallory' }],
        ['POST', '/ada/identifiers/remove', { identifier: 'ada' }],
        ['POST', '/ada/addresses/add', mine],
        ['POST', '/ada/addresses/update', { ...mine, address: 'ada@example.com', status: 'inactive' }],
        ['POST', '/ada/addresses/remove', { address: 'ada@example.com' }],
        ['PUT', '/ada/metadata/admin', { metadata: {} }],
      ] as const;
      for (const [method, path, body] of moves) {
        const { status } = await api.ask(method, at(path), body === undefined ? {} : { body });
        assert.equal(status, 403, `${method} ${path}`);
      }
      assert.equal((await api.ask('GET', at('/ada'))).status, 200);
      assert.equal((await api.ask('PUT', at('/bob'), { body: { status: 'active' } })).status, 200);
    }
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('PUT', at('/ada'), { body: { status: 'active' } })).status, 200);
    // What they had goes with them: who is made under that id later has nothing.
    assert.equal((await api.ask('DELETE', at('/ada'))).status, 204);
    assert.deepEqual(await roles.listFor(tenant, [subject]), []);
  });

  it('make nobody an administrator by being made: not under an id that has a role, nor in a pool whose idp has one', async () => {
    const { roles, idps, workspaces } = storesOf(knex);
    const waiting = { type: 'identity_pool_user', poolId: staff, userId: 'chief' } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject: waiting }, 0);
    const lookAfter = [{ workspaceId: undefined, poolId: staff, role: 'user_manager' }] as const;
    held = lookAfter;
    assert.equal((await make({ id: 'chief' })).status, 403);
    assert.equal((await make({ id: 'chief' }, 'system')).status, 403, 'nor by the scope identity alone');
    assert.equal((await make({ id: 'clerk' })).status, 201);

    const admin = workspaceId('admin');
    await workspaces.insert(workspaceOf(tenant, { id: admin }));
    const idp = { tenantId: tenant, workspaceId: admin, id: idpId('staff-idp'), name: 'Staff', enabled: true };
    await idps.insert({ ...idp, method: 'identity_pool', poolId: staff });
    const subject = { type: 'idp', workspaceId: admin, idpId: idp.id } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    for (const side of ['admin', 'system']) {
      assert.equal((await make({ id: 'mallory' }, side)).status, 403, side);
      const words = { body: { status: 'inactive' } };
      assert.equal((await api.ask('PUT', at('/clerk', side), words)).status, 403, side);
    }
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await make({ id: 'chief' })).status, 201);
    assert.equal((await make({ id: 'mallory' })).status, 201);
  });

  it('are changed by programs only below administrators, unless they may do everything with the configuration', async () => {
    await make(ada);
    const subject = { type: 'identity_pool_user', poolId: staff, userId: 'ada' } as const;
    await storesOf(knex).roles.insert({ tenantId: tenant, workspaceId: workspace, role: 'member', subject }, 0);
    const mine = { body: { type: 'email', address: 'mallory@example.com', verified: true } };
    assert.equal((await api.ask('POST', at('/ada/addresses/add', 'system'), mine)).status, 403);
    assert.equal((await api.ask('DELETE', at('/ada', 'system'))).status, 403);
    scopes.push('manage_configuration');
    try {
      assert.equal((await api.ask('DELETE', at('/ada', 'system'))).status, 204);
    } finally {
      scopes.pop();
    }
  });

  it('keep the last administrator', async () => {
    await make(ada);
    const subject = { type: 'identity_pool_user', poolId: staff, userId: 'ada' } as const;
    await storesOf(knex).roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    assert.equal((await api.ask('DELETE', at('/ada'))).status, 422);
    assert.equal((await api.ask('GET', at('/ada'))).status, 200);
  });

  it('are nobody’s in another tenant or pool', async () => {
    await make(ada);
    await storesOf(knex).pools.insert(poolOf(tenant, { id: poolId('other') }));
    const paths = [
      `/api/identity/${(await seedTenant(knex)).tenant}/system/pools/staff/users/ada`,
      `/api/identity/${tenant}/system/pools/other/users/ada`,
    ];
    for (const path of paths) {
      assert.equal((await api.ask('GET', path)).status, 404);
      assert.equal((await api.ask('DELETE', path)).status, 404);
    }
    assert.equal((await api.ask('GET', at('/ADA'))).status, 404);
  });
});
