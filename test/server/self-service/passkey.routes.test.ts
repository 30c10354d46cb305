/** A passkey instead of a password for somebody new, on our page and by the published addresses. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { createCodeSecrets, extendedCode } from '../../../server/codes/code.ts';
import { codeId, newId, userId } from '../../../server/kernel/ids.ts';
import type { Mechanism, Pool } from '../../../server/pools/pool.ts';
import { softAuthenticator } from '../../support/authenticator.ts';
import { codeTo, passkeyOptionsIn } from '../../support/page-passkeys.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { place, startWebLogin, type WebLogin } from '../../support/web-login.ts';
import { resetPassword } from '../../support/passwords.ts';

const creation = z.looseObject({
  publicKey: z.looseObject({ challenge: z.string(), user: z.looseObject({ id: z.string(), name: z.string() }) }),
});

describe('a passkey for somebody new', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let stored: Pool;
  let count = 0;
  before(async () => {
    house = await startWebLogin();
    const found = await house.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(found);
    stored = found;
  });
  after(() => house.stop());
  beforeEach(async () => {
    await allow(['password', 'otp', 'webauthn']);
    await house.platform.database('throttles').delete();
  });

  const allow = (authenticationMechanisms: readonly Mechanism[]) =>
    house.platform.stores.pools.update({
      ...stored,
      authenticationMechanisms,
      settings: { ...stored.settings, public_registration_allowed: true },
    });
  const base = `/default/identity/${place.poolId}`;
  const newAddress = () => `new-${String((count += 1))}@example.com`;
  const browser = () => createWebBrowser(house.origin);
  const register = async (mine: WebBrowser, identifier: string): Promise<Shown> => {
    const asked = await mine.submit(await mine.open(`${base}/register`), '/register', { identifier });
    assert.equal(asked.status, 200);
    return asked;
  };
  const userWith = async (address: string) => {
    const { users, addresses } = house.platform.stores;
    const id = await addresses.findUser(place.tenantId, place.poolId, address);
    return id === undefined ? undefined : users.find(place.tenantId, place.poolId, id);
  };
  const passkeysOf = (id: string) => house.platform.stores.passkeys.listOf(place.tenantId, place.poolId, userId(id));
  const post = (mine: WebBrowser, path: string, body: string, headers: Record<string, string> = {}) =>
    mine.ask(path, { method: 'POST', body, headers: { origin: house.origin, ...headers } });

  it('is made on the page that confirms the address, beside the code, and no password is asked for', async () => {
    const [mine, address, phone] = [browser(), newAddress(), softAuthenticator()];
    const page = await register(mine, address);
    assert.match(page.text, /data-passkey-create/);
    assert.match(page.text, /name="password"/);
    const made = phone.create(passkeyOptionsIn(page), { origin: house.origin });
    const fields = { code: await codeTo(mine, address), webauthn: JSON.stringify(made), password: '' };
    const done = await mine.submit(page, '/register', fields);
    assert.equal(done.status, 200, done.text);
    assert.match(done.url.search, /done=1/);
    const user = await userWith(address);
    assert.equal(user?.status, 'active');
    const held = await passkeysOf(user.id);
    assert.deepEqual(
      held.map(({ id, userHandle }) => [id, userHandle]),
      [[made.id, phone.held[0]?.userHandle]],
    );
    const { passwords } = house.platform.stores;
    assert.equal(await passwords.findByUser(place.tenantId, place.poolId, user.id), undefined);
  });

  it('is worth nothing without the code, nor with another page’s challenge, and the code is still good', async () => {
    const [mine, address, phone] = [browser(), newAddress(), softAuthenticator()];
    const page = await register(mine, address);
    const other = await register(browser(), newAddress());
    const made = JSON.stringify(phone.create(passkeyOptionsIn(page), { origin: house.origin }));
    const elsewhere = JSON.stringify(phone.create(passkeyOptionsIn(page), { origin: 'https://evil.example' }));
    const stolen = JSON.stringify(phone.create(passkeyOptionsIn(other), { origin: house.origin }));
    const code = await codeTo(mine, address);
    const wrong = code === '000000' ? '000001' : '000000';
    const statusOf = async (fields: Readonly<Record<string, string>>) =>
      (await mine.submit(page, '/register', { password: '', ...fields })).status;
    assert.equal(await statusOf({ code: wrong, webauthn: made }), 422);
    for (const webauthn of [elsewhere, stolen, '{}', 'no JSON', made.slice(1)])
      assert.equal(await statusOf({ code, webauthn }), 422, webauthn.slice(0, 40));
    assert.equal(await statusOf({ code, webauthn: '' }), 422, 'neither a passkey nor a password');
    assert.equal(await userWith(address), undefined, 'nobody has the address yet');
    assert.equal(await statusOf({ code, webauthn: made }), 200);
  });

  it('that somebody has already is refused, and leaves the code good', async () => {
    const phone = softAuthenticator();
    const [mine, first, second] = [browser(), newAddress(), newAddress()];
    const page = await register(mine, first);
    const made = phone.create(passkeyOptionsIn(page), { origin: house.origin });
    const taken = JSON.stringify(made);
    await house.platform.stores.passkeys.insert(place.tenantId, place.poolId, {
      userId: (await house.addPerson(newAddress())).id,
      id: made.id,
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
    const code = await codeTo(mine, first);
    const refused = await mine.submit(page, '/register', { code, webauthn: taken, password: '' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /The passkey was not accepted/);
    const other = JSON.stringify(phone.create(passkeyOptionsIn(page), { origin: house.origin }));
    assert.equal((await mine.submit(page, '/register', { code, webauthn: other, password: '' })).status, 200);
    assert.equal(await userWith(second), undefined);
  });

  it('is offered alike whether or not the address is somebody’s, and by no page without passkeys', async () => {
    const taken = newAddress();
    await house.addPerson(taken);
    const shapeOf = async (address: string) => {
      const page = await register(browser(), address);
      const options = z.looseObject({ challenge: z.string(), user: z.looseObject({}) }).parse(passkeyOptionsIn(page));
      return { ...options, challenge: '', user: Object.keys(options.user) };
    };
    assert.deepEqual(await shapeOf(taken), await shapeOf(newAddress()));
    await allow(['password', 'otp']);
    assert.equal(passkeyOptionsIn(await register(browser(), newAddress())), undefined);
  });

  it('is the only way where a pool has no other, and a page without a script says so', async () => {
    await allow(['webauthn']);
    const [mine, address, phone] = [browser(), newAddress(), softAuthenticator()];
    const page = await register(mine, address);
    assert.match(page.text, /<noscript><p[^>]*>You sign in here with a passkey/);
    assert.doesNotMatch(page.text, /name="password"|type="submit"/);
    const code = await codeTo(mine, address);
    const without = await mine.submit(page, '/register', { code });
    assert.equal(without.status, 422);
    assert.match(without.text, /Create a passkey to sign in with/);
    const webauthn = JSON.stringify(phone.create(passkeyOptionsIn(page), { origin: house.origin }));
    assert.equal((await mine.submit(page, '/register', { code, webauthn })).status, 200);
    const bare = await mine.open(`${base}/activate`);
    assert.match(bare.text, /open the link in the message/);
    assert.equal((await mine.submit(bare, '/activate', { code })).status, 422);
  });

  it('is added by the link of a message, once, and by no code of another purpose', async () => {
    const { platform } = house;
    const ada = await house.addPerson(newAddress());
    const secrets = createCodeSecrets(platform.deriveKey('codes'));
    const linkWith = async (text: string, type: 'enroll_webauthn' | 'challenge') => {
      const at = { tenantId: place.tenantId, poolId: place.poolId, userId: ada.id, type };
      const hash = secrets.hash(at, text);
      const times = { issuedAt: Date.now(), expiresAt: Date.now() + 60_000 };
      const rest = { isOwned: true, addresses: [], metadata: {}, attemptsLeft: 5, consumedBy: undefined, ...times };
      await platform.stores.codes.put({ ...at, ...rest, id: codeId(newId()), hash });
      return `${base}/set_webauthn?${new URLSearchParams({ code: extendedCode(ada.id, text) }).toString()}`;
    };
    const [mine, phone] = [browser(), softAuthenticator()];
    const challenge = await mine.open(await linkWith('111111', 'challenge'));
    const sendOn = (page: Shown) =>
      mine.submit(page, '/set_webauthn', {
        webauthn: JSON.stringify(phone.create(passkeyOptionsIn(page), { origin: house.origin })),
      });
    assert.equal((await sendOn(challenge)).status, 422);
    assert.deepEqual(await passkeysOf(ada.id), []);
    const page = await mine.open(await linkWith('222222', 'enroll_webauthn'));
    assert.equal((await mine.submit(page, '/set_webauthn', { webauthn: '' })).status, 422);
    assert.match((await sendOn(page)).text, /Your passkey is ready/);
    assert.equal((await sendOn(page)).status, 422, 'spent');
    assert.equal((await passkeysOf(ada.id)).length, 1);
    const { passwords } = platform.stores;
    assert.ok(await passwords.findByUser(place.tenantId, place.poolId, ada.id), 'what they had stays');
    const bare = await mine.open(`${base}/set_webauthn`);
    assert.doesNotMatch(bare.text, /name="code"|data-passkey-create/);
    await allow(['password']);
    assert.equal((await mine.open(page.url)).status, 404);
  });

  it('is added by no link whose page was open when the password was set anew', async () => {
    const { platform } = house;
    const ada = await house.addPerson(newAddress());
    const at = { tenantId: place.tenantId, poolId: place.poolId, userId: ada.id, type: 'enroll_webauthn' } as const;
    const hash = createCodeSecrets(platform.deriveKey('codes')).hash(at, '333333');
    const times = { issuedAt: Date.now(), expiresAt: Date.now() + 60_000 };
    const rest = { isOwned: true, addresses: [], metadata: {}, attemptsLeft: 5, consumedBy: undefined, ...times };
    await platform.stores.codes.put({ ...at, ...rest, id: codeId(newId()), hash });
    const mine = browser();
    const query = new URLSearchParams({ code: extendedCode(ada.id, '333333') });
    const page = await mine.open(`${base}/set_webauthn?${query.toString()}`);
    const webauthn = JSON.stringify(softAuthenticator().create(passkeyOptionsIn(page), { origin: house.origin }));
    await resetPassword(
      { service: platform.passwords.service, unitOfWork: platform.unitOfWork },
      at,
      'a password of their own again',
      '',
    );
    assert.equal((await mine.submit(page, '/set_webauthn', { webauthn })).status, 422);
    assert.deepEqual(await passkeysOf(ada.id), []);
  });

  it('is begun and finished by the published addresses, as text, in either spelling of base64', async () => {
    const [mine, address, phone] = [browser(), newAddress(), softAuthenticator()];
    const page = await register(mine, address);
    const at = (step: string) => `${base}/register/webauthn/${step}${page.url.search}&server_id=demo`;
    const answer = await post(mine, at('begin'), JSON.stringify({ identifier: address }));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const { publicKey } = creation.parse(await answer.json());
    assert.deepEqual([publicKey, publicKey.user.name], [passkeyOptionsIn(page), address], 'as the page has it');
    const made = phone.create(publicKey, { origin: house.origin });
    const standard = (text: string) => Buffer.from(text, 'base64url').toString('base64');
    const { clientDataJSON, attestationObject } = made.response;
    const spelled = {
      ...made,
      rawId: standard(made.rawId),
      response: { clientDataJSON: standard(clientDataJSON), attestationObject: standard(attestationObject) },
    };
    for (const one of [made, spelled]) assert.equal((await post(mine, at('finish'), JSON.stringify(one))).status, 204);
    const code = await codeTo(mine, address);
    const done = await mine.submit(page, '/register', { code, webauthn: JSON.stringify(spelled), password: '' });
    assert.equal(done.status, 200);
    assert.equal((await passkeysOf((await userWith(address))?.id ?? '')).length, 1);
  });

  it('is begun for the code of a link, by GET as well, and tells nobody whose the code is', async () => {
    const mine = browser();
    const ada = await house.addPerson(newAddress());
    const [hers, nobodys] = [extendedCode(ada.id, '123456'), extendedCode(userId('f'.repeat(32)), '123456')];
    const begun = async (code: string) => {
      const query = new URLSearchParams({ code }).toString();
      assert.equal((await post(mine, `${base}/set_webauthn/webauthn/begin?${query}`, '')).status, 200);
      const answer = await mine.ask(`${base}/activate/webauthn/begin?${query}`);
      assert.equal(answer.status, 200);
      const { publicKey } = creation.parse(await answer.json());
      return { ...publicKey, challenge: '', user: { ...publicKey.user, id: '' } };
    };
    assert.deepEqual(await begun(hers), await begun(nobodys));
  });

  it('is refused to a foreign page, without the page’s query, for bad bodies, and where there are no passkeys', async () => {
    const mine = browser();
    const { url } = await register(mine, newAddress());
    const begin = `${base}/register/webauthn/begin${url.search}`;
    assert.equal((await post(mine, begin, '{}', { origin: 'https://evil.example' })).status, 403);
    assert.equal((await post(mine, `${base}/register/webauthn/begin`, '{}')).status, 422);
    assert.equal((await post(mine, `${base}/register/webauthn/begin?for=made-up`, '{}')).status, 422);
    assert.equal((await post(mine, begin, 'no JSON')).status, 400);
    assert.equal((await post(mine, begin, '{"identifier":7}')).status, 422);
    assert.equal((await post(mine, begin, `{"identifier":"${'x'.repeat(40_000)}"}`)).status, 413);
    assert.equal((await post(mine, `${base}/register/webauthn/finish${url.search}`, '{}')).status, 422);
    assert.equal((await post(mine, '/default/identity/nowhere/register/webauthn/begin', '{}')).status, 404);
    await allow(['password']);
    assert.equal((await post(mine, begin, '{}')).status, 404);
    assert.equal((await post(mine, `${base}/login/webauthn/options`, '{"nonce":"n"}')).status, 404);
  });

  it('is asked for at a login by the nonce of its form, of one shape for everybody', async () => {
    const mine = browser();
    const known = newAddress();
    await house.addPerson(known);
    const optionsFor = async (identifier: string) => {
      const body = JSON.stringify({ identifier, nonce: 'the nonce of a form' });
      const answer = await post(mine, `${base}/login/webauthn/options?server_id=demo`, body);
      assert.equal(answer.status, 200);
      return z
        .looseObject({ publicKey: z.looseObject({ allowCredentials: z.array(z.looseObject({})) }) })
        .parse(await answer.json()).publicKey;
    };
    const [one, nobody, again] = [
      await optionsFor(known),
      await optionsFor('nobody@example.com'),
      await optionsFor('nobody@example.com'),
    ];
    assert.deepEqual(Object.keys(nobody), Object.keys(one));
    assert.deepEqual(again, nobody, 'who is not there is stable');
    assert.ok(one.allowCredentials.length > 0 && nobody.allowCredentials.length > 0);
    assert.equal((await post(mine, `${base}/login/webauthn/options`, '{"identifier":"x"}')).status, 422);
  });
});
