/** The first page of one's own account: what is known of whoever is signed in, and of nobody else. */
import assert from 'node:assert/strict';
import { idpId } from '../../../server/kernel/ids.ts';
import { authenticate } from '../../support/relying-party.ts';
import { base, linkIn, openOwnAccounts, type OwnAccountHouse, type Owner } from '../../support/own-account.ts';
import { createWebBrowser, formOf, titleOf } from '../../support/web-browser.ts';
import { place } from '../../support/web-login.ts';

describe('GET /:tid/:aid/account', function () {
  this.timeout(60_000);
  let on: OwnAccountHouse;
  let ada: Owner;

  before(async () => {
    on = await openOwnAccounts();
    await on.allow(['password', 'webauthn']);
  });
  after(() => on.stop());
  beforeEach(async () => {
    ada = await on.person();
  });

  it('shows how somebody signs in, and where they change it', async () => {
    await ada.arrive();
    const shown = await ada.addPasskey('Phone');
    assert.match(shown.text, new RegExp(`signed in as ${ada.email.split('@')[0] ?? ''}`));
    for (const part of ['Phone', 'Not used yet', '/passkeys/new', '/account/password', ada.email])
      assert.ok(shown.text.includes(part), part);
    const [passkey] = await ada.passkeys();
    for (const secret of ['argon2', passkey?.publicKey ?? 'none', passkey?.id ?? 'none'])
      assert.ok(!shown.text.includes(secret), secret);
    assert.match(shown.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(shown.headers.get('cache-control'), 'no-store');
  });

  it('says no more than what is on the list of what was done', async () => {
    await ada.arrive();
    const shown = await ada.browser.open(`${base}?notice=${encodeURIComponent('<b>send money</b>')}`);
    assert.doesNotMatch(shown.text, /send money|role="status"/);
  });

  it('shows of somebody whom another system knows nothing that could be changed', async () => {
    const { stores, hasher } = on.house.platform;
    await stores.idps.insert({
      tenantId: place.tenantId,
      workspaceId: place.workspaceId,
      id: idpId('list'),
      name: 'List',
      enabled: true,
      method: 'static',
      users: [{ username: 'sam', passwordHash: await hasher.hash('sam'), attributes: {} }],
    });
    try {
      const browser = createWebBrowser(on.house.origin);
      const page = await browser.open(linkIn(await browser.open(base), /href="([^"]*idp&#x3D;list[^"]*)"/));
      const shown = await authenticate(browser, page, { identifier: 'sam', password: 'sam' });
      assert.match(shown.text, /kept by another system/);
      assert.doesNotMatch(shown.text, /passkeys\/new|account\/password/);
      for (const path of ['passkeys/new', 'password'])
        assert.equal((await browser.open(`${base}/${path}`)).url.pathname, base);
    } finally {
      await stores.idps.remove(place.tenantId, place.workspaceId, idpId('list'));
    }
  });

  it('is left by signing out, here and at the issuer', async () => {
    const page = await ada.arrive();
    const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
    assert.equal((await ada.browser.ask(`${base}/sign-out`, foreign)).status, 403);
    assert.match((await ada.browser.open(base)).text, /Your account/);
    const asks = await ada.browser.submit(page, '/sign-out');
    const out = await ada.browser.submit(asks, formOf(asks, '').action, { logout: 'yes' });
    assert.match(out.text, /signed out/i);
    assert.match(titleOf(await ada.browser.open(base)), /Sign in to/);
  });
});
