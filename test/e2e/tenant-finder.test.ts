/** An administrator finds their tenant and signs in to it, in Chromium: from the first page to the last. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

describe('an administrator without the address of their tenant', function () {
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
    await person.page.goto(`${platform.origin}/tenants`);
  });
  afterEach(() => person.leaves());

  it('types its name, signs in with a phone number, and is suggested the tenant the next time', async () => {
    await person.page.getByLabel('Tenant name').fill('Default');
    await person.press('Continue');
    await person.meets('Sign in to Administration');
    await person.signsIn({ identifier: platform.person.phone, password: platform.person.password });
    await person.meets('Administration');
    assert.match((await person.page.locator('main').textContent()) ?? '', /signed in to Default as Ada Lovelace/);
    await person.page.getByRole('link', { name: 'Another tenant' }).click();
    await person.page.getByRole('button', { name: /Default/ }).click();
    await person.meets('Administration');
    await person.press('Sign out');
  });

  it('keeps what was typed where there is no such tenant, and goes on from there', async () => {
    await person.page.getByLabel('Tenant name').fill('defalut');
    await person.press('Continue');
    await person.page.getByRole('alert').waitFor();
    assert.equal(await person.page.getByLabel('Tenant name').inputValue(), 'defalut');
    await person.page.getByRole('link', { name: 'Forgot?' }).click();
    await person.page.getByLabel('Email address').fill('stranger@example.com');
    await person.press('Mail me the names');
    await person.meets('Look into your mailbox');
    const mailbox = await person.page.goto(`${platform.origin}/ops/mailbox`);
    assert.match((await mailbox?.text()) ?? '', /Nothing was sent yet/);
  });
});
