/** Clients in rows, their secrets sealed. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson, toTime } from '../db/columns.ts';
import type { BooleanColumn, TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { clientId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { ClientMemory } from './client-memory.ts';
import { withPublicKeys } from './client-keys.ts';
import type { Client, ClientMetadata, ClientPlace, ClientStore } from './client.ts';

interface ClientRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly status: Client['status'];
  readonly trusted: BooleanColumn;
  readonly metadata: string;
  /** Derived from the metadata. */
  readonly name: string;
  readonly sealed_secret: string | null;
  readonly sealed_rotated_secrets: string | null;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

function placeOf({ tenantId: tenant, workspaceId: workspace, id }: ClientPlace): string {
  return `${tenant}:${workspace}:${id}`;
}

function toRow(client: Client, sealer: Sealer): Omit<ClientRow, 'name'> {
  const place = placeOf(client);
  const { secret, rotatedSecrets } = client;
  return {
    tenant_id: client.tenantId,
    workspace_id: client.workspaceId,
    id: client.id,
    status: client.status,
    trusted: client.trusted,
    metadata: toJson(client.metadata),
    sealed_secret: secret === undefined ? null : sealer.seal(secret, `clients.secret:${place}`),
    sealed_rotated_secrets:
      rotatedSecrets.length === 0 ? null : sealer.seal(toJson(rotatedSecrets), `clients.rotated-secrets:${place}`),
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  };
}

function toClient(row: ClientRow, sealer: Sealer): Client {
  const place = { tenantId: tenantId(row.tenant_id), workspaceId: workspaceId(row.workspace_id), id: clientId(row.id) };
  const { sealed_secret: secret, sealed_rotated_secrets: rotated } = row;
  return {
    ...place,
    status: row.status,
    trusted: toBoolean(row.trusted),
    metadata: withPublicKeys(fromJson(row.metadata)),
    secret: secret === null ? undefined : sealer.open(secret, `clients.secret:${placeOf(place)}`),
    rotatedSecrets: rotated === null ? [] : fromJson(sealer.open(rotated, `clients.rotated-secrets:${placeOf(place)}`)),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

/** Read at once where one with an origin is looked for. */
const candidates = 100;

function redirectsTo({ redirect_uris: uris = [] }: ClientMetadata, origin: string): boolean {
  return uris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin);
}

/** Columns that lists are sorted by. */
const sortedBy = { name: 'name', issued_at: 'created_at' } as const;

export function createClientStore(
  executor: Knex,
  deps: { readonly sealer: Sealer; readonly memory: ClientMemory },
): ClientStore {
  const { memory } = deps;
  const rows = () => executor<ClientRow>('clients');
  const one = (tenant: TenantId, workspace: WorkspaceId, id: ClientId) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, id });

  const read = async ({ tenantId: tenant, workspaceId: workspace, id }: ClientPlace): Promise<Client | undefined> => {
    const query = one(tenant, workspace, id);
    // Who reads in a transaction may write what it read: until then nobody else does (SQLite has one writer anyway).
    const row = await (executor.isTransaction === true ? query.forUpdate() : query).first();
    // MySQL ignores trailing blanks when it compares; an id is this text and no other.
    return row?.id === id && row.workspace_id === workspace && row.tenant_id === tenant
      ? toClient(row, deps.sealer)
      : undefined;
  };

  return {
    async find(tenantId, workspaceId, id) {
      const place = { tenantId, workspaceId, id };
      return executor.isTransaction === true ? read(place) : memory.recall(place, () => read(place));
    },

    async findAnew(tenantId, workspaceId, id) {
      const place = { tenantId, workspaceId, id };
      return executor.isTransaction === true ? read(place) : memory.renew(place, () => read(place));
    },

    async findInTenant(tenant, id) {
      const row = await rows().where({ tenant_id: tenant, id }).first();
      if (row?.id !== id || row.tenant_id !== tenant) return undefined;
      return executor.isTransaction === true
        ? read({ tenantId: tenant, workspaceId: workspaceId(row.workspace_id), id })
        : toClient(row, deps.sealer);
    },

    async list(tenant, workspace, query) {
      const page = keysetPage(query);
      const inWorkspace = { tenant_id: tenant, workspace_id: workspace };
      const wanted = rows().where(inWorkspace).modify<ClientRow, ClientRow[]>(page.matching, 'id', 'name');
      if (query.sort === undefined) page.select(wanted, 'id');
      else {
        const column = sortedBy[query.sort];
        const cursor = query.before ?? query.after;
        const at = cursor === undefined ? undefined : await one(tenant, workspace, clientId(cursor)).first(column);
        if (cursor !== undefined && at === undefined) {
          const name = query.before === undefined ? 'after_client_id' : 'before_client_id';
          throw unprocessable(`/${name}`, 'There is no such client any more: begin at the first page.');
        }
        page.selectBy(wanted, column, at?.[column]);
      }
      const found: readonly ClientRow[] = await wanted;
      return { items: page.inOrder(found).map((row) => toClient(row, deps.sealer)) };
    },

    async listRegistered(tenant, workspace, query) {
      const page = keysetPage(query);
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .modify(page.matching, 'id', 'name')
        .modify<ClientRow, Pick<ClientRow, 'id' | 'metadata'>[]>(page.select, 'id')
        .select('id', 'metadata');
      return {
        items: page.inOrder(found).map(({ id, metadata }) => ({ id: clientId(id), metadata: fromJson(metadata) })),
      };
    },

    async hasRedirectAt(tenant, workspace, origin) {
      // The database leaves few that may: which of their members it is, and whether it ends there, is seen here.
      const quoted = `%"${origin.replaceAll(/[!%_]/g, '!$&')}%`;
      let after = '';
      for (;;) {
        const found: readonly Pick<ClientRow, 'id' | 'metadata'>[] = await rows()
          .where({ tenant_id: tenant, workspace_id: workspace, status: 'active' })
          .where('id', '>', after)
          .whereRaw("lower(metadata) LIKE ? ESCAPE '!'", [quoted])
          .orderBy('id')
          .limit(candidates)
          .select('id', 'metadata');
        if (found.some(({ metadata }) => redirectsTo(fromJson(metadata), origin))) return true;
        const last = found.at(-1);
        if (last === undefined || found.length < candidates) return false;
        after = last.id;
      }
    },

    async insert(client) {
      await insertUnlessTaken(rows().insert(toRow(client, deps.sealer)), 'A client with this id');
    },

    async update(client) {
      memory.distrust(client);
      const changed = await one(client.tenantId, client.workspaceId, client.id).update(toRow(client, deps.sealer));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such client.');
    },

    async remove(tenant, workspace, id) {
      memory.distrust({ tenantId: tenant, workspaceId: workspace, id });
      await one(tenant, workspace, id).delete();
    },
  };
}
