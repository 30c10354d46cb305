/** What a right code does to an account, and what it leaves alone. */
import assert from 'node:assert/strict';
import { createAccountService, type AccountStores } from '../../../server/codes/account.service.ts';
import { createRedeem } from '../../../server/codes/code-redeem.service.ts';
import { systemClock } from '../../../server/kernel/clock.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import { openCodeHouse, tenant, unverifiedMail, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

describe('createAccountService', function () {
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool({ public_registration_allowed: true });
  });
  after(() => house.close());
  beforeEach(() => house.forgive());

  const codeFor = async (user: User, address: string) => {
    const to = [{ type: 'email', normalized: address }] as const;
    const { code } = await house.codes.routes.sender.generate({ pool, type: 'activation', user, to });
    return { pool, user, typed: user.id, code };
  };

  it('activates nobody by an address that is not theirs any more, and keeps the code', async () => {
    const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('a@example.com')] });
    const guess = await codeFor(user, 'gone@example.com');
    const activate = () => house.codes.routes.accounts.activate(guess, undefined);
    await assert.rejects(activate(), (error) => isPlatformError(error, 'unauthorized'));
    assert.equal((await house.platform.stores.users.find(tenant, pool.id, user.id))?.status, 'new');
  });

  it('activates nobody whose address somebody else has verified by now', async () => {
    await house.person(pool.id, { addresses: [verifiedMail('b@example.com')] });
    const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('b@example.com')] });
    const guess = await codeFor(user, 'b@example.com');
    await assert.rejects(house.codes.routes.accounts.activate(guess, undefined), (error) =>
      isPlatformError(error, 'conflict'),
    );
  });

  it('keeps no address that somebody else planted after the code was sent, and what was there before', async () => {
    const user = await house.person(pool.id, {
      status: 'new',
      addresses: [unverifiedMail('d@example.com'), unverifiedMail('d@work.example')],
    });
    const guess = await codeFor(user, 'd@example.com');
    const { addresses } = house.platform.stores;
    const [held] = await addresses.listOf(tenant, pool.id, user.id);
    assert.ok(held);
    const later = { createdAt: Date.now() + 1000, updatedAt: Date.now() + 1000 };
    const planted = { ...held, ...later, value: 'stranger@example.com', normalized: 'stranger@example.com' };
    await addresses.insert(tenant, pool.id, user.id, planted);
    const activated = await house.codes.routes.accounts.activate(guess, undefined);
    assert.deepEqual(activated.addresses.map(({ normalized }) => normalized).toSorted(), [
      'd@example.com',
      'd@work.example',
    ]);
  });

  describe('a code that confirms a registration', () => {
    /** As a program registers somebody, with a code that is good beside those of others. */
    const register = async (identifier: string, name: string, otpAddress?: string) => {
      const { registration, sender } = house.codes.routes;
      const registered = await registration.register({ pool, identifier, payload: { name }, otpAddress });
      const user = await house.platform.stores.users.find(tenant, pool.id, registered.id);
      assert.ok(user && registered.kind === 'new');
      const bound = `${identifier} ${name}`;
      const common = { pool, type: 'activation', user, typed: identifier, name: 'Shop', locale: 'en' } as const;
      const to = registered.address === undefined ? [] : [registered.address];
      await sender.send({ ...common, bound, to, from: { kind: 'program' }, registration: registered.registration });
      return { guess: { pool, user, typed: identifier, bound, code: house.code() }, user };
    };
    const nameOf = async ({ id }: User) => (await house.platform.stores.users.find(tenant, pool.id, id))?.payload;

    it('reaches them where that one said, also where another took it away since', async () => {
      const mine = await register('h@example.com', 'Hedy', '+44 20 7946 0960');
      await register('h@example.com', 'A stranger', '+44 20 7946 0961');
      const details = await house.codes.routes.accounts.activate(mine.guess, undefined);
      const held = details.addresses.map(({ normalized, verifiedAt }) => [normalized, verifiedAt !== undefined]);
      assert.deepEqual(held.toSorted(), [
        ['+442079460960', true],
        ['h@example.com', false],
      ]);
      assert.deepEqual(
        details.identifiers.map(({ normalized }) => normalized),
        ['+442079460960'],
      );
      assert.deepEqual(await nameOf(mine.user), { name: 'Hedy' });
    });

    it('leaves whom an administrator looks after by now as that one left them', async () => {
      const mine = await register('i@example.com', 'Ida');
      const edited = { name: 'Ida', groups: ['staff'] };
      await house.platform.stores.users.update({ ...mine.user, payload: edited });
      await house.codes.routes.accounts.activate(mine.guess, undefined);
      assert.deepEqual(await nameOf(mine.user), edited);
    });

    it('keeps what it confirms out of every row that is not sealed', async () => {
      await register('j@example.com', 'Jacqueline-of-the-letters');
      const codes = JSON.stringify(await house.platform.database('codes').select());
      assert.doesNotMatch(codes, /Jacqueline-of-the-letters|j@example/);
    });
  });

  it('tells of it who was activated, and no address', async () => {
    const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('c@example.com')] });
    await house.codes.routes.accounts.activate(await codeFor(user, 'c@example.com'), undefined);
    const events = JSON.stringify(await house.platform.database('audit_events').select());
    assert.match(events, new RegExp(user.id));
    assert.doesNotMatch(events, /c@example\.com/);
  });

  describe('where the server is killed half-way', () => {
    const rowsOf = async ({ id }: User) => {
      const { users, passwords, passkeys } = house.platform.stores;
      const codes = await house.platform.database('codes').where({ user_id: id }).pluck('consumed_by');
      return {
        status: (await users.find(tenant, pool.id, id))?.status,
        password: (await passwords.findByUser(tenant, pool.id, id))?.hash,
        passkeys: (await passkeys.listOf(tenant, pool.id, id)).length,
        spent: codes,
      };
    };
    /** The account service with a transaction that is cut off before it is committed, or a hash that never comes. */
    const cutOff = (where: 'hashing' | 'writing') => {
      const { unitOfWork, passwords } = house.platform;
      const killed = new Error('killed');
      return createAccountService<AccountStores>({
        redeem: createRedeem({
          checker: house.codes.routes.checker,
          unitOfWork: {
            run: (work) =>
              unitOfWork.run(async (stores) => {
                await work(stores);
                throw killed;
              }),
          },
        }),
        passwords: {
          prepareReset: (...args) =>
            where === 'hashing' ? Promise.reject(killed) : passwords.service.prepareReset(...args),
        },
        clock: systemClock,
      });
    };

    it('leaves a reset undone and its code good, while the password is hashed and while it is written', async () => {
      const user = await house.person(pool.id, {
        addresses: [verifiedMail('e@example.com')],
        password: 'the password of before',
      });
      const { code } = await house.codes.routes.sender.generate({ pool, type: 'reset_password', user, to: [] });
      const guess = { pool, user, typed: user.id, code };
      const before = await rowsOf(user);
      for (const where of ['hashing', 'writing'] as const) {
        await assert.rejects(cutOff(where).resetPassword(guess, 'a password that is new'), /killed/);
        assert.deepEqual(await rowsOf(user), before, where);
      }
      await house.codes.routes.accounts.resetPassword(guess, 'a password that is new');
      const after = await rowsOf(user);
      assert.notEqual(after.password, before.password);
      assert.notDeepEqual(after.spent, before.spent);
    });

    it('leaves nobody half activated', async () => {
      const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('f@example.com')] });
      await house.platform.stores.passwords.set(tenant, pool.id, user.id, '$argon2id$planted', undefined);
      const guess = await codeFor(user, 'f@example.com');
      const before = await rowsOf(user);
      for (const where of ['hashing', 'writing'] as const) {
        await assert.rejects(cutOff(where).activate(guess, 'a password that is new'), /killed/);
        assert.deepEqual(await rowsOf(user), before, where);
      }
      const details = await house.codes.routes.accounts.activate(guess, 'a password that is new');
      assert.equal(details.user.status, 'active');
      assert.notEqual((await rowsOf(user)).password, before.password);
    });
  });

  it('answers the same form once more after it did its work, and no other form', async () => {
    const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('g@example.com')] });
    const guess = { ...(await codeFor(user, 'g@example.com')), by: 'one form' };
    const { accounts } = house.codes.routes;
    await accounts.activate(guess, 'a password that is new');
    const { passwords } = house.platform.stores;
    const first = await passwords.findByUser(tenant, pool.id, user.id);
    assert.equal((await accounts.activate(guess, 'a password that is new')).user.status, 'active');
    assert.equal((await passwords.findByUser(tenant, pool.id, user.id))?.version, first?.version);
    for (const by of ['another form', ''])
      await assert.rejects(accounts.activate({ ...guess, by }, 'the password of a thief'), (error) =>
        isPlatformError(error, 'unauthorized'),
      );
  });
});
