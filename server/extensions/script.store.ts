/** Scripts and their versions in rows. */
import type { Knex } from 'knex';
import type { ExecutionPoint, Manifest, Script as Compiled } from '../../scripts-runtime/index.ts';
import { fromJson, insertUnlessTaken, isUniqueViolation, toJson, toTime, type TimeColumn } from '../db/columns.ts';
import { keysetPage } from '../db/keyset-page.ts';
import { PlatformError } from '../kernel/errors.ts';
import { scriptId, scriptVersionId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Script, ScriptPlace, ScriptStore, ScriptVersion, VersionInfo } from './script.ts';

interface ScriptRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly env_version: string;
  readonly test_input: string;
  readonly draft_version: string | null;
  readonly live_version: string | null;
  readonly canary_version: string | null;
  readonly canary_share: number | null;
  readonly created_at: TimeColumn;
  readonly updated_at: TimeColumn;
}

interface VersionRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly script_id: string;
  readonly version: string;
  readonly shape: Compiled['shape'];
  readonly point: ExecutionPoint;
  readonly source: string;
  readonly code: string;
  readonly manifest: string;
  readonly created_at: TimeColumn;
}

type InfoRow = Omit<VersionRow, 'source' | 'code'>;
const info = ['tenant_id', 'workspace_id', 'script_id', 'version', 'shape', 'point', 'manifest', 'created_at'] as const;

function toScript(row: ScriptRow): Script {
  const { draft_version: draft, live_version: live, canary_version: canary, canary_share: share } = row;
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: scriptId(row.id),
    name: row.name,
    envVersion: row.env_version,
    testInput: row.test_input,
    ...(draft === null ? {} : { draft: scriptVersionId(draft) }),
    ...(live === null ? {} : { live: scriptVersionId(live) }),
    ...(canary === null ? {} : { canary: { version: scriptVersionId(canary), share: share ?? 0 } }),
    createdAt: toTime(row.created_at),
    updatedAt: toTime(row.updated_at),
  };
}

const changeable = (script: Script): Omit<ScriptRow, 'tenant_id' | 'workspace_id' | 'id'> => ({
  name: script.name,
  env_version: script.envVersion,
  test_input: script.testInput,
  draft_version: script.draft ?? null,
  live_version: script.live ?? null,
  canary_version: script.canary?.version ?? null,
  canary_share: script.canary?.share ?? null,
  created_at: script.createdAt,
  updated_at: script.updatedAt,
});

const placeOf = (row: InfoRow): ScriptPlace => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  id: scriptId(row.script_id),
});

function toInfo(row: InfoRow): VersionInfo {
  return {
    ...placeOf(row),
    version: scriptVersionId(row.version),
    shape: row.shape,
    point: row.point,
    manifest: fromJson<Manifest>(row.manifest),
    createdAt: toTime(row.created_at),
  };
}

function toVersion(row: VersionRow): ScriptVersion {
  const { shape, point, manifest, ...rest } = toInfo(row);
  return { ...rest, source: row.source, compiled: { shape, point, code: row.code, sha256: row.version, manifest } };
}

export function createScriptStore(executor: Knex): ScriptStore {
  const rows = (tenant: TenantId, workspace: WorkspaceId) =>
    executor<ScriptRow>('scripts').where({ tenant_id: tenant, workspace_id: workspace });
  const one = ({ tenantId: tenant, workspaceId: workspace, id }: ScriptPlace) => rows(tenant, workspace).where({ id });
  const versions = ({ tenantId: tenant, workspaceId: workspace, id }: ScriptPlace) =>
    executor<VersionRow>('script_versions').where({ tenant_id: tenant, workspace_id: workspace, script_id: id });

  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const asked = (place: ScriptPlace, row: ScriptRow | undefined): Script | undefined =>
    row?.id === place.id && row.workspace_id === place.workspaceId ? toScript(row) : undefined;

  return {
    async find(place) {
      // Who reads in a transaction may write what it read: until then nobody else does (SQLite has one writer anyway).
      const row = await (executor.isTransaction === true ? one(place).forUpdate() : one(place)).first();
      return asked(place, row);
    },

    async read(place) {
      return asked(place, await one(place).first());
    },

    async list(tenant, workspace, query) {
      const page = keysetPage(query);
      const found = await rows(tenant, workspace)
        .modify<ScriptRow, ScriptRow[]>(page.matching, 'id', 'name')
        .modify<ScriptRow, ScriptRow[]>(page.select, 'id');
      return { items: page.inOrder(found).map(toScript) };
    },

    async count(tenant, workspace) {
      const [counted] = await rows(tenant, workspace).count({ n: '*' });
      return Number(counted?.['n'] ?? 0);
    },

    async insert(script) {
      await insertUnlessTaken(
        executor<ScriptRow>('scripts').insert({
          tenant_id: script.tenantId,
          workspace_id: script.workspaceId,
          id: script.id,
          ...changeable(script),
        }),
        'A script with this id',
      );
    },

    async update(script) {
      const changed = await one(script).update(changeable(script));
      if (changed === 0) throw new PlatformError('not_found', 'There is no such script.');
    },

    async remove(place) {
      await versions(place).delete();
      await one(place).delete();
    },

    async findVersion(place, version) {
      const row = await versions(place).where({ version }).first();
      return row?.version === version ? toVersion(row) : undefined;
    },

    async listVersions(place) {
      const found: readonly InfoRow[] = await versions(place)
        .select(...info)
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'version', order: 'asc' },
        ]);
      return found.map(toInfo);
    },

    async listRunning(tenant, workspace) {
      const found: readonly InfoRow[] = await executor<VersionRow>('script_versions as v')
        .join('scripts as s', (on) => {
          for (const [own, of] of [
            ['tenant_id', 'tenant_id'],
            ['workspace_id', 'workspace_id'],
            ['script_id', 'id'],
          ] as const)
            on.on(`v.${own}`, `s.${of}`);
          on.andOn((either) => {
            either.on('v.version', 's.live_version').orOn('v.version', 's.canary_version');
          });
        })
        .where({ 'v.tenant_id': tenant, 'v.workspace_id': workspace })
        .select(...info.map((column) => `v.${column}`))
        .orderBy(['v.script_id', 'v.version']);
      return found.map(toInfo);
    },

    async insertVersion({ compiled, ...version }) {
      try {
        await executor<VersionRow>('script_versions').insert({
          tenant_id: version.tenantId,
          workspace_id: version.workspaceId,
          script_id: version.id,
          version: version.version,
          shape: compiled.shape,
          point: compiled.point,
          source: version.source,
          code: compiled.code,
          manifest: toJson(compiled.manifest),
          created_at: version.createdAt,
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
      }
    },

    async removeVersion(place, version) {
      await versions(place).where({ version }).delete();
    },
  };
}
