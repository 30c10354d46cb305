/** `prompt=none`: granted without a page where an interaction would have asked nothing either, and refused everywhere else. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { allow, authenticate } from '../../support/relying-party.ts';
import { createWebBrowser, formOf, titleOf, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, startWebLogin, type WebLogin } from '../../support/web-login.ts';
import { resetPassword } from '../../support/passwords.ts';

describe('createSilentLogins', () => {
  let house: WebLogin;
  let client: Client;
  const ada = { identifier: 'ada@example.com', password };

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
  });
  after(() => house.stop());
  beforeEach(async () => {
    await house.platform.database('throttles').delete();
    await house.platform.database('consents').delete();
  });

  const ask = (who: WebBrowser, app: Client, parameters: Readonly<Record<string, string>> = {}) =>
    who.open(asking(house.issuer, app, parameters));
  const silently = (who: WebBrowser, app: Client, parameters: Readonly<Record<string, string>> = {}) =>
    ask(who, app, { prompt: 'none', ...parameters });
  const errorOf = ({ url }: Shown) => url.searchParams.get('error');
  const firstParty = (metadata: Parameters<WebLogin['addClient']>[0] = {}) => house.addClient(metadata, true);

  /** Somebody signed in to an application that has nothing to do with the one that asks silently. */
  async function signedIn(person = ada, app = client): Promise<WebBrowser> {
    const browser = createWebBrowser(house.origin);
    const page = await authenticate(browser, await ask(browser, app), person);
    assert.ok((page.left ? page : await allow(browser, page)).url.searchParams.has('code'));
    return browser;
  }
  async function tokensOf(page: Shown, { id, secret }: Client): Promise<Readonly<Record<string, unknown>>> {
    const code = page.url.searchParams.get('code');
    assert.ok(code !== null, `${page.url.search} ${titleOf(page)}`);
    const response = await fetch(`${house.issuer}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret ?? ''}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: 'https://app.example/cb',
        // Of RFC 7636 appendix B, as the challenge is.
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      }),
    });
    return (await response.json()) as Record<string, unknown>;
  }
  const rows = async (table: string, where: Readonly<Record<string, string>>): Promise<number> =>
    (await house.platform.database(table).where(where).select(house.platform.database.raw('1'))).length;
  const grantsOf = ({ id }: Client) => rows('oidc_artifacts', { model: 'Grant', client_id: id });

  it('grants a trusted application what it asks for, from a session that another one made (OIDC Core §3.1.2.1)', async () => {
    const [browser, app] = [await signedIn(), await firstParty()];
    const tokens = await tokensOf(await silently(browser, app), app);
    assert.equal(tokens['scope'], 'openid profile email');
    const info = await fetch(`${house.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
    });
    assert.equal(((await info.json()) as Record<string, unknown>)['email'], 'ada@example.com');
  });

  it('is a login like any other: a row that has ended, a snapshot, an event; no workflow and no consent', async () => {
    const [browser, app] = [await signedIn(), await firstParty()];
    const workflows = house.logins.ended.size;
    assert.equal(errorOf(await silently(browser, app)), null);
    const { database } = house.platform;
    const logins: readonly { readonly state: string; readonly id: string }[] = await database('interactions').where({
      client_id: app.id,
    });
    assert.deepEqual(
      logins.map(({ state }) => state),
      ['granted'],
    );
    assert.equal(house.logins.ended.size, workflows);
    assert.equal(await rows('consents', { client_id: app.id }), 0);
    const told = await database('audit_events')
      .where({ subject: 'login', action: 'succeeded' })
      .where('metadata', 'like', `%${logins[0]?.id ?? 'none'}%`);
    assert.equal(told.length, 1);
  });

  it('asks the grant that is there the next time, and makes no second one', async () => {
    const [browser, app] = [await signedIn(), await firstParty()];
    for (let times = 0; times < 3; times += 1) assert.equal(errorOf(await silently(browser, app)), null);
    assert.equal(await grantsOf(app), 1);
  });

  it('grants a trusted application more than it had asked for before', async () => {
    const [browser, app] = [await signedIn(), await firstParty()];
    assert.equal((await tokensOf(await silently(browser, app, { scope: 'openid' }), app))['scope'], 'openid');
    const more = await silently(browser, app, { scope: 'openid email phone' });
    assert.equal((await tokensOf(more, app))['scope'], 'openid email phone');
  });

  it('grants what the person allowed before in another browser, and no more', async () => {
    const app = await house.addClient();
    await signedIn(ada, app);
    const laptop = await signedIn(ada, await firstParty());
    assert.equal(errorOf(await silently(laptop, app, { scope: 'openid profile email phone' })), 'consent_required');
    assert.equal((await tokensOf(await silently(laptop, app), app))['scope'], 'openid profile email');
  });

  it('grants nothing that the person took back, or never allowed', async () => {
    const app = await house.addClient();
    await signedIn(ada, app);
    await house.platform.database('consents').update({ revoked_at: Date.now() });
    const laptop = await signedIn(ada, await firstParty());
    assert.equal(errorOf(await silently(laptop, app)), 'consent_required');
    assert.equal(errorOf(await silently(laptop, await house.addClient())), 'consent_required');
    assert.equal(await rows('interactions', { client_id: app.id }), 1, 'the one in the other browser');
  });

  it('grants nothing without a session, however trusted the application is', async () => {
    const app = await firstParty();
    assert.equal(errorOf(await silently(createWebBrowser(house.origin), app)), 'login_required');
    assert.equal(await grantsOf(app), 0);
  });

  it('grants nothing from a session that is too old for the request, and leaves nothing behind', async () => {
    const [browser, app] = [await signedIn(), await firstParty()];
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(errorOf(await silently(browser, app, { max_age: '0' })), 'login_required');
    const claims = JSON.stringify({ id_token: { sub: { value: 'somebody-else' } } });
    assert.equal(errorOf(await silently(browser, app, { claims })), 'login_required');
    assert.deepEqual([await grantsOf(app), await rows('interactions', { client_id: app.id })], [0, 0]);
  });

  it('grants nothing to a person who was disabled', async () => {
    const fred = await house.addPerson('fred@example.com');
    const [browser, app] = [await signedIn({ identifier: 'fred@example.com', password }), await firstParty()];
    await house.platform.stores.users.update({ ...fred, status: 'inactive' });
    assert.equal(errorOf(await silently(browser, app)), 'login_required');
    assert.equal(await grantsOf(app), 0);
  });

  it('ends with a reset of the password, and refresh tokens end with it; the new password signs in', async () => {
    const { id, tenantId, poolId } = await house.addPerson('gina@example.com');
    const gina = { identifier: 'gina@example.com', password };
    const scope = { scope: 'openid offline_access', prompt: 'consent' };
    const browser = createWebBrowser(house.origin);
    const page = await authenticate(browser, await ask(browser, client, scope), gina);
    let tokens = await tokensOf(await allow(browser, page), client);
    const app = await firstParty();
    assert.equal(errorOf(await silently(browser, app)), null);
    const refreshed = async () => {
      const response = await fetch(`${house.issuer}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret ?? ''}`)}` },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) }),
      });
      return (await response.json()) as Record<string, unknown>;
    };
    tokens = await refreshed();
    assert.equal(tokens['error'], undefined);
    // In the second of the login: what came before the reset is over all the same.
    const newer = 'umbrella volcano trombones';
    await resetPassword(
      { service: house.platform.passwords.service, unitOfWork: house.platform.unitOfWork },
      { tenantId, poolId, userId: id },
      newer,
      '/password',
    );
    assert.equal(errorOf(await silently(browser, app)), 'login_required');
    assert.equal((await refreshed())['error'], 'invalid_grant');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(errorOf(await silently(browser, app)), 'login_required');
    const again = await signedIn({ ...gina, password: newer });
    assert.equal(errorOf(await silently(again, app)), null);
  });

  it('grants nothing past a step that the session did not pass', async () => {
    const browser = await signedIn();
    const app = await firstParty();
    await house.changeSettings({ plugins: { terms: { version: 1, url: 'https://acme.example/terms' } } });
    try {
      assert.equal(errorOf(await silently(browser, app)), 'interaction_required');
      const step = await authenticate(browser, await ask(browser, app), ada);
      const passed = await browser.submit(step, '/steps/terms', { version: '1', accepted: 'yes' });
      assert.ok(passed.url.searchParams.has('code'), titleOf(passed));
      assert.equal(errorOf(await silently(browser, await firstParty())), null, 'passed once for the session');
    } finally {
      await house.changeSettings({ plugins: {} });
    }
  });

  it('leaves asking to those who may ask: without prompt=none the page comes as ever', async () => {
    const browser = await signedIn();
    formOf(await ask(browser, await house.addClient()), '/consent');
    formOf(await ask(browser, await firstParty(), { prompt: 'consent' }), '/consent');
  });

  it('grants nothing to an application that anybody could pretend to be (RFC 8252 §8.6)', async () => {
    const [browser, app] = [
      await signedIn(),
      await firstParty({ redirect_uris: ['com.example.app:/cb'], token_endpoint_auth_method: 'none' }),
    ];
    const page = await silently(browser, app, { redirect_uri: 'com.example.app:/cb' });
    assert.equal(errorOf(page), 'interaction_required');
    assert.equal(await grantsOf(app), 0);
  });
});
