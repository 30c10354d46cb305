/** A person goes back, reloads, opens a second tab, presses twice, comes hours later: each ends at a page that says what to do. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const loginHeading = 'Sign in to Demo application';
const consentHeading = 'Demo application asks for your permission';

describe('detours of a login', function () {
  let browser: Browser;
  let platform: TestPlatform;
  let office: BackOffice;
  let people: Person[] = [];

  before(async function () {
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
  afterEach(async () => {
    const here = people;
    people = [];
    for (const person of here) await person.leaves();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });

  /** At the login page of the demonstration, where consent will be asked for. */
  async function atLogin(): Promise<Person> {
    const person = await sitDown(browser);
    people.push(person);
    await person.page.goto(`${platform.issuer}/demo`);
    await person.page.getByLabel(/^Ask for consent again/).check();
    await person.press('Sign in');
    return person;
  }

  async function atConsent(): Promise<Person> {
    const person = await atLogin();
    await person.signsIn(ada());
    await person.meets(consentHeading);
    return person;
  }

  async function arrives(person: Person, page: Page = person.page): Promise<void> {
    await person.press('Allow', page);
    await person.meets(/Ada Lovelace/, page);
  }

  /** A process may believe the settings it knows for a second. */
  const believed = () => new Promise((resolve) => setTimeout(resolve, 1200));

  const rows = async () => ({
    granted: await office.count('interactions', { state: 'granted' }),
    consents: await office.count('consents'),
    proofs: await office.count('proofs'),
  });

  it('go on where they were after a reload of each page', async () => {
    const person = await atLogin();
    await person.page.reload();
    await person.meets(loginHeading);
    await person.signsIn({ ...ada(), password: 'wrong' });
    await person.page.goto(person.page.url().replace(/\/authenticate.*/, ''));
    await person.signsIn(ada());
    await person.page.reload();
    await person.meets(consentHeading);
    await arrives(person);
    await person.page.reload();
    await person.meets(/Ada Lovelace/);
  });

  it('go on after the back button from the consent page', async () => {
    const person = await atConsent();
    await person.page.goBack();
    // What is asked for anew is drawn from the row: the step that the person is at.
    await person.page.reload();
    await person.meets(consentHeading);
    await arrives(person);
  });

  it('say that a login is done after the back button from the application', async () => {
    const person = await atConsent();
    const { page } = person;
    const consentUrl = page.url();
    await arrives(person);
    await page.goBack();
    await page.goto(consentUrl);
    await person.meets('This sign-in is done');
    await page.reload();
    await person.meets('This sign-in is done');
  });

  it('take a form of an earlier step, from a second tab, as nothing, and show where the person is', async () => {
    const person = await atLogin();
    const second = await person.tab();
    await second.goto(person.page.url());
    await person.signsIn(ada());
    await person.meets(consentHeading);
    const before = await rows();
    await person.signsIn(ada(), second);
    await person.meets(consentHeading, second);
    assert.match((await second.getByRole('status').first().textContent()) ?? '', /already done that step/);
    assert.deepEqual(await rows(), before);
    await arrives(person, second);
    await person.press('Allow');
    await person.meets('This sign-in is done');
    const { granted, consents } = await rows();
    assert.deepEqual([granted, consents], [before.granted + 1, before.consents + 1]);
  });

  it('take a double click, which posts twice, as one login', async () => {
    const person = await atLogin();
    const before = await rows();
    const { page } = person;
    await page.getByLabel('Email, phone or user name').fill(ada().identifier);
    await page.getByLabel('Password', { exact: true }).fill(ada().password);
    // The same form once more at the same moment, as where no script holds the second click back.
    const form = page.locator('form[action*="/authenticate"]');
    const fields = { ...ada(), nonce: await form.locator('[name=nonce]').inputValue() };
    const address = new URL((await form.getAttribute('action')) ?? '', page.url()).href;
    const headers = { origin: platform.origin };
    const [second] = await Promise.all([
      person.context.request.post(address, { form: fields, headers, maxRedirects: 0 }),
      person.press('Sign in'),
    ]);
    assert.equal(second.status(), 303);
    await person.meets(consentHeading);
    await page.getByRole('button', { name: 'Allow' }).dblclick();
    await page.waitForURL(`${platform.issuer}/demo`);
    await person.meets(/Ada Lovelace/);
    assert.deepEqual(await rows(), {
      granted: before.granted + 1,
      consents: before.consents + 1,
      proofs: before.proofs + 2,
    });
  });

  it('warn whoever opens the link in another browser, and let the first one go on', async () => {
    const person = await atConsent();
    const stranger = await sitDown(browser);
    people.push(stranger);
    await stranger.page.goto(person.page.url());
    await stranger.meets('This sign-in belongs to another browser');
    assert.doesNotMatch(await stranger.page.content(), /\bAda\b|Demo application/);
    await person.page.reload();
    await arrives(person);
  });

  it('ask for the password again when the person was away too long, say why, and go on to the consent', async () => {
    const person = await atConsent();
    await office.changeSettings({ factor_freshness: '1s' });
    try {
      await new Promise((resolve) => setTimeout(resolve, 2300));
      await person.press('Allow');
      await person.meets('Confirm it’s you');
      assert.match((await person.page.getByRole('status').first().textContent()) ?? '', /away for a while/);
      assert.match(await person.page.content(), /You are signed in as Ada Lovelace/);
      await office.changeSettings({ factor_freshness: '1h0m0s' });
      await believed();
      await person.page.goto(person.page.url());
    } finally {
      await office.changeSettings({ factor_freshness: '1h0m0s' });
    }
    await person.meets(consentHeading);
    await arrives(person);
  });

  it('prove again and go on while freshness is short', async () => {
    await office.changeSettings({ factor_freshness: '10s' });
    try {
      await believed();
      const person = await atConsent();
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      await person.page.reload();
      assert.equal(await person.page.locator('h1').textContent(), 'Confirm it’s you');
      await person.signsIn(ada());
      await person.press('Allow');
      assert.match((await person.page.locator('h1').textContent()) ?? '', /Ada Lovelace/);
    } finally {
      await office.changeSettings({ factor_freshness: '1h0m0s' });
    }
  });

  it('end a login that was left too long with a page that says so', async () => {
    await office.changeSettings({ login_lifetime: '10s' });
    try {
      await believed();
      const person = await atLogin();
      await new Promise((resolve) => setTimeout(resolve, 10_500));
      const address = person.page.url();
      await person.signsIn(ada());
      await person.meets('Your sign-in timed out');
      const answer = await person.page.goto(address);
      assert.equal(answer?.status(), 410);
      await person.meets('Your sign-in timed out');
    } finally {
      await office.changeSettings({ login_lifetime: '72h0m0s' });
      await believed();
    }
  });

  it('outlast a restart of server and worker: the same browser goes on where it was', async () => {
    const atFirst = await atLogin();
    const atSecond = await atConsent();
    await Promise.all([platform.server.stop(), platform.worker.stop()]);
    await Promise.all([platform.server.start(), platform.worker.start()]);
    await atSecond.page.reload();
    await atSecond.meets(consentHeading);
    await arrives(atSecond);
    await atFirst.signsIn(ada());
    await atFirst.meets(consentHeading);
    await arrives(atFirst);
  });
});
