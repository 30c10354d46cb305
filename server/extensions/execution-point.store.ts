/** Which script runs where, in rows. */
import type { Knex } from 'knex';
import type { ExecutionPoint } from '../../scripts-runtime/index.ts';
import { insertUnlessTaken } from '../db/columns.ts';
import { scriptId, tenantId, workspaceId, type WorkspaceId } from '../kernel/ids.ts';
import type { Binding, BindingPlace, BindingPoint, ExecutionPointStore } from './execution-point.ts';

interface BindingRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly type: ExecutionPoint;
  readonly target_fk: string;
  readonly script_id: string;
}

const toBinding = (row: BindingRow): Binding => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  type: row.type,
  target: row.target_fk,
  scriptId: scriptId(row.script_id),
});

export function createExecutionPointStore(executor: Knex): ExecutionPointStore {
  const rows = () => executor<BindingRow>('script_execution_points');
  const one = ({ tenantId: tenant, workspaceId: workspace, type, target }: BindingPlace) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, type, target_fk: target });

  // MySQL ignores trailing blanks when it compares; a target is this text and no other.
  const isAt = (row: BindingRow, workspace: WorkspaceId, { type, target }: BindingPoint): boolean =>
    row.workspace_id === workspace && row.type === type && row.target_fk === target;

  return {
    async find(place) {
      const row = await one(place).first();
      return row !== undefined && isAt(row, place.workspaceId, place) ? toBinding(row) : undefined;
    },

    async findAll(tenant, workspace, places) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .whereIn(
          'type',
          places.map(({ type }) => type),
        )
        .whereIn(
          'target_fk',
          places.map(({ target }) => target),
        )
        .select();
      return found.filter((row) => places.some((place) => isAt(row, workspace, place))).map(toBinding);
    },

    async list(tenant, workspace) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .select()
        .orderBy(['type', 'target_fk']);
      return found.map(toBinding);
    },

    async listDefaults(tenant, workspaces) {
      const found = await rows()
        .where({ tenant_id: tenant, type: 'post_authn_ctx' })
        .whereIn('target_fk', [...workspaces])
        .whereRaw('target_fk = workspace_id')
        .select();
      return new Map(found.map(toBinding).map((one) => [one.workspaceId, one.scriptId]));
    },

    async boundTo({ tenantId: tenant, workspaceId: workspace, id }) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace, script_id: id })
        .select()
        .orderBy(['type', 'target_fk']);
      return found.map(toBinding);
    },

    async put(binding) {
      await one(binding).delete();
      const { tenantId: tenant, workspaceId: workspace, type, target, scriptId: script } = binding;
      await insertUnlessTaken(
        rows().insert({ tenant_id: tenant, workspace_id: workspace, type, target_fk: target, script_id: script }),
        'A script at this execution point',
      );
    },

    async remove(place) {
      await one(place).delete();
    },
  };
}
