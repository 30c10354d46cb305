/** No secret half of a key leaves the row it was kept in. */
import assert from 'node:assert/strict';
import { secretKeyMembers, withPublicKeys } from '../../../server/clients/client-keys.ts';

const name = { client_name: 'Till' };
const shown = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'eA', y: 'eQ' };

describe('withPublicKeys', () => {
  it('leaves out each secret member, and keys that are nothing but secret', () => {
    const secrets = Object.fromEntries(secretKeyMembers.map((member) => [member, 'c2VjcmV0']));
    const jwks = { keys: [{ ...shown, ...secrets }, { kty: 'oct', k: 'c2VjcmV0' }, shown] };
    assert.deepEqual(withPublicKeys({ ...name, jwks }), { ...name, jwks: { keys: [shown, shown] } });
  });

  it('leaves out what is no set of keys, and touches nothing else', () => {
    assert.deepEqual(withPublicKeys(name), name);
    for (const jwks of [null, 'text', [shown], 7]) assert.deepEqual(withPublicKeys({ ...name, jwks }), name);
    assert.deepEqual(withPublicKeys({ ...name, jwks: { keys: 'none', d: 'c2VjcmV0' } }), {
      ...name,
      jwks: { keys: [] },
    });
    assert.deepEqual(withPublicKeys({ ...name, jwks: { keys: [null, 'd', [shown]] } }), {
      ...name,
      jwks: { keys: [] },
    });
  });
});
