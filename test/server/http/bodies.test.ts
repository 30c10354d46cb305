/** Bodies are bounded while they are read. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { formBody, jsonBody } from '../../../server/http/bodies.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

describe('jsonBody and formBody', () => {
  let served: Served;
  before(async () => {
    const app = express();
    app.post('/', jsonBody(1000), formBody(1000), (req, res) => {
      res.json({ body: (req.body as unknown) ?? null });
    });
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());

  const post = async (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    await fetch(served.origin, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': type, ...headers },
    });

  it('read JSON, its relatives, and flat forms', async () => {
    assert.deepEqual(await (await post('application/json', '{"a":1}')).json(), { body: { a: 1 } });
    assert.deepEqual(await (await post('application/scim+json', '{"a":1}')).json(), { body: { a: 1 } });
    const form = await post('application/x-www-form-urlencoded', 'a=1&a=2&b[c]=3');
    assert.deepEqual(await form.json(), { body: { a: ['1', '2'], 'b[c]': '3' } });
  });

  it('leave every other type unread', async () => {
    assert.deepEqual(await (await post('text/plain', '{"a":1}')).json(), { body: null });
  });

  it('stop at the limit, also when a small body inflates to a large one', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(2000) });
    assert.equal((await post('application/json', large)).status, 413);
    assert.equal((await post('application/json', gzipSync(large), { 'content-encoding': 'gzip' })).status, 413);
    assert.equal((await post('application/x-www-form-urlencoded', `a=${'x'.repeat(2000)}`)).status, 413);
  });

  it('stop a chunked body that announces no length', async () => {
    const chunk = 'x'.repeat(600);
    const sent = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const part = `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    assert.match(await served.raw(`${sent}${part}${part}0\r\n\r\n`), /^HTTP\/1\.1 413 /);
  });
});
