/** What people see of a script that decides over their login, and how nobody gets past it. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createCustomAppService } from '../../../server/extensions/custom-app.service.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { createHandoffCalls } from '../../../server/interactions/handoff-call.service.ts';
import { createLoginStates } from '../../../server/interactions/login-state.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { customAppId, handoffId, idpId, scriptId } from '../../../server/kernel/ids.ts';
import { typed } from '../../support/scripts.ts';
import { createWebBrowser, hasForm, titleOf, type Shown } from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

describe('a login over which a script decides', function () {
  const { tenantId, workspaceId } = place;
  let house: WebLogin;
  let client: Client;
  let other: Client;
  before(async () => {
    house = await startWebLogin({ SCRIPTS_CHILDREN: '2' });
    client = await house.addClient({}, true);
    other = await house.addClient({ client_name: 'Another application' }, true);
    await house.addPerson('ada@here.example');
    const { unitOfWork } = house.platform;
    const words = { name: 'KYC', url: 'https://kyc.example/start' };
    await createCustomAppService({ unitOfWork, clock }).create(tenantId, workspaceId, 'kyc', words);
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('throttles').delete());

  let number = 0;
  async function bind(source: string): Promise<string> {
    const { unitOfWork, scriptCompiler: compiler, stores } = house.platform;
    const id = `risk-${String((number += 1))}`;
    const words = { name: 'Risk', envVersion: '', testInput: '', body: source };
    await createScriptService({ unitOfWork, compiler, clock }).create(tenantId, workspaceId, id, words);
    const at = { tenantId, workspaceId, type: 'post_authn_ctx', target: idpId('demo-pool') } as const;
    await stores.executionPoints.put({ ...at, scriptId: scriptId(id) });
    return id;
  }
  const signIn = async (browser = createWebBrowser(house.origin), to = client, parameters = {}) => {
    const login = await browser.open(asking(house.issuer, to, parameters));
    const next = await browser.submit(login, '/authenticate', { identifier: 'ada@here.example', password });
    return { browser, login, next };
  };
  const wakeAt = async (change: object) => {
    // Time passes for the run alone: its row is written as if it slept until now.
    const runs = house.platform.stores.scriptRuns;
    const rows: readonly { readonly interaction_id: string; readonly id: string }[] = await house.platform
      .database('script_runs')
      .whereNull('outcome');
    for (const row of rows) {
      const found = await runs.listOf(tenantId, workspaceId, row.interaction_id as never);
      for (const run of found.filter(({ end }) => end === undefined))
        await runs.keep({ ...run, ...change, slices: run.slices + 1 });
    }
    await house.logins.wake();
  };

  it('lets its person through without a page of its own', async () => {
    await bind('module.exports = async (context) => ({ authn_ctx: context.authn_ctx });');
    const { next } = await signIn();
    assert.equal(`${next.url.origin}${next.url.pathname}`, callback);
    assert.ok(next.url.searchParams.has('code'), next.url.href);
  });

  it('shows who is refused by a failure its reference, and tells the application no more than that', async () => {
    await bind(`module.exports = async () => { throw new Error('secret reason'); };`);
    const { browser, next } = await signIn();
    assert.equal(next.status, 403);
    assert.match(titleOf(next), /could not be signed in/);
    assert.doesNotMatch(next.text, /secret reason/);
    const [run] = await house.platform
      .database<{ id: string; outcome: string; started_at: number }>('script_runs')
      .where({ outcome: 'failed' })
      .orderBy('started_at', 'desc');
    assert.ok(run && next.text.includes(run.id), 'the reference finds the run');
    const again = await browser.open(next.url);
    assert.ok(again.text.includes(run.id), 'and is still there after a reload');
    const href = /href="([^"]*oauth2\/authorize\/[^"]*)"/.exec(next.text)?.[1] ?? '';
    const back = await browser.open(href.replaceAll('&amp;', '&'));
    assert.equal(back.url.searchParams.get('error'), 'access_denied', back.url.href);
    assert.ok(!back.url.href.includes('secret'));
  });

  it('sends who is denied by its decision to the application at once', async () => {
    await bind(typed(`api.deny('risk');`, `effects: ['deny'],`));
    const { next } = await signIn();
    assert.equal(next.url.searchParams.get('error'), 'access_denied', next.url.href);
    assert.equal(next.url.searchParams.get('state'), 'some-state');
  });

  it('shows a page that goes on by itself while it sleeps, and then goes on', async () => {
    await bind(typed(`await api.sleep('20m');`, `effects: ['sleep'],`));
    const { browser, login, next } = await signIn();
    assert.match(titleOf(next), /Signing you in to A test application/);
    assert.match(next.text, /20 minutes/);
    assert.equal(next.headers.get('refresh'), '30');
    assert.doesNotMatch(next.text, /http-equiv/i);
    const still = await browser.open(login.url);
    assert.match(titleOf(still), /Signing you in/);
    await wakeAt({ waits: { kind: 'sleep', until: Date.now() - 1 } });
    const done = await browser.open(login.url);
    assert.ok(done.url.searchParams.has('code'), done.url.href);
  });

  it('can be left for the application while it sleeps', async () => {
    await bind(typed(`await api.sleep('20m');`, `effects: ['sleep'],`));
    const { browser, next } = await signIn();
    assert.ok(hasForm(next, '/cancel'));
    const left = await browser.submit(next, '/cancel');
    assert.equal(left.url.searchParams.get('error'), 'access_denied');
  });

  it('is woken by nobody: no form and no address completes its step', async () => {
    await bind(typed(`await api.sleep('20m');`, `effects: ['sleep'],`));
    const { browser, login, next } = await signIn();
    const nonce = /name="nonce" value="([^"]+)"/.exec(next.text)?.[1] ?? '';
    const forged = await fetch(`${login.url.href.split('?')[0] ?? ''}/steps/script`, {
      method: 'POST',
      redirect: 'manual',
    });
    assert.ok(forged.status >= 400, String(forged.status));
    const page = { ...next, text: next.text.replaceAll('/cancel', '/steps/script') };
    const posted = await browser.submit(page, '/steps/script', { nonce });
    assert.equal(posted.left, false);
    assert.match(titleOf(await browser.open(login.url)), /Signing you in/);
  });

  describe('and sends its person to an application', () => {
    const stayOf = ({ url }: Shown) => handoffId(url.searchParams.get('login_id') ?? '');
    const calls = () => {
      const { unitOfWork, cases, issuerOf, deriveKey } = house.platform;
      return createHandoffCalls({
        unitOfWork,
        cases,
        states: createLoginStates(deriveKey('login states')),
        issuerOf,
        clock,
      });
    };
    const callOf = async (left: Shown) => {
      const app = await house.platform.stores.customApps.find(tenantId, workspaceId, customAppId('kyc'));
      const state = left.url.searchParams.get('login_state') ?? '';
      return { tenantId, id: stayOf(left), state, clientId: app?.clientId, kind: 'custom-app' } as const;
    };

    it('is told what it said, once the browser that began it is back', async () => {
      await bind(
        typed(
          `const first = await api.redirect('kyc', { data: { hint: event.user.id } });
           const second = await api.redirect('kyc', { data: { again: first.data.level } });
           if (second.data.level !== 2) return api.deny('level');`,
          `effects: ['redirect', 'deny'],`,
        ),
      );
      const { browser, login, next: left } = await signIn();
      assert.equal(left.url.origin, 'https://kyc.example', left.url.href);
      const { context } = await calls().read(await callOf(left));
      assert.equal(typeof context['hint'], 'string');
      const there = await calls().answer(await callOf(left), { kind: 'completed', context: { level: 1 } });
      const stranger = await createWebBrowser(house.origin).open(there);
      assert.equal(stranger.left, false, 'who was lured there finishes nobody’s login');
      const again = await browser.open(there);
      assert.equal(again.url.origin, 'https://kyc.example', again.url.href);
      assert.notEqual(stayOf(again), stayOf(left), 'each call is a stay of its own');
      assert.equal((await calls().read(await callOf(again))).context['again'], 1);
      await assert.rejects(calls().read(await callOf(left)), 'the first is over');
      const page = await browser.open(login.url);
      assert.match(titleOf(page), /One more step at KYC/);
      const back = await calls().answer(await callOf(again), { kind: 'completed', context: { level: 2 } });
      const done = await browser.open(back);
      assert.ok(done.url.searchParams.has('code'), done.url.href);
    });

    it('ends with what the application ends it with', async () => {
      await bind(typed(`await api.redirect('kyc');`, `effects: ['redirect'],`));
      const { browser, next: left } = await signIn();
      const answer = { kind: 'aborted', error: 'login_required', description: 'not now' } as const;
      const done = await browser.open(await calls().answer(await callOf(left), answer));
      assert.equal(done.url.searchParams.get('error'), 'login_required', done.url.href);
    });

    it('fails where there is no such application', async () => {
      await bind(typed(`await api.redirect('nowhere');`, `effects: ['redirect'],`));
      assert.match(titleOf((await signIn()).next), /could not be signed in/);
    });
  });

  describe('with a session', () => {
    const silently = (browser: ReturnType<typeof createWebBrowser>, to: Client) =>
      browser.open(asking(house.issuer, to, { prompt: 'none' }));

    const codeIn = ({ url }: Shown) => url.searchParams.get('code');
    const errorIn = ({ url }: Shown) => url.searchParams.get('error');
    const ended = (): Promise<readonly { readonly client_id: string; readonly outcome: string | null }[]> =>
      house.platform.database('script_runs').orderBy('started_at').select('client_id', 'outcome');
    beforeEach(() => house.platform.database('script_runs').delete());

    it('decides over another application and over a new version, and asks nobody to sign in once more', async () => {
      const id = await bind(`module.exports = async ({ client }) => ({ authn_ctx: { said: client.client_id } });`);
      const { browser, next } = await signIn();
      assert.ok(codeIn(next), next.url.href);
      assert.ok(codeIn(await silently(browser, client)), 'it decided over this one');
      assert.equal((await ended()).length, 1, 'and is not asked again');
      const second = await browser.open(asking(house.issuer, other));
      assert.ok(codeIn(second), titleOf(second));
      assert.deepEqual(
        (await ended()).map((run) => run.client_id),
        [client.id, other.id],
      );

      const { unitOfWork, scriptCompiler: compiler } = house.platform;
      const body = `module.exports = async ({ authn_ctx }) => { if (authn_ctx.said) throw new Error('told'); return {}; };`;
      const place = { tenantId, workspaceId, id: scriptId(id) };
      const words = { name: 'Risk', envVersion: '', testInput: '', body };
      await createScriptService({ unitOfWork, compiler, clock }).update(place, words);
      for (const to of [client, other]) assert.ok(codeIn(await browser.open(asking(house.issuer, to))));
      const runs = await ended();
      assert.deepEqual(
        runs.map(({ outcome }) => outcome),
        ['passed', 'passed', 'passed', 'passed'],
        'a version is not told what another one said',
      );
    });

    it('lets a session into nothing that the script denies, and the person back to the application', async () => {
      await bind(
        `module.exports = async ({ client }) => { if (client.client_id === '${other.id}') throw new Error('no'); return {}; };`,
      );
      const { browser } = await signIn();
      const denied = await browser.open(asking(house.issuer, other));
      assert.match(titleOf(denied), /could not be signed in/);
      assert.ok(!hasForm(denied, '/authenticate'));
      const told = await silently(browser, other);
      assert.equal(errorIn(told), 'access_denied', told.url.href);
      assert.ok(codeIn(await silently(browser, client)), 'what it allowed stays allowed');
    });

    it('is told where the request came from, and when the person proved themselves', async () => {
      await bind(
        typed(
          `api.claims.set('seen', [event.request.ip !== '', event.authn.authTime > 0, event.client.id].join(' '));`,
          `effects: ['claims'],`,
        ),
      );
      const { browser } = await signIn();
      await browser.open(asking(house.issuer, other));
      await silently(browser, await house.addClient({ client_name: 'A third' }, true));
      const rows: readonly { readonly grant_id: string }[] = await house.platform
        .database('authentication_snapshots')
        .select('grant_id');
      const seen = new Set<unknown>();
      for (const { grant_id: grant } of rows)
        seen.add((await house.platform.stores.snapshots.find(tenantId, workspaceId, grant))?.context['seen']);
      assert.equal([...seen].filter((one) => String(one).startsWith('true true ')).length, 3, [...seen].join());
    });

    it('waits where it waits in any login, and without a page is as good as one', async () => {
      await bind(
        typed(
          `if (event.client.id === '${other.id}') await api.sleep('1h'); api.claims.set('slept', true);`,
          `onError: 'continue', effects: ['sleep', 'claims'],`,
        ),
      );
      const { browser } = await signIn();
      const told = await silently(browser, other);
      assert.equal(errorIn(told), 'interaction_required', 'a script that goes on after failures has not failed');
      assert.deepEqual((await ended()).at(-1), { client_id: other.id, outcome: 'failed' });
      const resting = await browser.open(asking(house.issuer, other));
      assert.match(titleOf(resting), /Signing you in/);
      await wakeAt({ waits: { kind: 'sleep', until: clock.now() } });
      assert.ok(codeIn(await browser.open(resting.url)));
    });

    it('asks those to sign in of whom nobody kept what was known before a script', async () => {
      await bind(`module.exports = async () => ({ authn_ctx: { tier: 1 } });`);
      const { browser } = await signIn();
      const { stores, database } = house.platform;
      const rows: readonly { readonly grant_id: string }[] =
        await database('authentication_snapshots').select('grant_id');
      const later = Date.now() + 86_400_000;
      for (const { grant_id: grant } of rows) {
        const { unscripted: _, ...old } = (await stores.snapshots.find(tenantId, workspaceId, grant)) ?? assert.fail();
        await stores.snapshots.removeByGrant(tenantId, workspaceId, grant);
        await stores.snapshots.insert(tenantId, workspaceId, old, later);
      }
      assert.equal(errorIn(await silently(browser, other)), 'interaction_required');
      const asked = await browser.open(asking(house.issuer, other));
      assert.ok(hasForm(asked, '/authenticate'), titleOf(asked));
      const done = await browser.submit(asked, '/authenticate', { identifier: 'ada@here.example', password });
      assert.ok(codeIn(done), titleOf(done));
    });

    it('keeps what it said of one application from another one', async () => {
      await bind(`module.exports = async ({ client }) => ({ authn_ctx: { said: client.client_id } });`);
      const { browser } = await signIn();
      assert.ok(codeIn(await browser.open(asking(house.issuer, other))));
      const third = await house.addClient({ client_name: 'A third' }, true);
      assert.ok(codeIn(await silently(browser, third)), 'run without a page');
      await silently(browser, client);
      await silently(browser, other);
      const rows: readonly { readonly grant_id: string }[] = await house.platform
        .database('authentication_snapshots')
        .select('grant_id');
      const said = new Map<string, Set<unknown>>();
      for (const { grant_id: grant } of rows) {
        const snapshot = await house.platform.stores.snapshots.find(tenantId, workspaceId, grant);
        if (snapshot?.context['said'] === undefined) continue;
        said.set(snapshot.clientId, (said.get(snapshot.clientId) ?? new Set()).add(snapshot.context['said']));
      }
      assert.deepEqual([...(said.get(other.id) ?? [])], [other.id]);
      assert.deepEqual([...(said.get(client.id) ?? [])], [client.id]);
      assert.deepEqual([...(said.get(third.id) ?? [])], [third.id]);
    });
  });
});
