/** Who a session says somebody is. */
import assert from 'node:assert/strict';
import { createWebBrowser, formOf, titleOf, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';
import { allow, authenticate } from '../../support/relying-party.ts';
import type { Client } from '../../../server/clients/client.ts';
import { knownBeforeScript, knownFrom } from '../../../server/interactions/session-login.ts';
import { clientId, interactionId, tenantId } from '../../../server/kernel/ids.ts';
import type { AuthenticationSnapshot } from '../../../server/sessions/session.ts';
import { ada } from '../../support/interactions.ts';
import { workspaceOf } from '../../support/stores.ts';

const snapshot = (grantId: string, change: Partial<AuthenticationSnapshot> = {}): AuthenticationSnapshot => ({
  ...ada,
  grantId,
  clientId: clientId('app'),
  interactionId: interactionId('cid'),
  context: { name: grantId },
  satisfied: [],
  ...change,
});

/** Counts what is looked up. */
function kept(...snapshots: readonly AuthenticationSnapshot[]) {
  const asked: string[] = [];
  const find = (_tenant: unknown, _workspace: unknown, grantId: string) => {
    asked.push(grantId);
    return Promise.resolve(snapshots.find((one) => one.grantId === grantId));
  };
  return { asked, find };
}

describe('knownFrom', () => {
  const workspace = workspaceOf(tenantId('acme'));
  const session = (...grantIds: readonly string[]) => ({ subject: ada.subject, grantIds });

  it('is the person as the newest of their logins proved them', async () => {
    const store = kept(
      snapshot('old', { authTime: 1 }),
      snapshot('new', { authTime: 3 }),
      snapshot('mid', { authTime: 2 }),
    );
    const known = await knownFrom(store, workspace, session('old', 'new', 'mid'), clientId('app'));
    assert.deepEqual([known?.person.authTime, known?.context], [3, { name: 'new' }]);
    assert.equal(known?.credential, undefined);
  });

  it('is for another application, and for another version, who they were before a script said something of them', async () => {
    const unscripted = { context: { name: 'Ada' }, amr: ['pwd'] };
    const satisfied = ['idp:demo-pool', 'script:risk@1#app'];
    const said = { context: { name: 'Ada', tier: 'gold' }, amr: ['pwd', 'risk'], acr: 'high', saidIdpSubject: 'boss' };
    const decided = snapshot('decided', { ...said, satisfied, unscripted });
    const from = { ip: '203.0.113.7', headers: {} };
    const own = await knownFrom(kept(decided), workspace, session('decided'), clientId('app'));
    assert.deepEqual([own?.context, own?.person.acr, own?.said], [said.context, 'high', { idpSubject: 'boss' }]);
    const other = await knownFrom(kept(decided), workspace, session('decided'), clientId('other'));
    const anew = own && knownBeforeScript(own, clientId('app'), from);
    for (const known of [other, anew]) {
      assert.deepEqual([known?.context, known?.person.amr], [unscripted.context, ['pwd']]);
      assert.deepEqual([known?.person.acr, known?.said, known?.unscripted], [undefined, undefined, undefined]);
    }
    assert.deepEqual(anew?.from, from);
    assert.deepEqual(other?.satisfied, ['idp:demo-pool']);
    // From before it was kept: nobody knows what the script had said.
    const { unscripted: _, ...old } = decided;
    assert.equal(await knownFrom(kept(old), workspace, session('decided'), clientId('other')), undefined);
    const stale = await knownFrom(kept(old), workspace, session('decided'), clientId('app'));
    assert.equal(stale && knownBeforeScript(stale, clientId('app'), from), undefined);
  });

  it('satisfied what any of their logins satisfied', async () => {
    const store = kept(snapshot('a', { authTime: 1, satisfied: ['step:terms@1'] }), snapshot('b', { authTime: 2 }));
    assert.deepEqual((await knownFrom(store, workspace, session('a', 'b'), clientId('app')))?.satisfied, [
      'step:terms@1',
    ]);
  });

  it('takes nothing from a login of anybody else', async () => {
    const bob = snapshot('bob', { subject: 'sub-of-bob', authTime: 9, satisfied: ['admin'] });
    assert.equal(await knownFrom(kept(bob), workspace, session('bob'), clientId('app')), undefined);
    assert.deepEqual(
      (await knownFrom(kept(bob, snapshot('a')), workspace, session('bob', 'a'), clientId('app')))?.satisfied,
      [],
    );
  });

  it('searches no more grants than the engine does', async () => {
    const store = kept();
    const many = Array.from({ length: 50 }, (_, n) => String(n));
    assert.equal(await knownFrom(store, workspace, session(...many), clientId('app')), undefined);
    assert.equal(store.asked.length, 20);
  });
});

describe('openFromSession', () => {
  let house: WebLogin;
  let client: Client;
  let trusted: Client;
  const ada = { identifier: 'ada@example.com', password };
  const bob = { identifier: 'bob@example.com', password };

  before(async () => {
    house = await startWebLogin();
    client = await house.addClient();
    trusted = await house.addClient({ client_name: 'First party' }, true);
    await house.addPerson(bob.identifier);
  });
  after(() => house.stop());
  afterEach(async () => {
    await house.platform.database('throttles').delete();
    await house.platform.database('consents').delete();
  });

  const browser = (): WebBrowser => createWebBrowser(house.origin);
  const begin = (who: WebBrowser, parameters?: Readonly<Record<string, string>>, app = client) =>
    who.open(asking(house.issuer, app, parameters));
  const codeOf = (shown: Shown) => shown.url.searchParams.get('code');
  const rowOf = async (page: Shown) => {
    const uid = page.url.pathname.split('/')[4] ?? '';
    return house.platform.stores.interactions.findByUid(place.tenantId, place.workspaceId, uid);
  };

  it('asks nothing for a trusted application, and needs no workflow', async () => {
    const mine = browser();
    await allow(mine, await authenticate(mine, await begin(mine), ada));
    const before = house.logins.ended.size;
    const end = await begin(mine, {}, trusted);
    assert.ok(codeOf(end), titleOf(end));
    assert.equal(house.logins.ended.size, before);
  });

  it('asks nothing again that was allowed before in another browser', async () => {
    const [mine, laptop] = [browser(), browser()];
    await allow(mine, await authenticate(mine, await begin(mine), bob));
    await allow(laptop, await authenticate(laptop, await begin(laptop, {}, await house.addClient()), bob));
    assert.ok(codeOf(await begin(laptop)));
  });

  it('asks all the same where the application wants it (prompt=consent)', async () => {
    const mine = browser();
    await allow(mine, await authenticate(mine, await begin(mine), ada));
    const page = await begin(mine, { prompt: 'consent' }, trusted);
    assert.ok(codeOf(await allow(mine, page)));
  });

  it('is asked each time by a native application, whose name anybody on the device may use (RFC 8252 §8.6)', async () => {
    const uri = { redirect_uri: 'com.example.app:/cb' };
    const native = await house.addClient(
      { redirect_uris: [uri.redirect_uri], token_endpoint_auth_method: 'none' },
      true,
    );
    const mine = browser();
    await allow(mine, await authenticate(mine, await begin(mine), ada));
    for (const _ of ['first', 'again']) {
      const page = await begin(mine, uri, native);
      assert.equal(page.left, false);
      const end = await allow(mine, page);
      assert.equal(end.url.protocol, 'com.example.app:');
      assert.ok(codeOf(end));
    }
  });

  it('is worth nothing for a person who was disabled', async () => {
    const mine = browser();
    const erik = await house.addPerson('erik@example.com');
    await allow(mine, await authenticate(mine, await begin(mine), { identifier: 'erik@example.com', password }));
    await house.platform.stores.users.update({ ...erik, status: 'inactive' });
    const page = await begin(mine, {}, trusted);
    assert.equal(page.left, false);
    formOf(page, '/authenticate');
  });

  it('can be left for somebody else, whose login it then is', async () => {
    const mine = browser();
    const app = await house.addClient();
    await allow(mine, await authenticate(mine, await begin(mine), ada));
    const page = await begin(mine, {}, app);
    const forBob = await authenticate(mine, await mine.submit(page, '/start-over'), bob);
    assert.match(forBob.text, /bob/);
    assert.ok(codeOf(await allow(mine, forBob)));
    const consents = await house.platform.database('consents').where({ client_id: app.id });
    assert.equal(consents.length, 1);
  });

  it('survives «Not you?» and «Allow» of two tabs at once: one of them counts', async () => {
    const mine = browser();
    const app = await house.addClient();
    await allow(mine, await authenticate(mine, await begin(mine), ada));
    const page = await begin(mine, {}, app);
    const [allowed, over] = await Promise.all([allow(mine, page), mine.submit(page, '/start-over')]);
    const row = await rowOf(page);
    if (row?.state === 'granted') assert.ok(codeOf(allowed));
    else {
      assert.equal(row?.person, undefined);
      formOf(over, '/authenticate');
    }
  });
});
