/** THE composition root: the only file that builds things. What it makes is handed on, never looked up. */
import { hkdfSync } from 'node:crypto';
import type { Knex } from 'knex';
import { coreMigrations } from '../migrations/index.ts';
import { plugins as installedPlugins } from '../plugins/index.ts';
import { startScriptsRuntime } from '../scripts-runtime/index.ts';
import type { KeyRing } from '../workflows/contract/key-ring.ts';
import { createApprovalStore } from './approvals/approval.store.ts';
import { createRoleStore } from './access/role.store.ts';
import { createEventLog } from './audit/event-log.store.ts';
import { createEventStore } from './audit/event.store.ts';
import { createOutboxStore } from './audit/outbox.store.ts';
import { createExtensionObservers } from './audit/extension-observers.ts';
import type { AuditObserver } from './audit/event.ts';
import { bootstrap, type BootstrapReport } from './bootstrap/bootstrap.ts';
import { createAbandonedRegistrationStore } from './codes/abandoned-registration.store.ts';
import { createCodeStore } from './codes/code.store.ts';
import { createFormerCredentialsStore } from './codes/former-credentials.store.ts';
import { createClientMemory, type ClientMemory } from './clients/client-memory.ts';
import { createClientStore } from './clients/client.store.ts';
import { openMessages, type MessageParts } from './compose-messages.ts';
import { composePasswords } from './compose-passwords.ts';
import { composeScripts, type ScriptParts } from './compose-scripts.ts';
import type { Config } from './config.ts';
import { createConsentHooks } from './consents/consent-hooks.ts';
import { createConsentStore } from './consents/consent.store.ts';
import { createCredentialMarks } from './credentials/credential-kind.ts';
import { passwordHolds } from './credentials/password/password-kind.ts';
import { createPasskeyChallengeStore } from './credentials/passkey/passkey-challenge.store.ts';
import { otpHolds } from './credentials/otp/otp-kind.ts';
import { passkeyHolds } from './credentials/passkey/passkey-kind.ts';
import { createPasskeyStore } from './credentials/passkey/passkey.store.ts';
import { createPasswordHasher } from './credentials/password/hasher.ts';
import { createPasswordCredentialStore } from './credentials/password/password.store.ts';
import { openDatabase, type Database } from './db/knex.ts';
import { loadMasterKey } from './db/master-key.ts';
import { migrateLatest } from './db/migrate.ts';
import { coreHistory } from './db/migration.ts';
import { createSealer } from './db/secrets-at-rest.ts';
import { createUnitOfWork } from './db/unit-of-work.ts';
import { requestOrigin } from './http/request-origin.ts';
import { offeredScopes } from './extension-points/offered-scopes.ts';
import type { Plugin } from './extension-points/plugin.ts';
import { createExtensionRegistry, type ExtensionRegistry } from './extension-points/registry.ts';
import { createCustomAppStore } from './extensions/custom-app.store.ts';
import { createScriptExecutions, type ScriptExecutions } from './extensions/script-execution.ts';
import { createExecutionPointStore } from './extensions/execution-point.store.ts';
import { createScriptDebugStore } from './extensions/script-debug.store.ts';
import { createScriptAnswerStore, createScriptRunStore } from './extensions/script-run.store.ts';
import { createScriptStore } from './extensions/script.store.ts';
import { createScriptValueStore } from './extensions/script-value.store.ts';
import { createSecretStore } from './extensions/secret.store.ts';
import { createGroupStore } from './groups/group.store.ts';
import { createMembershipStore } from './groups/membership.store.ts';
import { createIdpStore } from './idps/idp.store.ts';
import { customApp } from './interactions/custom-app-step.ts';
import { createHandoffStore } from './interactions/handoff.store.ts';
import { createInteractionStore } from './interactions/interaction.store.ts';
import { passkeyOffer } from './interactions/passkey-offer.ts';
import { script } from './interactions/script-step.ts';
import { createLoginCases } from './interactions/login-case.ts';
import { createProofStore } from './interactions/proof.store.ts';
import { createThrottleStore } from './interactions/throttle.store.ts';
import { systemClock } from './kernel/clock.ts';
import type { Log } from './kernel/log.ts';
import { createMessageStore } from './messages/message.store.ts';
import type { Sealer } from './kernel/sealer.ts';
import type { PartedUnitOfWork } from './kernel/unit-of-work.ts';
import { audienceOf } from './oauth2/grant.ts';
import { createArtifactStore } from './oauth2/artifact.store.ts';
import { createPoolStore } from './pools/pool.store.ts';
import { createSchemaStore } from './schemas/schema.store.ts';
import { createRevocationStore } from './sessions/revocation.store.ts';
import { createAuthenticationSnapshotStore } from './sessions/session.store.ts';
import { createDataKeyStore } from './tenants/data-key.store.ts';
import { createHoldingsStore } from './tenants/holdings.store.ts';
import { createTenantStore } from './tenants/tenant.store.ts';
import { createAddressStore } from './users/address.store.ts';
import { createIdentifierStore } from './users/identifier.store.ts';
import { createUserStore } from './users/user.store.ts';
import { createClaimStore } from './workspaces/claim.store.ts';
import { createScopeStore } from './workspaces/scope.store.ts';
import { createServiceStore } from './workspaces/service.store.ts';
import { createSigningKeyStore } from './workspaces/signing-key.store.ts';
import { createWorkspaceStore } from './workspaces/workspace.store.ts';
import type { Workspace } from './workspaces/workspace.ts';

