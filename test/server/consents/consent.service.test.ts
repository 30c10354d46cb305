import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createEventStore } from '../../../server/audit/event.store.ts';
import { createConsentService, type ConsentStores } from '../../../server/consents/consent.service.ts';
import { createConsentStore } from '../../../server/consents/consent.store.ts';
import type { Consent } from '../../../server/consents/consent.ts';
import { createSealer } from '../../../server/db/secrets-at-rest.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, consentId, idpId, interactionId, newId } from '../../../server/kernel/ids.ts';
import { createAuthenticationSnapshotStore } from '../../../server/sessions/session.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, seedWorkspace } from '../../support/seeded.ts';

onEachDatabase('ConsentService.revoke', (open) => {
  const clock = { now: () => noon + 5 };
  const sealer = createSealer(randomBytes(32));
  let knex: Knex;
  let destroyed: string[][];
  let failing: boolean;

  before(async () => {
    knex = await open();
  });
  beforeEach(() => {
    destroyed = [];
    failing = false;
  });

  const service = () =>
    createConsentService({
      clock,
      unitOfWork: createUnitOfWork<ConsentStores>(knex, (executor) => ({
        consents: createConsentStore(executor),
        snapshots: createAuthenticationSnapshotStore(executor, { sealer }),
        outbox: createEventStore(executor, { clock, observers: [{ name: 'webhooks', wants: () => true }] }),
        artifacts: {
          destroyByGrant: (tenant, workspace, grantId) => {
            destroyed.push([tenant, workspace, grantId]);
            return failing ? Promise.reject(new Error('the database is away')) : Promise.resolve();
          },
        },
      })),
    });

  const granted = async (): Promise<Consent> => {
    const { tenant, workspace } = await seedWorkspace(knex);
    const consent: Consent = {
      tenantId: tenant,
      workspaceId: workspace,
      id: consentId(newId()),
      type: 'generic',
      subject: 'zoë',
      clientId: clientId('client'),
      grantId: newId(),
      grantedScopes: ['openid'],
      deniedScopes: [],
      details: {},
      interactionId: interactionId('i'),
      grantedAt: noon,
      expiresAt: undefined,
      revokedAt: undefined,
    };
    await createConsentStore(knex).insert(consent);
    await createAuthenticationSnapshotStore(knex, { sealer }).insert(
      tenant,
      workspace,
      {
        grantId: consent.grantId,
        subject: 'zoë',
        clientId: consent.clientId,
        interactionId: consent.interactionId,
        idpId: idpId('demo'),
        idpSubject: 'zoë',
        userId: undefined,
        amr: [],
        acr: undefined,
        authTime: 1,
        context: {},
        satisfied: [],
      },
      noon + 1000,
    );
    return consent;
  };
  const revoke = ({ tenantId, workspaceId, id }: Consent, subject: string) =>
    service().revoke(tenantId, workspaceId, id, subject);
  const state = async (consent: Consent) => ({
    revokedAt: (await createConsentStore(knex).find(consent.tenantId, consent.workspaceId, consent.id))?.revokedAt,
    snapshots: await knex('authentication_snapshots').where({ grant_id: consent.grantId }).pluck('grant_id'),
    events: await knex('audit_events').where({ tenant_id: consent.tenantId }).select('subject', 'action', 'payload'),
    deliveries: await knex('outbox').where({ tenant_id: consent.tenantId }).pluck('observer'),
  });
  const untouched = (consent: Consent) => ({
    revokedAt: undefined,
    snapshots: [consent.grantId],
    events: [],
    deliveries: [],
  });

  it('ends the grant, and tells of it', async () => {
    const consent = await granted();
    await revoke(consent, 'zoë');
    assert.deepEqual(destroyed, [[consent.tenantId, consent.workspaceId, consent.grantId]]);
    const { events, ...after } = await state(consent);
    assert.deepEqual(after, { revokedAt: noon + 5, snapshots: [], deliveries: ['webhooks'] });
    const payload = { consent_revoked: { consent: { id: consent.id, type: 'generic', scopes: ['openid'] } } };
    assert.deepEqual(events, [{ subject: 'consent', action: 'revoked', payload: JSON.stringify(payload) }]);
  });

  it('refuses anybody but the owner, in the words for a consent that is not there', async () => {
    const consent = await granted();
    const refusals: unknown[] = [];
    for (const subject of ['Zoë', 'zoe', 'somebody', ''])
      await revoke(consent, subject).catch((error: unknown) => refusals.push(error));
    await revoke({ ...consent, id: consentId(newId()) }, 'zoë').catch((error: unknown) => refusals.push(error));
    assert.equal(refusals.length, 5);
    for (const refusal of refusals) {
      assert.ok(isPlatformError(refusal, 'not_found'));
      assert.equal(refusal.message, 'There is no consent with this id.');
    }
    assert.deepEqual(destroyed, []);
    assert.deepEqual(await state(consent), untouched(consent));
  });

  it('changes nothing the second time', async () => {
    const consent = await granted();
    await revoke(consent, 'zoë');
    await revoke(consent, 'zoë');
    assert.equal(destroyed.length, 1);
    assert.equal((await state(consent)).events.length, 1);
  });

  it('is undone as a whole when the grant cannot be ended', async () => {
    const consent = await granted();
    failing = true;
    await assert.rejects(revoke(consent, 'zoë'), /the database is away/);
    assert.deepEqual(await state(consent), untouched(consent));
  });
});
