/** Addresses on the pages of one's own account: confirmed by a code that is sent to them, and nowhere else. */
import assert from 'node:assert/strict';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { base, linkIn, openOwnAccounts, type OwnAccountHouse, type Owner } from '../../support/own-account.ts';
import { codeTo, fieldOf } from '../../support/page-passkeys.ts';
import { place } from '../../support/web-login.ts';

const link = /href="([^"]*\/addresses\/[\w-]{43})"/;

describe('addresses at /:tid/:aid/account', function () {
  let on: OwnAccountHouse;
  let ada: Owner;

  before(async () => {
    on = await openOwnAccounts();
  });
  after(() => on.stop());
  beforeEach(async () => {
    ada = await on.person();
  });

  const add = (owner: Owner, address: string) =>
    on.house.platform.stores.addresses.insert(place.tenantId, place.poolId, owner.user.id, {
      type: 'email',
      value: address,
      normalized: address,
      status: 'active',
      preferredContactMethod: undefined,
      metadata: {},
      verifiedAt: undefined,
      createdAt: clock.now(),
      updatedAt: clock.now(),
    });
  const isVerified = async (owner: Owner, address: string): Promise<boolean> => {
    const all = await on.house.platform.stores.addresses.listOf(place.tenantId, place.poolId, owner.user.id);
    return all.find(({ normalized }) => normalized === address)?.verifiedAt !== undefined;
  };

  it('are confirmed by a code, and the page of the code leads back', async () => {
    const address = 'ada.second@example.com';
    await add(ada, address);
    const href = linkIn(await ada.arrive(), link);
    assert.doesNotMatch(href, /\bada\b/);
    const asks = await ada.browser.submit(await ada.browser.open(href), href);
    assert.match(asks.url.pathname, /\/identity\/demo-pool\/verify$/);
    assert.doesNotMatch(asks.url.search, /\bada\b/);
    const done = await ada.browser.submit(asks, '/verify', { code: await codeTo(ada.browser, address) });
    assert.match(done.text, /Your address is confirmed/);
    assert.equal(await isVerified(ada, address), true);
    const back = await ada.browser.open(linkIn(done, /href="([^"]*\/account)"/));
    assert.equal(linkIn(back, link), '');
    // There is nothing to confirm any more.
    assert.equal((await ada.browser.open(href)).url.pathname, base);
  });

  it('of somebody else are sent nothing', async () => {
    const address = 'grace.second@example.com';
    const grace = await on.person();
    await add(grace, address);
    const href = linkIn(await grace.arrive(), link);
    await ada.arrive();
    assert.equal((await ada.browser.open(href)).url.pathname, base);
    const nonce = fieldOf(await grace.browser.open(href), href, 'nonce');
    const sent = await ada.browser.ask(href, {
      method: 'POST',
      headers: { origin: on.house.origin },
      body: new URLSearchParams({ nonce }),
    });
    assert.equal(sent.headers.get('location'), base);
    assert.ok(!(await (await ada.browser.ask('/ops/mailbox')).text()).includes(address));
  });

  it('are sent a few codes at most', async () => {
    const address = 'ada.third@example.com';
    await add(ada, address);
    const page = await ada.browser.open(linkIn(await ada.arrive(), link));
    const statuses: number[] = [];
    for (let n = 0; n < 8; n += 1) statuses.push((await ada.browser.submit(page, page.url.pathname)).status);
    assert.ok(statuses.includes(429), statuses.join());
  });
});
