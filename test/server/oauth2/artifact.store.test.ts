import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { clientId, newId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createArtifactStore } from '../../../server/oauth2/artifact.store.ts';
import type { ArtifactKey, ArtifactStore } from '../../../server/oauth2/artifact.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('createArtifactStore', (open) => {
  const start = 1_800_000_000;
  let seconds = start;
  let knex: Knex;
  let store: ArtifactStore;
  let key: ArtifactKey;

  before(async () => {
    knex = await open();
    store = createArtifactStore(knex, { clock: { now: () => seconds * 1000 } });
  });
  beforeEach(async () => {
    seconds = start;
    const { tenant, workspace } = await seedWorkspace(knex);
    key = { tenantId: tenant, workspaceId: workspace, model: 'AccessToken' };
  });

  const of = (model: string): ArtifactKey => ({ ...key, model });
  const rows = async (): Promise<string> =>
    JSON.stringify(await knex('oidc_artifacts').where({ tenant_id: key.tenantId, workspace_id: key.workspaceId }));

  it('gives back what it was given, without the id', async () => {
    await store.upsert(key, 'id-1', { jti: 'id-1', iat: 1, scope: 'ö' }, start + 60);
    assert.deepEqual(await store.find(key, 'id-1'), { payload: { iat: 1, scope: 'ö' }, consumedAt: undefined });
    assert.ok(!(await rows()).includes('id-1'));
  });

  it('keeps ids apart that differ by case', async () => {
    await store.upsert(key, 'Id', { n: 1 }, undefined);
    assert.equal(await store.find(key, 'id'), undefined);
  });

  it('knows an id in its model, workspace and tenant only', async () => {
    await store.upsert(key, 'id', {}, undefined);
    const sibling = await seedWorkspace(knex, key.tenantId);
    const stranger = await seedWorkspace(knex);
    assert.equal(await store.find(of('RefreshToken'), 'id'), undefined);
    assert.equal(await store.find({ ...key, workspaceId: sibling.workspace }, 'id'), undefined);
    assert.equal(await store.find({ ...key, tenantId: stranger.tenant }, 'id'), undefined);
    assert.equal(await store.consume({ ...key, workspaceId: sibling.workspace }, 'id', start), false);
    await store.destroy({ ...key, workspaceId: sibling.workspace }, 'id');
    await store.destroyByGrant(stranger.tenant, stranger.workspace, 'id');
    assert.ok(await store.find(key, 'id'));
  });

  it('finds a row until 15 seconds past its expiry', async () => {
    await store.upsert(key, 'id', {}, start + 10);
    seconds = start + 24;
    assert.ok(await store.find(key, 'id'));
    seconds = start + 25;
    assert.equal(await store.find(key, 'id'), undefined);
  });

  it('lets exactly one of twenty consume, and remembers when', async () => {
    await store.upsert(key, 'code', { a: 1 }, start + 60);
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.consume(key, 'code', start + 1)));
    assert.equal(answers.filter(Boolean).length, 1);
    assert.equal((await store.find(key, 'code'))?.consumedAt, start + 1);
  });

  it('does not clear the mark of consumption when the row is written again', async () => {
    await store.upsert(key, 'code', { a: 1 }, start + 60);
    await store.consume(key, 'code', start);
    await store.upsert(key, 'code', { a: 2 }, start + 90);
    assert.deepEqual(await store.find(key, 'code'), { payload: { a: 2 }, consumedAt: start });
    assert.equal(await store.consume(key, 'code', start + 2), false);
  });

  it('consumes nothing that is not there', async () => {
    assert.equal(await store.consume(key, 'nobody', start), false);
  });

  it('lets exactly one of twenty insert an id', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.insertOnce(key, 'jti', {}, start + 60)));
    assert.equal(answers.filter(Boolean).length, 1);
  });

  it('keeps what is destroyed softly until its time, and a second call does not prolong it', async () => {
    const interaction = of('Interaction');
    await store.upsert(interaction, 'uid', {}, start + 3600);
    await store.destroySoftly(interaction, 'uid', start + 60);
    seconds = start + 50;
    await store.destroySoftly(interaction, 'uid', start + 110);
    seconds = start + 59;
    assert.ok(await store.find(interaction, 'uid'));
    seconds = start + 60;
    assert.equal(await store.find(interaction, 'uid'), undefined);
  });

  it('finds a session by its uid and a device code by its user code', async () => {
    await store.upsert(of('Session'), 'cookie', { uid: 'u-1', accountId: 'ada' }, start + 60);
    await store.upsert(of('DeviceCode'), 'device', { userCode: 'BCDF' }, start + 60);
    assert.deepEqual((await store.findByUid(of('Session'), 'u-1'))?.payload, { uid: 'u-1', accountId: 'ada' });
    assert.ok(await store.findByUserCode(of('DeviceCode'), 'BCDF'));
    assert.equal(await store.findByUid(of('Session'), 'cookie'), undefined);
    assert.ok(!(await rows()).includes('BCDF'));
  });

  it('keeps no session out of an interaction: neither its cookie nor its uid', async () => {
    const session = { accountId: 'ada', cookie: 'the-cookie', uid: 'the-uid' };
    const payload = { session, returnTo: 'https://id.example/authorize/uid-1', params: { client_id: 'app' } };
    await store.upsert(of('Interaction'), 'uid-1', payload, start + 60);
    assert.deepEqual((await store.find(of('Interaction'), 'uid-1'))?.payload, {
      ...payload,
      session: { accountId: 'ada' },
    });
    const stored = await rows();
    for (const secret of ['the-cookie', 'the-uid', 'uid-1']) assert.ok(!stored.includes(secret), secret);
  });

  it('destroys all that a grant gave, and the grant, but no login that is waiting', async () => {
    await store.upsert(of('Grant'), 'g-1', { accountId: 'ada', clientId: 'app' }, undefined);
    await store.upsert(key, 'token', { grantId: 'g-1' }, undefined);
    await store.upsert(of('RefreshToken'), 'refresh', { grantId: 'g-1' }, undefined);
    await store.upsert(key, 'other', { grantId: 'g-2' }, undefined);
    await store.upsert(of('Interaction'), 'uid', { grantId: 'g-1' }, undefined);

    await store.destroyByGrant(key.tenantId, key.workspaceId, 'g-1', 'AccessToken');
    assert.equal(await store.find(key, 'token'), undefined);
    assert.ok(await store.find(of('RefreshToken'), 'refresh'));

    await store.destroyByGrant(key.tenantId, key.workspaceId, 'g-1');
    assert.equal(await store.find(of('Grant'), 'g-1'), undefined);
    assert.equal(await store.find(of('RefreshToken'), 'refresh'), undefined);
    assert.ok(await store.find(key, 'other'));
    assert.ok(await store.find(of('Interaction'), 'uid'));
  });

  it('destroys what a client holds or began, and what a person has', async () => {
    await store.upsert(key, 'token', { clientId: 'app', accountId: 'ada' }, undefined);
    await store.upsert(of('Interaction'), 'uid', { params: { client_id: 'app' } }, undefined);
    await store.upsert(of('Session'), 'cookie', { accountId: 'ada', uid: 'u' }, undefined);
    await store.upsert(of('Session'), 'cookie-2', { accountId: 'bob', uid: 'u2' }, undefined);
    await store.destroyByClient(key.tenantId, key.workspaceId, clientId('app'));
    assert.equal(await store.find(key, 'token'), undefined);
    assert.equal(await store.find(of('Interaction'), 'uid'), undefined);
    assert.ok(await store.find(of('Session'), 'cookie'));
    await store.destroyBySubject(key.tenantId, key.workspaceId, 'ada');
    assert.equal(await store.find(of('Session'), 'cookie'), undefined);
    assert.ok(await store.find(of('Session'), 'cookie-2'));
  });

  it('destroys some of what somebody has, a bounded number at a time', async () => {
    for (const id of ['a', 'b', 'c']) await store.upsert(key, id, { accountId: 'ada', clientId: 'app' }, undefined);
    await store.upsert(of('Grant'), 'g-1', { accountId: 'ada', clientId: 'app' }, undefined);
    await store.upsert(key, 'theirs', { accountId: 'bob', clientId: 'app', grantId: 'g-2' }, undefined);
    const destroy = (...rest: readonly [Parameters<ArtifactStore['destroySome']>[2], model?: string]) =>
      store.destroySome(key.tenantId, key.workspaceId, rest[0], {
        limit: 2,
        ...(rest[1] === undefined ? {} : { model: rest[1] }),
      });
    assert.equal(await destroy({ subject: 'ada' }, 'Grant'), 1);
    assert.equal(await destroy({ subject: 'ada' }), 2);
    assert.equal(await destroy({ subject: 'ada' }), 1);
    assert.equal(await destroy({ subject: 'ada' }), 0);
    assert.ok(await store.find(key, 'theirs'));
    assert.equal(await destroy({ client: 'app' }, 'ClientCredentials'), 0);
    assert.equal(await destroy({ grantId: 'g-2' }), 1);
    assert.equal(await rows(), '[]');
  });

  it('removes what nobody finds any more, a bounded number at a time', async () => {
    for (const id of ['a', 'b', 'c']) await store.upsert(key, id, {}, start - 1000);
    await store.upsert(key, 'alive', {}, start + 1000);
    await store.upsert(key, 'eternal', {}, undefined);
    assert.equal(await store.removeExpired(seconds * 1000, 2), 2);
    assert.equal(await store.removeExpired(seconds * 1000, 100), 1);
    assert.ok(await store.find(key, 'alive'));
    assert.ok(await store.find(key, 'eternal'));
  });

  it('goes with its workspace', async () => {
    await store.upsert(key, 'id', {}, undefined);
    await knex('workspaces').where({ tenant_id: key.tenantId, id: key.workspaceId }).delete();
    assert.equal(await rows(), '[]');
  });

  it('writes nothing outside of a transaction that fails', async () => {
    const failing = knex.transaction(async (transaction) => {
      await createArtifactStore(transaction, { clock: { now: () => seconds * 1000 } }).upsert(key, 'id', {}, undefined);
      throw new Error('the rest failed');
    });
    await assert.rejects(failing, /the rest failed/);
    assert.equal(await store.find(key, 'id'), undefined);
  });

  it('has no place for a workspace that does not exist', async () => {
    const nowhere = { ...key, tenantId: tenantId(newId()), workspaceId: workspaceId(newId()) };
    await assert.rejects(store.upsert(nowhere, 'id', {}, undefined));
  });
});
