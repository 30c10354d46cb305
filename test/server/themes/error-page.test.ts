/** The page for a failure of our own routes. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { errorHandler } from '../../../server/http/error-handler.ts';
import { PlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { createErrorPage } from '../../../server/themes/error-page.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type Served } from '../../support/serve.ts';

describe('createErrorPage', () => {
  let served: Served;

  before(async () => {
    const renderer = createRenderer({ templatesDir: fileURLToPath(new URL('../../../templates', import.meta.url)) });
    const app = express();
    app.get('/:code', (req) => {
      const codes: readonly ErrorCode[] = [
        'not_found',
        'misdirected_request',
        'too_many_requests',
        'bad_request',
        'internal',
      ];
      throw new PlatformError(codes.find((code) => code === req.params.code) ?? 'internal', 'planted message', {
        cause: new Error('planted cause'),
      });
    });
    app.use(errorHandler({ log: silentLog, renderError: createErrorPage({ renderer }) }));
    served = await serve(app);
  });
  after(() => served.close());

  const html = (code: string, headers = {}) => served.ask(`/${code}`, { headers: { accept: 'text/html', ...headers } });

  it('says what happened to a person, and nothing of why', async () => {
    const answers = await Promise.all(
      ['not_found', 'misdirected_request', 'too_many_requests', 'bad_request', 'internal'].map((code) => html(code)),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 421, 429, 400, 500],
    );
    assert.equal(
      new Set(answers.map(({ text }) => /<p class="lead">(.*?)<\/p>/s.exec(text)?.[1] ?? text)).size,
      answers.length,
    );
    for (const { text } of answers) assert.doesNotMatch(text, /planted/);
  });

  it('is as strict as every page', async () => {
    const { headers } = await html('internal');
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('speaks the person’s language', async () => {
    assert.match((await html('not_found', { 'accept-language': 'pt' })).text, /<html lang="pt"/);
  });
});
