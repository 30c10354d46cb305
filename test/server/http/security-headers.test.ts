/** What browsers are told about pages and API answers. */
import assert from 'node:assert/strict';
import express from 'express';
import { apiHeaders, pageHeaders } from '../../../server/http/security-headers.ts';
import { serve } from '../../support/serve.ts';

async function headersOf(https: boolean) {
  const app = express();
  app.get('/page', pageHeaders({ https }), (_req, res) => {
    res.send('<p>');
  });
  app.get('/api', apiHeaders({ https }), (_req, res) => {
    res.json({});
  });
  const served = await serve(app);
  try {
    return { page: (await served.ask('/page')).headers, api: (await served.ask('/api')).headers };
  } finally {
    await served.close();
  }
}

describe('pageHeaders', () => {
  it('allow nothing inline, nothing foreign and no frames', async () => {
    const { page } = await headersOf(true);
    const policy = String(page['content-security-policy']);
    assert.doesNotMatch(policy, /unsafe|\*|http/);
    for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) {
      assert.ok(policy.includes(directive), directive);
    }
    assert.equal(page['x-frame-options'], 'DENY');
    assert.equal(page['x-content-type-options'], 'nosniff');
    assert.equal(page['cache-control'], 'no-store');
    assert.equal(page['referrer-policy'], 'same-origin');
    assert.equal(page['cross-origin-opener-policy'], undefined, 'which each page decides, and no redirect');
  });

  it('insist on https where the origin has it, and only there (RFC 6797 §7.2)', async () => {
    assert.match(String((await headersOf(true)).page['strict-transport-security']), /^max-age=31536000/);
    assert.equal((await headersOf(false)).page['strict-transport-security'], undefined);
  });
});

describe('apiHeaders', () => {
  it('forbid caching, sniffing and running', async () => {
    const { api } = await headersOf(true);
    assert.equal(api['cache-control'], 'no-store');
    assert.equal(api['x-content-type-options'], 'nosniff');
    assert.equal(api['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    assert.equal(api['strict-transport-security'], 'max-age=31536000');
    assert.equal((await headersOf(false)).api['strict-transport-security'], undefined);
  });
});
