/** What the script of passkeys reads of a page, and the mails that lead to one, for tests without a browser. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { formOf, type Shown, type WebBrowser } from './web-browser.ts';

const decoded = (html: string): string =>
  html
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

/** @returns undefined where the page has none */
export function passkeyOptionsIn({ text }: Pick<Shown, 'text'>): unknown {
  const options = /data-passkey-options="([^"]*)"/.exec(text)?.[1];
  return options === undefined ? undefined : JSON.parse(decoded(options));
}

/** The text of the newest message to somebody, out of the mailbox of a developer's machine. */
export async function mailTo(browser: Pick<WebBrowser, 'ask'>, address: string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const shown = decoded(await (await browser.ask('/ops/mailbox')).text());
    const at = shown.indexOf(address);
    if (at >= 0) return shown.slice(at, at + 2000);
    await delay(25);
  }
  throw new Error(`nobody wrote to ${address}`);
}

/** The code in the newest message to somebody. */
export async function codeTo(browser: Pick<WebBrowser, 'ask'>, address: string): Promise<string> {
  const text = await mailTo(browser, address);
  // By itself: an address may have six digits in it, as one that is made of an id has.
  const code = /(?<!\w)\d{6}(?!\w)/.exec(text)?.[0];
  assert.ok(code, text);
  return code;
}

/** The value of a hidden field. */
export function fieldOf(page: Shown, to: string, name: string): string {
  return formOf(page, to).fields.find(([one]) => one === name)?.[1] ?? '';
}
