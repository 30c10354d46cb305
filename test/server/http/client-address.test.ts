/** Whose address a request has: forwarded ones count from trusted proxies only. */
import assert from 'node:assert/strict';
import express from 'express';
import { addressTest, clientAddress, readClientAddress } from '../../../server/http/client-address.ts';
import { serve } from '../../support/serve.ts';

async function addressFor(trustedProxies: string[], forwarded: string | string[] | undefined) {
  const app = express();
  app.use(readClientAddress(trustedProxies));
  app.get('/', (req, res) => {
    res.json(clientAddress(req));
  });
  const served = await serve(app);
  try {
    const headers = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded };
    return (await served.ask('/', { headers })).json();
  } finally {
    await served.close();
  }
}

describe('clientAddress', () => {
  it('is the connection’s address when nobody is trusted, whatever X-Forwarded-For claims', async () => {
    const expected = { address: '127.0.0.1', throttleKey: '127.0.0.1', proxied: false };
    assert.deepEqual(await addressFor([], '203.0.113.9'), expected);
    assert.deepEqual(await addressFor(['10.0.0.0/8'], '203.0.113.9'), expected);
  });

  it('is what the trusted proxy wrote, not what the client wrote before it', async () => {
    const expected = { address: '198.51.100.7', throttleKey: '198.51.100.7', proxied: true };
    assert.deepEqual(await addressFor(['127.0.0.1'], '10.9.9.9, 198.51.100.7'), expected);
    assert.deepEqual(await addressFor(['127.0.0.0/8', '10.0.0.0/8'], '203.0.113.1, 198.51.100.7, 10.0.0.2'), expected);
    assert.deepEqual(await addressFor(['127.0.0.1'], ['1.1.1.1', '198.51.100.7']), expected);
  });

  it('stops at what is no address', async () => {
    const proxy = { address: '127.0.0.1', throttleKey: '127.0.0.1', proxied: true };
    for (const garbage of ['198.51.100.7, unknown', '1', '0x7f.1', '1.2.3.4:80', '<script>', '', ',,,']) {
      assert.deepEqual(await addressFor(['127.0.0.1'], garbage), proxy);
    }
  });

  it('throttles IPv6 by its /64 and writes it one way', async () => {
    assert.deepEqual(await addressFor(['127.0.0.1'], '2001:0DB8:0001:0002:aaaa::1'), {
      address: '2001:db8:1:2:aaaa::1',
      throttleKey: '2001:db8:1:2::/64',
      proxied: true,
    });
  });

  it('takes an IPv4-mapped address for the IPv4 address it is', async () => {
    const answer = { address: '198.51.100.7', throttleKey: '198.51.100.7', proxied: true };
    assert.deepEqual(await addressFor(['127.0.0.1'], '::ffff:198.51.100.7'), answer);
  });
});

describe('addressTest', () => {
  it('matches addresses and blocks of both families', () => {
    const test = addressTest(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1']);
    for (const yes of ['10.255.0.1', '::ffff:10.0.0.1', '192.0.2.1', 'fd12::1', '::1', 'fd00::1%eth0'])
      assert.ok(test(yes), yes);
    for (const no of ['11.0.0.1', '192.0.2.2', 'fe80::1', '::2', '', 'localhost']) assert.ok(!test(no), no);
  });
});
