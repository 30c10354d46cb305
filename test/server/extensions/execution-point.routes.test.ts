/** Where scripts run, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createPasswordHasher } from '../../../server/credentials/password/hasher.ts';
import { executionPointEndpoints } from '../../../server/extensions/execution-point.routes.ts';
import { createExecutionPointService } from '../../../server/extensions/execution-point.service.ts';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { idpId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { heldClock, clientOf, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.object({ pointer: z.string(), message: z.string() })) });

onEachDatabase('the endpoints of execution points', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { executionPoints, workspaces } = storesOf(knex);
    const service = createExecutionPointService({ unitOfWork: unitOfWorkOn(knex) });
    api = await serveEndpoints(executionPointEndpoints({ executionPoints, workspaces, service }), [], () =>
      permissionsFrom(held),
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
    const { idps, clients } = storesOf(knex);
    const idp = {
      tenantId: tenant,
      workspaceId: workspace,
      id: idpId('people'),
      name: 'People',
      enabled: true,
    } as const;
    await idps.insert({ ...idp, method: 'static', users: [] });
    await clients.insert(clientOf(tenant, workspace, 'shop', {}));
    const scripts = scriptServiceOn(knex);
    for (const [id, body] of [
      ['risk', classicSource],
      ['typed', typedSource()],
      ['sleepy', `${classicSource}\n// typed {"effects":["sleep"]}`],
      ['asking', typedSource({ effects: ['approval'] })],
      ['empty', ''],
    ] as const)
      await scripts.create(tenant, workspace, id, { ...scriptWords, body });
  });

  const at = () => `/api/admin/${tenant}/servers/${workspace}/script-execution-points`;
  const put = (...points: readonly Readonly<Record<string, unknown>>[]) =>
    api.ask('PUT', at(), { body: { execution_points: points } });
  const bind = (type: string, target: string, script = 'risk') => ({ type, target_fk: target, script_id: script });
  const shown = (type: string, target: string, script = 'risk') => ({
    ...bind(type, target, script),
    server_id: workspace,
    tenant_id: tenant,
  });

  it('bind a script to each point, and clear one by an empty id; others stay', async () => {
    assert.deepEqual((await api.ask('GET', at())).body, { execution_points: [] });
    const bound = await put(
      bind('post_authn_ctx', 'people'),
      bind('post_authn_ctx', workspace, 'typed'),
      bind('token_minting', workspace),
      bind('client_token_minting', 'shop'),
      bind('allowed_idp_ids', workspace),
    );
    assert.equal(bound.status, 200, JSON.stringify(bound.body));
    const { execution_points: all } = z.object({ execution_points: z.array(z.unknown()) }).parse(bound.body);
    assert.equal(all.length, 5);
    assert.deepEqual((await api.ask('GET', at())).body, bound.body);
    const { body } = await put({ type: 'token_minting', target_fk: workspace, script_id: '' });
    assert.equal(z.object({ execution_points: z.array(z.unknown()) }).parse(body).execution_points.length, 4);
    assert.equal((await put(bind('post_authn_ctx', 'people', 'asking'))).status, 200);
    const replaced = await put(bind('post_authn_ctx', 'people', 'sleepy'));
    assert.match(JSON.stringify(replaced.body), /"target_fk":"people","script_id":"sleepy"/);
    assert.deepEqual(
      z.object({ execution_points: z.array(z.looseObject({ type: z.string() })) }).parse(replaced.body)
        .execution_points[0],
      shown('allowed_idp_ids', workspace),
    );
  });

  it('refuse what cannot be bound, by pointer, and bind nothing of the rest', async () => {
    for (const [wrong, pointer] of [
      [bind('post_authn_ctx', 'nobody'), '/execution_points/1/target_fk'],
      [bind('token_minting', 'people'), '/execution_points/1/target_fk'],
      [bind('client_token_minting', workspace), '/execution_points/1/target_fk'],
      [bind('allowed_idp_ids', 'people'), '/execution_points/1/target_fk'],
      [bind('post_authn_ctx', 'people', 'nothing'), '/execution_points/1/script_id'],
      [bind('post_authn_ctx', 'people', 'empty'), '/execution_points/1/script_id'],
      [bind('token_minting', workspace, 'typed'), '/execution_points/1/script_id'],
      [bind('token_minting', workspace, 'sleepy'), '/execution_points/1/script_id'],
      [bind('whenever', workspace), '/execution_points/1/type'],
    ] as const) {
      const refused = await put(bind('allowed_idp_ids', workspace), wrong);
      assert.equal(refused.status, 422, JSON.stringify(wrong));
      assert.equal(failure.parse(refused.body).details[0]?.pointer, pointer);
    }
    assert.deepEqual((await api.ask('GET', at())).body, { execution_points: [] });
  });

  it('bind nothing of another workspace', async () => {
    const stranger = await seedTenant(knex);
    const path = `/api/admin/${stranger.tenant}/servers/${stranger.workspace}/script-execution-points`;
    const refused = await api.ask('PUT', path, {
      body: { execution_points: [bind('allowed_idp_ids', stranger.workspace)] },
    });
    assert.equal(failure.parse(refused.body).details[0]?.pointer, '/execution_points/0/script_id');
  });

  it('go with the idp: another of the same id begins without a script', async () => {
    await put(bind('post_authn_ctx', 'people'));
    const idps = createIdpService({
      unitOfWork: unitOfWorkOn(knex),
      hasher: createPasswordHasher(),
      clock: heldClock(),
    });
    await idps.remove({ tenantId: tenant, workspaceId: workspace, id: idpId('people') });
    assert.deepEqual((await api.ask('GET', at())).body, { execution_points: [] });
  });

  it('are held to what their caller has read', async () => {
    const { etag } = await api.ask('GET', at());
    await put(bind('allowed_idp_ids', workspace));
    const body = { execution_points: [bind('post_authn_ctx', 'people')] };
    assert.equal((await api.ask('PUT', at(), { body, ifMatch: etag ?? '' })).status, 412);
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await api.ask('GET', at())).status, 200);
    assert.equal((await api.ask('PUT', at(), { body })).status, 403);
  });
});
