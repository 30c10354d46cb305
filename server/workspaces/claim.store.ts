/** Claims in rows. */
import type { Knex } from 'knex';
import { fromJson, insertUnlessTaken, toBoolean, toJson } from '../db/columns.ts';
import type { BooleanColumn } from '../db/columns.ts';
import { PlatformError } from '../kernel/errors.ts';
import { claimId, tenantId, workspaceId, type ClaimId, type TenantId } from '../kernel/ids.ts';
import type { Claim, ClaimStore } from './claim.ts';

interface ClaimRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly type: Claim['type'];
  readonly name: string;
  readonly description: string;
  readonly source_path: string;
  readonly scopes: string;
  readonly is_opaque: BooleanColumn;
}

function toClaim(row: ClaimRow): Claim {
  return {
    tenantId: tenantId(row.tenant_id),
    workspaceId: workspaceId(row.workspace_id),
    id: claimId(row.id),
    name: row.name,
    type: row.type,
    description: row.description,
    sourcePath: row.source_path,
    scopes: fromJson<readonly string[]>(row.scopes),
    isOpaque: toBoolean(row.is_opaque),
  };
}

const words = (claim: Claim) => ({
  type: claim.type,
  name: claim.name,
  description: claim.description,
  source_path: claim.sourcePath,
  scopes: toJson(claim.scopes),
  is_opaque: claim.isOpaque,
});

const taken = 'A claim with this id, or with this name and type,';

export function createClaimStore(executor: Knex): ClaimStore {
  const rows = () => executor<ClaimRow>('claims');
  const one = (tenant: TenantId, id: ClaimId) => rows().where({ tenant_id: tenant, id });
  // MySQL ignores trailing blanks when it compares; an id is this text and no other.
  const named = (id: ClaimId, row: ClaimRow | undefined) => (row?.id === id ? toClaim(row) : undefined);

  return {
    async list(tenant, workspace) {
      const found = await rows()
        .where({ tenant_id: tenant, workspace_id: workspace })
        .select()
        .orderBy(['type', 'name']);
      return found.map(toClaim);
    },

    find: async (tenant, id) => named(id, await one(tenant, id).first()),
    findHeld: async (tenant, id) => named(id, await one(tenant, id).forUpdate().first()),

    async insert(claim) {
      const { tenantId: tenant, workspaceId: workspace, id } = claim;
      await insertUnlessTaken(
        rows().insert({ tenant_id: tenant, workspace_id: workspace, id, ...words(claim) }),
        taken,
      );
    },

    async update(claim) {
      const { tenantId: tenant, workspaceId: workspace, id } = claim;
      let changed = 0;
      await insertUnlessTaken(
        rows()
          .where({ tenant_id: tenant, workspace_id: workspace, id })
          .update(words(claim))
          .then((count) => {
            changed = count;
          }),
        taken,
      );
      if (changed === 0) throw new PlatformError('not_found', 'There is no such claim.');
    },

    async remove(tenant, id) {
      await rows().where({ tenant_id: tenant, id }).delete();
    },
  };
}
