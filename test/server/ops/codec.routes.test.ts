/** The remote codec: decodes for operators what is theirs, tells who read it, and answers no one else. */
import assert from 'node:assert/strict';
import express from 'express';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { readClientAddress } from '../../../server/http/client-address.ts';
import { errorHandler, notFound } from '../../../server/http/error-handler.ts';
import { trace } from '../../../server/http/trace.ts';
import type { NewEvent } from '../../../server/kernel/events.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { temporalUiOrigins } from '../../../server/ops/codec-cors.ts';
import { codecRoutes } from '../../../server/ops/codec.routes.ts';
import { createOperatorSessions, operatorSessionMs } from '../../../server/ops/operator-session.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const ui = 'http://localhost:8233';
const remoteUi = 'https://temporal.example.com';
const decodePath = '/ops/codec/decode';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** A stand-in for an encrypted payload: its key belongs to this tenant. */
const payloadOf = (tenant: string) => ({
  metadata: { encoding: base64('binary/encrypted'), key: base64(tenant) },
  data: base64('sealed'),
});
const plain = { metadata: { encoding: base64('json/plain') }, data: base64('"clear"') };

describe('codecRoutes', () => {
  let served: Served;
  let now = 1_700_000_000_000;
  let events: NewEvent[] = [];
  let auditFails = false;
  let decodes = 0;
  const sessions = createOperatorSessions({
    sealer: createSealer(Buffer.alloc(32, 1)),
    clock: { now: () => now },
    https: false,
  });
  const tokens: Record<string, { tenant: string; scopes: string[] }> = {
    root: { tenant: 'system', scopes: ['read_login_history'] },
    acme: { tenant: 'acme', scopes: ['read_login_history'] },
    weak: { tenant: 'acme', scopes: ['manage_clients'] },
  };

  before(async () => {
    const app = express();
    app.use(trace, readClientAddress([]));
    app.get('/sign-in/:tenant', (req, res) => {
      sessions.begin(res, { tenantId: tenantId(req.params.tenant), allTenants: false, name: 'browser' });
      res.end();
    });
    app.use(
      codecRoutes({
        uiOrigins: [...temporalUiOrigins(8233), remoteUi],
        sessions,
        verifyToken: (token) => {
          const found = tokens[token];
          return Promise.resolve(
            found && { tenantId: tenantId(found.tenant), clientId: `client-${token}`, scopes: found.scopes },
          );
        },
        decode: (payloads, allowed) => {
          decodes++;
          return Promise.resolve(
            payloads.map((payload) => {
              const tenant = Buffer.from(payload.metadata?.['key'] ?? '', 'base64').toString();
              return tenant !== '' && allowed(tenant)
                ? { metadata: { encoding: base64('json/plain') }, data: base64(tenant) }
                : payload;
            }),
          );
        },
        append: (given) => {
          if (auditFails) return Promise.reject(new Error('database away'));
          events.push(...given);
          return Promise.resolve();
        },
      }),
    );
    app.use(notFound, errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());
  beforeEach(() => {
    [events, auditFails, decodes] = [[], false, 0];
  });

  const decode = (headers: Record<string, string>, payloads: unknown = [payloadOf('acme')]) =>
    served.ask(decodePath, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
      body: JSON.stringify({ payloads }),
    });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const cookieOf = async (tenant: string): Promise<string> =>
    (await served.ask(`/sign-in/${tenant}`)).headers['set-cookie']?.[0]?.split(';')[0] ?? '';

  it('decodes for the bearer of an operator’s token, and tells the tenant who read', async () => {
    const answer = await decode({ ...bearer('acme'), 'user-agent': 'ui', origin: ui }, [payloadOf('acme'), plain]);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), {
      payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('acme') }, plain],
    });
    assert.equal(answer.headers['access-control-allow-origin'], ui);
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    assert.deepEqual(events, [
      {
        tenantId: 'acme',
        subject: 'login_history',
        action: 'read',
        metadata: {
          client_id: 'client-acme',
          ip: '127.0.0.1',
          user_agent: 'ui',
          trace_id: answer.headers['x-trace-id'],
        },
        payload: { login_history_read: { operator: 'client-acme', operator_tenant_id: 'acme', payloads: 2 } },
      },
    ]);
  });

  it('leaves another tenant’s payloads as they are for a tenant’s operator, and records the attempt', async () => {
    const answer = await decode(bearer('acme'), [payloadOf('other'), payloadOf('system')]);
    assert.deepEqual(answer.json(), { payloads: [payloadOf('other'), payloadOf('system')] });
    assert.deepEqual(
      events.map(({ tenantId: tenant, action }) => [tenant, action]),
      [['acme', 'read_refused']],
    );
    assert.partialDeepStrictEqual(events[0]?.payload, { login_history_read_refused: { tenants: ['other', 'system'] } });
  });

  it('decodes all tenants’ for an operator of the root tenant, and tells each of them', async () => {
    const answer = await decode(bearer('root'), [payloadOf('acme'), payloadOf('other')]);
    assert.match(answer.text, new RegExp(base64('other')));
    assert.deepEqual(
      events.map(({ tenantId: tenant }) => tenant),
      ['acme', 'other'],
    );
    assert.partialDeepStrictEqual(events[0]?.payload, { login_history_read: { operator_tenant_id: 'system' } });
  });

  it('keeps what was not audited to itself', async () => {
    auditFails = true;
    const answer = await decode(bearer('acme'));
    assert.equal(answer.status, 500);
    assert.ok(!answer.text.includes(base64('acme')));
  });

  it('answers 401 to nobody, 401 to an unknown token and 403 to one without the scope, and decodes nothing', async () => {
    const none = await decode({});
    assert.equal(none.status, 401);
    assert.match(String(none.headers['www-authenticate']), /^Bearer/);
    assert.equal((await decode(bearer('made-up'))).status, 401);
    assert.equal((await decode(bearer('weak'))).status, 403);
    assert.equal((await decode({ authorization: 'Basic YTpi' })).status, 401);
    assert.equal(decodes, 0);
    assert.deepEqual(events, []);
  });

  describe('with the cookie of /ops', () => {
    it('decodes for pages of the Temporal UI', async () => {
      const cookie = await cookieOf('acme');
      for (const origin of [ui, 'http://127.0.0.1:8233']) {
        const answer = await decode({ cookie, origin });
        assert.equal(answer.status, 200);
        assert.match(answer.text, new RegExp(base64('acme')));
      }
      assert.equal(events[0]?.metadata.client_id, 'browser');
    });

    it('leaves tenant B’s payloads as they are for tenant A’s operator', async () => {
      const answer = await decode({ cookie: await cookieOf('acme'), origin: ui }, [payloadOf('other')]);
      assert.deepEqual(answer.json(), { payloads: [payloadOf('other')] });
    });

    it('does not decode for other pages, or for a request that names none', async () => {
      const cookie = await cookieOf('acme');
      for (const origin of [
        'http://localhost:8080',
        'http://localhost:3000',
        'https://evil.example',
        'null',
        'http://localhost:8233.evil.example',
      ]) {
        const answer = await decode({ cookie, origin });
        assert.equal(answer.status, 403, origin);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
      assert.equal((await decode({ cookie })).status, 401);
      assert.equal(decodes, 0);
    });

    it('does not believe a cookie that is over or was changed', async () => {
      const cookie = await cookieOf('acme');
      const changed = `${cookie.slice(0, -4)}${cookie.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
      assert.equal((await decode({ cookie: changed, origin: ui })).status, 401);
      now += operatorSessionMs;
      assert.equal((await decode({ cookie, origin: ui })).status, 401);
      assert.equal(decodes, 0);
    });

    it('does not stand in for a token that is no good', async () => {
      const cookie = await cookieOf('acme');
      assert.equal((await decode({ cookie, origin: ui, ...bearer('made-up') })).status, 401);
      assert.equal((await decode({ cookie, origin: ui, ...bearer('weak') })).status, 403);
    });
  });

  it('answers the preflight of the Temporal UI, and of no other page (Fetch §4.8)', async () => {
    const preflight = (origin: string) =>
      served.ask(decodePath, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const { status, headers } = await preflight(ui);
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], ui);
    assert.equal(headers['access-control-allow-methods'], 'POST');
    assert.match(String(headers['access-control-allow-headers']), /authorization.*content-type.*x-namespace/);
    assert.equal(headers['vary'], 'Origin');
    const foreign = await preflight('https://evil.example');
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers['access-control-allow-origin'], undefined);
  });

  it('answers pages of a Temporal UI elsewhere whose exact origin is known, and of none that looks like it', async () => {
    const answer = await decode({ ...bearer('acme'), origin: remoteUi });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], remoteUi);
    for (const origin of [
      'http://temporal.example.com',
      'https://temporal.example.com:8443',
      'https://temporal.example.com.evil.example',
      'https://evil.temporal.example.com',
      'https://TEMPORAL.example.com',
      'https://example.com',
      '*',
      'null',
      '',
    ]) {
      const refused = await decode({ ...bearer('acme'), origin });
      assert.equal(refused.status, 403, origin);
      assert.equal(refused.headers['access-control-allow-origin'], undefined, origin);
    }
    assert.equal(decodes, 1);
  });

  it('does not encode, and decodes by POST only', async () => {
    const headers = { 'content-type': 'application/json', ...bearer('root') };
    const encode = await served.ask('/ops/codec/encode', { method: 'POST', headers, body: '{"payloads":[]}' });
    assert.equal(encode.status, 404);
    const get = await served.ask(decodePath, { headers: bearer('root') });
    assert.equal(get.status, 405);
    assert.equal(get.headers['allow'], 'POST, OPTIONS');
  });

  it('calls what is no codec request 422, and reads no stranger’s large body', async () => {
    for (const payloads of [
      'x',
      [{ data: 'not base64!' }],
      [{ metadata: { a: 1 } }],
      Array.from({ length: 2_001 }, () => ({})),
    ]) {
      assert.equal((await decode(bearer('root'), payloads)).status, 422);
    }
    const body = JSON.stringify({ payloads: [{ data: 'A'.repeat(9 * 1024 * 1024) }] });
    const post = (headers: Record<string, string>) =>
      served.ask(decodePath, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    assert.equal((await post(bearer('root'))).status, 413);
    const stranger = await served.raw(
      `POST ${decodePath} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\n`,
    );
    assert.match(stranger, /^HTTP\/1\.1 401 /);
  });
});
