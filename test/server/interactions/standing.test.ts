/** Whether a person may still be signed in. */
import assert from 'node:assert/strict';
import { stillStands, type StandingStores } from '../../../server/interactions/standing.ts';
import type { Idp } from '../../../server/idps/idp.ts';
import { idpId, poolId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { authTimeOf } from '../../../server/users/sessions-end.ts';
import type { User } from '../../../server/users/user.ts';
import { noon, userOf } from '../../support/seeded.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('shop') };
const user = userOf(place.tenantId, poolId('people'));
const pool: Idp = {
  ...place,
  id: idpId('people'),
  name: 'People',
  enabled: true,
  method: 'identity_pool',
  poolId: user.poolId,
};
const sam = { username: 'sam', passwordHash: 'x', attributes: {} };
const list: Idp = { ...place, id: idpId('list'), name: 'List', enabled: true, method: 'static', users: [sam] };

const revoked = new Map<string, number>();
const stores = (idp: Idp | undefined, found: User = user): StandingStores => ({
  idps: { find: (_tenant, _workspace, id) => Promise.resolve(idp?.id === id ? idp : undefined) },
  revocations: { notBefore: (_tenant, _workspace, subject) => Promise.resolve(revoked.get(subject)) },
  users: { find: (_tenant, _pool, id) => Promise.resolve(found.id === id ? found : undefined) },
});
const ada = { subject: 'sub-ada', idpId: pool.id, idpSubject: user.id, userId: user.id, authTime: noon / 1000 };
const listed = { subject: 'sub-sam', idpId: list.id, idpSubject: 'sam', userId: undefined, authTime: noon / 1000 };

describe('stillStands', () => {
  it('holds for an active person of an idp that is switched on, and for one on a fixed list', async () => {
    assert.equal(await stillStands(stores(pool), place, ada), true);
    assert.equal(await stillStands(stores(list), place, listed), true);
  });

  it('does not hold for a login from before all that the person had was taken back', async () => {
    for (const [notBefore, stands] of [
      [noon, true],
      [noon + 1, false],
    ] as const) {
      revoked.set(ada.subject, notBefore);
      assert.equal(await stillStands(stores(pool), place, ada), stands);
      assert.equal(await stillStands(stores(list), place, listed), true);
    }
    revoked.clear();
  });

  it('does not hold for anybody else', async () => {
    for (const status of ['new', 'inactive', 'deleted'] as const)
      assert.equal(await stillStands(stores(pool, { ...user, status }), place, ada), false, status);
    // Somebody else, made under the same id after that login.
    for (const [createdAt, stands] of [
      [noon + 999, true],
      [noon + 1000, false],
    ] as const)
      assert.equal(await stillStands(stores(pool, { ...user, createdAt }), place, ada), stands);
    assert.equal(await stillStands(stores({ ...pool, enabled: false }), place, ada), false);
    assert.equal(await stillStands(stores(undefined), place, ada), false);
    assert.equal(await stillStands(stores(pool), place, { ...ada, userId: undefined }), false);
    assert.equal(await stillStands(stores(list), place, { ...listed, idpSubject: 'pam' }), false);
  });

  it('does not hold for who signed in before their sessions were ended, even after they are active again', async () => {
    for (const [sessionsEndedAt, stands] of [
      [noon, true],
      [noon + 1, false],
      [noon + 60_000, false],
    ] as const)
      assert.equal(await stillStands(stores(pool, { ...user, sessionsEndedAt }), place, ada), stands);
    const reset = { ...user, sessionsEndedAt: noon + 1 };
    const again = { ...ada, authTime: authTimeOf(reset, noon + 2) };
    assert.equal(await stillStands(stores(pool, reset), place, again), true);
  });
});
