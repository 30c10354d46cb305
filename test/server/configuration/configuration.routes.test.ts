/** Export, import and patch over HTTP: streamed, bounded, and whole or not at all. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { createClientService } from '../../../server/clients/client.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { systemScopes } from '../../../server/workspaces/system-scopes.ts';
import { place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const dump = z.looseObject({
  tenant: z.object({ id: z.string(), name: z.string() }),
  servers: z.array(z.looseObject({ id: z.string(), tenant_id: z.string(), jwks: z.unknown() })),
  clients: z.array(z.looseObject({ client_id: z.string() })),
});
const failure = z.object({ error: z.string(), details: z.array(z.looseObject({ pointer: z.string() })).optional() });

describe('configuration over HTTP', () => {
  let house: WebLogin;
  let token: string;
  before(async () => {
    house = await startWebLogin();
    const { unitOfWork } = house.platform;
    const client = await createClientService({ unitOfWork, clock }).create({
      tenantId: place.tenantId,
      workspaceId: workspaceId('system'),
      metadata: { grant_types: ['client_credentials'], scope: systemScopes.map(({ name }) => name).join(' ') },
    });
    const response = await fetch(`${house.origin}/default/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret ?? ''}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage_configuration' }),
    });
    token = z.object({ access_token: z.string() }).parse(await response.json()).access_token;
  });
  after(() => house.stop());

  const ask = async (method: string, query = '', body?: unknown, headers: Record<string, string> = {}) => {
    const sent =
      body === undefined || body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${house.origin}/api/system/default/configuration${query}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const failed = async (work: Promise<{ status: number; text: string }>, status: number, says: RegExp) => {
    const answer = await work;
    assert.equal(answer.status, status, answer.text);
    assert.match(failure.parse(JSON.parse(answer.text)).error, says);
  };

  it('exports what it imports', async () => {
    const { status, text, headers } = await ask('GET');
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    const { tenant, servers } = dump.parse(JSON.parse(text));
    assert.equal(tenant.id, 'default');
    assert.deepEqual(
      servers.map(({ id }) => id),
      ['admin', 'demo', 'developer', 'system'],
    );
    const put = await ask('PUT', '?mode=update', text);
    assert.deepEqual([put.status, put.text], [204, '']);
    assert.equal((await ask('GET')).text, text);
    const one = dump.parse(JSON.parse((await ask('GET', '?workspace_id=demo&with_data=true')).text));
    assert.deepEqual(
      one.servers.map(({ id }) => id),
      ['demo'],
    );
    assert.match((await ask('GET', '?with_data=true')).text, /"audit_events":\[\{"/);
    assert.match((await ask('GET')).text, /"audit_events":\[\]/);
    assert.equal(
      (await ask('PUT', '?with_data=true&dry_run=true', (await ask('GET', '?with_data=true')).text)).status,
      200,
    );
    await failed(ask('PATCH', '?with_data=true', []), 400, /with_data/);
    await failed(ask('GET', '?workspace_id=nothing'), 404, /none of this id/);
  });

  it('shows what would change, and changes nothing', async () => {
    const before = (await ask('GET')).text;
    const { status, text } = await ask('PUT', '?dry_run=true', { servers: [{ id: 'seen' }] });
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      changes: [{ kind: 'servers', tenant_id: 'default', place: 'seen', id: 'seen', action: 'create', members: [] }],
      counts: { create: 1, update: 0, keep: 0, conflict: 0 },
      ignored: {},
    });
    assert.equal((await ask('GET')).text, before);
  });

  it('takes from clients what they are registered with only where it is forced', async () => {
    const workspace = { id: 'narrowed' };
    const client = { authorization_server_id: 'narrowed', client_id: 'nightly', grant_types: ['client_credentials'] };
    assert.equal((await ask('PUT', '', { servers: [workspace], clients: [client] })).status, 204);
    const narrow = { servers: [{ ...workspace, grant_types: ['authorization_code'] }] };
    for (const query of ['', '?dry_run=true']) {
      const { status, text } = await ask('PUT', query, narrow);
      assert.equal(status, 422, text);
      assert.match(text, /"total":1,"clients":\[\{"client_id":"nightly"/);
    }
    assert.equal((await ask('PUT', '?force=true&dry_run=true', narrow)).status, 200);
    assert.equal((await ask('PUT', '?force=true', narrow)).status, 204);
    assert.equal((await ask('PUT', '', { servers: [workspace] })).status, 204);
    const { servers } = dump.parse(JSON.parse((await ask('GET')).text));
    const at = servers.findIndex(({ id }) => id === 'narrowed');
    const patch = [{ op: 'replace', path: `/servers/${String(at)}/grant_types`, value: ['implicit'] }];
    assert.equal((await ask('PATCH', '', patch)).status, 422);
    assert.equal((await ask('PATCH', '?force=true', patch)).status, 204);
  });

  it('serves a workspace it imported at once', async () => {
    assert.equal((await ask('PUT', '', { servers: [{ id: 'served', initialize: true }] })).status, 204);
    const discovery = () => fetch(`${house.origin}/default/served/.well-known/openid-configuration`);
    assert.match(await (await discovery()).text(), /"ES256"/);
    assert.equal((await ask('PUT', '', { servers: [{ id: 'served', key_type: 'ps' }] })).status, 204);
    assert.match(await (await discovery()).text(), /"PS256"/);
  });

  it('patches what is exported (RFC 6902)', async () => {
    const add = [{ op: 'add', path: '/servers/-', value: { id: 'patched', initialize: true } }];
    assert.equal((await ask('PATCH', '', add)).status, 204);
    const { servers } = dump.parse(JSON.parse((await ask('GET')).text));
    const at = servers.findIndex(({ id }) => id === 'patched');
    const rename = [
      { op: 'test', path: `/servers/${String(at)}/id`, value: 'patched' },
      { op: 'replace', path: `/servers/${String(at)}/name`, value: 'Renamed' },
    ];
    const looked = await ask('PATCH', '?dry_run=true', rename);
    assert.match(looked.text, /"members":\["name"\]/);
    assert.equal((await ask('PATCH', '', rename)).status, 204);
    assert.equal(
      (await house.platform.stores.workspaces.find(place.tenantId, workspaceId('patched')))?.name,
      'Renamed',
    );

    assert.equal((await ask('PATCH', '', [{ op: 'test', path: '/tenant/url', value: null }])).status, 422);
    assert.equal(
      (await ask('PATCH', '', [{ op: 'replace', path: '/tenant/name' }])).status,
      422,
      'no value is not null',
    );
    const doubling = { op: 'copy', from: '/clients', path: '/clients/-' };
    await failed(
      ask(
        'PATCH',
        '',
        Array.from({ length: 1000 }, () => doubling),
      ),
      413,
      /copies more/,
    );
    await failed(ask('PATCH', '', [{ op: 'test', path: '/tenant/id', value: 'other' }]), 422, /does not fit/);
    await failed(ask('PATCH', '', [{ op: 'remove', path: `/servers/${String(at)}` }]), 422, /must not lose objects/);
    await failed(ask('PATCH', '', [{ op: 'add', path: 'servers', value: 1 }]), 422, /JSON Pointer/);
    await failed(ask('PATCH', '', [{ op: 'add', path: '/__proto__/polluted', value: true }]), 422, /./);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('refuses what it cannot take, and goes on serving', async () => {
    await failed(ask('PUT', '', '{"servers":[', {}), 400, /no JSON/);
    await failed(ask('PUT', '', '{}', { 'content-type': 'text/plain' }), 400, /Send JSON/);
    await failed(ask('PUT', '', new Uint8Array(gzipSync('{}')), { 'content-encoding': 'gzip' }), 400, /uncompressed/);
    await failed(ask('PUT', '?mode=merge', {}), 400, /mode/);
    for (const method of ['PUT', 'PATCH', 'GET'])
      await failed(ask(method, '?tid=acme', method === 'GET' ? undefined : []), 400, /tid/);
    await failed(ask('GET', '', undefined, { 'gatehouse-passphrase': 'short' }), 400, /12 characters/);
    await failed(ask('PUT', '', { servers: [{ id: 'x', name: 'x'.repeat(5_000_000) }] }), 413, /too large/);
    await failed(ask('PUT', '', { servers: [{ id: 'Bad Id' }] }), 422, /servers\/0\/id/);
    assert.equal((await ask('GET')).status, 200);
  });

  it('seals secrets under a passphrase', async () => {
    const headers = { 'gatehouse-passphrase': 'correct horse battery' };
    const { text } = await ask('GET', '', undefined, headers);
    assert.match(text, /"sealing":\{"kdf":"scrypt"/);
    await failed(ask('PUT', '', text), 422, /needs the passphrase/);
    const report = await ask('PUT', '?dry_run=true', text, headers);
    assert.match(report.text, /"create":0,"update":0/);
  });
});
