import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { sendPage } from '../../../server/themes/send-page.ts';

describe('sendPage', () => {
  it('sends status, language and policy; never to be kept, framed or sniffed', async () => {
    const app = express();
    app.get('/', (_req, res) => {
      sendPage(res, 403, { html: '<p>olá</p>', contentSecurityPolicy: "default-src 'none'", locale: 'pt' });
    });
    const server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => {
        resolve(listening);
      });
    });
    const answer = await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
    server.closeAllConnections();
    server.close();
    assert.equal(answer.status, 403);
    const expected = {
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'pt',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    };
    const sent = Object.fromEntries(Object.keys(expected).map((name) => [name, answer.headers.get(name)]));
    assert.deepEqual(sent, expected);
    assert.equal(await answer.text(), '<p>olá</p>');
  });
});
