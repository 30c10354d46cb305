/** What operations see of a running platform: health, metrics, logs that tell no secret, and an outage of Temporal. */
import assert from 'node:assert/strict';
import { Client as TemporalClient, WorkflowFailedError, type Connection } from '@temporalio/client';
import * as oidc from 'openid-client';
import { z } from 'zod';
import type { Client } from '../../server/clients/client.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, signIn } from '../support/relying-party.ts';
import { createWebBrowser, formOf, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

describe('operating a platform', function () {
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;
  let connection: Connection;

  before(async function () {
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient();
    config = await connect(platform.issuer, client);
    connection = await connectWithin({ address: platform.temporal.address }, platform.temporal.namespace, 5000);
  });
  after(async () => {
    await connection.close();
    await office.close();
    await platform.stop();
  });

  const ada = () => ({ identifier: platform.person.email, password: platform.person.password });
  const health = async () => {
    const answer = await fetch(`${platform.origin}/health`);
    return { status: answer.status, body: await answer.json() };
  };
  const healthBecomes = async (status: string) => {
    let last = await health();
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (z.object({ status: z.literal(status) }).safeParse(last.body).success) return last;
      await new Promise((resolve) => setTimeout(resolve, 100));
      last = await health();
    }
    assert.fail(`health stays ${JSON.stringify(last)}`);
  };
  const rootToken = () => {
    const { id, secret } = platform.rootClient;
    return fetch(`${platform.origin}/system/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
  };
  /** What a person sees who reloads until it works. */
  const reloaded = async (browser: WebBrowser, at: Shown): Promise<Shown> => {
    let page = await browser.open(at.url);
    for (let attempt = 0; attempt < 40 && page.status === 503; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      page = await browser.open(at.url);
    }
    return page;
  };
  /** Lines of the log; what is said to a person at the terminal stands on standard error beside them. */
  const logLines = (output: string) => output.split('\n').filter((line) => line.startsWith('{'));
  /** Lines are written after the answer, and arrive here after that. */
  const logged = async (enough: (lines: readonly string[]) => boolean): Promise<void> => {
    for (let attempt = 0; attempt < 600 && !enough(logLines(platform.server.output())); attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(enough(logLines(platform.server.output())), platform.server.output());
  };

  it('says that it lives, and that it serves', async () => {
    assert.equal((await fetch(`${platform.origin}/alive`)).status, 200);
    const { status, body } = await healthBecomes('ok');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'ok', checks: { database: 'ok', temporal: 'ok' } });
  });

  it('logs a whole login in JSON lines with trace ids, and nothing that anybody could use', async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { scope: 'openid email phone offline_access', login_hint: 'ada@example.com' });
    const page = await browser.open(begun.url);
    await authenticate(browser, page, { ...ada(), password: 'a wrong password of mine' });
    const { url } = await signIn(browser, begun, ada());
    const tokens = await redeem(config, begun, url);
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    await oidc.fetchUserInfo(config, refreshed.access_token, tokens.claims()?.sub ?? '');
    await oidc.tokenIntrospection(config, refreshed.access_token);
    await oidc.tokenRevocation(config, refreshed.refresh_token ?? '');
    await browser.open(`${platform.issuer}/oidc/logout?id_token_hint=${tokens.id_token ?? ''}`);

    await logged((all) => all.filter((line) => line.includes('/oidc/logout')).length > 0);
    const lines = [...logLines(platform.server.output()), ...logLines(platform.worker.output())];
    const parsed = lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
    const requests = parsed.filter(({ message }) => message === 'request');
    assert.ok(requests.length > 10);
    for (const line of requests) {
      assert.match(String(line['trace_id']), /^[0-9a-f]{32}$/);
      assert.doesNotMatch(String(line['route']), /\?/);
    }
    const secrets = [
      ada().password,
      'a wrong password of mine',
      'ada@example.com',
      '+442079460958',
      tokens.access_token,
      tokens.id_token ?? '',
      tokens.refresh_token ?? '',
      refreshed.access_token,
      refreshed.refresh_token ?? '',
      client.secret ?? '',
      url.searchParams.get('code') ?? '',
      begun.verifier,
      begun.nonce,
      begun.state,
      formOf(page, '/authenticate').fields[0]?.[1] ?? '',
      ...browser.jar.all().map(({ value }) => value),
    ];
    const log = lines.join('\n');
    for (const secret of secrets) {
      assert.ok(secret.length > 4);
      assert.equal(log.includes(secret), false, secret);
    }
    assert.doesNotMatch(log, /code_challenge|response_type=|\bcookie"/i);
  });

  it('answers with the trace id it logs, and takes the one of whoever calls (W3C Trace Context)', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
    const answers = [
      await fetch(`${platform.issuer}/.well-known/openid-configuration`, { headers }),
      await fetch(`${platform.issuer}/demo`, { headers }),
      await fetch(`${platform.origin}/nobody/nowhere/token`, { headers }),
    ];
    assert.deepEqual(
      answers.map((answer) => answer.headers.get('x-trace-id')),
      [trace, trace, trace],
    );
    await logged((lines) => lines.filter((line) => line.includes(trace)).length >= answers.length);
    const own = await fetch(`${platform.issuer}/demo`);
    assert.match(own.headers.get('x-trace-id') ?? '', /^[0-9a-f]{32}$/);
  });

  it('counts requests, logins and passwords for Prometheus, by few labels, and for this machine only', async () => {
    const text = await (await fetch(`${platform.origin}/metrics`)).text();
    assert.match(text, /^http_requests_total\{route="\/:tid\/:aid\/oauth2\/token",method="POST",status="200"\} [1-9]/m);
    assert.match(text, /^logins_total\{outcome="completed",reason="[a-z_]+"\} [1-9]/m);
    assert.match(text, /^password_verifications_total\{result="match"\} [1-9]/m);
    assert.match(text, /^password_verifications_total\{result="mismatch"\} [1-9]/m);
    assert.doesNotMatch(text, /ada@|default\/demo/);
    const forwarded = await fetch(`${platform.origin}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    assert.equal(forwarded.status, 403);
  });

  it('goes on without Temporal as far as it can, loses no proof, and no login', async () => {
    const session = createWebBrowser(platform.origin);
    const known = await begin(config, { scope: 'openid email offline_access' });
    const tokens = await redeem(config, known, (await signIn(session, known, ada())).url);
    const waiting = createWebBrowser(platform.origin);
    const waitingFor = await begin(config, { prompt: 'consent' });
    const consent = await authenticate(waiting, await waiting.open(waitingFor.url), ada());
    const proving = createWebBrowser(platform.origin);
    const provingFor = await begin(config, { prompt: 'consent' });
    const login = await proving.open(provingFor.url);

    await platform.temporal.halt();
    try {
      const { status, body } = await healthBecomes('degraded');
      assert.equal(status, 200, 'a balancer keeps it: tokens are served');
      assert.partialDeepStrictEqual(body, { checks: { database: 'ok', temporal: 'unavailable' } });
      assert.equal((await rootToken()).status, 200);
      const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
      assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, true);
      const silent = await begin(config, { prompt: 'none', scope: 'openid email' });
      assert.ok((await redeem(config, silent, (await session.open(silent.url)).url)).id_token);

      for (const page of [await authenticate(proving, login, ada()), await allow(waiting, consent)]) {
        assert.equal(page.status, 503);
        assert.match(page.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
        assert.match(titleOf(page), /We need a moment/);
        assert.match(page.text, /What you did so far is kept/);
      }
    } finally {
      await platform.temporal.resume();
    }
    await healthBecomes('ok');
    const provenPage = await reloaded(proving, login);
    formOf(provenPage, '/consent');
    const proven = await allow(proving, provenPage);
    assert.ok((await redeem(config, provingFor, proven.url)).access_token);

    const decided = await reloaded(waiting, consent);
    assert.ok(decided.left, `${String(decided.status)} ${titleOf(decided)}`);
    assert.ok((await redeem(config, waitingFor, decided.url)).access_token);
  });

  for (const act of ['cancel', 'terminate'] as const) {
    it(`ends a login that an operator stops in Temporal (${act}), and tells the person so`, async () => {
      const browser = createWebBrowser(platform.origin);
      const begun = await begin(config, { prompt: 'consent' });
      const consent = await authenticate(browser, await browser.open(begun.url), ada());
      const uid = consent.url.pathname.split('/').at(-1) ?? '';
      const row = () => office.platform.database('interactions').where({ uid }).first('id', 'state', 'reason');
      const interaction = z.object({ id: z.string() });
      const { workflow } = new TemporalClient({ connection });
      const handle = workflow.getHandle(interaction.parse(await row()).id);
      await handle[act]();
      await assert.rejects(handle.result(), WorkflowFailedError);

      const answer = await allow(browser, consent);
      assert.equal(answer.status, 410);
      assert.match(titleOf(answer), /^Your sign-in was ended/);
      assert.partialDeepStrictEqual(await row(), { state: 'expired', reason: 'stopped' });
      assert.equal((await browser.open(consent.url)).status, 410);
      const { url } = await signIn(browser, await begin(config, { prompt: 'consent' }), ada());
      assert.ok(url.searchParams.get('code'), 'and the person may begin again');
    });
  }

  it('finds everything again at a second start: sessions, consents, tokens, clients', async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { scope: 'openid email offline_access' });
    const tokens = await redeem(config, begun, (await signIn(browser, begun, ada())).url);
    const before = await Promise.all(
      ['clients', 'users', 'signing_keys', 'workspaces'].map((table) => office.count(table)),
    );
    assert.equal(await platform.server.stop(), 0);
    await platform.server.start();
    assert.doesNotMatch(platform.server.output(), /Root secret/, 'shown once');
    assert.deepEqual(
      await Promise.all(['clients', 'users', 'signing_keys', 'workspaces'].map((table) => office.count(table))),
      before,
    );
    assert.equal((await rootToken()).status, 200);
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
    assert.ok((await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).id_token);
    const silent = await begin(config, { prompt: 'none', scope: 'openid email' });
    assert.ok((await redeem(config, silent, (await browser.open(silent.url)).url)).id_token);
  });
});
