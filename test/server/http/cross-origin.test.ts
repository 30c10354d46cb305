/** Self-service calls from the pages of single-page applications: of the workspace's own clients, and of no other page. */
import assert from 'node:assert/strict';
import { clientId, newId, workspaceId } from '../../../server/kernel/ids.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { insertWorkspace, prepareWorkspace } from '../../../server/workspaces/new-workspace.service.ts';
import { selfServiceOf } from '../../support/self-service.ts';
import { place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const app = 'https://app.example';
const me = '/default/demo/identity/v2/self/me';
const hostile = [
  'null',
  'https://evil.example',
  'https://app.example.evil.example',
  'https://evil-app.example',
  'https://app.exampleevil.com',
  'http://app.example',
  'https://app.example:8443',
  'https://sub.app.example',
  'https://APP.example',
  'https://app.example@evil.example',
  'https://other.example',
  'https://gone.example',
  'https://%',
];

describe('the self-service API from a page', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let token: string;
  let caller = 0;

  before(async () => {
    house = await startWebLogin({ TRUSTED_PROXIES: '127.0.0.1' });
    const email = `${newId()}@example.com`;
    await house.addPerson(email);
    token = (await selfServiceOf(house).signIn(email)).access_token;
    // A client of another workspace, and one that is switched off.
    const { unitOfWork } = house.platform;
    const shop = await prepareWorkspace({ tenantId: place.tenantId, id: 'shop', name: 'Shop', type: 'regular' }, clock);
    const off = await house.addClient({ redirect_uris: ['https://gone.example/cb'] });
    const other = await house.addClient({ redirect_uris: ['https://other.example/cb'] });
    await unitOfWork.run(async (stores) => {
      await insertWorkspace(stores, shop);
      await stores.clients.update({ ...off, status: 'inactive' });
      await stores.clients.remove(place.tenantId, place.workspaceId, other.id);
      await stores.clients.insert({ ...other, id: clientId('other'), workspaceId: workspaceId('shop') });
    });
  });
  after(() => house.stop());

  async function ask(path: string, origin: string | undefined, init: RequestInit & { readonly from?: string } = {}) {
    caller += 1;
    const answer = await fetch(`${house.origin}${path}`, {
      ...init,
      headers: {
        'x-forwarded-for': init.from ?? `198.51.100.${String(caller % 250)}`,
        ...(origin === undefined ? {} : { origin }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
    await answer.arrayBuffer();
    return answer;
  }
  const preflight = (path: string, origin: string, from?: string) =>
    ask(path, origin, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
      ...(from === undefined ? {} : { from }),
    });
  const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin');

  it('answers the preflight of a client’s page, for each method of the path, without cookies', async () => {
    const answer = await preflight(me, app);
    assert.equal(answer.status, 204);
    assert.equal(allowed(answer), app);
    assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, PUT');
    assert.match(answer.headers.get('access-control-allow-headers') ?? '', /authorization.*content-type.*if-match/);
    assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    assert.match(answer.headers.get('vary') ?? '', /Origin/);
  });

  it('lets the page read the answer, its entity tag, and what was refused', async () => {
    const shown = await ask(me, app, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([shown.status, allowed(shown)], [200, app]);
    assert.match(shown.headers.get('access-control-expose-headers') ?? '', /etag.*www-authenticate/);
    const stranger = await ask(me, app);
    assert.deepEqual([stranger.status, allowed(stranger)], [401, app]);
    const unfit = await ask(me, app, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    assert.deepEqual([unfit.status, allowed(unfit)], [422, app]);
    const malformed = await ask(me, app, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{',
    });
    assert.deepEqual([malformed.status, allowed(malformed)], [400, app]);
  });

  it('lets it read that it asked too often', async () => {
    const email = `${newId()}@example.com`;
    await house.addPerson(email);
    const { access_token: busy } = await selfServiceOf(house).signIn(email);
    for (let n = 0; n < 70; n += 1) {
      const answer = await ask(me, app, { headers: { authorization: `Bearer ${busy}` } });
      if (answer.status !== 429) continue;
      assert.equal(allowed(answer), app);
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /retry-after/);
      return;
    }
    assert.fail('nobody was told to wait');
  });

  for (const origin of hostile)
    it(`tells a page at ${origin} nothing`, async () => {
      const refused = await preflight(me, origin);
      assert.equal(refused.status, 403);
      assert.equal(allowed(refused), null);
      assert.match(refused.headers.get('vary') ?? '', /Origin/);
      const shown = await ask(me, origin, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(allowed(shown), null);
      assert.match(shown.headers.get('vary') ?? '', /Origin/);
    });

  it('knows the page of a client in its own workspace alone', async () => {
    assert.equal((await preflight('/default/shop/identity/v2/self/me', 'https://other.example')).status, 204);
    for (const path of [
      '/default/shop',
      '/default/admin',
      '/default/nowhere',
      '/system/system',
      '/nowhere/demo',
      '/default/%27',
    ])
      assert.equal((await preflight(`${path}/identity/v2/self/me`, app)).status, 403, path);
  });

  it('opens no other API', async () => {
    for (const path of ['/api/admin/default/servers', '/api/identity/default/admin/pools', '/api/system/tenants']) {
      const answer = await preflight(path, app);
      assert.equal(allowed(answer), null, path);
      assert.equal(allowed(await ask(path, app, { headers: { authorization: `Bearer ${token}` } })), null, path);
    }
  });

  it('says of a path which methods it has to who asks from no page', async () => {
    const answer = await ask(me, undefined, { method: 'OPTIONS' });
    assert.deepEqual([answer.status, answer.headers.get('allow'), allowed(answer)], [204, 'GET, PUT, OPTIONS', null]);
  });

  it('looks no more origins up for one address than it may ask', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 80; n += 1)
      statuses.add((await preflight(me, `https://${String(n)}.evil.example`, '203.0.113.9')).status);
    assert.deepEqual(statuses, new Set([403, 429]));
    assert.equal((await preflight(me, app, '203.0.113.9')).status, 204, 'one that is known is not looked up');
  });
});
