import assert from 'node:assert/strict';
import { createDisguise } from '../../../../server/credentials/passkey/disguise.ts';
import { mostPasskeys } from '../../../../server/credentials/passkey/passkey.ts';
import { poolId, tenantId, userId } from '../../../../server/kernel/ids.ts';

describe('createDisguise', () => {
  const place = { tenantId: tenantId('acme'), poolId: poolId('staff') };
  const disguise = createDisguise(new Uint8Array(32).fill(1));
  const other = createDisguise(new Uint8Array(32).fill(2));

  it('gives each person of each pool a handle of their own, which only the key can make', () => {
    const ada = userId('ada');
    const handles = [
      disguise.handleOf(place, ada),
      disguise.handleOf(place, userId('bob')),
      disguise.handleOf({ ...place, poolId: poolId('other') }, ada),
      disguise.handleOf({ ...place, tenantId: tenantId('other') }, ada),
      other.handleOf(place, ada),
    ];
    assert.equal(new Set(handles).size, handles.length);
    assert.equal(disguise.handleOf(place, ada), handles[0]);
  });

  it('makes up passkeys that look like those of many people', () => {
    const all = Array.from({ length: 3000 }, (_, at) => disguise.passkeysOfNobody(place, `p${String(at)}`));
    const ids = all.flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      [...new Set(ids.map((id) => Buffer.from(id, 'base64url').length))].sort((one, more) => one - more),
      [16, 20, 32, 64],
    );
    const ones = all.filter(({ length }) => length === 1).length;
    assert.ok(ones > 2200 && ones < 2600);
    const counts = new Set(all.map(({ length }) => length));
    for (const count of [1, 2, 3, 4, 5]) assert.ok(counts.has(count), `somebody has ${String(count)}`);
    assert.ok(Math.max(...counts) <= mostPasskeys && Math.max(...counts) > 8, 'and somebody very many');
    assert.notDeepEqual(other.passkeysOfNobody(place, 'p0'), all[0]);
  });
});
