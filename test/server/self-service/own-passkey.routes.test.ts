/** Passkeys on the pages of one's own account: added, named and removed by their person, and never the last way in. */
import assert from 'node:assert/strict';
import { softAuthenticator } from '../../support/authenticator.ts';
import {
  base,
  linkIn,
  openOwnAccounts,
  passkeyLink,
  type OwnAccountHouse,
  type Owner,
} from '../../support/own-account.ts';
import { fieldOf, passkeyOptionsIn } from '../../support/page-passkeys.ts';
import { hasForm } from '../../support/web-browser.ts';

describe('passkeys at /:tid/:aid/account', function () {
  this.timeout(60_000);
  let on: OwnAccountHouse;
  let ada: Owner;

  before(async () => {
    on = await openOwnAccounts();
  });
  after(() => on.stop());
  beforeEach(async () => {
    await on.allow(['password', 'webauthn']);
    ada = await on.person();
    await ada.arrive();
  });
  const origin = () => on.house.origin;

  it('are added with a name, once however often the form is sent, and called otherwise', async () => {
    const page = await ada.browser.open(`${base}/passkeys/new`);
    const made = softAuthenticator(0).create(passkeyOptionsIn(page), { origin: origin() });
    const fields = { name: ' Phone\u0007 ', webauthn: JSON.stringify(made) };
    const shown = await ada.browser.submit(page, '/passkeys/new', fields);
    await ada.browser.submit(page, '/passkeys/new', fields);
    assert.match(shown.text, /Your passkey is ready/);
    assert.deepEqual(
      (await ada.passkeys()).map(({ id, name }) => [id, name]),
      [[made.id, 'Phone']],
    );
    const one = await ada.browser.open(linkIn(shown, passkeyLink));
    assert.match(one.text, /value="Phone"/);
    assert.match((await ada.browser.submit(one, '', { name: ' ' })).text, /Enter a name/);
    assert.match((await ada.browser.submit(one, '', { name: 'x'.repeat(129) })).text, /at most 128/);
    const named = await ada.browser.submit(one, '', { name: '<b>Tablet</b>' });
    assert.match(named.text, /has its new name/);
    assert.match(named.text, /&lt;b&gt;Tablet/);
    assert.equal((await ada.passkeys())[0]?.name, '<b>Tablet</b>');
  });

  it('are none but what an authenticator made for this page, whose form keeps the name that was typed', async () => {
    const page = await ada.browser.open(`${base}/passkeys/new`);
    const forged = softAuthenticator(0).create(passkeyOptionsIn(page), { origin: 'https://evil.example' });
    const unverified = softAuthenticator(0).create(passkeyOptionsIn(page), { origin: origin(), isVerified: false });
    const other = await ada.browser.open(`${base}/passkeys/new`);
    const ofOther = softAuthenticator(0).create(passkeyOptionsIn(other), { origin: origin() });
    for (const webauthn of ['', '{}', 'x', ...[forged, unverified, ofOther].map((one) => JSON.stringify(one))]) {
      const shown = await ada.browser.submit(page, '/passkeys/new', { name: 'Phone', webauthn });
      assert.equal(shown.status, 422, webauthn);
      assert.match(shown.text, /value="Phone"/);
    }
    assert.deepEqual(await ada.passkeys(), []);
  });

  it('are nothing to anybody else: neither what was made, nor where it is', async () => {
    const shown = await ada.addPasskey('Phone');
    const link = linkIn(shown, passkeyLink);
    const page = await ada.browser.open(`${base}/passkeys/new`);
    const made = softAuthenticator(1).create(passkeyOptionsIn(page), { origin: origin() });
    const eve = await on.person();
    await eve.arrive();
    const theirs = await eve.browser.open(`${base}/passkeys/new`);
    // The nonce of ada's page is of her login, and what was made for it is good for no other.
    for (const nonce of [fieldOf(page, '/passkeys/new', 'nonce'), fieldOf(theirs, '/passkeys/new', 'nonce')]) {
      const sent = await eve.browser.submit(theirs, '/passkeys/new', { nonce, webauthn: JSON.stringify(made) });
      assert.equal(sent.status, 422);
    }
    assert.deepEqual(await eve.passkeys(), []);
    for (const path of [link, `${link}/remove`]) {
      assert.equal((await eve.browser.open(path)).url.pathname, base);
      const nonce = fieldOf(await ada.browser.open(path), path, 'nonce');
      const sent = await eve.browser.ask(path, {
        method: 'POST',
        headers: { origin: origin() },
        body: new URLSearchParams({ nonce, name: 'Mine' }),
      });
      assert.equal(sent.headers.get('location'), base);
    }
    assert.equal((await ada.passkeys())[0]?.name, 'Phone');
  });

  it('are removed after asking, and never the last way in', async () => {
    await ada.addPasskey('Phone');
    const shown = await ada.addPasskey('Laptop', softAuthenticator(1));
    const links = [...shown.text.matchAll(new RegExp(passkeyLink, 'g'))].map(([, href = '']) => href);
    assert.equal(links.length, 2);
    const [first, second] = await Promise.all(links.map((href) => ada.browser.open(`${href}/remove`)));
    assert.ok(first && second);
    // A password without a hash is no way in.
    await ada.forgetPassword();
    assert.match((await ada.browser.submit(first, '/remove')).text, /was removed/);
    const last = await ada.browser.submit(second, '/remove');
    assert.equal(last.status, 422);
    assert.match(last.text, /only way to sign in, so it was not removed/);
    assert.ok(!hasForm(last, '/remove'));
    assert.match((await ada.browser.open(`${links[1] ?? ''}/remove`)).text, /cannot be removed/);
    assert.deepEqual(
      (await ada.passkeys()).map(({ name }) => name),
      ['Laptop'],
    );
    // What is gone is shown as gone, and nothing fails.
    assert.equal((await ada.browser.submit(first, '/remove')).url.pathname, base);
  });

  it('are none where the pool has none', async () => {
    await on.allow(['password']);
    assert.doesNotMatch((await ada.browser.open(base)).text, /passkeys\/new/);
    assert.equal((await ada.browser.open(`${base}/passkeys/new`)).url.pathname, base);
  });
});
