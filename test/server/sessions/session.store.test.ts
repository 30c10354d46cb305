import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { clientId, idpId, interactionId, newId, tenantId, userId } from '../../../server/kernel/ids.ts';
import { createAuthenticationSnapshotStore } from '../../../server/sessions/session.store.ts';
import type { SweepableAuthenticationSnapshotStore } from '../../../server/sessions/session.store.ts';
import type { AuthenticationSnapshot } from '../../../server/sessions/session.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('AuthenticationSnapshotStore', (open) => {
  const sealer = createSealer(randomBytes(32));
  let knex: Knex;
  let snapshots: SweepableAuthenticationSnapshotStore;

  before(async () => {
    knex = await open();
    snapshots = createAuthenticationSnapshotStore(knex, { sealer });
  });

  const fresh = (members: Partial<AuthenticationSnapshot> = {}): AuthenticationSnapshot => ({
    grantId: newId(),
    subject: 'planted-subject',
    clientId: clientId('client'),
    interactionId: interactionId('i'),
    idpId: idpId('demo'),
    idpSubject: 'planted-name',
    userId: undefined,
    amr: ['pwd'],
    acr: undefined,
    authTime: noon / 1000,
    context: { email: 'planted@example.com' },
    satisfied: ['idp:demo'],
    ...members,
  });

  it('gives back what was inserted', async () => {
    const { tenant, workspace } = await seedWorkspace(knex);
    for (const members of [{}, { userId: userId('u'), acr: 'urn:x' }]) {
      const snapshot = fresh(members);
      await snapshots.insert(tenant, workspace, snapshot, noon);
      assert.deepEqual(await snapshots.find(tenant, workspace, snapshot.grantId), snapshot);
    }
  });

  it('stays as it was first written, for 20 writers at the same time and any later one', async () => {
    const { tenant, workspace } = await seedWorkspace(knex);
    const grantId = newId();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        snapshots.insert(tenant, workspace, fresh({ grantId, authTime: n }), noon + n),
      ),
    );
    const first = await snapshots.find(tenant, workspace, grantId);
    await snapshots.insert(tenant, workspace, fresh({ grantId, subject: 'another' }), noon);
    assert.deepEqual(await snapshots.find(tenant, workspace, grantId), first);
    assert.deepEqual(await knex('authentication_snapshots').where({ grant_id: grantId }).count({ rows: '*' }), [
      { rows: 1 },
    ]);
  });

  it('is sealed: a dump of the table tells nothing, and a row put elsewhere does not open', async () => {
    const { tenant, workspace } = await seedWorkspace(knex);
    const snapshot = fresh();
    await snapshots.insert(tenant, workspace, snapshot, noon);
    const dump = JSON.stringify(await knex('authentication_snapshots').select());
    assert.ok(dump.includes(snapshot.grantId));
    assert.doesNotMatch(dump, /planted/);
    const moved = newId();
    await knex('authentication_snapshots').where({ grant_id: snapshot.grantId }).update({ grant_id: moved });
    await assert.rejects(snapshots.find(tenant, workspace, moved), { code: 'internal' });
  });

  it('does not exist for another tenant or workspace', async () => {
    const { tenant, workspace } = await seedWorkspace(knex);
    const other = await seedWorkspace(knex, tenant);
    const snapshot = fresh();
    await snapshots.insert(tenant, workspace, snapshot, noon);
    for (const [t, w] of [
      [tenant, other.workspace],
      [tenantId('other'), workspace],
    ] as const) {
      assert.equal(await snapshots.find(t, w, snapshot.grantId), undefined);
      await snapshots.removeByGrant(t, w, snapshot.grantId);
    }
    assert.deepEqual(await snapshots.find(tenant, workspace, snapshot.grantId), snapshot);
    await snapshots.removeByGrant(tenant, workspace, snapshot.grantId);
    assert.equal(await snapshots.find(tenant, workspace, snapshot.grantId), undefined);
  });

  it('is swept when it has expired', async () => {
    await knex('authentication_snapshots').delete();
    const { tenant, workspace } = await seedWorkspace(knex);
    for (const expiresAt of [noon, noon + 1, noon + 2]) await snapshots.insert(tenant, workspace, fresh(), expiresAt);
    assert.equal(await snapshots.removeExpired(noon, 10), 0);
    assert.equal(await snapshots.removeExpired(noon + 2, 1), 1);
    assert.equal(await snapshots.removeExpired(noon + 2, 10), 1);
  });
});
