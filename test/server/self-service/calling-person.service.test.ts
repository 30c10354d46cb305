/** Who the person behind a token is: by the login that it came from, as long as they stand. */
import assert from 'node:assert/strict';
import type { Idp } from '../../../server/idps/idp.ts';
import { clientId, idpId, interactionId, poolId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createFindCallingPerson } from '../../../server/self-service/calling-person.service.ts';
import type { AuthenticationSnapshot } from '../../../server/sessions/session.ts';
import type { User } from '../../../server/users/user.ts';
import { noon, userOf } from '../../support/seeded.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('shop') };
const user = userOf(place.tenantId, poolId('people'));
const people: Idp = {
  ...place,
  id: idpId('people'),
  name: 'People',
  enabled: true,
  method: 'identity_pool',
  poolId: user.poolId,
};
const sam = { username: 'sam', passwordHash: 'x', attributes: {} };
const list: Idp = { ...place, id: idpId('people'), name: 'List', enabled: true, method: 'static', users: [sam] };
const login: AuthenticationSnapshot = {
  grantId: 'grant',
  subject: 'sub-ada',
  clientId: clientId('app'),
  interactionId: interactionId('login'),
  idpId: people.id,
  idpSubject: user.id,
  userId: user.id,
  amr: ['pwd'],
  acr: undefined,
  authTime: noon / 1000,
  context: {},
  satisfied: [],
};
const caller = { ...place, clientId: login.clientId, subject: login.subject, grantId: login.grantId };

interface Rows {
  readonly idp?: Idp;
  readonly found?: User;
  readonly snapshot?: AuthenticationSnapshot;
  readonly revokedAt?: number;
}

const finding = ({ idp = people, found = user, snapshot = login, revokedAt }: Rows = {}) =>
  createFindCallingPerson({
    stores: {
      idps: { find: () => Promise.resolve(idp) },
      revocations: { notBefore: () => Promise.resolve(revokedAt) },
      users: { find: (_tenant, _pool, id) => Promise.resolve(found.id === id ? found : undefined) },
      snapshots: {
        find: (tenant, workspace, grant) =>
          Promise.resolve(
            tenant === place.tenantId && workspace === place.workspaceId && grant === snapshot.grantId
              ? snapshot
              : undefined,
          ),
      },
    },
    clock: { now: () => noon + 7_000 },
  });

describe('createFindCallingPerson', () => {
  it('finds who the login proved, and how long ago', async () => {
    assert.deepEqual(await finding()(caller), {
      poolId: user.poolId,
      userId: user.id,
      authTime: login.authTime,
      ageSeconds: 7,
    });
  });

  it('finds nobody behind a client that acts for itself, nor in a list of people', async () => {
    const { subject: _subject, ...program } = caller;
    const { grantId: _grant, ...loose } = caller;
    assert.equal(await finding()(program), 'nobody');
    assert.equal(await finding()(loose), 'nobody');
    const snapshot = { ...login, idpSubject: 'sam', userId: undefined };
    assert.equal(await finding({ idp: list, snapshot })(caller), 'nobody');
  });

  it('believes no subject, client, grant or workspace but the login’s own', async () => {
    for (const other of [
      { subject: 'sub-eve' },
      { subject: user.id },
      { clientId: clientId('other') },
      { grantId: 'other' },
      { workspaceId: workspaceId('other') },
      { tenantId: tenantId('other') },
    ])
      assert.equal(await finding()({ ...caller, ...other }), 'ended', JSON.stringify(other));
  });

  it('refuses who does not stand any more', async () => {
    for (const rows of [
      { found: { ...user, status: 'inactive' } },
      { found: { ...user, sessionsEndedAt: noon + 1 } },
      { found: { ...user, createdAt: noon + 60_000 } },
      { idp: { ...people, enabled: false } },
      { revokedAt: noon + 1 },
    ] satisfies readonly Rows[])
      assert.equal(await finding(rows)(caller), 'ended', JSON.stringify(rows));
  });
});
