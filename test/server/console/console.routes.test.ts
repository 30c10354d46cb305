/** A tenant's own login for its administrators: by whichever identifier they have, in its own workspace, and nowhere else. */
import assert from 'node:assert/strict';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createJar } from '../../support/jar.ts';
import { password, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const admin = [tenantId('default'), workspaceId('admin')] as const;
const fieldOf = (html: string, pattern: RegExp): string => pattern.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';

describe('the login of a tenant at /:tid/admin', () => {
  let web: WebLogin;
  before(async () => {
    web = await startWebLogin();
  });
  after(() => web.stop());

  async function signIn(identifier: string) {
    const jar = createJar(web.origin);
    const form = await jar.get('/default/admin');
    const action = fieldOf(form.text, /<form method="post" action="([^"]*)"/);
    const nonce = fieldOf(form.text, /name="nonce" value="([^"]*)"/);
    return { jar, form, arrived: await jar.post(action, { nonce, identifier, password }) };
  }

  for (const identifier of ['ada@example.com', 'ada', '+44 20 7946 0958']) {
    it(`signs in with ${identifier}, asks no consent, and says which roles somebody has`, async () => {
      const { form, arrived } = await signIn(identifier);
      assert.match(form.text, /Sign in to Administration/);
      assert.equal(arrived.url, `${web.origin}/default/admin`);
      assert.match(arrived.text, /You are signed in to Default as Ada Lovelace\./);
      assert.match(arrived.text, /You administer this tenant/);
    });
  }

  it('shows a role no longer once it was taken back, in the session that is open', async () => {
    const { jar } = await signIn('ada');
    const grants = await web.platform.stores.roles.listIn(admin[0], undefined);
    const [grant] = grants.filter(({ subject }) => subject.type === 'identity_pool_user');
    assert.ok(grant);
    await web.platform.stores.roles.remove(grant);
    try {
      assert.match((await jar.get('/default/admin')).text, /You have no role in this tenant yet/);
    } finally {
      await web.platform.stores.roles.insert(grant, Date.now());
    }
  });

  it('signs out here and at the issuer, and asks to sign in again afterwards', async () => {
    const { jar } = await signIn('ada');
    const asked = await jar.post('/default/admin/sign-out', {});
    const [action, xsrf] = [/action="([^"]*)"/, /name="xsrf" value="([^"]*)"/].map((one) => fieldOf(asked.text, one));
    const out = await jar.post(action ?? '', { xsrf: xsrf ?? '', logout: 'yes' });
    assert.match(out.url, /\/default\/admin\?state=signed_out$/);
    assert.match(out.text, /signed out/i);
    assert.match((await jar.get('/default/admin')).text, /name="password"/);
  });

  it('signs nobody out at the wish of another site', async () => {
    const { jar } = await signIn('ada');
    const refused = await jar.post('/default/admin/sign-out', {}, { headers: { origin: 'https://evil.example' } });
    assert.equal(refused.status, 403);
    assert.match((await jar.get('/default/admin')).text, /Ada Lovelace/);
  });

  it('takes no answer that it did not ask for, and says so with a reference', async () => {
    const forged = await createJar(web.origin).get('/default/admin/callback?code=stolen&state=x');
    assert.equal(forged.status, 400);
    assert.match(forged.text, /does not belong to a sign-in that you started/);
    assert.match(forged.text, /Reference/);
    assert.doesNotMatch(forged.text, /stolen/);
  });

  it('believes no session cookie of another application', async () => {
    const { jar } = await signIn('ada');
    const [cookie = ''] = jar.setCookies.filter((line) => line.startsWith('console_session='));
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /Path=\/default\/admin/);
    const sealed = web.platform.sealer.seal('{}', 'demo.session:default/admin');
    const thief = createJar(web.origin);
    thief.set('console_session', encodeURIComponent(sealed));
    assert.match((await thief.get('/default/admin')).text, /name="password"/);
  });

  it('makes its client once, and follows a deployment that moved', async () => {
    const { clients } = web.platform.stores;
    const before = await clients.find(...admin, clientId('console'));
    assert.deepEqual(before?.metadata.redirect_uris, [`${web.origin}/default/admin/callback`]);
    await web.platform.unitOfWork.run((stores) =>
      stores.clients.update({ ...before, metadata: { ...before.metadata, redirect_uris: ['https://old.example/cb'] } }),
    );
    await createJar(web.origin).get('/default/admin');
    const after = await clients.find(...admin, clientId('console'));
    assert.deepEqual(after?.metadata.redirect_uris, [`${web.origin}/default/admin/callback`]);
    assert.equal(after.secret, before.secret);
  });

  it('lets nobody in once its client is inactive', async () => {
    const { clients } = web.platform.stores;
    const client = await clients.find(...admin, clientId('console'));
    assert.ok(client);
    const set = (status: 'active' | 'inactive') =>
      web.platform.unitOfWork.run((stores) => stores.clients.update({ ...client, status }));
    await set('inactive');
    try {
      assert.doesNotMatch((await createJar(web.origin).get('/default/admin')).text, /name="password"/);
    } finally {
      await set('active');
    }
  });

  it('is nothing in a tenant that is not there', async () => {
    for (const path of ['/nowhere/admin', '/NOWHERE/admin', '/%2e%2e/admin', '/nowhere/admin/callback']) {
      assert.equal((await createJar(web.origin).get(path)).status, 404, path);
    }
  });
});
