/** Errors: the published body, a page for people, and nothing of the inside for anybody. */
import assert from 'node:assert/strict';
import express from 'express';
import { jsonBody } from '../../../server/http/bodies.ts';
import { errorHandler, notFound } from '../../../server/http/error-handler.ts';
import type { ErrorPage } from '../../../server/http/error-handler.ts';
import { trace } from '../../../server/http/trace.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const json = { 'content-type': 'application/json' };

describe('errorHandler', () => {
  const { log, lines } = recordingLog();
  const pages: ErrorPage[] = [];
  let renderFails = false;
  let served: Served;
  before(async () => {
    const app = express();
    app.use(trace);
    app.get('/conflict', () => {
      throw new PlatformError('conflict', 'The id is taken.', {
        details: [{ pointer: '/id' }],
        cause: new Error('inside'),
      });
    });
    app.get('/secret', () => {
      throw new Error('SELECT password FROM users');
    });
    app.get('/later', () => Promise.reject(new PlatformError('unavailable', 'Try later.', { retryAfterSeconds: 1.2 })));
    app.get('/who', () => {
      throw new PlatformError('unauthorized', 'Sign in.');
    });
    app.get('/param/:id', (_req, res) => {
      res.end();
    });
    app.get('/half', (_req, res) => {
      res.write('half');
      throw new Error('too late');
    });
    app.post('/body', jsonBody(100), (_req, res) => {
      res.end();
    });
    app.use(notFound);
    const renderError = (page: ErrorPage): string => {
      pages.push(page);
      if (renderFails) throw new Error('no template');
      return '<h1>Sorry</h1>';
    };
    app.use(errorHandler({ log, renderError }));
    served = await serve(app);
  });
  after(() => served.close());

  it('answers a failure with the published members and the trace id', async () => {
    const answer = await served.ask('/conflict');
    assert.equal(answer.status, 409);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual(answer.json(), {
      status_code: 409,
      error: 'The id is taken.',
      error_code: 'conflict',
      details: [{ pointer: '/id' }],
      trace_id: answer.headers['x-trace-id'],
    });
  });

  it('tells the log alone why something unforeseen failed', async () => {
    const answer = await served.ask('/secret');
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /SELECT|password|stack/);
    const line = lines.find(({ level }) => level === 'error');
    assert.ok(line?.fields['err'] instanceof Error);
    assert.match(line.fields['err'].message, /SELECT/);
  });

  it('sends Retry-After in whole seconds (RFC 9110 §10.2.3) and a challenge with 401 (§15.5.2)', async () => {
    assert.equal((await served.ask('/later')).headers['retry-after'], '2');
    assert.equal((await served.ask('/who')).headers['www-authenticate'], 'Bearer realm="gatehouse"');
  });

  it('calls malformed JSON 400, a large body 413, an unknown encoding 400', async () => {
    const post = (body: string, headers: Record<string, string> = json) =>
      served.ask('/body', { method: 'POST', headers, body });
    const malformed = await post('{"a":');
    assert.equal(malformed.status, 400);
    assert.doesNotMatch(malformed.text, /position|Unexpected/);
    assert.equal((await post(JSON.stringify('x'.repeat(101)))).status, 413);
    assert.equal((await post('{}', { ...json, 'content-encoding': 'zip' })).status, 400);
    assert.equal((await post('{}', { 'content-type': 'application/json; charset=klingon' })).status, 400);
    assert.equal((await post('{}')).status, 200);
  });

  it('calls a path that cannot be decoded 400, and one that nobody answers 404', async () => {
    assert.equal((await served.ask('/param/%E0%A4%A')).status, 400);
    assert.equal((await served.ask('/nothing')).status, 404);
  });

  it('shows a browser a page with the reference, at the same status', async () => {
    const answer = await served.ask('/conflict', { headers: browser });
    assert.equal(answer.status, 409);
    assert.match(String(answer.headers['content-type']), /^text\/html/);
    assert.equal(answer.text, '<h1>Sorry</h1>');
    const expected = {
      status: 409,
      code: 'conflict',
      message: 'The id is taken.',
      traceId: answer.headers['x-trace-id'],
    };
    assert.deepEqual(pages.at(-1), expected);
  });

  it('answers JSON where the page itself fails, and to programs that take anything', async () => {
    renderFails = true;
    assert.match(String((await served.ask('/conflict', { headers: browser })).headers['content-type']), /json/);
    assert.match(
      String((await served.ask('/conflict', { headers: { accept: '*/*' } })).headers['content-type']),
      /json/,
    );
  });

  it('hangs up when the answer has begun', async () => {
    const answer = await served.raw('GET /half HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.doesNotMatch(answer, /0\r\n\r\n$/);
    assert.doesNotMatch(answer, /too late/);
  });
});
