/** Registering: the same answer for the same name, whoever asks and however often. */
import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { userId, type UserId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { openCodeHouse, tenant, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

describe('createRegistrationService', function () {
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool({ public_registration_allowed: true });
  });
  after(() => house.close());

  const register = (identifier: string, otpAddress?: string, payload = {}) =>
    house.codes.routes.registration.register({ pool, identifier, payload, otpAddress });

  it('keeps who took a name first as they said, and where their codes go: a second one proves nothing', async () => {
    const first = await register('sam', 'sam@example.com', { name: 'Sam' });
    const again = await register('SAM', 'attacker@example.com', { name: 'Eve' });
    assert.equal(again.id, first.id);
    assert.equal(again.kind === 'new' ? again.address : 'taken', undefined, 'nothing goes to the second address');
    const user = await house.platform.stores.users.find(tenant, pool.id, first.id);
    assert.deepEqual([user?.status, user?.payload], ['new', { name: 'Sam' }]);
  });

  it('keeps what was said last of who has to show that an address is theirs', async () => {
    const first = await register('max@example.com', undefined, { name: 'A stranger' });
    await register('max@example.com', undefined, { name: 'Max' });
    const user = await house.platform.stores.users.find(tenant, pool.id, first.id);
    assert.deepEqual(user?.payload, { name: 'Max' });
  });

  it('takes nothing of oneself that others say of people, and no address but the one that is to be shown', async () => {
    for (const [payload, pointer] of [
      [{ groups: ['admins'] }, '/payload/groups'],
      [{ email: 'victim@example.com' }, '/payload/email'],
      [{ email: 'victim@example.com', email_verified: true }, '/payload/email_verified'],
      [{ phone_number: '+442079460958' }, '/payload/phone_number'],
    ] as const)
      await assert.rejects(register('kim@example.com', undefined, payload), (error) => {
        assert.ok(isPlatformError(error, 'unprocessable_entity'));
        return JSON.stringify(error.details).includes(`"${pointer}"`);
      });
    // The code goes to the phone: that the address is theirs as well, nobody has shown.
    await assert.rejects(register('kim@example.com', '+44 20 7946 0958', { email: 'kim@example.com' }));
    const kim = await register('kim@example.com', undefined, { name: 'Kim', email: 'Kim@example.com' });
    assert.equal(kim.kind, 'new');
  });

  it('reaches who is called by their address where they said last, and nowhere a stranger said before', async () => {
    const held = async (id: UserId) =>
      (await house.platform.stores.addresses.listOf(tenant, pool.id, id))
        .map(({ normalized }) => normalized)
        .toSorted();
    const first = await register('victim@example.com', '+44 20 7946 0958');
    assert.deepEqual(await held(first.id), ['+442079460958', 'victim@example.com']);
    const second = await register('victim@example.com');
    assert.equal(second.kind === 'new' ? second.address?.normalized : '', 'victim@example.com');
    assert.deepEqual([second.id, await held(first.id)], [first.id, ['victim@example.com']]);
    const third = await register('victim@example.com', '+44 20 7946 0959');
    assert.equal(third.kind === 'new' ? third.address?.normalized : '', '+442079460959');
  });

  it('changes nothing of whom an administrator invited, by whatever they are called', async () => {
    const invited = await house.person(pool.id, {
      id: userId('of-the-personnel-office'),
      status: 'new',
      payload: { name: 'Noor' },
      identifiers: [{ type: 'uid', value: 'noor' }],
      addresses: [verifiedMail('noor@example.com')],
    });
    const { users, addresses } = house.platform.stores;
    for (const identifier of ['noor', 'noor@example.com']) {
      const otp = identifier === 'noor' ? 'stranger@example.com' : undefined;
      const registered = await register(identifier, otp, { name: 'A stranger' });
      assert.deepEqual([registered.kind, registered.kind === 'taken' ? registered.owner : ''], ['taken', invited.id]);
      assert.equal(await users.find(tenant, pool.id, registered.id), undefined, 'the id is nobody’s');
      assert.equal(registered.id.length, 32, 'as long as of somebody new');
    }
    assert.deepEqual(await users.find(tenant, pool.id, invited.id), invited);
    assert.equal((await addresses.listOf(tenant, pool.id, invited.id)).length, 1);
  });

  it('answers one id before and after the activation, also of a name that had another owner', async () => {
    const { users, addresses } = house.platform.stores;
    const activate = async (id: UserId) => {
      const user = await users.find(tenant, pool.id, id);
      assert.ok(user);
      await users.update({ ...user, status: 'active' });
    };
    const first = await register('max@example.com');
    await activate(first.id);
    await addresses.remove(tenant, pool.id, first.id, 'max@example.com');
    const second = await register('max@example.com');
    await activate(second.id);
    const [held] = await addresses.listOf(tenant, pool.id, second.id);
    assert.ok(held);
    await addresses.update(tenant, pool.id, second.id, { ...held, verifiedAt: 1 });
    const { registration: _, ...taken } = await register('max@example.com');
    assert.deepEqual(taken, { kind: 'taken', id: second.id, owner: second.id });
  });

  it('gives another id to a name whose first owner is called otherwise by now', async () => {
    const first = await register('kim@example.com');
    const { users, addresses } = house.platform.stores;
    const user = await users.find(tenant, pool.id, first.id);
    assert.ok(user);
    await users.update({ ...user, status: 'active' });
    await addresses.remove(tenant, pool.id, first.id, 'kim@example.com');
    const second = await register('kim@example.com');
    assert.notEqual(second.id, first.id);
    assert.equal((await register('kim@example.com')).id, second.id);
  });

  it('does not tell by an id which tenant or pool it is of', async () => {
    const other = await house.pool({ public_registration_allowed: true });
    const here = await register('lee@example.com');
    const there = await house.codes.routes.registration.register({
      pool: other,
      identifier: 'lee@example.com',
      payload: {},
      otpAddress: undefined,
    });
    assert.notEqual(here.id, there.id);
  });
});
