/** The form of the first factor: what it says, what it counts, and the mark it leaves in the browser. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { askFromPolicy } from '../../../server/codes/code-sender.service.ts';
import { attemptsOfCode } from '../../../server/codes/code.ts';
import type { Client } from '../../../server/clients/client.ts';
import { authenticate } from '../../support/relying-party.ts';
import {
  createWebBrowser,
  formOf,
  withoutSealed,
  type Shown,
  type ShownForm,
  type WebBrowser,
} from '../../support/web-browser.ts';
import { asking, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';
import { verifiedMail } from '../../support/code-house.ts';
import type { IdentityPoolIdp } from '../../../server/idps/idp.ts';
import { idpId, poolId, proofId } from '../../../server/kernel/ids.ts';
import type { Mechanism } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';

const nonceIn = ({ fields }: ShownForm): string => fields.find(([name]) => name === 'nonce')?.[1] ?? '';

describe('createFactorMove', () => {
  let house: WebLogin;
  let client: Client;
  const ada = { identifier: 'ada@example.com', password };

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
  });
  after(() => house.stop());
  afterEach(() => house.platform.database('throttles').delete());

  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser) => who.open(asking(house.issuer, client));

  it('says the same of a wrong password and of nobody, to the byte', async () => {
    const shown = async (identifier: string) => {
      const mine = browser();
      const page = await authenticate(mine, await begin(mine), { identifier, password: 'wrong' });
      const bytes = withoutSealed(page.text)
        .replaceAll(identifier, '{identifier}')
        .replaceAll(page.url.pathname.split('/')[4] ?? '', '{uid}')
        .replaceAll(/name="nonce" value="[^"]+"/g, '{nonce}');
      const names = [...page.headers.keys()].filter((name) => name !== 'date').toSorted();
      return { status: page.status, names, bytes };
    };
    const known = await shown('ada@example.com');
    assert.equal(known.status, 400);
    assert.deepEqual(await shown('eve@example.com'), known);
  });

  it('says what is missing or too long, and verifies nothing', async () => {
    const cases: readonly [string, string, string][] = [
      ['', password, 'identifier-error'],
      ['x'.repeat(400), password, 'identifier-error'],
      ['ada', '', 'password-error'],
      ['ada', 'x'.repeat(1025), 'password-error'],
    ];
    for (const [identifier, secret, field] of cases) {
      const mine = browser();
      const page = await authenticate(mine, await begin(mine), { identifier, password: secret });
      assert.equal(page.status, 400);
      assert.ok(page.text.includes(`id="${field}"`), `${identifier.slice(0, 10)} ${secret.slice(0, 10)}`);
    }
    assert.equal((await house.platform.database('throttles').select()).length, 0);
  });

  it('slows guessing, says for how long, and counts a guess that waits for nothing', async () => {
    const mine = browser();
    let page = await begin(mine);
    for (let guess = 0; guess < 6; guess += 1)
      page = await authenticate(mine, page, { ...ada, password: `guess ${String(guess)}` });
    page = await authenticate(mine, page, ada);
    assert.equal(page.status, 429);
    assert.ok(Number(page.headers.get('retry-after')) > 0);
  });

  it('marks the browser for the person who signed in, never for scripts', async () => {
    const mine = browser();
    const answer = await mine.ask(asking(house.issuer, client));
    const page = await mine.open(new URL(answer.headers.get('location') ?? '', house.origin));
    const form = formOf(page, '/authenticate');
    const posted = await mine.ask(new URL(form.action, page.url), {
      method: 'POST',
      body: new URLSearchParams({ nonce: nonceIn(form), identifier: 'ada', password }),
    });
    const cookie = posted.headers.getSetCookie().find((line) => line.startsWith('gatehouse_device='));
    assert.match(cookie ?? '', /HttpOnly/);
    assert.match(cookie ?? '', /SameSite=Lax/);
    assert.match(cookie ?? '', /Path=\/default\/demo/);
  });
});

describe('createFactorMove, where a pool allows several ways', () => {
  let house: WebLogin;
  let client: Client;
  let ada: User;
  const address = 'ada@codes.example';
  const old = 'an old password that was good';

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient({}, true);
    const made = await house.users().create({
      ...place,
      payload: { name: 'Ada' },
      identifiers: [{ type: 'uid', value: 'ada-of-codes' }],
      addresses: [verifiedMail(address)],
      password: old,
    });
    ada = made.user;
    await allow(['password', 'otp'], 'otp');
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('throttles').delete());

  const allow = async (authenticationMechanisms: readonly Mechanism[], preferred: Mechanism) => {
    const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    const settings = { ...pool.settings, preferred_authentication_mechanism: preferred };
    await house.platform.stores.pools.update({ ...pool, authenticationMechanisms, settings });
  };
  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser) => who.open(asking(house.issuer, client));
  const press = (who: WebBrowser, page: Shown, values: Readonly<Record<string, string>>) =>
    who.submit(page, '/authenticate', values);
  const name = (who: WebBrowser, page: Shown, identifier: string) =>
    press(who, page, { identifier, action: 'continue' });
  /** The form of the proof is the second one: the first lets somebody else sign in. */
  const answer = (who: WebBrowser, page: Shown, values: Readonly<Record<string, string>>) =>
    press(who, { ...page, text: page.text.slice(page.text.indexOf('</form>') + 7) }, values);
  const letters = async (to = address) => (await house.platform.mailbox?.list())?.filter((one) => one.to === to) ?? [];
  const codeIn = (text = '') => /^\d{6,}$/m.exec(text)?.[0] ?? '';
  /** Of the message that `work` has sent, which arrives beside the answer. */
  const codeOf = async <T>(work: () => Promise<T>): Promise<readonly [T, string]> => {
    const before = (await letters()).length;
    const done = await work();
    for (;;) {
      const all = await letters();
      if (all.length > before) return [done, codeIn(all[0]?.text)];
      await delay(5);
    }
  };
  const isDone = ({ url, left }: Shown): boolean => left && url.searchParams.get('code') !== null;

  it('asks who it is, sends a code to the address that is known, and lets in who types it', async () => {
    const mine = browser();
    const first = await begin(mine);
    assert.doesNotMatch(first.text, /name="password"/);
    const [page, code] = await codeOf(() => name(mine, first, 'ada-of-codes'));
    assert.match(page.text, /autocomplete="one-time-code"/);
    assert.match(page.text, /ada-of-codes/);
    assert.doesNotMatch(page.text, /ada@codes/, 'where it went is not told');
    assert.match(code, /^\d{6}$/);
    assert.ok(isDone(await answer(mine, page, { otp: `${code.slice(0, 3)} ${code.slice(3)}` })), 'as it is pasted');
  });

  it('keeps what was said through a reload, and forgets it when told to', async () => {
    const mine = browser();
    await name(mine, await begin(mine), 'ada-of-codes');
    const again = await mine.open(mine.at);
    assert.match(again.text, /ada-of-codes/);
    const forgotten = await press(mine, again, { action: 'change_user' });
    assert.match(forgotten.text, /name="identifier"/);
    assert.doesNotMatch(forgotten.text, /ada-of-codes/);
  });

  it('refuses a wrong code, one of another login, and one that was used', async () => {
    const [mine, theirs] = [browser(), browser()];
    const first = await begin(mine);
    const [page, code] = await codeOf(() => name(mine, first, 'ada-of-codes'));
    const wrong = await answer(mine, page, { otp: '000000' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /id="otp-error"/);
    assert.ok(isDone(await answer(mine, page, { otp: code })));
    const other = await name(theirs, await begin(theirs), 'ada-of-codes');
    assert.equal((await answer(theirs, other, { otp: code })).status, 400);
  });

  it('lets no stranger who asks and guesses for somebody spoil the code that they are typing', async () => {
    const [mine, theirs] = [browser(), browser()];
    const first = await begin(mine);
    const [page, code] = await codeOf(() => name(mine, first, 'ada-of-codes'));
    const start = await begin(theirs);
    const [other] = await codeOf(() => name(theirs, start, 'ada-of-codes'));
    for (let tries = 0; tries < attemptsOfCode; tries += 1) await answer(theirs, other, { otp: '000000' });
    assert.ok(isDone(await answer(mine, page, { otp: code })));
  });

  it('sends a code to the browser somebody signed in from, however often strangers have asked for theirs', async () => {
    const mine = browser();
    const first = await begin(mine);
    const [page, otp] = await codeOf(() => name(mine, first, 'ada-of-codes'));
    assert.ok(isDone(await answer(mine, page, { otp })));
    const theirs = browser();
    const start = await begin(theirs);
    let status = 0;
    while (status !== 429) ({ status } = await name(theirs, start, 'ada-of-codes'));
    const again = await mine.open(asking(house.issuer, client, { prompt: 'login' }));
    const [, code] = await codeOf(() => name(mine, again, 'ada-of-codes'));
    assert.match(code, /^\d{6}$/);
  });

  it('has one network address wait that asks for codes of very many people', async () => {
    const mine = browser();
    const first = await begin(mine);
    for (let n = 0; n <= askFromPolicy.free; n += 1)
      assert.equal((await name(mine, first, `somebody-${String(n)}`)).status, 200);
    assert.equal((await name(mine, first, 'ada-of-codes')).status, 429);
  });

  it('makes one login of a code that is sent twice at the same time', async () => {
    const mine = browser();
    const asks = await house.addClient();
    const first = await mine.open(asking(house.issuer, asks));
    const [page, otp] = await codeOf(() => name(mine, first, 'ada-of-codes'));
    const both = await Promise.all([answer(mine, page, { otp }), answer(mine, page, { otp })]);
    for (const { text } of both) assert.match(text, /name="decision"/);
    assert.equal((await house.platform.database('proofs').where({ client_id: asks.id })).length, 1);
  });

  it('sends elsewhere only to an address that is confirmed, and says the same either way', async () => {
    const mine = browser();
    let page = await name(mine, await begin(mine), 'ada-of-codes');
    page = await answer(mine, page, { action: 'change_to_otp_use_alternative' });
    assert.match(page.text, /name="destination_address"/);
    const before = (await letters('eve@evil.example')).length;
    const sent = await answer(mine, page, { action: 'send_otp', destination_address: 'eve@evil.example' });
    assert.match(sent.text, /autocomplete="one-time-code"/);
    assert.equal((await letters('eve@evil.example')).length, before);
  });

  it('is one press away from the password, which signs in as ever', async () => {
    const mine = browser();
    const page = await name(mine, await begin(mine), 'ada-of-codes');
    const last = {
      ...page,
      text: page.text.slice(
        page.text.lastIndexOf('<form method="post" action="', page.text.indexOf('change_to_password')),
      ),
    };
    const asked = await press(mine, last, { action: 'change_to_password' });
    assert.match(asked.text, /autocomplete="current-password"/);
    assert.ok(isDone(await answer(mine, asked, { password: old })));
  });

  it('says the same of somebody and of nobody, to the byte, at each of its steps', async () => {
    const shown = async (identifier: string) => {
      const mine = browser();
      const page = await name(mine, await begin(mine), identifier);
      const wrong = await answer(mine, page, { otp: '000000' });
      return [page, wrong].map(({ status, text, url }) => ({
        status,
        text: withoutSealed(text)
          .replaceAll(identifier, '{identifier}')
          .replaceAll(url.pathname.split('/')[4] ?? '', '{uid}')
          .replaceAll(/name="nonce" value="[^"]+"/g, '{nonce}'),
      }));
    };
    assert.deepEqual(await shown('nobody-of-codes'), await shown('ada-of-codes'));
  });

  it('asks for another password where the right one has expired, and refuses what breaks the rules', async () => {
    await allow(['password'], 'password');
    try {
      const { hash = '' } =
        (await house.platform.stores.passwords.findByUser(place.tenantId, place.poolId, ada.id)) ?? {};
      await house.platform.stores.passwords.set(place.tenantId, place.poolId, ada.id, hash, Date.now() - 1000);
      const mine = browser();
      const page = await press(mine, await begin(mine), { identifier: 'ada-of-codes', password: old });
      assert.match(page.text, /autocomplete="new-password"/);
      const reloaded = await mine.open(mine.at);
      assert.match(reloaded.text, /autocomplete="new-password"/, 'a reload asks the same');
      const refused = await press(mine, reloaded, { password: 'short' });
      assert.equal(refused.status, 400);
      assert.match(refused.text, /class="rule-failed" data-rule="min_length"/);
      const same = await press(mine, refused, { password: old });
      assert.match(same.text, /data-rule="not_used_since"/);
      assert.ok(isDone(await press(mine, same, { password: 'a new password that is good' })));
      const next = browser();
      assert.ok(
        isDone(
          await press(next, await begin(next), { identifier: 'ada-of-codes', password: 'a new password that is good' }),
        ),
      );
    } finally {
      await allow(['password', 'otp'], 'otp');
    }
  });

  describe('where the right password has expired', () => {
    const passwords = () => house.platform.stores.passwords;
    const present = () => passwords().findByUser(place.tenantId, place.poolId, ada.id);
    const was = 'a password of last year';
    const form = { identifier: 'ada-of-codes', password: was };
    let asks: Client;

    before(async () => {
      asks = await house.addClient();
      await allow(['password'], 'password');
    });
    after(() => allow(['password', 'otp'], 'otp'));
    beforeEach(async () => {
      await passwords().set(place.tenantId, place.poolId, ada.id, await house.platform.hasher.hash(was), 1);
    });
    const atNewPassword = async (mine: WebBrowser): Promise<Shown> => {
      const page = await press(mine, await mine.open(asking(house.issuer, asks)), form);
      assert.match(page.text, /autocomplete="new-password"/);
      return page;
    };
    const proofs = async () => (await house.platform.database('proofs').where({ client_id: asks.id })).length;

    it('makes one login and one change of a new one that is sent twice at once, and once more', async () => {
      const mine = browser();
      const page = await atNewPassword(mine);
      const [version, kept] = [(await present())?.version ?? 0, await proofs()];
      const send = () => press(mine, page, { password: 'a password of this year' });
      for (const { text } of [...(await Promise.all([send(), send()])), await send()])
        assert.match(text, /name="decision"/);
      assert.equal((await present())?.version, version + 1);
      assert.equal(await proofs(), kept + 1);
      const { database, stores } = house.platform;
      const rows = await database<{ id: string; client_id: string }>('proofs').where({ client_id: asks.id });
      for (const { id } of rows) {
        const proof = await stores.proofs.find(place.tenantId, place.workspaceId, proofId(id));
        assert.ok(proof?.content.kind === 'authenticated');
        assert.notEqual(proof.content.from?.ip ?? '', '', 'scripts judge by the request that brought it');
      }
    });

    it('gives nothing to who knew it, where its person has replaced it since', async () => {
      const theirs = browser();
      const page = await atNewPassword(theirs);
      const hash = await house.platform.hasher.hash('what its person has now');
      await passwords().set(place.tenantId, place.poolId, ada.id, hash, undefined);
      const kept = await proofs();
      const refused = await press(theirs, page, { password: 'taken over, it seems' });
      assert.equal(refused.status, 400);
      assert.match(refused.text, /autocomplete="current-password"/);
      assert.equal((await present())?.hash, hash);
      assert.equal(await proofs(), kept);
      const again = await press(theirs, refused, form);
      assert.match(again.text, /id="password-error"/);
    });
  });

  describe('where a password is replaced, and people of two pools sign in to the workspace', () => {
    const was = 'a password of last year';
    const form = { identifier: 'ada-of-codes', password: was };
    const taken = 'taken over, it seems';
    const other = { ...place, poolId: poolId('another-pool') };
    const another: IdentityPoolIdp = {
      ...other,
      id: idpId('another'),
      name: 'B',
      enabled: true,
      method: 'identity_pool',
    };
    let own: IdentityPoolIdp;
    let asks: Client;

    before(async () => {
      asks = await house.addClient();
      await allow(['password'], 'password');
      const { pools, idps } = house.platform.stores;
      const pool = await pools.find(place.tenantId, place.poolId);
      const [first] = await idps.list(place.tenantId, place.workspaceId);
      assert.ok(pool !== undefined && first?.method === 'identity_pool');
      own = first;
      await pools.insert({ ...pool, id: other.poolId });
      await idps.insert(another);
      // Whoever is called the same there, and has the same id, is somebody else.
      await house
        .users()
        .create({ ...other, id: ada.id, payload: {}, identifiers: [{ type: 'uid', value: 'ada-of-codes' }] });
    });
    after(async () => {
      await house.platform.stores.idps.remove(place.tenantId, place.workspaceId, another.id);
      await allow(['password', 'otp'], 'otp');
    });
    beforeEach(async () => {
      const { passwords } = house.platform.stores;
      const hashes = await Promise.all([was, 'what nobody here knows'].map((text) => house.platform.hasher.hash(text)));
      for (const [at, { poolId: pool }] of [place, other].entries())
        await passwords.set(place.tenantId, pool, ada.id, hashes[at], 1);
      // Marks alike, so that nothing but the pool keeps them apart.
      await house.platform.database('password_credentials').where({ user_id: ada.id }).update({ version: 70 });
    });

    const at = async (mine: WebBrowser, idp: IdentityPoolIdp): Promise<Shown> => {
      const { url } = await mine.open(asking(house.issuer, asks));
      url.searchParams.set('idp', idp.id);
      return mine.open(url);
    };
    const atNewPassword = async (mine: WebBrowser): Promise<Shown> => {
      const page = await press(mine, await at(mine, own), form);
      assert.match(page.text, /autocomplete="new-password"/);
      return page;
    };
    const send = (mine: WebBrowser, { url }: Shown, nonce: string, idp: IdentityPoolIdp) => {
      const action = new URL(`${url.pathname}/authenticate?idp=${idp.id}`, url);
      const body = new URLSearchParams({ nonce, action: 'set_new_password_after_authn', password: taken });
      return mine.ask(action, { method: 'POST', body, headers: { origin: house.origin } });
    };
    const shownNonce = (page: Shown) => nonceIn(formOf(page, '/authenticate'));
    const nothingHappened = async (answer: Response) => {
      assert.ok(answer.status >= 400, String(answer.status));
      const rows: readonly { version: number }[] = await house.platform
        .database('password_credentials')
        .where({ user_id: ada.id });
      assert.deepEqual(
        rows.map(({ version }) => version),
        [70, 70],
      );
      assert.equal((await house.platform.database('proofs').where({ client_id: asks.id })).length, 0);
    };

    it('replaces it in the pool it was proven in: this is the form that the attacks below are made of', async () => {
      const mine = browser();
      const page = await atNewPassword(mine);
      const answer = await send(mine, page, shownNonce(page), own);
      assert.equal(answer.status, 303);
      assert.equal(await house.platform.database('proofs').where({ client_id: asks.id }).delete(), 1);
    });

    it('replaces nothing in the pool of another idp that the form is sent to', async () => {
      const mine = browser();
      const page = await atNewPassword(mine);
      await nothingHappened(await send(mine, page, shownNonce(page), another));
    });

    it('replaces nothing where the idp leads to another pool by now', async () => {
      const mine = browser();
      const page = await atNewPassword(mine);
      const { idps } = house.platform.stores;
      await idps.update({ ...own, poolId: other.poolId });
      try {
        await nothingHappened(await send(mine, page, shownNonce(page), own));
      } finally {
        await idps.update(own);
      }
    });

    it('takes neither the nonce nor what was proven of one login for another', async () => {
      const mine = browser();
      const proven = await atNewPassword(mine);
      for (const idp of [own, another]) {
        const fresh = await at(mine, idp);
        await nothingHappened(await send(mine, fresh, shownNonce(proven), idp));
        await nothingHappened(await send(mine, fresh, shownNonce(fresh), idp));
        // Who could write rows would still not move it: it is sealed for its login.
        const rows = () => house.platform.database<{ uid: string; sealed_attempt: string | null }>('interactions');
        const uidOf = ({ url }: Shown) => url.pathname.split('/')[4] ?? '';
        const row = await rows()
          .where({ uid: uidOf(proven) })
          .first();
        assert.ok(row?.sealed_attempt);
        await rows()
          .where({ uid: uidOf(fresh) })
          .update({ sealed_attempt: row.sealed_attempt });
        await nothingHappened(await send(mine, fresh, shownNonce(fresh), idp));
      }
    });
  });

  it('sets no password for who never proved the old one', async () => {
    const mine = browser();
    const page = await begin(mine);
    const before = await house.platform.stores.passwords.findByUser(place.tenantId, place.poolId, ada.id);
    const refused = await press(mine, page, {
      action: 'set_new_password_after_authn',
      password: 'taken over, it seems',
    });
    assert.equal(refused.status, 400);
    const after = await house.platform.stores.passwords.findByUser(place.tenantId, place.poolId, ada.id);
    assert.equal(after?.hash, before?.hash);
  });
});
