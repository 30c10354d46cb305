/** THE composition root: the only file that builds things. What it makes is handed on, never looked up. */
import { hkdfSync } from 'node:crypto';
import type { Knex } from 'knex';
import { coreMigrations } from '../migrations/index.ts';
import { plugins as installedPlugins } from '../plugins/index.ts';
import { startScriptsRuntime } from '../scripts-runtime/index.ts';
import type { KeyRing } from '../workflows/contract/key-ring.ts';
import { createExtensionObservers, type ExtensionObserver } from './audit/extension-observers.ts';
import { bootstrap, type BootstrapReport } from './bootstrap/bootstrap.ts';
import { createClientMemory } from './clients/client-memory.ts';
import { checkKinds, credentialKinds, type KindDefinition } from './compose-kinds.ts';
import { openMessages, type MessageParts } from './compose-messages.ts';
import { composePasswords } from './compose-passwords.ts';
import { composePlugins, outboxOn, type PluginParts } from './compose-plugins.ts';
import { composeScripts, sampledRuns, type ScriptParts } from './compose-scripts.ts';
import type { Config } from './config.ts';
import { createConsentHooks } from './consents/consent-hooks.ts';
import { createConsentStore } from './consents/consent.store.ts';
import { createPasswordHasher } from './credentials/password/hasher.ts';
import { openDatabase, type Database } from './db/knex.ts';
import { loadMasterKey } from './db/master-key.ts';
import { migrateLatest } from './db/migrate.ts';
import { coreHistory } from './db/migration.ts';
import { createSealer } from './db/secrets-at-rest.ts';
import { createUnitOfWork } from './db/unit-of-work.ts';
import { createDoorbell, type Doorbell } from './deliveries/doorbell.ts';
import type { Plugin } from './extension-points/plugin.ts';
import { createExtensionRegistry, type ExtensionRegistry } from './extension-points/registry.ts';
import { createScriptExecutions, type ScriptExecutions } from './extensions/script-execution.ts';
import { createPointRunKeeper } from './extensions/point-run.service.ts';
import { createPointScripts, type PointScripts } from './extensions/point-script.service.ts';
import { customApp } from './interactions/custom-app-step.ts';
import { passkeyOffer } from './interactions/passkey-offer.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { script } from './interactions/script-step.ts';
import { createLoginCases } from './interactions/login-case.ts';
import { createScriptMetadata, type WriteScriptMetadata } from './interactions/script-metadata.ts';
import { createSchemaCheck } from './schemas/schema-check.ts';
import { systemClock } from './kernel/clock.ts';
import type { Log } from './kernel/log.ts';
import type { Sealer } from './kernel/sealer.ts';
import type { AfterCommit, PartedUnitOfWork } from './kernel/unit-of-work.ts';
import { audienceOf } from './oauth2/grant.ts';
import { createDataKeyStore } from './tenants/data-key.store.ts';
import { createWorkspaceStore } from './workspaces/workspace.store.ts';
import type { Workspace } from './workspaces/workspace.ts';
import { buildStores, type Stores } from './compose-stores.ts';

const clock = systemClock;

/** What both roles stand on: database, keys, stores, extension points. */
export interface Platform extends Omit<MessageParts, 'closeMessages'>, ScriptParts, PluginParts {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly sealer: Sealer;
  /** 32 bytes for one purpose, the same in every process of the deployment. */
  readonly deriveKey: (purpose: string) => Uint8Array;
  /** The kinds of credentials there are. */
  readonly kinds: readonly KindDefinition[];
  readonly stores: Stores;
  readonly unitOfWork: PartedUnitOfWork<Stores>;
  readonly extensions: ExtensionRegistry;
  readonly observers: readonly ExtensionObserver[];
  /** Rung when an event has committed that somebody is to be told of. */
  readonly news: Doorbell;
  readonly dataKeys: ReturnType<typeof createDataKeyStore>;
  readonly keyRing: KeyRing;
  readonly hasher: ReturnType<typeof createPasswordHasher>;
  readonly passwords: ReturnType<typeof composePasswords>;
  readonly cases: ReturnType<typeof createLoginCases>;
  readonly scriptExecutions: ScriptExecutions;
  readonly writeScriptMetadata: WriteScriptMetadata;
  readonly pointScripts: PointScripts;
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
  kinds: readonly KindDefinition[] = credentialKinds,
): Promise<Platform> {
  checkKinds(kinds);
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
    for (const { mechanism, migrations = [] } of kinds)
      if (migrations.length > 0)
        await migrateLatest(database, { history: `${coreHistory}_kind_${mechanism}`, migrations });
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
  const news = createDoorbell();
  const noteAfter = (afterCommit: AfterCommit) => () => {
    afterCommit(news.ring);
  };
  const dataKeys = createDataKeyStore(database, { sealer });
  const parts = composePlugins({
    config,
    log,
    database,
    sealer,
    extensions,
    dataKeys,
    outboxOn: (executor, afterCommit) => outboxOn(executor, observers, noteAfter(afterCommit)),
  });
  const observers: readonly ExtensionObserver[] = [
    ...createExtensionObservers({ extensions, workspaces, hostOf: parts.hostOf }),
    ...createConsentHooks({ extensions, workspaces, consents: createConsentStore(database) }),
  ];
  const clientMemory = createClientMemory({ clock });
  const storesOn = (executor: Knex, afterCommit: AfterCommit) =>
    buildStores(executor, {
      ...{ sealer, extensions, observers, clientMemory, kinds },
      onNoted: noteAfter(afterCommit),
    });
  const hasher = createPasswordHasher({ concurrency: config.passwordHashConcurrency });
  const stores = storesOn(database, (then) => {
    then();
  });
  const unitOfWork = createUnitOfWork(database, storesOn);
  const issuerOf = ({ tenantId, id }: Pick<Workspace, 'tenantId' | 'id'>) =>
    `${config.publicUrl.replace('{tenant}', tenantId)}/${tenantId}/${id}`;
  const scriptExecutions = createScriptExecutions({
    run: scripts.scriptsRuntime.run,
    fetch: scripts.scriptFetch,
    secrets: stores.secrets,
    values: stores.scriptValues,
    answers: stores.scriptAnswers,
    clock,
  });
  const pointRuns = createPointRunKeeper({ unitOfWork, sample: createRateLimiter(sampledRuns, clock).take, log });
  const passwords = composePasswords({ stores, unitOfWork, hasher });
  return {
    config,
    log,
    database,
    sealer,
    deriveKey: (purpose) => new Uint8Array(hkdfSync('sha256', masterKey, '', `gatehouse ${purpose}`, 32)),
    kinds,
    stores,
    unitOfWork,
    extensions,
    observers,
    news,
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
    scriptExecutions,
    writeScriptMetadata: createScriptMetadata({ schemaCheck: createSchemaCheck() }),
    pointScripts: createPointScripts({
      ...stores,
      executions: scriptExecutions,
      runs: pointRuns,
      unitOfWork,
      clock,
      log,
    }),
    ...parts,
    async close() {
      closeMessages();
      await pointRuns.close();
      await passwords.close();
      await Promise.all([scripts.scriptsRuntime.stop(), scripts.rehearsalRuntime.stop()]);
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
