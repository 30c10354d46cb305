/** Everything fired twenty times at once: one workflow, one consent, one grant, one code, one set of tokens. */
import assert from 'node:assert/strict';
import type * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { createLoginClient, type LoginClient } from '../../workflows/client.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { authenticate, begin, connect, redeem } from '../support/relying-party.ts';
import { createWebBrowser, formOf, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

const times = 20;

describe('one login, submitted many times at once', function () {
  let platform: TestPlatform;
  let office: BackOffice;
  let logins: LoginClient;
  let client: Client;
  let config: oidc.Configuration;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    logins = createLoginClient({
      cluster: { address: platform.temporal.address },
      namespace: platform.temporal.namespace,
      taskQueue: 'gatehouse',
      keys: office.platform.keyRing,
    });
  });
  after(async () => {
    await logins.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(async () => {
    await office.forgiveAttempts();
    client = await office.addClient();
    config = await connect(platform.issuer, client);
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });

  /** The same browser: its cookies now. */
  function twin(browser: WebBrowser): WebBrowser {
    const copy = createWebBrowser(platform.origin);
    copy.jar.restore(browser.jar.all());
    return copy;
  }

  async function atLogin() {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config);
    return { browser, begun, page: await browser.open(begun.url) };
  }

  /** Counts what a finished login left behind, and asks Temporal how its workflow ended. */
  async function assertOneLogin(): Promise<void> {
    const rows = await office.platform.database('interactions').where({ client_id: client.id }).select('id', 'state');
    assert.deepEqual(
      rows.map(({ state }: { state: string }) => state),
      ['granted'],
    );
    const id = String((rows as { id: string }[])[0]?.id);
    assert.equal(await office.count('consents', { client_id: client.id }), 1);
    assert.equal(await office.count('oidc_artifacts', { client_id: client.id, model: 'Grant' }), 1);
    const events = await office.platform.database('audit_events').where({ subject: 'login', action: 'succeeded' });
    assert.equal(events.filter(({ metadata }: { metadata: string }) => metadata.includes(id)).length, 1);
    const state = await settled(id);
    assert.deepEqual(state, { status: 'completed', outcome: { outcome: 'granted', reason: 'granted' } });
  }

  async function settled(id: string) {
    let state = await logins.describe(id);
    for (let attempt = 0; attempt < 300 && state?.status === 'running'; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      state = await logins.describe(id);
    }
    return state;
  }

  async function finish(browser: WebBrowser, at: Shown): Promise<Shown> {
    const page = await browser.open(at.url);
    return browser.submit(page, '/consent', { decision: 'allow' });
  }

  /** Pages that a parallel submit may end at: never a failure; 429 since guesses are counted before they are looked at. */
  function assertCalm(pages: readonly Shown[]): void {
    const statuses = pages.filter(({ left }) => !left).map((page) => `${String(page.status)} ${titleOf(page)}`);
    assert.deepEqual(
      statuses.filter((status) => !/^(200|400|410|429|503) /.test(status)),
      [],
    );
  }

  it('takes the right password twenty times with one nonce as one login', async () => {
    const { browser, begun, page } = await atLogin();
    const pages = await Promise.all(Array.from({ length: times }, () => authenticate(twin(browser), page, ada())));
    assertCalm(pages);
    assert.equal(await office.count('proofs', { client_id: client.id, update_name: 'authenticated' }), 1);
    const end = await finish(browser, page);
    assert.ok((await redeem(config, begun, end.url)).access_token);
    await assertOneLogin();
  });

  it('takes the right password from twenty tabs, each with its own nonce, as one login', async () => {
    const { browser, begun, page } = await atLogin();
    const tabs = await Promise.all(Array.from({ length: times }, () => twin(browser).open(page.url)));
    const nonces = tabs.map((tab) => formOf(tab, '/authenticate').fields[0]?.[1]);
    assert.equal(new Set(nonces).size, times);
    assertCalm(await Promise.all(tabs.map((tab) => authenticate(twin(browser), tab, ada()))));
    const end = await finish(browser, page);
    assert.ok(end.left, titleOf(end));
    assert.ok((await redeem(config, begun, end.url)).access_token);
    await assertOneLogin();
  });

  for (const [what, sameForm] of [
    ['one form twenty times', true],
    ['twenty forms', false],
  ] as const) {
    it(`takes a decision from ${what} as one consent and one grant`, async () => {
      const { browser, begun, page } = await atLogin();
      const consent = await authenticate(browser, page, ada());
      const tabs = await Promise.all(
        Array.from({ length: times }, () => (sameForm ? Promise.resolve(consent) : twin(browser).open(consent.url))),
      );
      const ends = await Promise.all(tabs.map((tab) => twin(browser).submit(tab, '/consent', { decision: 'allow' })));
      assertCalm(ends);
      await assertOneLogin();
      const codes = new Set(ends.flatMap(({ left, url }) => (left ? [url.searchParams.get('code')] : [])));
      assert.ok(codes.size >= 1, ends.map(titleOf).join());
      const answer = ends.find(({ url }) => url.searchParams.has('code'));
      assert.ok(answer);
      await redeem(config, begun, answer.url);
    });
  }

  it('takes one of an allowance and a denial that come at once, and says the same to both', async () => {
    const { browser, page } = await atLogin();
    const consent = await authenticate(browser, page, ada());
    const ends = await Promise.all(
      Array.from({ length: times }, (_, index) =>
        twin(browser).submit(consent, '/consent', { decision: index % 2 === 0 ? 'allow' : 'deny' }),
      ),
    );
    assertCalm(ends);
    const outcomes = new Set(
      ends
        .filter(({ left }) => left)
        .map(({ url }) => (url.searchParams.has('code') ? 'code' : url.searchParams.get('error'))),
    );
    assert.equal(outcomes.size, 1, [...outcomes].join());
  });

  it('redeems a code once of twenty, and gives nobody tokens that last (RFC 6749 §4.1.2)', async () => {
    const { browser, begun, page } = await atLogin();
    const consent = await authenticate(browser, page, ada());
    const { url } = await browser.submit(consent, '/consent', { decision: 'allow' });
    const all = await Promise.allSettled(Array.from({ length: times }, () => redeem(config, begun, url)));
    const given = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.access_token] : []));
    assert.ok(given.length <= 1, String(given.length));
    for (const token of given) {
      const asked = await fetch(`${platform.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(asked.status, 401, 'a code that came twice ends what it gave');
    }
  });
});
