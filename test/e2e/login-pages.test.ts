/** A person signs in, mistypes, declines, changes their mind: in Chromium, on the pages that production shows. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { idpId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { begin, connect } from '../support/relying-party.ts';

const grace = { name: 'Grace Hopper', email: 'grace@example.com', password: 'a ship in port is safe' };
const graceAgain = { identifier: grace.email, password: grace.password };
const consentHeading = 'Demo application asks for your permission';

describe('the pages of a login', function () {
  this.timeout(60_000);
  let browser: Browser;
  let platform: TestPlatform;
  let office: BackOffice;
  let people: Person[] = [];

  before(async function () {
    this.timeout(90_000);
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    await office.addPerson(grace);
  });
  after(async () => {
    await browser.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(() => office.forgiveAttempts());
  afterEach(async () => {
    const here = people;
    people = [];
    for (const person of here) await person.leaves();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });

  async function somebody(options?: Parameters<typeof sitDown>[1]): Promise<Person> {
    const person = await sitDown(browser, options);
    people.push(person);
    return person;
  }

  /** At the login page of the demonstration, where consent will be asked for. */
  async function atLogin(options?: Parameters<typeof sitDown>[1]): Promise<Person> {
    const person = await somebody(options);
    await beginAgain(person);
    return person;
  }

  async function beginAgain(person: Person): Promise<void> {
    await person.page.goto(`${platform.issuer}/demo`);
    await person.page.getByLabel(/^Ask for consent again/).check();
    await person.press('Sign in');
  }

  it('lead from the application to the application: login, consent, signed in', async () => {
    const person = await somebody();
    await person.page.goto(`${platform.issuer}/demo`);
    await person.meets(/./);
    await person.press('Sign in');
    await person.meets('Sign in to Demo application');
    await person.signsIn(ada());
    await person.meets(consentHeading);
    await person.press('Allow');
    await person.meets(/Ada Lovelace/);
    assert.equal(person.page.url(), `${platform.issuer}/demo`);
  });

  it('say what is missing, at the field, and keep what was typed', async () => {
    const person = await atLogin();
    await person.press('Sign in');
    await person.meets('Sign in to Demo application');
    assert.equal(await person.page.getByRole('alert').textContent(), 'Enter your email, phone number or user name.');
    await person.page.getByLabel('Email, phone or user name').fill('ada');
    await person.press('Sign in');
    assert.equal(await person.page.getByRole('alert').textContent(), 'Enter your password.');
    assert.equal(await person.page.getByLabel('Email, phone or user name').inputValue(), 'ada');
    assert.match(await person.page.title(), /^Error: /);
    await person.meets('Sign in to Demo application');
  });

  it('say the same of a wrong password and of nobody, and never show what was typed as one', async () => {
    const person = await atLogin();
    for (const identifier of ['ada@example.com', 'nobody@example.com']) {
      const answer = await person.signsIn({ identifier, password: 'not the one' });
      assert.equal(answer?.status(), 400);
      assert.match((await person.page.getByRole('alert').textContent()) ?? '', /does not match an account/);
      assert.equal(await person.page.getByLabel('Password', { exact: true }).inputValue(), '');
      assert.doesNotMatch(await person.page.content(), /not the one/);
    }
    await person.meets('Sign in to Demo application');
    await person.signsIn(ada());
    await person.meets(consentHeading);
  });

  it('slow down guessing, and let the person in who signed in from this browser before', async () => {
    const owner = await atLogin();
    await owner.signsIn(ada());
    await owner.press('Deny');

    const attacker = await atLogin();
    let answer = await attacker.signsIn({ ...ada(), password: 'guess' });
    for (let guess = 0; guess < 9 && answer?.status() !== 429; guess += 1) {
      answer = await attacker.signsIn({ ...ada(), password: `guess ${String(guess)}` });
    }
    assert.equal(answer?.status(), 429);
    assert.match(answer.headers()['retry-after'] ?? '', /^[1-9]\d*$/);
    assert.match((await attacker.page.getByRole('alert').textContent()) ?? '', /too many attempts.*Wait \d+ second/i);
    await attacker.meets('Sign in to Demo application');

    await beginAgain(owner);
    await owner.signsIn(ada());
    await owner.meets(consentHeading);
  });

  it('grant what stays ticked', async () => {
    const person = await atLogin();
    await person.signsIn(ada());
    await person.page.getByLabel(/^Phone number/).uncheck();
    await person.press('Allow');
    await person.meets(/Ada Lovelace/);
    const scopes = await person.page.locator('code.chip').allTextContents();
    assert.deepEqual(scopes, ['openid', 'profile', 'email']);
  });

  it('take a denial to the application', async () => {
    const person = await atLogin();
    await person.signsIn(ada());
    await person.press('Deny');
    assert.match(person.page.url(), /\/demo\/callback\?/);
    await person.meets(/./);
    assert.match(await person.page.content(), /access_denied/);
  });

  it('take a person who cancels back to the application', async () => {
    const person = await atLogin();
    await person.press('Cancel and go back to Demo application');
    assert.match(await person.page.content(), /access_denied/);
    await person.meets(/./);
  });

  it('offer ways to sign in by their display_order, those without one last, and the others in the same order', async () => {
    const { idps } = office.platform.stores;
    const place = { tenantId: tenantId('default'), workspaceId: workspaceId('demo'), enabled: true } as const;
    const added = [
      { ...place, id: idpId('partners'), name: 'Partners', method: 'static', users: [] },
      { ...place, id: idpId('staff'), name: 'Staff', method: 'static', users: [], displayOrder: 2 },
      { ...place, id: idpId('guests'), name: 'Guests', method: 'static', users: [], displayOrder: 1 },
    ] as const;
    for (const idp of added) await idps.insert(idp);
    try {
      const person = await atLogin();
      await person.meets('How do you want to sign in?');
      const offered = () => person.page.locator('.choices a').allInnerTexts();
      assert.deepEqual(await offered(), ['Guests', 'Staff', 'Demo people', 'Partners']);
      await person.page.getByRole('link', { name: 'Staff' }).click();
      await person.meets('Sign in to Demo application');
      const others = ['Guests', 'Demo people', 'Partners'];
      assert.deepEqual(
        await offered(),
        others.map((name) => `Continue with ${name}`),
      );
    } finally {
      for (const { id } of added) await idps.remove(place.tenantId, place.workspaceId, id);
    }
  });

  it('let somebody else go on at «Not you?»', async () => {
    const person = await atLogin();
    await person.signsIn(ada());
    await person.meets(consentHeading);
    assert.match((await person.page.locator('form.person').textContent()) ?? '', /Ada Lovelace/);
    await person.press('Not you?');
    await person.meets('Sign in to Demo application');
    assert.equal(await person.page.getByLabel('Email, phone or user name').inputValue(), '');
    await person.signsIn(graceAgain);
    await person.meets(consentHeading);
    assert.match((await person.page.locator('form.person').textContent()) ?? '', /Grace Hopper/);
    await person.press('Allow');
    await person.meets(/Grace Hopper/);
  });

  it('let somebody else go on where another person’s session is, which ends', async () => {
    const shared = await atLogin();
    await shared.signsIn(ada());
    await shared.press('Allow');
    await shared.meets(/Ada Lovelace/);
    await shared.context.clearCookies({ name: /^demo_/ });
    await beginAgain(shared);
    await shared.meets(consentHeading);
    await shared.press('Not you?');
    await shared.signsIn(graceAgain);
    await shared.meets(consentHeading);
    await shared.page.getByRole('button', { name: 'Allow' }).click();
    await shared.page.waitForURL(`${platform.issuer}/demo`);
    await shared.meets(/Grace Hopper/);
  });

  it('are used without a mouse', async () => {
    const { page, ...person } = await atLogin();
    // The cursor stands there when the page is drawn, which is after it is loaded.
    await page.locator('#identifier:focus').waitFor();
    await page.keyboard.type(ada().identifier);
    await page.keyboard.press('Tab');
    await page.keyboard.type(ada().password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('form[action$="/consent"]');
    await person.meets(consentHeading);
    for (let presses = 0; presses < 20; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate<string>('document.activeElement.textContent')) === 'Allow') break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${platform.issuer}/demo`);
    await person.meets(/Ada Lovelace/);
  });

  it('fit a phone of 320 px, and work there', async () => {
    const person = await atLogin({ viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });
    const fits = async () =>
      assert.equal(await person.page.evaluate('document.documentElement.scrollWidth <= 320'), true);
    await fits();
    await person.signsIn({ ...ada(), password: 'wrong' });
    await fits();
    await person.signsIn(ada());
    await fits();
    await person.meets(consentHeading);
    await person.press('Allow');
    await fits();
    await person.meets(/Ada Lovelace/);
  });

  it('work where scripts do not run', async () => {
    const person = await atLogin({ javaScriptEnabled: false });
    await person.signsIn(ada());
    await person.press('Allow');
    assert.match((await person.page.locator('h1').textContent()) ?? '', /Ada Lovelace/);
  });

  it('speak the language that the application asks for by ui_locales (OIDC Core §3.1.2.1)', async () => {
    const config = await connect(platform.issuer, await office.addClient());
    const person = await somebody();
    await person.page.goto((await begin(config, { ui_locales: 'pt-BR pt' })).url.href);
    assert.equal(await person.page.getAttribute('html', 'lang'), 'pt');
    await person.meets(/Entr|Inici/);
    await person.page.locator('#identifier').fill('ada');
    await person.page.locator('#password').fill(ada().password);
    await person.page.locator('#password').press('Enter');
    await person.page.waitForSelector('form[action$="/consent"]');
    assert.equal(await person.page.getAttribute('html', 'lang'), 'pt');
  });
});
