/** Workspaces in rows. */
import type { Knex } from 'knex';
import { LRUCache } from 'lru-cache';
import { fromJson, insertUnlessTaken, toJson, toTime } from '../db/columns.ts';
import type { TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { deepFreeze } from '../kernel/deep-freeze.ts';
import { PlatformError } from '../kernel/errors.ts';
import { tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import { workspaceSettingsSchema } from './workspace.ts';
import type { Workspace, WorkspaceSettings, WorkspaceStore } from './workspace.ts';

interface WorkspaceRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly name: string;
  readonly type: Workspace['type'];
  readonly settings: string;
  readonly revision: number;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

/** By their text, of which most workspaces of a deployment have the same: at most so many characters of them. */
const known = new LRUCache<string, WorkspaceSettings>({
  maxSize: 2_000_000,
  sizeCalculation: (_, text) => text.length,
});

/** Parsed again: a row written by an earlier build gets the defaults of settings it does not know. */
function toSettings(text: string): WorkspaceSettings {
  const before = known.get(text);
  if (before !== undefined) return before;
  const settings = deepFreeze(workspaceSettingsSchema.parse(fromJson(text)));
  known.set(text, settings);
  return settings;
}

function toWorkspace(row: WorkspaceRow): Workspace {
  return {
    tenantId: tenantId(row.tenant_id),
    id: workspaceId(row.id),
    name: row.name,
    type: row.type,
    settings: toSettings(row.settings),
    revision: row.revision,
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

function noSuchWorkspace(): PlatformError {
  return new PlatformError('not_found', 'There is no such workspace.');
}

export function createWorkspaceStore(executor: Knex): WorkspaceStore {
  const rows = () => executor<WorkspaceRow>('workspaces');
  const one = (tenant: TenantId, id: WorkspaceId) => rows().where({ tenant_id: tenant, id });

  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (row: WorkspaceRow | undefined, tenant: TenantId, id: WorkspaceId) =>
    row?.id === id && row.tenant_id === tenant ? toWorkspace(row) : undefined;

  return {
    find: async (tenant, id) => named(await one(tenant, id).first(), tenant, id),

    async findHeld(tenant, id) {
      // Many may hold it at once, and who changes it waits for them (SQLite has one writer anyway).
      const query = one(tenant, id);
      return named(await (executor.isTransaction === true ? query.forShare() : query).first(), tenant, id);
    },

    async findEdition(tenant, id) {
      const row = await one(tenant, id).first('tenant_id', 'id', 'created_at', 'revision');
      if (row?.id !== id || row.tenant_id !== tenant) return undefined;
      return { createdAt: toTime(row.created_at), revision: row.revision };
    },

    async list(tenant, query) {
      const page = keysetPage(query);
      const { types, among } = query;
      const found = await rows()
        .where({ tenant_id: tenant })
        .modify((wanted) => {
          if (types !== undefined) void wanted.whereIn('type', [...types]);
          if (among !== undefined) void wanted.whereIn('id', [...among]);
        })
        .modify(page.matching, 'id', 'name')
        .modify<WorkspaceRow, WorkspaceRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(toWorkspace) };
    },

    async insert(workspace) {
      await insertUnlessTaken(
        rows().insert({
          tenant_id: workspace.tenantId,
          id: workspace.id,
          name: workspace.name,
          type: workspace.type,
          settings: toJson(workspace.settings),
          revision: workspace.revision,
          created_at: workspace.createdAt,
          updated_at: workspace.updatedAt,
        }),
        'A workspace with this id',
      );
    },

    async update(workspace) {
      const { tenantId: tenant, id, name, settings, revision, updatedAt } = workspace;
      const changed = await one(tenant, id)
        .where({ revision })
        .update({ name, settings: toJson(settings), revision: revision + 1, updated_at: updatedAt });
      if (changed === 1) return { ...workspace, revision: revision + 1 };
      if ((await one(tenant, id).first('id')) === undefined) throw noSuchWorkspace();
      throw new PlatformError('precondition_failed', 'The workspace was changed meanwhile: read it again.');
    },

    async touch(tenant, id) {
      if ((await one(tenant, id).increment('revision', 1)) === 0) throw noSuchWorkspace();
    },

    async remove(tenant, id) {
      await one(tenant, id).delete();
    },
  };
}
