/** Mails of a development server: for this machine, as text, and nowhere else. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createMailbox } from '../../../server/messages/mailbox.ts';
import { mailboxRoutes } from '../../../server/messages/mailbox.routes.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';
import { serve } from '../../support/serve.ts';

const renderer = createRenderer({ templatesDir: join(import.meta.dirname, '../../../templates') });

async function ask(headers: Record<string, string>, isThere = true) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mailbox-'));
  const file = join(folder, 'mailbox.jsonl');
  const mailbox = createMailbox({ file, clock: { now: () => 1 } });
  for (let index = 0; index < 60; index += 1)
    await mailbox.send({ to: `p${String(index)}@example.com`, subject: 'Code <b>', text: `number ${String(index)}\n` });
  await mailbox.sms.send({ to: '+442079460958', text: 'texted' });
  // Cut off, as by a crash.
  await appendFile(file, '{"to":"p');
  assert.equal((await stat(file)).mode & 0o077, 0, 'nobody else on this machine reads it');
  const app = express();
  app.use(mailboxRoutes({ mailbox: isThere ? mailbox : undefined, renderer }));
  app.use((_req, res) => res.status(404).end());
  const served = await serve(app);
  try {
    return await served.ask('/ops/mailbox', { headers });
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

describe('GET /ops/mailbox', () => {
  it('shows the last fifty, the newest first, escaped', async () => {
    const { status, text } = await ask({ host: 'localhost:8080' });
    assert.equal(status, 200);
    assert.match(text, /Text message[\s\S]*texted[\s\S]*number 59[\s\S]*number 12/);
    assert.doesNotMatch(text, /number 9\s|number 10\s|Code <b>/);
  });

  it('shows nothing to whoever comes from elsewhere, or through a proxy, or by another name', async () => {
    assert.equal((await ask({ host: 'evil.example' })).status, 404);
    assert.equal((await ask({ host: 'localhost', 'x-forwarded-for': '203.0.113.9' })).status, 404);
  });

  it('is not there where mails really leave', async () => {
    assert.equal((await ask({ host: 'localhost' }, false)).status, 404);
  });
});
