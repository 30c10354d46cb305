/** A browser on its way to a custom application and back: sent once, told where it was left, let in by its ticket. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createCustomAppService } from '../../../server/extensions/custom-app.service.ts';
import { createHandoffCalls } from '../../../server/interactions/handoff-call.service.ts';
import { createLoginStates } from '../../../server/interactions/login-state.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { customAppId, handoffId, idpId } from '../../../server/kernel/ids.ts';
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
    const isStep = (step: string) => step === 'custom-app';
    const call = { tenantId: place.tenantId, id: idOf(left), state, clientId: app?.clientId, isStep };
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
