/** The Root API's tenants, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { newId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createTenantService } from '../../../server/tenants/tenant.service.ts';
import { tenantEndpoints } from '../../../server/tenants/tenant.routes.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const tenants = z.object({ tenants: z.array(z.looseObject({ id: z.string() })) });

onEachDatabase('the endpoints of tenants', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[] = [];
  before(async () => {
    knex = await open();
    const clock = heldClock();
    await seedTenant(knex, tenantId('system'));
    const service = createTenantService({ unitOfWork: unitOfWorkOn(knex), clock });
    const urlOf = (id: string) => `https://id.example/${id}`;
    const endpoints = tenantEndpoints({ tenants: storesOf(knex).tenants, service, urlOf, clock });
    api = await serveEndpoints(endpoints, ['manage_configuration'], () => permissionsFrom(held));
  });
  after(() => api.close());

  const create = (body: Readonly<Record<string, unknown>>, query = '') =>
    api.ask('POST', `/api/system/tenants${query}`, { body: { name: 'Acme', ...body } });
  const of = (id: string) => `/api/system/tenants/${id}`;

  it('make one with its workspaces and the client that manages it, as published', async () => {
    const id = newId();
    const { status, body } = await create({ id, metadata: { registration_identifier: 'jo@x.example' } });
    assert.equal(status, 201);
    const made = z
      .object({
        tenant: z.unknown(),
        servers: z.array(z.looseObject({ id: z.string(), tenant_id: z.literal(id), type: z.string() })),
        clients: z.array(z.looseObject({ authorization_server_id: z.string(), client_secret: z.string().min(40) })),
        idps: z.array(z.never()),
      })
      .parse(body);
    const tenant = {
      id,
      name: 'Acme',
      url: `https://id.example/${id}`,
      metadata: { registration_identifier: 'jo@x.example' },
    };
    assert.deepEqual(made.tenant, tenant);
    assert.deepEqual(
      made.servers.map(({ type }) => type),
      ['admin', 'developer', 'system'],
    );
    assert.deepEqual(
      made.clients.map((client) => client.authorization_server_id),
      ['system', 'admin'],
    );
    assert.deepEqual((await api.ask('GET', of(id))).body, tenant);
  });

  it('make an id where none is given, and a workspace for applications where it is asked for', async () => {
    for (const given of [{}, { id: '' }, { id: null }]) assert.equal((await create(given)).status, 201);
    const { body } = await create({}, '?with_default_workspaces=true');
    const { servers } = z.object({ servers: z.array(z.looseObject({ id: z.string() })) }).parse(body);
    assert.ok(servers.some(({ id }) => id === 'default'));
  });

  it('call one as its id that comes without a name', async () => {
    const id = newId();
    const { status } = await create({ id, name: null });
    assert.equal(status, 201);
    assert.partialDeepStrictEqual((await api.ask('GET', of(id))).body, { id, name: id });
  });

  it('refuse what no tenant can be: 422, and 409 for an id that is taken', async () => {
    for (const wrong of [
      { id: 'Not an id' },
      { id: 'system' },
      { name: 'x'.repeat(256) },
      { name: 7 },
      { url: 'javascript:alert(1)' },
    ]) {
      const { status, body } = await create(wrong);
      assert.equal(status, 422, JSON.stringify(wrong));
      const { details } = z.object({ details: z.array(z.object({ pointer: z.string() })) }).parse(body);
      assert.equal(details[0]?.pointer, `/${Object.keys(wrong)[0] ?? ''}`);
    }
    const id = newId();
    await create({ id });
    assert.equal((await create({ id })).status, 409);
  });

  it('list all of them, however many, and those that hold what the filter says', async () => {
    const identifier = `${newId()}@x.example`;
    const mine = [newId(), newId()].toSorted();
    for (const id of mine) await create({ id, metadata: { registration_identifier: identifier } });
    const service = storesOf(knex).tenants;
    for (let n = 0; n < 120; n += 1)
      await service.insert({ id: tenantId(newId()), name: 'One of many', settings: {}, createdAt: 0, updatedAt: 0 });
    for (const path of ['/api/system/tenants', '/api/admin/tenants']) {
      const all = tenants.parse((await api.ask('GET', path)).body).tenants;
      assert.ok(all.length > 120 && mine.every((id) => all.some((one) => one.id === id)), path);
    }
    const filter = encodeURIComponent(JSON.stringify({ metadata: { registration_identifier: identifier } }));
    const found = tenants.parse((await api.ask('GET', `/api/system/tenants?query=${filter}`)).body).tenants;
    assert.deepEqual(
      found.map(({ id }) => id),
      mine,
    );
    assert.equal((await api.ask('GET', '/api/system/tenants?query=nonsense')).status, 400);
  });

  it('replace one, whatever id its body holds, unless it was changed since it was read', async () => {
    const id = newId();
    await create({ id, metadata: { a: 1 }, styling: { logo_url: 'https://x.example/l.png' } });
    const { etag } = await api.ask('GET', of(id));
    const changed = { id: 'other', tenant_id: 'other', name: 'Changed', url: 'https://login.x.example' };
    const { status, body, etag: next } = await api.ask('PUT', of(id), { body: changed, ifMatch: etag ?? '' });
    assert.deepEqual([status, body], [200, { id, name: 'Changed', url: 'https://login.x.example' }]);
    assert.equal((await api.ask('GET', of(id))).etag, next);
    assert.equal((await api.ask('PUT', of(id), { body: { name: 'Late' }, ifMatch: etag ?? '' })).status, 412);
    assert.deepEqual((await api.ask('GET', of(id))).body, body);
  });

  it('are read and changed by their own administrators, who cannot make others of them', async () => {
    const id = newId();
    await create({ id });
    const mine = `/api/admin/${id}/tenant`;
    held = [{ workspaceId: undefined, role: 'auditor' }];
    const { status, body, etag } = await api.ask('GET', mine);
    assert.deepEqual([status, body], [200, (await api.ask('GET', of(id))).body]);
    assert.equal((await api.ask('PUT', mine, { body: { name: 'Mine' } })).status, 403);
    held = [{ workspaceId: undefined, role: 'admin' }];
    const changed = await api.ask('PUT', mine, { body: { id: 'system', name: 'Mine' }, ifMatch: etag ?? '' });
    assert.deepEqual([changed.status, changed.body], [200, { id, name: 'Mine', url: `https://id.example/${id}` }]);
    // What was read is sent back: the address that is nobody's choice is not kept as one.
    assert.equal((await api.ask('PUT', `/api/admin/${id}/tenant`, { body: changed.body })).status, 200);
    assert.deepEqual((await storesOf(knex).tenants.find(tenantId(id)))?.settings, {});
    const lured = {
      ...z.object({ name: z.string() }).parse(changed.body),
      metadata: { registration_identifier: 'you@x.example' },
    };
    const refused = await api.ask('PUT', `/api/admin/${id}/tenant`, { body: lured });
    assert.equal(refused.status, 422, 'no tenant has mails sent to an address that it names itself');
    assert.match(JSON.stringify(refused.body), /\/metadata\/registration_identifier/);
    assert.equal((await api.ask('PUT', `/api/system/tenants/${id}`, { body: lured })).status, 200);
    assert.equal(
      (await api.ask('PUT', `/api/admin/${id}/tenant`, { body: lured })).status,
      200,
      'what is registered stays',
    );
    assert.equal((await api.ask('PUT', `/api/admin/${id}/tenant`, { body: { name: 'Mine' } })).status, 200);
    assert.equal((await api.ask('PUT', `/api/admin/${id}/tenant`, { body: lured })).status, 422);
    assert.equal((await api.ask('PUT', mine, { body: { name: 'Late' }, ifMatch: etag ?? '' })).status, 412);
    const nameless = await api.ask('PUT', mine, { body: { name: '' } });
    assert.equal(nameless.status, 200);
    assert.partialDeepStrictEqual(nameless.body, { name: 'Mine' }, 'who says no name changes none');
    held = [{ workspaceId: workspaceId('shop'), role: 'admin' }];
    assert.equal((await api.ask('GET', mine)).status, 403);
    held = [];
  });

  it('keep nothing that is not published', async () => {
    const id = newId();
    const settings = { workforce: { url: 'https://x.example', a: 1 }, well_known: { any: { a: 1 } }, made_up: 1 };
    await create({ id, jwks: { keys: [] }, admin: true, settings });
    const { body } = await api.ask('GET', of(id));
    const kept = { workforce: { url: 'https://x.example' }, well_known: { any: { a: 1 } } };
    assert.deepEqual(body, { id, name: 'Acme', url: `https://id.example/${id}`, settings: kept });
  });

  it('refuse headers of its own, by name: 422, and pass over what asks for none', async () => {
    const id = newId();
    const refused = await create({ id, settings: { security: { FrameDeny: true } } });
    assert.equal(refused.status, 422);
    assert.ok(JSON.stringify(refused.body).includes('"/settings/security"'), JSON.stringify(refused.body));
    const none = { security: { FrameDeny: false, AllowedHosts: null, STSSeconds: 0, ReferrerPolicy: '' } };
    assert.equal((await create({ id, settings: none })).status, 201);
    const { body } = await api.ask('GET', of(id));
    assert.ok(!JSON.stringify(body).includes('security'));
  });

  it('remove one, and never the root', async () => {
    const id = newId();
    await create({ id });
    assert.equal((await api.ask('DELETE', of(id))).status, 204);
    for (const method of ['GET', 'DELETE']) assert.equal((await api.ask(method, of(id))).status, 404);
    assert.equal((await api.ask('PUT', of(id), { body: { name: 'X' } })).status, 404);
    assert.equal((await api.ask('DELETE', of('system'))).status, 403);
  });

  it('remove none that was changed since its caller read it (RFC 9110 §13.1.1)', async () => {
    const id = newId();
    await create({ id });
    const { etag: read = '' } = await api.ask('GET', of(id));
    const { etag: now = '' } = await api.ask('PUT', of(id), { body: { name: 'Kept' } });
    assert.equal((await api.ask('DELETE', of(id), { ifMatch: read })).status, 412);
    assert.equal((await api.ask('GET', of(id))).etag, now, 'it is there, and open');
    assert.equal((await api.ask('DELETE', of(id), { ifMatch: now })).status, 204);
  });
});
