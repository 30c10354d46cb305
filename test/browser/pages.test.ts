/** Every page in a real browser: accessible, narrow enough, light, quiet, and of use without a mouse or a script. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { samples } from './page-samples.ts';
import { addresses, locales, pageNames, startPageServer } from './page-server.ts';
import type { PageServer } from './page-server.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const sizes = {
  desktop: { width: 1280, height: 860 },
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
} as const;

/** Day, month, year and calendar are stops of their own within a field for a date. */
const partsOfDate = 4;

describe('pages in a browser', function () {
  this.timeout(180_000);
  let browser: Browser;
  let server: PageServer;
  let origin: string;
  let posted: URLSearchParams[];

  before(async function () {
    const launched = await launchBrowser();
    if (launched === undefined) {
      this.skip(); // launchBrowser has printed why
    }
    browser = launched;
    server = await startPageServer();
    ({ origin, posted } = server);
  });

  after(async () => {
    await browser.close();
    server.close();
  });

  beforeEach(() => posted.splice(0));

  async function visit(
    options: BrowserContextOptions,
    work: (page: Page, faults: string[]) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    try {
      await work(page, faults);
    } finally {
      await context.close();
    }
  }

  it('samples every page there is a template for', () => {
    assert.deepEqual([...pageNames].sort(), Object.keys(samples).sort());
  });

  it('has nothing for axe-core to find (WCAG 2.2 AA), light and dark', async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // Of a page that is dark, nothing but its colours is another.
    const ofColours = ['color-contrast', 'link-in-text-block'];
    const options = { bypassCSP: true, viewport: sizes.phone, reducedMotion: 'reduce' } as const;
    await visit(options, async (page) => {
      for (const address of addresses) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(`${origin}/en/${address}`);
        await page.evaluate(axeSource);
        for (const [colorScheme, type, values] of [
          ['light', 'tag', tags],
          ['dark', 'rule', ofColours],
        ] as const) {
          await page.emulateMedia({ colorScheme });
          const asked = JSON.stringify({ runOnly: { type, values } });
          const { violations, passes } = await page.evaluate<AxeResults>(`axe.run(${asked})`);
          const found = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(' ')}`);
          assert.deepEqual(found, [], `${address}, ${colorScheme}`);
          assert.ok(passes.length > 0, `${address}, ${colorScheme}: nothing was looked at`);
        }
      }
    });
  });

  it('fits every screen in both languages, without a word in the console', async () => {
    const shots = process.env['SCREENSHOTS'];
    await visit({ colorScheme: 'light' }, async (page, faults) => {
      for (const locale of locales) {
        for (const address of addresses) {
          await page.goto(`${origin}/${locale}/${address}`);
          for (const [size, viewport] of Object.entries(sizes)) {
            await page.setViewportSize(viewport);
            const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
            assert.ok(Number(overflow) <= 0, `${address} (${locale}, ${size}) is ${String(overflow)} px too wide`);
            // Colours change no width: the dark scheme is drawn for whoever wants to look at it.
            for (const colorScheme of shots === undefined ? [] : (['light', 'dark'] as const)) {
              await page.emulateMedia({ colorScheme });
              const file = `${address.replace('/', '-')}.${locale}.${size}.${colorScheme}.png`;
              await page.screenshot({ path: join(shots ?? '', file), fullPage: true });
            }
          }
        }
      }
      assert.deepEqual(faults, []);
    });
  });

  it('weighs less than 60 KB with everything it loads', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      const network = await page.context().newCDPSession(page);
      await network.send('Network.enable');
      // As for somebody who comes for the first time.
      await network.send('Network.setCacheDisabled', { cacheDisabled: true });
      let bytes = 0;
      const loaded: string[] = [];
      page.on('response', (response) => {
        loaded.push(response.url());
        bytes += response.url().startsWith('data:') ? 0 : Number(response.headers()['content-length'] ?? 0);
      });
      for (const address of addresses) {
        bytes = 0;
        loaded.splice(0);
        const answer = await page.goto(`${origin}/pt/${address}`);
        bytes += answer?.headers()['content-length'] === undefined ? ((await answer?.body())?.length ?? 0) : 0;
        assert.ok(
          loaded.some((url) => url.endsWith('/style.css')) && bytes > 4000,
          `${address}: the style sheet at least was counted`,
        );
        assert.ok(bytes < 60_000, `${address} weighs ${String(bytes)} bytes`);
      }
    });
  });

  it('gives every control a target of 44 px', async () => {
    await visit({ viewport: sizes.narrow }, async (page) => {
      for (const address of addresses) {
        await page.goto(`${origin}/pt/${address}`);
        const small: unknown = await page.evaluate(`
          [...document.querySelectorAll('button, a.button, .input, summary, .scope label')]
            .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 44)
            .map((control) => control.outerHTML)`);
        assert.deepEqual(small, [], address);
      }
    });
  });

  it('lets the keyboard reach every control, with a focus that can be seen', async () => {
    await visit({ viewport: sizes.desktop }, async (page) => {
      for (const address of addresses) {
        await page.goto(`${origin}/en/${address}`);
        await page.evaluate(`document.activeElement.blur(); window.reached = new Set(); window.unmarked = [];
          document.addEventListener('focusin', ({ target }) => {
            reached.add(target);
            const { outlineStyle, outlineWidth } = getComputedStyle(target);
            if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) unmarked.push(target.outerHTML);
          });`);
        const controls = Number(
          await page.evaluate(
            `document.querySelectorAll('a[href], button:not([hidden]), input:not([type=hidden], [hidden]), summary').length`,
          ),
        );
        const dates = await page.locator('input[type=date]').count();
        for (let press = 0; press < controls + dates * partsOfDate + 3; press += 1) await page.keyboard.press('Tab');
        const missed: unknown = await page.evaluate(`
          [...document.querySelectorAll('a[href], button:not([hidden]), input:not([type=hidden], [hidden]), summary')]
            .filter((control) => !reached.has(control)).map((control) => control.outerHTML)`);
        assert.deepEqual(missed, [], address);
        assert.deepEqual(await page.evaluate('unmarked'), [], address);
      }
    });
  });

  it('sends a consent once, with the button that was pressed, however often it is pressed', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      await page.goto(`${origin}/en/consent/usual`);
      await page.getByLabel('E-mail address').uncheck();
      await page.evaluate(`
        const [deny, allow] = document.querySelectorAll('button[name=decision]');
        allow.click(); allow.click(); deny.click();`);
      await page.waitForURL('**/consent');
    });
    assert.deepEqual(
      posted.map((form) => form.toString()),
      ['nonce=n&scope=openid&scope=profile&scope=accounts%3Aread&scope=transfers%3Alist&decision=allow'],
    );
  });

  it('makes allow and deny equally easy: same size, same look', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      await page.goto(`${origin}/pt/consent/usual`);
      const looks: unknown = await page.evaluate(`
        [...document.querySelectorAll('button[name=decision]')].map((button) => {
          const { color, backgroundColor, fontSize, fontWeight, borderColor } = getComputedStyle(button);
          const { width, height } = button.getBoundingClientRect();
          return JSON.stringify({ color, backgroundColor, fontSize, fontWeight, borderColor, width, height });
        })`);
      assert.ok(Array.isArray(looks) && looks.length === 2);
      assert.equal(looks[0], looks[1]);
    });
  });

  it('shows the password on request, and hides it again before it is sent', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      await page.goto(`${origin}/en/login/first`);
      const password = page.locator('#password');
      await password.fill('s3cret');
      await page.getByRole('button', { name: 'Show password' }).click();
      assert.equal(await password.getAttribute('type'), 'text');
      await page.evaluate(
        `document.forms[0].addEventListener('submit', () => { sessionStorage.sentAs = password.type; });`,
      );
      await page.locator('#identifier').fill('alice');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/login');
      assert.equal(await page.evaluate('sessionStorage.sentAs'), 'password');
    });
    assert.equal(posted[0]?.toString(), 'nonce=n&identifier=alice&password=s3cret');
  });

  it('signs in without JavaScript, where no button for showing the password is offered', async () => {
    await visit({ viewport: sizes.phone, javaScriptEnabled: false }, async (page) => {
      await page.goto(`${origin}/en/login/first`);
      assert.equal(await page.getByRole('button', { name: 'Show password' }).count(), 0);
      await page.getByLabel('Email, phone or user name').fill('alice');
      await page.getByLabel('Password', { exact: true }).fill('s3cret');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/login');
    });
    assert.equal(posted.length, 1);
  });

  it('cancels without sending what was typed', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      await page.goto(`${origin}/en/login/first`);
      await page.getByLabel('Password', { exact: true }).fill('s3cret');
      await page.getByRole('button', { name: 'Cancel and go back to Demo Bank' }).click();
      await page.waitForURL('**/cancel');
    });
    assert.deepEqual(
      posted.map((form) => form.toString()),
      ['nonce=n'],
    );
  });

  it('keeps the button back while somebody has to wait, and says for how long', async () => {
    await visit({ viewport: sizes.phone }, async (page) => {
      await page.clock.install();
      await page.goto(`${origin}/en/login/wait`);
      // Its clock goes on from here.
      await page.getByText(/^You can try again in (?:90|[1-8]\d) seconds\.$/).waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click({ force: true });
      assert.match(page.url(), /login\/wait$/);
      assert.equal(posted.length, 0);
      await page.clock.runFor(91_000);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/login');
    });
    assert.equal(posted.length, 1);
  });

  it('runs no script that found its way into a page', async () => {
    await visit({ viewport: sizes.phone }, async (page, faults) => {
      await page.goto(`${origin}/en/login/first`);
      await page.evaluate(`
        const script = document.createElement('script');
        script.textContent = 'window.owned = true';
        document.body.append(script);`);
      assert.equal(await page.evaluate('window.owned'), undefined);
      assert.match(faults.join(), /Content Security Policy/);
    });
  });
});
