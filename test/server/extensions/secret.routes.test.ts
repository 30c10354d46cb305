/** The secrets of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { secretEndpoints } from '../../../server/extensions/secret.routes.ts';
import { createSecretService } from '../../../server/extensions/secret.service.ts';
import { secretId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });

onEachDatabase('the endpoints of secrets', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  const depsOf = () => {
    const { secrets, workspaces } = storesOf(knex);
    return { secrets, workspaces, service: createSecretService({ unitOfWork: unitOfWorkOn(knex, clock), clock }) };
  };
  before(async () => {
    knex = await open();
    api = await serveEndpoints(secretEndpoints(depsOf()), ['nothing'], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '', of: TenantId = tenant) => `/api/admin/${of}/servers/${workspace}/secrets${path}`;
  const make = (body: Readonly<Record<string, unknown>>) => api.ask('POST', at(), { body });
  const shown = () => ({
    id: 'secret-pet',
    tenant_id: tenant,
    server_id: workspace,
    created_at: new Date(noon).toISOString(),
  });

  it('take a value, and never give it out', async () => {
    const made = await make({ id: 'secret-pet', secret: 'planted-cat', server_id: 'elsewhere', tenant_id: 'other' });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(made.body, shown());
    const listed = await api.ask('GET', at());
    assert.deepEqual(listed.body, { secrets: [shown()] });
    const stale = await api.ask('PUT', at('/secret-pet'), { body: { secret: 'dog' }, ifMatch: '"x"' });
    assert.equal(stale.status, 412);
    const changed = await api.ask('PUT', at('/secret-pet'), {
      body: { secret: 'planted-dog' },
      ifMatch: made.etag ?? '',
    });
    assert.equal(changed.status, 201, 'as published');
    assert.deepEqual(changed.body, shown());
    const values = await storesOf(knex).secrets.open(tenant, workspace);
    assert.equal(values.get(secretId('secret-pet')), 'planted-dog');
    for (const answer of [made, listed, changed]) assert.doesNotMatch(JSON.stringify(answer), /planted/);
    assert.equal((await make({ id: 'secret-pet', secret: 'x' })).status, 409);
    assert.equal((await api.ask('DELETE', at('/secret-pet'))).status, 204);
    assert.equal((await api.ask('DELETE', at('/secret-pet'))).status, 404);
    assert.equal((await api.ask('PUT', at('/secret-pet'), { body: { secret: 'x' } })).status, 404);
  });

  it('refuse what cannot be, by pointer, without repeating the value', async () => {
    for (const [body, pointer] of [
      [{ id: 'a b', secret: 'planted' }, '/id'],
      [{ id: '__proto__', secret: 'planted' }, '/id'],
      [{ secret: 'planted' }, '/id'],
      [{ id: 'x' }, '/secret'],
      [{ id: 'x', secret: '' }, '/secret'],
      [{ id: 'x', secret: `planted${'x'.repeat(16_384)}` }, '/secret'],
    ] as const) {
      const refused = await make(body);
      assert.equal(refused.status, 422, JSON.stringify(body));
      assert.equal(failure.parse(refused.body).details[0]?.pointer, pointer);
      assert.doesNotMatch(JSON.stringify(refused.body), /planted/);
    }
  });

  it('are for managers of this workspace: not for auditors, members, or managers of another', async () => {
    await make({ id: 'KEY', secret: 'x' });
    for (const [role, of] of [
      ['auditor', undefined],
      ['auditor', workspace],
      ['member', workspace],
      ['user_manager', workspace],
    ] as const) {
      held = [{ workspaceId: of, role }];
      assert.equal((await api.ask('GET', at())).status, 403, role);
      assert.equal((await make({ id: 'OTHER', secret: 'x' })).status, 403, role);
      assert.equal((await api.ask('DELETE', at('/KEY'))).status, 403, role);
    }
    const { workspace: other } = await seedTenant(knex);
    held = [{ workspaceId: other, role: 'manager' }];
    assert.equal((await api.ask('PUT', at('/KEY'), { body: { secret: 'mine' } })).status, 403);
    held = [{ workspaceId: workspace, role: 'manager' }];
    assert.equal((await api.ask('GET', at())).status, 200);
    assert.equal((await api.ask('PUT', at('/KEY'), { body: { secret: 'y' } })).status, 201);
  });

  it('are managed by programs, by the scopes of secrets alone', async () => {
    const path = `/api/system/${tenant}/servers/${workspace}/secrets`;
    const body = { body: { id: 'risk', secret: 'planted-cow' } };
    held = [];
    assert.equal((await api.ask('POST', path, body)).status, 403, 'no scope');
    assert.equal((await api.askWith(['read_secrets'], 'DELETE', `${path}/risk`)).status, 403);
    assert.equal((await api.askWith(['manage_configuration'], 'GET', path)).status, 403);
    const programs = await serveEndpoints(secretEndpoints(depsOf()), ['manage_secrets']);
    try {
      const made = await programs.ask('POST', path, body);
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const changed = await programs.ask('PUT', `${path}/risk`, { body: { secret: 'planted-pig' } });
      assert.equal(changed.status, 201);
      const { status, body: listed } = await api.askWith(['read_secrets'], 'GET', path);
      assert.deepEqual([status, listed], [200, { secrets: [{ ...shown(), id: 'risk' }] }]);
      assert.doesNotMatch(JSON.stringify([made, changed, listed]), /planted/);
      assert.equal((await programs.ask('GET', `/api/system/${tenant}/servers/nowhere/secrets`)).status, 404);
      assert.equal((await programs.ask('DELETE', `${path}/risk`)).status, 204);
      assert.equal((await programs.ask('DELETE', `${path}/risk`)).status, 404);
    } finally {
      await programs.close();
    }
  });
});
