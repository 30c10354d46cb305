/** The shortest useful way through the protocol, with every row in MariaDB. */
import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { onEmptyMariaDb } from '../support/databases.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { authenticate, begin, connect, redeem, signIn, type Credentials } from '../support/relying-party.ts';
import { createWebBrowser, titleOf } from '../support/web-browser.ts';

onEmptyMariaDb('a relying party of a platform', (database) => {
  let platform: TestPlatform;
  let office: BackOffice;
  let ada: Credentials;

  before(async () => {
    const databaseUrl = database();
    platform = await startTestPlatform({ databaseUrl });
    office = await openBackOffice(platform, { DATABASE_URL: databaseUrl });
    ada = { identifier: platform.person.phone, password: platform.person.password };
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });

  it('gives a code, tokens, a refresh and userinfo, and ends the family of a refresh token that comes back', async () => {
    const { issuer, origin } = platform;
    const config = await connect(issuer, await office.addClient());
    const begun = await begin(config, { scope: 'openid email offline_access' });
    const { url } = await signIn(createWebBrowser(origin), begun, ada);
    const tokens = await redeem(config, begun, url);
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    const info = await oidc.fetchUserInfo(config, refreshed.access_token, tokens.claims()?.sub ?? '');
    assert.equal(info.email, 'ada@example.com');
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' });
    assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, false);
  });

  it('gives one grant for 20 submits at once, and one set of tokens for 20 redemptions', async () => {
    const { issuer, origin } = platform;
    const client = await office.addClient();
    const config = await connect(issuer, client);
    const begun = await begin(config);
    const browser = createWebBrowser(origin);
    const consent = await authenticate(browser, await browser.open(begun.url), ada);
    const ends = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const copy = createWebBrowser(origin);
        copy.jar.restore(browser.jar.all());
        return copy.submit(consent, '/consent', { decision: 'allow' });
      }),
    );
    assert.equal(await office.count('consents', { client_id: client.id }), 1);
    const answer = ends.find(({ left, url }) => left && url.searchParams.has('code'));
    assert.ok(answer, titleOf(ends[0] ?? consent));
    const redeemed = await Promise.allSettled(Array.from({ length: 20 }, () => redeem(config, begun, answer.url)));
    assert.ok(redeemed.filter(({ status }) => status === 'fulfilled').length <= 1);
  });

  it('remembers the person silently', async () => {
    const { issuer, origin } = platform;
    const config = await connect(issuer, await office.addClient());
    const browser = createWebBrowser(origin);
    await signIn(browser, await begin(config), ada);
    const begun = await begin(config, { prompt: 'none' });
    assert.ok((await redeem(config, begun, (await browser.open(begun.url)).url)).claims()?.sub);
  });
});
