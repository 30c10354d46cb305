/** Whose roles count for the bearer of a token. */
import assert from 'node:assert/strict';
import { createPermissionsService } from '../../../server/access/permissions.service.ts';
import type { RoleSubject } from '../../../server/access/role.ts';
import type { VerifiedToken } from '../../../server/http/bearer.ts';
import type { Idp } from '../../../server/idps/idp.ts';
import { clientId, idpId, interactionId, poolId, tenantId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import type { AuthenticationSnapshot } from '../../../server/sessions/session.ts';
import { ada } from '../../support/interactions.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('admin') };
const machine: VerifiedToken = { ...place, clientId: clientId('robot'), scopes: [] };
const person: VerifiedToken = { ...machine, subject: ada.subject, grantId: 'grant' };
const login: AuthenticationSnapshot = {
  ...ada,
  idpId: idpId('corporate'),
  userId: userId('u1'),
  grantId: 'grant',
  clientId: clientId('robot'),
  interactionId: interactionId('i'),
  context: {},
  satisfied: [],
};
const pool: Idp = {
  ...place,
  id: idpId('corporate'),
  name: 'Corporate',
  enabled: true,
  method: 'identity_pool',
  poolId: poolId('staff'),
};

/** The subjects that were looked for. */
async function subjectsOf(
  caller: VerifiedToken,
  snapshot: AuthenticationSnapshot | undefined = login,
  idp: Idp | undefined = pool,
) {
  let asked: readonly RoleSubject[] = [];
  const { permissionsOf } = createPermissionsService({
    roles: {
      listFor(_tenant, subjects) {
        asked = subjects;
        return Promise.resolve([]);
      },
    },
    snapshots: { find: (_tenant, _workspace, grantId) => Promise.resolve(grantId === 'grant' ? snapshot : undefined) },
    idps: { find: () => Promise.resolve(idp) },
  });
  await permissionsOf(caller);
  return asked;
}

const byIdp = { type: 'idp', workspaceId: place.workspaceId, idpId: pool.id };

describe('permissionsOf', () => {
  it('asks for the roles of a client that acts for itself', async () => {
    assert.deepEqual(await subjectsOf(machine), [{ type: 'client', clientId: 'robot' }]);
  });

  it('asks for those of a person, by their idp and by their place in its pool, and never for their client’s', async () => {
    assert.deepEqual(await subjectsOf(person), [byIdp, { type: 'identity_pool_user', poolId: 'staff', userId: 'u1' }]);
  });

  it('asks for those of an idp alone where the person is in no pool', async () => {
    const fixed: Idp = { ...place, id: pool.id, name: 'Sandbox', enabled: true, method: 'static', users: [] };
    assert.deepEqual(await subjectsOf(person, login, fixed), [byIdp]);
  });

  it('asks for none where no login stands behind a person’s token, or that of somebody else', async () => {
    assert.deepEqual(await subjectsOf({ ...person, grantId: 'gone' }), []);
    assert.deepEqual(await subjectsOf({ ...machine, subject: ada.subject }), []);
    assert.deepEqual(await subjectsOf(person, { ...login, subject: 'somebody else' }), []);
  });

  it('asks for none of an idp that was switched off or removed', async () => {
    assert.deepEqual(await subjectsOf(person, login, { ...pool, enabled: false }), []);
    const { permissionsOf } = createPermissionsService({
      roles: {
        listFor: (_tenant, subjects) =>
          Promise.resolve(subjects.map((subject) => ({ ...place, role: 'admin', subject }))),
      },
      snapshots: { find: () => Promise.resolve(login) },
      idps: { find: () => Promise.resolve(undefined) },
    });
    assert.equal((await permissionsOf(person)).any, false);
  });
});
