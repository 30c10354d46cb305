import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { rowIdOf, structuredMark } from '../../../server/oauth2/access-token.ts';
import { createJwtSigner } from '../../../server/oauth2/token-signature.ts';
import { generateSigningKey } from '../../../server/workspaces/signing-key.service.ts';
import { post, publishedKeys, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

for (const strategy of ['jwt', 'opaque'] as const) {
  describe(`access tokens, strategy ${strategy}`, () => {
    let engine: TestEngine;
    let shop: TestWorkspace;
    let client: Client;
    before(async () => {
      engine = await startEngine();
      shop = await engine.addWorkspace({ access_token_strategy: strategy });
      client = shop.addClient({});
    });
    after(() => engine.stop());

    const forClient = async (scope = 'orders'): Promise<string> => {
      const { body } = await post(shop, '/oauth2/token', client, { grant_type: 'client_credentials', scope });
      return String(body['access_token']);
    };
    const forPerson = async (scope = 'openid profile orders'): Promise<string> => {
      const browser = engine.browser(shop);
      const params = await browser.login(client, { scope }, { acr: 'urn:two' });
      return String((await redeem(shop, client, browser, params)).body['access_token']);
    };
    const introspect = async (token: string, caller = client): Promise<Readonly<Record<string, unknown>>> =>
      (await post(shop, '/oauth2/introspect', caller, { token })).body;
    const userinfo = (token: string): Promise<Response> =>
      fetch(`${shop.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });

    it('binds the ID token to the access token beside it (OIDC Core §3.1.3.6)', async () => {
      const browser = engine.browser(shop);
      const params = await browser.login(client, { scope: 'openid' });
      const { body } = await redeem(shop, client, browser, params);
      const half = createHash('sha256').update(String(body['access_token'])).digest().subarray(0, 16);
      assert.equal(decodeJwt(String(body['id_token']))['at_hash'], half.toString('base64url'));
    });

    it('introspects the token of a person with the published members (RFC 7662 §2.2)', async () => {
      const answer = await introspect(await forPerson());
      assert.partialDeepStrictEqual(answer, {
        active: true,
        iss: shop.issuer,
        sub: 'sub-of-ada',
        aud: [shop.issuer],
        client_id: client.id,
        scope: 'openid profile orders',
        acr: 'urn:two',
        amr: ['pwd'],
        idp: 'pool-idp',
        idp_sub: 'ada',
        tenant_id: shop.tenant,
        server_id: shop.id,
        token_type: 'Bearer',
      });
      assert.equal(Number(answer['exp']) - Number(answer['iat']), 3600);
      assert.equal(answer['nbf'], answer['iat']);
    });

    it('introspects the token of a client, which is its own subject (RFC 9068 §2.2)', async () => {
      const answer = await introspect(await forClient());
      assert.partialDeepStrictEqual(answer, { active: true, sub: client.id, client_id: client.id, scope: 'orders' });
    });

    it('gives a client no scope about people, and none it was not given', async () => {
      const wide = await post(shop, '/oauth2/token', client, {
        grant_type: 'client_credentials',
        scope: 'openid orders',
      });
      assert.equal(wide.body['scope'], 'orders');
      const narrow = shop.addClient({ scope: 'openid' });
      const refused = await post(shop, '/oauth2/token', narrow, { grant_type: 'client_credentials', scope: 'orders' });
      assert.equal(refused.body['error'], 'invalid_scope');
      const silent = shop.addClient({ scope: '' });
      const none = await post(shop, '/oauth2/token', silent, { grant_type: 'client_credentials', scope: 'orders' });
      assert.equal(none.body['error'], 'invalid_scope');
    });

    it('gives userinfo to the token of a person (OIDC Core §5.3)', async () => {
      const response = await userinfo(await forPerson());
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), {
        sub: 'sub-of-ada',
        name: 'Ada Lovelace',
        aid: shop.id,
        tid: shop.tenant,
        idp: 'pool-idp',
      });
    });

    it('gives no userinfo to the token of a client, nor without openid', async () => {
      assert.equal((await userinfo(await forClient())).status, 401);
      assert.equal((await userinfo(await forPerson('orders'))).status, 403);
    });

    it('gives the claims that were asked for by name, once they are granted (OIDC Core §5.5)', async () => {
      const browser = engine.browser(shop);
      const claims = JSON.stringify({ userinfo: { email: null } });
      const answer = await browser.authorize(client, { scope: 'openid', claims });
      assert.match(answer.headers.get('location') ?? '', /login/);
    });

    it('is ended by revoking it, and only by its client (RFC 7009 §2.1)', async () => {
      for (const token of [await forClient(), await forPerson()]) {
        const stranger = shop.addClient({});
        assert.equal((await post(shop, '/oauth2/revoke', stranger, { token })).status, 400);
        assert.equal((await introspect(token))['active'], true);
        assert.equal((await post(shop, '/oauth2/revoke', client, { token })).status, 200);
        assert.deepEqual(await introspect(token), { active: false });
        assert.equal((await userinfo(token)).status, 401);
      }
    });

    it('answers 200 to the revocation of what is no token (RFC 7009 §2.2)', async () => {
      for (const token of ['nothing', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.']) {
        assert.equal((await post(shop, '/oauth2/revoke', client, { token })).status, 200, token);
      }
    });

    it('is unknown in another workspace of the tenant, and in another tenant', async () => {
      const token = await forPerson();
      for (const other of [await engine.addWorkspace({}, shop.tenant), await engine.addWorkspace()]) {
        const caller = other.addClient({});
        assert.deepEqual((await post(other, '/oauth2/introspect', caller, { token })).body, { active: false });
        const response = await fetch(`${other.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
        assert.equal(response.status, 401);
        await post(other, '/oauth2/revoke', caller, { token });
      }
      assert.equal((await introspect(token))['active'], true);
    });

    it('ends at its time', async () => {
      const token = await forClient();
      engine.shift(3_590_000);
      assert.equal((await introspect(token))['active'], true);
      engine.shift(3_600_000);
      assert.deepEqual(await introspect(token), { active: false });
      engine.shift(-7_190_000);
    });

    it('introspects as inactive when its client is inactive or gone, without failing', async () => {
      const owner = shop.addClient({});
      const issued = await post(shop, '/oauth2/token', owner, { grant_type: 'client_credentials', scope: 'orders' });
      const token = String(issued.body['access_token']);
      assert.equal((await introspect(token))['active'], true);
      shop.clients.set(owner.id, { ...owner, status: 'inactive' });
      assert.deepEqual(await introspect(token), { active: false });
      shop.clients.delete(owner.id);
      assert.deepEqual(await introspect(token), { active: false });
    });

    it('gives no userinfo for an inactive client', async () => {
      const owner = shop.addClient({});
      const browser = engine.browser(shop);
      const { body } = await redeem(shop, owner, browser, await browser.login(owner));
      shop.clients.set(owner.id, { ...owner, status: 'inactive' });
      assert.equal((await userinfo(String(body['access_token']))).status, 401);
    });

    it('tells a public client about its own tokens only', async () => {
      const open = shop.addClient({ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] });
      assert.deepEqual(await introspect(await forClient(), open), { active: false });
    });

    it('stands in no row of the table', async () => {
      const tokens = [await forClient(), await forPerson()];
      const browser = engine.browser(shop);
      const params = await browser.login(client, { scope: 'openid offline_access' });
      const code = params.get('code') ?? '';
      const { body } = await redeem(shop, client, browser, params);
      const waiting = await browser.authorize(client, { prompt: 'login' });
      const uid = (waiting.headers.get('location') ?? '').split('/').at(-1) ?? '';
      const cookies = browser.jar.all().map(({ value }) => value);
      const rows = JSON.stringify(await engine.knex('oidc_artifacts').select());
      const secrets = [...tokens, code, uid, ...cookies, String(body['refresh_token']), String(body['access_token'])];
      for (const [index, secret] of secrets.entries()) {
        assert.ok(secret.length > 20, secret);
        assert.ok(!rows.includes(secret), `secret ${String(index)}`);
      }
    });
  });
}

