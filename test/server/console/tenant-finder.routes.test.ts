/** Finding one's tenant: by name, by what this browser used before, by mail; and what a stranger learns of it: nothing. */
import assert from 'node:assert/strict';
import { knownForMs } from '../../../server/console/known-tenants.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { createJar } from '../../support/jar.ts';
import { startWebLogin, type WebLogin } from '../../support/web-login.ts';

const cookieName = 'gatehouse-tenants';

describe('finding a tenant at /tenants', () => {
  let web: WebLogin;
  before(async () => {
    web = await startWebLogin();
    const times = { createdAt: 0, updatedAt: 0 };
    const metadata = { registration_identifier: 'Grace@Example.com' };
    await web.platform.unitOfWork.run(async ({ tenants }) => {
      for (const [id, name] of [
        ['acme', 'Acme'],
        ['zeta', 'Zeta & Söhne'],
      ] as const)
        await tenants.insert({ id: tenantId(id), name, settings: { metadata }, ...times });
    });
  });
  after(() => web.stop());

  const choose = (jar: ReturnType<typeof createJar>, form: Readonly<Record<string, string>>) =>
    jar.post('/tenants', form, { stopAt: '/admin' });
  const letters = async () => (await web.platform.mailbox?.list()) ?? [];

  it('leads to the tenant’s own login, whose name may be written in capitals', async () => {
    const jar = createJar(web.origin);
    assert.match((await jar.get('/tenants')).text, /Which tenant is yours\?/);
    assert.equal((await choose(jar, { tenant: ' Default ' })).url, `${web.origin}/default/admin`);
  });

  it('suggests what was used, names it as its tenant does, and forgets it when told to', async () => {
    const jar = createJar(web.origin);
    await choose(jar, { tenant: 'default' });
    await choose(jar, { tenant: 'zeta' });
    const again = await jar.get('/tenants');
    assert.match(again.text, /Zeta &amp; Söhne[\s\S]*Default/, 'the latest first');
    assert.doesNotMatch(again.text, /name="tenant"/);
    assert.match((await jar.get('/tenants?more=1')).text, /name="tenant"/);
    assert.equal((await choose(jar, { known: 'default/' })).url, `${web.origin}/default/admin`);
    assert.match((await jar.post('/tenants/forget', {})).text, /name="tenant"/);
    assert.doesNotMatch((await jar.get('/tenants')).text, /Zeta/);
  });

  it('keeps them in a signed cookie of this host for thirty days', async () => {
    const jar = createJar(web.origin);
    await choose(jar, { tenant: 'default' });
    const [line = ''] = jar.setCookies.filter((one) => one.startsWith(`${cookieName}=`));
    assert.match(line, new RegExp(`Max-Age=${String(knownForMs / 1000)};.*HttpOnly; SameSite=Lax`));
    assert.doesNotMatch(line, /Domain=/i);
    const [body = '', tag = ''] = (/=([^;]+);/.exec(line)?.[1] ?? '').split('.');
    const planted = Buffer.from(JSON.stringify([['acme', '', Date.now()]])).toString('base64url');
    for (const forged of [`${planted}.${tag}`, `${planted}.`, planted, `${body}.${tag}.x`, '%%%', 'x'.repeat(9000)]) {
      const victim = createJar(web.origin);
      victim.set(cookieName, forged);
      assert.doesNotMatch((await victim.get('/tenants')).text, /name="known"/, forged.slice(0, 60));
    }
  });

  it('says at the field what is wrong, and keeps what was typed, escaped', async () => {
    const jar = createJar(web.origin);
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{}, /Enter the name of your tenant/],
      [{ tenant: '   ' }, /Enter the name of your tenant/],
      [{ tenant: 'nobody' }, /There is no tenant of this name/],
      [{ tenant: '"><script>' }, /value="&quot;&gt;&lt;script&gt;"/],
      [{ tenant: 'default/../../evil' }, /There is no tenant of this name/],
      [{ tenant: '//evil.example' }, /There is no tenant of this name/],
      [{ known: 'acme/' }, /Enter the name of your tenant/],
    ];
    for (const [form, message] of wrong) {
      const { status, text } = await jar.post('/tenants', form);
      assert.equal(status, 422, JSON.stringify(form));
      assert.match(text, message);
    }
  });

  it('takes no form of another site', async () => {
    for (const path of ['/tenants', '/tenants/forget', '/tenants/forgot']) {
      const { status } = await createJar(web.origin).post(
        path,
        { tenant: 'default', address: 'grace@example.com' },
        { headers: { origin: 'https://evil.example' } },
      );
      assert.equal(status, 403, path);
    }
    assert.deepEqual(await letters(), []);
  });

  it('mails the names of all tenants of an address, and answers a stranger word for word the same', async () => {
    const jar = createJar(web.origin);
    const known = await jar.post('/tenants/forgot', { address: 'grace@example.com' });
    const unknown = await jar.post('/tenants/forgot', { address: 'nobody@example.com' });
    assert.deepEqual(unknown, known);
    assert.equal(known.status, 200);
    assert.match(known.url, /\/tenants\/forgot\/sent$/);
    while ((await letters()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const [letter, ...others] = await letters();
    assert.equal(others.length, 0);
    assert.equal(letter?.to, 'grace@example.com');
    assert.equal(letter.subject, 'Your tenants');
    assert.match(letter.text, /Zeta & Söhne\nTenant name: zeta\n/);
    assert.ok(letter.text.includes(`${web.origin}/acme/admin`));
    assert.doesNotMatch(letter.text, /default/);
  });

  it('asks for an address that can be one', async () => {
    const jar = createJar(web.origin);
    for (const address of ['', 'grace', 'a@b@c', 'grace@example.com\r\nBcc: x@y.z', '<grace@example.com>', 'a b@c.d']) {
      assert.equal((await jar.post('/tenants/forgot', { address })).status, 422, address);
    }
  });

  it('refuses whoever asks too often, and says when to come back', async () => {
    const jar = createJar(web.origin);
    let status = 200;
    for (let tries = 0; tries < 60 && status !== 429; tries += 1)
      ({ status } = await jar.post('/tenants', { tenant: 'nobody' }));
    assert.equal(status, 429);
  });
});

describe('finding a tenant among regions, each with an origin per tenant', () => {
  let web: WebLogin;
  before(async () => {
    web = await startWebLogin((port) => ({
      REGIONS: `Here=http://localhost:${String(port)},Far=https://{tenant}.far.example`,
    }));
  });
  after(() => web.stop());

  it('sends people on to another region without asking it, lets the form end there, and suggests it again', async () => {
    const jar = createJar(web.origin);
    const page = await fetch(`${web.origin}/tenants`);
    assert.match(await page.text(), /<option value="Here" selected>Here<\/option>\s*<option value="Far">Far/);
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /form-action 'self' \S+ https:\/\/\*\.far\.example/,
    );
    const gone = await jar.post('/tenants', { tenant: 'acme', region: 'Far' }, { stopAt: 'far.example' });
    assert.equal(gone.url, 'https://acme.far.example/acme/admin');
    assert.match((await jar.get('/tenants')).text, /acme · Far/);
    assert.equal((await jar.post('/tenants', { tenant: 'default', region: 'Moon' })).status, 422);
    assert.match((await jar.get('/tenants/forgot')).text, /href="https:\/\/system\.far\.example\/tenants\/forgot"/);
  });
});
