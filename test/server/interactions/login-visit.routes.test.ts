/** Who may see a login: the browser that began it, and nobody who only has its address. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { authenticate, allow } from '../../support/relying-party.ts';
import { createWebBrowser, titleOf, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('visitLogin', () => {
  let house: WebLogin;
  let client: Client;
  const ada = { identifier: 'ada', password };
  const name = /Planted application/;

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient({ client_name: 'Planted application', client_uri: 'https://planted.example/' });
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('consents').delete());

  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser) => who.open(asking(house.issuer, client));
  /** The engine's part of every login that is under way. */
  const forget = () => house.platform.database('oidc_artifacts').where({ model: 'Interaction' }).delete();
  const uidOf = (url: URL): string => url.pathname.split('/')[4] ?? '';
  const held = (who: WebBrowser, part: string) => who.jar.all().filter(({ name: cookie }) => cookie.includes(part));
  const headerOf = (cookies: readonly { readonly name: string; readonly value: string }[]): string =>
    cookies.map(({ name: cookie, value }) => `${cookie}=${value}`).join('; ');

  it('shows the login to the browser that began it', async () => {
    assert.match((await begin(browser())).text, name);
  });

  it('tells another browser nothing but that it is another one', async () => {
    const page = await begin(browser());
    const seen = await browser().open(page.url);
    assert.equal(seen.status, 403);
    assert.match(titleOf(seen), /another browser/);
    assert.doesNotMatch(seen.text, /Planted|planted/);
  });

  it('takes no form from another browser', async () => {
    const page = await begin(browser());
    const answer = await browser().submit(page, '/authenticate', ada);
    assert.equal(answer.status, 403);
    assert.equal((await house.platform.database('proofs').select()).length, 0);
  });

  it('tells nobody how a login ended by holding the cookie of another one that is over', async () => {
    const [mine, theirs] = [browser(), browser()];
    const [, theirPage] = [await begin(mine), await begin(theirs)];
    await forget();
    const cookie = headerOf(held(mine, 'interaction'));
    assert.match(cookie, /\.sig=/, 'it is signed, and sent by hand');
    const answer = await fetch(theirPage.url, { headers: { cookie } });
    assert.equal(answer.status, 403);
    assert.doesNotMatch(await answer.text(), /Planted|planted/);
  });

  it('believes no cookie that nobody signed', async () => {
    const [mine, theirs] = [browser(), browser()];
    const theirPage = await begin(theirs);
    await begin(mine);
    const signature = held(mine, 'interaction.sig')[0]?.value ?? '';
    const cookie = `gatehouse_interaction=${uidOf(theirPage.url)}; gatehouse_interaction.sig=${signature}`;
    assert.equal((await fetch(theirPage.url, { headers: { cookie } })).status, 403);
  });

  it('tells the browser that began it how it ended, with a way back', async () => {
    const mine = browser();
    const page = await begin(mine);
    await allow(mine, await authenticate(mine, page, ada));
    await forget();
    const finished = await mine.open(page.url);
    assert.equal(finished.status, 200);
    assert.match(finished.text, /https:\/\/planted\.example\//);

    const late = browser();
    const left = await begin(late);
    await forget();
    const expired = await late.open(left.url);
    assert.equal(expired.status, 410);
    assert.match(titleOf(expired), /timed out/);
  });

  it('says that a login is done, or timed out, when its time is over and the browser has dropped its cookie', async () => {
    const mine = browser();
    const page = await begin(mine);
    await allow(mine, await authenticate(mine, page, ada));
    const left = await begin(browser());
    const abandoned = await begin(browser());
    const { database } = house.platform;
    const over = (at: Shown, row: object = {}) =>
      database('interactions')
        .where({ uid: uidOf(at.url) })
        .update({ ...row, expires_at: Date.now() - 1 });
    await over(page);
    await over(left);
    // As a workflow leaves it that reached its deadline.
    await over(abandoned, { state: 'expired', reason: 'deadline', committed_at: Date.now() - 1 });
    const seen = await Promise.all([page, left, abandoned].map(({ url }) => browser().open(url)));
    assert.deepEqual(
      seen.map(({ status }) => status),
      [200, 410, 410],
    );
    assert.match(titleOf(seen[0] ?? page), /is done/);
    for (const { text } of seen) assert.doesNotMatch(text, /Planted|planted/, 'whose it was is told to nobody');
  });

  describe('a login that the engine gave another address', () => {
    /** Somebody asked the engine to resume before there was a result, in the second tab. */
    async function inTwoTabs(mine: WebBrowser) {
      const first = await begin(mine);
      const second = await mine.open(`${house.issuer}/oauth2/authorize/${uidOf(first.url)}`);
      assert.notEqual(second.url.pathname, first.url.pathname);
      return { first, second };
    }

    for (const when of ['soon', 'later'] as const) {
      it(`goes on in either tab (${when})`, async () => {
        const mine = browser();
        const { first, second } = await inTwoTabs(mine);
        if (when === 'later') {
          // The engine forgets the first address within a minute.
          await house.platform
            .database('oidc_artifacts')
            .where({ model: 'Interaction' })
            .where('expires_at', '<', Date.now() / 1000 + 3600)
            .delete();
        }
        const reloaded = await mine.open(first.url);
        assert.equal(reloaded.url.pathname, second.url.pathname);
        const posted = await authenticate(mine, first, ada);
        assert.equal(posted.url.pathname, second.url.pathname, 'nothing was done with the form of the first tab');
        const end = await allow(mine, await authenticate(mine, posted, ada));
        assert.ok(end.left && end.url.searchParams.has('code'), titleOf(end));
        for (const { url } of [first, second]) assert.match(titleOf(await mine.open(url)), /is done/);
        await forget();
        for (const { url } of [first, second]) assert.match(titleOf(await mine.open(url)), /is done/);
      });
    }

    it('tells no other browser where it went', async () => {
      const { first } = await inTwoTabs(browser());
      const seen = await browser().open(first.url);
      assert.equal(seen.status, 403);
      assert.equal(seen.url.pathname, first.url.pathname);
    });

    it('says that it timed out at each of its addresses', async () => {
      const mine = browser();
      const { first, second } = await inTwoTabs(mine);
      await forget();
      await house.platform
        .database('interactions')
        .where({ uid: uidOf(second.url) })
        .update({ state: 'expired', reason: 'deadline', committed_at: Date.now() });
      for (const { url } of [first, second]) assert.equal((await mine.open(url)).status, 410);
    });
  });

  it('knows no tenant and no workspace that is not there', async () => {
    for (const path of ['/nobody/demo/login/x', '/default/nowhere/login/x']) {
      const answer = await fetch(`${house.origin}${path}`, { headers: { accept: 'application/json' } });
      assert.equal(answer.status, 404);
    }
  });
});
