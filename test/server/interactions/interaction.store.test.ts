import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createInteractionStore } from '../../../server/interactions/interaction.store.ts';
import type { SweepableInteractionStore } from '../../../server/interactions/interaction.store.ts';
import { interactionAfterlifeMs } from '../../../server/interactions/interaction.ts';
import type { Interaction, ProvenPerson } from '../../../server/interactions/interaction.ts';
import { clientId, idpId, interactionId, newId, tenantId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

const person: ProvenPerson = {
  subject: 'a-subject',
  idpId: idpId('demo'),
  idpSubject: 'zoë',
  userId: undefined,
  amr: ['pwd'],
  acr: undefined,
  authTime: noon / 1000,
};

onEachDatabase('InteractionStore', (open) => {
  let knex: Knex;
  /** The same rows through a pool of its own, as another process has them. */
  let elsewhere: SweepableInteractionStore;
  let interactions: SweepableInteractionStore;

  before(async () => {
    knex = await open();
    interactions = createInteractionStore(knex);
    elsewhere = createInteractionStore(await open());
  });

  const fresh = async (members: Partial<Interaction> = {}): Promise<Interaction> => {
    const { tenant, workspace } = await seedWorkspace(knex);
    return {
      tenantId: tenant,
      workspaceId: workspace,
      id: interactionId(newId()),
      uid: newId(),
      clientId: clientId('client'),
      state: 'open',
      step: 'authenticate',
      person: undefined,
      reason: undefined,
      startedAt: noon,
      expiresAt: noon + 1000,
      committedAt: undefined,
      attempt: undefined,
      ...members,
    };
  };
  const inserted = async (members: Partial<Interaction> = {}): Promise<Interaction> => {
    const interaction = await fresh(members);
    await interactions.insertOnce(interaction);
    return interaction;
  };
  const idsOf = ({ tenantId, workspaceId, id }: Interaction) => [tenantId, workspaceId, id] as const;
  const found = (interaction: Interaction) => interactions.find(...idsOf(interaction));

  it('gives back what was inserted, by id and by uid', async () => {
    for (const members of [
      {},
      { person: { ...person, userId: userId('u'), acr: 'urn:x' }, reason: 'why', committedAt: noon },
    ]) {
      const interaction = await inserted(members);
      assert.deepEqual(await found(interaction), interaction);
      const byUid = await interactions.findByUid(interaction.tenantId, interaction.workspaceId, interaction.uid);
      assert.deepEqual(byUid, interaction);
    }
  });

  it('keeps the first of 20 tabs that open the same login at once', async () => {
    const interaction = await fresh();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? interactions : elsewhere).insertOnce({ ...interaction, step: `tab-${String(n)}` }),
      ),
    );
    assert.deepEqual(await knex('interactions').where({ id: interaction.id }).count({ rows: '*' }), [{ rows: 1 }]);
    const first = await found(interaction);
    await interactions.insertOnce({ ...interaction, step: 'late' });
    assert.deepEqual(await found(interaction), first);
  });

  it('refuses a value that is too long, instead of cutting it', async () => {
    const interaction = await fresh({ uid: 'u'.repeat(129) });
    await interactions.insertOnce(interaction).catch(() => undefined);
    assert.equal(
      await interactions.findByUid(interaction.tenantId, interaction.workspaceId, 'u'.repeat(128)),
      undefined,
    );
  });

  it('advances while it is open, also when a retried activity writes the same again', async () => {
    const interaction = await inserted();
    assert.equal(await interactions.advance(...idsOf(interaction), { step: 'consent', person }), true);
    assert.equal(await interactions.advance(...idsOf(interaction), { step: 'consent', person }), true);
    assert.deepEqual(await found(interaction), { ...interaction, step: 'consent', person });
  });

  it('advances no more once it has ended', async () => {
    const interaction = await inserted();
    await interactions.end(...idsOf(interaction), { state: 'denied', reason: 'consent_denied', at: noon });
    assert.equal(await interactions.advance(...idsOf(interaction), { step: 'consent', person }), false);
    assert.deepEqual(await found(interaction), {
      ...interaction,
      state: 'denied',
      reason: 'consent_denied',
      committedAt: noon,
    });
  });

  it('ends for exactly one of 20 callers, and as that one said', async () => {
    const interaction = await inserted();
    const ends = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const at = noon + n;
        const store = n % 2 === 0 ? interactions : elsewhere;
        return { at, ended: await store.end(...idsOf(interaction), { state: 'granted', reason: 'granted', at }) };
      }),
    );
    const [winner, ...others] = ends.filter(({ ended }) => ended);
    assert.deepEqual(others, []);
    assert.equal((await found(interaction))?.committedAt, winner?.at);
  });

  it('does not exist for another tenant or workspace', async () => {
    const interaction = await inserted();
    const { tenant, workspace } = await seedWorkspace(knex, interaction.tenantId);
    for (const [t, w] of [
      [tenant, workspace],
      [tenantId('other'), interaction.workspaceId],
      [tenantId('other'), workspaceId('other')],
    ] as const) {
      assert.equal(await interactions.find(t, w, interaction.id), undefined);
      assert.equal(await interactions.findByUid(t, w, interaction.uid), undefined);
      assert.equal(await interactions.advance(t, w, interaction.id, { step: 'stolen', person }), false);
      assert.equal(await interactions.end(t, w, interaction.id, { state: 'granted', reason: 'stolen', at: 1 }), false);
    }
    assert.deepEqual(await found(interaction), interaction);
  });

  it('is swept a week after its lifetime, oldest first and so many at a time', async () => {
    await knex('interactions').delete();
    for (const expiresAt of [noon, noon + 1, noon + 2, noon + 3]) await inserted({ expiresAt });
    const now = noon + 3 + interactionAfterlifeMs;
    assert.equal(await interactions.removeExpired(now, 2), 2);
    assert.deepEqual(await knex('interactions').orderBy('expires_at').pluck('expires_at'), [noon + 2, noon + 3]);
    assert.equal(await interactions.removeExpired(now, 2), 1);
    assert.equal(await interactions.removeExpired(now, 2), 0);
  });

  it('follows the engine to another uid while it is open, and never after', async () => {
    const interaction = await inserted();
    await interactions.moveTo(...idsOf(interaction), 'uid-2');
    assert.equal((await found(interaction))?.uid, 'uid-2');
    await interactions.end(...idsOf(interaction), { state: 'denied', reason: 'cancelled', at: noon });
    await interactions.moveTo(...idsOf(interaction), 'uid-3');
    assert.equal((await found(interaction))?.uid, 'uid-2');
  });
});
