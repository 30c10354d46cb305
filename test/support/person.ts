/** A person at a browser: every page they meet is looked at for what keeps people out, and for what leaves a door open. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page, Response } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Another tab of the same browser. */
  tab(): Promise<Page>;
  /**
   * Checks the page in front of them: its heading, then axe-core (WCAG 2.2 AA).
   * @param heading what its h1 says
   */
  meets(heading: string | RegExp, page?: Page): Promise<void>;
  /** Presses a button by its name and waits for the page that follows. */
  press(button: string | RegExp, page?: Page): Promise<Response | null>;
  signsIn(person: { readonly identifier: string; readonly password: string }, page?: Page): Promise<Response | null>;
  /** Fails where a page came without its policy, or the console had something to say; then closes the browser. */
  leaves(): Promise<void>;
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function sitDown(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  // Whatever takes longer does not come.
  context.setDefaultTimeout(30_000);
  const faults: string[] = [];
  context.on('console', (message) => {
    // That a page was answered with 4xx is what a page of ours tells people; everything else is a fault.
    const aboutStatus = message.text().startsWith('Failed to load resource: the server responded with a status of');
    if (['error', 'warning'].includes(message.type()) && !aboutStatus) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  context.on('response', (response) => {
    if (response.request().resourceType() === 'document') faults.push(...policyFaults(response));
    else if (response.status() >= 400) faults.push(`${String(response.status())} ${response.url()}`);
  });
  const page = await context.newPage();

  const press = async (button: string | RegExp, of: Page = page): Promise<Response | null> => {
    const before = await of.evaluate<number>('performance.timeOrigin');
    const followed = of.waitForResponse(
      (response) => response.request().isNavigationRequest() && (response.status() < 300 || response.status() >= 400),
    );
    await of.getByRole('button', { name: button, exact: true }).click();
    const answer = await followed;
    // The answer is here before its page is: until then the one before counts as loaded.
    await of.waitForFunction(`performance.timeOrigin !== ${String(before)}`);
    await of.waitForLoadState();
    return answer;
  };

  return {
    context,
    page,
    tab: () => context.newPage(),
    press,
    async meets(heading, of = page) {
      const shown = (await of.locator('h1').first().textContent())?.trim() ?? '';
      if (typeof heading === 'string') assert.equal(shown, heading);
      else assert.match(shown, heading);
      await of.evaluate(axeSource);
      const results = await of.evaluate<AxeResults>(`axe.run({ runOnly: ${JSON.stringify(rules)} })`);
      const found = results.violations.map((rule) => `${rule.id}: ${rule.nodes.map(({ html }) => html).join(' ')}`);
      assert.deepEqual(found, [], shown);
    },
    async signsIn({ identifier, password }, of = page) {
      await of.getByLabel('Email, phone or user name').fill(identifier);
      await of.getByLabel('Password', { exact: true }).fill(password);
      return press('Sign in', of);
    },
    async leaves() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** What a page of ours is always sent with. */
function policyFaults(response: Response): readonly string[] {
  const headers = response.headers();
  const isPage = response.status() < 300 || response.status() >= 400;
  if (!isPage || headers['content-type']?.startsWith('text/html') !== true) return [];
  const policy = headers['content-security-policy'] ?? '';
  const wanted = ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", 'form-action '];
  const missing = wanted.filter((directive) => !policy.includes(directive));
  const open = /unsafe-|\*(?!\.)/.test(policy) ? ['unsafe'] : [];
  return [...missing, ...open].map((what) => `${new URL(response.url()).pathname}: ${what} (${policy})`);
}
