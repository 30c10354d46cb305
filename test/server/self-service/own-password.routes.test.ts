/** The password on the pages of one's own account: changed by the old one, by the rules of the pool, or set for the first time. */
import assert from 'node:assert/strict';
import { base, openOwnAccounts, type OwnAccountHouse, type Owner } from '../../support/own-account.ts';
import { password } from '../../support/web-login.ts';

const another = 'umbrella volcano trombones';

describe('the password at /:tid/:aid/account', function () {
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
  });

  it('is changed by the old one, by the rules of the pool', async () => {
    const demand = (min_length: number) =>
      on.changePool(({ settings, ...pool }) => ({
        ...pool,
        settings: { ...settings, password_policy: { ...settings.password_policy, min_length } },
      }));
    await demand(14);
    try {
      const page = await ada.arrive(`${base}/password`);
      assert.match(page.text, /at least 14 characters/);
      const short = await ada.browser.submit(page, '/password', { old_password: password, password: 'umbrella' });
      assert.equal(short.status, 422);
      assert.match(short.text, /class="rule-failed"/);
      const done = await ada.browser.submit(short, '/password', { old_password: password, password: another });
      assert.match(done.text, /Your password was changed/);
      assert.match((await on.elsewhere(ada).arrive(base, another)).text, /Your account/);
    } finally {
      await demand(8);
    }
  });

  it('stays without the old one, at which nobody guesses for long', async () => {
    const page = await ada.arrive(`${base}/password`);
    const missing = await ada.browser.submit(page, '/password', { password: another });
    assert.match(missing.text, /Enter the password that you have now/);
    assert.match(
      (await ada.browser.submit(page, '/password', { old_password: password })).text,
      /Enter a new password/,
    );
    const long = { old_password: password, password: 'x'.repeat(1500) };
    assert.match((await ada.browser.submit(page, '/password', long)).text, /longer than any password/);
    let shown = page;
    for (let n = 0; n < 12 && shown.status !== 429; n += 1)
      shown = await ada.browser.submit(page, '/password', { old_password: `guess ${String(n)}`, password: another });
    assert.equal(shown.status, 429);
    assert.ok(Number(shown.headers.get('retry-after')) > 0);
    assert.doesNotMatch(shown.text, /guess \d|umbrella/);
    assert.equal((await ada.password())?.version, 1);
  });

  it('that has to be reset is set by a code, to which the page leads', async () => {
    const page = await ada.arrive(`${base}/password`);
    await on.house.platform
      .database('password_credentials')
      .where({ user_id: ada.user.id })
      .update({ state: 'must_be_reset' });
    const shown = await ada.browser.submit(page, '/password', { old_password: password, password: another });
    assert.match(shown.text, /good for nothing any more/);
    assert.match(shown.text, /href="\/default\/identity\/demo-pool\/reset_password\?server_id/);
    assert.equal((await ada.password())?.version, 1);
  });

  it('is set for the first time by somebody who has none', async () => {
    await ada.arrive();
    await ada.addPasskey('Phone');
    await ada.forgetPassword();
    const page = await ada.browser.open(`${base}/password`);
    assert.doesNotMatch(page.text, /old_password/);
    assert.match((await ada.browser.submit(page, '/password', { password: another })).text, /Your password is set/);
    assert.ok((await ada.password())?.hash);
  });

  it('is none where the pool has none', async () => {
    const page = await ada.arrive(`${base}/password`);
    await on.allow(['webauthn', 'otp']);
    assert.equal((await ada.browser.open(`${base}/password`)).url.pathname, base);
    await ada.browser.submit(page, '/password', { old_password: password, password: another });
    assert.equal((await ada.password())?.version, 1);
  });
});
