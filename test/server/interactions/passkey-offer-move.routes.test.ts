/** The form that offers a passkey: kept or left, the login goes on; and nobody's passkey gets in by another login's form. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import type { Mechanism, Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import { softAuthenticator } from '../../support/authenticator.ts';
import { fieldOf, passkeyOptionsIn } from '../../support/page-passkeys.ts';
import { createWebBrowser, hasForm, type Shown, type WebBrowser, titleOf } from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const offerForm = '/steps/passkey-offer';

describe('createPasskeyOfferMove', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let client: Client;
  let stored: Pool;
  let count = 0;
  before(async () => {
    house = await startWebLogin();
    client = await house.addClient({}, true);
    const found = await house.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(found);
    stored = found;
  });
  after(() => house.stop());
  beforeEach(async () => {
    await allow(['password', 'webauthn']);
    await house.platform.database('throttles').delete();
  });

  const allow = (authenticationMechanisms: readonly Mechanism[]) =>
    house.platform.stores.pools.update({ ...stored, authenticationMechanisms });
  const newPerson = () => house.addPerson(`offered-${String((count += 1))}@example.com`);
  const emailOf = ({ payload }: User): string => String(payload['email']);
  const browser = () => createWebBrowser(house.origin);
  const begin = (mine: WebBrowser, parameters: Readonly<Record<string, string>> = {}) =>
    mine.open(asking(house.issuer, client, parameters));
  /** Signs in by password, as far as that leads. */
  const signIn = async (mine: WebBrowser, person: User): Promise<Shown> => {
    const first = await begin(mine);
    const asked = await mine.submit(first, '/authenticate', { identifier: emailOf(person), action: 'continue' });
    return mine.submit(asked, '/authenticate', { password });
  };
  const passkeysOf = ({ tenantId, poolId, id }: User) => house.platform.stores.passkeys.listOf(tenantId, poolId, id);
  const reached = (page: Shown): void => {
    const location = page.headers.get('location') ?? '';
    assert.ok(page.left, `${String(page.status)} ${page.url.pathname}`);
    assert.equal(new URL(location).origin, new URL(callback).origin);
    assert.ok(new URL(location).searchParams.has('code'), location);
  };
  const made = (page: Shown, phone = softAuthenticator(), origin = house.origin): string =>
    JSON.stringify(phone.create(passkeyOptionsIn(page), { origin }));

  it('goes on to the application with «not now», and keeps nothing', async () => {
    const [mine, ada] = [browser(), await newPerson()];
    const offer = await signIn(mine, ada);
    assert.ok(hasForm(offer, offerForm), offer.url.pathname);
    reached(await mine.submit(offer, offerForm, { not_now: '1' }));
    assert.deepEqual(await passkeysOf(ada), []);
  });

  it('keeps the passkey that was made, which is the next way in, and offers none again', async () => {
    const [mine, ada, phone] = [browser(), await newPerson(), softAuthenticator()];
    const offer = await signIn(mine, ada);
    reached(await mine.submit(offer, offerForm, { webauthn: made(offer, phone) }));
    assert.deepEqual(
      (await passkeysOf(ada)).map(({ id }) => id),
      [phone.held[0]?.id],
    );
    const another = browser();
    const page = await begin(another);
    const webauthn = JSON.stringify(phone.get(passkeyOptionsIn(page), { origin: house.origin }));
    reached(await another.submit(page, '/authenticate', { identifier: '', webauthn }));
    reached(await signIn(browser(), ada));
  });

  it('adds one passkey where the form is sent twice, in one login', async () => {
    const [mine, ada] = [browser(), await newPerson()];
    const offer = await signIn(mine, ada);
    const webauthn = made(offer);
    const pages = await Promise.all([
      mine.submit(offer, offerForm, { webauthn }),
      mine.submit(offer, offerForm, { webauthn }),
    ]);
    // Whoever comes second may find the login done already: its code is given once.
    assert.ok(pages.some(({ left }) => left));
    for (const page of pages) if (!page.left) assert.match(titleOf(page), /^This sign-in is done/);
    assert.equal((await passkeysOf(ada)).length, 1);
  });

  it('asks again for a wrong one: of another origin, of another login, or none at all', async () => {
    const [mine, ada] = [browser(), await newPerson()];
    const offer = await signIn(mine, ada);
    const other = await signIn(browser(), await newPerson());
    const wrong = [made(offer, softAuthenticator(), 'https://evil.example'), made(other), '{}', 'no JSON', ''];
    for (const webauthn of wrong) {
      const again = await mine.submit(offer, offerForm, { webauthn });
      assert.match(again.text, /The passkey was not accepted/, webauthn.slice(0, 40));
      assert.ok(hasForm(again, offerForm));
    }
    assert.deepEqual(await passkeysOf(ada), []);
    reached(await mine.submit(offer, offerForm, { webauthn: made(offer) }));
  });

  it('asks again for one that somebody has', async () => {
    const [mine, ada, eve] = [browser(), await newPerson(), await newPerson()];
    const offer = await signIn(mine, ada);
    const phone = softAuthenticator();
    const webauthn = made(offer, phone);
    await house.platform.stores.passkeys.insert(place.tenantId, place.poolId, {
      userId: eve.id,
      id: phone.held[0]?.id ?? '',
      publicKey: 'pQ',
      counter: 0,
      transports: [],
      deviceType: 'singleDevice',
      isBackedUp: false,
      aaguid: '00000000-0000-0000-0000-000000000000',
      name: '',
      attestationType: 'none',
      userHandle: undefined,
      createdAt: 0,
      lastUsedAt: undefined,
    });
    assert.match((await mine.submit(offer, offerForm, { webauthn })).text, /in use already/);
    assert.deepEqual(await passkeysOf(ada), []);
  });

  it('takes no form of another login, though its passkey is right', async () => {
    const [hers, his] = [browser(), browser()];
    const [ada, eve] = [await newPerson(), await newPerson()];
    const victim = await signIn(hers, ada);
    const attacker = await signIn(his, eve);
    const planted = { webauthn: made(attacker), nonce: fieldOf(attacker, offerForm, 'nonce') };
    const answer = await hers.submit(victim, offerForm, planted);
    assert.ok(!answer.left && hasForm(answer, offerForm), 'the page of her own login');
    assert.deepEqual([await passkeysOf(ada), await passkeysOf(eve)], [[], []]);
    // Without the cookie of the login its form is worth nothing either.
    const stranger = await browser().submit(attacker, offerForm, { webauthn: made(attacker) });
    assert.ok(!stranger.left, stranger.url.pathname);
    assert.deepEqual(await passkeysOf(eve), []);
  });

  it('is never shown to who comes by a session, and takes no form from them', async () => {
    const [mine, ada] = [browser(), await newPerson()];
    const offer = await signIn(mine, ada);
    reached(await mine.submit(offer, offerForm, { not_now: '1' }));
    reached(await begin(mine));
    const page = await begin(mine, { prompt: 'consent' });
    assert.ok(hasForm(page, '/consent') && !hasForm(page, offerForm), page.url.pathname);
    const to = new URL(page.url.pathname + offerForm, house.origin);
    const sent = { webauthn: made(offer), nonce: fieldOf(page, '/consent', 'nonce') };
    const answer = await mine.ask(to, {
      method: 'POST',
      body: new URLSearchParams(sent),
      headers: { origin: house.origin },
    });
    const text = await answer.text();
    assert.match(text, /action="[^"]*\/consent"/, 'the page where their login stands');
    assert.doesNotMatch(text, /data-passkey-create/);
    assert.deepEqual(await passkeysOf(ada), []);
  });

  it('is not shown where the pool has no passkeys, and goes on where it has none any more', async () => {
    const [mine, ada] = [browser(), await newPerson()];
    const offer = await signIn(mine, ada);
    await allow(['password']);
    const late = await mine.submit(offer, offerForm, { webauthn: made(offer) });
    assert.ok(hasForm(late, offerForm) && passkeyOptionsIn(late) === undefined, 'nothing is offered any more');
    assert.deepEqual(await passkeysOf(ada), []);
    reached(await mine.submit(offer, offerForm, { not_now: '1' }));
    const other = browser();
    const page = await begin(other);
    reached(await other.submit(page, '/authenticate', { identifier: emailOf(await newPerson()), password }));
  });
});
