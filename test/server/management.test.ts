/** Who may call the management APIs: every route against every kind of caller who may not. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Client } from '../../server/clients/client.ts';
import type { Access, Endpoint } from '../../server/http/endpoint.ts';
import { createClientService } from '../../server/clients/client.service.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { poolId, scopeId, tenantId, workspaceId, type TenantId, type WorkspaceId } from '../../server/kernel/ids.ts';
import { createTenantService } from '../../server/tenants/tenant.service.ts';
import { createClaimService } from '../../server/workspaces/claim.service.ts';
import { createScopeService } from '../../server/workspaces/scope.service.ts';
import { createServiceService } from '../../server/workspaces/service.service.ts';
import { manageSelfScope, selfServiceScopes, viewSelfScope } from '../../server/workspaces/self-service-scopes.ts';
import { systemScopes } from '../../server/workspaces/system-scopes.ts';
import {
  permissionsFrom,
  tenantRoles,
  workspaceRoles,
  type Permissions,
  type RoleGrant,
} from '../../server/access/role.ts';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { createWebBrowser } from '../support/web-browser.ts';
import { poolOf } from '../support/seeded.ts';
import { allow, authenticate } from '../support/relying-party.ts';
import { asking, callback, password, startWebLogin, type WebLogin } from '../support/web-login.ts';

const endpoints = declaredEndpoints();
/** Of the workspace whose roles are tried. */
const pool = { id: poolId('demo'), workspaceId: workspaceId('demo') };
/** RFC 7636 appendix B: what the challenge of a test's authorization request was made from. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const tokenAnswer = z.object({ access_token: z.string(), id_token: z.string().optional() });

describe('the management APIs', () => {
  let house: WebLogin;
  let caller = 0;
  /** What the callers may do whose clients have a role. */
  const holders = new Map<string, Permissions>();
  /** Tokens that are good somewhere, by what they are. */
  const tokens = new Map<string, string>();
  const allScopes = systemScopes.map(({ name }) => name);
  const selfScopes = selfServiceScopes.map(({ name }) => name);

  const tokenFor = async (
    tenant: string,
    workspace: string,
    client: Client,
    parameters: Readonly<Record<string, string>>,
  ) => {
    const response = await fetch(`${house.origin}/${tenant}/${workspace}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret ?? ''}`)}` },
      body: new URLSearchParams(parameters),
    });
    assert.equal(response.status, 200, `${tenant}/${workspace}`);
    return tokenAnswer.parse(await response.json());
  };
  const machine = async (tenant: TenantId, workspace: WorkspaceId, scopes: readonly string[]) => {
    const clients = createClientService({ unitOfWork: house.platform.unitOfWork, clock: systemClock });
    const scope = scopes.join(' ');
    const client = await clients.create({
      tenantId: tenant,
      workspaceId: workspace,
      metadata: { grant_types: ['client_credentials'], response_types: [], ...(scope === '' ? {} : { scope }) },
    });
    const asked = { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) };
    return { token: (await tokenFor(tenant, workspace, client, asked)).access_token, client };
  };
  const machineToken = async (...place: Parameters<typeof machine>) => (await machine(...place)).token;

  before(async () => {
    // Each call comes from an address of its own: nobody is slowed down for another.
    house = await startWebLogin({ TRUSTED_PROXIES: '127.0.0.1' });
    const { unitOfWork } = house.platform;
    const [mine, root] = [tenantId('default'), tenantId('system')];
    await createTenantService({ unitOfWork, clock: systemClock }).create({ id: 'other', name: 'Another tenant' });
    for (const workspace of ['system', 'admin'].map(workspaceId)) {
      for (const tenant of [mine, root, tenantId('other')])
        tokens.set(`${tenant}/${workspace}`, await machineToken(tenant, workspace, allScopes));
      for (const tenant of [mine, root]) {
        for (const scope of allScopes)
          tokens.set(`${tenant}/${workspace} ${scope}`, await machineToken(tenant, workspace, [scope]));
      }
    }
    const { roles } = house.platform.stores;
    await house.platform.stores.pools.insert(poolOf(mine, pool));
    const give = async (
      name: string,
      workspace: WorkspaceId | undefined,
      role: RoleGrant['role'],
      inPool?: Pick<RoleGrant, 'poolId'>,
    ) => {
      const { token, client } = await machine(mine, workspaceId('admin'), []);
      await roles.insert(
        { tenantId: mine, workspaceId: workspace, ...inPool, role, subject: { type: 'client', clientId: client.id } },
        0,
      );
      tokens.set(`default/admin ${name}`, token);
      holders.set(name, permissionsFrom([{ workspaceId: workspace, ...inPool, role }]));
    };
    for (const role of tenantRoles) await give(`tenant ${role}`, undefined, role);
    for (const role of workspaceRoles) await give(`workspace ${role}`, workspaceId('demo'), role);
    await give('pool manager', undefined, 'user_manager', { poolId: pool.id });
    await give('manager of another pool', undefined, 'user_manager', { poolId: poolId('demo-pool') });
    await give('elsewhere', workspaceId('system'), 'admin');
    // A workspace of the tenant's applications, whose administrator calls scopes as the platform's own are called.
    const demo = workspaceId('demo');
    const scopes = createScopeService({ unitOfWork });
    for (const scope of systemScopes) await scopes.create({ ...scope, tenantId: mine, workspaceId: demo });
    const thing = { name: 'demo', description: '' };
    const asked = { ...thing, displayName: 'Demo', implicitGrant: false };
    await scopes.create({ ...asked, tenantId: mine, workspaceId: demo, id: scopeId('demo') });
    const claims = createClaimService({ unitOfWork });
    await claims.create(mine, demo, 'demo', {
      ...thing,
      type: 'id_token',
      sourcePath: 'demo',
      scopes: [],
      isOpaque: false,
    });
    const services = createServiceService({ unitOfWork, clock: systemClock });
    await services.create(mine, demo, 'demo', { ...thing, customAudience: undefined });
    await new Promise((resolve) => setTimeout(resolve, 1050));
    // A program of the workspace, with all that people of it can be asked for: it is nobody.
    tokens.set('default/demo', await machineToken(mine, demo, [...allScopes, ...selfScopes]));
    const personToken = async (scopes: readonly string[]) => {
      const scope = ['openid', ...scopes].join(' ');
      const client = await house.addClient({ scope }, true);
      const browser = createWebBrowser(house.origin);
      const page = await browser.open(asking(house.issuer, client, { scope }));
      let end = await authenticate(browser, page, { identifier: 'ada@example.com', password });
      if (!end.left) end = await allow(browser, end);
      const code = end.url.searchParams.get('code') ?? '';
      return tokenFor('default', 'demo', client, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: callback,
      });
    };
    // A person who was granted all of the platform's there, and what they may do for themselves.
    const person = await personToken(allScopes);
    tokens.set('default/demo person', person.access_token);
    for (const scope of selfScopes)
      tokens.set(`default/demo person ${scope}`, (await personToken([scope])).access_token);
    tokens.set('an id_token', person.id_token ?? '');
  });
  after(() => house.stop());

  const place = (access: Access): string => {
    if (access.kind === 'role') return 'default/admin';
    if (access.kind === 'person') return 'default/demo';
    if (access.kind === 'public') return '';
    return `${access.tenant === 'root' ? 'system' : 'default'}/${access.workspace}`;
  };
  /** Of things that are not there: who may call learns that, and nothing breaks. */
  const call = async ({ method, path, access }: Endpoint, token: string | undefined, more: RequestInit = {}) => {
    const address = path
      .replace('/api/system/tenants/:tid', '/api/system/tenants/nobody')
      .replace(':tid', 'default')
      .replace(':aid', 'demo')
      .replace(/:wid|:cid|:scp|:sid|:claim/, access.kind === 'role' ? 'demo' : 'nothing')
      .replace(':ipID', access.kind === 'role' ? pool.id : 'nothing')
      .replace(/:[a-zA-Z]+/g, 'nothing');
    const body =
      method === 'get' || method === 'delete'
        ? {}
        : { body: '{"authorization_server_id":"demo"}', headers: { 'content-type': 'application/json' } };
    caller += 1;
    const from = { 'x-forwarded-for': `198.51.${String(caller >> 8)}.${String(caller & 255)}` };
    // Whoever may change something has read something else: nothing changes.
    const headers = {
      'if-match': '"stale"',
      ...from,
      ...body.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${house.origin}${address}`, {
      ...body,
      ...more,
      method: method.toUpperCase(),
      headers,
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('are all there', () => {
    assert.ok(endpoints.length >= 11);
    assert.equal(new Set(endpoints.map(({ method, path }) => `${method} ${path}`)).size, endpoints.length);
  });

  for (const endpoint of endpoints) {
    const { method, path, operationId, access } = endpoint;
    describe(`${method.toUpperCase()} ${path} (${operationId})`, () => {
      if (access.kind === 'public') {
        it('asks nobody for a token, and answers each alike', async () => {
          const said = { headers: { 'content-type': 'application/json' } };
          const body = { ...said, body: JSON.stringify({ code: '000000', new_password: 'a long enough password' }) };
          const [none, ...others] = await Promise.all(
            [undefined, 'made.up.token', tokens.get('default/system'), tokens.get('default/demo person')].map((token) =>
              call(endpoint, token, body),
            ),
          );
          assert.ok(none !== undefined && ![403, 500].includes(none.status), none?.text);
          for (const { status } of others) assert.equal(status, none.status);
        });

        it('is one of those that are published without a token', () => {
          assert.equal(operationId, 'resetPasswordConfirm');
        });
        return;
      }

      it('refuses everybody who shows no token that its workspace issued', async () => {
        const strangers = [...tokens].filter(([name]) => name.split(' ')[0] !== place(access));
        assert.ok(strangers.length > 30);
        for (const [name, token] of strangers) {
          const { status, headers, text } = await call(endpoint, token);
          assert.equal(status, 401, `${name}: ${text}`);
          assert.match(headers.get('www-authenticate') ?? '', /error="invalid_token"/);
        }
        for (const token of [undefined, '', 'made.up.token', `${tokens.get(place(access)) ?? ''}x`]) {
          const { status } = await call(endpoint, token);
          assert.ok(status === 401 || status === 400, `${String(token)}: ${String(status)}`);
        }
      });

      if (access.kind === 'person') {
        it('refuses programs, whatever scopes they have: they are nobody', async () => {
          const { status, text } = await call(endpoint, tokens.get('default/demo'));
          assert.equal(status, 403, text);
        });

        it('refuses a person who did not grant one of its scopes', async () => {
          const others = selfScopes.filter((name) => !access.scopes.includes(name)).map((name) => ` ${name}`);
          assert.ok(others.length > 0);
          for (const other of ['', ...others]) {
            const { status, headers } = await call(endpoint, tokens.get(`default/demo person${other}`));
            assert.equal(status, 403, other);
            assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
          }
        });

        it('lets a person pass who granted one', async () => {
          for (const scope of access.scopes) {
            const { status, text } = await call(endpoint, tokens.get(`default/demo person ${scope}`));
            assert.ok(![401, 403, 500].includes(status), `${scope}: ${String(status)} ${text}`);
          }
        });

        it('asks for one that says what it lets them do', () => {
          assert.deepEqual(access.scopes, [method === 'get' ? viewSelfScope : manageSelfScope]);
        });
      } else if (access.kind === 'scope') {
        it('refuses a token of its workspace without one of its scopes', async () => {
          for (const scope of allScopes.filter((name) => !access.scopes.includes(name))) {
            const { status, headers } = await call(endpoint, tokens.get(`${place(access)} ${scope}`));
            assert.equal(status, 403, scope);
            assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
          }
        });

        it('lets each of its scopes pass', async () => {
          for (const scope of access.scopes) {
            const { status, text } = await call(endpoint, tokens.get(`${place(access)} ${scope}`));
            assert.ok(![401, 403, 500].includes(status), `${scope}: ${String(status)} ${text}`);
          }
        });
      } else {
        it('refuses who has no role, whatever scopes they have', async () => {
          assert.equal((await call(endpoint, tokens.get('default/admin'))).status, 403);
        });

        it('asks the roles, and nothing else', async () => {
          for (const [name, permissions] of holders) {
            const isAllowed =
              access.in === 'any'
                ? permissions.any
                : access.in === 'tenant'
                  ? permissions.inTenant.has(access.permission)
                  : access.in === 'pool'
                    ? permissions.inPool(pool).has(access.permission)
                    : permissions.inWorkspace(workspaceId('demo')).has(access.permission);
            const { status, text } = await call(endpoint, tokens.get(`default/admin ${name}`));
            if (!isAllowed) assert.equal(status, 403, `${name}: ${text}`);
            else
              assert.ok(![401, 403, 500].includes(status) || access.in === 'any', `${name}: ${String(status)} ${text}`);
          }
        });
      }

      it('never answers with a stack trace, and says which request it was', async () => {
        const { status, text, headers } = await call(endpoint, undefined);
        assert.equal(status, 401);
        const error = z.object({ status_code: z.literal(401), error: z.string(), error_code: z.string() });
        assert.ok(error.safeParse(JSON.parse(text)).success, text);
        assert.ok(!/\bat \w+.*:\d+/.test(text));
        assert.match(headers.get('x-trace-id') ?? '', /^[0-9a-f]{32}$/);
      });
    });
  }
});
