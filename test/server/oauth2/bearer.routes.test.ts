import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type { Client } from '../../../server/clients/client.ts';
import { serviceId } from '../../../server/kernel/ids.ts';
import { answered, post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import type { TokenAnswer } from '../../support/engine-browser.ts';

interface Answer extends TokenAnswer {
  readonly challenge: string | null;
}

const machines = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] };

let engine: TestEngine;
let shop: TestWorkspace;
let other: TestWorkspace;

async function workspace(): Promise<TestWorkspace> {
  const made = await engine.addWorkspace();
  for (const name of ['introspect_tokens', 'revoke_tokens']) {
    const words = { displayName: name, description: '', implicitGrant: false, kind: 'api' } as const;
    made.scopes.push({ tenantId: made.tenant, workspaceId: made.id, name, ...words });
  }
  return made;
}

const machine = (scope: string, at = shop): Client => at.addClient({ ...machines, scope });

async function tokenOf(client: Client, at = shop): Promise<string> {
  const { body } = await post(at, '/oauth2/token', client, {
    grant_type: 'client_credentials',
    scope: client.metadata.scope ?? '',
  });
  return String(body['access_token']);
}

async function personTokens(client: Client, scope = 'openid offline_access orders'): Promise<TokenAnswer['body']> {
  const browser = engine.browser(shop);
  return (await redeem(shop, client, browser, await browser.login(client, { scope }))).body;
}

async function call(
  path: string,
  bearer: string,
  form: Readonly<Record<string, string>> | URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${shop.issuer}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, ...headers },
    body: new URLSearchParams(form),
  });
  const text = await response.text();
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, body: body as Answer['body'], challenge: response.headers.get('www-authenticate') };
}

const introspect = (bearer: string, token: string) => call('/oauth2/introspect', bearer, { token });
const revoke = (bearer: string, token: string) => call('/oauth2/revoke', bearer, { token });
const isActive = async (token: string): Promise<unknown> =>
  (await introspect(await tokenOf(machine('introspect_tokens')), token)).body['active'];

before(async () => {
  engine = await startEngine();
  shop = await workspace();
  other = await workspace();
});
after(() => engine.stop());

/** What must never pass for the access token of a client that acts for itself, and why. */
function strangers(scope: string): readonly (readonly [string, () => Promise<string>, number])[] {
  const person = () => shop.addClient({ scope: `openid offline_access orders ${scope}` });
  return [
    ['no token at all', () => Promise.resolve(''), 400],
    ['a string that is no token', () => Promise.resolve('abc'), 401],
    ['an id_token', async () => String((await personTokens(person()))['id_token']), 401],
    ['a refresh token', async () => String((await personTokens(person()))['refresh_token']), 401],
    ['a token of another workspace', () => tokenOf(machine(scope, other), other), 401],
    [
      'a token of a client that was switched off',
      async () => {
        const client = machine(scope);
        const token = await tokenOf(client);
        shop.clients.set(client.id, { ...client, status: 'inactive' });
        return token;
      },
      401,
    ],
    [
      'a revoked token',
      async () => {
        const client = machine(scope);
        const token = await tokenOf(client);
        await post(shop, '/oauth2/revoke', client, { token });
        return token;
      },
      401,
    ],
    [
      'a token whose signature was cut off',
      async () => `${(await tokenOf(machine(scope))).split('.').slice(0, 2).join('.')}.`,
      401,
    ],
    [
      'a token that a person granted',
      async () => String((await personTokens(person(), `openid ${scope}`))['access_token']),
      403,
    ],
    ['a token without the scope', () => tokenOf(machine('orders')), 403],
  ];
}

