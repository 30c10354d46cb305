/** The composition root's part that every other builds on: every store, on the database itself or inside one transaction. */
import type { Knex } from 'knex';
import { createApprovalStore } from './approvals/approval.store.ts';
import { createRoleStore } from './access/role.store.ts';
import { createEventArchive } from './audit/event-archive.store.ts';
import { createEventLog } from './audit/event-log.store.ts';
import { createLoginHistoryStore } from './audit/login-history.store.ts';
import { createOutboxStore } from './audit/outbox.store.ts';
import type { ExtensionObserver } from './audit/extension-observers.ts';
import { createAbandonedRegistrationStore } from './codes/abandoned-registration.store.ts';
import { createCodeStore } from './codes/code.store.ts';
import { createFormerCredentialsStore } from './codes/former-credentials.store.ts';
import type { ClientMemory } from './clients/client-memory.ts';
import { createClientStore } from './clients/client.store.ts';
import { outboxOn } from './compose-plugins.ts';
import { createConsentStore } from './consents/consent.store.ts';
import { holdingsOf, tablesOf, type KindDefinition } from './compose-kinds.ts';
import { createKeptCredentials } from './credentials/credential-kind.ts';
import { createPasskeyChallengeStore } from './credentials/passkey/passkey-challenge.store.ts';
import { createPasskeyStore } from './credentials/passkey/passkey.store.ts';
import { createPasswordCredentialStore } from './credentials/password/password.store.ts';
import type { PluginTransaction } from './extension-points/host.ts';
import { offeredScopes } from './extension-points/offered-scopes.ts';
import type { ExtensionRegistry } from './extension-points/registry.ts';
import { createCustomAppStore } from './extensions/custom-app.store.ts';
import { createIntegratorPageStore } from './extensions/page.store.ts';
import { createServerConsentStore } from './extensions/server-consent.store.ts';
import { createExecutionPointStore } from './extensions/execution-point.store.ts';
import { createScriptDebugStore } from './extensions/script-debug.store.ts';
import { createScriptAnswerStore, createScriptRunStore } from './extensions/script-run.store.ts';
import { createScriptStore } from './extensions/script.store.ts';
import { createScriptValueStore } from './extensions/script-value.store.ts';
import { createSecretStore } from './extensions/secret.store.ts';
import { createGroupStore } from './groups/group.store.ts';
import { createMembershipStore } from './groups/membership.store.ts';
import { createIdpStore } from './idps/idp.store.ts';
import { createHandoffStore } from './interactions/handoff.store.ts';
import { createInteractionStore } from './interactions/interaction.store.ts';
import { createProofStore } from './interactions/proof.store.ts';
import { createThrottleStore } from './interactions/throttle.store.ts';
import { createMessageStore } from './messages/message.store.ts';
import { requestOrigin } from './http/request-origin.ts';
import type { Sealer } from './kernel/sealer.ts';
import { createArtifactStore } from './oauth2/artifact.store.ts';
import { createPoolStore } from './pools/pool.store.ts';
import { createSchemaStore } from './schemas/schema.store.ts';
import { createRevocationStore } from './sessions/revocation.store.ts';
import { createAuthenticationSnapshotStore } from './sessions/session.store.ts';
import { createHoldingsStore } from './tenants/holdings.store.ts';
import { createTenantStore } from './tenants/tenant.store.ts';
import { createAddressStore } from './users/address.store.ts';
import { createIdentifierStore } from './users/identifier.store.ts';
import { createStretchStore } from './users/stretch.store.ts';
import { createUserStore } from './users/user.store.ts';
import { createClaimStore } from './workspaces/claim.store.ts';
import { createScopeStore } from './workspaces/scope.store.ts';
import { createServiceStore } from './workspaces/service.store.ts';
import { createSigningKeyStore } from './workspaces/signing-key.store.ts';
import { createWorkspaceStore } from './workspaces/workspace.store.ts';
import { systemClock as clock } from './kernel/clock.ts';

/** Every store, on the database itself or inside one transaction. */
export type Stores = ReturnType<typeof buildStores>;

export interface StoreParts {
  readonly sealer: Sealer;
  readonly extensions: ExtensionRegistry;
  readonly observers: readonly ExtensionObserver[];
  readonly clientMemory: ClientMemory;
  readonly kinds: readonly KindDefinition[];
  /** Called when an event is noted down for somebody. */
  readonly onNoted: () => void;
}

export function buildStores(
  executor: Knex,
  { sealer, extensions, observers, clientMemory, kinds, onNoted }: StoreParts,
) {
  const workspaces = createWorkspaceStore(executor);
  const scopes = createScopeStore(executor);
  const tables = tablesOf(kinds);
  const holdings = holdingsOf(kinds);
  const outbox = outboxOn(executor, observers, onNoted);
  const lent: PluginTransaction = { database: executor, outbox };
  return {
    lent,
    tenants: createTenantStore(executor, { sealer }),
    holdings: createHoldingsStore(executor, holdings),
    workspaces,
    signingKeys: createSigningKeyStore(executor, { sealer }),
    scopes: { ...scopes, ...offeredScopes(scopes, { workspaces, extensions }) },
    services: createServiceStore(executor),
    claims: createClaimStore(executor),
    roles: createRoleStore(executor),
    clients: createClientStore(executor, { sealer, memory: clientMemory }),
    idps: createIdpStore(executor),
    customApps: createCustomAppStore(executor),
    serverConsents: createServerConsentStore(executor),
    pages: createIntegratorPageStore(executor),
    secrets: createSecretStore(executor, { sealer }),
    scripts: createScriptStore(executor),
    executionPoints: createExecutionPointStore(executor),
    scriptDebugs: createScriptDebugStore(executor),
    approvals: createApprovalStore(executor, { sealer }),
    scriptRuns: createScriptRunStore(executor, { sealer }),
    scriptAnswers: createScriptAnswerStore(executor, { sealer }),
    scriptValues: createScriptValueStore(executor, { sealer }),
    schemas: createSchemaStore(executor),
    pools: createPoolStore(executor, holdings),
    users: createUserStore(executor),
    stretches: createStretchStore(executor),
    groups: createGroupStore(executor),
    memberships: createMembershipStore(executor),
    identifiers: createIdentifierStore(executor),
    addresses: createAddressStore(executor),
    passwords: createPasswordCredentialStore(executor),
    passkeys: createPasskeyStore(executor),
    passkeyChallenges: createPasskeyChallengeStore(executor),
    credentials: createKeptCredentials(new Map(kinds.map((kind) => [kind.mechanism, kind.kept(executor)]))),
    interactions: createInteractionStore(executor),
    proofs: createProofStore(executor, { sealer }),
    handoffs: createHandoffStore(executor, { sealer }),
    throttle: createThrottleStore(executor),
    messages: createMessageStore(executor, { sealer }),
    codes: createCodeStore(executor, { sealer }),
    abandonedRegistrations: createAbandonedRegistrationStore(executor, tables),
    formerCredentials: createFormerCredentialsStore(executor, tables),
    consents: createConsentStore(executor),
    revocations: createRevocationStore(executor),
    snapshots: createAuthenticationSnapshotStore(executor, { sealer }),
    artifacts: createArtifactStore(executor, { clock }),
    outbox,
    events: createEventLog(executor),
    loginHistory: createLoginHistoryStore(executor),
    eventArchive: createEventArchive(executor, { clock, origin: requestOrigin }),
    deliveries: createOutboxStore(executor),
  };
}
