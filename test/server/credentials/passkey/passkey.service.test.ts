/** Adding passkeys, naming and removing them. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { Knex } from 'knex';
import { ceremonyMs } from '../../../../server/credentials/passkey/ceremony.ts';
import { creationBody } from '../../../../server/credentials/passkey/passkey.body.ts';
import { mostPasskeys } from '../../../../server/credentials/passkey/passkey.ts';
import { isPlatformError, type ErrorCode } from '../../../../server/kernel/errors.ts';
import { newId } from '../../../../server/kernel/ids.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { softAuthenticator, type Behaviour } from '../../../support/authenticator.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { originOf, passkeysOn, type PasskeyPerson } from '../../../support/passkeys.ts';
import { noon } from '../../../support/seeded.ts';
import { eventsOf } from '../../../support/stores.ts';

const browser = 'Firefox (Windows)';

onEachDatabase('PasskeyService', (open) => {
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

  const refused = (work: Promise<unknown>, code: ErrorCode) =>
    assert.rejects(work, (error) => isPlatformError(error, code) || assert.fail(String(error)));
  const makeFor = async (person: PasskeyPerson, more: Partial<Behaviour> = {}) =>
    creationBody.parse(
      person.authenticator.create(await on.service.begin(on.at(person.user)), {
        origin: originOf(pool.tenantId),
        rpId: new URL(originOf(pool.tenantId)).hostname,
        ...more,
      }),
    );
  const listOf = ({ user }: PasskeyPerson) => on.stores.passkeys.listOf(pool.tenantId, pool.id, user.id);

  it('asks for a passkey that finds and verifies its person (WebAuthn §5.4)', async () => {
    const options = await on.service.begin(on.at(ada.user));
    assert.deepEqual(options.rp, { id: `${pool.tenantId}.id.example`, name: 'A tenant' });
    const { residentKey, userVerification } = options.authenticatorSelection ?? {};
    assert.deepEqual([residentKey, userVerification, options.attestation], ['required', 'required', 'none']);
    assert.deepEqual(
      options.pubKeyCredParams.map(({ alg }) => alg),
      [-7, -8, -257],
    );
    assert.deepEqual([options.user.name, options.user.displayName], [ada.identifier, 'Ada Lovelace']);
    // §14.6.1: the handle tells nothing of the person, and is the same each time.
    const handle = Buffer.from(options.user.id, 'base64url');
    assert.equal(handle.length, 32);
    assert.ok(!handle.includes(ada.user.id));
    const again = await on.service.begin(on.at(ada.user));
    assert.equal(again.user.id, options.user.id);
    assert.notEqual(again.challenge, options.challenge);
  });

  it('keeps what the authenticator made, tells of it, and does not ask the same one again', async () => {
    const made = await on.register(ada);
    assert.deepEqual(await listOf(ada), [made]);
    assert.deepEqual(
      [made.counter, made.deviceType, made.transports, made.attestationType],
      [1, 'singleDevice', ['internal', 'hybrid'], 'none'],
    );
    assert.ok((await eventsOf(knex, pool.tenantId)).includes('webauthn add_completed'));
    const options = await on.service.begin(on.at(ada.user));
    assert.deepEqual(
      options.excludeCredentials?.map(({ id }) => id),
      [made.id],
    );
  });

  for (const [what, more] of Object.entries<Partial<Behaviour>>({
    'at another origin': { origin: 'https://evil.example' },
    'for another relying party': { rpId: 'evil.example' },
    'for another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
    'by a sign-in': { type: 'webauthn.get' },
    'in a frame of another site': { crossOrigin: true },
    'without verifying its person': { isVerified: false },
    'without a person': { isPresent: false },
  }))
    it(`refuses one that was made ${what} (WebAuthn §7.1)`, async () => {
      await refused(on.service.complete(on.at(ada.user), await makeFor(ada, more)), 'unprocessable_entity');
      assert.deepEqual(await listOf(ada), []);
    });

  it('takes an answer once, from its person, in its time', async () => {
    const bob = await on.person(pool);
    const made = await makeFor(ada);
    await refused(on.service.complete(on.at(bob.user), made), 'unprocessable_entity');
    const late = await makeFor(ada);
    await on.service.complete(on.at(ada.user), made);
    await on.stores.passkeys.remove(pool.tenantId, pool.id, ada.user.id, made.id);
    await refused(on.service.complete(on.at(ada.user), made), 'unprocessable_entity');
    on.clock.set(noon + 2 * ceremonyMs);
    await refused(on.service.complete(on.at(ada.user), late), 'unprocessable_entity');
  });

  it('leaves a passkey to its person when somebody else brings it', async () => {
    const made = await on.register(ada);
    const bob = await on.person(pool);
    const given = { ...made, name: 'Mine', userHandle: undefined };
    await refused(on.service.add(on.at(bob.user), given), 'conflict');
    assert.deepEqual(await listOf(bob), []);
    assert.deepEqual(await listOf(ada), [made]);
  });

  it('does not read what an authenticator states of itself, and fetches nothing for it', async () => {
    let asked = 0;
    const server = createServer((_req, res) => {
      asked += 1;
      res.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const statement = {
      fmt: 'packed',
      attStmt: new Map([['x5c', [new Uint8Array(Buffer.from('no certificate'))]]]),
    };
    const added = await on.service.complete(on.at(ada.user), await makeFor(ada, { statement }));
    assert.equal(added.attestationType, 'none');
    assert.equal(asked, 0);
    server.close();
  });

  it('refuses what is no attestation object, however deep it is (RFC 8949)', async () => {
    const made = await makeFor(ada);
    for (const bytes of [Buffer.from('text'), Buffer.alloc(12_000, 0x81), Buffer.from([0xa0])]) {
      const response = { ...made.response, attestationObject: bytes.toString('base64url') };
      await refused(on.service.complete(on.at(ada.user), { ...made, response }), 'unprocessable_entity');
    }
  });

  it('adds none where the pool has none, and no more than a person may have', async () => {
    const plain = await on.pool(['password']);
    const eve = await on.person(plain);
    await refused(on.service.begin(on.at(eve.user)), 'unprocessable_entity');
    const made = await on.register(ada);
    for (let at = 1; at < mostPasskeys; at += 1)
      await on.service.add(on.at(ada.user), { ...made, id: Buffer.from(newId()).toString('base64url') });
    await refused(on.service.begin(on.at(ada.user)), 'unprocessable_entity');
  });

  it('lets nobody below an administrator add one to an administrator', async () => {
    const subject = { type: 'identity_pool_user', poolId: pool.id, userId: ada.user.id } as const;
    await on.stores.roles.insert({ tenantId: pool.tenantId, workspaceId: undefined, role: 'admin', subject }, noon);
    await refused(on.service.begin(on.at(ada.user, false)), 'forbidden');
  });

  describe('on a page', () => {
    it('binds the passkey to the page, and takes a page that is sent twice once', async () => {
      const options = await on.service.beginOnPage(on.at(ada.user), 'nonce');
      const made = creationBody.parse(ada.authenticator.create(options, { origin: originOf(pool.tenantId) }));
      await refused(on.service.completeOnPage(on.at(ada.user), 'another', made, { browser }), 'unprocessable_entity');
      const first = await on.service.completeOnPage(on.at(ada.user), 'nonce', made, { browser });
      assert.deepEqual(await on.service.completeOnPage(on.at(ada.user), 'nonce', made, { browser }), first);
      assert.equal((await listOf(ada)).length, 1);
    });

    it('calls what nobody named after the browser, each otherwise, and what somebody named as they did', async () => {
      for (const name of [undefined, 'At work', undefined]) {
        const nonce = newId();
        const options = await on.service.beginOnPage(on.at(ada.user), nonce);
        const made = softAuthenticator(0).create(
          { ...options, excludeCredentials: [] },
          { origin: originOf(pool.tenantId) },
        );
        const named = { browser, ...(name === undefined ? {} : { name }) };
        await on.service.completeOnPage(on.at(ada.user), nonce, creationBody.parse(made), named);
      }
      const names = (await listOf(ada)).map(({ name }) => name);
      assert.deepEqual(names.toSorted(), ['At work', browser, `${browser} 2`]);
    });

    it('leaves what a program adds as the program calls it', async () => {
      const { name } = await on.register(ada);
      assert.equal(name, '');
    });
  });

  describe('naming and removing', () => {
    it('is for its own person alone', async () => {
      const { id } = await on.register(ada);
      const bob = await on.person(pool);
      await refused(on.service.rename(on.at(bob.user), id, 'Mine'), 'not_found');
      await refused(on.service.remove(on.at(bob.user), id), 'not_found');
      await on.service.rename(on.at(ada.user), id, 'Laptop');
      assert.equal((await listOf(ada))[0]?.name, 'Laptop');
    });

    it('never takes the last way in', async () => {
      const first = await on.register(ada);
      await refused(on.service.remove(on.at(ada.user), first.id), 'forbidden');
      const second = await on.register(ada);
      const both = await Promise.allSettled([first, second].map(({ id }) => on.service.remove(on.at(ada.user), id)));
      assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      assert.equal((await listOf(ada)).length, 1);
      assert.ok((await eventsOf(knex, pool.tenantId)).includes('webauthn deleted'));
    });

    it('counts a password and a verified address only where the pool allows them', async () => {
      const verified = { verifiedAt: noon, createdAt: noon, updatedAt: noon } as const;
      for (const [mechanisms, isLeft] of [
        [['webauthn', 'password'], true],
        [['webauthn', 'otp'], true],
        [['webauthn'], false],
      ] as const) {
        const own = await on.pool(mechanisms);
        const person = await on.person(own);
        const { id } = await on.register(person);
        const place = [own.tenantId, own.id, person.user.id] as const;
        await on.stores.passwords.set(...place, '$argon2id$', undefined);
        await on.stores.addresses.insert(...place, {
          ...{ type: 'email', value: 'a@x.example', normalized: 'a@x.example', status: 'active', metadata: {} },
          ...{ preferredContactMethod: undefined, ...verified },
        });
        const removed = on.service.remove(on.at(person.user), id);
        await (isLeft ? removed : refused(removed, 'forbidden'));
      }
    });
  });

  it('lets a copy from another authenticator in under no name of its own', async () => {
    // A response that names another credential than the one that was made.
    const made = await makeFor(ada);
    const other = softAuthenticator().create(await on.service.begin(on.at(ada.user)), {
      origin: originOf(pool.tenantId),
    });
    const mixed = { ...made, id: other.id, rawId: other.id };
    await refused(on.service.complete(on.at(ada.user), mixed), 'unprocessable_entity');
  });
});