describe('POST /:tid/:aid/oauth2/introspect with a bearer token', () => {
  for (const strategy of ['jwt', 'opaque'] as const) {
    it(`answers as it answers a client that authenticates, for every kind of token (${strategy}, RFC 7662 §2.2)`, async () => {
      shop.change({ access_token_strategy: strategy });
      const client = shop.addClient({});
      const asking = await tokenOf(machine('introspect_tokens'));
      const { access_token: access, refresh_token: refresh } = await personTokens(client);
      for (const token of [access, refresh, await tokenOf(machine('orders'))].map(String)) {
        const { status, body } = await introspect(asking, token);
        assert.equal(status, 200);
        assert.equal(body['active'], true);
        assert.deepEqual(body, (await post(shop, '/oauth2/introspect', client, { token })).body);
      }
    });
  }

  for (const [what, make, status] of strangers('introspect_tokens')) {
    it(`refuses ${what} (RFC 6750 §3.1)`, async () => {
      const target = await tokenOf(machine('orders'));
      const answer = await introspect(await make(), target);
      assert.equal(answer.status, status);
      assert.equal(answer.body['status_code'], status);
      assert.equal(answer.body['active'], undefined);
      const error = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' }[status] ?? '';
      assert.match(answer.challenge ?? '', new RegExp(`^Bearer realm="gatehouse", error="${error}"`));
      if (status === 403) assert.match(answer.challenge ?? '', /scope="introspect_tokens"/);
    });
  }

  it('tells nothing of tokens that are not active, not here, or of a client that was switched off', async () => {
    const asking = await tokenOf(machine('introspect_tokens'));
    const gone = shop.addClient({});
    const person = await personTokens(gone);
    const machineToken = await tokenOf(gone);
    shop.clients.set(gone.id, { ...gone, status: 'inactive' });
    const foreign = await tokenOf(machine('orders', other), other);
    const idToken = String((await personTokens(shop.addClient({})))['id_token']);
    for (const token of [
      String(person['access_token']),
      String(person['refresh_token']),
      machineToken,
      foreign,
      idToken,
      'x',
      '~x.y.z',
    ]) {
      assert.deepEqual((await introspect(asking, token)).body, { active: false });
    }
  });

  it('finds a token inactive whose grant was taken back, or whose time is over', async () => {
    const asking = await tokenOf(machine('introspect_tokens'));
    const { access_token: access } = await personTokens(shop.addClient({}));
    const expiring = await tokenOf(machine('orders'));
    const [grant] = [...shop.snapshots.keys()].slice(-1);
    await engine.artifacts.destroyByGrant(shop.tenant, shop.id, grant ?? '');
    assert.deepEqual((await introspect(asking, String(access))).body, { active: false });
    engine.shift(2 * 3_600_000);
    try {
      const later = await tokenOf(machine('introspect_tokens'));
      assert.deepEqual((await introspect(later, expiring)).body, { active: false });
      assert.equal((await introspect(asking, later)).status, 401);
    } finally {
      engine.shift(-2 * 3_600_000);
    }
  });

  it('wants one token, as a form, and one way to authenticate (RFC 6749 §2.3)', async () => {
    const client = machine('introspect_tokens');
    const asking = await tokenOf(client);
    const wrong: readonly (readonly [
      Readonly<Record<string, string>> | URLSearchParams,
      Readonly<Record<string, string>>,
    ])[] = [
      [{}, {}],
      [{ token: '' }, {}],
      [
        new URLSearchParams([
          ['token', 'a'],
          ['token', 'b'],
        ]),
        {},
      ],
      [{ token: asking, client_secret: client.secret ?? '' }, {}],
      [{ token: asking, client_assertion: 'x' }, {}],
      [{ token: asking }, { 'content-type': 'application/json' }],
    ];
    for (const [form, headers] of wrong) {
      const { status, body } = await call('/oauth2/introspect', asking, form, headers);
      assert.equal(status, 400);
      assert.equal(body['active'], undefined);
    }
    const inQuery = await fetch(`${shop.issuer}/oauth2/introspect?access_token=${asking}`, {
      method: 'POST',
      body: new URLSearchParams({ token: asking }),
    });
    assert.equal(inQuery.status, 400);
  });

  it('still serves clients that authenticate, and refuses those that do not (RFC 7662 §2.1)', async () => {
    const client = machine('orders');
    const token = await tokenOf(client);
    assert.equal((await post(shop, '/oauth2/introspect', client, { token })).body['active'], true);
    assert.equal((await post(shop, '/oauth2/introspect', { ...client, secret: 'wrong' }, { token })).status, 401);
  });

  it('keeps answers out of caches', async () => {
    const asking = await tokenOf(machine('introspect_tokens'));
    const body = new URLSearchParams({ token: asking });
    const headers = { authorization: `bearer ${asking}` };
    const response = await fetch(`${shop.issuer}/oauth2/introspect`, { method: 'POST', headers, body });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });
});

