import assert from 'node:assert/strict';
import { deepFreeze } from '../../../server/kernel/deep-freeze.ts';

describe('deepFreeze', () => {
  it('lets nobody change a setting, however deep', () => {
    const config = deepFreeze({ http: { port: 1, proxies: ['a'] } });
    assert.throws(() => Object.assign(config.http, { port: 2 }), TypeError);
    assert.throws(() => config.http.proxies.push('b'), TypeError);
  });
});
