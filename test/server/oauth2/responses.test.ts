import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';

describe('completeResponses', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.stop());

  /** The script of a page that the engine drew, as its policy has to name it. */
  function assertGuarded(page: Response, html: string, target: string): void {
    const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    const policy = (page.headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim());
    assert.ok(policy.includes(`script-src 'self' 'sha256-${hash}'`), policy.join(';'));
    assert.ok(policy.includes(`form-action 'self' ${target}`), policy.join(';'));
    for (const closed of ['default-src', 'frame-ancestors', 'base-uri']) assert.ok(policy.includes(`${closed} 'none'`));
  }

  it('guards the page by which another person takes over a session', async () => {
    const shop = await engine.addWorkspace();
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    await browser.login(client);
    const again = await browser.authorize(client, { prompt: 'login' });
    const page = await browser.fetch(await browser.commit(again, { subject: 'sub-of-grace' }));
    assert.equal(page.status, 200);
    assertGuarded(page, await page.text(), 'https://app.example');
  });

  it('guards the page that posts an answer to the client (OAuth 2.0 Form Post Response Mode §2)', async () => {
    const shop = await engine.addWorkspace();
    const client = shop.addClient({});
    const page = await engine.browser(shop).authorize(client, { prompt: 'none', response_mode: 'form_post' });
    assertGuarded(page, await page.text(), 'https://app.example');
  });

  it('leaves answers to programs without a policy', async () => {
    const shop = await engine.addWorkspace();
    const answer = await fetch(`${shop.issuer}/.well-known/openid-configuration`);
    assert.equal(answer.headers.get('content-security-policy'), null);
  });
});
