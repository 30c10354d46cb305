/** The management APIs described: the document and its page, the same for everyone. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import express from 'express';
import { openApiDocument } from '../../../server/http/openapi.ts';
import { apiDocsRoutes } from '../../../server/ops/api-docs.routes.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { declaredEndpoints } from '../../support/declared-endpoints.ts';
import { serve, type Served } from '../../support/serve.ts';

const document = openApiDocument(declaredEndpoints(), {
  title: 'Management',
  version: '1.2.3',
  serverUrl: 'https://id.example',
});
const renderer = createRenderer({ templatesDir: join(import.meta.dirname, '../../../templates') });

describe('apiDocsRoutes', () => {
  let served: Served;
  let asked = 0;
  before(async () => {
    const app = express();
    app.disable('etag');
    app.use(
      apiDocsRoutes({
        renderer,
        document: () => {
          asked += 1;
          return document;
        },
      }),
    );
    served = await serve(app);
  });
  after(() => served.close());

  it('answers the document as JSON, without a token', async () => {
    const { status, headers, text } = await served.ask('/api/openapi.json');
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^application\/json/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.deepEqual(JSON.parse(text), document);
  });

  it('answers 304 to who has it already (RFC 9110 §13.1.2)', async () => {
    const { etag = '' } = (await served.ask('/api/openapi.json')).headers;
    assert.match(etag, /^".+"$/);
    const again = await served.ask('/api/openapi.json', { headers: { 'if-none-match': etag } });
    assert.deepEqual([again.status, again.text], [304, '']);
  });

  it('draws every call on a page that runs and loads nothing but our own', async () => {
    const { status, headers, text } = await served.ask('/api/docs');
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^text\/html/);
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*script-src 'self'/);
    for (const [path, methods] of Object.entries(document.paths)) {
      assert.ok(text.includes(path), path);
      for (const { operationId } of Object.values(methods))
        assert.ok(text.includes(`id="${operationId}"`), operationId);
    }
    assert.ok(text.includes('href="/api/openapi.json"'));
  });

  it('draws it in the language that is asked for', async () => {
    const { headers, text } = await served.ask('/api/docs', { headers: { 'accept-language': 'pt-BR' } });
    assert.equal(headers['content-language'], 'pt');
    assert.ok(text.includes('Quem pode chamar'));
  });

  it('names each place on the page once', async () => {
    const ids = [...(await served.ask('/api/docs')).text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.ok(ids.length > 10);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has the document made once', () => {
    assert.equal(asked, 1);
  });
});
