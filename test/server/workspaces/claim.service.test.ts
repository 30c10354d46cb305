import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { createClaimService, type ClaimService, type ClaimWords } from '../../../server/workspaces/claim.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { eventsOf, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('ClaimService', (open) => {
  let knex: Knex;
  let service: ClaimService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  const words: ClaimWords = {
    name: 'department',
    type: 'id_token',
    description: '',
    sourcePath: 'department',
    scopes: [],
    isOpaque: false,
  };
  beforeEach(async () => {
    knex = await open();
    service = createClaimService({ unitOfWork: unitOfWorkOn(knex) });
    ({ tenant, workspace } = await seedTenant(knex));
  });

  it('raises the revision with each change and tells of it', async () => {
    const { id } = await service.create(tenant, workspace, '', words);
    await service.update({ tenantId: tenant, id }, { ...words, name: 'unit' });
    await service.remove({ tenantId: tenant, id });
    assert.equal((await storesOf(knex).workspaces.findEdition(tenant, workspace))?.revision, 4);
    assert.deepEqual(await eventsOf(knex, tenant), ['claims created', 'claims deleted', 'claims updated']);
  });

  it('lets nobody say who issued a token, to whom, until when', async () => {
    for (const name of ['sub', 'iss', 'exp', 'scp', 'cnf', 'act', 'tid'])
      await assert.rejects(service.create(tenant, workspace, '', { ...words, name }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
    const { id } = await service.create(tenant, workspace, '', words);
    await assert.rejects(service.update({ tenantId: tenant, id }, { ...words, name: 'sub' }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });

  it('changes nothing of another tenant, and nothing twice', async () => {
    const { id } = await service.create(tenant, workspace, 'mine', words);
    await assert.rejects(service.create(tenant, workspace, 'other', words), (error) =>
      isPlatformError(error, 'conflict'),
    );
    const { tenant: other } = await seedTenant(knex);
    await assert.rejects(service.remove({ tenantId: other, id }), (error) => isPlatformError(error, 'not_found'));
    assert.equal((await storesOf(knex).workspaces.findEdition(tenant, workspace))?.revision, 2);
  });
});
