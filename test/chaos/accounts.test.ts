/** What people do at the pages of a pool: the server is killed in every transaction, and whoever sends the form again is done. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { composeCodes, type Codes } from '../../server/compose-codes.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { newId } from '../../server/kernel/ids.ts';
import type { Dispatch } from '../../server/messages/dispatch.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createRenderer } from '../../server/themes/renderer.ts';
import { createUserService } from '../../server/users/user.service.ts';
import { softAuthenticator } from '../support/authenticator.ts';
import { unverifiedMail, verifiedMail } from '../support/code-house.ts';
import { passkeyOptionsIn } from '../support/page-passkeys.ts';
import { createWebBrowser, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openPoolHouse, tenant, type PoolHouse } from './pool-house.ts';
import { faultOf, type Strike } from './struck.ts';

type Values = Readonly<Record<string, string>>;

/** What somebody does on the pool's pages by a code that they were sent. */
interface Errand {
  readonly path: string;
  readonly email: string;
  readonly password: string;
}

/** The same by a link: what its form is answered, and whether that came to be. */
interface LinkErrand {
  readonly path: string;
  readonly link: string;
  answer(page: Shown): Values;
  isDone(): Promise<boolean>;
}

describe('an errand at the pages of a pool', function () {
  this.timeout(300_000);
  let house: PoolHouse;
  let codes: Codes;

  before(async () => {
    house = await openPoolHouse();
    codes = composeCodes(house.office.platform, {
      renderer: createRenderer({ templatesDir: join(import.meta.dirname, '../../templates') }),
      dispatch: nothingIsSent,
      originOf: () => house.platform.origin,
    });
  });
  after(() => house.close());

  const codesTo = async (email: string): Promise<readonly string[]> => {
    const letters = (await house.office.platform.mailbox?.list()) ?? [];
    return letters.flatMap(({ to, text }) => (to === email ? (/^\d{6}$/m.exec(text) ?? []) : []));
  };
  /** @param tried those that are not waited for */
  const newestCode = async (email: string, tried: readonly string[] = []): Promise<string> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(20)) {
      const code = (await codesTo(email)).find((one) => !tried.includes(one));
      if (code !== undefined) return code;
    }
    throw new Error(`no code reached ${email}`);
  };

  const send = (browser: WebBrowser, page: Shown, path: string, values: Values, strike: Strike | undefined) =>
    house.send(() => browser.submit(page, path, values), strike);

  const isPasswordOf = async (email: string, password: string): Promise<boolean> => {
    const { stores, hasher } = house.office.platform;
    const owner = await stores.identifiers.findUser(tenant, demoPoolId, email);
    if (owner === undefined) return false;
    const kept = await stores.passwords.findByUser(tenant, demoPoolId, owner);
    const user = await stores.users.find(tenant, demoPoolId, owner);
    return user?.status === 'active' && kept !== undefined && (await hasher.verify(kept.hash, password));
  };

  /** @returns how often the server was killed */
  async function strikeThroughout(newErrand: () => Promise<Errand>): Promise<number> {
    const strikeForm = (form: 'name' | 'code') =>
      house.throughout(async (strike) => {
        const { path, email, password } = await newErrand();
        const browser = createWebBrowser(house.platform.origin);
        const first = await browser.open(`/default/identity/${demoPoolId}${path}`);
        const strikeAt = (one: typeof form) => (one === form ? strike : undefined);
        const asked = await send(browser, first, path, { identifier: email }, strikeAt('name'));
        const code = await newestCode(email);
        let done = await send(browser, asked.shown, path, { code, password }, strikeAt('code'));
        // Asked for twice, a code of the first letter is no longer good: they wait for the second one.
        if (asked.struck && !done.shown.url.search.includes('done=1')) {
          const second = { code: await newestCode(email, [code]), password };
          done = await send(browser, done.shown, path, second, undefined);
        }
        assertDone(done.shown, `${path} ${form}`, strike);
        assert.ok(await isPasswordOf(email, password), `${path} ${form} ${strike.place} ${String(strike.letBy)}`);
        return asked.struck || done.struck;
      });
    return (await strikeForm('name')) + (await strikeForm('code'));
  }

  /** @returns how often the server was killed */
  const strikeLinks = (newErrand: () => Promise<LinkErrand>): Promise<number> =>
    house.throughout(async (strike) => {
      const { path, link, answer, isDone } = await newErrand();
      const browser = createWebBrowser(house.platform.origin);
      const page = await browser.open(link);
      const { shown, struck } = await send(browser, page, path, answer(page), strike);
      assertDone(shown, path, strike);
      assert.ok(await isDone(), `${path} ${strike.place} ${String(strike.letBy)}`);
      return struck;
    });

  /** Somebody active, and a link with a code of theirs, as a program has it made. */
  async function linked(type: 'verify_address' | 'enroll_webauthn', path: string) {
    const { unitOfWork, hasher, passwords, stores } = house.office.platform;
    const { policy } = passwords;
    const email = `link-${newId()}@example.com`;
    const users = createUserService({ unitOfWork, hasher, policy, schemaCheck: createSchemaCheck(), clock });
    const addresses = [type === 'verify_address' ? unverifiedMail(email) : verifiedMail(email)];
    const identifiers = [{ type: 'email', value: email }] as const;
    const given = { tenantId: tenant, poolId: demoPoolId, payload: {}, identifiers, addresses };
    const { user } = await users.create({ ...given, password: newId() });
    const pool = await stores.pools.find(tenant, demoPoolId);
    assert.ok(pool);
    const to = [{ type: 'email', normalized: email }] as const;
    const { extendedCode: code } = await codes.routes.sender.generate({ pool, type, to, user });
    const query = new URLSearchParams({ code }).toString();
    return { user, path, link: `/default/identity/${demoPoolId}${path}?${query}` };
  }

  it('confirms an address', async () => {
    const strikes = await strikeLinks(async () => {
      const { user, path, link } = await linked('verify_address', '/verify');
      const listed = () => house.office.platform.stores.addresses.listOf(tenant, demoPoolId, user.id);
      return { path, link, answer: () => ({}), isDone: async () => (await listed())[0]?.verifiedAt !== undefined };
    });
    assert.ok(strikes >= 3, String(strikes));
  });

  it('adds a passkey, and one alone', async () => {
    const strikes = await strikeLinks(async () => {
      const { user, path, link } = await linked('enroll_webauthn', '/set_webauthn');
      const { passkeys } = house.office.platform.stores;
      return {
        path,
        link,
        answer(page) {
          const made = softAuthenticator(0).create(passkeyOptionsIn(page), { origin: house.platform.origin });
          return { webauthn: JSON.stringify(made) };
        },
        isDone: async () => (await passkeys.listOf(tenant, demoPoolId, user.id)).length === 1,
      };
    });
    assert.ok(strikes >= 3, String(strikes));
  });

  it('registers and activates somebody', async () => {
    const strikes = await strikeThroughout(() =>
      Promise.resolve({ path: '/register', email: `new-${newId()}@example.com`, password: newId() }),
    );
    assert.ok(strikes >= 6, String(strikes));
  });

  it('sets a password anew', async () => {
    const strikes = await strikeThroughout(async () => {
      const email = `old-${newId()}@example.com`;
      await house.office.addPerson({ name: 'Grace', email, password: newId(), isConfirmed: true });
      return { path: '/reset_password', email, password: newId() };
    });
    assert.ok(strikes >= 6, String(strikes));
  });
});

/** Codes are made here, and sent by the server. */
const nothingIsSent: Dispatch = {
  begin: () => {
    throw new Error('a message');
  },
  post: () => false,
  stop: () => Promise.resolve(),
};

function assertDone(shown: Shown, what: string, { place, letBy }: Strike): void {
  assert.match(shown.url.search, /done=1/, `${what} ${place} ${String(letBy)}: ${titleOf(shown)} ${faultOf(shown)}`);
}
