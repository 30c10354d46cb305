/** What a right code does to an account, and what it leaves alone. */
import assert from 'node:assert/strict';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import { openCodeHouse, tenant, unverifiedMail, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

describe('createAccountService', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool();
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

  it('tells of it who was activated, and no address', async () => {
    const user = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('c@example.com')] });
    await house.codes.routes.accounts.activate(await codeFor(user, 'c@example.com'), undefined);
    const events = JSON.stringify(await house.platform.database('audit_events').select());
    assert.match(events, new RegExp(user.id));
    assert.doesNotMatch(events, /c@example\.com/);
  });
});