describe('structured access tokens', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let client: Client;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
    client = shop.addClient({});
  });
  after(() => engine.stop());

  const issue = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', scope: 'orders' };
    return String((await post(shop, '/oauth2/token', client, form)).body['access_token']);
  };
  const isActive = async (token: string): Promise<unknown> =>
    (await post(shop, '/oauth2/introspect', client, { token })).body['active'];

  it('are typed and say what RFC 9068 §2.2 wants', async () => {
    const jwt = await issue();
    assert.deepEqual(decodeProtectedHeader(jwt), { alg: 'ES256', typ: 'at+jwt', kid: shop.keys[0]?.kid });
    const { jti, iat, exp, ...claims } = decodeJwt(jwt);
    assert.equal(Number(exp) - Number(iat), 3600);
    assert.match(String(jti), /^[\w-]{21,}$/);
    assert.deepEqual(claims, {
      iss: shop.issuer,
      sub: client.id,
      aud: shop.issuer,
      client_id: client.id,
      scp: ['orders'],
      tid: shop.tenant,
      aid: shop.id,
    });
  });

  it('carry the authentication of the person, and not their name at the idp', async () => {
    const browser = engine.browser(shop);
    const { body } = await redeem(shop, client, browser, await browser.login(client, {}, { acr: 'urn:two' }));
    const claims = decodeJwt(String(body['access_token']));
    assert.partialDeepStrictEqual(claims, { sub: 'sub-of-ada', acr: 'urn:two', amr: ['pwd'], idp: 'pool-idp' });
    assert.equal(typeof claims['auth_time'], 'number');
    assert.equal(claims['idp_sub'], undefined);
  });

  it('write scopes as the workspace says', async () => {
    const both = await engine.addWorkspace({ scope_claim_formats: ['scope_space_separated'] });
    const form = { grant_type: 'client_credentials', scope: 'orders' };
    const { body } = await post(both, '/oauth2/token', both.addClient({}), form);
    const claims = decodeJwt(String(body['access_token']));
    assert.equal(claims['scope'], 'orders');
    assert.equal(claims['scp'], undefined);
  });

  it('lead to their row only whole: neither the id they show nor the id of the row is a token', async () => {
    const jwt = await issue();
    const publicId = String(decodeJwt(jwt).jti);
    const rowId = rowIdOf(jwt);
    for (const token of [
      publicId,
      rowId,
      `${structuredMark}${rowId}`,
      `${structuredMark}${publicId}`,
      `jwt.${publicId}`,
    ]) {
      assert.equal(await isActive(token), false, token);
    }
    assert.equal(await isActive(jwt), true);
  });

  it('show an id at introspection that is their own', async () => {
    const jwt = await issue();
    const { body } = await post(shop, '/oauth2/introspect', client, { token: jwt });
    assert.equal(body['jti'], decodeJwt(jwt).jti);
  });

  it('are the very text that was issued: what another key, type or claim makes of it is refused, signed or not', async () => {
    const jwt = await issue();
    const claims = decodeJwt(jwt);
    const [key] = shop.keys;
    assert.ok(key);
    const stranger = { ...(await generateSigningKey('ES256', { now: Date.now })), kid: key.kid };
    const none = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: key.kid })).toString('base64url')}.${jwt.split('.')[1] ?? ''}.`;
    for (const forged of [
      await createJwtSigner(stranger, 'at+jwt')(claims),
      await createJwtSigner(key, 'JWT')(claims),
      await createJwtSigner(key, 'at+jwt')({ ...claims, iss: 'https://evil.example' }),
      await createJwtSigner(key, 'at+jwt')({ ...claims, client_id: 'another' }),
      await createJwtSigner(key, 'at+jwt')({ ...claims, exp: 1 }),
      // Signed by the right key, with all the right claims: even so it was never issued.
      await createJwtSigner(key, 'at+jwt')(claims),
      none,
      jwt.slice(0, -4),
      `${jwt}=`,
      `${jwt}.more`,
    ]) {
      assert.equal(await isActive(forged), false, forged);
    }
  });

  it('stay valid when the key is rotated, and are signed by the new one from then on', async () => {
    const before = await issue();
    const next = await generateSigningKey('ES256', { now: Date.now });
    shop.keys = [next, ...shop.keys.map((key) => ({ ...key, state: 'retired' }) as const)];
    shop.change({});
    const after = await issue();
    assert.equal(decodeProtectedHeader(after).kid, next.kid);
    assert.equal(await isActive(before), true);
    assert.equal(await isActive(after), true);
    const published = await publishedKeys(shop);
    assert.deepEqual(
      published.map(({ kid }) => kid),
      shop.keys.map(({ kid }) => kid),
    );
    assert.equal(published[0]?.kid, next.kid);
  });

  it('are worth nothing once the key that signed them is revoked', async () => {
    const before = await issue();
    const next = await generateSigningKey('ES256', { now: Date.now });
    shop.keys = [next];
    shop.change({});
    assert.equal(await isActive(before), false);
    assert.equal(await isActive(await issue()), true);
  });
});
