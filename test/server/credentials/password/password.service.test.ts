/** New passwords: who may give one, what it has to be, and what becomes of what came before. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { keptPasskeys } from '../../../../server/credentials/passkey/passkey.credential.ts';
import { passkeyKey, type Passkey } from '../../../../server/credentials/passkey/passkey.ts';
import { decoyPublicKey } from '../../../../server/credentials/passkey/public-key.ts';
import { sameAgainMs, type PasswordOwner } from '../../../../server/credentials/password/password.service.ts';
import { isPlatformError, PlatformError, type ErrorCode } from '../../../../server/kernel/errors.ts';
import { userId, type UserId } from '../../../../server/kernel/ids.ts';
import { poolSettingsSchema, type Pool } from '../../../../server/pools/pool.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { foreignHash, ownHash, passwordsOn, resetPassword } from '../../../support/passwords.ts';
import { noon, seedPool, seedUser } from '../../../support/seeded.ts';

const old = 'violin under the stairs';
const newer = 'umbrella volcano trombones';
const newest = 'glacier pencil seventeen';

const passkeyOf = (user: UserId, { id }: Pick<Passkey, 'id'>): Passkey => ({
  userId: user,
  id,
  publicKey: decoyPublicKey(),
  counter: 0,
  transports: ['internal'],
  deviceType: 'singleDevice',
  isBackedUp: false,
  aaguid: '',
  name: '',
  attestationType: 'none',
  userHandle: undefined,
  createdAt: noon,
  lastUsedAt: undefined,
});

onEachDatabase('PasswordService', (open) => {
  let knex: Knex;
  let house: ReturnType<typeof passwordsOn>;
  before(async () => {
    knex = await open();
  });
  beforeEach(() => {
    house = passwordsOn(knex);
  });

  const settingsOf = (members: object): Pick<Pool, 'settings'> => ({ settings: poolSettingsSchema.parse(members) });
  const person = async (settings: object = {}, hash: string | undefined = ownHash + old) => {
    const pool = await seedPool(knex, settingsOf(settings));
    const user = await seedUser(knex, pool);
    const owner: PasswordOwner = { tenantId: pool.tenantId, poolId: pool.id, userId: user.id };
    await house.stores.passwords.set(owner.tenantId, owner.poolId, owner.userId, hash, undefined);
    return owner;
  };
  const atOf = ({ tenantId, poolId, userId: id }: PasswordOwner, isAboveAdministrators = true) => ({
    tenantId,
    poolId,
    id,
    isAboveAdministrators,
  });
  const stored = ({ tenantId, poolId, userId: id }: PasswordOwner) =>
    house.stores.passwords.findByUser(tenantId, poolId, id);
  const historyOf = async ({ tenantId, poolId, userId: id }: PasswordOwner) =>
    (await house.stores.passwords.historyOf(tenantId, poolId, id)).map(({ hash }) => hash);
  const sessionsEndedOf = async ({ tenantId, poolId, userId: id }: PasswordOwner) =>
    (await house.stores.users.find(tenantId, poolId, id))?.sessionsEndedAt;
  /** The events of an owner's tenant by their text: those of one moment have no order. */
  const toldOf = async ({ tenantId }: PasswordOwner) => {
    const rows = await knex<{ tenant_id: string; subject: string; payload: string }>('audit_events')
      .where({ tenant_id: tenantId, subject: 'password' })
      .select('payload');
    return rows
      .map(({ payload }) => payload)
      .sort()
      .map((payload): unknown => JSON.parse(payload));
  };
  const change = (owner: PasswordOwner, from: string, to: string) =>
    house.service.change(owner, { old: from, new: to, pointer: '/new_password' });
  const refusedAs = (code: ErrorCode) => (error: unknown) => isPlatformError(error, code);
  const failing = (rule: string) => (error: unknown) =>
    isPlatformError(error, 'unprocessable_entity') && JSON.stringify(error.details).includes(`"rule":"${rule}"`);

  describe('set', () => {
    it('gives a password that the pool’s rules allow, for as long as the pool says, and tells of it', async () => {
      const owner = await person({ password_settings: { expires_after: '24h' } });
      const made = await house.service.set(atOf(owner), { password: newer, pointer: '/password' });
      assert.deepEqual(made, await stored(owner));
      assert.deepEqual(
        [made.hash, made.version, made.state, made.expiresAt, made.updatedAt],
        [ownHash + newer, 2, 'valid', noon + 86_400_000, noon],
      );
      assert.deepEqual(await historyOf(owner), [ownHash + old]);
      assert.deepEqual(await toldOf(owner), [{ password_updated: { user_id: owner.userId, how: 'set' } }]);
      assert.equal(await sessionsEndedOf(owner), undefined);
    });

    it('takes an end and a state of its own', async () => {
      const owner = await person({ password_settings: { expires_after: '24h' } });
      const given = { password: newer, pointer: '', expiresAt: noon + 5, state: 'must_be_changed' } as const;
      const made = await house.service.set(atOf(owner), given);
      assert.deepEqual([made.expiresAt, made.state], [noon + 5, 'must_be_changed']);
    });

    it('refuses what does not meet the rules, at the place where it was sent, and writes nothing', async () => {
      const owner = await person({ password_policy: { digits: 1 } });
      const before = await stored(owner);
      await assert.rejects(house.service.set(atOf(owner), { password: newer, pointer: '/here' }), (error) => {
        assert.ok(failing('digits')(error));
        assert.ok(isPlatformError(error));
        assert.match(JSON.stringify(error.details), /"pointer":"\/here"/);
        return true;
      });
      assert.deepEqual(await stored(owner), before);
      assert.deepEqual(await toldOf(owner), []);
    });

    it('knows what the person is called, and refuses it as a password', async () => {
      const owner = await person({ password_policy: { strength: 'fair' } });
      const { tenantId, poolId, userId: id } = owner;
      const identifier = { type: 'uid', value: 'Quillfeather77', normalized: 'quillfeather77' } as const;
      await house.stores.identifiers.insert(tenantId, poolId, id, identifier);
      const given = { password: 'quillfeather77', pointer: '' };
      await assert.rejects(house.service.set(atOf(owner), given), failing('strength'));
    });

    it('leaves somebody who has a role to administrators of the tenant', async () => {
      const owner = await person();
      const subject = { type: 'identity_pool_user', poolId: owner.poolId, userId: owner.userId } as const;
      await house.stores.roles.insert(
        { tenantId: owner.tenantId, workspaceId: undefined, role: 'admin', subject },
        noon,
      );
      const given = { password: newer, pointer: '' };
      await assert.rejects(house.service.set(atOf(owner, false), given), refusedAs('forbidden'));
      await assert.rejects(house.service.setState(atOf(owner, false), 'must_be_reset'), refusedAs('forbidden'));
      assert.equal((await stored(owner))?.version, 1);
      assert.equal((await house.service.set(atOf(owner), given)).version, 2);
    });

    it('knows nobody of another tenant or pool', async () => {
      const [owner, other] = [await person(), await person()];
      for (const wrong of [
        { ...owner, tenantId: other.tenantId },
        { ...owner, poolId: other.poolId },
        { ...owner, userId: userId('nobody') },
      ]) {
        const given = { password: newer, pointer: '' };
        await assert.rejects(house.service.set(atOf(wrong), given), refusedAs('not_found'));
        await assert.rejects(resetPassword(house, wrong, newer, ''), refusedAs('not_found'));
        await assert.rejects(change(wrong, old, newer), refusedAs('not_found'));
        await assert.rejects(house.service.setState(atOf(wrong), 'valid'), refusedAs('not_found'));
      }
      assert.equal((await stored(owner))?.version, 1);
    });

    it('refuses what was used lately, and forgets it in the end', async () => {
      const owner = await person({ password_policy: { not_used_since: 1 } });
      await change(owner, old, newer);
      for (const used of [old, newer]) {
        const given = { password: used, pointer: '' };
        await assert.rejects(house.service.set(atOf(owner), given), failing('not_used_since'));
      }
      await change(owner, newer, newest);
      await change(owner, newest, old);
      assert.deepEqual(
        await historyOf(owner),
        [newest, newer, old].map((one) => ownHash + one),
      );
    });
  });

  describe('change', () => {
    it('is for who knows the old one, expired or not, and ends no session', async () => {
      const owner = await person();
      const { tenantId, poolId, userId: id } = owner;
      await house.stores.passwords.set(tenantId, poolId, id, ownHash + old, noon - 1, { state: 'must_be_changed' });
      const made = await change(owner, old, newer);
      assert.deepEqual([made.state, made.expiresAt, made.version], ['valid', undefined, 3]);
      assert.deepEqual(await toldOf(owner), [{ password_updated: { user_id: id, how: 'changed' } }]);
      assert.equal(await sessionsEndedOf(owner), undefined);
    });

    it('takes no for an answer from who does not, and is no way to guess: the rules are told to who knows it', async () => {
      const owner = await person({ password_policy: { not_used_since: 1 } });
      // The new one is the present one: whoever could learn that would need no old one.
      await assert.rejects(change(owner, 'wrong', old), refusedAs('unauthorized'));
      for (let n = 0; n < 5; n += 1) await assert.rejects(change(owner, 'wrong', newer), refusedAs('unauthorized'));
      await assert.rejects(
        change(owner, old, newer),
        (error) => isPlatformError(error, 'too_many_requests') && (error.retryAfterSeconds ?? 0) > 0,
      );
      assert.equal((await stored(owner))?.version, 1);
      house.clock.set(noon + 3_600_000);
      assert.equal((await change(owner, old, newer)).version, 2);
    });

    it('takes the same change of a form once more, as after an answer that was lost, for the one that was made', async () => {
      const owner = await person();
      const made = await change(owner, old, newer);
      const again = (from: string, to: string) =>
        house.service.change(owner, { old: from, new: to, pointer: '/password', maySendAgain: true });
      assert.deepEqual(await again(old, newer), made);
      assert.equal((await toldOf(owner)).length, 1);
      // Who knows but one of them made no change, and a program is told what is so.
      await assert.rejects(again(old, `${newer} still`), refusedAs('unauthorized'));
      await assert.rejects(again('wrong', newer), refusedAs('unauthorized'));
      await assert.rejects(change(owner, old, newer), refusedAs('unauthorized'));
      house.clock.set(noon + sameAgainMs + 1);
      await assert.rejects(again(old, newer), refusedAs('unauthorized'));
    });

    it('refuses the same again: a password that has to be changed would stay what it is', async () => {
      const owner = await person();
      await house.service.setState(atOf(owner), 'must_be_changed');
      await assert.rejects(change(owner, old, old), failing('not_used_since'));
      assert.equal((await stored(owner))?.state, 'must_be_changed');
    });

    it('refuses one that has to be reset, and somebody who has none', async () => {
      const owner = await person();
      await house.service.setState(atOf(owner), 'must_be_reset');
      await assert.rejects(change(owner, old, newer), refusedAs('forbidden'));
      assert.equal((await stored(owner))?.state, 'must_be_reset');
      const none = await person();
      await knex('password_credentials').where({ user_id: none.userId }).update({ hash: '' });
      await assert.rejects(change(none, '', newer), refusedAs('unprocessable_entity'));
    });

    it('keeps a hash of another system among those before, as it was made anew', async () => {
      const owner = await person({}, foreignHash);
      await change(owner, 'U*U', newer);
      assert.deepEqual(await historyOf(owner), [`${ownHash}U*U`]);
    });

    it('makes one change of five at the same time: all of them knew the same old one', async () => {
      const owner = await person();
      const asked = await Promise.allSettled(
        Array.from({ length: 5 }, (_, n) => change(owner, old, `${newer} ${String(n)}`)),
      );
      const made = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(made.length, 1, JSON.stringify(asked));
      for (const one of asked)
        if (one.status === 'rejected')
          assert.ok(isPlatformError(one.reason) && one.reason.code !== 'internal', String(one.reason));
      assert.deepEqual(await stored(owner), made[0]);
      assert.deepEqual(await historyOf(owner), [ownHash + old]);
      assert.equal((await toldOf(owner)).length, 1);
    });
  });

  describe('prepareChange', () => {
    const prepared = (owner: PasswordOwner, mark: string, to = newer) =>
      house.service.prepareChange(owner, { mark, new: to, pointer: '/password' });
    const proven = async (owner: PasswordOwner, mark: string, to = newer) =>
      house.unitOfWork.run(await prepared(owner, mark, to));

    it('is for who proved the present one in a login', async () => {
      const owner = await person();
      await house.service.setState(atOf(owner), 'must_be_changed');
      assert.equal((await proven(owner, '1')).state, 'valid');
    });

    it('refuses a proof of another one, the same password, and one that has to be reset', async () => {
      const owner = await person();
      for (const mark of ['0', '2', '', 'x', '1 OR 1'])
        await assert.rejects(proven(owner, mark), refusedAs('conflict'));
      await assert.rejects(proven(owner, '1', old), failing('not_used_since'));
      await house.service.setState(atOf(owner), 'must_be_reset');
      await assert.rejects(proven(owner, '1'), refusedAs('forbidden'));
      assert.deepEqual(await historyOf(owner), []);
    });

    it('says of the same change once more that it was made, not that its password was used before', async () => {
      const owner = await person();
      await proven(owner, '1');
      await assert.rejects(proven(owner, '1'), refusedAs('conflict'));
    });

    it('changes nothing where what is to be kept with it is not', async () => {
      const owner = await person();
      const before = await stored(owner);
      const marks: number[] = [];
      const write = await prepared(owner, '1');
      const lost = house.unitOfWork.run(async (stores) => {
        marks.push((await write(stores)).version);
        throw new RangeError('not kept');
      });
      await assert.rejects(lost, /not kept/);
      assert.deepEqual(marks, [2]);
      assert.deepEqual(await stored(owner), before);
    });
  });

  describe('prepareReset', () => {
    it('ends the sessions of before, whatever state the password was in', async () => {
      const owner = await person();
      await house.service.setState(atOf(owner), 'must_be_reset');
      const made = await resetPassword(house, owner, newer, '/new_password');
      assert.deepEqual([made.state, made.version, made.hash], ['valid', 2, ownHash + newer]);
      assert.equal(await sessionsEndedOf(owner), noon);
      assert.deepEqual(await toldOf(owner), [
        { password_updated: { user_id: owner.userId, how: 'reset' } },
        { password_updated: { user_id: owner.userId, how: 'state', state: 'must_be_reset' } },
      ]);
    });

    it('leaves no passkey that an intruder may have added, and those of others where they are', async () => {
      const [owner, other] = [await person(), await person()];
      const { passkeys } = house.stores;
      const add = ({ tenantId, poolId, userId: id }: PasswordOwner, name: string) =>
        passkeys.insert(tenantId, poolId, passkeyOf(id, { id: name }));
      await add(owner, 'hers');
      await add(owner, 'of-the-intruder');
      await add(other, 'another');
      const left = async ({ tenantId, poolId, userId: id }: PasswordOwner) =>
        (await passkeys.listOf(tenantId, poolId, id)).map(({ id: name }) => name);

      await assert.rejects(resetPassword(house, owner, newer, '', () => Promise.reject(new Error('spent'))));
      assert.deepEqual(await left(owner), ['hers', 'of-the-intruder'], 'nothing of it without a good code');
      await change(owner, old, newest);
      assert.equal((await left(owner)).length, 2, 'a change by who knows the old one is no reset');
      await resetPassword(house, owner, newer, '');
      assert.deepEqual([await left(owner), await left(other)], [[], ['another']]);
      const place = { tenantId: owner.tenantId, poolId: owner.poolId };
      const { holds } = keptPasskeys(passkeys);
      assert.equal(await holds(place, owner.userId, passkeyKey('of-the-intruder')), false, 'a login with it ends');
      const told = await knex('audit_events').where({ tenant_id: owner.tenantId, subject: 'webauthn' }).pluck('action');
      assert.deepEqual(told, ['deleted', 'deleted']);
    });

    it('gives a first password to who came without one', async () => {
      const pool = await seedPool(knex);
      const user = await seedUser(knex, pool);
      const owner = { tenantId: pool.tenantId, poolId: pool.id, userId: user.id };
      assert.equal((await resetPassword(house, owner, newer, '')).version, 1);
    });

    it('holds to the rules, and changes nothing where the code is good no more', async () => {
      const owner = await person();
      await assert.rejects(resetPassword(house, owner, 'password', '/new_password'), failing('strength'));
      const spent = () => Promise.reject(new PlatformError('unauthorized', 'The code is spent.'));
      await assert.rejects(resetPassword(house, owner, newer, '', spent), refusedAs('unauthorized'));
      assert.equal((await stored(owner))?.version, 1);
      assert.equal(await sessionsEndedOf(owner), undefined);
      assert.deepEqual(await toldOf(owner), []);
    });

    it('spends the code in the transaction of the change, and not where the rules are not met', async () => {
      const owner = await person();
      let spent = 0;
      const spend = async (stores: { readonly users: { find: typeof house.stores.users.find } }) => {
        assert.ok((await stores.users.find(owner.tenantId, owner.poolId, owner.userId)) !== undefined);
        spent += 1;
      };
      await assert.rejects(resetPassword(house, owner, 'password', '', spend));
      assert.equal(spent, 0);
      await resetPassword(house, owner, newer, '', spend);
      assert.equal(spent, 1);
    });

    it('loses to a change that came while its password was hashed', async () => {
      const owner = await person();
      const { tenantId, poolId, userId: id } = owner;
      let hashing = 0;
      const hash = house.hasher.hash.bind(house.hasher);
      const racing = passwordsOn(knex, {
        hash: async (password) => {
          hashing += 1;
          await house.stores.passwords.set(tenantId, poolId, id, ownHash + newest, undefined);
          return hash(password);
        },
      });
      await assert.rejects(resetPassword(racing, owner, newer, ''), refusedAs('conflict'));
      assert.equal(hashing, 1);
      assert.equal((await stored(owner))?.hash, ownHash + newest);
      assert.equal(await sessionsEndedOf(owner), undefined);
    });
  });

  describe('setState', () => {
    it('leaves the password as it is, and refuses who has none', async () => {
      const owner = await person();
      await house.service.setState(atOf(owner), 'must_be_changed');
      const made = await stored(owner);
      assert.deepEqual([made?.state, made?.version, made?.hash], ['must_be_changed', 1, ownHash + old]);
      const pool = await seedPool(knex);
      const user = await seedUser(knex, pool);
      const at = { tenantId: pool.tenantId, poolId: pool.id, id: user.id, isAboveAdministrators: true };
      await assert.rejects(house.service.setState(at, 'valid'), refusedAs('not_found'));
    });
  });
});
