/** The form of the first factor: what it says, what it counts, and the mark it leaves in the browser. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { authenticate } from '../../support/relying-party.ts';
import { createWebBrowser, formOf, type ShownForm, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('createFactorMove', function () {
  this.timeout(30_000);
  let house: WebLogin;
  let client: Client;
  const ada = { identifier: 'ada@example.com', password };

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
  });
  after(() => house.stop());
  afterEach(() => house.platform.database('throttles').delete());

  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser) => who.open(asking(house.issuer, client));
  const nonceOf = ({ fields }: ShownForm): string => fields.find(([name]) => name === 'nonce')?.[1] ?? '';

  it('says the same of a wrong password and of nobody, to the byte', async () => {
    const shown = async (identifier: string) => {
      const mine = browser();
      const page = await authenticate(mine, await begin(mine), { identifier, password: 'wrong' });
      const bytes = page.text
        .replaceAll(identifier, '{identifier}')
        .replaceAll(page.url.pathname.split('/')[4] ?? '', '{uid}')
        .replaceAll(/name="nonce" value="[^"]+"/g, '{nonce}');
      const names = [...page.headers.keys()].filter((name) => name !== 'date').toSorted();
      return { status: page.status, names, bytes };
    };
    const known = await shown('ada@example.com');
    assert.equal(known.status, 400);
    assert.deepEqual(await shown('eve@example.com'), known);
  });

  it('says what is missing or too long, and verifies nothing', async () => {
    const cases: readonly [string, string, string][] = [
      ['', password, 'identifier-error'],
      ['x'.repeat(400), password, 'identifier-error'],
      ['ada', '', 'password-error'],
      ['ada', 'x'.repeat(1025), 'password-error'],
    ];
    for (const [identifier, secret, field] of cases) {
      const mine = browser();
      const page = await authenticate(mine, await begin(mine), { identifier, password: secret });
      assert.equal(page.status, 400);
      assert.ok(page.text.includes(`id="${field}"`), `${identifier.slice(0, 10)} ${secret.slice(0, 10)}`);
    }
    assert.equal((await house.platform.database('throttles').select()).length, 0);
  });

  it('slows guessing, says for how long, and counts a guess that waits for nothing', async () => {
    const mine = browser();
    let page = await begin(mine);
    for (let guess = 0; guess < 6; guess += 1)
      page = await authenticate(mine, page, { ...ada, password: `guess ${String(guess)}` });
    page = await authenticate(mine, page, ada);
    assert.equal(page.status, 429);
    assert.ok(Number(page.headers.get('retry-after')) > 0);
  });

  it('marks the browser for the person who signed in, never for scripts', async () => {
    const mine = browser();
    const answer = await mine.ask(asking(house.issuer, client));
    const page = await mine.open(new URL(answer.headers.get('location') ?? '', house.origin));
    const form = formOf(page, '/authenticate');
    const posted = await mine.ask(new URL(form.action, page.url), {
      method: 'POST',
      body: new URLSearchParams({ nonce: nonceOf(form), identifier: 'ada', password }),
    });
    const cookie = posted.headers.getSetCookie().find((line) => line.startsWith('gatehouse_device='));
    assert.match(cookie ?? '', /HttpOnly/);
    assert.match(cookie ?? '', /SameSite=Lax/);
    assert.match(cookie ?? '', /Path=\/default\/demo/);
  });
});
