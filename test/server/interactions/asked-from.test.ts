/** What scripts are told of a browser's request: nothing that authorises anybody, and no address that a stranger wrote. */
import assert from 'node:assert/strict';
import { askedFrom } from '../../../server/interactions/asked-from.ts';

describe('askedFrom', () => {
  it('keeps a few headers, cut, and the address that proxies vouch for', () => {
    const from = askedFrom('192.0.2.7', {
      'user-agent': 'x'.repeat(2000),
      'accept-language': 'pt',
      'x-forwarded-for': '203.0.113.9',
      cookie: 'session=secret',
      authorization: 'Bearer secret',
      'x-amzn-oidc-data': 'secret',
    });
    assert.equal(from.ip, '192.0.2.7');
    assert.deepEqual(from.headers, {
      'accept-language': 'pt',
      'user-agent': 'x'.repeat(512),
      'x-forwarded-for': '192.0.2.7',
    });
  });
});
