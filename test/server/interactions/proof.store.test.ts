import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { createProofStore, proofAfterlifeMs } from '../../../server/interactions/proof.store.ts';
import type { SweepableProofStore } from '../../../server/interactions/proof.store.ts';
import type { Proof, ProofContent } from '../../../server/interactions/proof.ts';
import { clientId, idpId, interactionId, newId, proofId, tenantId, userId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

const authenticated: ProofContent = {
  kind: 'authenticated',
  person: {
    subject: 'planted-subject',
    idpId: idpId('demo'),
    idpSubject: 'planted-name',
    userId: userId('u'),
    amr: ['pwd'],
    acr: undefined,
    authTime: noon / 1000,
  },
  credential: undefined,
  context: { email: 'planted@example.com', password: 'planted-password' },
  satisfied: ['idp:demo'],
};

onEachDatabase('ProofStore', (open) => {
  const sealer = createSealer(randomBytes(32));
  let knex: Knex;
  let proofs: SweepableProofStore;
  /** The same rows through a pool of its own, as another process has them. */
  let elsewhere: SweepableProofStore;

  before(async () => {
    knex = await open();
    proofs = createProofStore(knex, { sealer });
    elsewhere = createProofStore(await open(), { sealer });
  });

  const fresh = async (members: Partial<Proof> = {}): Promise<Proof> => {
    const { tenant, workspace } = await seedWorkspace(knex);
    return {
      tenantId: tenant,
      workspaceId: workspace,
      id: proofId(newId()),
      interactionId: interactionId(newId()),
      clientId: clientId('client'),
      idpId: idpId('demo'),
      update: 'authenticated',
      nonce: newId(),
      content: authenticated,
      createdAt: noon,
      expiresAt: noon + 1000,
      consumedBy: undefined,
      ...members,
    };
  };
  const idsOf = ({ tenantId, workspaceId, id }: Proof) => [tenantId, workspaceId, id] as const;
  const rowsOf = (proof: Proof) => knex('proofs').where({ interaction_id: proof.interactionId });

  it('gives back what was inserted, of every kind', async () => {
    const contents: ProofContent[] = [
      authenticated,
      { kind: 'consented', subject: 'sub-of-ada', decision: 'allow', grantedScopes: ['openid'], details: { a: [1] } },
      { kind: 'step', subject: 'sub-of-ada', stepId: 'terms', outcome: 'passed', data: { version: 3 } },
    ];
    for (const content of contents) {
      const proof = await fresh({ content, idpId: content.kind === 'authenticated' ? idpId('demo') : undefined });
      assert.deepEqual(await proofs.insertOnce(proof), proof);
      assert.deepEqual(await proofs.find(...idsOf(proof)), proof);
    }
  });

  it('seals what was proven: a dump of the table tells nothing, and a row put elsewhere does not open', async () => {
    const proof = await fresh();
    await proofs.insertOnce(proof);
    const dump = JSON.stringify(await knex('proofs').select());
    assert.ok(dump.includes(proof.nonce));
    assert.doesNotMatch(dump, /planted/);
    const moved = newId();
    await rowsOf(proof).update({ id: moved });
    await assert.rejects(proofs.find(proof.tenantId, proof.workspaceId, proofId(moved)), { code: 'internal' });
    await rowsOf(proof).delete();
  });

  it('answers the same first row to 20 submits of one form', async () => {
    const proof = await fresh();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? proofs : elsewhere).insertOnce({ ...proof, id: proofId(newId()), createdAt: noon + n }),
      ),
    );
    assert.deepEqual(await rowsOf(proof).count({ rows: '*' }), [{ rows: 1 }]);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });

  it('keeps one row for each step and each nonce of a login, listed oldest first', async () => {
    const first = await fresh();
    const second = { ...first, id: proofId('b'), nonce: 'another', createdAt: noon + 1 };
    const third = { ...first, id: proofId('a'), update: 'consented', createdAt: noon + 2 };
    for (const proof of [third, first, second]) await proofs.insertOnce(proof);
    assert.deepEqual(await proofs.listOf(first.tenantId, first.workspaceId, first.interactionId), [
      first,
      second,
      third,
    ]);
  });

  it('refuses a nonce that is too long, instead of cutting it', async () => {
    const proof = await fresh({ nonce: 'n'.repeat(600) });
    await proofs.insertOnce(proof).catch(() => undefined);
    const kept: unknown[] = await rowsOf(proof).pluck('nonce');
    for (const nonce of kept) assert.equal(nonce, proof.nonce);
  });

  it('is spent by exactly one of 20 spenders', async () => {
    const proof = await fresh();
    await proofs.insertOnce(proof);
    const spent = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? proofs : elsewhere).consume(...idsOf(proof), `login/${String(n)}`),
      ),
    );
    const winners = spent.filter((answer) => answer !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual(await proofs.find(...idsOf(proof)), winners[0]);
  });

  it('is spent again by the same step, whose first answer was lost, and by nobody else', async () => {
    const proof = await fresh();
    await proofs.insertOnce(proof);
    const spent = { ...proof, consumedBy: 'login/authenticated' };
    assert.deepEqual(await proofs.consume(...idsOf(proof), 'login/authenticated'), spent);
    assert.deepEqual(await proofs.consume(...idsOf(proof), 'login/authenticated'), spent);
    assert.equal(await proofs.consume(...idsOf(proof), 'login/AUTHENTICATED'), undefined);
    assert.equal(await proofs.consume(...idsOf(proof), 'other/authenticated'), undefined);
    assert.deepEqual(await proofs.find(...idsOf(proof)), spent);
  });

  it('is spent after its expiry too: an outage must not void a right password', async () => {
    const proof = await fresh({ expiresAt: 1 });
    await proofs.insertOnce(proof);
    assert.notEqual(await proofs.consume(...idsOf(proof), 'login/authenticated'), undefined);
  });

  it('is unspent again when the transaction that spent it fails', async () => {
    const proof = await fresh();
    await proofs.insertOnce(proof);
    await assert.rejects(
      knex.transaction(async (transaction) => {
        assert.notEqual(await createProofStore(transaction, { sealer }).consume(...idsOf(proof), 'lost'), undefined);
        throw new Error('the process dies here');
      }),
      /dies here/,
    );
    assert.notEqual(await proofs.consume(...idsOf(proof), 'again'), undefined);
  });

  it('does not exist for another tenant or workspace', async () => {
    const proof = await fresh();
    await proofs.insertOnce(proof);
    const { tenant, workspace } = await seedWorkspace(knex, proof.tenantId);
    for (const [t, w] of [
      [tenant, workspace],
      [tenantId('other'), proof.workspaceId],
    ] as const) {
      assert.equal(await proofs.find(t, w, proof.id), undefined);
      assert.equal(await proofs.consume(t, w, proof.id, 'thief'), undefined);
      assert.deepEqual(await proofs.listOf(t, w, proof.interactionId), []);
    }
    assert.deepEqual(await proofs.find(...idsOf(proof)), proof);
  });

  it('is swept when no login can ask for it any more', async () => {
    await knex('proofs').delete();
    for (const expiresAt of [noon, noon + 1, noon + 2]) await proofs.insertOnce(await fresh({ expiresAt }));
    assert.equal(await proofs.removeExpired(noon + 2, 10), 0);
    assert.equal(await proofs.removeExpired(noon + 2 + proofAfterlifeMs, 1), 1);
    assert.equal(await proofs.removeExpired(noon + 2 + proofAfterlifeMs, 10), 1);
    assert.deepEqual(await knex('proofs').pluck('expires_at'), [noon + 2]);
  });
});
