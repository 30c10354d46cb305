import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import Provider from 'oidc-provider';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { createDemoRoutes } from '../../../server/demo/demo.routes.ts';
import type { DemoApplication } from '../../../server/demo/demo-application.ts';
import { createLoopbackFetch } from '../../../server/relying-party/loopback-fetch.ts';
import { createRelyingParty } from '../../../server/relying-party/relying-party.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { createJar } from '../../support/jar.ts';

/** Fixed, so that a test can seal what an attacker would have to forge. */
const sealer = createSealer(Buffer.alloc(32, 7));
const renderer = createRenderer({ templatesDir: join(import.meta.dirname, '../../../templates') });

describe('the demonstration at /:tid/:aid/demo', () => {
  let server: Server;
  let origin: string;
  let start: string;
  let decision: 'allow' | 'deny' = 'allow';
  let provenSecondsAgo = 0;
  let application: DemoApplication;
  const failures: string[] = [];
  const details: string[] = [];

  /** A real issuer, whose login says yes or no by itself. */
  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const issuer = `${origin}/acme/bank`;
    start = `${issuer}/demo`;
    application = {
      place: 'acme/bank',
      issuer,
      tenantName: 'Acme',
      nameIn: () => 'Demo Bank',
      clientId: 'demo',
      clientSecret: 'a secret with : and %',
      postsSecret: false,
      pushes: false,
      scopes: ['openid', 'profile'],
      startUri: start,
      redirectUri: `${start}/callback`,
    };
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: 'demo',
          client_secret: application.clientSecret,
          redirect_uris: [`${start}/callback`],
          post_logout_redirect_uris: [start],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
      scopes: ['openid', 'profile', 'offline_access'],
      claims: { openid: ['sub', 'auth_time'], profile: ['name'] },
      features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
      cookies: { keys: ['test'] },
      interactions: { url: (_ctx, interaction) => `/acme/bank/login/${interaction.uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'Alice <i>Example</i>' }) }),
    });
    const app = express();
    app.use(
      createDemoRoutes({
        find: (tid, aid) => Promise.resolve(tid === 'acme' && aid === 'bank' ? application : undefined),
        relyingParty: createRelyingParty({ fetch: createLoopbackFetch(origin), now: () => Date.now() }),
        sealer,
        renderer,
        referenceOf: () => 'ref-1',
        onFailure: ({ reason }) => failures.push(reason),
      }),
    );
    app.get('/acme/bank/login/:uid', async (req, res) => {
      const { params } = await provider.interactionDetails(req, res);
      const grant = new provider.Grant({ accountId: 'alice', clientId: 'demo' });
      grant.addOIDCScope(String(params['scope']));
      const granted = {
        login: { accountId: 'alice', ts: Math.floor(Date.now() / 1000) - provenSecondsAgo },
        consent: { grantId: await grant.save() },
      };
      const denied = { error: 'access_denied', error_description: 'End-User aborted interaction' };
      await provider.interactionFinished(req, res, decision === 'allow' ? granted : denied);
    });
    app.use('/acme/bank', provider.callback());
    server.on('request', app);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  beforeEach(() => {
    decision = 'allow';
    provenSecondsAgo = 0;
    failures.splice(0);
  });

  it('signs in with code, PKCE, state and nonce, and shows the claims, escaped', async () => {
    const jar = createJar(origin);
    const first = await jar.get('/acme/bank/demo');
    assert.equal(first.status, 200);
    assert.match(first.text, /Welcome to Demo Bank/);
    const account = await jar.post('/acme/bank/demo/login', { offline: 'yes' });
    assert.equal(account.url, start);
    assert.match(account.text, /Hello, /);
    assert.match(account.text, /<code>sub<\/code><\/th><td><code>alice/);
    assert.match(account.text, /You signed in\./);
    assert.match(account.text, /Refresh the tokens/);
    assert.doesNotMatch((await jar.get('/acme/bank/demo')).text, /You signed in\./, 'a notice is shown once');
    const asked = jar.visited.find((url) => url.pathname.endsWith('/auth'));
    assert.equal(asked?.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(asked.searchParams.get('prompt'), 'consent');
    for (const sent of ['state', 'nonce', 'code_challenge'])
      assert.ok((asked.searchParams.get(sent) ?? '').length >= 43, sent);
  });

  it('keeps no token in the browser: its cookies are sealed, bound to the path, and out of reach of scripts', async () => {
    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', {});
    const page = await jar.get('/acme/bank/demo');
    const own = jar.setCookies.filter((line) => line.startsWith('demo_'));
    assert.ok(own.length >= 2);
    for (const line of own) {
      assert.match(line, /; Path=\/acme\/bank\/demo;/);
      assert.match(line, /; HttpOnly;/);
      assert.match(line, /; SameSite=Lax/);
      assert.ok(line.length < 4096);
      assert.doesNotMatch(decodeURIComponent(line), /verifier|eyJ[\w-]+\.eyJ/);
    }
    assert.doesNotMatch(page.text, /eyJ[\w-]+\.eyJ/, 'no token on the page either');
  });

  it('asks userinfo, introspects and refreshes', async () => {
    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', { offline: 'yes' });
    const asked = await jar.post('/acme/bank/demo/userinfo', {});
    assert.match(asked.text, /Alice &lt;i&gt;Example&lt;\/i&gt;/);
    assert.match((await jar.post('/acme/bank/demo/introspect', {})).text, /<code>active<\/code><\/th><td><code>true/);
    assert.match((await jar.post('/acme/bank/demo/refresh', {})).text, /The tokens were refreshed\./);
  });

  it('signs in silently while there is a session, and says in words when there is none (prompt=none)', async () => {
    const stranger = createJar(origin);
    const refused = await stranger.post('/acme/bank/demo/login', { silent: 'yes' });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /You have no session/);
    assert.match(refused.text, /<code>login_required<\/code>/);
    assert.match(refused.text, /ref-1/);

    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', {});
    assert.match((await jar.post('/acme/bank/demo/login', { silent: 'yes' })).text, /The silent sign-in worked/);
  });

  it('says that nothing was shared when the person said no', async () => {
    decision = 'deny';
    const answer = await createJar(origin).post('/acme/bank/demo/login', {});
    assert.match(answer.text, /You cancelled or denied the request/);
    assert.deepEqual(failures, ['access_denied']);
  });

  it('signs out here and at the issuer', async () => {
    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', {});
    const confirm = await jar.post('/acme/bank/demo/logout', {});
    assert.match(confirm.url, /session\/end/);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(confirm.text)?.[1] ?? '';
    const end = await jar.post('/acme/bank/session/end/confirm', { xsrf, logout: 'yes' });
    assert.match(end.text, /You signed out\./);
    assert.match((await jar.post('/acme/bank/demo/login', { silent: 'yes' })).text, /You have no session/);
  });

  it('says to sign in again when the process that held the session is gone', async () => {
    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', {});
    jar.set('demo_session', encodeURIComponent(sealer.seal('gone', 'demo.session:acme/bank')));
    assert.match((await jar.get('/acme/bank/demo')).text, /restarted or your session here ended/);
  });

  it('does not believe a proof from before it asked for a fresh one (max_age, OIDC Core §3.1.3.7)', async () => {
    provenSecondsAgo = 300;
    const answer = await createJar(origin).post('/acme/bank/demo/login', { max_age: '0' });
    assert.match(answer.text, /did not pass our checks/);
    provenSecondsAgo = 0;
    assert.match((await createJar(origin).post('/acme/bank/demo/login', { max_age: '0' })).text, /Hello, /);
  });

  it('uses no answer that another browser asked for (login CSRF, RFC 9700 §4.7)', async () => {
    const attacker = createJar(origin);
    const answer = await attacker.post('/acme/bank/demo/login', {}, { stopAt: '/demo/callback' });
    const lured = createJar(origin);
    const without = await lured.get(answer.url.slice(origin.length));
    assert.match(without.text, /does not belong to a sign-in that you started here/);
    await lured.post('/acme/bank/demo/login', {}, { stopAt: '/login/' });
    const withOwn = await lured.get(answer.url.slice(origin.length));
    assert.match(withOwn.text, /does not belong to a sign-in that you started here/);
    assert.match((await lured.get('/acme/bank/demo')).text, /Welcome to Demo Bank/);
  });

  it('uses an answer once: its cookie is spent with it', async () => {
    const jar = createJar(origin);
    const answer = await jar.post('/acme/bank/demo/login', {}, { stopAt: '/demo/callback' });
    assert.match((await jar.get(answer.url.slice(origin.length))).text, /Hello, /);
    assert.match((await jar.get(answer.url.slice(origin.length))).text, /does not belong/);
  });

  it('refuses a form from another site, or from nowhere', async () => {
    const jar = createJar(origin);
    await jar.post('/acme/bank/demo/login', {});
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      {},
    ]) {
      const answer = await jar.post('/acme/bank/demo/logout', {}, { headers });
      assert.equal(answer.status, 403);
    }
    assert.match((await jar.get('/acme/bank/demo')).text, /Hello, /, 'the session is still there');
  });

  it('refuses a cookie that was sealed for another workspace', async () => {
    const jar = createJar(origin);
    const answer = await jar.post('/acme/bank/demo/login', {}, { stopAt: '/demo/callback' });
    const pending = { state: new URL(answer.url).searchParams.get('state'), nonce: 'n', verifier: 'v', silent: false };
    jar.set('demo_login', encodeURIComponent(sealer.seal(JSON.stringify(pending), 'demo.login:acme/other')));
    assert.match((await jar.get(answer.url.slice(origin.length))).text, /does not belong/);
  });

  it('does not exist where it is not switched on', async () => {
    const answer = await createJar(origin).get('/acme/other/demo');
    assert.equal(answer.status, 404);
    assert.match(answer.text, /Page not found/);
    assert.equal((await createJar(origin).post('/acme/other/demo/login', {})).status, 404);
  });

  it('says that the issuer is away, and shows no detail of it', async () => {
    const app = express();
    app.use(
      createDemoRoutes({
        find: () => Promise.resolve(application),
        relyingParty: createRelyingParty({ fetch: createLoopbackFetch('http://127.0.0.1:1'), now: () => Date.now() }),
        sealer,
        renderer,
        referenceOf: () => 'ref-2',
        onFailure: ({ reason, detail }) => {
          failures.push(reason);
          details.push(detail);
        },
      }),
    );
    const away = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => away.once('listening', resolve));
    const jar = createJar(`http://127.0.0.1:${String((away.address() as AddressInfo).port)}`);
    const answer = await jar.post('/acme/bank/demo/login', {}, { headers: { origin } });
    away.closeAllConnections();
    away.close();
    assert.equal(answer.status, 502);
    assert.match(answer.text, /could not be reached/);
    assert.doesNotMatch(answer.text, /ECONN|127\.0\.0\.1:1\b/);
    assert.deepEqual(failures, ['unreachable']);
    assert.match(details.join(), /ECONNREFUSED/);
  });
});
