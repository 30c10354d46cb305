/** Where one's own account is, and signing in to it: by a session of that workspace, that application, and that browser. */
import assert from 'node:assert/strict';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { clientId, idpId, workspaceId } from '../../../server/kernel/ids.ts';
import { insertWorkspace, prepareWorkspace } from '../../../server/workspaces/new-workspace.service.ts';
import { base, openOwnAccounts, type OwnAccountHouse, type Owner } from '../../support/own-account.ts';
import { createWebBrowser, titleOf } from '../../support/web-browser.ts';
import { place } from '../../support/web-login.ts';

describe('signing in to /:tid/:aid/account', function () {
  this.timeout(60_000);
  let on: OwnAccountHouse;
  let ada: Owner;
  const { tenantId: tenant, poolId: pool, workspaceId: demo } = place;

  before(async () => {
    on = await openOwnAccounts();
  });
  after(() => on.stop());
  beforeEach(async () => {
    ada = await on.person();
  });

  const sessionOf = ({ browser }: Owner) => {
    const session = browser.jar.all().find(({ name }) => name === 'account_session');
    assert.ok(session);
    const text = on.house.platform.sealer.open(decodeURIComponent(session.value), 'account.session:default/demo');
    return { cookie: session, text, grantId: (JSON.parse(text) as { readonly grantId: string }).grantId };
  };

  it('leads back to where somebody came, asks no consent, and learns who they are alone', async () => {
    const page = await ada.browser.open(`${base}/password`);
    assert.match(titleOf(page), /Sign in to Your account/);
    const shown = await ada.answer(page);
    assert.equal(shown.url.pathname, `${base}/password`);
    const client = await on.house.platform.stores.clients.findInTenant(tenant, clientId('account-demo'));
    assert.deepEqual([client?.trusted, client?.metadata.scope], [true, 'openid']);
    assert.doesNotMatch(JSON.stringify(client?.metadata), /ss_profile/);
  });

  it('calls itself in the language of who reads it, before they sign in and after they signed out', async () => {
    const portuguese = createWebBrowser(on.house.origin, 'pt-BR');
    assert.match(titleOf(await portuguese.open(base)), /Entrar em Sua conta/);
    assert.match((await portuguese.open(`${base}?state=signed_out`)).text, /Sua conta/);
    const english = createWebBrowser(on.house.origin, 'en');
    assert.match((await english.open(`${base}?state=signed_out`)).text, /Your account/);
  });

  it('is not there where nobody signs in by a pool', async () => {
    const { stores, unitOfWork } = on.house.platform;
    const bare = workspaceId('bare');
    const prepared = await prepareWorkspace({ tenantId: tenant, id: bare, name: 'Bare', type: 'regular' }, clock);
    await unitOfWork.run((inside) => insertWorkspace(inside, prepared));
    const { browser } = ada;
    for (const path of [
      '/default/bare',
      '/default/system',
      '/default/nowhere',
      '/nowhere/demo',
      '/system/admin',
      '/default/%2e%2e',
      '/default/DEMO',
    ])
      for (const page of ['', '/password', '/callback?code=x', '/passkeys/new'])
        assert.equal((await browser.open(`${path}/account${page}`)).status, 404, path + page);
    const idp = { tenantId: tenant, workspaceId: bare, id: idpId('pool'), name: 'People' } as const;
    await stores.idps.insert({ ...idp, enabled: false, method: 'identity_pool', poolId: pool });
    assert.equal((await browser.open('/default/bare/account')).status, 404);
    await stores.idps.update({ ...idp, enabled: true, method: 'identity_pool', poolId: pool });
    assert.match(titleOf(await browser.open('/default/bare/account')), /Sign in to Your account/);
  });

  it('believes no session of another application, workspace or tenant, and none that it did not seal', async () => {
    await ada.arrive();
    const { cookie, text } = sessionOf(ada);
    assert.equal(cookie.path, base);
    const { sealer } = on.house.platform;
    const contexts = ['console.session:default/demo', 'account.session:default/admin', 'account.session:acme/demo'];
    const forged = [...contexts.map((context) => sealer.seal(text, context)), text, `${cookie.value}x`];
    for (const value of forged) {
      const thief = createWebBrowser(on.house.origin);
      thief.jar.restore([{ ...cookie, value: encodeURIComponent(value) }]);
      assert.match(titleOf(await thief.open(base)), /Sign in to/, value);
    }
    // The right one, brought to another workspace where people of the same pool sign in.
    const elsewhere = createWebBrowser(on.house.origin);
    elsewhere.jar.restore([{ ...cookie, path: '/default/admin/account' }]);
    assert.match(titleOf(await elsewhere.open('/default/admin/account')), /Sign in to/);
  });

  it('takes no answer that this browser did not ask for (login CSRF, RFC 9700 §4.7)', async () => {
    const forged = await ada.browser.open(`${base}/callback?code=stolen&state=x`);
    assert.equal(forged.status, 400);
    assert.match(forged.text, /does not belong to a sign-in that you started/);
    assert.doesNotMatch(forged.text, /stolen/);
  });

  it('ends with the login that it came from, wherever that is taken back', async () => {
    await ada.arrive();
    const { grantId } = sessionOf(ada);
    await on.house.platform.database('oidc_artifacts').where({ model: 'Grant', grant_id: grantId }).delete();
    // The issuer's own session is still there: somebody signs in anew by it, by a grant of their own.
    assert.equal((await ada.browser.open(base)).status, 200);
    assert.notEqual(sessionOf(ada).grantId, grantId);
  });

  it('is over at once for who was disabled, and asks them for more than the session that may be left', async () => {
    await ada.arrive();
    const { users } = on.house.platform.stores;
    const found = await users.find(tenant, pool, ada.user.id);
    assert.ok(found);
    await users.update({ ...found, status: 'inactive' });
    assert.match(titleOf(await ada.browser.open(base)), /Sign in to/);
  });

  it('lets nobody in once its client is inactive', async () => {
    await ada.arrive();
    const { stores, unitOfWork } = on.house.platform;
    const client = await stores.clients.find(tenant, demo, clientId('account-demo'));
    assert.ok(client);
    const set = (status: 'active' | 'inactive') =>
      unitOfWork.run(({ clients }) => clients.update({ ...client, status }));
    await set('inactive');
    try {
      assert.doesNotMatch((await ada.browser.open(base)).text, /Your account<\/h1>|name="identifier"/);
    } finally {
      await set('active');
    }
  });

  it('pushes its requests, also where a workspace wants that of all (RFC 9126)', async () => {
    await ada.arrive();
    const asked = await on.elsewhere(ada).browser.ask(base);
    const location = new URL(asked.headers.get('location') ?? '');
    assert.deepEqual([...location.searchParams.keys()].toSorted(), ['client_id', 'request_uri']);
    await on.house.platform.unitOfWork.run(({ clients }) => clients.remove(tenant, demo, clientId('demo')));
    await on.house.changeSettings({ require_pushed_authorization_requests: true });
    try {
      assert.match((await on.elsewhere(ada).arrive()).text, /Your account/);
    } finally {
      await on.house.changeSettings({ require_pushed_authorization_requests: false });
    }
  });
});
