import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { z } from 'zod';
import { coreMigrations } from '../../../migrations/index.ts';
import { definePlugin, type Consent, type ConsentType, type Plugin } from '../../../plugins/kit/index.ts';
import { createEventStore } from '../../../server/audit/event.store.ts';
import { createOutboxRelay } from '../../../server/audit/outbox.relay.ts';
import { createOutboxStore } from '../../../server/audit/outbox.store.ts';
import { createConsentHooks } from '../../../server/consents/consent-hooks.ts';
import { createConsentService } from '../../../server/consents/consent.service.ts';
import { createConsentStore } from '../../../server/consents/consent.store.ts';
import { createGenericConsent } from '../../../server/consents/generic-consent.ts';
import { openDatabase } from '../../../server/db/knex.ts';
import { migrateLatest } from '../../../server/db/migrate.ts';
import { coreHistory } from '../../../server/db/migration.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { createDoorbell } from '../../../server/deliveries/doorbell.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { clientId, consentId, interactionId, newId } from '../../../server/kernel/ids.ts';
import { createArtifactStore } from '../../../server/oauth2/artifact.store.ts';
import { createAuthenticationSnapshotStore } from '../../../server/sessions/session.store.ts';
import type { WorkspaceSettings } from '../../../server/workspaces/workspace.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, testSealer } from '../../support/stores.ts';

