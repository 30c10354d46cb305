/** The Admin API's keys, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { signingKeyEndpoints } from '../../../server/workspaces/signing-key.routes.ts';
import { createSigningKeyService } from '../../../server/workspaces/signing-key.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const key = z.looseObject({ kid: z.string(), alg: z.string(), created_at: z.string() });
const keysAnswer = z.object({ current_key: key.optional(), rotated_keys: z.array(key) });

onEachDatabase('the endpoints of keys', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let changed: string[];
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const service = createSigningKeyService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
    const { signingKeys, workspaces } = storesOf(knex);
    const told = (...place: readonly string[]) => void changed.push(place.join('/'));
    const endpoints = signingKeyEndpoints({ signingKeys, workspaces, service, changed: told });
    api = await serveEndpoints(endpoints, [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    changed = [];
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '') => `/api/admin/${tenant}/servers/${workspace}/keys${path}`;
  const rotate = async () => key.parse((await api.ask('POST', at('/rotate'))).body);
  const keys = async () => keysAnswer.parse((await api.ask('GET', at())).body);

  it('show which key signs and which did, and no private member of any', async () => {
    assert.deepEqual(await keys(), { rotated_keys: [] });
    const first = await rotate();
    const second = await rotate();
    const { current_key: current, rotated_keys: rotated } = await keys();
    assert.deepEqual([current?.kid, rotated.map(({ kid }) => kid)], [second.kid, [first.kid]]);
    assert.deepEqual(changed, [`${tenant}/${workspace}`, `${tenant}/${workspace}`]);
    const { status, body } = await api.ask('GET', at(`/${first.kid}/raw`));
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(z.record(z.string(), z.unknown()).parse(body)).sort(), [
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'y',
    ]);
    for (const shown of [current, ...rotated, first, second]) assert.ok(shown !== undefined && !('d' in shown));
    assert.equal((await api.ask('GET', at('/nothing/raw'))).status, 404);
  });

  it('revoke a rotated key, and not the one that signs', async () => {
    const first = await rotate();
    assert.equal((await api.ask('POST', at(`/revoke/${first.kid}`))).status, 400);
    await rotate();
    assert.equal((await api.ask('POST', at(`/revoke/${first.kid}`))).status, 200);
    assert.deepEqual((await keys()).rotated_keys, []);
    assert.equal((await api.ask('POST', at(`/revoke/${first.kid}`))).status, 404);
  });

  it('refuse what no workspace has', async () => {
    assert.equal((await api.ask('GET', at('?use=enc'))).status, 400);
    assert.equal((await api.ask('POST', at('/rotate?key_type=rsa'))).status, 400);
    assert.equal((await api.ask('POST', at('/rotate?key_type=ecdsa&use=sig'))).status, 200);
    assert.equal((await api.ask('GET', `/api/admin/${tenant}/servers/nowhere/keys`)).status, 404);
  });

  it('let an auditor look, and change nothing', async () => {
    const { kid } = await rotate();
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await api.ask('GET', at())).status, 200);
    assert.equal((await api.ask('POST', at('/rotate'))).status, 403);
    assert.equal((await api.ask('POST', at(`/revoke/${kid}`))).status, 403);
    held = [];
    assert.equal((await api.ask('GET', at())).status, 403);
  });
});
