/** Passkeys on pages of people whom nobody knows yet. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { creationBody } from '../../../../server/credentials/passkey/passkey.body.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { softAuthenticator } from '../../../support/authenticator.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { originOf, passkeysOn, type PasskeyPerson } from '../../../support/passkeys.ts';

onEachDatabase('PasskeyPages', (open) => {
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
    await on.register(ada);
  });

  it('ask for the passkeys of who is named, and of anybody where nobody is', async () => {
    const place = on.placeOf(pool);
    for (const identifier of [ada.identifier, ada.identifier.toUpperCase(), undefined]) {
      const options = await on.pages.beginLogin(place, identifier, 'nonce');
      const answer = ada.authenticator.get(options?.['publicKey'], { origin: originOf(pool.tenantId) });
      const verified = await on.kind.verify(
        on.claimant(pool, ada),
        { webauthn: JSON.stringify(answer) },
        on.page(pool, 'nonce'),
      );
      assert.equal(verified.kind, 'right');
    }
  });

  it('answer alike for nobody, and not at all where a pool has no passkeys', async () => {
    const known = await on.pages.beginLogin(on.placeOf(pool), ada.identifier, 'nonce');
    const unknown = await on.pages.beginLogin(on.placeOf(pool), 'nobody@example.com', 'nonce');
    const membersOf = (of: Readonly<Record<string, unknown>> | undefined) => Object.keys(of?.['publicKey'] ?? {});
    assert.deepEqual(membersOf(unknown), membersOf(known));
    const other = await on.pool(['password']);
    assert.equal(await on.pages.beginLogin(on.placeOf(other), undefined, 'nonce'), undefined);
    assert.equal(await on.pages.beginRegistration(on.placeOf(other), 'x', 'nonce'), undefined);
  });

  it('make a passkey for somebody new, whom the page’s nonce names', async () => {
    const place = on.placeOf(pool);
    const phone = softAuthenticator();
    const begun = await on.pages.beginRegistration(place, 'new@example.com', 'nonce');
    const made = creationBody.parse(phone.create(begun?.publicKey, { origin: originOf(pool.tenantId) }));
    const newcomer = await on.pages.finishRegistration(place, 'nonce', made);
    assert.ok(newcomer);
    assert.match(newcomer.id, /^[0-9a-f]{32}$/);
    assert.equal(newcomer.passkey.userHandle, phone.held[0]?.userHandle);
    assert.equal(await on.pages.finishRegistration(place, 'other', made), undefined);
  });

  it('do not tell that an identifier is taken (ruling: registration refuses without revealing)', async () => {
    const place = on.placeOf(pool);
    const [taken, free] = await Promise.all(
      [ada.identifier, 'free@example.com'].map((one) => on.pages.beginRegistration(place, one, 'nonce')),
    );
    assert.ok(taken && free);
    assert.deepEqual({ ...taken.publicKey, user: '' }, { ...free.publicKey, user: '' });
    assert.equal(taken.publicKey.user.id, free.publicKey.user.id);
    assert.notEqual(taken.publicKey.user.id, ada.authenticator.held[0]?.userHandle);
  });
});