describe('createConsentHooks', () => {
  let knex: Awaited<ReturnType<typeof openDatabase>>;
  let place: Awaited<ReturnType<typeof seedTenant>>;
  const clock = heldClock();
  /** Emits what a hook was called with. */
  let calls: EventEmitter;
  let stop: () => Promise<void>;

  before(async () => {
    knex = await openDatabase({ url: 'sqlite::memory:' });
    await migrateLatest(knex, { history: coreHistory, migrations: coreMigrations });
  });
  after(() => knex.destroy());
  beforeEach(async () => {
    await knex('outbox').delete();
    place = await seedTenant(knex);
    calls = new EventEmitter();
    stop = () => Promise.resolve();
  });
  afterEach(() => stop());

  const pluginWith = (hooks: Pick<ConsentType, 'onAuthorize' | 'onRevoke'>): Plugin =>
    definePlugin({
      id: 'accounts',
      title: 'Accounts',
      config: { workspace: z.object({}) },
      setup(ext) {
        ext.consentType({ ...createGenericConsent(), id: 'accounts', selects: () => true, ...hooks });
      },
    });

  /** The platform's own stores and relay, with this plugin installed. */
  function start(plugins: readonly Plugin[]) {
    const consents = createConsentStore(knex);
    const { workspaces } = storesOf(knex);
    const observers = createConsentHooks({ extensions: createExtensionRegistry(plugins), consents, workspaces });
    const stores = (executor: typeof knex) => ({
      consents: createConsentStore(executor),
      artifacts: createArtifactStore(executor, { clock }),
      snapshots: createAuthenticationSnapshotStore(executor, { sealer: testSealer }),
      outbox: createEventStore(executor, { clock, observers }),
    });
    const unitOfWork = createUnitOfWork(knex, stores);
    const outbox = createOutboxStore(knex);
    const doorbell = createDoorbell();
    const relay = createOutboxRelay({
      outbox: {
        ...outbox,
        async remove(delivery) {
          await outbox.remove(delivery);
          calls.emit('delivered');
        },
        async postpone(delivery, dueAt) {
          await outbox.postpone(delivery, dueAt);
          clock.set(dueAt);
          doorbell.ring();
        },
      },
      observers,
      doorbell,
      clock,
      log: { warn: () => undefined },
    });
    relay.start();
    stop = () => relay.stop();
    return { observers, doorbell, unitOfWork, service: createConsentService({ unitOfWork, clock }) };
  }

  const enable = async (plugins: WorkspaceSettings['plugins']): Promise<void> => {
    const { workspaces } = storesOf(knex);
    const workspace = await workspaces.find(place.tenant, place.workspace);
    assert.ok(workspace);
    await workspaces.update({ ...workspace, settings: { ...workspace.settings, plugins } });
  };

  /** As a login's commit writes it. */
  async function consent({ unitOfWork, doorbell }: ReturnType<typeof start>, type = 'accounts'): Promise<Consent> {
    const made: Consent = {
      tenantId: place.tenant,
      workspaceId: place.workspace,
      id: consentId(newId()),
      type,
      subject: 'sub-of-ada',
      clientId: clientId('app'),
      grantId: newId(),
      grantedScopes: ['openid'],
      deniedScopes: [],
      details: {},
      interactionId: interactionId(newId()),
      grantedAt: noon,
      expiresAt: undefined,
      revokedAt: undefined,
    };
    await unitOfWork.run(async ({ consents, outbox }) => {
      await consents.insert(made);
      await outbox.append({
        tenantId: made.tenantId,
        workspaceId: made.workspaceId,
        subject: 'consent',
        action: 'created',
        metadata: {},
        payload: { consent_created: { consent: { id: made.id, type, scopes: made.grantedScopes } } },
      });
    });
    doorbell.ring();
    return made;
  }
  const waiting = async (): Promise<number> => (await knex('outbox').select('event_id')).length;
  const told = (name: 'onAuthorize' | 'onRevoke') => (heard: Consent) => {
    calls.emit(name, heard);
    return Promise.resolve();
  };

  it('tells a type of its consents after they were committed, and of those taken back', async () => {
    await enable({ accounts: {} });
    const platform = start([pluginWith({ onAuthorize: told('onAuthorize'), onRevoke: told('onRevoke') })]);
    const authorized = once(calls, 'onAuthorize');
    const made = await consent(platform);
    assert.deepEqual(await authorized, [made]);
    const revoked = once(calls, 'onRevoke');
    await platform.service.revoke(made.tenantId, made.workspaceId, made.id, made.subject);
    platform.doorbell.ring();
    assert.deepEqual(await revoked, [{ ...made, revokedAt: clock.now() }]);
  });

  it('tells it again until its hook succeeds', async () => {
    await enable({ accounts: {} });
    let failures = 2;
    const platform = start([
      pluginWith({
        onAuthorize: (heard) => {
          calls.emit('tried');
          if (failures-- > 0) return Promise.reject(new Error('the bank is away'));
          return told('onAuthorize')(heard);
        },
      }),
    ]);
    let tries = 0;
    calls.on('tried', () => (tries += 1));
    const [authorized, delivered] = [once(calls, 'onAuthorize'), once(calls, 'delivered')];
    const made = await consent(platform);
    assert.deepEqual(await authorized, [made]);
    await delivered;
    assert.equal(tries, 3);
    assert.equal(await waiting(), 0);
  });

  it('tells nothing of a consent that was not committed', async () => {
    const { unitOfWork } = start([pluginWith({ onAuthorize: told('onAuthorize') })]);
    const failed = unitOfWork.run(async ({ outbox }) => {
      await outbox.append({
        tenantId: place.tenant,
        workspaceId: place.workspace,
        subject: 'consent',
        action: 'created',
        metadata: {},
        payload: { consent_created: { consent: { id: 'c', type: 'accounts', scopes: [] } } },
      });
      throw new RangeError('no');
    });
    await assert.rejects(failed, RangeError);
    assert.equal(await waiting(), 0);
  });

  it('notes nothing down for a type without that hook, nor for any other type', async () => {
    await enable({ accounts: {} });
    const platform = start([pluginWith({ onRevoke: told('onRevoke') })]);
    await stop();
    await consent(platform);
    await consent(platform, 'generic');
    assert.equal(await waiting(), 0);
    const made = await consent(platform);
    await platform.service.revoke(made.tenantId, made.workspaceId, made.id, made.subject);
    assert.equal(await waiting(), 1);
  });

  it('is nobody at all where no type has hooks', () => {
    assert.deepEqual(start([pluginWith({})]).observers, []);
    assert.deepEqual(start([]).observers, []);
  });

  it('does not call a plugin that is disabled by then', async () => {
    const platform = start([pluginWith({ onAuthorize: told('onAuthorize') })]);
    let called = false;
    calls.on('onAuthorize', () => (called = true));
    const delivered = once(calls, 'delivered');
    await consent(platform);
    await delivered;
    assert.equal(called, false);
    assert.equal(await waiting(), 0);
  });
});
