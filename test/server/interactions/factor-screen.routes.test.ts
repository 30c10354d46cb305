/** The page that asks for the first factor: whom it names, what it fills in, and what may be chosen. */
import assert from 'node:assert/strict';
import { idpId } from '../../../server/kernel/ids.ts';
import { authenticate } from '../../support/relying-party.ts';
import { createWebBrowser, formOf } from '../../support/web-browser.ts';
import { asking, password, place, webLoginOfSuite } from '../../support/web-login.ts';

describe('createFactorScreen', () => {
  const login = webLoginOfSuite();
  const ada = { identifier: 'ada', password };

  const newBrowser = () => createWebBrowser(login().house.origin);
  const begin = (parameters: Readonly<Record<string, string>> = {}, browser = newBrowser()) =>
    browser.open(asking(login().house.issuer, login().client, parameters));

  it('names whom the session knows where the application asks for a proof all the same, and nobody else', async () => {
    const mine = newBrowser();
    const consent = await authenticate(mine, await begin({}, mine), ada);
    await mine.submit(consent, '/consent', { decision: 'allow' });
    for (const parameters of [{ prompt: 'login' }, { max_age: '0' }]) {
      const page = await begin(parameters, mine);
      assert.match(page.text, /<h1>Confirm it’s you<\/h1>/);
      assert.match(page.text, /You are signed in as Ada Lovelace/);
      const stranger = await begin(parameters);
      assert.doesNotMatch(stranger.text, /Confirm it|\bAda\b/);
      const refused = await authenticate(mine, page, { ...ada, password: 'wrong' });
      assert.match(refused.text, /Ada Lovelace/, 'also after a wrong answer');
      assert.match((await authenticate(mine, refused, ada)).url.pathname, /\/login\/|\/cb$/);
      await login().house.platform.database('throttles').delete();
    }
  });

  it('names nobody whose session has ended since, as by a reset of their password from elsewhere', async () => {
    const { users } = login().house.platform.stores;
    const bob = await login().house.addPerson('bob@screens.example');
    const mine = newBrowser();
    const consent = await authenticate(mine, await begin({}, mine), { identifier: 'bob@screens.example', password });
    await mine.submit(consent, '/consent', { decision: 'allow' });
    assert.match((await begin({ prompt: 'login' }, mine)).text, /You are signed in as/);
    await users.endSessions(bob.tenantId, bob.poolId, bob.id, Date.now() + 1000);
    const page = await begin({ prompt: 'login' }, mine);
    assert.match(page.text, /<h1>Sign in to/);
    assert.doesNotMatch(page.text, /You are signed in as|\bbob\b/);
  });

  it('fills in what the application knows already, as text', async () => {
    const { text } = await begin({ login_hint: '"><script>alert(1)</script>' });
    assert.ok(text.includes('value="&quot;&gt;&lt;script&gt;'));
    assert.ok(!text.includes('<script>alert'));
  });

  it('shows no notice that the address made up', async () => {
    const browser = newBrowser();
    const page = await begin({}, browser);
    const shown = await browser.open(`${page.url.pathname}?notice=you_won`);
    assert.doesNotMatch(shown.text, /you_won/);
    assert.equal(shown.status, 200);
  });

  it('asks a person who was away too long by name, and keeps what they had reached', async () => {
    const browser = newBrowser();
    const consent = await authenticate(browser, await begin({}, browser), ada);
    const uid = consent.url.pathname.split('/')[4] ?? '';
    const row = await login().house.platform.stores.interactions.findByUid(place.tenantId, place.workspaceId, uid);
    assert.ok(row?.person);
    const longAgo = { ...row.person, authTime: row.person.authTime - 7200 };
    await login().house.platform.stores.interactions.advance(place.tenantId, place.workspaceId, row.id, {
      step: row.step,
      person: longAgo,
    });
    await login()
      .house.platform.database('interactions')
      .where({ uid })
      .update({ started_at: row.startedAt - 7_200_000 });
    const again = await browser.open(consent.url);
    assert.match(again.text, /Ada Lovelace/);
    formOf(await authenticate(browser, again, ada), '/consent');
  });

  it('lets a person choose among several idps, and says so where there is none', async () => {
    const { idps } = login().house.platform.stores;
    const { tenantId, workspaceId } = place;
    const sandbox = { tenantId, workspaceId, id: idpId('fixed'), name: 'Sandbox people', enabled: true } as const;
    await idps.insert({ ...sandbox, method: 'static', users: [] });
    const choice = await begin();
    assert.match(choice.text, /Sandbox people/);
    assert.match(choice.text, /Demo people/);
    assert.match((await begin({ idp_hint: 'demo-pool' })).text, /id="password"/);
    await idps.remove(place.tenantId, place.workspaceId, idpId('fixed'));

    const [pool] = await idps.list(place.tenantId, place.workspaceId);
    assert.ok(pool);
    await idps.update({ ...pool, enabled: false });
    try {
      assert.equal((await begin()).status, 503);
    } finally {
      await idps.update(pool);
    }
  });
});
