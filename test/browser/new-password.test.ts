/** What a page says of a new password while it is typed: the same as the server would, and to those who listen, too. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { createStrengthMeter } from '../../server/credentials/password/password-strength.ts';
import { launchBrowser } from '../support/browser.ts';
import { startPageServer } from './page-server.ts';
import type { PageServer } from './page-server.ts';

describe('a new password while it is typed', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  const meter = createStrengthMeter();

  before(async function () {
    const launched = await launchBrowser();
    if (launched === undefined) {
      this.skip(); // launchBrowser has printed why
    }
    browser = launched;
    server = await startPageServer();
    page = await browser.newPage();
  });

  after(async () => {
    await browser.close();
    server.close();
    await meter.close();
  });

  beforeEach(() => page.goto(`${server.origin}/en/replacement/expired`));

  const marked = (rule: string): Promise<string> =>
    page.locator(`[data-rule=${rule}]`).evaluate((item) => String(Reflect.get(item, 'className')));
  const type = async (password: string): Promise<void> => {
    await page.locator('#password').fill(password);
  };
  const becomes = async (rule: string, mark: string): Promise<void> => {
    await page.locator(`[data-rule=${rule}].${mark}`).waitFor();
  };

  it('marks what is followed and what is not, and takes marks back', async () => {
    await type('abc');
    await becomes('min_length', 'rule-open');
    await becomes('digits', 'rule-open');
    await type('abcdefghijk 12 X');
    await becomes('min_length', 'rule-met');
    await becomes('digits', 'rule-met');
    await becomes('capital_letters', 'rule-met');
    await type('abcdefghijk 12');
    await becomes('capital_letters', 'rule-open');
  });

  it('leaves the mark of what only the server can tell', async () => {
    await page.goto(`${server.origin}/en/replacement/refused`);
    await type('anything');
    await becomes('min_length', 'rule-open');
    assert.equal(await marked('not_used_since'), 'rule-failed');
  });

  it('rates as the server does', async () => {
    const mostly = ['password1', 'Tr0ub4dour&3', 'alice alice 7', 'qwertyuiop', 'korrekt pferd 9 Batterie', 'zxcvbn'];
    const seen = new Map<string, string>();
    const expected = new Map<string, string>();
    for (const password of mostly) {
      await page.reload();
      await type(password);
      await page.locator('[data-rule=strength]:is(.rule-met, .rule-open)').waitFor();
      seen.set(password, await marked('strength'));
      const score = await meter.strengthOf(password, ['alice@example.com']);
      expected.set(password, score >= 2 ? 'rule-met' : 'rule-open');
    }
    assert.deepEqual(seen, expected);
    assert.deepEqual(new Set(expected.values()), new Set(['rule-met', 'rule-open']), 'both were seen');
  });

  it('says to those who listen what is missing, once they pause', async () => {
    const state = page.locator('#password-rules-state');
    await type('abc');
    await page.getByText(/^Still missing: at least 12 characters; .*nothing that is easy to guess/).waitFor({
      state: 'attached',
    });
    await type('Korrekt pferd 9 Batterie 4!');
    await page.getByText(/^Your password follows every rule/).waitFor({ state: 'attached' });
    assert.equal(await state.getAttribute('role'), 'status');
  });

  it('loads what it rates with only when somebody types, and sends nothing meanwhile', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.reload();
    assert.ok(!asked.some((one) => one.endsWith('/zxcvbn.js')));
    await type('something else');
    await page.locator('[data-rule=strength]:is(.rule-met, .rule-open)').waitFor();
    await type('something else again');
    await page.locator('[data-rule=strength].rule-met').waitFor();
    assert.equal(asked.filter((one) => one.endsWith('/zxcvbn.js')).length, 1);
    assert.deepEqual(
      asked.filter((one) => !one.startsWith('GET ')),
      [],
    );
  });

  it('marks the other rules where the rating cannot be loaded', async () => {
    await page.route('**/zxcvbn.js', (route) => route.abort());
    await page.reload();
    await type('abcdefghijk 12 X');
    await becomes('min_length', 'rule-met');
    assert.equal(await marked('strength'), '');
    await page.unroute('**/zxcvbn.js');
  });
});
