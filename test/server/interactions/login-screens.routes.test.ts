/** The pages of a login as a browser gets them: with their opener, and in words of whoever reads them. */
import assert from 'node:assert/strict';
import { authenticate } from '../../support/relying-party.ts';
import { createWebBrowser, formOf } from '../../support/web-browser.ts';
import { asking, password, webLoginOfSuite } from '../../support/web-login.ts';

describe('LoginScreens', () => {
  const login = webLoginOfSuite();

  it('keeps the application that opened it in a popup, with every answer on the way there and back', async () => {
    const { house, client } = login();
    const browser = createWebBrowser(house.origin);
    const policies: (string | null)[] = [];
    let next: string | null = asking(house.issuer, client).href;
    while (next !== null) {
      const answer: Response = await browser.ask(next);
      policies.push(answer.headers.get('cross-origin-opener-policy'));
      next = answer.headers.get('location');
    }
    assert.ok(policies.length >= 2);
    const form = formOf(await browser.open(browser.at), '/authenticate');
    const posted = await browser.ask(new URL(form.action, browser.at), {
      method: 'POST',
      body: new URLSearchParams([...form.fields.map(([name, value]): [string, string] => [name, value])]),
    });
    policies.push(posted.headers.get('cross-origin-opener-policy'));
    policies.push((await browser.open('/default/demo/login/nobody-knows')).headers.get('cross-origin-opener-policy'));
    // Not saying anything keeps it too; `same-origin-allow-popups` would not.
    for (const policy of policies) assert.ok(policy === null || policy === 'unsafe-none', String(policy));
    assert.equal(policies.at(-2), 'unsafe-none');
  });

  it('calls the application as people who read the language do (RFC 7591 §2.2), on every page', async () => {
    const { house } = login();
    const bilingual = await house.addClient({ 'client_name#pt': 'Uma aplicação' });
    for (const [language, name] of [
      ['pt', 'Uma aplicação'],
      ['en', 'A test application'],
    ] as const) {
      const browser = createWebBrowser(house.origin);
      const page = await browser.open(asking(house.issuer, bilingual, { ui_locales: language }));
      const consent = await authenticate(browser, page, { identifier: 'ada', password });
      for (const { text } of [page, consent]) assert.match(text, new RegExp(`<title>[^<]*${name}`));
    }
  });
});
