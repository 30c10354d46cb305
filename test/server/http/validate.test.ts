/** Validation at the edge: typed values or a list of what is wrong. */
import assert from 'node:assert/strict';
import express from 'express';
import { z } from 'zod';
import { formBody, jsonBody } from '../../../server/http/bodies.ts';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { readBody, readParams, readQuery } from '../../../server/http/validate.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve } from '../../support/serve.ts';
import type { Served } from '../../support/serve.ts';

const bodySchema = z.object({ name: z.string(), 'a/b': z.array(z.object({ n: z.number() })).default([]) });

describe('readParams, readQuery, readBody', () => {
  let served: Served;
  before(async () => {
    const app = express();
    app.get('/things/:id', (req, res) => {
      const { id } = readParams(z.object({ id: z.string().regex(/^[a-z]+$/) }), req);
      const { limit } = readQuery(z.object({ limit: z.coerce.number().int().max(100).default(20) }), req);
      res.json({ id, limit });
    });
    app.post('/things', jsonBody(), formBody(), (req, res) => {
      res.json(readBody(bodySchema, req));
    });
    app.use(errorHandler({ log: silentLog }));
    served = await serve(app);
  });
  after(() => served.close());

  const post = (body: string, type = 'application/json') =>
    served.ask('/things', { method: 'POST', headers: { 'content-type': type }, body });

  it('hands on parsed values with their defaults', async () => {
    assert.deepEqual((await served.ask('/things/a?limit=5')).json(), { id: 'a', limit: 5 });
    assert.deepEqual((await served.ask('/things/a')).json(), { id: 'a', limit: 20 });
  });

  it('calls a bad query or path 400 and says where', async () => {
    const query = await served.ask('/things/a?limit=500');
    assert.equal(query.status, 400);
    assert.match(query.text, /"in":"query","pointer":"\/limit"/);
    assert.equal((await served.ask('/things/A')).status, 400);
  });

  it('calls a bad body 422 with JSON pointers (RFC 6901 §3)', async () => {
    const answer = await post(JSON.stringify({ 'a/b': [{ n: 1 }, { n: 'x' }] }));
    assert.equal(answer.status, 422);
    assert.match(answer.text, /"pointer":"\/name"/);
    assert.match(answer.text, /"pointer":"\/a~1b\/1\/n"/);
  });

  it('bounds what it says of a very wrong body', async () => {
    const many = { name: 'a', 'a/b': Array.from({ length: 500 }, () => ({ n: 'secret-value' })) };
    const answer = await post(JSON.stringify(many));
    assert.equal(answer.text.split('"pointer"').length - 1, 20);
    assert.ok(!answer.text.includes('secret-value'));
  });

  it('calls a body of a type it does not read 400, and an empty one invalid', async () => {
    assert.equal((await post('', 'application/json')).status, 422);
    assert.equal((await post('<a/>', 'text/xml')).status, 400);
  });

  it('drops members that nobody declared, __proto__ among them', async () => {
    const answer = await post('{"name":"a","__proto__":{"admin":true},"extra":1}');
    assert.deepEqual(answer.json(), { name: 'a', 'a/b': [] });
  });

  it('refuses bodies above 64 KB and forms of very many fields', async () => {
    assert.equal((await post(JSON.stringify({ name: 'x'.repeat(65 * 1024) }))).status, 413);
    const fields = Array.from({ length: 201 }, (_, n) => `f${String(n)}=1`).join('&');
    assert.equal((await post(fields, 'application/x-www-form-urlencoded')).status, 413);
  });

  it('reads brackets in forms as plain characters', async () => {
    assert.equal((await post('name[toString]=x', 'application/x-www-form-urlencoded')).status, 422);
  });
});
