/** Offering a passkey to somebody who has just signed in. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { isOffered } from '../../../../server/credentials/passkey/passkey.ts';
import { mayAddPasskey, nearMs } from '../../../../server/credentials/passkey/passkey.ts';
import { creationBody } from '../../../../server/credentials/passkey/passkey.body.ts';
import type { ProvenCredential } from '../../../../server/credentials/credential-kind.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { originOf, passkeysOn, type PasskeyPerson } from '../../../support/passkeys.ts';
import { noon } from '../../../support/seeded.ts';

const browser = 'Firefox (Windows)';

onEachDatabase('PasskeyOffer', (open) => {
  let knex: Knex;
  let on: ReturnType<typeof passkeysOn>;
  let pool: Pool;
  let ada: PasskeyPerson;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    on = passkeysOn(knex);
    pool = await on.pool();
    ada = await on.person(pool);
  });
  const to = (authTime = noon / 1000, credential?: ProvenCredential) => ({ ...on.at(ada.user), authTime, credential });
  const made = async (nonce: string) => {
    const page = await on.offer.page(to(), nonce);
    assert.ok(page);
    return { webauthn: JSON.stringify(ada.authenticator.create(page.publicKey, { origin: originOf(pool.tenantId) })) };
  };

  it('adds what the page made, once', async () => {
    const form = await made('nonce');
    const outcome = await on.offer.handle(to(), 'nonce', form, browser);
    assert.ok(outcome.kind === 'added');
    assert.equal(outcome.passkey.name, browser);
    assert.deepEqual(await on.offer.handle(to(), 'nonce', form, browser), outcome);
  });

  it('leaves it for another time', async () => {
    assert.deepEqual(await on.offer.handle(to(), 'nonce', { not_now: '' }, browser), { kind: 'not_now' });
  });

  it('adds none to somebody who signed in long ago, or at no time', async () => {
    const form = await made('nonce');
    for (const authTime of [(noon - nearMs) / 1000 - 1, noon / 1000 + 60, Number.NaN]) {
      assert.deepEqual(await on.offer.handle(to(authTime), 'nonce', form, browser), { kind: 'stale' });
      assert.equal(await on.offer.page(to(authTime), 'nonce'), undefined);
    }
  });

  it('adds none to who was signed out meanwhile, disabled, or given another password: whoever it is comes back by nothing', async () => {
    const { tenantId, poolId, id } = on.at(ada.user);
    await on.stores.passwords.set(tenantId, poolId, id, 'a hash', undefined);
    const proven = to(noon / 1000, { mechanism: 'password', mark: '1' });
    const form = await made('nonce');
    const isRefused = async () => {
      assert.deepEqual(await on.offer.handle(proven, 'nonce', form, browser), { kind: 'stale' });
      assert.equal(await on.offer.page(proven, 'nonce'), undefined);
      assert.deepEqual(await on.stores.passkeys.listOf(tenantId, poolId, id), []);
    };
    await on.stores.users.update({ ...ada.user, status: 'inactive' });
    await isRefused();
    await on.stores.users.update(ada.user);
    await on.stores.passwords.set(tenantId, poolId, id, 'another hash', undefined);
    await isRefused();
    await on.stores.passwords.set(tenantId, poolId, id, 'a hash', undefined);
    await on.stores.users.endSessions(tenantId, poolId, id, noon + 1);
    await isRefused();
  });

  it('adds none beside what ends sessions and is being written: it looks once that is done', async () => {
    const at = on.at(ada.user);
    const response = creationBody.parse(JSON.parse((await made('nonce')).webauthn));
    let saysLooked: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => {
      saysLooked = resolve;
    });
    const check = ({ user }: { readonly user: { readonly sessionsEndedAt?: number } }) => {
      saysLooked();
      if (user.sessionsEndedAt !== undefined) throw new RangeError('ended');
    };
    let adding: Promise<unknown> | undefined;
    await on.unitOfWork.run(async ({ users }) => {
      await users.findHeld(at.tenantId, at.poolId, at.id);
      adding ??= on.service
        .completeOnPage({ ...at, check }, 'nonce', response, { browser })
        .catch((error: unknown) => error);
      // As long as a look would take that does not wait.
      await Promise.race([looked, delay(500)]);
      await users.endSessions(at.tenantId, at.poolId, at.id, noon + 1);
    });
    assert.ok((await adding) instanceof RangeError);
    assert.deepEqual(await on.stores.passkeys.listOf(at.tenantId, at.poolId, at.id), []);
  });

  it('shows the page again for what was made elsewhere, or for another page', async () => {
    const again = { kind: 'again', text: 'not_accepted' };
    assert.deepEqual(await on.offer.handle(to(), 'other', await made('nonce'), browser), again);
    assert.deepEqual(await on.offer.handle(to(), 'nonce', { webauthn: '{}' }, browser), again);
    assert.deepEqual(await on.offer.handle(to(), 'nonce', {}, browser), again);
  });

  it('says that a passkey is somebody else’s only where it is', async () => {
    const form = await made('nonce');
    const bob = await on.person(pool);
    const taken = await on.offer.handle(to(), 'nonce', form, browser);
    assert.ok(taken.kind === 'added');
    assert.deepEqual(await on.offer.handle({ ...to(), id: bob.user.id }, 'nonce', form, browser), {
      kind: 'again',
      text: 'passkey_taken',
    });
  });

  it('has no page where the pool has no passkeys any more', async () => {
    await on.stores.pools.update({ ...pool, authenticationMechanisms: ['password'] });
    assert.equal(await on.offer.page(to(), 'nonce'), undefined);
  });
});

describe('isOffered', () => {
  const pool = { authenticationMechanisms: ['password', 'webauthn'] } as const;

  it('is for who has none, where the pool has them, after another way in', () => {
    assert.equal(isOffered(pool, 0, ['pwd']), true);
    assert.equal(isOffered(pool, 1, ['pwd']), false);
    assert.equal(isOffered(pool, 0, ['pop']), false);
    assert.equal(isOffered({ authenticationMechanisms: ['password'] }, 0, ['pwd']), false);
  });
});

describe('mayAddPasskey', () => {
  it('asks for an authentication within five minutes', () => {
    assert.equal(mayAddPasskey(noon / 1000, noon), true);
    assert.equal(mayAddPasskey(noon / 1000, noon + 5 * 60_000), true);
    assert.equal(mayAddPasskey(noon / 1000, noon + 5 * 60_000 + 1), false);
    assert.equal(mayAddPasskey(noon / 1000 + 10, noon), false);
  });
});
