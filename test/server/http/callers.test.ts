/** Who is let in: people for themselves, and anybody where nothing else is asked for. */
import assert from 'node:assert/strict';
import express from 'express';
import { z } from 'zod';
import { endpoint, type Access } from '../../../server/http/endpoint.ts';
import { mountEndpoints } from '../../../server/http/endpoints.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { createRateLimiter } from '../../../server/http/rate-limit.ts';
import { clientId, poolId, userId } from '../../../server/kernel/ids.ts';
import type { FindCallingPerson } from '../../../server/self-service/calling-person.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type Served } from '../../support/serve.ts';
import { heldClock } from '../../support/stores.ts';

describe('callerOf', () => {
  let served: Served;
  let person: Awaited<ReturnType<FindCallingPerson>>;
  let verified: string[];
  let resolved: number;
  const ada = { poolId: poolId('people'), userId: userId('ada'), authTime: 0, ageSeconds: 7 };
  const clock = heldClock();
  const burst = (size: number) => createRateLimiter({ burst: size, perMinute: 1 }, clock);

  const declared = (path: string, access: Access) =>
    endpoint({
      method: 'get',
      path,
      operationId: path,
      tag: 'x',
      summary: 'x',
      access,
      success: { status: 200, description: 'x', body: z.json() },
      handle: ({ caller, person: own, permissions, tenantId }) =>
        Promise.resolve({ by: caller?.clientId, own, tenantId, any: permissions.any }),
    });

  before(async () => {
    const app = express();
    app.use(
      mountEndpoints(
        [
          declared('/:tid/:aid/identity/own', { kind: 'person', scopes: ['mine'] }),
          declared('/:tid/:aid/identity/recent', { kind: 'person', scopes: ['mine'], maxAgeSeconds: 300 }),
          declared('/:tid/:aid/identity/public', { kind: 'public', because: 'a code decides' }),
        ],
        {
          verify(token, tenantId, workspaceId) {
            verified.push(`${tenantId}/${workspaceId}`);
            const scopes = token === 'small' ? ['yours'] : ['mine'];
            const isIssued = workspaceId === 'shop' && token !== 'bad';
            return Promise.resolve(isIssued ? { tenantId, workspaceId, clientId: clientId(token), scopes } : undefined);
          },
          permissionsOf: () => Promise.reject(new Error('roles decide nothing here')),
          personOf() {
            resolved += 1;
            return Promise.resolve(person);
          },
          callers: burst(1000),
          people: burst(20),
          strangers: burst(30),
          addressOf: ({ headers }) => String(headers['x-from'] ?? 'somewhere'),
          origins: { recall: () => false, find: () => Promise.resolve(false) },
        },
      ),
    );
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());
  beforeEach(() => {
    clock.set(clock.now() + 3_600_000);
    person = ada;
    verified = [];
    resolved = 0;
  });

  const ask = async (path: string, token: string | undefined = 'good', from = 'somewhere') => {
    const { status, headers, text } = await served.ask(path, {
      headers: { 'x-from': from, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
    });
    return { status, challenge: headers['www-authenticate'] ?? '', text };
  };

  it('hands on the person that the token’s login proved, and no role', async () => {
    const { status, text } = await ask('/acme/shop/identity/own');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { by: 'good', own: ada, tenantId: 'acme', any: false });
    assert.deepEqual(verified, ['acme/shop']);
  });

  it('takes the token of the workspace that the path names alone, and looks nowhere for what is no id', async () => {
    assert.equal((await ask('/acme/other/identity/own')).status, 401);
    verified = [];
    for (const odd of ['Shop', 'shop%20', '..%2Fshop', '%00'])
      assert.equal((await ask(`/acme/${odd}/identity/own`)).status, 401);
    assert.deepEqual(verified, []);
  });

  it('asks for the scope before it asks who it is', async () => {
    const { status, challenge } = await ask('/acme/shop/identity/own', 'small');
    assert.equal(status, 403);
    assert.match(challenge, /error="insufficient_scope", scope="mine"/);
    assert.equal(resolved, 0);
  });

  it('refuses nobody as forbidden, and who may not be signed in any more as a token that is worth nothing', async () => {
    person = 'nobody';
    assert.equal((await ask('/acme/shop/identity/own')).status, 403);
    person = 'ended';
    const { status, challenge } = await ask('/acme/shop/identity/own');
    assert.equal(status, 401);
    assert.match(challenge, /error="invalid_token"/);
  });

  it('asks for a recent login where that is declared (RFC 9470 §3)', async () => {
    for (const [ageSeconds, expected] of [
      [-1, 200],
      [0, 200],
      [300, 200],
      [300.5, 401],
      [-2, 401],
      [NaN, 401],
    ] as const) {
      person = { ...ada, ageSeconds };
      const { status, challenge } = await ask('/acme/shop/identity/recent');
      assert.equal(status, expected, String(ageSeconds));
      if (expected === 401) assert.match(challenge, /error="insufficient_user_authentication", max_age="300"/);
      assert.equal((await ask('/acme/shop/identity/own')).status, 200);
    }
  });

  it('counts calls by person, whichever client they use', async () => {
    const statuses = [];
    for (let at = 0; at < 21; at += 1)
      statuses.push((await ask('/acme/shop/identity/own', `client-${String(at)}`)).status);
    assert.deepEqual(statuses.slice(19), [200, 429]);
    person = { ...ada, userId: userId('bob') };
    assert.equal((await ask('/acme/shop/identity/own')).status, 200);
  });

  it('lets anybody make a public call, as often as their address may', async () => {
    const { status, text } = await ask('/acme/shop/identity/public', '');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { tenantId: 'acme', any: false });
    // A token makes nobody of them.
    assert.deepEqual(JSON.parse((await ask('/acme/shop/identity/public')).text), { tenantId: 'acme', any: false });
    assert.deepEqual([verified, resolved], [[], 0]);
    const statuses = [];
    for (let at = 0; at < 31; at += 1) statuses.push((await ask('/acme/shop/identity/public', '', 'one')).status);
    assert.deepEqual(statuses.slice(29), [200, 429]);
    assert.equal((await ask('/acme/shop/identity/public', '', 'another')).status, 200);
  });
});
