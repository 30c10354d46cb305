import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createConsentStore } from '../../../server/consents/consent.store.ts';
import type { Consent, ConsentStore } from '../../../server/consents/consent.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, consentId, interactionId, newId, tenantId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('ConsentStore', (open) => {
  let knex: Knex;
  let consents: ConsentStore;

  before(async () => {
    knex = await open();
    consents = createConsentStore(knex);
  });

  const fresh = async (members: Partial<Consent> = {}): Promise<Consent> => {
    const { tenant, workspace } = await seedWorkspace(knex);
    return {
      tenantId: tenant,
      workspaceId: workspace,
      id: consentId(newId()),
      type: 'generic',
      subject: 'zoë',
      clientId: clientId('client'),
      grantId: 'grant',
      grantedScopes: ['openid', 'email'],
      deniedScopes: ['phone'],
      details: { accounts: ['1'] },
      interactionId: interactionId('i'),
      grantedAt: noon,
      expiresAt: undefined,
      revokedAt: undefined,
      ...members,
    };
  };
  const idsOf = ({ tenantId, workspaceId, id }: Consent) => [tenantId, workspaceId, id] as const;
  const active = ({ tenantId, workspaceId, subject, clientId }: Consent, now: number) =>
    consents.findActive(tenantId, workspaceId, subject, clientId, now);

  it('gives back what was inserted, once', async () => {
    for (const members of [{}, { expiresAt: noon + 1, revokedAt: noon + 2 }]) {
      const consent = await fresh(members);
      await consents.insert(consent);
      assert.deepEqual(await consents.find(...idsOf(consent)), consent);
      await assert.rejects(consents.insert(consent), (error) => isPlatformError(error, 'conflict'));
    }
  });

  it('finds the newest that is neither revoked nor expired', async () => {
    const old = await fresh();
    const expiring = { ...old, id: consentId('b'), grantedAt: noon + 1, expiresAt: noon + 10 };
    const newest = { ...old, id: consentId('c'), grantedAt: noon + 2 };
    for (const consent of [newest, expiring, old]) await consents.insert(consent);
    assert.deepEqual(await active(old, noon + 5), newest);
    await consents.revoke(...idsOf(newest), noon + 3);
    assert.deepEqual(await active(old, noon + 9), expiring);
    assert.deepEqual(await active(old, noon + 10), old);
    await consents.revoke(...idsOf(old), noon + 3);
    assert.equal(await active(old, noon + 10), undefined);
  });

  it('is another person’s where the subject differs by case, an accent or its client', async () => {
    const consent = await fresh();
    await consents.insert(consent);
    for (const other of [{ subject: 'Zoë' }, { subject: 'zoe' }, { clientId: clientId('Client') }]) {
      assert.equal(await active({ ...consent, ...other }, noon), undefined);
    }
  });

  it('lists what a person granted, newest first, the revoked included', async () => {
    const first = await fresh({ revokedAt: noon });
    const second = { ...first, id: consentId(newId()), grantedAt: noon + 1, revokedAt: undefined };
    await consents.insert(first);
    await consents.insert(second);
    await consents.insert({ ...first, id: consentId(newId()), subject: 'somebody else' });
    assert.deepEqual(await consents.listBySubject(first.tenantId, first.workspaceId, 'zoë'), [second, first]);
  });

  it('is revoked once, by exactly one of 20 callers', async () => {
    const consent = await fresh();
    await consents.insert(consent);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => ({
        at: noon + n,
        won: await consents.revoke(...idsOf(consent), noon + n),
      })),
    );
    const winners = answers.filter(({ won }) => won);
    assert.equal(winners.length, 1);
    assert.equal((await consents.find(...idsOf(consent)))?.revokedAt, winners[0]?.at);
  });

  it('does not exist for another tenant or workspace', async () => {
    const consent = await fresh();
    await consents.insert(consent);
    const { tenant, workspace } = await seedWorkspace(knex, consent.tenantId);
    for (const [t, w] of [
      [tenant, workspace],
      [tenantId('other'), consent.workspaceId],
    ] as const) {
      assert.equal(await consents.find(t, w, consent.id), undefined);
      assert.equal(await consents.findActive(t, w, consent.subject, consent.clientId, noon), undefined);
      assert.deepEqual(await consents.listBySubject(t, w, consent.subject), []);
      assert.equal(await consents.revoke(t, w, consent.id, noon), false);
    }
    assert.deepEqual(await consents.find(...idsOf(consent)), consent);
  });
});
