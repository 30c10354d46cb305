/** A custom application takes people aside and sends them back; whoever tries to get past it, or through it, does not. */
import assert from 'node:assert/strict';
import type * as oidc from 'openid-client';
import { createCustomApp } from '../../examples/custom-app/app.ts';
import type { Client } from '../../server/clients/client.ts';
import { createCustomAppService } from '../../server/extensions/custom-app.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { customAppId, idpId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { addClaim, believed } from '../support/demo-scripts.ts';
import { createPageCalls, historyOfStay, stayOf } from '../support/integrator.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem } from '../support/relying-party.ts';
import { serve, type Served } from '../support/serve.ts';
import { createWebBrowser, formOf, hasForm, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

const place = [tenantId('default'), workspaceId('demo')] as const;
const people = idpId('demo-pool');

describe('a login with a custom application', function () {
  this.timeout(60_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let own: Client | undefined;
  let other: Client | undefined;
  let config: oidc.Configuration;
  let app: Served;

  before(async function () {
    this.timeout(120_000);
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    config = await connect(platform.issuer, client);
    const { unitOfWork } = office.platform;
    const service = createCustomAppService({ unitOfWork, clock });
    // Its address is known once it listens, and it listens once its client is known.
    const made = await service.create(...place, 'departments', { name: 'Departments', url: 'https://later.example' });
    own = made.client;
    other = (await service.create(...place, 'other', { name: 'Other', url: 'https://other.example' })).client;
    app = await serve(
      createCustomApp({
        platformUrl: platform.origin,
        tenantId: 'default',
        clientId: own?.id ?? '',
        clientSecret: own?.secret ?? '',
      }),
    );
    const [tenant, workspace] = place;
    await service.update(
      { tenantId: tenant, workspaceId: workspace, id: customAppId('departments') },
      { name: 'Departments', url: `${app.origin}/start?theme=dark` },
    );
    await bind('departments');
    await addClaim(office, 'department');
    await believed(office);
  });
  after(async () => {
    await app.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(() => office.forgiveAttempts());

  async function bind(id: string): Promise<void> {
    const { idps } = office.platform.stores;
    const idp = await idps.find(...place, people);
    assert.ok(idp);
    await idps.update({ ...idp, postAuthnAppId: customAppId(id) });
  }

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });
  const newBrowser = () => createWebBrowser(platform.origin);
  const atApp = () => createWebBrowser(app.origin);

  /** A person who has proven who they are, and whose browser is on its way to the application. */
  async function away(browser = newBrowser()) {
    const begun = await begin(config, { prompt: 'login consent' });
    const login = await browser.open(begun.url);
    const left = await authenticate(browser, login, ada());
    return { browser, begun, login: login.url, left };
  }
  const choose = async (left: URL, tab = atApp()) => {
    const page = await tab.open(left);
    return tab.submit(page, '/choose', { department: 'Treasury' });
  };
  /** As a backend calls. */
  const call = (path: string, body?: unknown, as: Client | undefined = own, tenant = 'default') =>
    createPageCalls(platform, 'post-authn', 'manage_post_authn')(path, body, as, tenant);
  const complete = ({ id, login_state }: ReturnType<typeof stayOf>, context = {}) =>
    call(`${id}/complete`, { id, login_state, authentication_context: context });

  async function arrives(browser: WebBrowser, begun: Awaited<ReturnType<typeof begin>>, consent: Shown) {
    const answer = await allow(browser, consent);
    assert.ok(answer.left, titleOf(answer));
    return (await redeem(config, begun, answer.url)).claims();
  }

  const historyOf = (left: URL) => historyOfStay(platform, office, stayOf(left).id);

  it('goes there and back, and says in its tokens what was chosen there', async () => {
    const { browser, begun, left } = await away();
    assert.ok(left.left, titleOf(left));
    assert.equal(`${left.url.origin}${left.url.pathname}`, `${app.origin}/start`);
    assert.equal(left.url.searchParams.get('theme'), 'dark', 'its own query stays');
    const back = await choose(left.url);
    assert.equal(back.url.origin, platform.origin);
    const consent = await browser.open(back.url);
    assert.match(titleOf(consent), /asks for your permission/);
    const claims = await arrives(browser, begun, consent);
    assert.equal(claims?.['department'], 'Treasury');

    assert.match(await historyOf(left.url), /customAppReturned/);
    assert.doesNotMatch(await historyOf(left.url), /Treasury|login_state|ticket/, 'attributes are no history');
  });

  it('shows the application what it needs to know, and no other client, state, tenant or token anything', async () => {
    const { left } = await away();
    const { id, login_state: state } = stayOf(left.url);
    const path = `${id}?login_state=${state}`;
    const read = await call(path);
    assert.equal(read.status, 200, JSON.stringify(read.body));
    assert.equal(read.body['id'], id);
    assert.equal(read.body['client_id'], client.id);
    assert.equal(read.body['idp_id'], people);
    assert.deepEqual(read.body['amr'], ['pwd']);
    const known = read.body['authentication_context'] as Record<string, unknown>;
    assert.equal(known['name'], 'Ada Lovelace');
    assert.deepEqual((read.body['request_query_params'] as Record<string, unknown>)['client_id'], [client.id]);

    for (const wrong of ['', `${state.slice(0, -2)}AA`, state.toUpperCase(), `${state}x`])
      assert.equal((await call(`${id}?login_state=${wrong}`)).status, 404, wrong);
    assert.equal((await call(id)).status, 404);
    assert.equal((await call(path, undefined, other)).status, 404, 'another application’s client');
    assert.equal((await call(path, undefined, own, 'system')).status, 401, 'another tenant');
    assert.equal((await call(`${'0'.repeat(32)}?login_state=${state}`)).status, 404);
    const stay = { id, login_state: state };
    assert.equal((await call(`${id}/complete`, { ...stay, login_state: 'x' })).status, 404);
    assert.equal((await call(`${id}/complete`, { ...stay, id: 'another' })).status, 422);
    assert.equal((await call(`${id}/complete`, stay, other)).status, 404);
    assert.equal((await call(`${id}/abort`, { ...stay, error: 'a"b' })).status, 422, 'RFC 6749 §4.1.2.1');
    assert.equal((await call(`${id}/abort`, { ...stay, error_description: 'naïve\n' })).status, 422);
    const unbound = await fetch(`${platform.origin}/api/system/default/post-authn/${path}`);
    assert.equal(unbound.status, 401);
    const tooMuch = { ...stay, authentication_context: { a: 'x'.repeat(40_000) } };
    assert.equal((await call(`${id}/complete`, tooMuch)).status, 422);
    assert.equal((await call(path)).status, 200, 'none of that has answered it');
  });

  it('is answered once', async () => {
    const { browser, left, begun } = await away();
    const stay = stayOf(left.url);
    const both = await Promise.all([
      complete(stay, { department: 'Lending' }),
      complete(stay, { department: 'Treasury' }),
    ]);
    const won = both.find(({ status }) => status === 200);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 404]);
    assert.equal((await complete(stay)).status, 404);
    assert.equal((await call(`${stay.id}/abort`, stay)).status, 404);
    const consent = await browser.open(String(won?.body['redirect_to']));
    const claims = await arrives(browser, begun, consent);
    assert.equal(claims?.['department'], won === both[0] ? 'Lending' : 'Treasury');
  });

  it('lets no lured stranger finish it: the ticket counts in the browser that began', async () => {
    const attacker = await away();
    const victim = newBrowser();
    const back = await choose(attacker.left.url);
    assert.equal(back.url.origin, platform.origin);
    const elsewhere = await victim.open(back.url);
    assert.equal(elsewhere.status, 403, titleOf(elsewhere));
    const reload = await attacker.browser.open(attacker.login);
    assert.match(titleOf(reload), /One more step at Departments/);
    assert.ok(hasForm(reload, '/steps/custom-app'), 'what was said there without its ticket is void');
    const guessed = await attacker.browser.open(`${attacker.login.href}/return?ticket=${'A'.repeat(43)}`);
    assert.match(titleOf(guessed), /One more step/);
    const none = await attacker.browser.open(`${attacker.login.href}/return`);
    assert.match(titleOf(none), /One more step/);

    const again = await attacker.browser.submit(reload, '/steps/custom-app');
    assert.notEqual(stayOf(again.url).id, stayOf(attacker.left.url).id);
    const old = await attacker.browser.open(back.url);
    assert.match(titleOf(old), /One more step/, 'the ticket of the stay before is void');
    assert.equal((await complete(stayOf(attacker.left.url))).status, 404);
    const consent = await attacker.browser.open((await choose(again.url)).url);
    assert.match(titleOf(consent), /asks for your permission/, 'their own way is open to them');
  });

  it('takes a ticket in its own login alone, and once more as nothing new', async () => {
    const one = await away();
    const two = await away(one.browser);
    const back = await choose(one.left.url);
    const ticket = back.url.searchParams.get('ticket') ?? '';
    const crossed = await two.browser.open(`${two.login.href}/return?ticket=${ticket}`);
    assert.match(titleOf(crossed), /One more step/);
    const proofs = () => office.count('proofs', { client_id: client.id });
    const consent = await one.browser.open(back.url);
    assert.match(titleOf(consent), /asks for your permission/);
    const before = await proofs();
    const replayed = await one.browser.open(back.url);
    assert.match(titleOf(replayed), /asks for your permission/);
    assert.equal(await proofs(), before);
    await arrives(one.browser, one.begun, replayed);
    const late = await one.browser.open(back.url);
    assert.match(titleOf(late), /This sign-in is (done|over)|expired/i);
  });

  it('hands the error that it was aborted with to the application', async () => {
    const { browser, begun, left } = await away();
    const stay = stayOf(left.url);
    const { body } = await call(`${stay.id}/abort`, {
      ...stay,
      error: 'kyc_failed',
      error_description: 'not who they say',
      status_code: 403,
    });
    const answer = await browser.open(String(body['redirect_to']));
    assert.ok(answer.left, titleOf(answer));
    assert.equal(answer.url.searchParams.get('error'), 'kyc_failed');
    assert.equal(answer.url.searchParams.get('error_description'), 'not who they say');
    assert.equal(answer.url.searchParams.get('state'), begun.state);
    assert.equal(answer.url.searchParams.get('code'), null);
  });

  it('shows the way back there to who comes without having been, and lets them leave', async () => {
    const { browser, login, left } = await away();
    const page = await browser.open(login);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes(stayOf(left.url).id), 'the same stay, whenever it is asked for');
    const cancelled = await browser.submit(page, '/cancel');
    assert.equal(cancelled.url.searchParams.get('error'), 'access_denied');
    assert.equal((await complete(stayOf(left.url))).status, 404);
  });

  it('lets a session go on that was there, and none past an application that it has not seen', async () => {
    const { browser, begun, left } = await away();
    const consent = await browser.open((await choose(left.url)).url);
    await arrives(browser, begun, consent);
    const silent = await begin(config, { prompt: 'none' });
    const code = await browser.open(silent.url);
    assert.ok(code.url.searchParams.has('code'), code.url.href);
    const claims = (await redeem(config, silent, code.url)).claims();
    assert.equal(claims?.['department'], 'Treasury');
    await bind('other');
    try {
      const refused = await browser.open((await begin(config, { prompt: 'none' })).url);
      assert.equal(refused.url.searchParams.get('error'), 'interaction_required', refused.url.href);
      const asked = await browser.open((await begin(config)).url);
      assert.ok(hasForm(asked, '/authenticate'), titleOf(asked));
      const sent = await authenticate(browser, asked, ada());
      assert.equal(sent.url.origin, 'https://other.example');
    } finally {
      await bind('departments');
    }
  });

  it('leads nowhere but to the registered address, whatever the request says', async () => {
    const browser = newBrowser();
    const evil = 'https://evil.example';
    const begun = await begin(config, {
      prompt: 'login consent',
      login_id: 'x',
      url: evil,
      post_authn_app_id: 'other',
    });
    const left = await authenticate(browser, await browser.open(begun.url), ada());
    assert.equal(left.url.origin, app.origin);
    const { id, login_state } = stayOf(left.url);
    const { body } = await call(`${id}/complete`, { id, login_state, redirect_to: evil, redirect_uri: evil });
    assert.equal(new URL(String(body['redirect_to'])).origin, platform.origin);
    const page = await browser.open(begun.url);
    assert.ok(!formOf(page, '/cancel').action.includes(evil));
  });

  it('goes on after every process was away while the person was there', async () => {
    const { browser, begun, left } = await away();
    process.kill(platform.temporal.pid, 'SIGKILL');
    await Promise.all([platform.server.kill(), platform.worker.kill(), platform.temporal.halt()]);
    await platform.temporal.resume();
    await Promise.all([platform.server.start(), platform.worker.start()]);
    const consent = await browser.open((await choose(left.url)).url);
    const claims = await arrives(browser, begun, consent);
    assert.equal(claims?.['department'], 'Treasury');
  });
});
