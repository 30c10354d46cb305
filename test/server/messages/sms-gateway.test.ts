/** Texts as a real provider gets them. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCourier } from '../../../server/messages/courier.ts';
import { createSmsGateway } from '../../../server/messages/sms-gateway.ts';
import { createGuardedFetch } from '../../../server/net/guarded-fetch.ts';

const letter = { channel: 'sms', to: '+442079460958', text: '123456 is your code', id: 'abc' } as const;

describe('createSmsGateway', () => {
  let server: Server;
  let url: string;
  let status = 202;
  const got: { headers: IncomingMessage['headers']; body: string }[] = [];

  before(async () => {
    server = createServer((req, res) => {
      let body = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      req.on('end', () => {
        got.push({ headers: req.headers, body });
        if (status === 302) res.setHeader('location', '/elsewhere');
        res.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/texts`;
  });
  after(() => server.close());
  beforeEach(() => {
    got.length = 0;
    status = 202;
  });

  const courier = (allow: readonly string[] = ['127.0.0.1'], timeoutMs = 1000) =>
    createCourier({
      mail: undefined,
      sms: createSmsGateway({ url, token: 'token-of-ours', fetch: createGuardedFetch({ allow, timeoutMs }) }),
    });

  it('posts the text with a bearer token (RFC 6750 §2.1), and the same key for the same text', async () => {
    assert.deepEqual(await courier().send(letter), { kind: 'sent' });
    const [one] = got;
    assert.deepEqual(JSON.parse(one?.body ?? ''), { to: '+442079460958', text: '123456 is your code' });
    assert.equal(one?.headers.authorization, 'Bearer token-of-ours');
    assert.equal(one.headers['idempotency-key'], 'abc');
  });

  it('takes nothing but a success for a success, and follows no redirect with the token', async () => {
    status = 503;
    assert.deepEqual(await courier().send(letter), { kind: 'failed', reason: 'sms_503' });
    status = 302;
    assert.deepEqual(await courier().send(letter), { kind: 'failed', reason: 'sms_302' });
    assert.equal(got.length, 2);
  });

  it('reaches no private address that is not allowed', async () => {
    assert.deepEqual(await courier([]).send(letter), { kind: 'failed', reason: 'unavailable' });
    assert.equal(got.length, 0);
  });
});
