import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { createPolicyCheck } from '../../../server/credentials/password/password-policy.ts';
import { createPasswordCredentialStore } from '../../../server/credentials/password/password.store.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { poolId, type UserId } from '../../../server/kernel/ids.ts';
import { poolSettingsSchema, type Pool } from '../../../server/pools/pool.ts';
import { createSchemaCheck } from '../../../server/schemas/schema-check.ts';
import { createIdentifierStore } from '../../../server/users/identifier.store.ts';
import { createUserService, type UserService } from '../../../server/users/user.service.ts';
import { createUserStore } from '../../../server/users/user.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { cheapHasher, strengthOf } from '../../support/passwords.ts';
import { noon, seedPool } from '../../support/seeded.ts';
import { unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('UserService', (open) => {
  const clock = { now: () => noon };
  let knex: Knex;
  let service: UserService;

  before(async () => {
    knex = await open();
    service = createUserService({
      clock,
      hasher: { hash: (password) => Promise.resolve(`$argon2id$${String(password.length)}`) },
      policy: createPolicyCheck({ hasher: cheapHasher().hasher, strengthOf }),
      schemaCheck: createSchemaCheck(),
      unitOfWork: unitOfWorkOn(knex, clock),
    });
  });

  const create = async (pool: Pool, members: Partial<Parameters<UserService['create']>[0]> = {}) =>
    (await makeDetails(pool, members)).user;
  const makeDetails = (pool: Pool, members: Partial<Parameters<UserService['create']>[0]>) =>
    service.create({
      tenantId: pool.tenantId,
      poolId: pool.id,
      payload: { name: 'Zoë' },
      identifiers: [{ type: 'email', value: 'Zoe@Example.com' }],
      ...members,
    });
  const rowsOf = async ({ id, tenantId }: Pool) => ({
    users: (await knex('users').where({ pool_id: id })).length,
    identifiers: (await knex('identifiers').where({ pool_id: id })).length,
    passwords: (await knex('password_credentials').where({ pool_id: id })).length,
    events: (await knex('audit_events').where({ tenant_id: tenantId })).length,
  });

  describe('create', () => {
    it('makes an active person with identifiers in normal form, a password and an event', async () => {
      const pool = await seedPool(knex);
      const identifiers = [
        { type: 'email', value: 'Zoe@Example.com' },
        { type: 'mobile', value: '+49 170 1234567' },
      ] as const;
      const user = await create(pool, { identifiers, password: 'planted-password' });
      assert.equal(user.status, 'active');
      assert.deepEqual(await createUserStore(knex).find(pool.tenantId, pool.id, user.id), user);
      const store = createIdentifierStore(knex);
      assert.equal(await store.findUser(pool.tenantId, pool.id, 'zoe@example.com'), user.id);
      assert.equal(await store.findUser(pool.tenantId, pool.id, '+491701234567'), user.id);
      const credential = await createPasswordCredentialStore(knex).findByUser(pool.tenantId, pool.id, user.id);
      assert.equal(credential?.version, 1);
      assert.deepEqual(
        await knex('audit_events')
          .where({ tenant_id: pool.tenantId })
          .select('subject', 'action', 'metadata', 'payload'),
        [
          {
            subject: 'user',
            action: 'created',
            metadata: JSON.stringify({ affected_user_pool_id: pool.id, affected_user_id: user.id }),
            payload: JSON.stringify({ user_created: { user_id: user.id, status: 'active' } }),
          },
        ],
      );
    });

    it('keeps the case of names where the pool tells them apart by it', async () => {
      const pool = await seedPool(knex, { identifierCaseInsensitive: false });
      const identifiers = [{ type: 'uid', value: 'Zoe' }] as const;
      const user = await create(pool, { identifiers });
      const store = createIdentifierStore(knex);
      assert.equal(await store.findUser(pool.tenantId, pool.id, 'Zoe'), user.id);
      assert.equal(await store.findUser(pool.tenantId, pool.id, 'zoe'), undefined);
    });

    it('takes an identifier that is given twice as one', async () => {
      const pool = await seedPool(knex);
      await create(pool, {
        identifiers: [
          { type: 'email', value: 'z@x.org' },
          { type: 'external', value: ' Z@X.ORG' },
        ],
      });
      assert.equal((await rowsOf(pool)).identifiers, 1);
    });

    it('leaves nothing behind when somebody has one of the identifiers', async () => {
      const pool = await seedPool(knex);
      await create(pool);
      const before = await rowsOf(pool);
      const identifiers = [
        { type: 'uid', value: 'free' },
        { type: 'uid', value: 'ZOE@example.com' },
      ] as const;
      await assert.rejects(create(pool, { identifiers, password: 'planted-password' }), (error) =>
        isPlatformError(error, 'conflict'),
      );
      assert.deepEqual(await rowsOf(pool), before);
    });

    it('makes one person of 20 requests for the same address at the same time', async () => {
      const pool = await seedPool(knex);
      const asked = await Promise.allSettled(
        Array.from({ length: 20 }, () => create(pool, { password: 'planted-password' })),
      );
      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const one of asked)
        if (one.status === 'rejected') assert.ok(isPlatformError(one.reason, 'conflict'), String(one.reason));
      assert.deepEqual(await rowsOf(pool), { users: 1, identifiers: 1, passwords: 1, events: 1 });
    });

    it('refuses a pool of another tenant', async () => {
      const [pool, other] = [await seedPool(knex), await seedPool(knex)];
      await assert.rejects(create(pool, { tenantId: other.tenantId }), (error) => isPlatformError(error, 'not_found'));
      await assert.rejects(create(pool, { poolId: poolId('no') }), (error) => isPlatformError(error, 'not_found'));
    });

    it('refuses identifiers that are empty, or longer than what is compared', async () => {
      const pool = await seedPool(knex);
      // U+FDFA is one character, and eighteen in normal form.
      for (const values of [['  '], ['x'.repeat(321)], ['\ufdfa'.repeat(20)]]) {
        const identifiers = values.map((value) => ({ type: 'uid' as const, value }));
        await assert.rejects(create(pool, { identifiers }), (error) => isPlatformError(error, 'unprocessable_entity'));
      }
      assert.deepEqual(await rowsOf(pool), { users: 0, identifiers: 0, passwords: 0, events: 0 });
    });
  });

  describe('create, with a password', () => {
    const credentialOf = (pool: Pool, user: { readonly id: UserId }) =>
      createPasswordCredentialStore(knex).findByUser(pool.tenantId, pool.id, user.id);
    const failing = (rule: string) => (error: unknown) =>
      isPlatformError(error, 'unprocessable_entity') &&
      JSON.stringify(error.details).includes(`"pointer":"/credentials/0/password"`) &&
      JSON.stringify(error.details).includes(`"rule":"${rule}"`);

    it('holds it to the rules of the pool, and makes nobody where it does not meet them', async () => {
      const settings = poolSettingsSchema.parse({ password_policy: { digits: 2 } });
      const pool = await seedPool(knex, { settings });
      await assert.rejects(create(pool, { password: 'planted-password' }), failing('digits'));
      await assert.rejects(create(pool, { password: 'zoe@example.com' }), failing('strength'));
      assert.deepEqual(await rowsOf(pool), { users: 0, identifiers: 0, passwords: 0, events: 0 });
      await create(pool, { password: 'planted-password-42' });
    });

    it('is good for as long as the pool says, or until a time of its own', async () => {
      const settings = poolSettingsSchema.parse({ password_settings: { expires_after: '1h' } });
      const pool = await seedPool(knex, { settings });
      const made = await credentialOf(pool, await create(pool, { password: 'planted-password' }));
      assert.deepEqual([made?.expiresAt, made?.state, made?.createdAt], [noon + 3_600_000, 'valid', noon]);
      const own = { passwordExpiresAt: noon + 5, passwordState: 'must_be_changed' } as const;
      const given = { password: 'planted-password', identifiers: [], ...own };
      const other = await credentialOf(pool, await create(pool, given));
      assert.deepEqual([other?.expiresAt, other?.state], [noon + 5, 'must_be_changed']);
    });

    it('makes somebody without one, where it has expired', async () => {
      const pool = await seedPool(knex);
      const made = await credentialOf(pool, await create(pool, { passwordExpiresAt: noon - 1 }));
      assert.deepEqual([made?.hash, made?.expiresAt], [undefined, noon - 1]);
      await assert.rejects(create(pool, { identifiers: [], passwordExpiresAt: noon + 1 }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
    });
  });

  describe('update', () => {
    it('ends the sessions of whoever it disables, and leaves them ended when they are active again', async () => {
      const pool = await seedPool(knex);
      const user = await create(pool);
      const at = { tenantId: pool.tenantId, poolId: pool.id, id: user.id, isAboveAdministrators: true };
      const ended = async () => (await createUserStore(knex).find(pool.tenantId, pool.id, user.id))?.sessionsEndedAt;
      await service.update(at, { payload: {}, status: 'active' });
      assert.equal(await ended(), undefined);
      await service.update(at, { status: 'inactive' });
      assert.equal(await ended(), noon);
      await service.update(at, { status: 'active' });
      assert.equal(await ended(), noon);
    });

    it('leaves who is disabled meanwhile as they are: nobody is active again by what they say of themselves', async () => {
      const pool = await seedPool(knex);
      const { id } = await create(pool);
      const at = { tenantId: pool.tenantId, poolId: pool.id, id, isAboveAdministrators: true };
      let own: Promise<unknown> = Promise.resolve();
      await unitOfWorkOn(knex, clock).run(async ({ users }) => {
        const user = await users.findHeld(pool.tenantId, pool.id, id);
        assert.ok(user);
        own = service.update(at, { payload: { name: 'Still Zoë' } });
        // Time for it to read them as they were, if it can.
        await delay(200);
        await users.update({ ...user, status: 'inactive' });
      });
      await own;
      const { status, payload } = (await createUserStore(knex).find(pool.tenantId, pool.id, id)) ?? {};
      assert.deepEqual([status, payload], ['inactive', { name: 'Still Zoë' }]);
    });
  });
});
