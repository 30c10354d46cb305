import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { clientId, handoffId, interactionId, newId } from '../../../server/kernel/ids.ts';
import { handoffAfterlifeMs, type Handoff } from '../../../server/interactions/handoff.ts';
import { createHandoffStore, type SweepableHandoffStore } from '../../../server/interactions/handoff.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';
import { testSealer } from '../../support/stores.ts';

onEachDatabase('HandoffStore', (open) => {
  let knex: Knex;
  let handoffs: SweepableHandoffStore;
  before(async () => {
    knex = await open();
    handoffs = createHandoffStore(knex, { sealer: testSealer });
  });

  const fresh = async (members: Partial<Handoff> = {}): Promise<Handoff> => {
    const { tenant, workspace } = await seedWorkspace(knex);
    return {
      tenantId: tenant,
      workspaceId: workspace,
      id: handoffId(newId()),
      interactionId: interactionId(newId()),
      step: 'custom-app',
      round: 1,
      subject: 'sub-of-ada',
      targetId: 'kyc',
      clientId: clientId('kyc-client'),
      createdAt: noon,
      expiresAt: noon + 1000,
      answered: undefined,
      ...members,
    };
  };
  const answered = {
    at: noon + 1,
    answer: { kind: 'completed', context: { secret: 'planted-attribute' } },
    ticketHash: 'a'.repeat(43),
  } as const;

  it('finds a stay by its id, and the last of a step', async () => {
    const one = await handoffs.insertOnce(await fresh());
    const two = await handoffs.insertOnce({ ...one, id: handoffId(newId()), round: 2 });
    await handoffs.insertOnce({ ...one, id: handoffId(newId()), step: 'other', round: 3 });
    assert.deepEqual(await handoffs.find(one.tenantId, one.id), one);
    assert.equal(await handoffs.find(one.tenantId, handoffId(`${one.id} `)), undefined);
    const { tenantId, workspaceId, interactionId: login, step } = one;
    assert.deepEqual(await handoffs.findLast(tenantId, workspaceId, login, step), two);
    const { tenantId: other } = await fresh();
    assert.equal(await handoffs.find(other, one.id), undefined, 'another tenant');
  });

  it('keeps one stay of two tabs that open it at once', async () => {
    const one = await fresh();
    const both = await Promise.all([one, { ...one, id: handoffId(newId()) }].map((stay) => handoffs.insertOnce(stay)));
    assert.equal(both[0]?.id, both[1]?.id);
  });

  it('is answered once, however many answer at once', async () => {
    const one = await handoffs.insertOnce(await fresh());
    const won = await Promise.all([1, 2, 3].map(() => handoffs.answer(one.tenantId, one.id, answered)));
    assert.deepEqual(won.filter(Boolean), [true]);
    assert.deepEqual((await handoffs.find(one.tenantId, one.id))?.answered, answered);
  });

  it('seals what was said, and opens it in its own row alone', async () => {
    const one = await handoffs.insertOnce(await fresh());
    const two = await handoffs.insertOnce({ ...(await fresh()), tenantId: one.tenantId, workspaceId: one.workspaceId });
    for (const { tenantId, id } of [one, two]) await handoffs.answer(tenantId, id, answered);
    const rows: readonly { sealed_answer: string }[] = await knex('handoffs').where({ id: one.id });
    assert.ok(!JSON.stringify(rows).includes('planted-attribute'));
    await knex('handoffs').where({ id: two.id }).update({ sealed_answer: rows[0]?.sealed_answer });
    await assert.rejects(handoffs.find(two.tenantId, two.id));
  });

  it('goes a week after its time', async () => {
    const one = await handoffs.insertOnce(await fresh({ expiresAt: 1000 }));
    await handoffs.removeExpired(1000 + handoffAfterlifeMs, 10);
    assert.notEqual(await handoffs.find(one.tenantId, one.id), undefined);
    await handoffs.removeExpired(1001 + handoffAfterlifeMs, 10);
    assert.equal(await handoffs.find(one.tenantId, one.id), undefined);
  });
});
