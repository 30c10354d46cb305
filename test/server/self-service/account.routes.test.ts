/** Accounts that people look after by themselves, at the pages of their pool; and what strangers learn there: nothing. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../../server/clients/client.ts';
import { schemaId, userId } from '../../../server/kernel/ids.ts';
import type { CodeType } from '../../../server/codes/code.ts';
import type { LinkParameters } from '../../../server/codes/code-link.ts';
import type { Dispatch } from '../../../server/messages/dispatch.ts';
import type { Mechanism, Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import type { AskedFrom } from '../../../server/codes/code-asking.ts';
import { askFromPolicy, sendToAllPolicy } from '../../../server/codes/code-sender.service.ts';
import { verifiedMail } from '../../support/code-house.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('createAccountRoutes', () => {
  let house: WebLogin;
  let client: Client;
  let ada: User;
  const address = 'ada@account.example';
  const base = `/${place.tenantId}/identity/${place.poolId}`;
  const good = 'a password nobody would think of';

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient({}, true);
    const made = await house.users().create({
      ...place,
      id: userId('ada'),
      payload: { name: 'Ada' },
      identifiers: [{ type: 'email', value: address }],
      addresses: [verifiedMail(address)],
      password,
    });
    ada = made.user;
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('throttles').delete());
  afterEach(() => change({}));

  const change = async (settings: Readonly<Record<string, unknown>>) => {
    const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    const usual = {
      public_registration_allowed: true,
      reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: false },
    };
    await house.platform.stores.pools.update({ ...pool, settings: { ...pool.settings, ...usual, ...settings } });
  };
  const withMechanisms = async (authenticationMechanisms: readonly Mechanism[], work: () => Promise<void>) => {
    const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    await house.platform.stores.pools.update({ ...pool, authenticationMechanisms });
    try {
      await work();
    } finally {
      await house.platform.stores.pools.update(pool);
    }
  };
  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const letters = async (to: string) => (await house.platform.mailbox?.list())?.filter((one) => one.to === to) ?? [];
  const sentTo = async <T>(to: string, work: () => Promise<T>): Promise<readonly [T, string]> => {
    const before = (await letters(to)).length;
    const done = await work();
    for (;;) {
      const all = await letters(to);
      if (all.length > before) return [done, all[0]?.text ?? ''];
      await delay(5);
    }
  };
  const linkIn = ({ text }: Shown, to: string): string =>
    new RegExp(`href="([^"]*/${to}[^"]*)"`).exec(text)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? '';
  const digitsIn = (text: string): string => /^\d{6,}$/m.exec(text)?.[0] ?? '';
  const fill = (who: WebBrowser, page: Shown, values: Readonly<Record<string, string>>) =>
    who.submit(page, page.url.pathname.split('/').at(-1) ?? '', values);
  const sameFor = (text: string): string => text.replaceAll(/name="nonce" value="[^"]{32}"/g, 'name="nonce"');
  const signIn = async (identifier: string, secret: string) => {
    const mine = browser();
    const page = await mine.open(asking(house.issuer, client));
    return mine.submit(page, '/authenticate', { identifier, password: secret });
  };

  /** As a program has it sent over the Identity API. */
  const linksOf = async (pool: Pool, dispatch?: Dispatch) => {
    const { composeCodes } = await import('../../../server/compose-codes.ts');
    const { createRenderer } = await import('../../../server/themes/renderer.ts');
    const { composeDispatch } = await import('../../../server/compose-messages.ts');
    const { createDirectDeliveries } = await import('../../support/direct-deliveries.ts');
    const { composeActivities } = await import('../../../server/compose-activities.ts');
    const codes = composeCodes(house.platform, {
      renderer: createRenderer({ templatesDir: new URL('../../../templates', import.meta.url).pathname }),
      dispatch:
        dispatch ??
        composeDispatch(
          house.platform,
          createDirectDeliveries(() => composeActivities(house.platform)),
        ),
      originOf: () => house.origin,
    });
    const common = { pool, name: 'Shop', locale: 'en', from: { kind: 'program' } } as const;
    const send = (user: User, normalized: string, type: CodeType, link: LinkParameters, from?: AskedFrom) => {
      const to = [{ type: 'email', normalized }] as const;
      const asked = from === undefined ? {} : { from };
      return codes.routes.sender.send({ ...common, ...asked, user, typed: user.id, to, type, link });
    };
    return { send };
  };

  describe('a password that is set anew', () => {
    it('leads from a login over a code back to that login, which the new one opens', async () => {
      await change({});
      const mine = browser();
      const login = await mine.open(asking(house.issuer, client));
      const asked = await mine.open(linkIn(login, 'reset_password'));
      const [page, letter] = await sentTo(address, () => fill(mine, asked, { identifier: ' ADA@account.example' }));
      assert.match(page.text, /name="code"/);
      assert.doesNotMatch(page.url.href, /\bada\b/i, 'no address tells who it is');
      const refused = await fill(mine, page, { code: digitsIn(letter), password: 'short' });
      assert.equal(refused.status, 422);
      assert.match(refused.text, /class="rule-failed" data-rule="min_length"/);
      const back = await fill(mine, refused, { code: digitsIn(letter), password: good });
      assert.match(back.text, /Your password was changed/);
      assert.equal(back.url.pathname, login.url.pathname);
      const end = await mine.submit(back, '/authenticate', { identifier: address, password: good });
      assert.ok(end.left && end.url.searchParams.get('code'));
      assert.equal((await signIn(address, password)).status, 400, 'the old one opens nothing');
    });

    it('says the same of somebody and of nobody, to the byte, and refuses their codes alike', async () => {
      const shown = async (identifier: string) => {
        const mine = browser();
        const page = await fill(mine, await mine.open(`${base}/reset_password`), { identifier });
        const wrong = await fill(mine, page, { code: '000000', password: good });
        return [page, wrong].map(({ status, text }) => ({
          status,
          text: sameFor(text.replaceAll(identifier, '{identifier}').replaceAll(/for(?:=|&#x3D;)[^"&]+/g, '{for}')),
        }));
      };
      const [known] = await sentTo(address, () => shown(address));
      assert.deepEqual(await shown('eve@account.example'), known);
    });

    it('is no stranger’s to void, who asks for it too and guesses', async () => {
      const mine = browser();
      const asked = await mine.open(`${base}/reset_password`);
      const [page, letter] = await sentTo(address, () => fill(mine, asked, { identifier: address }));
      const stranger = browser();
      const theirs = await fill(stranger, await stranger.open(`${base}/reset_password`), { identifier: address });
      for (let n = 0; n < 7; n += 1)
        assert.equal((await fill(stranger, theirs, { code: digitsIn(letter), password: good })).status, 422);
      const done = await fill(mine, page, { code: digitsIn(letter), password: 'a password that nobody knows yet' });
      assert.match(done.text, /Your password is set/);
    });

    describe('where strangers asked for all that may be sent to its owner', () => {
      const marked = (who: WebBrowser): boolean => who.jar.header(base).includes('gatehouse_device=');
      const owner = async (mail: string): Promise<User> => {
        const identifiers = [{ type: 'email', value: mail }] as const;
        const person = { ...place, payload: {}, identifiers, addresses: [verifiedMail(mail)], password };
        return (await house.users().create(person)).user;
      };
      /** From as many network addresses as they like; what is sent stays where it is. */
      const flooded = async (user: User, mail: string) => {
        const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
        assert.ok(pool);
        const lost = { begin: () => undefined, post: () => true, stop: () => Promise.resolve() };
        const { send } = await linksOf(pool, lost);
        for (let n = 0; n <= sendToAllPolicy.free + 1; n += 1)
          await send(user, mail, 'reset_password', {}, { kind: 'address', address: `203.0.113.${String(n)}` });
      };
      const withheld = async () => (await house.platform.database('messages').where('state', 'withheld')).length;
      const isSentTo = async (who: WebBrowser, mail: string) => {
        const before = await withheld();
        await fill(who, await who.open(`${base}/reset_password`), { identifier: mail });
        return (await withheld()) === before;
      };

      it('is for a browser that they set it from, and for no stranger’s', async () => {
        const mail = 'mary@account.example';
        const mary = await owner(mail);
        const mine = browser();
        const asked = await mine.open(`${base}/reset_password`);
        const [page, letter] = await sentTo(mail, () => fill(mine, asked, { identifier: mail }));
        assert.ok(!marked(mine), 'whoever asks has shown nothing');
        await fill(mine, page, { code: digitsIn(letter), password: good });
        assert.ok(marked(mine));
        await flooded(mary, mail);
        assert.equal(await isSentTo(browser(), mail), false);
        assert.equal(await isSentTo(mine, mail), true);
      });

      it('is for a browser that they signed in from, by another way too, and not for somebody else in theirs', async () => {
        const mail = 'dorothy@account.example';
        const dorothy = await owner(mail);
        await owner('eve-knows@account.example');
        const [mine, eve] = [browser(), browser()];
        for (const [who, identifier] of [
          [mine, mail],
          [eve, 'eve-knows@account.example'],
        ] as const) {
          const login = await who.open(asking(house.issuer, client));
          await who.submit(login, '/authenticate', { identifier, password });
        }
        assert.deepEqual([marked(mine), marked(eve)], [true, true]);
        await flooded(dorothy, mail);
        assert.equal(await isSentTo(eve, mail), false);
        assert.equal(await isSentTo(mine, mail), true);
      });
    });

    it('is not offered, nor done, where the pool keeps it for administrators', async () => {
      await change({ reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: true } });
      const mine = browser();
      assert.doesNotMatch((await mine.open(asking(house.issuer, client))).text, /reset_password/);
      assert.equal((await mine.open(`${base}/reset_password`)).status, 404);
    });

    it('is asked for by forms of our own pages alone', async () => {
      const before = (await letters(address)).length;
      const sent = await fetch(`${house.origin}${base}/reset_password`, {
        method: 'POST',
        headers: { origin: 'https://evil.example' },
        body: new URLSearchParams({ identifier: address }),
      });
      assert.equal(sent.status, 403);
      assert.equal((await letters(address)).length, before);
    });

    it('leads nowhere but to a login of the tenant', async () => {
      const page = await browser().open(`${base}/reset_password?login=https%3A%2F%2Fevil.example%2Fx`);
      assert.doesNotMatch(page.text, /evil/);
    });
  });

  describe('a link of a message', () => {
    const linkFrom = async (): Promise<string> => {
      const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
      assert.ok(pool);
      const { send } = await linksOf(pool);
      const [, letter] = await sentTo(address, () => send(ada, address, 'reset_password', {}));
      return /https?:\/\/\S+/.exec(letter)?.[0] ?? '';
    };
    it('is used up by the person who confirms, in any browser, not by whoever opens it', async () => {
      const link = await linkFrom();
      for (let opened = 0; opened < 3; opened += 1) assert.equal((await browser().open(link)).status, 200);
      const mine = browser();
      const page = await mine.open(link);
      assert.doesNotMatch(page.text, /inputmode="numeric"/, 'nothing is to be typed but the password');
      const done = await fill(mine, page, { password: 'another password nobody knows' });
      assert.match(done.text, /Your password is set/);
      const pressedTwice = await fill(mine, page, { password: 'another password nobody knows' });
      assert.match(pressedTwice.text, /Your password is set/, 'the same form once more is told the same');
      const again = await fill(mine, page, { password: 'the password of a thief' });
      assert.equal(again.status, 422);
      assert.match(again.text, /This link has been used/);
      assert.doesNotMatch(again.text, /<form/, 'nothing more is asked for');
      assert.match(again.text, /<a class="button" href="[^"]*\/reset_password"/);
      assert.ok((await signIn(address, 'another password nobody knows')).left);
    });
  });

  describe('the link of an activation', () => {
    const invited = async (name: string, link: LinkParameters): Promise<string> => {
      const mail = `${name}@account.example`;
      const pool = await house.platform.stores.pools.find(place.tenantId, place.poolId);
      assert.ok(pool);
      const { user } = await house.users().create({
        ...place,
        status: 'new',
        payload: {},
        identifiers: [],
        addresses: [{ ...verifiedMail(mail), isVerified: false }],
      });
      const { send } = await linksOf(pool);
      const [, letter] = await sentTo(mail, () => send(user, mail, 'activation', link));
      return /https?:\/\/\S+/.exec(letter)?.[0] ?? '';
    };
    const done = async (link: string): Promise<string> => {
      const mine = browser();
      const page = await mine.open(link);
      return (await fill(mine, page, { password: good })).text;
    };

    it('leads on to an application of the workspace, and nowhere that somebody else writes into it', async () => {
      const [redirect = ''] = client.metadata.redirect_uris ?? [];
      const target = `${new URL(redirect).origin}/welcome`;
      const link = { server_id: client.workspaceId, post_activation_url: target };
      assert.ok((await done(await invited('first', link))).includes(`href="${target}"`));
      for (const [n, evil] of ['https://evil.example/', 'javascript:alert(1)', '//evil.example'].entries()) {
        const forged = new URL(await invited(`forged${String(n)}`, link));
        forged.searchParams.set('post_activation_url', evil);
        const text = await done(forged.href);
        assert.match(text, /Your account is ready/);
        assert.doesNotMatch(text, /href="[^"]*(?:evil|alert)/);
      }
    });
  });

  describe('registering', () => {
    it('makes an account of whoever has the address, who then signs in', async () => {
      await change({});
      const mine = browser();
      const login = await mine.open(asking(house.issuer, client));
      const newcomer = 'grace@account.example';
      const asked = await mine.open(linkIn(login, 'register'));
      const [page, letter] = await sentTo(newcomer, () => fill(mine, asked, { identifier: newcomer }));
      assert.equal((await signIn(newcomer, good)).status, 400, 'not before the address is shown to be theirs');
      const back = await fill(mine, page, { code: digitsIn(letter), password: good });
      assert.match(back.text, /Your account is ready/);
      assert.ok((await signIn(newcomer, good)).left);
    });

    it('carries what they said they are called from a login to it and back, and no address tells it', () =>
      withMechanisms(['password', 'otp'], async () => {
        await change({});
        const mine = browser();
        const newcomer = 'hopper@account.example';
        const first = await mine.open(asking(house.issuer, client));
        const login = await mine.submit(first, '/authenticate', { identifier: newcomer, action: 'continue' });
        const asked = await mine.open(linkIn(login, 'register'));
        const given = 'value="hopper@account.example"';
        for (const page of [asked, await mine.open(linkIn(login, 'reset_password'))]) {
          assert.doesNotMatch(page.url.href, /hopper/i);
          assert.ok(page.text.includes(given));
        }
        const [page, letter] = await sentTo(newcomer, () => mine.submit(asked, '/register', { name: 'Grace' }));
        const back = await fill(mine, page, { code: digitsIn(letter), password: good });
        assert.match(back.text, /Your account is ready/);
        assert.match(back.text, /<strong>hopper@account\.example/, 'the login goes on as them');
        assert.doesNotMatch(back.url.href, /hopper/i);

        const other = 'another@account.example';
        const again = await mine.open(linkIn(first, 'register'));
        const [elsewhere, mail] = await sentTo(other, () => fill(mine, again, { identifier: other }));
        const asOther = await fill(mine, elsewhere, { code: digitsIn(mail), password: good });
        assert.ok(
          asOther.text.includes('value="another@account.example"'),
          'who comes back as somebody else is asked as that one',
        );
      }));

    it('asks who could not be called so here', () =>
      withMechanisms(['password', 'otp'], async () => {
        await change({});
        const mine = browser();
        const first = await mine.open(asking(house.issuer, client));
        const login = await mine.submit(first, '/authenticate', { identifier: 'hopper', action: 'continue' });
        assert.doesNotMatch(linkIn(login, 'register'), /[?&]for=/);
        assert.match(linkIn(login, 'reset_password'), /[?&]for=/);
      }));

    it('tells the owner of an address, and whoever typed it nothing', async () => {
      await change({});
      const mine = browser();
      const shown = async (identifier: string) => {
        const [{ status, text }, letter] = await sentTo(identifier, async () =>
          fill(mine, await mine.open(`${base}/register`), { identifier }),
        );
        // As long as it is: it holds an id, and the owner's may have any length.
        const dots = (sealed: string) => '.'.repeat(sealed.length);
        const drawn = text.replaceAll(identifier, '{identifier}').replaceAll(/for(?:=|&#x3D;)[^"&]+/g, dots);
        return { page: { status, text: sameFor(drawn) }, letter };
      };
      const taken = await shown(address);
      const fresh = await shown('new@account.example');
      assert.deepEqual(taken.page, fresh.page);
      assert.equal(digitsIn(taken.letter), '');
      assert.match(digitsIn(fresh.letter), /^\d{6}$/);
    });

    it('asks as often of an address that is taken as of a new one, before it asks to wait', async () => {
      await change({});
      const statuses = async (identifier: string) => {
        const found: number[] = [];
        for (let n = 0; n < 9; n += 1) {
          const mine = browser();
          found.push((await fill(mine, await mine.open(`${base}/register`), { identifier })).status);
        }
        return found;
      };
      const taken = await statuses(address);
      assert.ok(taken.includes(429));
      assert.deepEqual(await statuses('newer@account.example'), taken);
    });

    for (const order of [
      ['owner', 'stranger'],
      ['stranger', 'owner'],
    ] as const)
      it(`makes of whoever confirms what they said themselves (first the ${order[0]}, then the ${order[1]})`, async () => {
        await change({});
        const newcomer = `first-the-${order[0]}@account.example`;
        const owner = browser();
        let page: Shown | undefined;
        let code = '';
        for (const who of order) {
          const name = who === 'owner' ? 'Katherine Johnson' : 'A stranger';
          const theirs = who === 'owner' ? owner : browser();
          const form = await theirs.open(`${base}/register`);
          const [next, letter] = await sentTo(newcomer, () =>
            fill(theirs, form, { identifier: newcomer, 'payload.name': name }),
          );
          if (who === 'owner') [page, code] = [next, digitsIn(letter)];
        }
        assert.ok(page);
        assert.match((await fill(owner, page, { code, password: good })).text, /Your account is ready/);
        const { identifiers, users } = house.platform.stores;
        const id = await identifiers.findUser(place.tenantId, place.poolId, newcomer);
        const made = await users.find(place.tenantId, place.poolId, id ?? userId('nobody'));
        assert.deepEqual(made?.payload, { email: newcomer, name: 'Katherine Johnson' });
      });

    it('makes no more people for one network address than it may ask for, whatever it names', async () => {
      await change({});
      const people = async () => (await house.platform.database('users').select('id')).length;
      const before = await people();
      const mine = browser();
      const page = await mine.open(`${base}/register`);
      const statuses: number[] = [];
      // Only once it is refused: after some seconds it may ask again.
      while (statuses.at(-1) !== 429 && statuses.length < askFromPolicy.free + 10)
        statuses.push(
          (await fill(mine, page, { identifier: `flood-${String(statuses.length)}@account.example` })).status,
        );
      assert.equal(statuses.filter((status) => status === 200).length, askFromPolicy.free + 1);
      assert.equal(statuses.at(-1), 429);
      assert.equal((await people()) - before, askFromPolicy.free + 1, 'nobody was made for what was refused');
      assert.equal((await fill(mine, await mine.open(`${base}/reset_password`), { identifier: address })).status, 429);
    });

    const withSchema = async (name: string, schema: Record<string, unknown>): Promise<void> => {
      const at = { name, description: '', isSystem: false, createdAt: 0, updatedAt: 0 };
      await house.platform.stores.schemas.insert({ tenantId: place.tenantId, id: schemaId(name), schema, ...at });
      await change({ payload_schema_id: name });
    };

    it('asks what the schema requires of everybody, marks what is not as it should be, and keeps the rest', async () => {
      await withSchema('asks-for-names', {
        type: 'object',
        required: ['given_name', 'children', 'terms'],
        properties: {
          given_name: { type: 'string', title: 'Called <b>', minLength: 2 },
          children: { type: 'integer', minimum: 0 },
          terms: { type: 'boolean', const: true, title: 'I have read it' },
          role: { type: 'string' },
          email: { type: 'string' },
        },
      });
      const mine = browser();
      const form = await mine.open(`${base}/register`);
      assert.match(form.text, /Called &lt;b&gt;/, 'a title is text');
      assert.doesNotMatch(form.text, /role/, 'what nobody requires is not asked');
      const newcomer = 'hedy@account.example';
      const said = { identifier: newcomer, 'payload.given_name': ' Hedy ', 'payload.role': 'administrator' };
      const again = await fill(mine, form, { ...said, 'payload.children': 'three' });
      assert.equal(again.status, 422);
      assert.match(again.text, /id="payload.given_name"[^>]* value="Hedy"/);
      const marked = [...again.text.matchAll(/id="payload\.(\w+)-error"/g)].map(([, name]) => name);
      assert.deepEqual(marked, ['children', 'terms']);
      assert.equal((await letters(newcomer)).length, 0);
      const rest = { 'payload.children': '3', 'payload.terms': '1' };
      const [page, letter] = await sentTo(newcomer, () => fill(mine, again, { ...said, ...rest }));
      const back = await fill(mine, page, { code: digitsIn(letter), password: good });
      assert.match(back.text, /Your account is ready/);
      const { identifiers, users } = house.platform.stores;
      const id = await identifiers.findUser(place.tenantId, place.poolId, newcomer);
      const made = await users.find(place.tenantId, place.poolId, id ?? userId('nobody'));
      assert.deepEqual(made?.payload, { email: newcomer, given_name: 'Hedy', children: 3, terms: true });
      await change({ payload_schema_id: 'user_v0' });
    });

    it('asks for a name, which nobody has to give, where the schema requires nothing', async () => {
      await change({});
      const mine = browser();
      const form = await mine.open(`${base}/register`);
      assert.match(form.text, /<label for="payload.name">Your name <span class="optional">\(optional\)/);
      const newcomer = 'ida@account.example';
      await sentTo(newcomer, () => fill(mine, form, { identifier: newcomer, 'payload.name': 'Ida Rhodes' }));
      const waiting = await house.platform.database('users').where('status', 'new').select('payload');
      assert.ok(waiting.some(({ payload }) => JSON.stringify(payload).includes('Ida Rhodes')));
    });

    it('has another code sent without asking again what was typed, and makes them what they said', async () => {
      await change({});
      const mine = browser();
      const newcomer = 'annie@account.example';
      const form = await mine.open(`${base}/register`);
      const [page, first] = await sentTo(newcomer, () =>
        fill(mine, form, { identifier: newcomer, 'payload.name': 'Mary Jackson' }),
      );
      const href = /href="([^"]*again[^"]*)"/.exec(page.text)?.[1] ?? '';
      const filled = await mine.open(href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
      assert.match(filled.text, /id="identifier"[^>]* value="annie@account.example"/);
      const [next, second] = await sentTo(newcomer, () => fill(mine, filled, {}));
      const refused = await fill(mine, next, { code: digitsIn(first), password: good });
      assert.match(refused.text, /id="code-error"/, 'the one before is void');
      await fill(mine, refused, { code: digitsIn(second), password: good });
      const { identifiers, users } = house.platform.stores;
      const id = await identifiers.findUser(place.tenantId, place.poolId, newcomer);
      const made = await users.find(place.tenantId, place.poolId, id ?? userId('nobody'));
      assert.deepEqual([made?.status, made?.payload['name']], ['active', 'Mary Jackson']);
    });

    it('asks a right code once, whatever was wrong with the password; a wrong one again', async () => {
      await change({ password_policy: { min_length: 12 } });
      const mine = browser();
      const newcomer = 'katherine@account.example';
      const form = await mine.open(`${base}/register`);
      const [page, letter] = await sentTo(newcomer, () => fill(mine, form, { identifier: newcomer }));
      const typed = (shown: Shown) => /id="code"[^>]* value="([^"]*)"/.exec(shown.text)?.[1];
      const code = digitsIn(letter);
      assert.match(code, /^\d{6}$/, letter);
      const empty = await fill(mine, page, { code, password: '' });
      const weak = await fill(mine, empty, { code: typed(empty) ?? '', password: 'short' });
      assert.deepEqual([typed(page), typed(empty), typed(weak)], ['', code, code]);
      for (const shown of [empty, weak]) assert.match(shown.text, /id="password"[^>]* autofocus/);
      const wrong = await fill(mine, weak, { code: '000000x', password: good });
      assert.equal(typed(wrong), '');
      const done = await fill(mine, weak, { password: good });
      assert.match(done.text, /Your account is ready/);
      await change({ password_policy: { min_length: 8 } });
    });

    it('says whom to ask where the pool wants more than a page can ask, and makes nobody', async () => {
      await withSchema('wants-a-home', {
        type: 'object',
        required: ['address'],
        properties: { address: { type: 'object' } },
      });
      const page = await browser().open(`${base}/register`);
      const refused = await fill(browser(), page, { identifier: 'homeless@account.example' });
      await change({ payload_schema_id: 'user_v0' });
      assert.equal(refused.status, 422);
      assert.match(refused.text, /id="identifier-error"[^>]*>[^<]*Ask whoever runs this/);
      assert.equal((await letters('homeless@account.example')).length, 0);
    });

    it('is no page of a pool that does not allow it, and takes no text that is no address', async () => {
      await change({ public_registration_allowed: false });
      assert.equal((await browser().open(`${base}/register`)).status, 404);
      await change({});
      const mine = browser();
      const page = await fill(mine, await mine.open(`${base}/register`), { identifier: 'not an address' });
      assert.equal(page.status, 422);
      assert.match(page.text, /id="identifier-error"/);
      const empty = await fill(mine, page, { identifier: ' ' });
      assert.match(empty.text, /id="identifier-error"[^>]*>Enter your email or phone number\./);
    });
  });
});
