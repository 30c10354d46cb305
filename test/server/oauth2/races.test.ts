import assert from 'node:assert/strict';
import { SignJWT } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { answered, post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import type { TokenAnswer } from '../../support/engine-browser.ts';

const many = Array.from({ length: 20 }, (_, index) => index);

describe('what may be used once', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
    client = shop.addClient({});
  });
  after(() => engine.stop());

  const refresh = (token: unknown): Promise<TokenAnswer> =>
    post(shop, '/oauth2/token', client, { grant_type: 'refresh_token', refresh_token: String(token) });
  const tokens = async (): Promise<TokenAnswer['body']> => {
    const browser = engine.browser(shop);
    const params = await browser.login(client, { scope: 'openid orders offline_access' });
    return (await redeem(shop, client, browser, params)).body;
  };
  const isActive = async (token: unknown): Promise<unknown> =>
    (await post(shop, '/oauth2/introspect', client, { token: String(token) })).body['active'];
  const onlyOne = (answers: readonly TokenAnswer[]): TokenAnswer => {
    const [won, ...others] = answers.filter(({ status }) => status === 200);
    assert.ok(won);
    assert.equal(others.length, 0);
    for (const { status, body } of answers.filter((answer) => answer !== won)) {
      assert.equal(status, 400);
      assert.equal(body['error'], 'invalid_grant');
    }
    return won;
  };

  it('gives tokens for a code to one of twenty, and ends them: two knew the code (RFC 6749 §4.1.2)', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(client);
    const won = onlyOne(await Promise.all(many.map(() => redeem(shop, client, browser, params))));
    assert.equal(await isActive(won.body['access_token']), false);
  });

  it('ends what a code gave when it comes again later (RFC 6749 §4.1.2)', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(client);
    const { body } = await redeem(shop, client, browser, params);
    assert.equal(await isActive(body['access_token']), true);
    assert.equal((await redeem(shop, client, browser, params)).status, 400);
    assert.equal(await isActive(body['access_token']), false);
  });

  it('rotates a refresh token at every use (RFC 9700 §4.14.2)', async () => {
    const first = await tokens();
    const second = await refresh(first['refresh_token']);
    assert.equal(second.status, 200);
    assert.notEqual(second.body['refresh_token'], first['refresh_token']);
    assert.equal(second.body['scope'], 'openid orders offline_access');
    assert.equal((await refresh(second.body['refresh_token'])).status, 200);
  });

  it('ends the grant when a rotated refresh token comes again (RFC 9700 §4.14.2)', async () => {
    const first = await tokens();
    const second = await refresh(first['refresh_token']);
    assert.equal((await refresh(first['refresh_token'])).status, 400);
    assert.equal((await refresh(second.body['refresh_token'])).status, 400);
    assert.equal(await isActive(second.body['access_token']), false);
    assert.equal(await isActive(first['access_token']), false);
  });

  it('refreshes for one of twenty, and ends the grant: whoever came second may be a thief', async () => {
    const { refresh_token: token } = await tokens();
    const won = onlyOne(await Promise.all(many.map(() => refresh(token))));
    assert.equal((await refresh(won.body['refresh_token'])).status, 400);
    assert.equal(await isActive(won.body['access_token']), false);
  });

  it('takes a client assertion once, of twenty at the same time (RFC 7523 §3)', async () => {
    const jwtClient = shop.addClient({ token_endpoint_auth_method: 'client_secret_jwt' });
    const assertion = await new SignJWT({ jti: 'once' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(jwtClient.id)
      .setSubject(jwtClient.id)
      .setAudience(shop.issuer)
      .setExpirationTime('1m')
      .sign(Buffer.from(jwtClient.secret ?? ''));
    const form = {
      grant_type: 'client_credentials',
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    const withoutSecret = { ...jwtClient, secret: undefined };
    const answers = await Promise.all(many.map(() => post(shop, '/oauth2/token', withoutSecret, form)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, 19);
  });

  it('spends a pushed request once, of two browsers at the same time', async () => {
    const pushed = await post(shop, '/par', client, {
      response_type: 'code',
      redirect_uri: 'https://app.example/cb',
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    });
    const query = new URLSearchParams({ client_id: client.id, request_uri: String(pushed.body['request_uri']) });
    const browsers = [engine.browser(shop), engine.browser(shop)];
    const resumes = await Promise.all(
      browsers.map(async (browser) => ({
        browser,
        resume: await browser.commit(await browser.fetch(`${shop.issuer}/oauth2/authorize?${query.toString()}`)),
      })),
    );
    const answers = await Promise.all(resumes.map(({ browser, resume }) => browser.fetch(resume)));
    const codes = answers.map((answer) => answered(answer).get('code')).filter((code) => code !== null);
    assert.equal(codes.length, 1);
  });

  it('gives a login its code again while its first answer may be lost, and for a minute only', async () => {
    const browser = engine.browser(shop);
    const resume = await browser.commit(await browser.authorize(client));
    const cookies = browser.jar.all();
    const first = answered(await browser.fetch(resume));
    browser.jar.restore(cookies);
    const second = answered(await browser.fetch(resume));
    assert.notEqual(second.get('code'), first.get('code'));
    assert.equal((await redeem(shop, client, browser, second)).status, 200);

    browser.jar.restore(cookies);
    engine.shift(61_000);
    assert.equal((await browser.fetch(resume)).status, 400);
    engine.shift(-61_000);
  });
});
