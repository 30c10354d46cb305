/** Roles that were written without their place, or stayed when it went: nobody can say where they were meant to hold. */
import type { Knex } from 'knex';

/** What there was in a tenant when this was written; whatever else has no place is no role. */
const tenantRoles = ['admin', 'business_admin', 'auditor', 'member'];

const grants = (knex: Knex) => knex('role_grants');

export async function up(knex: Knex): Promise<void> {
  // A role of workspaces or pools in a tenant lets nobody do anything, and stands in the way of every import of an export.
  await grants(knex).where({ workspace_id: '', pool_id: '' }).whereNotIn('role', tenantRoles).delete();
  // Whoever makes a workspace of the same id later would share it with them.
  await grants(knex)
    .whereNot({ workspace_id: '' })
    .whereNotExists(
      knex('workspaces')
        .select(knex.raw('1'))
        .whereRaw('workspaces.tenant_id = role_grants.tenant_id and workspaces.id = role_grants.workspace_id'),
    )
    .delete();
}

/** Nothing that held anything was taken away. */
export async function down(): Promise<void> {
  await Promise.resolve();
}
