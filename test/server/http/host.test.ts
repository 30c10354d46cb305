/** Host pinning: no header and no request line makes the platform speak for another origin. */
import assert from 'node:assert/strict';
import express from 'express';
import { readClientAddress } from '../../../server/http/client-address.ts';
import { errorHandler, notFound } from '../../../server/http/error-handler.ts';
import { pinHost, requestOrigin } from '../../../server/http/host.ts';
import { createPublicOrigins } from '../../../server/http/public-origin.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

/** Answers what the rest of the platform would see of the request. */
function start(publicUrl: string, trustedProxies: string[] = []): Promise<Served> {
  const app = express();
  app.use(readClientAddress(trustedProxies), pinHost(createPublicOrigins(publicUrl)));
  app.use((req, res, next) => {
    if (!req.path.includes('seen')) {
      next();
      return;
    }
    res.json({ ...requestOrigin(req), url: req.url, headers: req.headers });
  });
  app.use(notFound, errorHandler({ log: silentLog }));
  return serve(app);
}

interface Seen {
  readonly origin: string;
  readonly tenantId?: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

// Written by `start` above.
const seen = (answer: { json(): unknown }): Seen => answer.json() as Seen;

describe('pinHost', () => {
  describe('with one origin', () => {
    let served: Served;
    before(async () => {
      served = await start('http://localhost:8080');
    });
    after(() => served.close());

    it('lets the configured host through, in any case', async () => {
      for (const host of ['localhost:8080', 'LOCALHOST:8080']) {
        const answer = await served.ask('/seen', { headers: { host } });
        assert.equal(answer.status, 200);
        assert.equal(seen(answer).origin, 'http://localhost:8080');
        assert.equal(seen(answer).headers['host'], 'localhost:8080');
      }
    });

    for (const host of [
      'evil.example',
      'localhost',
      'localhost:80',
      'localhost:8080.evil.example',
      'localhost.:8080',
      '127.0.0.1:8080',
      'user@localhost:8080',
    ]) {
      it(`answers 421 for Host: ${host} (RFC 9110 §15.5.20)`, async () => {
        const answer = await served.ask('/seen', { headers: { host } });
        assert.equal(answer.status, 421);
        assert.ok(!answer.text.includes('evil'));
      });
    }

    it('drops forwarding headers of an untrusted peer', async () => {
      const forged = {
        host: 'localhost:8080',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-port': '1',
        forwarded: 'for=203.0.113.9;host=evil.example',
        'x-real-ip': '203.0.113.9',
        'x-original-url': '/admin',
      };
      const { headers, origin } = seen(await served.ask('/seen', { headers: forged }));
      assert.equal(origin, 'http://localhost:8080');
      assert.equal(headers['x-forwarded-proto'], 'http');
      assert.equal(headers['x-forwarded-for'], '127.0.0.1');
      for (const gone of ['x-forwarded-host', 'x-forwarded-port', 'forwarded', 'x-real-ip', 'x-original-url']) {
        assert.equal(headers[gone], undefined, gone);
      }
      assert.ok(!JSON.stringify(headers).includes('evil'));
    });

    it('wants an absolute request target to name the same origin (RFC 9112 §3.2.2)', async () => {
      const ask = (target: string) =>
        served.raw(`GET ${target} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n`);
      assert.match(await ask('http://evil.example/seen'), /^HTTP\/1\.1 421 /);
      assert.match(await ask('http://localhost:8080@evil.example/seen'), /^HTTP\/1\.1 400 /);
      const good = await ask('http://localhost:8080/seen?a=1');
      assert.match(good, /^HTTP\/1\.1 200 /);
      assert.match(good, /"url":"\/seen\?a=1"/);
      assert.match(await ask('ftp://localhost:8080/seen'), /^HTTP\/1\.1 400 /);
    });

    it('refuses a request with two hosts, or none (RFC 9112 §3.2)', async () => {
      const two = await served.raw(
        'GET /seen HTTP/1.1\r\nHost: localhost:8080\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      );
      assert.match(two, /^HTTP\/1\.1 400 /);
      const none = await served.raw('GET /seen HTTP/1.1\r\nConnection: close\r\n\r\n');
      assert.match(none, /^HTTP\/1\.1 400 /);
      const old = await served.raw('GET /seen HTTP/1.0\r\n\r\n');
      assert.match(old, /^HTTP\/1\.1 400 /);
    });

    it('never answers with a line break that came in', async () => {
      const answer = await served.raw(
        'GET /seen HTTP/1.1\r\nHost: localhost:8080\r\nX-A: b\rX-Evil: 1\r\nConnection: close\r\n\r\n',
      );
      assert.match(answer, /^HTTP\/1\.1 400 /);
      const encoded = await served.ask('/seen%0d%0aX-Evil:%201', { headers: { host: 'localhost:8080' } });
      assert.equal(encoded.headers['x-evil'], undefined);
    });
  });

  describe('behind a trusted proxy', () => {
    let served: Served;
    before(async () => {
      served = await start('https://id.example.com', ['127.0.0.1']);
    });
    after(() => served.close());

    it('believes its X-Forwarded-Host, but only for a configured origin', async () => {
      const host = 'internal:8080';
      const good = await served.ask('/seen', { headers: { host, 'x-forwarded-host': 'id.example.com' } });
      assert.equal(seen(good).origin, 'https://id.example.com');
      assert.equal(seen(good).headers['x-forwarded-proto'], 'https');
      const evil = await served.ask('/seen', { headers: { host, 'x-forwarded-host': 'evil.example' } });
      assert.equal(evil.status, 421);
    });

    it('takes the scheme’s own port spelled out, and no other', async () => {
      assert.equal((await served.ask('/seen', { headers: { host: 'id.example.com:443' } })).status, 200);
      assert.equal((await served.ask('/seen', { headers: { host: 'id.example.com:80' } })).status, 421);
    });

    it('hands on the client’s address alone', async () => {
      const headers = { host: 'id.example.com', 'x-forwarded-for': '10.0.0.1, 198.51.100.7' };
      assert.equal(seen(await served.ask('/seen', { headers })).headers['x-forwarded-for'], '198.51.100.7');
    });
  });

  describe('with an origin per tenant', () => {
    let served: Served;
    const ask = (host: string, path: string) => served.ask(path, { headers: { host } });
    before(async () => {
      served = await start('https://{tenant}.id.example.com');
    });
    after(() => served.close());

    it('knows the tenant by its host', async () => {
      const answer = seen(await ask('acme.id.example.com', '/acme/shop/seen'));
      assert.equal(answer.tenantId, 'acme');
      assert.equal(answer.origin, 'https://acme.id.example.com');
    });

    for (const path of [
      '/other/shop/seen',
      '/other',
      '/api/admin/other/seen',
      '/API/admin/other/seen',
      '/api/system/tenants/seen',
      '/api/identity/system/seen',
      '/ACME/shop/seen',
      '/%6fther/shop/seen',
      '//other/shop/seen?seen',
      '/acme%2f..%2fother/seen',
    ]) {
      it(`answers 404 for ${path} on acme’s origin`, async () => {
        const { status, text } = await ask('acme.id.example.com', path);
        assert.ok(status === 404 || !text.includes('"tenantId":"other"'));
        if (!path.startsWith('//')) assert.equal(status, 404);
      });
    }

    it('serves a tenant’s management APIs and the shared rooms on its origin', async () => {
      for (const path of ['/api/admin/acme/seen', '/ops/seen', '/assets/seen']) {
        assert.equal((await ask('acme.id.example.com', path)).status, 200, path);
      }
    });

    it('keeps the management of all tenants on the root tenant’s origin', async () => {
      assert.equal((await ask('system.id.example.com', '/api/system/tenants/seen')).status, 200);
    });

    for (const host of [
      'id.example.com',
      '.id.example.com',
      'a.b.id.example.com',
      'acme.id.example.com.evil.example',
      '-.id.example.com',
      'acme.id.example.comx',
    ]) {
      it(`answers 421 for Host: ${host}`, async () => {
        assert.equal((await ask(host, '/seen')).status, 421);
      });
    }
  });
});
