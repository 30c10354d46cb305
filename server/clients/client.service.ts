/** Registering, changing and removing clients, and changing their secrets without an outage. */
import type { RoleStore } from '../access/role.ts';
import type { ExecutionPointStore } from '../extensions/execution-point.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { NewEvent, Outbox } from '../kernel/events.ts';
import { checkGivenId, clientId, newId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { checkedMetadata } from './client-metadata.ts';
import { needsSecret, secretFor } from './client-secret.ts';
import { newSecret } from './client.ts';
import type { Client, ClientMetadata, ClientPlace, ClientStore } from './client.ts';

export interface ClientServiceStores {
  readonly workspaces: Pick<WorkspaceStore, 'findHeld'>;
  readonly clients: Pick<ClientStore, 'findInTenant' | 'insert' | 'update' | 'remove'>;
  readonly roles: Pick<RoleStore, 'removeSubject'>;
  readonly executionPoints: Pick<ExecutionPointStore, 'remove'>;
  /** What the protocol engine keeps of a client: codes, tokens, grants. */
  readonly artifacts: { destroyByClient(tenant: TenantId, workspace: WorkspaceId, clientId: ClientId): Promise<void> };
  readonly outbox: Outbox;
}

export interface NewClient {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** 1 to 64 of `A-Za-z0-9._~-`; random when absent. */
  readonly id?: string;
  readonly metadata: ClientMetadata;
  readonly trusted?: boolean;
  /** `active` unless said. */
  readonly status?: Client['status'];
  /** A secret to keep instead of a random one, for imports; 16 to 512 printable ASCII characters. */
  readonly secret?: string;
}

/** A client by its id, which is unique in its tenant. */
export interface ClientOfTenant {
  readonly tenantId: TenantId;
  readonly id: ClientId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Client) => void;
}

export interface ClientService {
  /**
   * @returns the client with its secret in clear, for the one answer that shows it
   * @throws PlatformError `unprocessable_entity`, `conflict` when the id is taken, `not_found` without such a workspace
   */
  create(input: NewClient): Promise<Client>;
  /**
   * Replaces the metadata, and the flags where given.
   * @throws PlatformError `unprocessable_entity`, `not_found`
   */
  update(
    change: ClientOfTenant & Pick<Client, 'metadata'> & Partial<Pick<Client, 'status' | 'trusted'>>,
  ): Promise<Client>;
  /**
   * Gives a fresh secret; the one before is accepted for `revokeOldAfterMs` more, until it is revoked when absent.
   * @throws PlatformError `not_found`, `unprocessable_entity` for a client without a secret
   */
  rotateSecret(change: ClientOfTenant & { readonly revokeOldAfterMs?: number }): Promise<Client>;
  /** From now on the current secret alone is accepted. @throws PlatformError `not_found` */
  revokeRotatedSecrets(change: ClientOfTenant): Promise<void>;
  /** Removes it with everything it was given. @throws PlatformError `not_found` */
  remove(place: ClientOfTenant): Promise<void>;
}

/** Older secrets than these are revoked by the next rotation, whatever time they were promised. */
const mostRotatedSecrets = 2;
/** Milliseconds since the epoch: the time of a secret that is accepted until it is revoked. */
const never = Number.MAX_SAFE_INTEGER;

function eventOf(client: ClientPlace, action: string, more: Readonly<Record<string, unknown>>): NewEvent {
  const { tenantId, workspaceId, id } = client;
  const payload = { [`client_${action}`]: { client_id: id, ...more } };
  return { tenantId, workspaceId, subject: 'client', action, metadata: { client_id: id }, payload };
}

async function get(stores: ClientServiceStores, { tenantId, id, check }: ClientOfTenant): Promise<Client> {
  const client = await stores.clients.findInTenant(tenantId, id);
  if (client === undefined) throw new PlatformError('not_found', 'There is no such client.');
  check?.(client);
  return client;
}

