/** A browser on its way to a custom application and back: sent once, told where it was left, let in by its ticket. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createCustomAppService } from '../../../server/extensions/custom-app.service.ts';
import { createHandoffCalls } from '../../../server/interactions/handoff-call.service.ts';
import { createLoginStates } from '../../../server/interactions/login-state.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import type { CustomIdp } from '../../../server/idps/idp.ts';
import type { PageKind } from '../../../server/extensions/page.ts';
import type { HandoffAnswer } from '../../../server/interactions/handoff.ts';
import { clientId, customAppId, handoffId, idpId, type ClientId } from '../../../server/kernel/ids.ts';
import { createWebBrowser, formOf, hasForm, titleOf, type Shown } from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const form = '/steps/custom-app';

describe('createHandoffMoves', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let client: Client;
  before(async () => {
    house = await startWebLogin();
    client = await house.addClient({}, true);
    await house.addPerson('ada@here.example');
    const { unitOfWork } = house.platform;
    const words = { name: 'KYC', url: 'https://kyc.example/start' };
    await createCustomAppService({ unitOfWork, clock }).create(place.tenantId, place.workspaceId, 'kyc', words);
  });
  after(() => house.stop());
  beforeEach(async () => {
    await house.platform.database('throttles').delete();
    await bind('kyc');
  });

  async function bind(id: string | undefined): Promise<void> {
    const { idps } = house.platform.stores;
    const found = await idps.find(place.tenantId, place.workspaceId, idpId('demo-pool'));
    assert.ok(found);
    const { postAuthnAppId: _, ...idp } = found;
    await idps.update(id === undefined ? idp : { ...idp, postAuthnAppId: customAppId(id) });
  }
  const away = async () => {
    const browser = createWebBrowser(house.origin);
    const login = await browser.open(asking(house.issuer, client));
    const left = await browser.submit(login, '/authenticate', { identifier: 'ada@here.example', password });
    return { browser, login, left };
  };
  const idOf = ({ url }: Shown) => handoffId(url.searchParams.get('login_id') ?? '');
  async function complete(left: Shown): Promise<string> {
    const { stores, unitOfWork, cases, issuerOf, deriveKey } = house.platform;
    const app = await stores.customApps.find(place.tenantId, place.workspaceId, customAppId('kyc'));
    const calls = createHandoffCalls({
      unitOfWork,
      cases,
      states: createLoginStates(deriveKey('login states')),
      issuerOf,
      clock,
    });
    const state = left.url.searchParams.get('login_state') ?? '';
    const call = {
      tenantId: place.tenantId,
      id: idOf(left),
      state,
      clientId: app?.clientId,
      kind: 'custom-app',
    } as const;
    return calls.answer(call, { kind: 'completed', context: { level: 3 } });
  }

  it('sends the browser there, allows its form to lead there, and lets it in with its ticket', async () => {
    const { browser, login, left } = await away();
    assert.match(login.headers.get('content-security-policy') ?? '', /form-action [^;]*https:\/\/kyc\.example/);
    assert.ok(left.left);
    assert.equal(left.url.origin, 'https://kyc.example');
    const done = await browser.open(await complete(left));
    assert.equal(`${done.url.origin}${done.url.pathname}`, callback);
    assert.ok(done.url.searchParams.has('code'), done.url.href);
  });

  it('shows the way there to who comes back without having been, under the same id', async () => {
    const { browser, login, left } = await away();
    const page = await browser.open(login.url);
    assert.match(titleOf(page), /One more step at KYC/);
    assert.ok(page.text.includes(idOf(left)));
    assert.ok(!hasForm(page, form));
  });

  it('begins anew after an answer whose ticket was lost; the form needs its nonce', async () => {
    const { browser, login, left } = await away();
    const lost = await complete(left);
    const page = await browser.open(login.url);
    assert.ok(hasForm(page, form), titleOf(page));
    const forged = await browser.submit(page, form, { nonce: 'made.up' });
    assert.equal(forged.left, false);
    const again = await browser.submit(page, form);
    assert.equal(again.url.origin, 'https://kyc.example');
    assert.notEqual(idOf(again), idOf(left));
    assert.match(titleOf(await browser.open(lost)), /One more step/, 'its ticket is void');
    assert.ok((await browser.open(await complete(again))).url.searchParams.has('code'));
  });

  it('tells the application when its person comes back too late', async () => {
    const { browser, login, left } = await away();
    await house.platform
      .database('handoffs')
      .where({ id: idOf(left) })
      .update({ expires_at: Date.now() - 1 });
    const late = await browser.open(login.url);
    assert.equal(late.url.searchParams.get('error'), 'temporarily_unavailable', late.url.href);
    assert.equal(late.url.searchParams.get('state'), 'some-state');
  });

  it('goes on without it where nobody asks for it any more', async () => {
    const { browser, login } = await away();
    await bind(undefined);
    const done = await browser.open(login.url);
    assert.ok(done.url.searchParams.has('code'), done.url.href);
  });

  it('lets nobody past an application that is bound and not there', async () => {
    const { browser, login } = await away();
    await bind('gone');
    const page = await browser.open(login.url);
    assert.equal(page.status, 503);
    await bind('kyc');
  });

  it('takes a login’s ticket from no other browser', async () => {
    const { left } = await away();
    const stranger = createWebBrowser(house.origin);
    const page = await stranger.open(await complete(left));
    assert.equal(page.status, 403);
  });

  it('draws the page with one decision and a way out', async () => {
    const { browser, login } = await away();
    const page = await browser.open(login.url);
    assert.ok(formOf(page, '/cancel'));
    const cancelled = await browser.submit(page, '/cancel');
    assert.equal(cancelled.url.searchParams.get('error'), 'access_denied');
  });
});

describe('createHandoffMoves at a login page and a consent page', function () {
  this.timeout(60_000);
  const [again, consents] = ['/steps/authenticate', '/steps/consent'];
  let house: WebLogin;
  let client: Client;
  let portal: CustomIdp;
  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
    await house.addPerson('ada@here.example');
    portal = {
      tenantId: place.tenantId,
      workspaceId: place.workspaceId,
      id: idpId('portal'),
      name: 'Portal',
      enabled: true,
      method: 'custom',
      loginUrl: 'https://portal.example/start',
      clientId: clientId('portal-client'),
    };
    await house.platform.stores.idps.insert(portal);
  });
  after(() => house.stop());
  beforeEach(async () => {
    await house.platform.database('throttles').delete();
    await ours(true);
  });

  /** Whether people may sign in on our own pages as well. */
  async function ours(enabled: boolean): Promise<void> {
    const { idps } = house.platform.stores;
    const found = await idps.find(place.tenantId, place.workspaceId, idpId('demo-pool'));
    assert.ok(found);
    await idps.update({ ...found, enabled });
  }
  async function decideElsewhere(isSo: boolean): Promise<void> {
    const { serverConsents } = house.platform.stores;
    const { tenantId, workspaceId } = place;
    await serverConsents.remove(tenantId, workspaceId);
    const consent = { tenantId, workspaceId, url: 'https://consent.example/ask', clientId: clientId('consent-client') };
    if (isSo) await serverConsents.insert(consent);
  }
  const begin = (browser = createWebBrowser(house.origin), parameters = {}) =>
    browser.open(asking(house.issuer, client, parameters));
  const idOf = ({ url }: Shown) => handoffId(url.searchParams.get('login_id') ?? '');
  function answer(left: Shown, kind: PageKind, by: ClientId, said: HandoffAnswer): Promise<string> {
    const { unitOfWork, cases, issuerOf, deriveKey } = house.platform;
    const states = createLoginStates(deriveKey('login states'));
    const state = left.url.searchParams.get('login_state') ?? '';
    const call = { tenantId: place.tenantId, id: idOf(left), state, clientId: by, kind };
    return createHandoffCalls({ unitOfWork, cases, states, issuerOf, clock }).answer(call, said);
  }
  const accept = (left: Shown, subject = 'grace') =>
    answer(left, 'custom-login', portal.clientId, {
      kind: 'authenticated',
      subject,
      amr: ['pwd'],
      authTime: Math.floor(Date.now() / 1000),
      context: { name: 'Grace Hopper' },
    });
  const signedIn = async () => {
    const browser = createWebBrowser(house.origin);
    await ours(false);
    return { browser, shown: await browser.open(await accept(await begin(browser))) };
  };

  it('sends people to the only idp’s page at once, and lets them in with its ticket', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const left = await begin(browser);
    assert.equal(`${left.url.origin}${left.url.pathname}`, 'https://portal.example/start');
    const consent = await browser.open(await accept(left));
    assert.match(consent.text, /Grace Hopper/);
    assert.ok(hasForm(consent, '/consent'), titleOf(consent));
    assert.match(consent.headers.get('content-security-policy') ?? '', /form-action [^;]*https:\/\/portal\.example/);
  });

  it('keeps the request that brought them back, for scripts to judge by', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const left = await begin(browser);
    await browser.open(await accept(left));
    const { tenantId, workspaceId } = place;
    const stay = await house.platform.stores.handoffs.find(tenantId, idOf(left));
    assert.ok(stay);
    const [proof] = await house.platform.stores.proofs.listOf(tenantId, workspaceId, stay.interactionId);
    assert.ok(proof?.content.kind === 'authenticated');
    assert.match(proof.content.from?.ip ?? '', /127\.0\.0\.1|::1/);
  });

  it('lets people choose where there are several, and keeps the other ways one press away', async () => {
    const browser = createWebBrowser(house.origin);
    const choice = await begin(browser);
    assert.match(choice.text, /Portal/);
    const left = await browser.open(`${choice.url.pathname}?idp=portal`);
    assert.equal(left.url.origin, 'https://portal.example');
    const away = await browser.open(`${choice.url.pathname}?idp=portal`);
    assert.match(titleOf(away), /Sign in at Portal/);
    assert.ok(away.text.includes(idOf(left)), 'the same stay');
    assert.match(away.text, /Continue with Demo people/);
    const hinted = await begin(createWebBrowser(house.origin), { idp_hint: 'portal' });
    assert.equal(hinted.url.origin, 'https://portal.example');
  });

  it('draws no form of ours for an idp that has a page of its own', async () => {
    const browser = createWebBrowser(house.origin);
    const choice = await begin(browser);
    const login = await browser.open(`${choice.url.pathname}?idp=demo-pool`);
    const { fields } = formOf(login, '/authenticate');
    const nonce = fields.find(([name]) => name === 'nonce')?.[1] ?? '';
    const posted = await browser.ask(new URL(`${choice.url.pathname}/authenticate?idp=portal`, house.origin), {
      method: 'POST',
      body: new URLSearchParams({ nonce, identifier: 'ada@here.example', password }),
    });
    assert.equal(posted.status, 303);
    assert.match(posted.headers.get('location') ?? '', /\?idp=portal$/);
  });

  it('begins anew after an answer whose ticket was lost, and after a stay whose time is over', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const left = await begin(browser);
    const login = new URL((await accept(left)).replace(/\/return.*$/, ''));
    const away = await browser.open(login);
    assert.ok(hasForm(away, again), titleOf(away));
    const anew = await browser.submit(away, again);
    assert.notEqual(idOf(anew), idOf(left));
    const late = await accept(anew);
    await house.platform
      .database('handoffs')
      .where({ id: idOf(anew) })
      .update({ expires_at: Date.now() - 1 });
    const third = await browser.open(late);
    assert.equal(third.url.origin, 'https://portal.example', 'a ticket that comes too late is none');
    assert.notEqual(idOf(third), idOf(anew));
    assert.ok(hasForm(await browser.open(await accept(third)), '/consent'));
  });

  it('sends who is somebody else after all to the page once more, and takes the old ticket for nothing', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const left = await begin(browser);
    const back = await accept(left);
    const consent = await browser.open(back);
    const anew = await browser.submit(consent, '/start-over');
    assert.equal(anew.url.origin, 'https://portal.example');
    assert.notEqual(idOf(anew), idOf(left));
    assert.match(titleOf(await browser.open(back)), /Sign in at Portal/);
    assert.match((await browser.open(await accept(anew, 'ada'))).text, /Grace Hopper/);
  });

  it('loses nobody whose answer got lost on the way, however often they ask again', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const back = await accept(await begin(browser));
    for (const when of ['before', 'after'] as const) {
      house.logins.failNext(1, when);
      assert.equal((await browser.open(back)).status, 503);
    }
    assert.ok(hasForm(await browser.open(back), '/consent'));
    assert.ok(hasForm(await browser.open(back), '/consent'), 'once more is nothing new');
  });

  it('tells the application once there is no time left to begin anew', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const left = await begin(browser);
    const stay = await house.platform.stores.handoffs.find(place.tenantId, idOf(left));
    const login = (await accept(left)).replace(/\/return.*$/, '');
    const { database } = house.platform;
    await database('interactions')
      .where({ id: stay?.interactionId })
      .update({ expires_at: Date.now() + 30_000 });
    await database('handoffs')
      .where({ id: idOf(left) })
      .update({ expires_at: Date.now() - 1 });
    const told = await browser.open(login);
    assert.equal(told.url.searchParams.get('error'), 'temporarily_unavailable', told.url.href);
  });

  it('hands the application what the page rejected somebody with', async () => {
    await ours(false);
    const browser = createWebBrowser(house.origin);
    const said = { kind: 'aborted', error: 'locked', description: 'for today' } as const;
    const back = await answer(await begin(browser), 'custom-login', portal.clientId, said);
    const told = await browser.open(back);
    const { searchParams } = told.url;
    assert.deepEqual(
      [searchParams.get('error'), searchParams.get('error_description'), searchParams.get('state')],
      ['locked', 'for today', 'some-state'],
    );
  });

  it('takes a login page’s ticket from no other browser', async () => {
    await ours(false);
    const left = await begin();
    const stranger = createWebBrowser(house.origin);
    await begin(stranger);
    assert.equal((await stranger.open(await accept(left))).status, 403);
  });

  it('sends people to the consent page in place of ours, and takes no decision of ours meanwhile', async () => {
    await decideElsewhere(false);
    const { browser, shown: ownPage } = await signedIn();
    assert.ok(hasForm(ownPage, '/consent'));
    await decideElsewhere(true);
    try {
      const around = await browser.submit(ownPage, '/consent', { decision: 'allow', scope: 'email' });
      assert.equal(around.url.origin, 'https://consent.example', 'the form of before leads there');
      const away = await browser.open(ownPage.url);
      assert.match(titleOf(away), /Decide at consent\.example/);
      assert.ok(!hasForm(away, consents));
      const granted = { kind: 'granted', scopes: ['openid', 'email'] } as const;
      const back = await answer(around, 'custom-consent', clientId('consent-client'), granted);
      const lost = await browser.open(ownPage.url);
      assert.ok(hasForm(lost, consents), titleOf(lost));
      const done = await browser.open(back);
      assert.ok(done.url.searchParams.has('code'), done.url.href);
    } finally {
      await decideElsewhere(false);
    }
  });
});
