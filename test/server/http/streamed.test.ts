/** Streams in and out of endpoints: half an answer never looks whole. */
import assert from 'node:assert/strict';
import express from 'express';
import { request } from 'node:http';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { listed, nothingSent, sendStreamed, streamedBody } from '../../../server/http/streamed.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { textOf } from '../../support/deployment.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type Served } from '../../support/serve.ts';

describe('listed', () => {
  it('is one object with one array, also of nothing', async () => {
    const show = (item: unknown) => ({ item });
    assert.deepEqual(JSON.parse(await textOf(listed('things', numbers(0), show))), { things: [] });
    const all = { things: [0, 1, 2].map((item) => ({ item })) };
    assert.deepEqual(JSON.parse(await textOf(listed('things', numbers(3), show))), all);
  });

  it('reads no more items than are sent: what nobody takes is not in memory', async () => {
    const pieces = listed('things', numbers(1000), (item) => `${String(item)}${'x'.repeat(10_000)}`);
    const first = await pieces.next();
    assert.ok(String(first.value).length >= 64 * 1024 && counted < 10, String(counted));
    await pieces.return(undefined);
    assert.ok(counted < 10);
  });

  let counted = 0;
  async function* numbers(count: number): AsyncGenerator<number> {
    for (counted = 0; counted < count; counted += 1) {
      await Promise.resolve();
      yield counted;
    }
  }
});

describe('streamed bodies and answers', () => {
  let served: Served;
  let returned = 0;
  async function* pieces(count: number, failAfter = Infinity): AsyncGenerator<string> {
    try {
      for (let at = 0; at < count; at += 1) {
        if (at === failAfter) throw new PlatformError('not_found', 'There is no such thing.');
        await Promise.resolve();
        yield 'x'.repeat(10_000);
      }
    } finally {
      returned += 1;
    }
  }
  before(async () => {
    const app = express();
    app.get('/all', async (_req, res) => sendStreamed(pieces(300), res));
    app.get('/none', async (_req, res) => sendStreamed(pieces(10, 0), res));
    app.get('/some', async (_req, res) => sendStreamed(pieces(10, 5), res));
    app.get('/nothing', async (_req, res) => sendStreamed('text', res));
    app.post('/count', async (req, res) => {
      let length = 0;
      for await (const chunk of streamedBody(req, 1_000_000)) length += chunk.length;
      res.json({ length });
    });
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());

  const post = (body: string, headers: Record<string, string> = {}) =>
    served.ask('/count', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

  it('sends all pieces, and ends their maker', async () => {
    const { status, text } = await served.ask('/all');
    assert.deepEqual([status, text.length, returned], [200, 3_000_000, 1]);
  });

  it('answers what fails before the first piece like any other failure', async () => {
    const { status, text } = await served.ask('/none');
    assert.equal(status, 404);
    assert.match(text, /no such thing/);
    assert.equal((await served.ask('/nothing')).status, 500);
  });

  it('breaks the connection when it fails later', async () => {
    await assert.rejects(served.ask('/some'));
  });

  it('reads a body of any size within its bound', async () => {
    assert.equal((await post('"x"')).text, '{"length":3}');
    assert.equal((await post('x'.repeat(1_000_000))).text, '{"length":1000000}');
    assert.equal((await post('x'.repeat(1_000_001))).status, 413);
    assert.equal((await post('x', { 'transfer-encoding': 'chunked' })).text, '{"length":1}');
    assert.equal((await post('x', { 'content-encoding': 'br' })).status, 400);
    assert.equal((await post('x', { 'content-type': 'text/html' })).status, 400);
    for await (const chunk of nothingSent()) assert.fail(String(chunk));
  });

  it('takes a client that hangs up for what it is', async () => {
    const { port } = new URL(served.origin);
    const gone = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/count',
      headers: { 'content-type': 'application/json', 'content-length': '100' },
    });
    gone.on('error', () => undefined);
    gone.write('{"a"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.destroy();
    assert.equal((await post('"x"')).status, 200, 'and goes on');
  });
});