/** Held, so that nothing is taken away of what a client is found to fit before that client is there to be asked. */
async function settingsOf(stores: ClientServiceStores, tenant: TenantId, id: WorkspaceId) {
  const workspace = await stores.workspaces.findHeld(tenant, id);
  if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
  return workspace.settings;
}

export function createClientService(deps: {
  readonly unitOfWork: UnitOfWork<ClientServiceStores>;
  readonly clock: Clock;
}): ClientService {
  const { unitOfWork, clock } = deps;

  return {
    create: async (input) => {
      const { tenantId, workspaceId, id = newId() } = input;
      checkGivenId(id, '/client_id');
      return unitOfWork.run(async (stores) => {
        const metadata = checkedMetadata(input.metadata, await settingsOf(stores, tenantId, workspaceId));
        const now = clock.now();
        const client: Client = {
          tenantId,
          workspaceId,
          id: clientId(id),
          status: input.status ?? 'active',
          trusted: input.trusted ?? false,
          metadata,
          secret: secretFor(metadata, input.secret),
          rotatedSecrets: [],
          createdAt: now,
          updatedAt: now,
        };
        await stores.clients.insert(client);
        await stores.outbox.append(eventOf(client, 'created', { client_name: metadata.client_name ?? '' }));
        return client;
      });
    },

    update: (change) =>
      unitOfWork.run(async (stores) => {
        const before = await get(stores, change);
        const settings = await settingsOf(stores, before.tenantId, before.workspaceId);
        const metadata = checkedMetadata(change.metadata, settings);
        const client: Client = {
          ...before,
          metadata,
          status: change.status ?? before.status,
          trusted: change.trusted ?? before.trusted,
          secret: needsSecret(metadata) ? (before.secret ?? newSecret()) : undefined,
          rotatedSecrets: needsSecret(metadata) ? before.rotatedSecrets : [],
          updatedAt: clock.now(),
        };
        await stores.clients.update(client);
        await stores.outbox.append(eventOf(client, 'updated', { status: client.status }));
        return client;
      }),

    rotateSecret: (change) =>
      unitOfWork.run(async (stores) => {
        const before = await get(stores, change);
        if (before.secret === undefined) {
          const message = 'This client authenticates without a secret.';
          const details = [{ pointer: '/token_endpoint_auth_method', message }];
          throw new PlatformError('unprocessable_entity', message, { details });
        }
        const now = clock.now();
        const { revokeOldAfterMs } = change;
        const until = revokeOldAfterMs === undefined ? never : now + Math.max(0, revokeOldAfterMs);
        const old = { secret: before.secret, until };
        const client: Client = {
          ...before,
          secret: newSecret(),
          rotatedSecrets: [old, ...before.rotatedSecrets]
            .filter(({ until }) => until > now)
            .slice(0, mostRotatedSecrets),
          updatedAt: now,
        };
        await stores.clients.update(client);
        await stores.outbox.append(eventOf(client, 'updated', { secret_rotated: true, old_until: old.until }));
        return client;
      }),

    revokeRotatedSecrets: (change) =>
      unitOfWork.run(async (stores) => {
        const before = await get(stores, change);
        const client: Client = { ...before, rotatedSecrets: [], updatedAt: clock.now() };
        await stores.clients.update(client);
        await stores.outbox.append(
          eventOf(client, 'updated', { rotated_secrets_revoked: before.rotatedSecrets.length }),
        );
      }),

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const client = await get(stores, place);
        const { tenantId, workspaceId, id } = client;
        await stores.artifacts.destroyByClient(tenantId, workspaceId, id);
        await stores.roles.removeSubject(tenantId, { type: 'client', clientId: id });
        await stores.executionPoints.remove({ tenantId, workspaceId, type: 'client_token_minting', target: id });
        await stores.clients.remove(tenantId, workspaceId, id);
        await stores.outbox.append(eventOf(client, 'deleted', {}));
      }),
  };
}
