import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, userId } from '../../../server/kernel/ids.ts';
import type { VerifiableAddress } from '../../../server/users/address.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedPool, seedUser } from '../../support/seeded.ts';
import { storesOf } from '../../support/stores.ts';

onEachDatabase('AddressStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });
  const email: VerifiableAddress = {
    type: 'email',
    value: 'Ada@Example.com',
    normalized: 'ada@example.com',
    status: 'active',
    preferredContactMethod: undefined,
    metadata: { ü: [1] },
    verifiedAt: noon,
    createdAt: noon,
    updatedAt: noon,
  };
  const phone: VerifiableAddress = {
    ...email,
    type: 'mobile',
    value: '+44 20 7946 0958',
    normalized: '+442079460958',
    preferredContactMethod: 'voice',
    metadata: {},
    verifiedAt: undefined,
  };

  it('gives back what was written, and takes it along with its person', async () => {
    const pool = await seedPool(knex);
    const { id } = await seedUser(knex, pool);
    const { addresses, users } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    await addresses.insert(...place, id, email);
    await addresses.insert(...place, id, phone);
    assert.deepEqual(await addresses.listOf(...place, id), [phone, email]);
    const changed = { ...phone, verifiedAt: noon + 1, status: 'inactive', updatedAt: noon + 1 } as const;
    await addresses.update(...place, id, changed);
    const other = userId(newId());
    const each = await addresses.listOfEach(...place, [id, other]);
    assert.deepEqual(each.get(id), [changed, email]);
    assert.deepEqual(each.get(other), []);
    assert.equal(await addresses.findUser(...place, phone.normalized), id);
    assert.equal(await addresses.findUser(...place, `${email.normalized} `), undefined);
    await assert.rejects(addresses.update(...place, other, email), (error) => isPlatformError(error, 'not_found'));
    assert.equal(await addresses.remove(...place, id, email.normalized), true);
    assert.equal(await addresses.remove(...place, id, email.normalized), false);
    await users.remove(...place, id);
    assert.equal(await addresses.findUser(...place, phone.normalized), undefined);
  });

  it('lets one person of a pool have an address verified, and anybody have it unverified', async () => {
    const pool = await seedPool(knex);
    const [ada, bob] = [await seedUser(knex, pool), await seedUser(knex, pool)];
    const { addresses } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    await addresses.insert(...place, ada.id, email);
    const taken = (error: unknown) => isPlatformError(error, 'conflict');
    await assert.rejects(addresses.insert(...place, bob.id, email), taken);
    const unverified = { ...email, verifiedAt: undefined };
    await addresses.insert(...place, bob.id, unverified);
    await assert.rejects(addresses.update(...place, bob.id, email), taken);
    await addresses.update(...place, ada.id, unverified);
    await addresses.update(...place, bob.id, email);
    assert.equal(await addresses.findUser(...place, email.normalized), bob.id);
    const elsewhere = await seedPool(knex);
    const { id } = await seedUser(knex, elsewhere);
    await addresses.insert(elsewhere.tenantId, elsewhere.id, id, email);
  });
});
