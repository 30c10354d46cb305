/** Mails of a development server: for this machine, as text, and nowhere else. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import express from 'express';
import { createMailbox } from '../../../server/messages/mailbox.ts';
import { mailboxRoutes } from '../../../server/messages/mailbox.routes.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { serve } from '../../support/serve.ts';

const renderer = createRenderer({ templatesDir: join(import.meta.dirname, '../../../templates') });

async function ask(headers: Record<string, string>, isThere = true) {
  const mailbox = createMailbox({ now: () => 1 });
  for (let index = 0; index < 60; index += 1)
    await mailbox.send({ to: `p${String(index)}@example.com`, subject: 'Code <b>', text: `number ${String(index)}\n` });
  const app = express();
  app.use(mailboxRoutes({ mailbox: isThere ? mailbox : undefined, renderer }));
  app.use((_req, res) => res.status(404).end());
  const served = await serve(app);
  try {
    return await served.ask('/ops/mailbox', { headers });
  } finally {
    await served.close();
  }
}

describe('GET /ops/mailbox', () => {
  it('shows the last fifty, the newest first, escaped', async () => {
    const { status, text } = await ask({ host: 'localhost:8080' });
    assert.equal(status, 200);
    assert.match(text, /number 59[\s\S]*number 10/);
    assert.doesNotMatch(text, /number 9\s|Code <b>/);
  });

  it('shows nothing to whoever comes from elsewhere, or through a proxy, or by another name', async () => {
    assert.equal((await ask({ host: 'evil.example' })).status, 404);
    assert.equal((await ask({ host: 'localhost', 'x-forwarded-for': '203.0.113.9' })).status, 404);
  });

  it('is not there where mails really leave', async () => {
    assert.equal((await ask({ host: 'localhost' }, false)).status, 404);
  });
});
