import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { passkeyKey, type Passkey } from '../../../../server/credentials/passkey/passkey.ts';
import { isPlatformError } from '../../../../server/kernel/errors.ts';
import { newId, poolId, tenantId, userId } from '../../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { noon, seedPool, seedUser } from '../../../support/seeded.ts';
import { storesOf } from '../../../support/stores.ts';

const passkeyOf = (user: string, members: Partial<Passkey> = {}): Passkey => ({
  userId: userId(user),
  id: Buffer.from(newId()).toString('base64url'),
  publicKey: 'cHVibGlj',
  counter: 0,
  transports: ['internal', 'hybrid'],
  deviceType: 'multiDevice',
  isBackedUp: true,
  aaguid: '01020304-0506-0708-0102-030405060708',
  name: 'Téléphone ☎',
  attestationType: 'none',
  userHandle: 'aGFuZGxl',
  createdAt: noon,
  lastUsedAt: undefined,
  ...members,
});

onEachDatabase('PasskeyStore', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('gives back what was written, oldest first, and takes it along with its person', async () => {
    const pool = await seedPool(knex);
    const { id: user } = await seedUser(knex, pool);
    const { passkeys, users } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    const newer = passkeyOf(user, { createdAt: noon + 1, userHandle: undefined, lastUsedAt: noon + 2 });
    const older = passkeyOf(user, { id: 'x'.repeat(1364), isBackedUp: false, counter: 2 ** 32 - 1 });
    await passkeys.insert(...place, newer);
    await passkeys.insert(...place, older);
    assert.deepEqual(await passkeys.listOf(...place, user), [older, newer]);
    assert.deepEqual(await passkeys.listHeld(...place, user), [older, newer]);
    assert.deepEqual(await passkeys.find(...place, passkeyKey(older.id)), older);
    const other = { ...older, name: '', transports: [], lastUsedAt: noon + 3 };
    await passkeys.replace(...place, other);
    assert.deepEqual(await passkeys.find(...place, passkeyKey(older.id)), other);
    await users.remove(...place, user);
    assert.equal(await passkeys.find(...place, passkeyKey(older.id)), undefined);
  });

  it('keeps a credential id for one person of a pool, and for anybody of another pool', async () => {
    const [pool, other] = [await seedPool(knex), await seedPool(knex)];
    const { passkeys } = storesOf(knex);
    const mine = passkeyOf((await seedUser(knex, pool)).id);
    await passkeys.insert(pool.tenantId, pool.id, mine);
    const theirs = { ...mine, userId: (await seedUser(knex, pool)).id };
    await assert.rejects(passkeys.insert(pool.tenantId, pool.id, theirs), (error) =>
      isPlatformError(error, 'conflict'),
    );
    await passkeys.insert(other.tenantId, other.id, { ...mine, userId: (await seedUser(knex, other)).id });
    const elsewhere = [tenantId(newId()), poolId('nowhere')] as const;
    assert.equal(await passkeys.find(...elsewhere, passkeyKey(mine.id)), undefined);
    await assert.rejects(passkeys.insert(...elsewhere, mine), (error) => isPlatformError(error, 'not_found'));
  });

  it('lets nobody else name or remove it', async () => {
    const pool = await seedPool(knex);
    const { passkeys } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    const mine = passkeyOf((await seedUser(knex, pool)).id);
    const stranger = (await seedUser(knex, pool)).id;
    await passkeys.insert(...place, mine);
    assert.equal(await passkeys.rename(...place, stranger, mine.id, 'Mine'), false);
    assert.equal(await passkeys.remove(...place, stranger, mine.id), false);
    assert.equal(await passkeys.rename(...place, mine.userId, mine.id, 'Key'), true);
    assert.equal((await passkeys.find(...place, passkeyKey(mine.id)))?.name, 'Key');
    assert.equal(await passkeys.remove(...place, mine.userId, mine.id), true);
    assert.equal(await passkeys.remove(...place, mine.userId, mine.id), false);
  });

  it('counts one use of an answer that is sent many times at once', async () => {
    const pool = await seedPool(knex);
    const { passkeys } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    const mine = passkeyOf((await seedUser(knex, pool)).id, { counter: 4 });
    await passkeys.insert(...place, mine);
    const use = (counter: number, answer = String(counter)) =>
      passkeys.use(...place, mine.id, {
        counter,
        isBackedUp: false,
        userHandle: 'b3RoZXI',
        at: noon + counter,
        answer,
      });
    const seen = await Promise.all(Array.from({ length: 5 }, () => use(5)));
    assert.deepEqual(seen.toSorted(), ['noted', 'seen', 'seen', 'seen', 'seen']);
    assert.equal(await use(5, 'of a copy'), 'behind', 'the same counter in another answer');
    assert.deepEqual([await use(4), await use(0), await use(6)], ['behind', 'behind', 'noted']);
    const stored = await passkeys.find(...place, passkeyKey(mine.id));
    assert.deepEqual(
      [stored?.counter, stored?.isBackedUp, stored?.userHandle, stored?.lastUsedAt],
      [6, false, 'b3RoZXI', noon + 6],
    );
  });

  it('lets an authenticator that does not count be used again and again', async () => {
    const pool = await seedPool(knex);
    const { passkeys } = storesOf(knex);
    const place = [pool.tenantId, pool.id] as const;
    const mine = passkeyOf((await seedUser(knex, pool)).id);
    await passkeys.insert(...place, mine);
    const use = () =>
      passkeys.use(...place, mine.id, { counter: 0, isBackedUp: true, userHandle: 'x', at: noon, answer: 'x' });
    assert.deepEqual([await use(), await use()], ['noted', 'noted']);
  });
});
