/** Every store over one database, as the composition root builds them, with a clock that a test holds. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createEventStore } from '../../server/audit/event.store.ts';
import type { ClientMemory } from '../../server/clients/client-memory.ts';
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import { credentialKinds } from '../../server/compose-kinds.ts';
import { buildStores } from '../../server/compose-stores.ts';
import { createSealer } from '../../server/db/secrets-at-rest.ts';
import { createUnitOfWork } from '../../server/db/unit-of-work.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { Clock } from '../../server/kernel/clock.ts';
import { clientId, newId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import { createArtifactStore } from '../../server/oauth2/artifact.store.ts';
import { workspaceSettingsSchema } from '../../server/workspaces/workspace.ts';
import type { Workspace } from '../../server/workspaces/workspace.ts';
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

const noPlugins = createExtensionRegistry([]);

export function storesOf(executor: Knex, clock: Clock = heldClock()) {
  const parts = {
    sealer: testSealer,
    extensions: noPlugins,
    observers: [],
    clientMemory: forgetful,
    kinds: credentialKinds,
    onNoted: () => undefined,
  };
  return {
    ...buildStores(executor, parts),
    artifacts: createArtifactStore(executor, { clock }),
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
