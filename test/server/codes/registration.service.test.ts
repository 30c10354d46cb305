/** Registering: the same answer for the same name, whoever asks and however often. */
import assert from 'node:assert/strict';
import type { Pool } from '../../../server/pools/pool.ts';
import { openCodeHouse, tenant, type CodeHouse } from '../../support/code-house.ts';

describe('createRegistrationService', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool({ public_registration_allowed: true });
  });
  after(() => house.close());

  const register = (identifier: string, otpAddress?: string, payload = {}) =>
    house.codes.routes.registration.register({ pool, identifier, payload, otpAddress });

  it('keeps what was said last of who is not active yet, and where codes go as it was said first', async () => {
    const first = await register('sam', 'sam@example.com', { name: 'Eve' });
    const again = await register('SAM', 'attacker@example.com', { name: 'Sam' });
    assert.equal(again.id, first.id);
    assert.equal(again.kind === 'new' ? again.address : 'taken', undefined, 'nothing goes to the second address');
    const user = await house.platform.stores.users.find(tenant, pool.id, first.id);
    assert.deepEqual([user?.status, user?.payload], ['new', { name: 'Sam' }]);
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
