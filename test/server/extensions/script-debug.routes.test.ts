/** Scripts that are being debugged, over HTTP and on rows: for a while, by who may manage them, and told of. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { scriptDebugEndpoints } from '../../../server/extensions/script-debug.routes.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { scriptServiceOn, scriptWords } from '../../support/kept-scripts.ts';
import { classicSource } from '../../support/script-compile.ts';
import { noon } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const debug = z.object({ script_id: z.string(), started_at: z.string(), duration: z.string() });

onEachDatabase('the endpoints of scripts that are debugged', (open) => {
  const clock = heldClock();
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { scriptDebugs, workspaces } = storesOf(knex);
    const deps = { scriptDebugs, workspaces, unitOfWork: unitOfWorkOn(knex), clock };
    api = await serveEndpoints(scriptDebugEndpoints(deps), [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    clock.set(noon);
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
    await scriptServiceOn(knex).create(tenant, workspace, 'risk', { ...scriptWords, body: classicSource });
  });
  const base = () => `/api/admin/${tenant}/servers/${workspace}`;
  const ask = (method: 'GET' | 'PUT' | 'DELETE', duration = '') =>
    api.ask(method, `${base()}/scripts/risk/debug${duration === '' ? '' : `?duration=${duration}`}`);
  const listed = async () => {
    const { body } = await api.ask('GET', `${base()}/script-debugs`);
    return z
      .object({ script_debugs: z.array(debug) })
      .parse(body)
      .script_debugs.map(({ script_id: id }) => id);
  };

  it('lasts a minute unless said, and is over by itself', async () => {
    assert.equal((await ask('GET')).status, 404);
    const made = await ask('PUT');
    assert.equal(made.status, 200);
    const { started_at: startedAt, duration } = debug.parse(made.body);
    assert.deepEqual([startedAt, duration], [new Date(noon).toISOString(), '1m0s']);
    assert.deepEqual(await listed(), ['risk']);
    clock.set(noon + 60_000);
    assert.equal((await ask('GET')).status, 404);
    assert.deepEqual(await listed(), []);
    assert.equal(await storesOf(knex).scriptDebugs.removeExpired(noon + 60_001, 10), 1);
  });

  it('lasts as long as it is said to, up to an hour, and ends when it is said to', async () => {
    for (const wrong of ['59s', '61m', '1h0m1s', 'soon', '-60s']) {
      const { status } = await ask('PUT', wrong);
      assert.ok(status === 400 || status === 422, `${wrong}: ${String(status)}`);
    }
    assert.equal(debug.parse((await ask('PUT', '1h')).body).duration, '1h0m0s');
    assert.equal((await ask('DELETE')).status, 204);
    assert.equal((await ask('DELETE')).status, 404);
    const changed = (await eventsOf(knex, tenant)).filter((event) => event === 'server updated');
    assert.equal(changed.length, 3, 'who looks at people’s logins is told of, as is the script itself');
  });

  it('is of scripts that are there, and for who may manage them', async () => {
    assert.equal((await api.ask('PUT', `${base()}/scripts/none/debug`)).status, 404);
    held = [{ workspaceId: workspaceId('other'), role: 'admin' }];
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const { status } = await ask(method);
      assert.ok(status === 403 || status === 404, `${method}: ${String(status)}`);
    }
  });

  it('goes with its script', async () => {
    await ask('PUT');
    await scriptServiceOn(knex).remove({ tenantId: tenant, workspaceId: workspace, id: 'risk' as never });
    assert.deepEqual(await listed(), []);
  });
});
