/** What the mount does for every endpoint: who calls, how often, what they sent, what they get. */
import assert from 'node:assert/strict';
import express from 'express';
import { z } from 'zod';
import { permissionsFrom } from '../../../server/access/role.ts';
import { endpoint } from '../../../server/http/endpoint.ts';
import { mountEndpoints } from '../../../server/http/endpoints.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { etagOf } from '../../../server/http/etag.ts';
import { createRateLimiter } from '../../../server/http/rate-limit.ts';
import { clientId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type AskOptions, type Served } from '../../support/serve.ts';
import { heldClock } from '../../support/stores.ts';

const things = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_things', 'manage_all'] } as const;
const thing = z.object({ name: z.string(), at: z.string().optional() });
const stored = { name: 'stored' };

describe('mountEndpoints', () => {
  let served: Served;
  let clock: ReturnType<typeof heldClock>;
  let changes: unknown[];
  /** Tokens by their workspace. */
  const tokens: Readonly<Record<string, string>> = {
    'good.token': 'acme/system',
    'all.token': 'acme/system',
    'small.token': 'acme/system',
    'other.token': 'other/system',
    'admin.token': 'acme/admin',
    'root.token': 'system/system',
  };
  const scopesOf = (token: string) =>
    ({ 'small.token': ['view_things'], 'all.token': ['manage_all'] })[token] ?? ['manage_things'];
  const verify = (token: string, tenant: TenantId, workspace: WorkspaceId) =>
    Promise.resolve(
      tokens[token] === `${tenant}/${workspace}`
        ? { tenantId: tenant, workspaceId: workspace, clientId: clientId(token), scopes: scopesOf(token) }
        : undefined,
    );

  before(async () => {
    clock = heldClock();
    const app = express();
    app.disable('etag');
    const declared = [
      endpoint({
        method: 'get',
        path: '/api/system/:tid/things/:name',
        operationId: 'getThing',
        tag: 'things',
        summary: 'Get a thing',
        access: things,
        query: z.object({ loud: z.stringbool().optional() }),
        success: { status: 200, description: 'the thing', body: thing },
        handle: ({ params, query, tenantId: tenant, caller }) =>
          Promise.resolve({
            name: `${params['name'] ?? ''}${query.loud === true ? '!' : ''}`,
            tenant,
            by: caller?.clientId,
          }),
      }),
      endpoint({
        method: 'put',
        path: '/api/system/:tid/things/:name',
        operationId: 'updateThing',
        tag: 'things',
        summary: 'Replace a thing',
        access: things,
        body: thing,
        bodyLimit: 1000,
        success: { status: 200, description: 'the thing', body: thing },
        handle({ body, ifMatch }) {
          ifMatch(stored);
          changes.push(body);
          return Promise.resolve(body);
        },
      }),
      endpoint({
        method: 'delete',
        path: '/api/system/all-things',
        operationId: 'deleteThings',
        tag: 'things',
        summary: 'Delete all things',
        access: { kind: 'scope', tenant: 'root', workspace: 'system', scopes: ['manage_things'] },
        success: { status: 204, description: 'they are gone' },
        handle: ({ tenantId: tenant }) => Promise.resolve(changes.push(tenant)),
      }),
    ];
    app.use(
      mountEndpoints(declared, {
        verify,
        permissionsOf: () => Promise.resolve(permissionsFrom([])),
        personOf: () => Promise.resolve('nobody'),
        people: createRateLimiter({ burst: 5, perMinute: 60 }, clock),
        callers: createRateLimiter({ burst: 5, perMinute: 60 }, clock),
        strangers: createRateLimiter({ burst: 5, perMinute: 60 }, clock),
        addressOf: () => 'somewhere',
        origins: { recall: () => false, find: () => Promise.resolve(false) },
      }),
    );
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());
  beforeEach(() => {
    clock.set(clock.now() + 60_000);
    changes = [];
  });

  const ask = (path: string, token?: string, options: AskOptions = {}) =>
    served.ask(path, {
      ...options,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...options.headers },
    });
  const json = { 'content-type': 'application/json' };
  const put = (body: unknown, headers: Readonly<Record<string, string>> = {}, token = 'good.token') =>
    ask('/api/system/acme/things/a', token, {
      method: 'PUT',
      headers: { ...json, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('hands over path, query, tenant and caller, and answers JSON with its entity tag', async () => {
    const { status, headers, text } = await ask('/api/system/acme/things/a%2Fb?loud=true', 'good.token');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { name: 'a/b!', tenant: 'acme', by: 'good.token' });
    assert.equal(headers.etag, etagOf(text));
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(headers['content-type'] ?? '', /^application\/json/);
  });

  it('asks for one of the scopes, in the workspace that issues them, of the tenant in the path', async () => {
    assert.equal((await ask('/api/system/acme/things/a', 'all.token')).status, 200);
    for (const [token, status] of [
      [undefined, 401],
      ['made.up', 401],
      ['other.token', 401],
      ['admin.token', 401],
      ['root.token', 401],
      ['small.token', 403],
    ] as const) {
      clock.set(clock.now() + 60_000);
      const answer = await ask('/api/system/acme/things/a', token);
      assert.equal(answer.status, status, token);
      assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm=/);
    }
  });

  it('belongs to the root tenant where the path names none', async () => {
    const remove = (token: string) => ask('/api/system/all-things', token, { method: 'DELETE' });
    assert.equal((await remove('good.token')).status, 401);
    const { status, text } = await remove('root.token');
    assert.deepEqual([status, text], [204, '']);
    assert.deepEqual(changes, ['system']);
  });

  it('reads no body of a stranger', async () => {
    const answer = await put(`{"name":"${'x'.repeat(5000)}"}`, {}, 'made.up');
    assert.equal(answer.status, 401);
  });

  it('names what is wrong with a body: 400 for no JSON, 413 for too much of it, 422 with pointers', async () => {
    assert.equal((await put('{')).status, 400);
    assert.equal((await put('name=a', { 'content-type': 'text/plain' })).status, 400);
    assert.equal((await put({ name: 'x'.repeat(2000) })).status, 413);
    const { status, text } = await put({ name: 7 });
    assert.equal(status, 422);
    const { details } = z.object({ details: z.array(z.object({ pointer: z.string() })) }).parse(JSON.parse(text));
    assert.deepEqual(
      details.map(({ pointer }) => pointer),
      ['/name'],
    );
    assert.deepEqual(changes, []);
  });

  it('refuses a query that is not valid', async () => {
    assert.equal((await ask('/api/system/acme/things/a?loud=perhaps', 'good.token')).status, 400);
  });

  it('refuses a query with what it does not know, by name, also where there is no query at all', async () => {
    const { status, text } = await ask('/api/system/acme/things/a?loud=true&name=b&by=c', 'good.token');
    assert.equal(status, 400);
    assert.deepEqual(
      z.object({ details: z.array(z.unknown()) }).parse(JSON.parse(text)).details,
      ['/name', '/by'].map((pointer) => ({ in: 'query', pointer, message: 'is not known here' })),
    );
    const all = await ask('/api/system/all-things?name=a', 'root.token', { method: 'DELETE' });
    assert.deepEqual([all.status, changes], [400, []]);
  });

  it('takes null and the zero time for not given, and ignores members that are not declared', async () => {
    await put({ name: 'a', at: '0001-01-01T00:00:00.000Z', tenant_id: null, admin: true });
    assert.deepEqual(changes, [{ name: 'a' }]);
  });

  it('changes nothing for who has read something else (RFC 9110 §13.1.1)', async () => {
    assert.equal((await put({ name: 'a' }, { 'if-match': '"other"' })).status, 412);
    assert.deepEqual(changes, []);
    assert.equal((await put({ name: 'a' }, { 'if-match': etagOf(JSON.stringify(stored)) })).status, 200);
    assert.equal((await put({ name: 'b' }, { 'if-match': '*' })).status, 200);
    assert.equal(changes.length, 2);
  });

  it('slows down one caller and leaves the others alone (RFC 6585 §4)', async () => {
    const get = (token?: string) => ask('/api/system/acme/things/a', token);
    for (let n = 0; n < 5; n += 1) assert.equal((await get('good.token')).status, 200);
    const { status, headers } = await get('good.token');
    assert.deepEqual([status, headers['retry-after']], [429, '1']);
    assert.equal((await get('all.token')).status, 200);
  });

  it('slows down who shows no token, or none that is good', async () => {
    const get = (token?: string) => ask('/api/system/acme/things/a', token);
    for (let n = 0; n < 5; n += 1) assert.equal((await get(n % 2 === 0 ? undefined : 'made.up')).status, 401);
    assert.equal((await get('made.up')).status, 429);
    assert.equal((await get('good.token')).status, 200);
  });

  it('answers at exactly the published spelling', async () => {
    for (const path of ['/API/system/acme/things/a', '/api/System/acme/things/a', '/api/system/acme/Things/a'])
      assert.equal((await ask(path, 'good.token')).status, 404, path);
    assert.equal((await ask('/api/system/acme/things/a', 'good.token', { method: 'PATCH' })).status, 404);
  });

  it('keeps ids of tenants apart that only look alike', async () => {
    for (const path of ['/api/system/ACME/things/a', '/api/system/acme%20/things/a', '/api/system/acme%00/things/a'])
      assert.equal((await ask(path, 'good.token')).status, 401, path);
  });
});
