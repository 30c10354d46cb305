/** A person at a browser who does what pages say: fills in a form, follows a link, reloads when no answer came. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Shown, WebBrowser } from '../support/web-browser.ts';
import { titleOf } from '../support/web-browser.ts';

/** What a page asks of the person: by the end of its form's address, or a part of the first factor. */
export type Asked =
  'who' | 'code' | 'passkey' | 'new password' | '/authenticate' | '/consent' | '/steps/terms' | '/steps/passkey-offer';

export interface Intentions {
  readonly identifier: string;
  readonly password: string;
  readonly consent: 'allow' | 'deny';
  /** That reached them, the newest first; left out where they sign in by password. */
  readonly codes?: () => Promise<readonly string[]>;
  /** That takes the place of the one they have, where they are asked for it. */
  readonly newPassword?: string;
  /** What their authenticator answers to a page that asks for their passkey. */
  readonly sign?: (page: Shown) => string;
}

/** How a browser asks again for an answer that never came: the same request, or its address typed anew. */
export type Reload = 'again' | 'address';

export interface Person {
  readonly browser: WebBrowser;
  /** What they had to enter, in order. */
  readonly entered: readonly Asked[];
  /** Fills in the page's form. @returns undefined when the connection broke */
  fill(page: Shown): Promise<Shown | undefined>;
  reload(how: Reload): Promise<Shown>;
  /** Does what the pages say until the browser leaves for the application. @throws Error with the page that leads nowhere */
  arrive(page: Shown): Promise<Shown>;
}

const mostPages = 25;

export function createPerson(browser: WebBrowser, intentions: Intentions): Person {
  const entered: Asked[] = [];
  let sent: (() => Promise<Shown>) | undefined;

  /** Codes that had arrived when the last one was asked for. */
  let arrived = 0;
  let isCodeUsed = false;

  const codesSoFar = async (): Promise<readonly string[]> => (await intentions.codes?.()) ?? [];
  const newCode = async (): Promise<string> => {
    for (;;) {
      const codes = await codesSoFar();
      if (codes.length > arrived) return codes[0] ?? '';
      await delay(20);
    }
  };
  const askForCode = async (): Promise<void> => {
    arrived = (await codesSoFar()).length;
    isCodeUsed = false;
  };
  /** Once they have another password, it is the one they type. */
  let { password } = intentions;
  const valuesFor = async (asked: Asked, page: Shown): Promise<Readonly<Record<string, string>>> => {
    const { identifier, consent } = intentions;
    switch (asked) {
      case '/authenticate':
        return { identifier, password };
      case 'new password':
        password = intentions.newPassword ?? '';
        return { password };
      case 'passkey':
        return { webauthn: intentions.sign?.(page) ?? '' };
      case '/consent':
        return { decision: consent };
      case 'who':
        await askForCode();
        return { identifier, action: 'continue' };
      case 'code':
        return { otp: await newCode() };
      case '/steps/passkey-offer':
        return { not_now: '1' };
      case '/steps/terms':
        return { decision: 'accept', accepted: 'yes' };
    }
  };
  /** A code is good once: who is asked for one again has another one sent. */
  const withFreshCode = async (page: Shown): Promise<Shown> => {
    if (!isCodeUsed) return page;
    await askForCode();
    return browser.submit(proofOf(page), '/authenticate', { action: 'send_otp', otp: '' });
  };
  const person: Person = {
    browser,
    entered,
    async fill(page) {
      const asked = askedBy(page);
      if (asked === undefined) throw new Error(`nothing to fill in: ${describe(page)}`);
      entered.push(asked);
      const shown = asked === 'code' ? await withFreshCode(page) : page;
      const values = await valuesFor(asked, shown);
      isCodeUsed = asked === 'code' || isCodeUsed;
      const form = asked.startsWith('/') ? asked : '/authenticate';
      const isProof = asked === 'code' || asked === 'passkey';
      sent = () => browser.submit(isProof ? proofOf(shown) : shown, form, values);
      return sent().catch(broken);
    },
    async reload(how) {
      const wasForm = [...forms, '/cancel'].some((end) => browser.at.pathname.endsWith(end));
      if (how === 'again' && wasForm && sent !== undefined) return sent();
      return browser.open(browser.at);
    },
    async arrive(page) {
      let shown: Shown | undefined = page;
      for (let turn = 0; turn < mostPages; turn += 1) {
        if (shown === undefined) shown = await person.reload('address');
        if (shown.left) return shown;
        const link = waitLink(shown);
        if (askedBy(shown) !== undefined) shown = await person.fill(shown);
        else if (link === undefined) throw new Error(`led nowhere: ${describe(shown)}`);
        else {
          await delay(link.seconds * 1000);
          shown = await browser.open(link.href);
        }
      }
      throw new Error(`too many pages, last: ${shown === undefined ? 'none' : describe(shown)}`);
    },
  };
  return person;
}

const forms = ['/authenticate', '/consent', '/steps/terms', '/steps/passkey-offer'] as const;

export function askedBy(page: Shown): Asked | undefined {
  const form = forms.find((end) => new RegExp(`<form[^>]* action="[^"?]*${end}["?]`).test(page.text));
  if (form !== '/authenticate') return form;
  if (page.text.includes('autocomplete="new-password"')) return 'new password';
  if (page.text.includes('name="password"')) return form;
  if (page.text.includes('name="otp"')) return 'code';
  // The page that asks for a name takes a passkey as well.
  return page.text.includes('name="webauthn"') && !page.text.includes('name="identifier"') ? 'passkey' : 'who';
}

/** Without the form before it, by which somebody else signs in. */
function proofOf(page: Shown): Shown {
  return { ...page, text: page.text.slice(page.text.indexOf('</form>') + '</form>'.length) };
}

/** The link of a page that says to try again in a moment. */
function waitLink(page: Shown): { readonly href: string; readonly seconds: number } | undefined {
  const [, href, seconds] = /<a class="button" href="([^"]+)" data-wait="(\d+)"/.exec(page.text) ?? [];
  return href === undefined ? undefined : { href, seconds: Number(seconds) };
}

/** fetch says no more than that; anything else is a defect of the test. */
function broken(error: unknown): undefined {
  if (error instanceof TypeError) return undefined;
  throw error;
}

export function describe(page: Shown): string {
  return `${String(page.status)} ${page.url.pathname} «${titleOf(page)}»`;
}