const clock = systemClock;

/** Every store, on the database itself or inside one transaction. */
export type Stores = ReturnType<typeof buildStores>;

interface StoreParts {
  readonly sealer: Sealer;
  readonly extensions: ExtensionRegistry;
  readonly observers: readonly AuditObserver[];
  readonly clientMemory: ClientMemory;
}

function buildStores(executor: Knex, { sealer, extensions, observers, clientMemory }: StoreParts) {
  const workspaces = createWorkspaceStore(executor);
  const scopes = createScopeStore(executor);
  const passwords = createPasswordCredentialStore(executor);
  const passkeys = createPasskeyStore(executor);
  const addresses = createAddressStore(executor);
  return {
    tenants: createTenantStore(executor, { sealer }),
    holdings: createHoldingsStore(executor),
    workspaces,
    signingKeys: createSigningKeyStore(executor, { sealer }),
    scopes: { ...scopes, ...offeredScopes(scopes, { workspaces, extensions }) },
    services: createServiceStore(executor),
    claims: createClaimStore(executor),
    roles: createRoleStore(executor),
    clients: createClientStore(executor, { sealer, memory: clientMemory }),
    idps: createIdpStore(executor),
    customApps: createCustomAppStore(executor),
    secrets: createSecretStore(executor, { sealer }),
    scripts: createScriptStore(executor),
    executionPoints: createExecutionPointStore(executor),
    scriptDebugs: createScriptDebugStore(executor),
    approvals: createApprovalStore(executor, { sealer }),
    scriptRuns: createScriptRunStore(executor, { sealer }),
    scriptAnswers: createScriptAnswerStore(executor, { sealer }),
    scriptValues: createScriptValueStore(executor, { sealer }),
    schemas: createSchemaStore(executor),
    pools: createPoolStore(executor),
    users: createUserStore(executor),
    groups: createGroupStore(executor),
    memberships: createMembershipStore(executor),
    identifiers: createIdentifierStore(executor),
    addresses,
    passwords,
    passkeys,
    passkeyChallenges: createPasskeyChallengeStore(executor),
    credentials: createCredentialMarks({
      password: passwordHolds(passwords),
      otp: otpHolds(addresses),
      webauthn: passkeyHolds(passkeys),
    }),
    interactions: createInteractionStore(executor),
    proofs: createProofStore(executor, { sealer }),
    handoffs: createHandoffStore(executor, { sealer }),
    throttle: createThrottleStore(executor),
    messages: createMessageStore(executor, { sealer }),
    codes: createCodeStore(executor, { sealer }),
    abandonedRegistrations: createAbandonedRegistrationStore(executor),
    formerCredentials: createFormerCredentialsStore(executor),
    consents: createConsentStore(executor),
    revocations: createRevocationStore(executor),
    snapshots: createAuthenticationSnapshotStore(executor, { sealer }),
    artifacts: createArtifactStore(executor, { clock }),
    outbox: createEventStore(executor, { clock, observers, origin: requestOrigin }),
    events: createEventLog(executor),
    deliveries: createOutboxStore(executor),
  };
}

