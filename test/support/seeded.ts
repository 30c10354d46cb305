/** What rows of people and logins belong to: a tenant with a workspace, a pool, a person, each with ids of its own. */
import type { Knex } from 'knex';
import { createPoolStore } from '../../server/pools/pool.store.ts';
import { poolSettingsSchema, type Pool } from '../../server/pools/pool.ts';
import { newId, poolId, tenantId, userId, workspaceId } from '../../server/kernel/ids.ts';
import type { PoolId, TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import { createUserStore } from '../../server/users/user.store.ts';
import type { User } from '../../server/users/user.ts';

/** 2026-11-23T20:00:00Z */
export const noon = 1_795_464_000_000;

export async function seedWorkspace(
  knex: Knex,
  tenant: TenantId = tenantId(newId()),
): Promise<{ readonly tenant: TenantId; readonly workspace: WorkspaceId }> {
  const workspace = workspaceId(newId());
  const times = { created_at: noon, updated_at: noon };
  const known: unknown = await knex('tenants').where({ id: tenant }).first();
  if (known === undefined) {
    await knex('tenants').insert({ id: tenant, name: 'A tenant', settings: '{}', sealed_key: '', ...times });
  }
  await knex('workspaces').insert({
    tenant_id: tenant,
    id: workspace,
    name: 'A workspace',
    type: 'regular',
    settings: '{}',
    revision: 1,
    ...times,
  });
  return { tenant, workspace };
}

export function poolOf(tenant: TenantId, members: Partial<Pool> = {}): Pool {
  return {
    tenantId: tenant,
    id: poolId(newId()),
    name: 'Customers',
    identifierCaseInsensitive: true,
    authenticationMechanisms: ['password'],
    workspaceId: undefined,
    isSystem: false,
    settings: poolSettingsSchema.parse({}),
    createdAt: noon,
    updatedAt: noon,
    ...members,
  };
}

export function userOf(tenant: TenantId, pool: PoolId, members: Partial<User> = {}): User {
  return {
    tenantId: tenant,
    poolId: pool,
    id: userId(newId()),
    status: 'active',
    payload: {},
    metadata: {},
    businessMetadata: {},
    schemas: {},
    statusUpdatedAt: noon,
    createdAt: noon,
    updatedAt: noon,
    ...members,
  };
}

export async function seedPool(knex: Knex, members: Partial<Pool> = {}): Promise<Pool> {
  const { tenant } = await seedWorkspace(knex);
  const pool = poolOf(tenant, members);
  await createPoolStore(knex, []).insert(pool);
  return pool;
}

export async function seedUser(knex: Knex, pool: Pool): Promise<User> {
  const user = userOf(pool.tenantId, pool.id);
  await createUserStore(knex).insert(user);
  return user;
}