describe('POST /:tid/:aid/oauth2/revoke with a bearer token', () => {
  for (const [what, make, status] of strangers('revoke_tokens')) {
    it(`ends no token of another client for ${what}`, async () => {
      const token = await tokenOf(machine('orders'));
      const answer = await revoke(await make(), token);
      assert.equal(answer.status, status);
      if (status === 403) assert.match(answer.challenge ?? '', /error="insufficient_scope", scope="revoke_tokens"/);
      assert.equal(await isActive(token), true);
    });
  }

  it('ends tokens of other clients of the workspace with the scope revoke_tokens', async () => {
    const asking = await tokenOf(machine('revoke_tokens'));
    const token = await tokenOf(machine('orders'));
    assert.equal((await revoke(asking, token)).status, 200);
    assert.equal(await isActive(token), false);
    const { access_token: access, refresh_token: refresh } = await personTokens(shop.addClient({}));
    await revoke(asking, String(access));
    assert.equal(await isActive(String(access)), false);
    const second = await personTokens(shop.addClient({}));
    await revoke(asking, String(second['refresh_token']));
    assert.equal(await isActive(String(second['refresh_token'])), false);
    assert.equal(await isActive(String(second['access_token'])), false);
    assert.equal(await isActive(String(refresh)), false);
  });

  it('ends the grant with a refresh token, and leaves it with an access token, as for a client that authenticates', async () => {
    const asking = await tokenOf(machine('revoke_tokens'));
    const client = shop.addClient({});
    for (const [kind, silent] of [
      ['access_token', true],
      ['refresh_token', false],
    ] as const) {
      const browser = engine.browser(shop);
      const scope = 'openid offline_access orders';
      const { body } = await redeem(shop, client, browser, await browser.login(client, { scope }));
      await revoke(asking, String(body[kind]));
      const again = answered(await browser.authorize(client, { scope, prompt: 'none' }));
      assert.equal(again.has('code'), silent, kind);
    }
  });

  it('ends a token of its own client without the scope (RFC 7009 §2.1)', async () => {
    const client = machine('orders');
    const token = await tokenOf(client);
    assert.equal((await revoke(await tokenOf(client), token)).status, 200);
    assert.equal(await isActive(token), false);
  });

  it('ends no token of another workspace, whatever the scope', async () => {
    const foreign = machine('orders', other);
    const token = await tokenOf(foreign, other);
    assert.equal((await revoke(await tokenOf(machine('revoke_tokens')), token)).status, 200);
    assert.equal((await post(other, '/oauth2/introspect', foreign, { token })).body['active'], true);
  });

  it('answers an unknown token like one that was ended (RFC 7009 §2.2)', async () => {
    assert.equal((await revoke(await tokenOf(machine('orders')), 'unknown')).status, 200);
  });
});

describe('tokens for services', () => {
  before(() => {
    const words = { displayName: 'Pay', description: '', implicitGrant: false, kind: 'api' } as const;
    const service = { id: serviceId('bank'), name: 'Bank', customAudience: 'https://bank.example' };
    for (const name of ['pay', 'pay:later'])
      shop.scopes.push({ tenantId: shop.tenant, workspaceId: shop.id, name, ...words, service });
    shop.change({ access_token_strategy: 'jwt' });
  });

  it('name its audience beside the workspace’s, and are still good at the workspace (RFC 9068 §3)', async () => {
    const client = machine('orders pay pay:later introspect_tokens');
    const token = await tokenOf(client);
    const both = [shop.issuer, 'https://bank.example'];
    assert.deepEqual(decodeJwt(token).aud, both);
    const { body } = await post(shop, '/oauth2/introspect', client, { token });
    assert.deepEqual(body['aud'], both);
    assert.deepEqual((await introspect(token, token)).body['aud'], both);
  });

  it('name it only where one of its scopes was granted', async () => {
    const token = await tokenOf(machine('orders introspect_tokens'));
    assert.equal(decodeJwt(token).aud, shop.issuer);
    assert.deepEqual((await introspect(token, token)).body['aud'], [shop.issuer]);
  });
});