/** What both roles stand on: database, keys, stores, extension points. */
export interface Platform extends Omit<MessageParts, 'closeMessages'>, ScriptParts {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly sealer: Sealer;
  /** 32 bytes for one purpose, the same in every process of the deployment. */
  readonly deriveKey: (purpose: string) => Uint8Array;
  readonly stores: Stores;
  readonly unitOfWork: PartedUnitOfWork<Stores>;
  readonly extensions: ExtensionRegistry;
  readonly observers: readonly AuditObserver[];
  readonly dataKeys: ReturnType<typeof createDataKeyStore>;
  readonly keyRing: KeyRing;
  readonly hasher: ReturnType<typeof createPasswordHasher>;
  readonly passwords: ReturnType<typeof composePasswords<Stores>>;
  readonly cases: ReturnType<typeof createLoginCases>;
  readonly scriptExecutions: ScriptExecutions;
  readonly issuerOf: (workspace: Pick<Workspace, 'tenantId' | 'id'>) => string;
  readonly close: () => Promise<void>;
}

/**
 * Opens the database, brings it to this build's version, and builds what both roles need.
 * @throws PlatformError with one clear sentence when the database or the master key can't be had
 */
export async function openPlatform(
  config: Config,
  log: Log,
  plugins: readonly Plugin[] = installedPlugins,
): Promise<Platform> {
  const masterKey = await loadMasterKey({ fromEnv: config.masterKey, dataDir: config.dataDir });
  const sealer = createSealer(masterKey);
  const extensions = createExtensionRegistry(plugins);
  const database = await openDatabase({
    url: config.databaseUrl,
    warn: (message) => {
      log.warn({}, message);
    },
  });
  try {
    await migrateLatest(database, { history: coreHistory, migrations: coreMigrations });
    for (const plugin of extensions.plugins) {
      await migrateLatest(database, { history: `${coreHistory}_${plugin.id}`, migrations: plugin.migrations });
    }
  } catch (error) {
    await database.destroy();
    throw error;
  }
  const { closeMessages, ...messages } = await openMessages(config);
  const scripts = composeScripts(config, log, startScriptsRuntime);
  const workspaces = createWorkspaceStore(database);
  const observers = [
    ...createExtensionObservers({ extensions, workspaces }),
    ...createConsentHooks({ extensions, workspaces, consents: createConsentStore(database) }),
  ];
  const clientMemory = createClientMemory({ clock });
  const storesOn = (executor: Knex) => buildStores(executor, { sealer, extensions, observers, clientMemory });
  const dataKeys = createDataKeyStore(database, { sealer });
  const hasher = createPasswordHasher({ concurrency: config.passwordHashConcurrency });
  const stores = storesOn(database);
  const unitOfWork = createUnitOfWork(database, storesOn);
  const issuerOf = ({ tenantId, id }: Pick<Workspace, 'tenantId' | 'id'>) =>
    `${config.publicUrl.replace('{tenant}', tenantId)}/${tenantId}/${id}`;
  const passwords = composePasswords({ stores, unitOfWork, hasher });
  return {
    config,
    log,
    database,
    sealer,
    deriveKey: (purpose) => new Uint8Array(hkdfSync('sha256', masterKey, '', `gatehouse ${purpose}`, 32)),
    stores,
    unitOfWork,
    extensions,
    observers,
    dataKeys,
    keyRing: {
      forWorkflow: (_namespace, workflowId) => dataKeys.findByWorkflow(workflowId),
      byId: (id) => dataKeys.findById(id),
    },
    hasher,
    passwords,
    cases: createLoginCases({
      ownSteps: [passkeyOffer(() => clock.now()), script, customApp],
      extensions,
      now: () => clock.now(),
      audienceOf: (workspace) => audienceOf(issuerOf(workspace)),
    }),
    issuerOf,
    ...messages,
    ...scripts,
    scriptExecutions: createScriptExecutions({
      run: scripts.scriptsRuntime.run,
      fetch: scripts.scriptFetch,
      secrets: stores.secrets,
      values: stores.scriptValues,
      answers: stores.scriptAnswers,
      clock,
    }),
    async close() {
      closeMessages();
      await passwords.close();
      await scripts.scriptsRuntime.stop();
      await database.destroy();
    },
  };
}

/** Makes sure of the root tenant, and seeds the demonstration the first time. */
export function seed(platform: Platform): Promise<BootstrapReport> {
  const { config, unitOfWork, hasher } = platform;
  return bootstrap(
    { unitOfWork, hasher, clock },
    {
      dataDir: config.dataDir,
      rootClient: config.rootClient,
      defaultTenant: config.defaultTenant,
      demo: config.demo.enabled
        ? {
            workspace: config.demo.workspace,
            issuer: `${config.publicUrl.replace('{tenant}', config.defaultTenant)}/${config.defaultTenant}/${config.demo.workspace}`,
            administers: !config.production,
            password: config.demo.password,
          }
        : undefined,
    },
  );
}
