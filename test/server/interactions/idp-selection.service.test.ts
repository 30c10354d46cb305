/** A script that says by which idps people may sign in, in a whole platform: on the page, behind it, and for sessions. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../../server/clients/client.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { idpId, scriptId } from '../../../server/kernel/ids.ts';
import { createWebBrowser, hasForm, titleOf, type Shown, type WebBrowser } from '../../support/web-browser.ts';
import { asking, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('idps that a script allows', function () {
  this.timeout(60_000);
  const { tenantId, workspaceId } = place;
  let house: WebLogin;
  let client: Client;
  before(async () => {
    house = await startWebLogin({ SCRIPTS_CHILDREN: '2' });
    client = await house.addClient({}, true);
    await house.addPerson('ada@here.example');
    const of = { tenantId, workspaceId, enabled: true } as const;
    await house.platform.stores.idps.insert({ ...of, id: idpId('list'), name: 'A list', method: 'static', users: [] });
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('throttles').delete());

  let number = 0;
  async function bind(body: string | undefined): Promise<void> {
    const { unitOfWork, scriptCompiler: compiler, stores } = house.platform;
    const at = { tenantId, workspaceId, type: 'allowed_idp_ids', target: workspaceId } as const;
    const id = `choose-${String((number += 1))}`;
    if (body === undefined) await stores.executionPoints.remove(at);
    else {
      const words = { name: 'Choose', envVersion: '', testInput: '', body };
      await createScriptService({ unitOfWork, compiler, clock }).create(tenantId, workspaceId, id, words);
      await stores.executionPoints.put({ ...at, scriptId: scriptId(id) });
    }
    // What is bound is believed for a second.
    await delay(1050);
  }
  const open = async (parameters = {}, browser = createWebBrowser(house.origin)) => ({
    browser,
    page: await browser.open(asking(house.issuer, client, parameters)),
  });

  it('are offered, and no other one', async () => {
    await bind(`module.exports = async ({ idps, request }) => ({
      idps_ids: idps.map(({ id }) => id).filter((id) => id === request.query_params.idp_hint || id === 'demo-pool') });`);
    const { page } = await open();
    assert.ok(hasForm(page, '/authenticate'), titleOf(page));
    assert.doesNotMatch(page.text, /A list/);
    assert.match((await open({ idp_hint: 'list' })).page.text, /authenticate\?idp&#x3D;list/);
  });

  it('are kept to, whatever a form names', async () => {
    const { browser, page } = await open({}, createWebBrowser(house.origin));
    await bind(`module.exports = async () => ({ idps_ids: ['list'] });`);
    const answer = await browser.submit(page, '/authenticate', { identifier: 'ada@here.example', password });
    assert.equal(answer.left, false, 'the page was offered before, and is good for nothing by now');
    assert.doesNotMatch(answer.text, /idp&#x3D;demo-pool/);
  });

  it('come to the page and to the script by their display_order, whatever order the script names them in', async () => {
    const { idps } = house.platform.stores;
    const list = await idps.find(tenantId, workspaceId, idpId('list'));
    assert.ok(list);
    const offered = async () => [...(await open()).page.text.matchAll(/\?idp&#x3D;([a-z-]+)/g)].map(([, id]) => id);
    await bind(
      `module.exports = async ({ idps }) => ({ idps_ids: idps[0].id === 'list' ? ['demo-pool', 'list'] : [] });`,
    );
    assert.deepEqual(await offered(), [], 'the script is told first of the one that was added first');
    try {
      await idps.update({ ...list, displayOrder: 1 });
      assert.deepEqual(await offered(), ['list', 'demo-pool']);
    } finally {
      await idps.update(list);
    }
  });

  it('are told of no hidden one, and one that the script names is offered', async () => {
    const { idps } = house.platform.stores;
    const list = await idps.find(tenantId, workspaceId, idpId('list'));
    assert.ok(list);
    await idps.update({ ...list, hidden: true });
    try {
      await bind(undefined);
      const plain = (await open()).page;
      assert.ok(hasForm(plain, '/authenticate'), titleOf(plain));
      assert.doesNotMatch(plain.text, /A list/);
      assert.match((await open({ idp_hint: 'list' })).page.text, /authenticate\?idp&#x3D;list/);
      await bind('module.exports = async ({ idps }) => ({ idps_ids: idps.map(({ id }) => id) });');
      assert.doesNotMatch((await open()).page.text, /A list/);
      assert.doesNotMatch((await open({ idp_hint: 'list' })).page.text, /idp&#x3D;list/, 'the script decides');
      await bind(`module.exports = async ({ idps }) => ({ idps_ids: ['list', ...idps.map(({ id }) => id)] });`);
      assert.match((await open()).page.text, /A list/);
    } finally {
      await idps.update(list);
    }
  });

  it('are none where the script says so, or fails', async () => {
    for (const body of [
      'module.exports = async () => ({ idps_ids: [] });',
      `module.exports = async () => { throw new Error('secret reason'); };`,
      `module.exports = async () => ({ idps_ids: 'demo-pool' });`,
      `module.exports = async () => ({ idps_ids: ['nobody-knows-it'] });`,
      'module.exports = async () => { for (;;); };',
    ]) {
      await bind(body);
      const { page } = await open();
      assert.equal(page.status, 503, body);
      assert.match(titleOf(page), /Nobody can sign in/);
      assert.doesNotMatch(page.text, /secret reason/);
    }
  });

  /** @returns a browser with a session of the pool's */
  async function signedIn(): Promise<WebBrowser> {
    const { browser, page } = await open({ prompt: 'login' });
    const shown = hasForm(page, '/authenticate') ? page : await browser.open(`${page.url.href}?idp=demo-pool`);
    const done = await browser.submit(shown, '/authenticate', { identifier: 'ada@here.example', password });
    assert.ok(done.url.searchParams.has('code'), done.url.href);
    return browser;
  }
  const at = async (browser: WebBrowser, application: Client, parameters = {}) =>
    browser.open(asking(house.issuer, application, parameters));
  const errorOf = (page: Shown) => page.url.searchParams.get('error');

  it('hold for sessions: one from before goes on where its idp is allowed, and signs in by another one where it is not', async () => {
    await bind(undefined);
    const browser = await signedIn();
    assert.ok((await at(browser, client, { prompt: 'none' })).url.searchParams.has('code'));
    await bind(`module.exports = async () => ({ idps_ids: ['list'] });`);
    assert.equal(errorOf(await at(browser, client, { prompt: 'none' })), 'interaction_required');
    const page = await at(browser, client);
    assert.equal(page.left, false, page.url.href);
    assert.doesNotMatch(page.text, /ada@here|idp&#x3D;demo-pool/);
    await bind(`module.exports = async () => ({ idps_ids: ['demo-pool'] });`);
    assert.ok((await at(browser, client, { prompt: 'none' })).url.searchParams.has('code'));
    assert.ok((await at(browser, client)).url.searchParams.has('code'));
  });

  it('let a session in at each application that its idp is allowed for, and at no other', async () => {
    const [letters, vault, broken] = [
      await house.addClient({}, true),
      await house.addClient({}, true),
      await house.addClient({}, true),
    ];
    await bind(`module.exports = async ({ client: { client_id: id } }) => {
      if (id === '${broken.id}') throw new Error('secret reason');
      return { idps_ids: id === '${vault.id}' ? ['list'] : ['demo-pool'] };
    };`);
    const browser = await signedIn();
    assert.ok((await at(browser, letters)).url.searchParams.has('code'), 'with a page');
    const other = await signedIn();
    assert.ok((await at(other, letters, { prompt: 'none' })).url.searchParams.has('code'), 'and without one');
    for (const application of [vault, broken]) {
      assert.equal(errorOf(await at(browser, application, { prompt: 'none' })), 'interaction_required');
      const page = await at(browser, application);
      assert.equal(page.left, false, page.url.href);
      assert.doesNotMatch(page.text, /idp&#x3D;demo-pool|secret reason/);
    }
    // What was said of one application is not taken for another one's, in whichever order they are asked.
    assert.ok((await at(browser, letters, { prompt: 'none' })).url.searchParams.has('code'));
    assert.equal(errorOf(await at(browser, vault, { prompt: 'none' })), 'interaction_required');
  });

  it('are asked for once for a session and an application, until another version runs', async () => {
    const letters = await house.addClient({}, true);
    await bind(`module.exports = async ({ request }) => ({
      idps_ids: request.query_params.idp_hint === 'list' ? ['list'] : ['demo-pool'] });`);
    const browser = await signedIn();
    // Asked about this request it would say no.
    assert.equal(errorOf(await at(browser, letters, { prompt: 'none', idp_hint: 'list' })), 'interaction_required');
    assert.ok((await at(browser, letters)).url.searchParams.has('code'));
    assert.ok((await at(browser, letters, { prompt: 'none', idp_hint: 'list' })).url.searchParams.has('code'));
    await bind(`module.exports = async () => ({ idps_ids: ['list'] });`);
    assert.equal(errorOf(await at(browser, letters, { prompt: 'none' })), 'interaction_required');
  });

  it('leave a run of the login whose page was asked for, which nobody but a page waits for', async () => {
    await bind(`module.exports = async () => { throw new Error('secret reason'); };`);
    await open();
    const { stores, database } = house.platform;
    const script = { tenantId, workspaceId, id: scriptId(`choose-${String(number)}`) };
    const { items } = await stores.scriptRuns.list(script, { limit: 10, order: 'asc' });
    const [run] = items;
    assert.deepEqual([items.length, run?.point, run?.outcome], [1, 'allowed_idp_ids', 'failed']);
    assert.ok(run);
    const rows: readonly unknown[] = await database('interactions').where({ id: run.interactionId });
    assert.equal(rows.length, 1);
    assert.equal((await stores.scriptRuns.listInLogin(tenantId, workspaceId, run.interactionId)).length, 1);
    assert.deepEqual(await stores.scriptRuns.listOf(tenantId, workspaceId, run.interactionId), []);
    await bind(undefined);
  });
});
