import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { matchesAny } from '../../../server/oauth2/client-model.ts';
import { answered, post, redeem } from '../../support/engine-browser.ts';
import { redirectUri } from '../../support/engine-workspace.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('matchesAny', () => {
  it('takes each of the secrets, whole', () => {
    assert.equal(matchesAny('one', ['one', 'two']), true);
    assert.equal(matchesAny('two', ['one', 'two']), true);
    for (const wrong of ['', 'on', 'one\0', 'three']) assert.equal(matchesAny(wrong, ['one', 'two']), false, wrong);
    assert.equal(matchesAny('', []), false);
  });
});

describe('guardClients', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
  });
  after(() => engine.stop());

  const machine = { grant_type: 'client_credentials', scope: 'orders' };

  it('takes a replaced secret until its time, beside the current one', async () => {
    const client = shop.addClient({}, { rotatedSecrets: [{ secret: 'the-old-secret', until: Date.now() + 60_000 }] });
    const withOld = { ...client, secret: 'the-old-secret' };
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    assert.equal((await post(shop, '/oauth2/token', withOld, machine)).status, 200);
    assert.equal((await post(shop, '/oauth2/token', { ...client, secret: 'wrong' }, machine)).status, 401);
    engine.shift(61_000);
    assert.equal((await post(shop, '/oauth2/token', withOld, machine)).status, 401);
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    engine.shift(-61_000);
  });

  it('takes a secret that was given a moment ago, where the client is remembered with the one before', async () => {
    const client = shop.addClient({});
    shop.remembered.set(client.id, client);
    const renewed = { ...client, secret: 'the-secret-given-just-now' };
    shop.clients.set(client.id, renewed);
    assert.equal((await post(shop, '/oauth2/token', renewed, machine)).status, 200);
    assert.equal((await post(shop, '/oauth2/token', { ...client, secret: 'neither' }, machine)).status, 401);
    shop.clients.delete(client.id);
    assert.equal((await post(shop, '/oauth2/token', renewed, machine)).status, 401);
    shop.remembered.delete(client.id);
  });

  describe('with client_secret_jwt (OIDC Core §9)', () => {
    const old = 'o'.repeat(43);
    const older = 'p'.repeat(43);
    const jwtClient = (until = Date.now() + 60_000) =>
      shop.addClient(
        { token_endpoint_auth_method: 'client_secret_jwt' },
        { rotatedSecrets: [old, older].map((secret) => ({ secret, until })) },
      );
    async function authenticate(client: Client, secret: string, alg = 'HS256'): Promise<number> {
      const assertion = await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg })
        .setIssuer(client.id)
        .setSubject(client.id)
        .setAudience(shop.issuer)
        .setExpirationTime('1m')
        .sign(Buffer.from(secret));
      const { status } = await post(
        shop,
        '/oauth2/token',
        { ...client, secret: undefined },
        {
          ...machine,
          client_assertion: assertion,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        },
      );
      return status;
    }

    it('takes assertions of replaced secrets until their time, beside the current one', async () => {
      const client = jwtClient();
      for (const secret of [client.secret ?? '', old, older, old])
        assert.equal(await authenticate(client, secret), 200);
      assert.equal(await authenticate(client, 'w'.repeat(43)), 401);
      engine.shift(61_000);
      try {
        assert.equal(await authenticate(client, old), 401);
        assert.equal(await authenticate(client, client.secret ?? ''), 200);
      } finally {
        engine.shift(-61_000);
      }
    });

    it('takes none at all once the secret was changed without a grace, nor of another client', async () => {
      const client = jwtClient();
      assert.equal(await authenticate(client, old), 200);
      shop.clients.set(client.id, { ...client, rotatedSecrets: [] });
      assert.equal(await authenticate(client, old), 401);
      const other = shop.addClient({ token_endpoint_auth_method: 'client_secret_jwt' });
      assert.equal(await authenticate(other, old), 401);
    });

    it('takes no algorithm that the workspace does not allow, whichever secret fits', async () => {
      assert.equal(await authenticate(jwtClient(), 'o'.repeat(43) + 'x'.repeat(21), 'HS512'), 401);
      const client = shop.addClient(
        { token_endpoint_auth_method: 'client_secret_jwt' },
        { rotatedSecrets: [{ secret: 'o'.repeat(64), until: Date.now() + 60_000 }] },
      );
      assert.equal(await authenticate(client, 'o'.repeat(64), 'HS512'), 401);
    });

    it('takes an assertion once (RFC 7523 §3)', async () => {
      const client = jwtClient();
      const assertion = await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(client.id)
        .setSubject(client.id)
        .setAudience(shop.issuer)
        .setExpirationTime('1m')
        .sign(Buffer.from(old));
      const form = {
        ...machine,
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      };
      const send = () => post(shop, '/oauth2/token', { ...client, secret: undefined }, form);
      assert.equal((await send()).status, 200);
      assert.equal((await send()).status, 401);
    });
  });

  it('sees a changed secret at once', async () => {
    const client = shop.addClient({});
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 200);
    shop.clients.set(client.id, { ...client, secret: 'another' });
    assert.equal((await post(shop, '/oauth2/token', client, machine)).status, 401);
  });

  it('refuses an inactive client at token, PAR and authorize, and its code (RFC 6749 §5.2)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    const code = await browser.login(client);
    const waiting = await browser.commit(await browser.authorize(client, { prompt: 'login' }));
    shop.clients.set(client.id, { ...client, status: 'inactive' });

    const token = await post(shop, '/oauth2/token', client, machine);
    assert.equal(token.status, 400);
    assert.equal(token.body['error'], 'unauthorized_client');
    assert.equal((await redeem(shop, client, browser, code)).body['error'], 'unauthorized_client');
    const pushed = await post(shop, '/par', client, {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    });
    assert.equal(pushed.body['error'], 'unauthorized_client');
    assert.equal(answered(await browser.authorize(client)).get('error'), 'unauthorized_client');
    assert.equal(answered(await browser.fetch(waiting)).get('error'), 'unauthorized_client');
  });

  it('does not tell a caller with a wrong secret that a client is inactive', async () => {
    const client = shop.addClient({}, { status: 'inactive' });
    const { body } = await post(shop, '/oauth2/token', { ...client, secret: 'wrong' }, machine);
    assert.equal(body['error'], 'invalid_client');
  });

  it('lets people sign out of an inactive client', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    await redeem(shop, client, browser, await browser.login(client));
    shop.clients.set(client.id, { ...client, status: 'inactive' });
    const page = await (await browser.fetch(`${shop.issuer}/oidc/logout?client_id=${client.id}`)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const confirmed = await browser.fetch(`${shop.issuer}/oidc/logout/confirm`, { method: 'POST', body });
    assert.equal(confirmed.status, 303);
  });
});
