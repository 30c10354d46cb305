/** Changing one's own account: by whoever is signed in, by a form of ours that was made for them, a few minutes after they proved who they are. */
import assert from 'node:assert/strict';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
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
import { titleOf } from '../../support/web-browser.ts';
import { password, place } from '../../support/web-login.ts';

const another = 'umbrella volcano trombones';
const fields = { old_password: password, password: another };

describe('a form of /:tid/:aid/account', function () {
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
  const post = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) =>
    ada.browser.ask(`${base}/password`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const isUnchanged = async () => {
    assert.equal((await ada.password())?.version, 1);
  };

  it('changes nothing for who is not signed in', async () => {
    const sent = await post(fields, { origin: on.house.origin });
    assert.equal(sent.status, 303);
    assert.match(sent.headers.get('location') ?? '', /\/oauth2\/authorize\?/);
    await isUnchanged();
  });

  it('is refused from another site, and from nowhere', async () => {
    const nonce = fieldOf(await ada.arrive(`${base}/password`), '/password', 'nonce');
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
      {},
    ])
      assert.equal((await post({ ...fields, nonce }, headers as Record<string, string>)).status, 403);
    await isUnchanged();
  });

  it('is outdated where it was made for another person, login or purpose', async () => {
    const page = await ada.arrive(`${base}/password`);
    const eve = await on.person();
    const nonces = [
      undefined,
      'x.y',
      fieldOf(await eve.arrive(`${base}/password`), '/password', 'nonce'),
      fieldOf(await on.elsewhere(ada).arrive(`${base}/password`), '/password', 'nonce'),
      fieldOf(await ada.browser.open(`${base}/passkeys/new`), '/passkeys/new', 'nonce'),
    ];
    for (const nonce of nonces) {
      const shown = await ada.browser.submit(page, '/password', { ...fields, nonce });
      assert.equal(shown.status, 422);
      assert.match(shown.text, /out of date, and nothing was changed/);
    }
    await isUnchanged();
  });

  it('asks who it is again after five minutes, before anything is changed, and goes on from there', async () => {
    await ada.arrive();
    const shown = await ada.addPasskey('Phone');
    const form = await ada.browser.open(`${base}/passkeys/new`);
    const forms = ['password', 'passkeys/new', `passkeys/${linkIn(shown, passkeyLink).split('/').pop() ?? ''}/remove`];
    await on.age(301);
    assert.match((await ada.browser.open(base)).text, /Phone/);
    for (const path of forms) {
      const asked = await ada.browser.open(`${base}/${path}`);
      assert.match(titleOf(asked), /Sign in to Your account/, path);
      assert.ok(asked.text.includes(`value="${ada.email}"`), path);
    }
    const made = softAuthenticator(1).create(passkeyOptionsIn(form), { origin: on.house.origin });
    const late = await ada.browser.submit(form, '/passkeys/new', { webauthn: JSON.stringify(made) });
    assert.match(titleOf(late), /Sign in to Your account/);
    assert.equal((await ada.passkeys()).length, 1);
    const again = await ada.answer(late);
    assert.equal(again.url.pathname, `${base}/passkeys/new`);
    assert.match((await ada.addPasskey('Laptop', softAuthenticator(1))).text, /Your passkey is ready/);
  });

  it('is shown to nobody who has not two of the five minutes left, and taken until the last', async () => {
    const page = await ada.arrive(`${base}/password`);
    await on.age(240);
    assert.match(titleOf(await ada.browser.open(`${base}/password`)), /Sign in to/);
    assert.match((await ada.browser.submit(page, '/password', fields)).text, /Your password was changed/);
  });

  it('changes nothing for who was signed out everywhere since it was drawn', async () => {
    const page = await ada.arrive(`${base}/password`);
    await on.house.platform.stores.users.endSessions(place.tenantId, place.poolId, ada.user.id, clock.now() + 1000);
    assert.match(titleOf(await ada.browser.submit(page, '/password', fields)), /Sign in to/);
    await isUnchanged();
  });
});
