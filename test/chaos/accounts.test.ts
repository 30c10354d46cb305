/** What people do at the pages of a pool: the server is killed in every transaction, and whoever sends the form again is done. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { composeCodes, type Codes } from '../../server/compose-codes.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { newId, tenantId } from '../../server/kernel/ids.ts';
import type { Dispatch } from '../../server/messages/dispatch.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createRenderer } from '../../server/themes/renderer.ts';
import { createUserService } from '../../server/users/user.service.ts';
import { softAuthenticator } from '../support/authenticator.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { unverifiedMail, verifiedMail } from '../support/code-house.ts';
import { passkeyOptionsIn } from '../support/page-passkeys.ts';
import { workPlaces } from '../support/chaos/places.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { createWebBrowser, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { faultOf, sendingStruck, type Strike } from './struck.ts';

const tenant = tenantId('default');
/** An errand that takes more of them has lost its way. */
const mostTransactions = 12;

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
  answer(page: Shown): Readonly<Record<string, string>>;
  isDone(): Promise<boolean>;
}

describe('an errand at the pages of a pool', function () {
  this.timeout(300_000);
  let folder: string;
  let platform: TestPlatform;
  let office: BackOffice;
  let codes: Codes;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
    platform = await startTestPlatform({ entry: 'test/support/chaos-start.ts', env: { CHAOS_DIR: folder } });
    office = await openBackOffice(platform);
    const { pools } = office.platform.stores;
    const pool = await pools.find(tenant, demoPoolId);
    assert.ok(pool);
    const settings = poolSettingsSchema.parse({ ...pool.settings, public_registration_allowed: true });
    await pools.update({ ...pool, authenticationMechanisms: ['password', 'webauthn'], settings });
    codes = composeCodes(office.platform, {
      renderer: createRenderer({ templatesDir: join(import.meta.dirname, '../../templates') }),
      dispatch: nothingIsSent,
      originOf: () => platform.origin,
    });
  });
  after(async () => {
    await office.close();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const codesTo = async (email: string): Promise<readonly string[]> => {
    const letters = (await office.platform.mailbox?.list()) ?? [];
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

  const sendStruck = (
    browser: WebBrowser,
    page: Shown,
    path: string,
    values: Readonly<Record<string, string>>,
    strike: Strike | undefined,
  ) => sendingStruck(folder, platform)(() => browser.submit(page, path, values), strike);

  const isPasswordOf = async (email: string, password: string): Promise<boolean> => {
    const { stores, hasher } = office.platform;
    const owner = await stores.identifiers.findUser(tenant, demoPoolId, email);
    if (owner === undefined) return false;
    const kept = await stores.passwords.findByUser(tenant, demoPoolId, owner);
    const user = await stores.users.find(tenant, demoPoolId, owner);
    return user?.status === 'active' && kept !== undefined && (await hasher.verify(kept.hash, password));
  };

  /** @returns how often the server was killed */
  async function strikeThroughout(newErrand: () => Promise<Errand>): Promise<number> {
    let strikes = 0;
    for (const form of ['name', 'code'] as const) {
      for (const place of workPlaces) {
        for (let letBy = 0; letBy < mostTransactions; letBy += 1) {
          await office.forgiveAttempts();
          const errand = await newErrand();
          const { path, email, password } = errand;
          const browser = createWebBrowser(platform.origin);
          const first = await browser.open(`/default/identity/${demoPoolId}${path}`);
          const strikeAt = (one: typeof form) => (one === form ? { place, letBy } : undefined);
          const asked = await sendStruck(browser, first, path, { identifier: email }, strikeAt('name'));
          const code = await newestCode(email);
          const sent = { code, password };
          let done = await sendStruck(browser, asked.shown, path, sent, strikeAt('code'));
          // Asked for twice, a code of the first letter is no longer good: they wait for the second one.
          if (asked.struck && !done.shown.url.search.includes('done=1'))
            done = await sendStruck(
              browser,
              done.shown,
              path,
              { code: await newestCode(email, [code]), password },
              undefined,
            );
          const at = `${path} ${form} ${place} ${String(letBy)}: ${titleOf(done.shown)} ${faultOf(done.shown)}`;
          assert.match(done.shown.url.search, /done=1/, at);
          assert.ok(await isPasswordOf(email, password), at);
          if (!asked.struck && !done.struck) break;
          strikes += 1;
        }
      }
    }
    return strikes;
  }

  /** @returns how often the server was killed */
  async function strikeLinks(newErrand: () => Promise<LinkErrand>): Promise<number> {
    let strikes = 0;
    for (const place of workPlaces) {
      for (let letBy = 0; letBy < mostTransactions; letBy += 1) {
        await office.forgiveAttempts();
        const { path, link, answer, isDone } = await newErrand();
        const browser = createWebBrowser(platform.origin);
        const page = await browser.open(link);
        const done = await sendStruck(browser, page, path, answer(page), { place, letBy });
        const at = `${path} ${place} ${String(letBy)}: ${titleOf(done.shown)} ${faultOf(done.shown)}`;
        assert.match(done.shown.url.search, /done=1/, at);
        assert.ok(await isDone(), at);
        if (!done.struck) break;
        strikes += 1;
      }
    }
    return strikes;
  }
  /** Somebody active, and a link with a code of theirs, as a program has it made. */
  async function linked(type: 'verify_address' | 'enroll_webauthn', path: string) {
    const { unitOfWork, hasher, passwords, stores } = office.platform;
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
      const listed = () => office.platform.stores.addresses.listOf(tenant, demoPoolId, user.id);
      return { path, link, answer: () => ({}), isDone: async () => (await listed())[0]?.verifiedAt !== undefined };
    });
    assert.ok(strikes >= 3, String(strikes));
  });

  it('adds a passkey, and one alone', async () => {
    const strikes = await strikeLinks(async () => {
      const { user, path, link } = await linked('enroll_webauthn', '/set_webauthn');
      const { passkeys } = office.platform.stores;
      return {
        path,
        link,
        answer(page) {
          const made = softAuthenticator(0).create(passkeyOptionsIn(page), { origin: platform.origin });
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
      await office.addPerson({ name: 'Grace', email, password: newId(), isConfirmed: true });
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
