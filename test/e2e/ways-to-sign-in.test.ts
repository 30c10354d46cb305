/** People in Chromium sign in by password, code and passkey, and come back from a message: the whole platform, as production runs it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, CDPSession } from 'playwright-core';
import { clientId, newId, poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const place = { tenantId: tenantId('default'), poolId: poolId('demo-pool') };
const address = 'ada@example.com';

describe('ways to sign in', function () {
  this.timeout(90_000);
  let browser: Browser;
  let platform: TestPlatform;
  let office: BackOffice;
  let person: Person;

  before(async function () {
    this.timeout(120_000);
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
  });
  after(async () => {
    await browser.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(async () => {
    await office.forgiveAttempts();
    person = await sitDown(browser);
  });
  afterEach(() => person.leaves());

  async function allow(authenticationMechanisms: readonly Mechanism[], preferred: Mechanism): Promise<void> {
    const pool = await office.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    const settings = { ...pool.settings, preferred_authentication_mechanism: preferred };
    await office.platform.stores.pools.update({ ...pool, authenticationMechanisms, settings });
  }

  /** Of the next message to Ada after `work`, which arrives by a workflow of its own. */
  async function letterAfter(work: () => Promise<unknown>): Promise<string> {
    const letters = async () => (await office.platform.mailbox?.list())?.filter(({ to }) => to === address) ?? [];
    const before = (await letters()).length;
    await work();
    for (let n = 0; n < 1000; n += 1) {
      const all = await letters();
      if (all.length > before) return all[0]?.text ?? '';
      await delay(20);
    }
    throw new Error('nothing was delivered');
  }
  /** A program that looks after people, as the Identity System API knows it. */
  async function program(): Promise<(path: string, body: object) => Promise<void>> {
    const [id, secret] = [newId(), newId()];
    await office.platform.unitOfWork.run(({ clients }) =>
      clients.insert({
        tenantId: place.tenantId,
        workspaceId: workspaceId('system'),
        id: clientId(id),
        status: 'active',
        trusted: true,
        metadata: {
          client_name: 'People',
          grant_types: ['client_credentials'],
          response_types: [],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: 'identity',
        },
        secret,
        rotatedSecrets: [],
        createdAt: Date.now(),
        updatedAt: Date.now(),
      }),
    );
    const basic = Buffer.from(`${id}:${secret}`).toString('base64');
    const answer = await fetch(`${platform.origin}/default/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'identity' }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return async (path, body) => {
      const sent = await fetch(`${platform.origin}/api/identity/default/system/pools/${place.poolId}/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      assert.equal(sent.status, 204);
    };
  }
  const codeIn = (letter: string): string => /^\d{6,}$/m.exec(letter)?.[0] ?? '';

  const begin = async (who = person): Promise<void> => {
    await who.page.goto(`${platform.issuer}/demo`);
    await who.press('Sign in');
  };
  const says = async (name: string, who = person): Promise<void> => {
    await who.page.getByLabel('Email, phone or user name').fill(name);
    await who.press('Continue');
  };
  const arrives = async (who = person): Promise<void> => {
    if (await who.page.getByRole('button', { name: 'Allow' }).isVisible()) await who.press('Allow');
    await who.meets('Hello, Ada Lovelace');
  };
  const wantsToSee = (name: string, who = person): Promise<void> =>
    who.page.getByRole('heading', { name }).waitFor({ timeout: 20_000 });

  async function authenticatorOf(who: Person): Promise<{ readonly cdp: CDPSession; readonly id: string }> {
    const cdp = await who.page.context().newCDPSession(who.page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return { cdp, id };
  }

  it('lets in by a code that came by mail, typed where the login waits', async () => {
    await allow(['password', 'otp'], 'otp');
    await begin();
    const letter = await letterAfter(() => says('ada'));
    await person.page.getByLabel('Code', { exact: true }).fill(codeIn(letter));
    await person.press('Sign in');
    await arrives();
    const amr = await person.page.getByRole('row').filter({ hasText: 'amr' }).first().textContent();
    assert.match(amr ?? '', /otp/);
  });

  it('sets a password anew by a link that is opened in another browser, which lets the first one in to nothing', async () => {
    const fresh = 'a password nobody would think of';
    await allow(['password'], 'password');
    await begin();
    const waits = person.page.url();
    const ask = await program();
    const letter = await letterAfter(() => ask('user/password/reset/request', { address, identifier: 'ada' }));
    const link = /https?:\/\/\S+/.exec(letter)?.[0] ?? '';
    const other = await sitDown(browser);
    try {
      await other.page.goto(link);
      await other.meets('Set your password');
      await other.page.getByLabel('New password').fill('short');
      await other.press('Save the password');
      await other.meets('Set your password');
      await other.page.getByLabel('New password').fill(fresh);
      await other.press('Save the password');
      await other.meets('Your password is set');
    } finally {
      await other.leaves();
    }
    await person.page.goto(waits);
    await person.meets(/^Sign in to/);
    await person.signsIn({ identifier: 'ada', password: platform.person.password });
    assert.match((await person.page.locator('main').textContent()) ?? '', /does not match an account/);
    await person.signsIn({ identifier: 'ada', password: fresh });
    await arrives();
  });

  it('has somebody who was imported without a password set one at their first sign-in, after a code', async () => {
    await allow(['password'], 'password');
    const { stores } = office.platform;
    const user = await stores.identifiers.findUser(place.tenantId, place.poolId, 'ada');
    assert.ok(user);
    await stores.passwords.set(place.tenantId, place.poolId, user, undefined, Date.now() - 86_400_000);
    await begin();
    await person.signsIn({ identifier: 'ada', password: 'whatever it was elsewhere' });
    assert.match((await person.page.locator('main').textContent()) ?? '', /does not match an account/);
    await person.page.getByRole('link', { name: /^First time here/ }).click();
    await person.page.getByLabel('Email, phone or user name').fill('ada');
    const letter = await letterAfter(() => person.press('Send the code'));
    await person.page.getByLabel('Code', { exact: true }).fill(codeIn(letter));
    await person.page.getByLabel('New password').fill('the first of many passwords');
    await person.press('Save the password');
    await person.signsIn({ identifier: 'ada', password: 'the first of many passwords' });
    await arrives();
  });

  it('has a password that expired replaced once it was right, and goes on', async () => {
    await allow(['password'], 'password');
    const { hasher, stores } = office.platform;
    const user = await stores.identifiers.findUser(place.tenantId, place.poolId, 'ada');
    assert.ok(user);
    const hash = await hasher.hash('a password of last year');
    await stores.passwords.set(place.tenantId, place.poolId, user, hash, Date.now() - 1000);
    await begin();
    await person.signsIn({ identifier: 'ada', password: 'a password of last year' });
    await person.meets('Choose a new password');
    await person.page.getByLabel('New password').fill('a password of this year');
    await person.press('Save and sign in');
    await arrives();
  });

  describe('with a passkey', () => {
    const password = 'a password nobody would think of';
    before(async () => {
      const { hasher, stores } = office.platform;
      const user = await stores.identifiers.findUser(place.tenantId, place.poolId, 'ada');
      assert.ok(user);
      await stores.passwords.set(place.tenantId, place.poolId, user, await hasher.hash(password), undefined);
      await allow(['password', 'webauthn'], 'password');
    });
    beforeEach(async () => {
      await office.platform.database('passkeys').delete();
    });

    /** Signs in by password and takes the passkey that is offered. */
    async function makesPasskey(): Promise<Awaited<ReturnType<typeof authenticatorOf>>> {
      const device = await authenticatorOf(person);
      await device.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: device.id, enabled: false });
      await begin();
      await says('ada');
      await person.page.getByLabel('Password', { exact: true }).fill(password);
      await person.press('Sign in');
      await wantsToSee('Sign in faster next time');
      await device.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: device.id, enabled: true });
      await person.press('Create a passkey');
      await arrives();
      return device;
    }
    /** As on another day: no session is left, and the authenticator holds what it held. */
    const comesBack = async (): Promise<void> => {
      await person.page.context().clearCookies();
      await person.page.goto(`${platform.issuer}/demo`);
    };

    it('is offered after a password, and signs in from the field of the name by itself', async () => {
      const { cdp, id } = await makesPasskey();
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
      assert.equal(credentials.length, 1);
      await comesBack();
      await person.press('Sign in');
      await arrives();
      const amr = await person.page.getByRole('row').filter({ hasText: 'amr' }).first().textContent();
      assert.match(amr ?? '', /pop/);
    });

    it('is left for another time with one press', async () => {
      await begin();
      await says('ada');
      await person.page.getByLabel('Password', { exact: true }).fill(password);
      await person.press('Sign in');
      await wantsToSee('Sign in faster next time');
      await person.press('Not now');
      await arrives();
      assert.equal(await office.count('passkeys'), 0);
    });

    it('is refused where the authenticator cannot tell that it is its person', async () => {
      const { cdp, id } = await makesPasskey();
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
      await comesBack();
      await person.press('Sign in');
      await says('ada');
      await person.page.getByRole('button', { name: 'Use a passkey' }).click();
      await person.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await person.page.getByText('No passkey was used.', { exact: false }).waitFor();
    });

    it('is refused where it was cloned: its counter is behind', async () => {
      const { cdp, id } = await makesPasskey();
      const count = async (signCount: number): Promise<number> => {
        const [held] = (await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;
        assert.ok(held);
        await cdp.send('WebAuthn.removeCredential', { authenticatorId: id, credentialId: held.credentialId });
        await cdp.send('WebAuthn.addCredential', { authenticatorId: id, credential: { ...held, signCount } });
        return held.signCount;
      };
      // Further than a clone gets that is asked again by each page that refused it.
      await count(1000);
      await comesBack();
      await person.press('Sign in');
      await arrives();
      assert.ok((await count(0)) > 1000);
      const rejected = async () =>
        (await office.platform.database('audit_events').where({ subject: 'webauthn', action: 'rejected' })).length;
      await comesBack();
      // A virtual authenticator answers each page by itself, the one that says no as well: there is no page to wait for.
      await person.page.getByRole('button', { name: 'Sign in', exact: true }).click({ noWaitAfter: true });
      while ((await rejected()) === 0) await delay(20);
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: false });
      const tab = await person.tab();
      await tab.goto(`${platform.issuer}/demo`);
      await person.meets(/^Welcome to/, tab);
    });
  });
});
