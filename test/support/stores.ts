/** The stores of configuration over one database, as the composition root builds them, for tests that need them all. */
import { createApprovalStore } from '../../server/approvals/approval.store.ts';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createRoleStore } from '../../server/access/role.store.ts';
import { createEventStore } from '../../server/audit/event.store.ts';
import type { ClientMemory } from '../../server/clients/client-memory.ts';
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import { createClientStore } from '../../server/clients/client.store.ts';
import { credentialKinds, tablesOf } from '../../server/compose-kinds.ts';
import { createKeptCredentials } from '../../server/credentials/credential-kind.ts';
import { createPasskeyChallengeStore } from '../../server/credentials/passkey/passkey-challenge.store.ts';
import { createPasskeyStore } from '../../server/credentials/passkey/passkey.store.ts';
import { createAbandonedRegistrationStore } from '../../server/codes/abandoned-registration.store.ts';
import { createCodeStore } from '../../server/codes/code.store.ts';
import { createFormerCredentialsStore } from '../../server/codes/former-credentials.store.ts';
import { createMessageStore } from '../../server/messages/message.store.ts';
import { createPasswordCredentialStore } from '../../server/credentials/password/password.store.ts';
import { createSealer } from '../../server/db/secrets-at-rest.ts';
import { createUnitOfWork } from '../../server/db/unit-of-work.ts';
import { createCustomAppStore } from '../../server/extensions/custom-app.store.ts';
import { createIntegratorPageStore } from '../../server/extensions/page.store.ts';
import { createServerConsentStore } from '../../server/extensions/server-consent.store.ts';
import { createExecutionPointStore } from '../../server/extensions/execution-point.store.ts';
import { createScriptDebugStore } from '../../server/extensions/script-debug.store.ts';
import { createScriptAnswerStore, createScriptRunStore } from '../../server/extensions/script-run.store.ts';
import { createScriptStore } from '../../server/extensions/script.store.ts';
import { createScriptValueStore } from '../../server/extensions/script-value.store.ts';
import { createSecretStore } from '../../server/extensions/secret.store.ts';
import { createGroupStore } from '../../server/groups/group.store.ts';
import { createMembershipStore } from '../../server/groups/membership.store.ts';
import { createIdpStore } from '../../server/idps/idp.store.ts';
import type { Clock } from '../../server/kernel/clock.ts';
import { clientId, newId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import { createPoolStore } from '../../server/pools/pool.store.ts';
import { createSchemaStore } from '../../server/schemas/schema.store.ts';
import { createHoldingsStore } from '../../server/tenants/holdings.store.ts';
import { createTenantStore } from '../../server/tenants/tenant.store.ts';
import { createAddressStore } from '../../server/users/address.store.ts';
import { createIdentifierStore } from '../../server/users/identifier.store.ts';
import { createArtifactStore } from '../../server/oauth2/artifact.store.ts';
import { createUserStore } from '../../server/users/user.store.ts';
import { createClaimStore } from '../../server/workspaces/claim.store.ts';
import { createScopeStore } from '../../server/workspaces/scope.store.ts';
import { createServiceStore } from '../../server/workspaces/service.store.ts';
import { createSigningKeyStore } from '../../server/workspaces/signing-key.store.ts';
import { workspaceSettingsSchema } from '../../server/workspaces/workspace.ts';
import type { Workspace } from '../../server/workspaces/workspace.ts';
import { createWorkspaceStore } from '../../server/workspaces/workspace.store.ts';
import { noon } from './seeded.ts';

export const testSealer = createSealer(randomBytes(32));

/** Stands still until told otherwise. */
export function heldClock(at = noon): Clock & { set(at: number): void } {
  let now = at;
  return {
    now: () => now,
    set: (next) => {
      now = next;
    },
  };
}

/** Remembers nothing: what one store writes, another reads at once. */
const forgetful: ClientMemory = {
  recall: (_place, read) => read(),
  renew: (_place, read) => read(),
  distrust: () => undefined,
};

export function storesOf(executor: Knex, clock: Clock = heldClock()) {
  const sealed = { sealer: testSealer };
  return {
    tenants: createTenantStore(executor, sealed),
    workspaces: createWorkspaceStore(executor),
    scopes: createScopeStore(executor),
    services: createServiceStore(executor),
    claims: createClaimStore(executor),
    signingKeys: createSigningKeyStore(executor, sealed),
    roles: createRoleStore(executor),
    clients: createClientStore(executor, { ...sealed, memory: forgetful }),
    idps: createIdpStore(executor),
    customApps: createCustomAppStore(executor),
    serverConsents: createServerConsentStore(executor),
    pages: createIntegratorPageStore(executor),
    secrets: createSecretStore(executor, sealed),
    scripts: createScriptStore(executor),
    executionPoints: createExecutionPointStore(executor),
    scriptDebugs: createScriptDebugStore(executor),
    approvals: createApprovalStore(executor, sealed),
    scriptRuns: createScriptRunStore(executor, sealed),
    scriptAnswers: createScriptAnswerStore(executor, sealed),
    scriptValues: createScriptValueStore(executor, sealed),
    schemas: createSchemaStore(executor),
    pools: createPoolStore(executor),
    users: createUserStore(executor),
    groups: createGroupStore(executor),
    memberships: createMembershipStore(executor),
    identifiers: createIdentifierStore(executor),
    addresses: createAddressStore(executor),
    passwords: createPasswordCredentialStore(executor),
    passkeys: createPasskeyStore(executor),
    passkeyChallenges: createPasskeyChallengeStore(executor),
    credentials: createKeptCredentials(new Map(credentialKinds.map((kind) => [kind.mechanism, kind.kept(executor)]))),
    artifacts: createArtifactStore(executor, { clock }),
    codes: createCodeStore(executor, sealed),
    abandonedRegistrations: createAbandonedRegistrationStore(executor, tablesOf(credentialKinds)),
    formerCredentials: createFormerCredentialsStore(executor, tablesOf(credentialKinds)),
    messages: createMessageStore(executor, sealed),
    holdings: createHoldingsStore(executor),
    outbox: createEventStore(executor, { clock, observers: [] }),
  };
}

export type TestStores = ReturnType<typeof storesOf>;

export function unitOfWorkOn(knex: Knex, clock: Clock = heldClock()) {
  return createUnitOfWork<TestStores>(knex, (executor) => storesOf(executor, clock));
}

/** A tenant with a key of its own and one workspace, through the stores themselves. */
export async function seedTenant(
  knex: Knex,
  id: TenantId = tenantId(newId()),
): Promise<{ readonly tenant: TenantId; readonly workspace: WorkspaceId }> {
  const { tenants, workspaces } = storesOf(knex);
  await tenants.insert({ id, name: 'A tenant', settings: {}, createdAt: noon, updatedAt: noon });
  const workspace = workspaceOf(id);
  await workspaces.insert(workspace);
  return { tenant: id, workspace: workspace.id };
}

export function workspaceOf(tenant: TenantId, members: Partial<Workspace> = {}): Workspace {
  return {
    tenantId: tenant,
    id: workspaceId(newId()),
    name: 'A workspace',
    type: 'regular',
    settings: workspaceSettingsSchema.parse({}),
    revision: 1,
    createdAt: noon,
    updatedAt: noon,
    ...members,
  };
}

/** An application as it is registered, without a secret. */
export function clientOf(tenant: TenantId, workspace: WorkspaceId, id: string, metadata: ClientMetadata): Client {
  const place = { tenantId: tenant, workspaceId: workspace, id: clientId(id) };
  const at = { createdAt: noon, updatedAt: noon };
  return { ...place, ...at, status: 'active', trusted: false, metadata, secret: undefined, rotatedSecrets: [] };
}

/** Subjects and actions of a tenant's events, in no order. */
export async function eventsOf(knex: Knex, tenant: TenantId): Promise<readonly string[]> {
  const rows = await knex<{ tenant_id: string; subject: string; action: string }>('audit_events')
    .where({ tenant_id: tenant })
    .select('subject', 'action');
  return rows.map(({ subject, action }) => `${subject} ${action}`).toSorted();
}
