/** The System API's workspaces, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { etagOf } from '../../../server/http/etag.ts';
import { toServerBody } from '../../../server/workspaces/server.body.ts';
import { systemWorkspaceEndpoints } from '../../../server/workspaces/workspace.routes.ts';
import { createWorkspaceService } from '../../../server/workspaces/workspace.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the endpoints of workspaces for machines', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let changed: string[];
  before(async () => {
    knex = await open();
    ({ tenant } = await seedTenant(knex));
    const service = createWorkspaceService({
      unitOfWork: unitOfWorkOn(knex),
      clock: heldClock(),
      extensions: createExtensionRegistry([]),
    });
    const endpoints = systemWorkspaceEndpoints({ service, changed: (...place) => changed.push(place.join('/')) });
    api = await serveEndpoints(endpoints, ['manage_servers']);
  });
  after(() => api.close());
  beforeEach(() => {
    changed = [];
  });

  const remove = (id: string, ifMatch?: string) =>
    api.ask('DELETE', `/api/system/${tenant}/servers/${id}`, ifMatch === undefined ? {} : { ifMatch });
  const isThere = async (id: WorkspaceId) => (await storesOf(knex).workspaces.find(tenant, id)) !== undefined;

  it('remove one, and tell this process', async () => {
    const workspace = workspaceOf(tenant, { id: workspaceId('shop') });
    await storesOf(knex).workspaces.insert(workspace);
    assert.equal((await remove('shop', '"older"')).status, 412);
    assert.ok(await isThere(workspace.id));
    assert.deepEqual(changed, []);
    const { status, body } = await remove('shop', etagOf(JSON.stringify(toServerBody(workspace))));
    assert.deepEqual([status, body], [204, undefined]);
    assert.equal(await isThere(workspace.id), false);
    assert.deepEqual(changed, [`${tenant}/shop`]);
  });

  it('refuse the reserved ones, and those that are not there', async () => {
    for (const id of ['admin', 'developer', 'system']) assert.equal((await remove(id)).status, 400, id);
    assert.equal((await remove('nowhere')).status, 404);
    assert.deepEqual(changed, []);
  });
});
