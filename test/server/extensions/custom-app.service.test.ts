import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import {
  createCustomAppService,
  type CustomAppService,
  type CustomAppServiceStores,
} from '../../../server/extensions/custom-app.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { customAppId, idpId, workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('CustomAppService', (open) => {
  const clock = heldClock();
  const system = workspaceId('system');
  const words = { name: 'KYC', url: 'https://kyc.example' };
  let knex: Knex;
  let service: CustomAppService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    const artifacts = { destroyByClient: () => Promise.resolve() };
    const unitOfWork: UnitOfWork<CustomAppServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    service = createCustomAppService({ unitOfWork, clock });
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: system, type: 'system' }));
  });
  const place = () => ({ tenantId: tenant, workspaceId: workspace, id: customAppId('kyc') });

  it('makes application and client together, or neither', async () => {
    const { app, client } = await service.create(tenant, workspace, 'kyc', words);
    assert.equal(client?.id, app.clientId);
    await assert.rejects(service.create(tenant, workspace, 'kyc', words), (error) =>
      isPlatformError(error, 'conflict'),
    );
    const { items } = await storesOf(knex).clients.list(tenant, system, { limit: 10, order: 'asc' });
    assert.deepEqual(
      items.map(({ id }) => id),
      [app.clientId],
      'a client of nothing would be left',
    );
    assert.deepEqual(await eventsOf(knex, tenant), ['client created', 'server updated']);
  });

  it('gives each application a client of its own', async () => {
    const one = await service.create(tenant, workspace, '', words);
    const two = await service.create(tenant, workspace, '', words);
    assert.notEqual(one.app.clientId, two.app.clientId);
    assert.notEqual(one.client?.secret, two.client?.secret);
  });

  it('goes on without a client that somebody removed, and says that it is gone', async () => {
    const { app } = await service.create(tenant, workspace, 'kyc', words);
    await storesOf(knex).clients.remove(tenant, system, app.clientId);
    const changed = await service.update(place(), { ...words, name: 'Other' });
    assert.deepEqual([changed.app.name, changed.client], ['Other', undefined]);
    await service.remove(place());
    await assert.rejects(service.remove(place()), (error) => isPlatformError(error, 'not_found'));
  });

  it('removes none that an idp is bound to: its logins would go on without it', async () => {
    const { app } = await service.create(tenant, workspace, 'kyc', words);
    await storesOf(knex).idps.insert({
      tenantId: tenant,
      workspaceId: workspace,
      id: idpId('people'),
      name: 'People',
      enabled: false,
      postAuthnAppId: app.id,
      method: 'static',
      users: [],
    });
    await assert.rejects(service.remove(place()), (error) => isPlatformError(error, 'conflict'));
    assert.notEqual(await storesOf(knex).clients.find(tenant, system, app.clientId), undefined);
  });

  it('keeps a workspace to a hundred', async () => {
    const { customApps } = storesOf(knex);
    const { app } = await service.create(tenant, workspace, 'kyc', words);
    for (let index = 1; index < 100; index += 1)
      await customApps.insert({ ...app, id: customAppId(`more-${String(index)}`) });
    await assert.rejects(service.create(tenant, workspace, '', words), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
  });
});
