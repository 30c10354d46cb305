/** The claims of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { claimEndpoints } from '../../../server/workspaces/claim.routes.ts';
import { createClaimService } from '../../../server/workspaces/claim.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of claims', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  const told: string[] = [];
  before(async () => {
    knex = await open();
    const { claims, workspaces } = storesOf(knex);
    const service = createClaimService({ unitOfWork: unitOfWorkOn(knex) });
    const changed = (_tenant: TenantId, id: WorkspaceId) => told.push(id);
    api = await serveEndpoints(claimEndpoints({ claims, workspaces, service, changed }), [], () =>
      permissionsFrom(held),
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
    told.length = 0;
  });

  const at = (path = '') => `/api/admin/${tenant}/claims${path}`;
  const list = () => api.ask('GET', `/api/admin/${tenant}/servers/${workspace}/claims`);
  const make = (body: Readonly<Record<string, unknown>>) =>
    api.ask('POST', at(), { body: { authorization_server_id: workspace, ...body } });
  const department = { id: 'dep', name: 'department', type: 'id_token', source_path: 'work.department' };

  it('make, list, change and delete one, and say that the workspace is another one', async () => {
    const made = await make({ ...department, scopes: null, mapping: '', verified: false, saml_name: '' });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const shown = {
      ...department,
      tenant_id: tenant,
      authorization_server_id: workspace,
      description: '',
      source_type: 'authnCtx',
      mapping: 'work.department',
      scopes: [],
      opaque: false,
    };
    assert.deepEqual(made.body, shown);
    assert.deepEqual((await list()).body, { claims: [shown] });
    const body = { name: 'unit', type: 'id_token', mapping: 'work.unit', scopes: ['profile'], opaque: true };
    const changed = await api.ask('PUT', at('/dep'), { body, ifMatch: made.etag ?? '' });
    assert.deepEqual([changed.status, changed.body], [200, { ...shown, ...body, source_path: 'work.unit' }]);
    assert.equal((await api.ask('DELETE', at('/dep'), { ifMatch: made.etag ?? '' })).status, 412);
    assert.equal((await api.ask('DELETE', at('/dep'))).status, 204);
    assert.equal((await api.ask('DELETE', at('/dep'))).status, 404);
    assert.deepEqual(told, [workspace, workspace, workspace]);
  });

  it('refuse what cannot be, by pointer', async () => {
    await make(department);
    for (const [body, status, pointer] of [
      [department, 409, undefined],
      [{ ...department, id: 'two' }, 409, undefined],
      [{ ...department, name: 'sub' }, 422, '/name'],
      [{ ...department, type: 'saml_assertion' }, 422, '/type'],
      [{ ...department, source_path: '' }, 422, '/source_path'],
      [{ ...department, source_type: 'elsewhere' }, 422, '/source_type'],
      [{ ...department, type: 'access_token', opaque: true }, 422, '/opaque'],
      [{ ...department, id: 'a b', name: 'b' }, 422, '/id'],
    ] as const) {
      const answer = await make(body);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (pointer !== undefined) assert.equal(failure.parse(answer.body).details[0]?.pointer, pointer);
    }
  });

  it('need a role in the workspace, and one of this tenant', async () => {
    await make(department);
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await list()).status, 200);
    assert.equal((await api.ask('DELETE', at('/dep'))).status, 403);
    const { tenant: other } = await seedTenant(knex);
    held = [{ workspaceId: undefined, role: 'admin' }];
    assert.equal((await api.ask('DELETE', `/api/admin/${other}/claims/dep`)).status, 404);
  });
});
