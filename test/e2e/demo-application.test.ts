/** A person tries out the demonstration: tokens, refresh, userinfo, introspection, silent sign-in and sign-out, in Chromium. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

describe('the demonstration application', function () {
  this.timeout(60_000);
  let browser: Browser;
  let platform: TestPlatform;
  let person: Person;

  before(async function () {
    this.timeout(90_000);
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    platform = await startTestPlatform();
  });
  after(async () => {
    await browser.close();
    await platform.stop();
  });
  beforeEach(async () => {
    person = await sitDown(browser);
    await person.page.goto(`${platform.issuer}/demo`);
  });
  afterEach(() => person.leaves());

  async function signIn(): Promise<void> {
    await person.page.getByLabel(/^Stay connected/).check();
    await person.press('Sign in');
    await person.signsIn({ identifier: 'ada', password: platform.person.password });
    await person.press('Allow');
    await person.meets('Hello, Ada Lovelace');
  }
  const notice = async () => (await person.page.getByRole('status').first().textContent())?.trim();
  const row = (table: string, name: string) =>
    person.page
      .getByRole('region', { name: table })
      .getByRole('row')
      .filter({ has: person.page.getByRole('rowheader', { name, exact: true }) })
      .getByRole('cell')
      .textContent();

  it('shows what it received', async () => {
    await signIn();
    assert.match((await row('ID token', 'sub')) ?? '', /^[0-9a-f]{64}/);
    assert.match((await row('ID token', 'iss')) ?? '', new RegExp(platform.issuer));
    assert.match((await row('ID token', 'amr')) ?? '', /pwd/);
    const facts = (await person.page.locator('dl.facts').textContent()) ?? '';
    assert.match(facts, /Bearer/i);
    assert.match(facts, /Refresh token\s*received/);
    const scopes = await person.page.locator('code.chip').allTextContents();
    assert.deepEqual(scopes, ['openid', 'profile', 'email', 'phone', 'offline_access']);
  });

  it('refreshes, asks userinfo and introspects', async () => {
    await signIn();
    await person.press('Refresh the tokens');
    await person.meets('Hello, Ada Lovelace');
    assert.equal(await notice(), 'The tokens were refreshed.');
    await person.press('Ask userinfo');
    await person.meets('Hello, Ada Lovelace');
    assert.equal(await row('Answer of userinfo', 'phone_number'), '+442079460958');
    await person.press('Introspect the token');
    await person.meets('Hello, Ada Lovelace');
    assert.match((await row('Answer of introspection', 'active')) ?? '', /true/);
  });

  it('signs in silently where a session is, and says why not where none is', async () => {
    await person.press('Sign in silently');
    await person.meets(/./);
    assert.match((await person.page.locator('main').textContent()) ?? '', /You have no session/);
    await person.page.goto(`${platform.issuer}/demo`);
    await signIn();
    await person.press('Sign in silently');
    await person.meets('Hello, Ada Lovelace');
    assert.match((await notice()) ?? '', /silent sign-in worked/);
  });

  it('signs out here and at the issuer, and is back at its start', async () => {
    await signIn();
    await person.press('Sign out');
    await person.meets('Do you want to sign out?');
    await person.press('Sign out');
    await person.meets(/Welcome to/);
    assert.equal(await notice(), 'You signed out.');
    await person.press('Sign in silently');
    assert.match((await person.page.locator('main').textContent()) ?? '', /You have no session/);
  });

  it('asks for the password again on demand (max_age=0)', async () => {
    await signIn();
    await person.context.clearCookies({ name: /^demo_/ });
    await person.page.goto(`${platform.issuer}/demo`);
    await person.page.getByLabel(/^Ask for the password again/).check();
    await person.press('Sign in');
    await person.meets('Confirm it’s you');
    await person.signsIn({ identifier: 'ada', password: platform.person.password });
    await person.meets('Hello, Ada Lovelace');
  });
});
