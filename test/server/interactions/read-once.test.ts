/** One transaction of a login reads each row once, and never an old one after it wrote. */
import assert from 'node:assert/strict';
import { coreMigrations } from '../../../migrations/index.ts';
import { openDatabase } from '../../../server/db/knex.ts';
import { migrateLatest } from '../../../server/db/migrate.ts';
import { coreHistory } from '../../../server/db/migration.ts';
import { readOnce } from '../../../server/interactions/read-once.ts';
import { newId, proofId } from '../../../server/kernel/ids.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';

describe('readOnce', () => {
  let house: LoginRows;

  beforeEach(async () => {
    const knex = await openDatabase({ url: 'sqlite::memory:' });
    await migrateLatest(knex, { history: coreHistory, migrations: coreMigrations });
    house = await openLoginRows(knex);
  });
  afterEach(() => house.knex.destroy());

  async function queriesOf(work: () => Promise<unknown>): Promise<number> {
    let queries = 0;
    const count = () => {
      queries += 1;
    };
    house.knex.on('query', count);
    await work();
    house.knex.removeListener('query', count);
    return queries;
  }

  it('asks the database once for what is asked for again, and again for what is another row', async () => {
    const { tenantId, workspaceId, id, uid } = await house.begin();
    const stores = readOnce(house.stores);
    const reads = [
      () => stores.proofs.listOf(tenantId, workspaceId, id),
      () => stores.idps.find(tenantId, workspaceId, house.idp.id),
      () => stores.consents.findActive(tenantId, workspaceId, house.ada.subject, house.client.id, 1),
      () => stores.artifacts.find({ tenantId, workspaceId, model: 'Interaction' }, uid),
    ];
    for (const read of reads) {
      assert.equal(await queriesOf(read), 1);
      const known = await read();
      assert.equal(await queriesOf(async () => assert.deepEqual(await read(), known)), 0);
    }
    const other = await house.begin();
    assert.equal(await queriesOf(() => stores.proofs.listOf(tenantId, workspaceId, other.id)), 1);
  });

  it('knows a proof that it spent as spent, and finds one that it kept', async () => {
    const login = await house.begin();
    const { tenantId, workspaceId, id } = login;
    const proof = await house.prove(login, house.password);
    const stores = readOnce(house.stores);
    const list = () => stores.proofs.listOf(tenantId, workspaceId, id);
    assert.deepEqual(await list(), [proof]);
    await stores.proofs.consume(tenantId, workspaceId, proof.id, 'login/authenticate');
    assert.equal(await queriesOf(async () => assert.equal((await list())[0]?.consumedBy, 'login/authenticate')), 0);
    assert.equal(await stores.proofs.consume(tenantId, workspaceId, proof.id, 'thief'), undefined);
    assert.equal((await list())[0]?.consumedBy, 'login/authenticate');

    const later = { ...proof, id: proofId(newId()), nonce: newId(), createdAt: proof.createdAt + 2 };
    const earlier = { ...later, id: proofId(newId()), nonce: newId(), createdAt: proof.createdAt + 1 };
    await stores.proofs.insertOnce(later);
    await stores.proofs.insertOnce(earlier);
    const all = [proof.id, earlier.id, later.id];
    const listed = async () => (await list()).map((one) => one.id);
    assert.equal(await queriesOf(async () => assert.deepEqual(await listed(), all)), 0, 'it knows what it wrote');
    const again = await stores.proofs.insertOnce({ ...later, id: proofId(newId()) });
    assert.equal(again.id, later.id, 'the same submit is the row that is there');
    assert.deepEqual(await listed(), all);
    const other = await house.begin();
    assert.deepEqual(await stores.proofs.listOf(tenantId, workspaceId, other.id), []);
  });

  it('reads an artifact again that it wrote', async () => {
    const { tenantId, workspaceId, uid } = await house.begin();
    const stores = readOnce(house.stores);
    const key = { tenantId, workspaceId, model: 'Interaction' };
    const before = await stores.artifacts.find(key, uid);
    assert.ok(before !== undefined);
    await stores.artifacts.upsert(key, uid, { ...before.payload, result: { login: {} } }, undefined);
    assert.deepEqual((await stores.artifacts.find(key, uid))?.payload['result'], { login: {} });
  });
});
