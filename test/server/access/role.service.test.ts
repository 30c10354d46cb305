/** Giving roles and taking them back. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { createRoleService, type RoleService } from '../../../server/access/role.service.ts';
import type { RoleGrant } from '../../../server/access/role.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { poolOf, userOf } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('RoleService', (open) => {
  let knex: Knex;
  let service: RoleService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let grant: RoleGrant;
  before(async () => {
    knex = await open();
    service = createRoleService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    const pool = poolOf(tenant);
    const user = userOf(tenant, pool.id);
    await storesOf(knex).pools.insert(pool);
    await storesOf(knex).users.insert(user);
    const subject = { type: 'identity_pool_user', poolId: pool.id, userId: user.id } as const;
    grant = { tenantId: tenant, workspaceId: undefined, role: 'admin', subject };
  });
  const told = async (): Promise<readonly unknown[]> => {
    const rows: unknown = await knex('audit_events').where({ tenant_id: tenant, subject: 'role' }).orderBy('id');
    const events = z.array(
      z.looseObject({ action: z.string(), payload: z.string(), workspace_id: z.string().nullable() }),
    );
    return events
      .parse(rows)
      .map(({ action, payload, workspace_id: id }): readonly unknown[] => [action, JSON.parse(payload), id]);
  };

  it('tells who was given what, in the same transaction', async () => {
    await service.grant({ ...grant, workspaceId: workspace, role: 'auditor' });
    const { subject } = grant;
    assert.deepEqual(await told(), [['granted', { role_granted: { role: 'auditor', subject } }, workspace]]);
    const nobody = { ...grant, subject: { type: 'client', clientId: 'nobody' } } as const;
    await assert.rejects(service.grant(nobody), (error) => isPlatformError(error, 'not_found'));
    assert.equal((await told()).length, 1);
  });

  it('takes no role back that was not given, and not the last administrator', async () => {
    await assert.rejects(service.revoke(grant), (error) => isPlatformError(error, 'not_found'));
    await service.grant(grant);
    await assert.rejects(service.revoke(grant), (error) => isPlatformError(error, 'unprocessable_entity'));
    assert.deepEqual(await storesOf(knex).roles.listIn(tenant, undefined), [grant]);
    assert.equal((await told()).length, 1);
  });

  it('takes the last administrator of a workspace: its tenant has others', async () => {
    const inWorkspace = { ...grant, workspaceId: workspace };
    await service.grant(inWorkspace);
    await service.revoke(inWorkspace);
    assert.deepEqual(await storesOf(knex).roles.listIn(tenant, workspace), []);
  });

  it('gives none in a reserved workspace', async () => {
    for (const id of ['admin', 'developer', 'system'])
      await assert.rejects(service.grant({ ...grant, workspaceId: workspaceId(id) }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
  });
});
