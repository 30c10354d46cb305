/** The scripts of a workspace, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { scriptVersionEndpoints } from '../../../server/extensions/script-version.routes.ts';
import { scriptEndpoints } from '../../../server/extensions/script.routes.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { classicSource, typedSource } from '../../support/script-compile.ts';
import { scriptServiceOn } from '../../support/kept-scripts.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

const failure = z.object({ details: z.array(z.looseObject({ pointer: z.string() })) });
const pointers = z.object({ draft: z.string(), live: z.string(), canary: z.string(), canary_share: z.int() });
const withBody = z.looseObject({ body: z.string() });
const withId = z.looseObject({ id: z.string() });

onEachDatabase('the endpoints of scripts', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { scripts, workspaces } = storesOf(knex);
    const deps = { scripts, workspaces, service: scriptServiceOn(knex) };
    api = await serveEndpoints([...scriptEndpoints(deps), ...scriptVersionEndpoints(deps)], [], () =>
      permissionsFrom(held),
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'admin' }];
  });

  const at = (path = '') => `/api/admin/${tenant}/servers/${workspace}/scripts${path}`;
  const risk = { id: 'risk', name: 'Risk', body: classicSource, env_version: 'v6', test_input: '{}' };
  const make = (body: Readonly<Record<string, unknown>> = risk) => api.ask('POST', at(), { body });

  it('make, list, get, replace and delete one as published', async () => {
    const made = await make({ ...risk, tenant_id: 'other', authorization_server_id: 'elsewhere' });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(made.body, { ...risk, tenant_id: tenant, authorization_server_id: workspace });
    assert.deepEqual((await api.ask('GET', at())).body, { scripts: [made.body] });
    assert.deepEqual((await api.ask('GET', at('?search_phrase=nothing'))).body, { scripts: [] });
    assert.deepEqual((await api.ask('GET', at('/risk'))).body, made.body);
    const body = { name: 'Other', body: typedSource() };
    assert.equal((await api.ask('PUT', at('/risk'), { body, ifMatch: '"x"' })).status, 412);
    const changed = await api.ask('PUT', at('/risk'), { body, ifMatch: made.etag ?? '' });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(withBody.parse(changed.body).body, typedSource());
    assert.equal((await make()).status, 409);
    assert.equal((await api.ask('DELETE', at('/risk'))).status, 204);
    for (const method of ['GET', 'DELETE']) assert.equal((await api.ask(method, at('/risk'))).status, 404);
    assert.equal((await api.ask('PUT', at('/risk'), { body })).status, 404);
  });

  it('patch one (RFC 6902), and not what it is', async () => {
    await make();
    const patch = (...operations: readonly Readonly<Record<string, unknown>>[]) =>
      api.ask('PATCH', at('/risk'), { body: operations });
    const renamed = await patch({ op: 'replace', path: '/name', value: 'Renamed' });
    assert.equal(renamed.status, 200, JSON.stringify(renamed.body));
    assert.equal(z.looseObject({ name: z.string() }).parse(renamed.body).name, 'Renamed');
    assert.equal(withBody.parse(renamed.body).body, classicSource, 'what was not patched stays');
    for (const operation of [
      { op: 'replace', path: '/id', value: 'x' },
      { op: 'replace', path: '/tenant_id', value: 'other' },
      { op: 'replace', path: '/name', value: 5 },
      { op: 'test', path: '/name', value: 'not this' },
      { op: 'add', path: '/__proto__/admin', value: true },
      { op: 'replace', path: '/body', value: 'let %%%' },
    ])
      assert.equal((await patch(operation)).status, 422, JSON.stringify(operation));
    assert.deepEqual((await api.ask('GET', at('/risk'))).body, renamed.body);
  });

  it('make one without a body as a place for drafts: it has no version, and nothing of it runs', async () => {
    for (const [id, body] of [
      ['bare', {}],
      ['empty', { body: '' }],
      ['null', { body: null }],
    ] as const) {
      const made = await make({ id, ...body });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      assert.equal(withBody.parse(made.body).body, '');
      assert.deepEqual((await api.ask('GET', at(`/${id}/versions`))).body, { versions: [] });
      const none = { draft: '', live: '', canary: '', canary_share: 0 };
      assert.deepEqual((await api.ask('GET', at(`/${id}/pointers`))).body, none);
      assert.equal((await api.ask('POST', at(`/${id}/versions`), { body: { body: '' } })).status, 422);
    }
  });

  it('say where a source does not compile', async () => {
    const refused = await make({ ...risk, body: `const a = 1;\n%%%` });
    assert.equal(refused.status, 422);
    const [detail] = failure.parse(refused.body).details;
    assert.deepEqual([detail?.pointer, detail?.['line'], detail?.['column']], ['/body', 2, 1]);
    assert.equal((await api.ask('GET', at('/risk'))).status, 404);
  });

  it('keep versions beside what runs, and move pointers between them', async () => {
    await make();
    const drafted = await api.ask('POST', at('/risk/versions'), { body: { body: typedSource({ effects: ['deny'] }) } });
    assert.equal(drafted.status, 201, JSON.stringify(drafted.body));
    const version = withId.parse(drafted.body).id;
    assert.equal(withBody.parse((await api.ask('GET', at('/risk'))).body).body, classicSource, 'it runs nowhere');
    const before = await api.ask('GET', at('/risk/pointers'));
    const { live } = pointers.parse(before.body);
    assert.deepEqual(before.body, { draft: version, live, canary: '', canary_share: 0 });
    const put = (body: unknown, ifMatch?: string) =>
      api.ask('PUT', at('/risk/pointers'), { body, ...(ifMatch === undefined ? {} : { ifMatch }) });
    assert.equal((await put({ live: version }, '"x"')).status, 412);
    const tried = await put({ live, canary: version }, before.etag);
    assert.deepEqual(tried.body, { draft: version, live, canary: version, canary_share: 10 });
    assert.equal((await put({ live: version })).status, 200);
    assert.equal(withBody.parse((await api.ask('GET', at('/risk'))).body).body, typedSource({ effects: ['deny'] }));
    const listed = z.object({ versions: z.array(withId) }).parse((await api.ask('GET', at('/risk/versions'))).body);
    assert.deepEqual(listed.versions.map(({ id }) => id).toSorted(), [version, live].toSorted());
    const shown = await api.ask('GET', at(`/risk/versions/${version}`));
    assert.deepEqual(shown.body, { ...withId.parse(drafted.body), body: typedSource({ effects: ['deny'] }) });
    assert.equal((await put({ live: 'f'.repeat(64) })).status, 422);
    assert.equal((await put({ live, canary: version, canary_share: 100 })).status, 422);
    assert.equal((await api.ask('GET', at('/risk/versions/nothing'))).status, 404);
    assert.equal((await api.ask('GET', at('/nothing/pointers'))).status, 404);
  });

  it('are changed by managers of this workspace alone', async () => {
    await make();
    const { workspace: other } = await seedTenant(knex);
    for (const [role, of] of [
      ['auditor', workspace],
      ['member', workspace],
      ['manager', other],
    ] as const) {
      held = [{ workspaceId: of, role }];
      assert.equal((await make({ id: 'x' })).status, 403, role);
      assert.equal((await api.ask('PUT', at('/risk/pointers'), { body: {} })).status, 403, role);
      assert.equal((await api.ask('DELETE', at('/risk'))).status, 403, role);
      assert.equal((await api.ask('GET', at('/risk'))).status, role === 'auditor' ? 200 : 403, role);
    }
  });
});
