/** The endpoints of versions are tried with those of scripts; here is that they are of their own paths. */
import assert from 'node:assert/strict';
import { declaredEndpoints } from '../../support/declared-endpoints.ts';

describe('the endpoints of versions of scripts', () => {
  it('change nothing by a GET, and ask who publishes for manage_scripts', () => {
    const own = declaredEndpoints().filter(({ path }) => /\/scripts\/:script\/(versions|pointers)/.test(path));
    // Five of versions and pointers, and the shadow of one.
    assert.equal(own.length, 6);
    for (const { method, access } of own) {
      assert.ok(access.kind === 'role' && access.in === 'workspace');
      assert.equal(access.permission, method === 'get' ? 'read_scripts' : 'manage_scripts');
    }
  });
});
