/** What people do at the pages of their own account: the server is killed in every transaction, and whoever sends the form again is done, once. */
import assert from 'node:assert/strict';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import { notNowField } from '../../server/credentials/passkey/passkey-offer.service.ts';
import { passkeyKey } from '../../server/credentials/passkey/passkey.ts';
import { newId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { softAuthenticator } from '../support/authenticator.ts';
import { base } from '../support/own-account.ts';
import { passkeyOptionsIn } from '../support/page-passkeys.ts';
import { authenticate } from '../support/relying-party.ts';
import { createWebBrowser, hasForm, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openPoolHouse, tenant, type PoolHouse } from './pool-house.ts';
import { faultOf } from './struck.ts';

const offer = '/steps/passkey-offer';

/** Somebody who is signed in at their account, with a passkey. */
interface Owner {
  readonly user: User;
  readonly password: string;
  readonly browser: WebBrowser;
}

/** A form of theirs: at which address, what it is answered, and whether that came to be, and once. */
interface Errand {
  readonly path: string;
  values(page: Shown): Readonly<Record<string, string>>;
  readonly notice: string;
  isDone(): Promise<boolean>;
}

describe('an errand at the pages of one’s own account', function () {
  this.timeout(300_000);
  let house: PoolHouse;

  before(async () => {
    house = await openPoolHouse();
  });
  after(() => house.close());

  const passkeysOf = ({ user }: Owner) => house.office.platform.stores.passkeys.listOf(tenant, demoPoolId, user.id);
  const madeOn = (page: Shown): string =>
    JSON.stringify(softAuthenticator(0).create(passkeyOptionsIn(page), { origin: house.platform.origin }));

  async function arrived(): Promise<Owner> {
    const [email, password] = [`own-${newId()}@example.com`, newId()];
    const user = await house.office.addPerson({ name: 'Grace', email, password });
    const browser = createWebBrowser(house.platform.origin);
    const next = await browser.submit(await browser.open(base), '/authenticate', {
      identifier: email,
      action: 'continue',
    });
    const offered = await authenticate(browser, next, { identifier: email, password });
    assert.ok(hasForm(offered, offer), titleOf(offered));
    await browser.submit(offered, offer, { [notNowField]: '1' });
    const owner = { user, password, browser };
    const page = await browser.open(`${base}/passkeys/new`);
    await browser.submit(page, '/passkeys/new', { name: 'First', webauthn: madeOn(page) });
    assert.equal((await passkeysOf(owner)).length, 1);
    return owner;
  }

  /** @returns how often the server was killed */
  const strikeThroughout = (errandOf: (owner: Owner) => Errand | Promise<Errand>): Promise<number> =>
    house.throughout(async (strike) => {
      const owner = await arrived();
      const { path, values, notice, isDone } = await errandOf(owner);
      const page = await owner.browser.open(`${base}${path}`);
      const filled = values(page);
      const { shown, struck } = await house.send(() => owner.browser.submit(page, path, filled), strike);
      const at = `${path} ${strike.place} ${String(strike.letBy)}: ${titleOf(shown)} ${faultOf(shown)}`;
      assert.equal(shown.url.pathname, base, at);
      // What is gone already when the form comes again is not removed once more.
      if (!struck) assert.equal(shown.url.searchParams.get('notice'), notice, at);
      assert.ok(await isDone(), at);
      return struck;
    });

  const namesOf = async (owner: Owner): Promise<readonly string[]> =>
    (await passkeysOf(owner)).map(({ name }) => name).toSorted();
  const keyOf = async (owner: Owner): Promise<string> => passkeyKey((await passkeysOf(owner))[0]?.id ?? '');

  it('adds a passkey, and one alone', async () => {
    const strikes = await strikeThroughout((owner) => ({
      path: '/passkeys/new',
      values: (page) => ({ name: 'Second', webauthn: madeOn(page) }),
      notice: 'passkey_added',
      isDone: async () => (await namesOf(owner)).join() === 'First,Second',
    }));
    assert.ok(strikes >= 3, String(strikes));
  });

  it('names a passkey', async () => {
    const strikes = await strikeThroughout(async (owner) => ({
      path: `/passkeys/${await keyOf(owner)}`,
      values: () => ({ name: 'At home' }),
      notice: 'passkey_renamed',
      isDone: async () => (await namesOf(owner)).join() === 'At home',
    }));
    assert.ok(strikes >= 3, String(strikes));
  });

  it('removes a passkey', async () => {
    const strikes = await strikeThroughout(async (owner) => ({
      path: `/passkeys/${await keyOf(owner)}/remove`,
      values: () => ({}),
      notice: 'passkey_removed',
      isDone: async () => (await passkeysOf(owner)).length === 0,
    }));
    assert.ok(strikes >= 3, String(strikes));
  });

  it('changes a password by the old one, and is told so by the form that comes again', async () => {
    const { stores, hasher } = house.office.platform;
    const strikes = await strikeThroughout((owner) => {
      const password = newId();
      return {
        path: '/password',
        values: () => ({ old_password: owner.password, password }),
        notice: 'password_changed',
        async isDone() {
          const kept = await stores.passwords.findByUser(tenant, demoPoolId, owner.user.id);
          return kept?.version === 2 && (await hasher.verify(kept.hash, password));
        },
      };
    });
    assert.ok(strikes >= 3, String(strikes));
  });
});
