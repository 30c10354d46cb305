import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { createUserContactService } from '../../../server/users/user-contact.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, seedUser } from '../../support/seeded.ts';
import { eventsOf, heldClock, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('UserContactService', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const given = { isVerified: true, status: 'active', preferredContactMethod: undefined, metadata: {} } as const;
  const seed = async (clock = heldClock()) => {
    const pool = await seedPool(knex);
    const { id } = await seedUser(knex, pool);
    const at = { tenantId: pool.tenantId, poolId: pool.id, id, isAboveAdministrators: true };
    return { at, service: createUserContactService({ unitOfWork: unitOfWorkOn(knex), clock }) };
  };

  it('keeps when an address was verified, and forgets it when it is not any more', async () => {
    const clock = heldClock();
    const { at, service } = await seed(clock);
    const value = 'ada@example.com';
    await service.addAddress(at, { type: 'email', value, ...given });
    clock.set(noon + 5);
    const change = { value, status: 'active' } as const;
    assert.equal((await service.updateAddress(at, { ...change, isVerified: true })).address.verifiedAt, noon);
    assert.equal((await service.updateAddress(at, { ...change, isVerified: false })).address.verifiedAt, undefined);
    assert.equal((await service.updateAddress(at, { ...change, isVerified: true })).address.verifiedAt, noon + 5);
    assert.deepEqual(
      await eventsOf(knex, at.tenantId),
      Array.from({ length: 4 }, () => 'user updated'),
    );
  });

  it('gives nobody more than can be read with them', async () => {
    const { at, service } = await seed();
    for (let n = 0; n < 50; n += 1) {
      await service.addIdentifier(at, { type: 'uid', value: `name-${String(n)}` });
      await service.addAddress(at, { type: 'email', value: `a${String(n)}@example.com`, ...given });
    }
    const refused = (error: unknown) => isPlatformError(error, 'unprocessable_entity');
    await assert.rejects(service.addIdentifier(at, { type: 'uid', value: 'one more' }), refused);
    await assert.rejects(service.addAddress(at, { type: 'email', value: 'z@example.com', ...given }), refused);
  });

  it('lets one of two people who verify the same address at once have it', async () => {
    const pool = await seedPool(knex);
    const people = [await seedUser(knex, pool), await seedUser(knex, pool)];
    const service = createUserContactService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const add = people.map(({ id }) =>
      service.addAddress(
        { tenantId: pool.tenantId, poolId: pool.id, id, isAboveAdministrators: true },
        { type: 'email', value: 'both@example.com', ...given },
      ),
    );
    const outcomes = (await Promise.allSettled(add)).map(({ status }) => status);
    assert.deepEqual(outcomes.toSorted(), ['fulfilled', 'rejected']);
    const holder = await storesOf(knex).addresses.findUser(pool.tenantId, pool.id, 'both@example.com');
    assert.ok(people.some(({ id }) => id === holder));
  });
});
