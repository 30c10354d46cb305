/** Who registered and never came back goes; whoever somebody looks after, or who comes back in time, stays. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import {
  createAbandonedRegistrationService,
  type AbandonedRegistrationService,
} from '../../../server/codes/abandoned-registration.service.ts';
import type { Registrant } from '../../../server/codes/abandoned-registration.ts';
import { createAccountService } from '../../../server/codes/account.service.ts';
import type { Code } from '../../../server/codes/code.ts';
import { createRegistrationService, type RegistrationService } from '../../../server/codes/registration.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { codeId, groupId, newId, userId, type UserId } from '../../../server/kernel/ids.ts';
import { poolSettingsSchema, type Pool } from '../../../server/pools/pool.ts';
import { createSchemaCheck } from '../../../server/schemas/schema-check.ts';
import { createUserContactService } from '../../../server/users/user-contact.service.ts';
import type { User } from '../../../server/users/user.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, storesOf, unitOfWorkOn, type TestStores } from '../../support/stores.ts';
import { verifiedMail } from '../../support/code-house.ts';

const lifetimeMs = 30 * 86_400_000;

onEachDatabase('AbandonedRegistrationService', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let stores: TestStores;
  let registration: RegistrationService;
  let service: AbandonedRegistrationService;
  let pool: Pool;

  before(async () => {
    knex = await open();
    stores = storesOf(knex, clock);
    const unitOfWork = unitOfWorkOn(knex, clock);
    const schemaCheck = createSchemaCheck();
    registration = createRegistrationService({ unitOfWork, schemaCheck, key: randomBytes(32), clock });
    service = createAbandonedRegistrationService({ registrations: stores.abandonedRegistrations, unitOfWork });
  });
  beforeEach(async () => {
    clock.set(noon);
    await knex('users').delete();
    const settings = poolSettingsSchema.parse({ public_registration_allowed: true });
    pool = await seedPool(knex, { settings });
  });

  const register = async (identifier: string, otpAddress?: string): Promise<User> => {
    const { id } = await registration.register({ pool, identifier, payload: {}, otpAddress });
    const user = await find(id);
    assert.ok(user);
    return user;
  };
  const find = (id: UserId) => stores.users.find(pool.tenantId, pool.id, id);
  const place = ({ tenantId, poolId, id }: User) => [tenantId, poolId, id] as const;
  const sweep = (at = noon + lifetimeMs + 1, limit = 500) => service.remove(at - lifetimeMs, at, limit);
  const size = async () => {
    const counts: readonly (number | string)[] = await knex('pool_user_counts')
      .where({ pool_id: pool.id })
      .pluck('users');
    return counts.reduce((sum: number, one) => sum + Number(one), 0);
  };
  const codeOf = (user: User, members: Partial<Code> = {}): Code => ({
    tenantId: user.tenantId,
    poolId: user.poolId,
    userId: user.id,
    type: 'activation',
    id: codeId(newId()),
    isOwned: true,
    hash: '',
    addresses: [{ type: 'email', normalized: 'sam@example.com' }],
    metadata: {},
    attemptsLeft: 5,
    consumedBy: undefined,
    issuedAt: noon,
    expiresAt: noon + lifetimeMs,
    ...members,
  });

  it('removes them after their time and not before, tells of each, and frees what they are called by', async () => {
    const sam = await register('sam', 'sam@example.com');
    assert.equal(await sweep(noon + lifetimeMs), 0);
    assert.equal(await size(), 1);
    assert.equal(await sweep(), 1);
    assert.equal(await find(sam.id), undefined);
    assert.equal(await size(), 0);
    assert.deepEqual(await eventsOf(knex, pool.tenantId), ['user created', 'user deleted']);
    assert.equal(await stores.identifiers.findUser(pool.tenantId, pool.id, 'sam'), undefined);
    const another = userOf(pool.tenantId, pool.id);
    await stores.users.insert(another);
    await stores.identifiers.insert(...place(another), { type: 'uid', value: 'sam', normalized: 'sam' });
  });

  it('goes on where it ended: no batch is larger than it may be, and nobody is passed over', async () => {
    for (const name of ['one', 'two', 'three']) await register(`${name}@example.com`);
    assert.deepEqual([await sweep(undefined, 2), await sweep(undefined, 2), await sweep(undefined, 2)], [2, 1, 0]);
  });

  it('leaves whom an administrator invited or imported, however long ago, and who registered before', async () => {
    const invited = userOf(pool.tenantId, pool.id, { status: 'new' });
    await stores.users.insert(invited);
    // A stranger who registers by their name makes them no registrant.
    await stores.identifiers.insert(...place(invited), { type: 'uid', value: 'noor', normalized: 'noor' });
    const answer = await registration.register({
      pool,
      identifier: 'noor',
      payload: {},
      otpAddress: 'eve@example.com',
    });
    assert.equal(answer.kind, 'taken');
    const before = await register('of-before@example.com');
    await knex('users').where({ id: before.id }).update({ registered_at: null });
    await register('of-before@example.com');
    assert.equal(await sweep(noon * 2), 0);
    assert.deepEqual(await find(invited.id), invited);
  });

  it('leaves who is active, and whoever an administrator disabled or described', async () => {
    for (const words of [{ status: 'active' }, { status: 'inactive' }, { payload: { name: 'Sam' } }] as const) {
      const user = await register(`${newId()}@example.com`);
      await stores.users.update({ ...user, ...words });
    }
    assert.equal(await sweep(), 0);
  });

  it('leaves whom somebody gave an identifier, an address, a role, a group or a password', async () => {
    const contacts = createUserContactService({ unitOfWork: unitOfWorkOn(knex, clock), clock });
    const at = (user: User) => ({ ...user, isAboveAdministrators: true });
    const deeds: Readonly<Record<string, (user: User) => Promise<unknown>>> = {
      identifier: (user) => contacts.addIdentifier(at(user), { type: 'uid', value: newId() }),
      address: (user) => contacts.addAddress(at(user), { ...verifiedMail('a@example.com'), isVerified: false }),
      verified: (user) =>
        stores.addresses.insert(...place(user), {
          ...verifiedMail('v@example.com'),
          normalized: 'v@example.com',
          verifiedAt: noon,
          createdAt: noon,
          updatedAt: noon,
        }),
      role: ({ tenantId, poolId, id }) =>
        stores.roles.insert(
          {
            tenantId,
            workspaceId: undefined,
            subject: { type: 'identity_pool_user', poolId, userId: id },
            role: 'admin',
          },
          noon,
        ),
      group: async ({ tenantId, poolId, id }) => {
        const group = { tenant_id: tenantId, pool_id: poolId, id: groupId(newId()) };
        const words = { name: 'Staff', description: '', parent_id: '', path: `/${group.id}`, created_at: noon };
        await knex('user_groups').insert({ ...group, ...words, updated_at: noon });
        const member = { tenant_id: tenantId, pool_id: poolId, group_id: group.id, user_id: id, created_at: noon };
        await knex('user_group_members').insert(member);
      },
      password: (user) => stores.passwords.set(...place(user), 'a hash', undefined),
    };
    for (const [what, deed] of Object.entries(deeds)) {
      const user = await register(`${newId()}@example.com`);
      await deed(user);
      assert.equal(await sweep(), 0, what);
    }
    await register('nobody-cared@example.com');
    assert.equal(await sweep(), 1);
  });

  it('leaves who registers once more, or was sent a code that is good still', async () => {
    const sam = await register('sam@example.com');
    const max = await register('max@example.com');
    clock.set(noon + 1000);
    await register('sam@example.com');
    await stores.codes.put(codeOf(max, { expiresAt: noon + lifetimeMs + 2 }));
    assert.equal(await sweep(), 0);
    assert.equal(await sweep(noon + lifetimeMs + 500), 1, 'the code of max is over');
    assert.ok(await find(sam.id));
    assert.equal(await sweep(noon + lifetimeMs + 1001), 1);
  });

  describe('beside an activation', () => {
    /** As the account service does it, with a code that was right. */
    const activate = async (user: User, within = unitOfWorkOn(knex, clock)) => {
      const code = codeOf(user);
      const accounts = createAccountService({
        redeem: { redeem: async (_guess, prepare) => within.run(await prepare(code, user)) },
        passwords: { prepareReset: () => Promise.reject(new Error('not asked')) },
        clock,
      });
      const guess = { pool, user, typed: 'sam@example.com', code: '000000' };
      return accounts.activate(guess, undefined);
    };
    const seen = (user: User): Registrant => ({ tenantId: user.tenantId, poolId: user.poolId, id: user.id });
    const sweeping = (list: () => Promise<readonly Registrant[]>) =>
      createAbandonedRegistrationService({ registrations: { list }, unitOfWork: unitOfWorkOn(knex, clock) }).remove(
        noon + 1,
        noon + lifetimeMs + 1,
        500,
      );

    it('leaves who activates between the look and the removal', async () => {
      const sam = await register('sam@example.com');
      const removed = await sweeping(async () => {
        const found = await stores.abandonedRegistrations.list(noon + 1, noon + lifetimeMs + 1, 500);
        assert.deepEqual(found, [seen(sam)]);
        await activate(sam);
        return found;
      });
      assert.equal(removed, 0);
      assert.equal((await find(sam.id))?.status, 'active');
      assert.equal(await size(), 1);
    });

    it('waits for an activation that is being written, and leaves its person', async () => {
      const sam = await register('sam@example.com');
      let removed: Promise<number> | undefined;
      await unitOfWorkOn(knex, clock).run(async (inside) => {
        await inside.users.findHeld(...place(sam));
        removed ??= sweeping(() => Promise.resolve([seen(sam)]));
        await inside.users.update({ ...sam, status: 'active' });
      });
      assert.equal(await removed, 0);
      assert.equal((await find(sam.id))?.status, 'active');
    });

    it('makes nobody of an activation that comes after the removal', async () => {
      const sam = await register('sam@example.com');
      assert.equal(await sweep(), 1);
      await assert.rejects(activate(sam), (error) => isPlatformError(error, 'unauthorized'));
      assert.equal(await find(userId(sam.id)), undefined);
      assert.equal(await size(), 0);
    });
  });
});
