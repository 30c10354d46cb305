/** Signing in with a passkey, and what attackers send in the place of one. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { AskingPage } from '../../../../server/credentials/credential-kind.ts';
import { keptPasskeys } from '../../../../server/credentials/passkey/passkey.credential.ts';
import { mostPasskeys, passkeyKey } from '../../../../server/credentials/passkey/passkey.ts';
import { userId } from '../../../../server/kernel/ids.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { softAuthenticator, type Behaviour } from '../../../support/authenticator.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { originOf, passkeysOn, type PasskeyPerson } from '../../../support/passkeys.ts';
import { eventsOf } from '../../../support/stores.ts';

const asked = z.object({
  publicKey: z.strictObject({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.int(),
    userVerification: z.literal('required'),
    allowCredentials: z.array(
      z.strictObject({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()) }),
    ),
    extensions: z.undefined().optional(),
    hints: z.array(z.string()).optional(),
  }),
});

onEachDatabase('the kind of credential webauthn', (open) => {
  let knex: Awaited<ReturnType<typeof open>>;
  let on: ReturnType<typeof passkeysOn>;
  let pool: Pool;
  let ada: PasskeyPerson;
  let page: AskingPage;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    on = passkeysOn(knex);
    pool = await on.pool();
    ada = await on.person(pool);
    await on.register(ada);
    page = on.page(pool);
  });

  const ask = async (person?: PasskeyPerson, identifier?: string, of: AskingPage = page) => {
    return asked.parse(await on.kind.request(on.claimant(pool, person, identifier), of)).publicKey;
  };
  const behave = (more: Partial<Behaviour> = {}): Behaviour => ({ origin: originOf(pool.tenantId), ...more });
  const answerOf = (made: unknown) => ({ webauthn: JSON.stringify(made) });
  /** Answers the page, as the person's browser would. */
  const signed = async (more: Partial<Behaviour> = {}, by: PasskeyPerson = ada) =>
    answerOf(by.authenticator.get(await ask(), behave(more)));
  const verify = (answer: { webauthn: string }, person: PasskeyPerson | undefined = ada, of: AskingPage = page) =>
    on.kind.verify(on.claimant(pool, person), answer, of);

  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    it(`takes what a passkey of ${algorithm} signed, and names it`, async () => {
      const person = await on.person(pool);
      const { id } = await on.register(person, algorithm);
      const answer = answerOf(person.authenticator.get(await ask(person), behave()));
      assert.deepEqual(await verify(answer, person), { kind: 'right', mark: passkeyKey(id) });
      const stored = await on.stores.passkeys.find(pool.tenantId, pool.id, passkeyKey(id));
      assert.deepEqual([stored?.counter, stored?.lastUsedAt], [2, on.clock.now()]);
    });

  it('finds its person where none was named (WebAuthn §7.2)', async () => {
    const options = await ask(undefined, '');
    assert.deepEqual(options.allowCredentials, []);
    const answer = answerOf(ada.authenticator.get(options, behave()));
    assert.equal(await on.kind.identify?.(on.placeOf(pool), answer), ada.user.id);
    assert.equal((await verify(answer)).kind, 'right');
  });

  it('is told of by the names that tokens and pools have for it (RFC 8176 §2)', () => {
    assert.deepEqual([on.kind.mechanism, on.kind.amr], ['webauthn', 'pop']);
  });

  describe('asking', () => {
    it('is the same for the same page, and another for another', async () => {
      assert.deepEqual(await ask(ada), await ask(ada));
      assert.notEqual((await ask(ada, undefined, on.page(pool))).challenge, (await ask(ada)).challenge);
      assert.equal(Buffer.from((await ask(ada)).challenge, 'base64url').length, 32);
    });

    it('names the passkeys of a person', async () => {
      assert.deepEqual(
        (await ask(ada)).allowCredentials.map(({ id }) => id),
        ada.authenticator.held.map(({ id }) => id),
      );
    });

    it('tells nobody from somebody: passkeys that stay the same, and as many queries', async () => {
      const bob = await on.person(pool);
      const sent: string[] = [];
      const note = (query: unknown) => sent.push(z.object({ sql: z.string() }).parse(query).sql);
      knex.on('query', note);
      await ask(ada);
      const ofSomebody = sent.splice(0);
      const [first, second] = [await ask(undefined, 'nobody@example.com'), await ask(undefined, 'nobody@example.com')];
      const ofNobody = sent.splice(0, sent.length / 2);
      knex.removeListener('query', note);
      assert.deepEqual(ofNobody, ofSomebody);
      assert.deepEqual(first, second);
      // Somebody without a passkey is shown the same way.
      const [shown] = [(await ask(bob)).allowCredentials, (await ask(undefined, 'x@example.com')).allowCredentials];
      assert.ok(shown.length >= 1 && shown.length <= mostPasskeys);
      for (const { id, transports } of [...first.allowCredentials, ...shown]) {
        assert.ok(Buffer.from(id, 'base64url').length >= 16);
        assert.ok(transports.length > 0);
      }
    });

    it('makes up other passkeys for the same name in another pool', async () => {
      const other = await on.pool();
      const [here, there] = [pool, other].map((one) => on.disguise.passkeysOfNobody(on.placeOf(one), 'a@example.com'));
      assert.notDeepEqual(here, there);
    });
  });

  describe('refuses', () => {
    const wrong = async (answer: { webauthn: string }, person: PasskeyPerson | undefined = ada) => {
      assert.deepEqual(await verify(answer, person), { kind: 'wrong' });
    };

    for (const [what, more] of Object.entries<Partial<Behaviour>>({
      'an answer given to a page of another origin': { origin: 'https://evil.example' },
      'a passkey of another relying party': { rpId: 'evil.example' },
      'an answer to another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
      'the answer of a registration': { type: 'webauthn.create' },
      'an answer out of a frame of another site': { crossOrigin: true },
      'an answer without verification of its person': { isVerified: false },
      'an answer without a person': { isPresent: false },
      'the handle of another person': { userHandle: Buffer.from('somebody else').toString('base64url') },
      'a signature that was changed': { isTampered: true },
    }))
      it(what, async () => {
        // Right in everything else: for the relying party, whichever page it was given to.
        const rpId = new URL(originOf(pool.tenantId)).hostname;
        await wrong(await signed({ rpId, ...more }));
        // Nothing was used up: the right answer still counts.
        assert.equal((await verify(await signed())).kind, 'right');
      });

    it('an answer to another page of the same login', async () => {
      const answer = await signed();
      assert.deepEqual(await verify(answer, ada, on.page(pool)), { kind: 'wrong' });
    });

    it('a passkey for anybody but its person', async () => {
      const bob = await on.person(pool);
      await wrong(await signed(), bob);
      await wrong(await signed({ userHandle: null }), bob);
      const handle = on.disguise.handleOf(on.placeOf(pool), bob.user.id);
      await wrong(await signed({ userHandle: handle }), bob);
      assert.equal(await on.kind.identify?.(on.placeOf(pool), await signed({ userHandle: handle })), undefined);
    });

    it('a passkey for nobody, and one that nobody has', async () => {
      const nobody = on.claimant(pool);
      assert.deepEqual(await on.kind.verify(nobody, await signed(), page), { kind: 'wrong' });
      const sent: string[] = [];
      const note = (query: unknown) => sent.push(z.object({ sql: z.string() }).parse(query).sql);
      const [broken, right] = [await signed({ isTampered: true }), await signed()];
      knex.on('query', note);
      await wrong(broken);
      const ofSomebody = sent.splice(0);
      assert.deepEqual(await on.kind.verify(nobody, right, page), { kind: 'wrong' });
      knex.removeListener('query', note);
      assert.deepEqual(sent, ofSomebody);
      const stranger = { ...ada, authenticator: softAuthenticator(0) };
      stranger.authenticator.held.push({ ...(ada.authenticator.held[0] ?? assert.fail()), id: 'c3RyYW5nZXI' });
      await wrong(await signed({}, stranger));
    });

    it('to find a person by a passkey without a handle', async () => {
      assert.equal(await on.kind.identify?.(on.placeOf(pool), await signed({ userHandle: null })), undefined);
      // Asked for by name, it need not say whose it is.
      assert.equal((await verify(await signed({ userHandle: null }))).kind, 'right');
    });

    it('a passkey of another pool, and of another tenant', async () => {
      for (const other of [await on.pool(undefined, pool.tenantId), await on.pool()]) {
        const same = await on.person(other, ada.user.id);
        const there = on.page(other, page.nonce);
        const answer = answerOf(ada.authenticator.get(await ask(), { origin: there.origin }));
        assert.equal(await on.kind.identify?.(on.placeOf(other), answer), undefined);
        assert.deepEqual(await on.kind.verify(on.claimant(other, same), answer, there), { kind: 'wrong' });
      }
    });

    it('what is no answer at all, before anybody is looked up', async () => {
      const deep = `${'['.repeat(9000)}${']'.repeat(9000)}`;
      for (const webauthn of ['', '{', 'null', '[]', '{"id":"x"}', deep, '{"__proto__":{"id":"x"}}']) {
        assert.deepEqual(on.kind.faultOf({ webauthn }), { field: 'form', text: 'not_accepted' });
        await wrong({ webauthn });
      }
      assert.deepEqual(on.kind.faultOf({}), { field: 'form', text: 'not_accepted' });
      assert.equal(on.kind.faultOf(await signed()), undefined);
    });
  });

  describe('a copied authenticator', () => {
    it('is found by its counter, refused and told of (WebAuthn §6.1.1)', async () => {
      const thief = { ...ada, authenticator: ada.authenticator.clone() };
      for (let use = 0; use < 3; use += 1) assert.equal((await verify(await signed())).kind, 'right');
      assert.deepEqual(await verify(await signed({}, thief)), { kind: 'wrong' });
      assert.ok((await eventsOf(knex, pool.tenantId)).includes('webauthn rejected'));
      // Its owner goes on.
      assert.equal((await verify(await signed())).kind, 'right');
    });

    it('is not suspected where one answer is sent several times at once: it is good once', async () => {
      await verify(await signed());
      const answer = await signed();
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => verify(answer)));
      const kinds = outcomes.map(({ kind }) => kind).toSorted();
      assert.deepEqual(kinds, ['right', 'wrong', 'wrong', 'wrong']);
      assert.deepEqual(await verify(answer), { kind: 'wrong' });
      assert.ok(!(await eventsOf(knex, pool.tenantId)).includes('webauthn rejected'));
    });

    it('cannot be invented by somebody who has none: a wrong signature says nothing of counters', async () => {
      await verify(await signed());
      await verify(await signed({ counter: 0, isTampered: true }));
      assert.ok(!(await eventsOf(knex, pool.tenantId)).includes('webauthn rejected'));
    });

    it('is not suspected where an authenticator does not count', async () => {
      const bob = { ...(await on.person(pool)), authenticator: softAuthenticator() };
      await on.register(bob);
      for (let use = 0; use < 2; use += 1) {
        const answer = answerOf(bob.authenticator.get(await ask(bob), behave()));
        assert.equal((await verify(answer, bob)).kind, 'right');
      }
    });

    it('gains nothing by sending one answer many times at once', async () => {
      const answer = await signed();
      const all = await Promise.all(Array.from({ length: 4 }, () => verify(answer)));
      assert.deepEqual(all.map(({ kind }) => kind).toSorted(), ['right', 'wrong', 'wrong', 'wrong']);
    });
  });

  it('holds as long as the passkey is its person’s', async () => {
    const id = ada.authenticator.held[0]?.id ?? '';
    const holds = (user = ada.user.id) =>
      keptPasskeys(on.stores.passkeys).holds(on.placeOf(pool), user, passkeyKey(id));
    assert.deepEqual([await holds(), await holds(userId('bob'))], [true, false]);
    await on.stores.passkeys.remove(pool.tenantId, pool.id, ada.user.id, id);
    assert.equal(await holds(), false);
  });

  it('learns the handle of a passkey from elsewhere where its person was named, and finds them by it from then on', async () => {
    const [held] = ada.authenticator.held;
    const [stored] = await on.stores.passkeys.listOf(pool.tenantId, pool.id, ada.user.id);
    assert.ok(held && stored);
    await on.stores.passkeys.replace(pool.tenantId, pool.id, { ...stored, userHandle: undefined });
    const foreign = { userHandle: Buffer.from('as it was elsewhere').toString('base64url') };
    assert.equal(await on.kind.identify?.(on.placeOf(pool), await signed(foreign)), undefined);
    assert.equal((await verify(await signed(foreign))).kind, 'right');
    assert.equal(await on.kind.identify?.(on.placeOf(pool), await signed(foreign)), ada.user.id);
    assert.equal((await verify(await signed())).kind, 'wrong');
  });
});
