/** Trace ids: taken from a valid traceparent, made otherwise, and kept through a request. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { trace, traceId, traceIdOf, withTraceId } from '../../../server/http/trace.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const id = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

describe('traceIdOf', () => {
  it('reads the trace id of a traceparent header (Trace Context §3.2)', () => {
    assert.equal(traceIdOf(`00-${id}-${parent}-01`), id);
  });

  it('reads a later version as far as it is known (§4.3)', () => {
    assert.equal(traceIdOf(`01-${id}-${parent}-01-more`), id);
  });

  for (const [what, header] of [
    ['version ff', `ff-${id}-${parent}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a parent id of zeros', `00-${id}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${id.toUpperCase()}-${parent}-01`],
    ['more after version 00', `00-${id}-${parent}-01-more`],
    ['a short id', `00-${id.slice(1)}-${parent}-01`],
    ['text around it', ` 00-${id}-${parent}-01`],
    ['a line break', `00-${id}-${parent}-01\r\nx-evil: 1`],
    ['endless length', `01-${id}-${parent}-01-${'a'.repeat(10_000)}`],
  ]) {
    it(`ignores ${String(what)}`, () => {
      assert.equal(traceIdOf(header), undefined);
    });
  }
});

describe('trace', () => {
  let served: Served;
  before(async () => {
    const app = express();
    app.use(trace);
    app.get('/', async (_req, res) => {
      await sleep(1);
      res.json({ id: traceId() });
    });
    served = await serve(app);
  });
  after(() => served.close());

  it('answers with the caller’s trace id and knows it after waiting', async () => {
    const answer = await served.ask('/', { headers: { traceparent: `00-${id}-${parent}-01` } });
    assert.equal(answer.headers['x-trace-id'], id);
    assert.deepEqual(answer.json(), { id });
  });

  it('makes an id of its own for each request that brings none, or a bad one', async () => {
    const bad = { headers: { traceparent: '<script>' } };
    const answers = await Promise.all([served.ask('/'), served.ask('/', bad), served.ask('/')]);
    const ids = answers.map(({ headers }) => String(headers['x-trace-id']));
    for (const made of ids) assert.match(made, /^[0-9a-f]{32}$/);
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(answers[0].json(), { id: ids[0] });
  });

  it('knows nothing outside of requests, and what withTraceId says inside', () => {
    assert.equal(traceId(), undefined);
    assert.equal(withTraceId(id, traceId), id);
  });
});
