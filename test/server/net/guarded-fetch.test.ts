/** The one way out: no spelling, no redirect and no name leads inside, and nothing comes back without bounds. */
import assert from 'node:assert/strict';
import express from 'express';
import { createServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { PlatformError, isPlatformError } from '../../../server/kernel/errors.ts';
import type { Lookup } from '../../../server/net/guarded-connector.ts';
import { createGuardedFetch } from '../../../server/net/guarded-fetch.ts';
import type { GuardedFetch } from '../../../server/net/guarded-fetch.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

/** Answers these addresses, call by call; the last one for ever. */
function names(answers: readonly (readonly string[])[]): { lookup: Lookup; asked: () => number } {
  let calls = 0;
  const lookup: Lookup = (_hostname, _options, callback) => {
    const addresses = answers[Math.min(calls++, answers.length - 1)] ?? [];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup, asked: () => calls };
}

const causeOf = async (fetching: Promise<unknown>): Promise<string> => {
  const error: unknown = await fetching.then(
    () => new Error('it was fetched'),
    (failure: unknown) => failure,
  );
  assert.ok(isPlatformError(error, 'unavailable'), String(error));
  assert.equal(error.message, 'The address could not be fetched.');
  return error.cause instanceof Error ? error.cause.message : '';
};

describe('createGuardedFetch', () => {
  let served: Served;
  let hits = 0;
  let inside: string;
  /** May reach this machine under the name `allowed.example`, and no other way. */
  let fetchAllowed: GuardedFetch;
  const allowed = (path: string): string => `http://allowed.example:${String(served.port)}${path}`;

  before(async () => {
    const app = express();
    app.use((_req, _res, next) => {
      hits++;
      next();
    });
    app.get('/json', (_req, res) => {
      res.json({ ok: true });
    });
    app.all('/echo', express.text({ type: '*/*' }), (req, res) => {
      res.json({ method: req.method, headers: req.headers, body: (req.body as unknown) ?? null });
    });
    app.get('/status/:status', (req, res) => {
      res.sendStatus(Number(req.params.status));
    });
    app.all('/to', (req, res) => {
      res.redirect(Number(req.query['status'] ?? 302), new URLSearchParams(req.url.split('?')[1]).get('url') ?? '');
    });
    app.get('/endless', (_req, res) => {
      const more = (): void => {
        while (!res.destroyed && res.write('x'.repeat(65_536)));
        if (!res.destroyed) res.once('drain', more);
      };
      more();
    });
    app.get('/ten-gigabytes', (_req, res) => {
      res.setHeader('Content-Length', String(10 * 1024 ** 3));
      res.write('x'.repeat(200_000));
    });
    app.get('/never', () => undefined);
    app.get('/drip', (_req, res) => {
      const timer = setInterval(() => res.write('x'), 20);
      res.once('close', () => {
        clearInterval(timer);
      });
    });
    app.get('/gzip', (_req, res) => {
      res.setHeader('Content-Encoding', 'gzip');
      res.end(gzipSync('x'.repeat(1_000_000)));
    });
    served = await serve(app);
    inside = `http://127.0.0.1:${String(served.port)}/json`;
    fetchAllowed = createGuardedFetch({
      allow: ['allowed.example'],
      lookup: names([['127.0.0.1']]).lookup,
      maxBytes: 100_000,
      timeoutMs: 30_000,
      maxRedirects: 3,
    });
  });
  after(() => served.close());

  it('fetches what is allowed', async () => {
    const response = await fetchAllowed(allowed('/json'));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { ok: true });
    assert.match(response.headers.get('content-type') ?? '', /json/);
  });

  it('answers every status as it is', async () => {
    for (const status of [204, 304, 404, 500]) {
      assert.equal((await fetchAllowed(allowed(`/status/${String(status)}`))).status, status);
    }
  });

  it('sends method, headers and body, but lets nobody choose the Host', async () => {
    const headers = {
      'x-a': '1',
      'content-type': 'text/plain',
      host: 'evil.example',
      Connection: 'upgrade',
      'accept-encoding': 'gzip',
    };
    const response = await fetchAllowed(allowed('/echo'), { method: 'POST', headers, body: 'hello' });
    const echo: unknown = await response.json();
    assert.ok(typeof echo === 'object' && echo && 'headers' in echo && 'body' in echo);
    assert.equal(echo.body, 'hello');
    const seen = JSON.stringify(echo.headers);
    assert.match(seen, /"x-a":"1"/);
    assert.match(seen, /"host":"allowed\.example:/);
    assert.match(seen, /"accept-encoding":"identity"/);
    assert.doesNotMatch(seen, /evil|upgrade/);
  });

  describe('without an allowance', () => {
    const guarded = createGuardedFetch({ lookup: names([['127.0.0.1']]).lookup, timeoutMs: 30_000 });

    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '127.0.0.1.',
      '①②⑦.⓪.⓪.①',
      '%31%32%37.0.0.1',
      '0.0.0.0',
      '0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[0:0:0:0:0:ffff:7f00:0001]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[fe80::1]',
      '169.254.169.254',
      '10.0.0.1',
      'localhost',
      'LOCALHOST.',
      'name-of-loopback.example',
    ];
    for (const host of hosts) {
      it(`does not reach http://${host}/`, async () => {
        const before = hits;
        assert.match(await causeOf(guarded(`http://${host}:${String(served.port)}/json`)), /not public/);
        assert.equal(hits, before);
      });
    }

    for (const url of [
      'file:///etc/passwd',
      'ftp://example.com/',
      'data:text/plain,x',
      'javascript:1',
      'http://user:pw@example.com/',
      'http://user@example.com/',
      'nonsense',
      'unix:/var/run/docker.sock',
    ]) {
      it(`refuses ${url}`, async () => {
        assert.match(await causeOf(guarded(url)), /not allowed|Invalid URL/);
      });
    }
  });

  it('refuses a name with one private address among public ones', async () => {
    for (const addresses of [
      ['1.1.1.1', '127.0.0.1'],
      ['127.0.0.1', '1.1.1.1'],
      ['2606:4700::1', '::1'],
    ]) {
      const guarded = createGuardedFetch({ lookup: names([addresses]).lookup, timeoutMs: 30_000 });
      assert.match(await causeOf(guarded(`http://mixed.example:${String(served.port)}/json`)), /not public/);
    }
  });

  it('is not misled by a name that is allowed when first asked and forbidden when asked again', async () => {
    const rebinding = names([['127.0.0.2'], ['127.0.0.1']]);
    const guarded = createGuardedFetch({ allow: ['127.0.0.2'], lookup: rebinding.lookup, timeoutMs: 30_000 });
    const url = `http://rebind.example:${String(served.port)}/json`;
    const before = hits;
    assert.match(await causeOf(guarded(url)), /ECONNREFUSED 127\.0\.0\.2/);
    assert.equal(rebinding.asked(), 1, 'the address that was checked is the one connected to');
    assert.match(await causeOf(guarded(url)), /not public/);
    assert.equal(hits, before);
  });

  it('checks every hop of a redirect', async () => {
    for (const target of [
      inside,
      `http://[::1]:${String(served.port)}/json`,
      'http://169.254.169.254/latest/meta-data/',
      'http://2130706433/',
    ]) {
      assert.match(await causeOf(fetchAllowed(allowed(`/to?url=${encodeURIComponent(target)}`))), /not public/);
    }
    for (const target of ['file:///etc/passwd', 'http://user:pw@allowed.example/']) {
      assert.match(await causeOf(fetchAllowed(allowed(`/to?url=${encodeURIComponent(target)}`))), /not allowed/);
    }
  });

  it('follows redirects up to the limit, or not at all where it is told so', async () => {
    assert.equal((await fetchAllowed(allowed('/to?url=/json'))).status, 200);
    const nested = (hops: number): string =>
      Array.from({ length: hops }).reduce<string>((url) => `/to?url=${encodeURIComponent(url)}`, '/json');
    assert.equal((await fetchAllowed(allowed(nested(3)))).status, 200);
    assert.match(await causeOf(fetchAllowed(allowed(nested(4)))), /too many redirects/);
    assert.equal((await fetchAllowed(allowed('/to?url=/json'), { redirect: 'manual' })).status, 302);
  });

  it('keeps credentials from another origin, and a body where GET takes over (RFC 9110 §15.4)', async () => {
    const other = `http://allowed.example:${String(served.port)}/echo`;
    const twoNames = createGuardedFetch({ allow: ['127.0.0.1'], lookup: names([['127.0.0.1']]).lookup });
    const headers = { authorization: 'Bearer secret', cookie: 'a=secret', 'content-type': 'text/plain', 'x-a': '1' };
    const send = async (status: number) => {
      const to = `http://first.example:${String(served.port)}/to?status=${String(status)}&url=${encodeURIComponent(other)}`;
      return JSON.stringify(await (await twoNames(to, { method: 'POST', headers, body: 'hello' })).json());
    };
    const see = await send(303);
    assert.match(see, /"method":"GET"/);
    assert.match(see, /"x-a":"1"/);
    assert.doesNotMatch(see, /secret|hello|text\/plain/);
    const kept = await send(307);
    assert.match(kept, /"method":"POST"/);
    assert.match(kept, /hello/);
    assert.doesNotMatch(kept, /secret/);
  });

  it('cuts off a longer body where that is asked for, and takes the answer for what its status says', async () => {
    for (const path of ['/endless', '/ten-gigabytes']) {
      const answer = await fetchAllowed(allowed(path), { tooLong: 'cut' });
      assert.equal(answer.status, 200, path);
      const body = await answer.text();
      assert.ok(body.length > 0 && /^x+$/.test(body) && body.length <= 1024 * 1024, path);
    }
  });

  it('believes no certificate that nobody vouches for, unless told to; addresses are guarded all the same', async () => {
    const secure = createServer(selfSigned, (_req, res) => res.end('secret'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    try {
      const address = secure.address();
      const port = typeof address === 'object' && address ? String(address.port) : '';
      const url = `https://allowed.example:${port}/`;
      const { lookup } = names([['127.0.0.1']]);
      const options = { lookup, allow: ['allowed.example'] };
      assert.match(await causeOf(createGuardedFetch(options)(url)), /self.signed/i);
      const careless = createGuardedFetch({ ...options, takesAnyCertificate: true });
      assert.equal(await (await careless(url)).text(), 'secret');
      const { lookup: same } = names([['127.0.0.1']]);
      const outside = createGuardedFetch({ lookup: same, takesAnyCertificate: true });
      assert.match(await causeOf(outside(url)), /not public/);
    } finally {
      secure.close();
      secure.closeAllConnections();
    }
  });

  it('hangs up on an endless body, and on one of ten gigabytes, after its limit', async () => {
    for (const path of ['/endless', '/ten-gigabytes']) {
      assert.match(await causeOf(fetchAllowed(allowed(path))), /more than 100000 bytes/);
    }
  });

  it('does not unpack what was compressed against its wish', async () => {
    assert.match(await causeOf(fetchAllowed(allowed('/gzip'))), /encoded as gzip/);
  });

  it('gives up on silence and on a body that drips, at its time', async () => {
    const hasty = createGuardedFetch({ allow: ['127.0.0.1'], timeoutMs: 150 });
    for (const path of ['/never', '/drip']) {
      assert.match(await causeOf(hasty(`http://127.0.0.1:${String(served.port)}${path}`)), /timeout|aborted/i);
    }
  });

  it('stops when its caller does', async () => {
    const stop = AbortSignal.abort(new Error('no longer wanted'));
    assert.match(await causeOf(fetchAllowed(allowed('/json'), { signal: stop })), /no longer wanted/);
  });

  it('says the same of an address that is not allowed and of one that is down', async () => {
    const closed = await serve(express());
    await closed.close();
    const messages = await Promise.all(
      [createGuardedFetch()(inside), createGuardedFetch({ allow: ['127.0.0.1'] })(closed.origin)].map((fetching) =>
        fetching.then(
          () => undefined,
          (error: unknown) => (error instanceof PlatformError ? [error.code, error.message, error.details] : error),
        ),
      ),
    );
    assert.ok(messages[0]);
    assert.deepEqual(messages[0], messages[1]);
  });
});
