/** Moving configuration between deployments: whole, equal and safe, or not at all. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { toEventBody } from '../../../server/audit/event.body.ts';
import { clientSection } from '../../../server/clients/client.section.ts';
import type { ImportReport } from '../../../server/configuration/import.service.ts';
import type { ImportMode } from '../../../server/configuration/section.ts';
import { createCustomAppService } from '../../../server/extensions/custom-app.service.ts';
import { createSecretService } from '../../../server/extensions/secret.service.ts';
import { createServerConsentService } from '../../../server/extensions/server-consent.service.ts';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import {
  claimId,
  clientId,
  consentId,
  eventId,
  idpId,
  interactionId,
  serviceId,
  tenantId,
  workspaceId,
} from '../../../server/kernel/ids.ts';
import { createTenantService } from '../../../server/tenants/tenant.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import published from '../../api/published.json' with { type: 'json' };
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';

const mine = tenantId('default');
const passphrase = 'correct horse battery';
const redirect_uris = ['https://app.example/cb'];

onEachEmptyDatabase('importing a configuration', (url) => {
  let from: Deployment;
  let to: Deployment;
  before(async function () {
    from = await openDeployment();
    const { unitOfWork } = from.platform;
    await createTenantService({ unitOfWork, clock }).create({ id: 'acme', name: 'Acme', withDefaultWorkspace: true });
    to = await openDeployment(url());
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const run = (
    body: unknown,
    more: {
      mode?: ImportMode;
      dryRun?: boolean;
      force?: boolean;
      passphrase?: string;
      tenant?: string | undefined;
    } = {},
  ): Promise<ImportReport> => {
    const { mode = 'update', dryRun = false, force = false, tenant = 'default' } = more;
    const owner = 'tenant' in more && more.tenant === undefined ? undefined : tenantId(tenant);
    const secret = more.passphrase === undefined ? {} : { passphrase: more.passphrase };
    return to.importer.run({ tenantId: owner, mode, dryRun, force, body: bytesOf(body), ...secret });
  };
  const refused = async (work: () => Promise<unknown>, code: ErrorCode, pointers: readonly string[], says?: RegExp) => {
    const before = await to.dump();
    await assert.rejects(work(), (error: unknown) => {
      assert.ok(isPlatformError(error, code), String(error));
      const { details = [] } = error as { details?: readonly { pointer: string }[] };
      assert.deepEqual(
        details.map(({ pointer }) => pointer),
        pointers,
        error.message,
      );
      if (says !== undefined) assert.match(error.message, says);
      return true;
    });
    assert.equal(await to.dump(), before, 'nothing is written');
  };

  it('makes another deployment equal, byte for byte, secrets included', async () => {
    const { services, scopes } = from.platform.stores;
    const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('default') };
    const bank = serviceId('bank');
    const named = { ...place, name: 'Bank', description: '', customAudience: 'https://bank.example' };
    await services.insert({ ...named, id: bank, type: 'user', isSystem: true, updatedAt: 1_700_000_000_000 });
    const words = { displayName: 'Pay', description: '', implicitGrant: false, kind: 'api' } as const;
    await scopes.insert({ ...place, ...words, name: 'pay', transient: true, metadata: { a: 1 }, serviceId: bank });
    await from.platform.stores.claims.insert({
      ...place,
      id: claimId('c'),
      name: 'unit',
      type: 'access_token',
      description: '',
      sourcePath: 'work.unit',
      scopes: ['pay'],
      isOpaque: false,
    });
    const { unitOfWork, stores } = from.platform;
    const app = await createCustomAppService({ unitOfWork, clock }).create(place.tenantId, place.workspaceId, 'kyc', {
      name: 'KYC',
      url: 'https://kyc.example/start?lang=en',
    });
    const idp = { ...place, id: idpId('people'), name: 'People', enabled: true, postAuthnAppId: app.app.id };
    await stores.idps.insert({ ...idp, method: 'static', users: [], displayOrder: 3, logoUri: 'https://a.example/l' });
    await createIdpService({ unitOfWork, hasher: from.platform.hasher, clock }).create(
      place.tenantId,
      place.workspaceId,
      {
        id: 'portal',
        name: 'Portal',
        enabled: true,
        displayOrder: -1,
        kind: { method: 'custom', loginUrl: 'https://portal.example/start' },
      },
    );
    await createServerConsentService({ unitOfWork, clock }).set(place, 'https://consent.example/start');
    await createSecretService({ unitOfWork, clock }).create(
      place.tenantId,
      place.workspaceId,
      'RISK_KEY',
      'planted-key',
    );
    const dump = await from.dump();
    assert.match(dump, /"custom_apps":\[\{"client_id":"[0-9a-f]{32}"/);
    assert.match(
      dump,
      /"display_order":3,"hidden":false,"id":"people","logo_uri":"https:\/\/a.example\/l",[^}]*"post_authn_app_id":"kyc".*"display_order":-1,/,
    );
    assert.match(dump, /"settings":\{"custom":\{"login_url":"https:\/\/portal\.example\/start"\}\}/);
    assert.match(dump, /"server_consents":\[\{"client_id":"[0-9a-f]{32}","custom":\{"server_consent_url"/);
    assert.match(dump, /"secret":"planted-key","server_id":"default"/);
    assert.match(dump, /"claims":\[\{"authorization_server_id":"default"/);
    assert.match(dump, /"services":\[\{"authorization_server_id":"default"/);
    assert.match(dump, /"client_secret":"[A-Za-z0-9_-]{43}"/);
    assert.match(dump, /"d":"/);
    assert.notEqual(await to.dump(), dump);
    const looked = await run(dump, { tenant: undefined, dryRun: true });
    assert.notEqual(await to.dump(), dump, 'looking changes nothing');
    const done = await run(dump, { tenant: undefined });
    assert.deepEqual(done, looked, 'what was said is what happened');
    assert.ok(done.counts.create > 5 && done.counts.update > 3);
    assert.equal(await to.dump(), dump);
    assert.ok(to.changed.includes('acme/default') && to.changed.includes('system/system'));

    const again = await run(dump, { tenant: undefined });
    assert.deepEqual(
      { ...again.counts, changes: again.changes.length },
      {
        create: 0,
        update: 0,
        conflict: 0,
        keep: done.counts.create + done.counts.update + done.counts.keep,
        changes: 0,
      },
    );
  });

  it('gives the tenant that the path names whatever the objects say', async () => {
    const dump = await textOf(from.exporter.run({ tenantId: tenantId('acme') }));
    const one = { authorization_server_id: 'demo', client_id: 'stray', tenant_id: 'system', redirect_uris };
    await run({ tenant: { id: 'system', name: 'Mine' }, clients: [one] });
    const stray = await to.platform.stores.clients.findInTenant(mine, clientId('stray'));
    assert.equal(stray?.workspaceId, 'demo');
    assert.equal(await to.platform.stores.clients.findInTenant(tenantId('system'), clientId('stray')), undefined);
    assert.equal((await to.platform.stores.tenants.find(mine))?.name, 'Mine');
    assert.equal(await textOf(to.exporter.run({ tenantId: tenantId('acme') })), dump, 'another tenant stays as it was');
  });

  it('imports into one tenant of the deployment what is of no other', async () => {
    const only = tenantId('acme');
    const load = (dump: unknown) =>
      to.importer.run({ tenantId: undefined, only, mode: 'update', dryRun: false, body: bytesOf(dump) });
    const server = { id: 'only', name: 'Only' };
    await load({ servers: [server, { ...server, id: 'named', tenant_id: only }] });
    const { workspaces } = to.platform.stores;
    assert.ok((await workspaces.find(only, workspaceId('only'))) !== undefined);
    await refused(
      () => load({ servers: [server, { ...server, tenant_id: 'default' }] }),
      'unprocessable_entity',
      ['/servers/1/tenant_id'],
      /is default, and this is for acme alone/,
    );
    await refused(() => load({ tenants: [{ id: 'system', name: 'x' }] }), 'unprocessable_entity', ['/tenants/0/id']);
    await refused(() => load({ tenant: { name: 'x' } }), 'unprocessable_entity', ['/tenant']);
    assert.equal(await workspaces.find(mine, workspaceId('only')), undefined);
  });

  it('takes no custom application whose client may not answer for it, and binds no idp to one that is not there', async () => {
    const place = { tenant_id: 'acme', server_id: 'default' };
    const app = { ...place, id: 'aml', url: 'https://aml.example' };
    const other = { tenant_id: 'acme', authorization_server_id: 'default', client_id: 'shop', redirect_uris };
    const machine = {
      ...other,
      authorization_server_id: 'system',
      grant_types: ['client_credentials'],
      redirect_uris: [],
    };
    const load = (dump: unknown) => run(dump, { tenant: undefined });
    const names = (id: string) => ({ custom_apps: [{ ...app, client_id: id }] });
    await refused(() => load(names('nobody')), 'unprocessable_entity', ['/custom_apps/0/client_id']);
    await refused(
      () => load({ ...names('m'), clients: [{ ...machine, client_id: 'm', scopes: ['view_clients'] }] }),
      'unprocessable_entity',
      ['/custom_apps/0/client_id'],
      /manage_post_authn/,
    );
    for (const url of [
      'http://aml.example',
      'javascript:alert(1)',
      'https://u:p@aml.example',
      'https://aml.example/#x',
    ])
      await refused(() => load({ custom_apps: [{ ...app, url }] }), 'unprocessable_entity', ['/custom_apps/0/url']);
    const idp = { tenant_id: 'acme', authorization_server_id: 'default', id: 'i', name: 'i', method: 'static' };
    const bound = { ...idp, credentials: { static: { users: [] } }, post_authn_app_id: 'aml' };
    await refused(() => load({ idps: [bound] }), 'unprocessable_entity', ['/idps/0/post_authn_app_id']);
    await load({ idps: [bound], custom_apps: [app] });
    const { customApps, clients } = to.platform.stores;
    const made = await customApps.list(tenantId('acme'), workspaceId('default'));
    const own = made.find(({ id }) => id === 'aml')?.clientId;
    assert.ok(own !== undefined, 'one is made where none is named');
    const client = await clients.find(tenantId('acme'), workspaceId('system'), own);
    assert.equal(client?.metadata.scope, 'manage_post_authn');
  });

  it('takes no page whose client may not answer for it, and makes one where none is named', async () => {
    const place = { server_id: 'demo' };
    const page = { ...place, type: 'custom', custom: { server_consent_url: 'https://consent.example/ask' } };
    const idp = { authorization_server_id: 'demo', id: 'old', name: 'Old', method: 'custom' };
    const settings = { custom: { login_url: 'https://old.example' } };
    const machine = { authorization_server_id: 'system', grant_types: ['client_credentials'] };
    const clients = [{ ...machine, client_id: 'other', redirect_uris: [], scopes: ['manage_post_authn'] }];
    const wrong = { ...page, client_id: 'other' };
    const code = 'unprocessable_entity';
    await refused(() => run({ server_consents: [wrong], clients }), code, ['/server_consents/0/client_id'], /scope_gr/);
    const strange = { ...idp, settings, client_id: 'other' };
    await refused(() => run({ idps: [strange], clients }), code, ['/idps/0/client_id'], /manage_logins/);
    await refused(() => run({ server_consents: [{ ...page, type: 'openbanking' }] }), code, [
      '/server_consents/0/type',
    ]);
    for (const bad of ['http://consent.example', 'javascript:alert(1)']) {
      const custom = { server_consent_url: bad };
      const where = '/server_consents/0/custom/server_consent_url';
      await refused(() => run({ server_consents: [{ ...page, custom }] }), code, [where]);
      const elsewhere = { ...idp, settings: { custom: { login_url: bad } } };
      await refused(() => run({ idps: [elsewhere] }), code, ['/idps/0/settings/custom/login_url']);
    }
    await run({ idps: [{ ...idp, settings }], server_consents: [page] });
    const { idps, serverConsents, clients: made } = to.platform.stores;
    const [workspace, system] = [workspaceId('demo'), workspaceId('system')];
    const old = await idps.find(mine, workspace, idpId('old'));
    assert.ok(old?.method === 'custom');
    assert.equal((await made.find(mine, system, old.clientId))?.metadata.scope, 'manage_logins');
    const consent = await serverConsents.find(mine, workspace);
    assert.ok(consent);
    assert.equal((await made.find(mine, system, consent.clientId))?.metadata.scope, 'manage_scope_grants');
    const again = await run({ idps: [{ ...idp, settings }], server_consents: [page] });
    assert.deepEqual(again.changes, [], 'its client stays');

    await run({ server_consents: [{ ...place, type: 'oidc', oidc: {} }] });
    assert.equal(await serverConsents.find(mine, workspace), undefined);
    assert.equal(await made.find(mine, system, consent.clientId), undefined);
    const nothing = await run({ server_consents: [{ ...place, type: 'oidc' }] });
    assert.deepEqual(nothing.changes, []);
  });

  it('makes a workspace from a published description, and says what of it decides nothing', async () => {
    const report = await run({
      servers: [
        {
          id: 'fdx',
          tenant_id: 'acme',
          name: 'FDX',
          initialize: true,
          profile: 'fdx',
          type: 'regular',
          key_type: 'ps',
          access_token_ttl: '5m0s',
          rotated_secrets: null,
          root_cas: '',
        },
      ],
      clients: [
        {
          tenant_id: 'acme',
          authorization_server_id: 'fdx',
          client_id: 'bank',
          client_name: 'Bank',
          redirect_uris,
          created_at: '0001-01-01T00:00:00Z',
          jwks: null,
          audience: null,
          scopes: ['openid'],
        },
      ],
      policies: [{ id: 'a' }, { id: 'b' }],
      gateways: null,
      templates: [],
    });
    assert.deepEqual(report.counts, { create: 2, update: 0, keep: 0, conflict: 0 });
    assert.deepEqual(report.ignored, { 'servers/profile': 1, policies: 2, gateways: 1 });
    const { scopes, signingKeys, clients, workspaces } = to.platform.stores;
    const place = workspaceId('fdx');
    assert.ok((await scopes.list(mine, place)).some(({ name }) => name === 'openid'));
    assert.deepEqual(
      (await signingKeys.list(mine, place)).map(({ alg, state }) => `${alg} ${state}`),
      ['PS256 active'],
    );
    const client = await clients.find(mine, place, clientId('bank'));
    assert.equal(client?.secret?.length, 43, 'a secret that is not given is made');
    assert.ok(client.createdAt > Date.parse('2020-01-01'));
    assert.equal((await workspaces.find(mine, place))?.settings.access_token_ttl, '5m0s');

    await run({
      servers: [{ id: 'fdx', name: 'FDX', key_type: 'ecdsa' }],
      clients: [{ authorization_server_id: 'fdx', client_id: 'bank', redirect_uris }],
    });
    assert.deepEqual(
      (await signingKeys.list(mine, place)).map(({ alg, state }) => `${alg} ${state}`),
      ['ES256 active', 'PS256 retired'],
      'signs as it says, and what was signed stays valid',
    );
    assert.equal(
      (await clients.findAnew(mine, place, clientId('bank')))?.secret,
      client.secret,
      'a secret that is not given stays',
    );
  });

  it('takes a whole description of a workspace as it is published, and names every member that is not kept', async () => {
    const place = { authorization_server_id: 'bank', tenant_id: 'acme' };
    const members = published.models.system.TenantDump;
    const app = { ...place, client_id: 'budget', client_name: 'Budget', redirect_uris, scopes: ['openid', 'accounts'] };
    const fdx = { status: 'Approved', lookback_period: 60, duration_type: ['ONE_TIME'] };
    const described = {
      ...Object.fromEntries(members.map((member) => [member, [{ id: 'x', name: 'x' }]])),
      tenant: { id: 'acme', name: 'Acme', jwks: { keys: [{ kid: 'x' }] } },
      servers: [
        {
          id: 'bank',
          tenant_id: 'acme',
          name: 'Bank',
          description: 'Accounts of people.',
          profile: 'fdx',
          color: '#007FFF',
          initialize: true,
          fdx: { initial_client_status: 'Pending' },
          enforce_pkce: true,
          require_pushed_authorization_requests: true,
          rotated_secrets: null,
          metadata: { owner: 'accounts' },
        },
      ],
      services: [{ ...place, id: 'accounts', name: 'Accounts', scopes: [{ name: 'accounts' }] }],
      scopes_without_service: [{ ...place, name: 'offline', display_name: 'Offline' }],
      claims: [{ ...place, name: 'customer', type: 'id_token', source_path: 'customer' }],
      clients: [{ ...app, fdx, developer_id: 'd', created_at: '2024-01-01T00:00:00Z' }],
      custom_apps: [{ tenant_id: 'acme', server_id: 'bank', id: 'kyc', url: 'https://kyc.example' }],
      secrets: [{ tenant_id: 'acme', server_id: 'bank', id: 'KEY', secret: 'value' }],
      server_consents: [
        {
          tenant_id: 'acme',
          server_id: 'bank',
          type: 'custom',
          custom: { server_consent_url: 'https://consent.example' },
        },
      ],
      scripts: [],
      script_execution_points: [],
      webhooks: [
        { server_id: 'bank', tenant_id: 'acme', webhook_id: 'w', url: 'https://hook.example', api_key: 'k'.repeat(32) },
      ],
      idps: [
        {
          ...place,
          id: 'sandbox',
          name: 'Sandbox',
          method: 'static',
          settings: { static: { hint: true } },
          credentials: {
            static: { users: [{ username: 'ada', password: 'ada', authentication_context: { sub: 'a' } }] },
          },
          post_authn_app_id: 'kyc',
        },
      ],
      roles: [],
    };
    const kept =
      'tenant servers services scopes_without_service claims clients custom_apps server_consents secrets scripts script_execution_points idps roles webhooks';
    const report = await run(described, { dryRun: true });
    assert.equal(report.counts.conflict, 0);
    assert.deepEqual(
      Object.keys(report.ignored).toSorted(),
      [
        ...members.filter((member) => !kept.split(' ').includes(member)),
        'clients/developer_id',
        'clients/fdx',
        'idps/settings',
        'servers/color',
        'servers/fdx',
        'servers/profile',
        'tenant/jwks',
      ].toSorted(),
    );
    await run(described);
    const client = await to.platform.stores.clients.findInTenant(mine, clientId('budget'));
    assert.deepEqual(client?.metadata.scope, 'openid accounts');
    // Whoever is registered with what is not done here would be refused it later: they are refused by name now.
    for (const [member, value, at] of [
      ['tls_client_certificate_bound_access_tokens', true, 'tls_client_certificate_bound_access_tokens'],
      ['id_token_encrypted_response_alg', 'RSA-OAEP', 'id_token_encrypted_response_alg'],
      ['token_endpoint_auth_method', 'tls_client_auth', 'token_endpoint_auth_method'],
      ['grant_types', ['authorization_code', 'password'], 'grant_types'],
    ] as const)
      await refused(
        () => run({ ...described, clients: [app, { ...app, client_id: 'other', [member]: value }] }),
        'unprocessable_entity',
        [`/clients/1/${at}`],
        /must be|are not/,
      );
    const narrow = { ...described.servers[0], profile: 'fapi_advanced', advanced: { enforce_acr_values: true } };
    for (const force of [false, true])
      await refused(() => run({ servers: [narrow] }, { force }), 'unprocessable_entity', [
        '/servers/0/profile',
        '/servers/0/advanced/enforce_acr_values',
      ]);
  });

  it('names what is not kept however deep it stands, and nothing that says nothing', async () => {
    const place = { authorization_server_id: 'deep', tenant_id: 'acme' };
    const { ignored } = await run(
      {
        servers: [
          {
            id: 'deep',
            settings: { default_client_id: 'app', default_post_authn_ctx_script_id: '' },
            sso: { enabled: true, domain: '', max_age: '' },
            advanced: { disable_par: true, disable_rar: false, enforce_acr_values: false },
            metadata: { whatever: { is: 'here' } },
          },
        ],
        clients: [
          {
            ...place,
            client_id: 'app',
            redirect_uris,
            metadata: { whatever: { is: 'here' } },
            jwks: {
              keys: [
                { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', note: 'a' },
                { kty: 'EC', note: 'b' },
              ],
            },
          },
        ],
      },
      { dryRun: true },
    );
    assert.deepEqual(ignored, {
      'servers/settings/default_client_id': 1,
      'servers/sso/enabled': 1,
      'servers/advanced/disable_par': 1,
      'clients/jwks/keys/note': 1,
    });
  });

  it('narrows ways to authenticate under the older name of their list, and is as equal afterwards', async () => {
    const servers = [{ id: 'older', token_endpoint_authn_methods: ['private_key_jwt'] }];
    await run({ servers });
    const stored = await to.platform.stores.workspaces.find(mine, workspaceId('older'));
    assert.deepEqual(stored?.settings.token_endpoint_auth_methods, ['private_key_jwt']);
    assert.equal((await run({ servers })).counts.keep, 1);
  });

  it('moves where idps come in a choice, takes 0 and none for not given, and refuses what is no whole number', async () => {
    const place = { authorization_server_id: 'ordered', tenant_id: 'acme', method: 'static' };
    const idp = (id: string, display_order: unknown) => ({
      ...place,
      id,
      display_order,
      credentials: { static: { users: [] } },
    });
    const servers = [{ id: 'ordered' }];
    const described = { servers, idps: [idp('b', 2), idp('a', 1), idp('zero', 0), idp('none', null)] };
    await run(described);
    assert.equal((await run(described)).counts.keep, 5);
    const orders = async () =>
      (await to.platform.stores.idps.list(mine, workspaceId('ordered'))).map(({ id, displayOrder }) => [
        id,
        displayOrder,
      ]);
    assert.deepEqual(await orders(), [
      ['b', 2],
      ['a', 1],
      ['zero', undefined],
      ['none', undefined],
    ]);
    const { ignored } = await run(described, { dryRun: true });
    assert.equal(ignored['idps/display_order'], undefined);
    assert.equal((await run({ idps: [idp('b', undefined), idp('a', 4)] })).counts.update, 2);
    assert.deepEqual((await orders()).slice(0, 2), [
      ['b', undefined],
      ['a', 4],
    ]);
    for (const wrong of [2 ** 53, 1.5, '1'])
      await refused(() => run({ idps: [idp('b', 1), idp('a', wrong)] }), 'unprocessable_entity', [
        '/idps/1/display_order',
      ]);
  });

  it('moves response types and hidden idps, calls what has no name as its id, and is as equal afterwards', async () => {
    const place = { authorization_server_id: 'coded', tenant_id: 'acme' };
    const client = { ...place, client_id: 'coder', redirect_uris, response_types: ['token', 'code'] };
    const described = {
      servers: [{ id: 'coded', response_types: ['code'] }],
      services: [{ ...place, id: 'orders' }],
      clients: [
        client,
        { ...client, client_id: 'coder-nightly', grant_types: ['client_credentials'], response_types: ['token'] },
      ],
      idps: [
        {
          ...place,
          id: 'staff',
          hidden: true,
          method: 'static',
          sso_settings: { disabled: false },
          config: { reload_claims_at_refresh_token: false },
          credentials: { static: { users: [] } },
        },
      ],
    };
    const { ignored } = await run(described);
    assert.deepEqual(ignored, { 'clients/response_types/token': 2 }, 'what is left out of a list is named');
    assert.equal((await run(described)).counts.keep, 5);
    const dump = z
      .looseObject({
        servers: z.array(z.looseObject({ id: z.string(), name: z.string(), response_types: z.array(z.string()) })),
        services: z.array(z.looseObject({ id: z.string(), name: z.string() })),
        clients: z.array(z.looseObject({ client_id: z.string(), response_types: z.array(z.string()) })),
        idps: z.array(z.looseObject({ id: z.string(), name: z.string(), hidden: z.boolean() })),
      })
      .parse(JSON.parse(await textOf(to.exporter.run({ tenantId: mine, place: 'coded' }))));
    assert.deepEqual(
      dump.servers.map(({ id, name, response_types: types }) => [id, name, types]),
      [['coded', 'coded', ['code']]],
    );
    assert.deepEqual(
      dump.clients.map(({ client_id: id, response_types: types }) => [id, types]),
      [
        ['coder', ['code']],
        ['coder-nightly', []],
      ],
    );
    assert.deepEqual(
      dump.idps.map(({ id, name, hidden, sso_settings: sso }) => [id, name, hidden, sso]),
      [['staff', 'staff', true, undefined]],
    );
    assert.ok(dump.services.some(({ id, name }) => id === 'orders' && name === 'orders'));
    const { counts, changes } = await run(dump);
    assert.deepEqual([changes, counts.create, counts.update], [[], 0, 0]);
    await refused(
      () => run({ servers: [{ id: 'coded', response_types: ['code', 'token'] }] }, { force: true }),
      'unprocessable_entity',
      ['/servers/0/response_types/1'],
      /token is not served/,
    );
    const opted = { ...described.idps[0], sso_settings: { disabled: true } };
    await refused(() => run({ idps: [opted] }), 'unprocessable_entity', ['/idps/0/sso_settings/disabled']);
    const plain = { ...described.idps[0], logo_uri: 'http://a.example/l' };
    await refused(() => run({ idps: [plain] }), 'unprocessable_entity', ['/idps/0/logo_uri']);
    const reloads = { ...described.idps[0], config: { reload_claims_at_refresh_token: true } };
    await refused(() => run({ idps: [reloads] }), 'unprocessable_entity', [
      '/idps/0/config/reload_claims_at_refresh_token',
    ]);
    await assert.rejects(run({ servers: [{ id: 'coded', response_types: ['id_token'] }] }), /One client needs/);
  });

  it('finds before it writes that two idps are for one pool, or anything else has an id that is there once', async () => {
    const pool = { authorization_server_id: 'twice', method: 'identity_pool', identity_pool_id: 'demo-pool' };
    const servers = [{ id: 'twice' }];
    for (const second of [{ id: 'two', name: 'Two' }, { name: 'Two' }])
      await refused(
        () =>
          run({
            servers,
            idps: [
              { ...pool, id: 'one', name: 'One' },
              { ...pool, ...second },
            ],
          }),
        'unprocessable_entity',
        ['/idps/1/identity_pool_id'],
        /is of another one already/,
      );
    const elsewhere = { ...pool, authorization_server_id: 'demo', id: 'demo-people', name: 'x' };
    const both = [
      { ...pool, id: 'one', name: 'One' },
      { ...elsewhere, identity_pool_id: 'another' },
    ];
    assert.equal((await run({ servers, idps: both }, { dryRun: true })).counts.create, 3, 'one in each workspace');
    const claim = { authorization_server_id: 'twice', id: 'c', name: 'a', type: 'id_token', mapping: 'a' };
    await refused(() => run({ servers, claims: [claim, { ...claim, name: 'b' }] }), 'unprocessable_entity', [
      '/claims/1/id',
    ]);
    const scope = { authorization_server_id: 'twice', id: 's', name: 'a' };
    const service = { authorization_server_id: 'twice', id: 'bank-2', name: 'Bank', scopes: [{ name: 'b', id: 's' }] };
    await refused(
      () => run({ servers, scopes_without_service: [scope], services: [service] }),
      'unprocessable_entity',
      ['/services/0/scopes/0/id'],
    );
  });

  it('finds before it writes that the id of a claim or a scope is that of a stored one of another name or place', async () => {
    const servers = [{ id: 'taken' }, { id: 'elsewhere' }];
    const claim = { authorization_server_id: 'taken', id: 'a-claim', name: 'a', type: 'id_token', mapping: 'a' };
    const scope = { authorization_server_id: 'taken', id: 'a-scope', name: 'a' };
    const service = { authorization_server_id: 'taken', id: 'a-service', name: 'Bank' };
    const stored = { servers, claims: [claim], scopes_without_service: [scope], services: [service] };
    await run(stored);
    assert.equal((await run(stored)).counts.keep, 5);
    for (const [other, pointer] of [
      [{ claims: [{ ...claim, name: 'b' }] }, '/claims/0/id'],
      [{ claims: [{ ...claim, authorization_server_id: 'elsewhere' }] }, '/claims/0/id'],
      [{ scopes_without_service: [{ ...scope, name: 'b' }] }, '/scopes_without_service/0/id'],
      [
        { scopes_without_service: [{ ...scope, authorization_server_id: 'elsewhere' }] },
        '/scopes_without_service/0/id',
      ],
      [{ services: [{ ...service, scopes: [{ name: 'b', id: 'a-scope' }] }] }, '/services/0/scopes/0/id'],
    ] as const) {
      // What else comes along is not written either.
      const more = { servers: [...servers, { id: 'not-written' }], ...other };
      await refused(() => run(more), 'unprocessable_entity', [pointer], /is that of a .*in taken already/);
      await refused(() => run(more, { dryRun: true }), 'unprocessable_entity', [pointer]);
    }
    const own = { ...claim, id: 'another-id' };
    assert.equal((await run({ claims: [own] })).counts.keep, 1, 'one that is there keeps the id it has');
  });

  it('binds no script that is not there or publishes nothing, to nothing that is elsewhere', async () => {
    const place = { server_id: 'scripted', type: 'post_authn_ctx', target_fk: 'scripted', script_id: 'risk' };
    const script = { authorization_server_id: 'scripted', id: 'risk', name: 'Risk' };
    const servers = [{ id: 'scripted' }, { id: 'beside' }];
    const code = 'unprocessable_entity';
    const load = (points: readonly object[], ...scripts: readonly object[]) =>
      run({ servers, scripts, script_execution_points: points });
    await refused(() => load([place]), code, ['/script_execution_points/0/script_id'], /not among the scripts/);
    await refused(
      () => load([place], { ...script, authorization_server_id: 'beside', body: 'module.exports = () => ({})' }),
      code,
      ['/script_execution_points/0/script_id'],
      /not among the scripts/,
    );
    await refused(
      () => load([place], script),
      code,
      ['/script_execution_points/0/script_id'],
      /Nothing of this script is published/,
    );
    const body = 'module.exports = async function () { return {}; };';
    const minting = { ...place, type: 'client_token_minting', target_fk: 'shop-beside' };
    const client = { authorization_server_id: 'beside', client_id: 'shop-beside', redirect_uris };
    const shops = () =>
      run({ servers, scripts: [{ ...script, body }], clients: [client], script_execution_points: [minting] });
    await refused(shops, code, ['/script_execution_points/0/target_fk']);
    await run({ servers, clients: [client] });
    await refused(shops, code, ['/script_execution_points/0/target_fk'], /beside has a client of this id/);
    await load([place], { ...script, body });
    const bound = await to.platform.stores.executionPoints.list(mine, workspaceId('scripted'));
    assert.deepEqual(
      bound.map(({ scriptId }) => scriptId),
      ['risk'],
    );
  });

  it('takes away the client that a page had before, with its tokens, where it has another one now', async () => {
    const { customApps, clients, artifacts } = to.platform.stores;
    const system = workspaceId('system');
    const app = { server_id: 'paged', id: 'kyc', url: 'https://kyc.example' };
    await run({ servers: [{ id: 'paged' }], custom_apps: [app] });
    const [before] = await customApps.list(mine, workspaceId('paged'));
    assert.ok(before !== undefined);
    const key = { tenantId: mine, workspaceId: system, model: 'ClientCredentials' } as const;
    await artifacts.upsert(key, 'token', { clientId: before.clientId }, undefined);
    const own = { authorization_server_id: 'system', client_id: 'kyc-own', grant_types: ['client_credentials'] };
    const named = { ...app, client_id: 'kyc-own' };
    await run({ custom_apps: [named], clients: [{ ...own, redirect_uris: [], scopes: ['manage_post_authn'] }] });
    assert.equal(await clients.findAnew(mine, system, before.clientId), undefined);
    assert.equal(await artifacts.find(key, 'token'), undefined);
    assert.ok((await clients.findAnew(mine, system, clientId('kyc-own'))) !== undefined);
  });

  it('takes an empty list for one that was not given, where it cannot be empty', async () => {
    const lists = {
      response_types: [],
      token_endpoint_auth_methods: [],
      token_endpoint_authn_methods: [],
      token_endpoint_auth_signing_alg_values: [],
      scope_claim_formats: [],
    };
    await run({ servers: [{ id: 'empty', ...lists }] });
    const again = await run({ servers: [{ id: 'empty' }] });
    assert.deepEqual(again.counts, { create: 0, update: 0, keep: 1, conflict: 0 });
    const { settings } = (await to.platform.stores.workspaces.find(mine, workspaceId('empty'))) ?? {};
    assert.deepEqual(settings?.scope_claim_formats, ['scp_array']);
    const narrow = { ...lists, token_endpoint_authn_methods: ['private_key_jwt'] };
    await run({ servers: [{ id: 'empty', ...narrow }] });
    const narrowed = await to.platform.stores.workspaces.find(mine, workspaceId('empty'));
    assert.deepEqual(narrowed?.settings.token_endpoint_auth_methods, ['private_key_jwt']);
  });

  it('does with what is there as the mode says', async () => {
    const one = (name: string) => ({ servers: [{ id: 'modes', name }], clients: [] });
    await run(one('First'), { mode: 'fail' });
    const nameOf = async () => (await to.platform.stores.workspaces.find(mine, workspaceId('modes')))?.name;
    assert.deepEqual((await run(one('Second'), { mode: 'ignore' })).counts.keep, 1);
    assert.equal(await nameOf(), 'First');
    await refused(
      () => run({ ...one('Third'), servers: [{ id: 'new' }, ...one('Third').servers] }, { mode: 'fail' }),
      'conflict',
      ['/servers/1'],
    );
    const looked = await run(one('Third'), { mode: 'fail', dryRun: true });
    assert.deepEqual(looked.counts, { create: 0, update: 0, keep: 0, conflict: 1 });
    const updated = await run(one('Fourth'));
    assert.deepEqual(
      updated.changes.map(({ name, action, members }) => [name, action, members]),
      [['modes', 'update', ['name']]],
    );
    assert.equal(await nameOf(), 'Fourth');
  });

  describe('with a workspace that takes something from its clients', () => {
    const place = { tenantId: mine, workspaceId: workspaceId('narrow') };
    const server = { id: place.workspaceId, tenant_id: mine };
    const narrow = { ...server, grant_types: ['authorization_code'] };
    const nightly = { authorization_server_id: place.workspaceId, client_id: 'nightly', client_name: 'Nightly' };
    const machine = { ...nightly, grant_types: ['client_credentials'], response_types: [] };
    const web = { ...nightly, grant_types: ['authorization_code'], redirect_uris };
    const settings = async () => (await to.platform.stores.workspaces.find(mine, place.workspaceId))?.settings;
    beforeEach(() => run({ servers: [server], clients: [machine] }, { force: true }));

    it('names them and writes nothing, unless it is forced: looked at, too', async () => {
      const before = await to.dump();
      for (const dryRun of [true, false]) {
        await assert.rejects(run({ servers: [narrow] }, { dryRun }), (error: unknown) => {
          assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
          assert.match(error.message, /^\/servers\/0 \(narrow\): One client needs /);
          assert.match(JSON.stringify(error.details), /"total":1.*"client_id":"nightly".*"\/grant_types"/);
          return true;
        });
      }
      assert.equal(await to.dump(), before);
      await run({ servers: [narrow] }, { mode: 'ignore' });
      assert.equal(await to.dump(), before);
      await run({ servers: [narrow] }, { force: true });
      assert.deepEqual((await settings())?.grant_types, ['authorization_code']);
    });

    it('brings them in line at the same time', async () => {
      await run({ servers: [narrow], clients: [web] });
      const found = await to.platform.stores.clients.findInTenant(mine, clientId('nightly'));
      assert.deepEqual(found?.metadata.grant_types, ['authorization_code']);
    });

    it('takes a client that was left without something elsewhere only where that is forced', async () => {
      const both = { servers: [narrow], clients: [machine] };
      await refused(() => run(both), 'unprocessable_entity', ['/clients/0/grant_types']);
      await run(both, { force: true });
      const dump = await textOf(to.exporter.run({ tenantId: mine, place: place.workspaceId }));
      for (const force of [true, false]) {
        const again = await run(dump, { force });
        assert.deepEqual([again.counts.create, again.counts.update], [0, 0], 'it is like that already');
      }
      const renamed = { servers: [narrow], clients: [{ ...machine, client_name: 'Renamed' }] };
      await refused(() => run(renamed), 'unprocessable_entity', ['/clients/0/grant_types']);
      const narrower = { servers: [{ ...server, grant_types: ['implicit'] }], clients: [machine] };
      await refused(() => run(narrower), 'unprocessable_entity', ['/clients/0/grant_types']);
      const other = { ...machine, client_id: 'other', token_endpoint_auth_method: 'nonsense' };
      await refused(() => run({ clients: [other] }, { force: true }), 'unprocessable_entity', [
        '/clients/0/token_endpoint_auth_method',
      ]);
    });

    it('looks at a client again when it is written: its workspace may be another one by then', async () => {
      const { recheck } = clientSection({ clock });
      const { unitOfWork } = to.platform;
      const written = () => unitOfWork.run(async (stores) => recheck?.(stores, mine, machine));
      await written();
      await run({ servers: [narrow] }, { force: true });
      await assert.rejects(written(), (error) => isPlatformError(error, 'unprocessable_entity'));
    });
  });

  it('tells of each change in its own transaction', async () => {
    const count = async () => (await to.platform.database('audit_events').where({ subject: 'import' })).length;
    const before = await count();
    await run({ servers: [{ id: 'told' }] });
    assert.equal(await count(), before + 1);
    await run({ servers: [{ id: 'told' }] });
    assert.equal(await count(), before + 1, 'nothing changed, nothing is told');
  });

  it('names what is wrong and where, and writes nothing', async () => {
    const client = { authorization_server_id: 'demo', client_id: 'c', redirect_uris };
    await refused(() => run({ servers: [{ id: 'good' }, { id: 'Bad Id' }] }), 'unprocessable_entity', [
      '/servers/1/id',
    ]);
    await refused(() => run({ servers: [{ id: 'good', access_token_ttl: 'soon' }] }), 'unprocessable_entity', [
      '/servers/0/access_token_ttl',
    ]);
    await refused(
      () => run({ servers: [{ id: 'good' }], clients: [{ ...client, redirect_uris: ['javascript:alert(1)'] }] }),
      'unprocessable_entity',
      ['/clients/0/redirect_uris/0'],
    );
    await refused(
      () => run({ clients: [client, { ...client, authorization_server_id: 'nowhere', client_id: 'd' }] }),
      'unprocessable_entity',
      ['/clients/1/authorization_server_id'],
      /not among the servers/,
    );
    await refused(() => run({ clients: [client, client] }), 'unprocessable_entity', ['/clients/1'], /there twice/);
    await refused(() => run({ clients: [{ ...client, client_secret: 'short' }] }), 'unprocessable_entity', [
      '/clients/0/client_secret',
    ]);
    await refused(() => run({ clients: { ...client } }), 'unprocessable_entity', ['/clients']);
    await refused(() => run({ tenant: [{ name: 'x' }] }), 'unprocessable_entity', ['/tenant/0']);
    await refused(() => run({ servers: [{ id: 'x' }] }, { tenant: undefined }), 'unprocessable_entity', [
      '/servers/0/tenant_id',
    ]);
    await refused(
      () => run({ servers: [{ id: 'x', tenant_id: 'nobody' }] }, { tenant: undefined }),
      'unprocessable_entity',
      ['/servers/0/tenant_id'],
    );
    await refused(() => run({ tenants: [{ id: 'api', name: 'x' }] }, { tenant: undefined }), 'unprocessable_entity', [
      '/tenants/0/id',
    ]);
    const many = { servers: Array.from({ length: 50 }, (_, at) => ({ id: `Bad ${String(at)}` })) };
    await assert.rejects(run(many), (error: unknown) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'));
      return Array.isArray(error.details) && error.details.length === 20;
    });
    await refused(() => run('{"servers":['), 'bad_request', []);
    await refused(() => run({ servers: [{ id: 'x', name: 'x'.repeat(2_000_000) }] }), 'payload_too_large', []);
  });

  it('moves scopes as they are read on the consent page', async () => {
    const scope = {
      authorization_server_id: 'scoped',
      name: 'accounts.read',
      display_name: '',
      description: 'See accounts.',
    };
    const scopes = (...list: unknown[]) => ({
      servers: [{ id: 'scoped', initialize: true }],
      scopes_without_service: list,
    });
    await run(scopes(scope, { ...scope, name: 'openid', display_name: 'Who', implicit_grant: true }));
    const { scopes: store } = to.platform.stores;
    const found = await store.listOwn(mine, workspaceId('scoped'));
    const shown = found.map(({ name, displayName, kind }) => `${name} ${displayName} ${kind}`);
    assert.ok(shown.includes('accounts.read accounts.read api'), String(shown));
    assert.ok(shown.includes('openid Who oidc'), 'what comes along wins over what a workspace begins with');
    assert.equal(found.length, 9);
    assert.deepEqual((await run(scopes(scope))).counts, { create: 0, update: 0, keep: 2, conflict: 0 });
    await refused(() => run(scopes({ ...scope, name: 'a b' })), 'unprocessable_entity', [
      '/scopes_without_service/0/name',
    ]);
    await refused(() => run(scopes(scope, scope)), 'unprocessable_entity', ['/scopes_without_service/1']);
  });

  it('takes a configuration from before the scopes of self-service: as it is, and with them where it asks for them', async () => {
    const scope = { authorization_server_id: 'early', name: 'openid', display_name: 'Who', description: '' };
    const dump = (id: string, more: object = {}) => ({
      servers: [{ id, ...more }],
      scopes_without_service: [{ ...scope, authorization_server_id: id }],
    });
    const names = async (id: string) =>
      (await to.platform.stores.scopes.listOwn(mine, workspaceId(id))).map(({ name }) => name);
    await run(dump('early'));
    // One that was removed is not there again because its workspace moved.
    assert.deepEqual(await names('early'), ['openid']);
    await run(dump('early-too', { initialize: true }));
    assert.ok((await names('early-too')).includes('manage_ss_profile'));
    // Over a workspace that has them, it takes nothing away.
    await run(dump('early-too'));
    assert.ok((await names('early-too')).includes('view_ss_profile'));
  });

  it('moves claims, and refuses what no token can say', async () => {
    const claim = { authorization_server_id: 'claiming', name: 'unit', type: 'id_token', mapping: 'work.unit' };
    const claims = (...list: unknown[]) => ({ servers: [{ id: 'claiming' }], claims: list });
    await run(claims(claim, { ...claim, type: 'access_token', id: 'mine' }));
    const place = workspaceId('claiming');
    const list = () => to.platform.stores.claims.list(mine, place);
    const [token, idToken] = await list();
    assert.deepEqual([token?.id, idToken?.sourcePath], ['mine', 'work.unit']);
    await run(claims({ ...claim, source_path: 'unit' }));
    assert.deepEqual(await list(), [token, { ...idToken, sourcePath: 'unit' }]);
    await refused(() => run(claims({ ...claim, name: 'sub' }, { ...claim, mapping: '' })), 'unprocessable_entity', [
      '/claims/0/name',
      '/claims/1/source_path',
    ]);
    const saml = { ...claim, type: 'saml_assertion' };
    await refused(() => run(claims(saml)), 'unprocessable_entity', ['/claims/0/type']);
  });

  it('moves services with their scopes, and leaves by itself what is no more said to be of one', async () => {
    const described = (...scopes: unknown[]) => ({
      servers: [{ id: 'serving' }],
      services: [
        {
          authorization_server_id: 'serving',
          id: 'bank',
          name: 'Bank',
          custom_audience: 'https://bank.example',
          apis: [],
          gateway_id: '',
          scopes,
        },
      ],
    });
    await run(described({ name: 'pay', id: 'scope-pay' }, { name: 'see', transient: true, metadata: { a: [1] } }));
    const { scopes, services } = to.platform.stores;
    const place = workspaceId('serving');
    const shown = async () =>
      (await scopes.listOwn(mine, place)).map(({ name, service }) => [name, service?.name, service?.customAudience]);
    const bank = ['Bank', 'https://bank.example'];
    assert.deepEqual(await shown(), [
      ['pay', ...bank],
      ['see', ...bank],
    ]);
    const [pay, see] = await scopes.listOwn(mine, place);
    assert.deepEqual([pay?.id, see?.transient, see?.metadata], ['scope-pay', true, { a: [1] }]);
    await run(described({ name: 'see' }), { mode: 'update' });
    assert.deepEqual(await shown(), [
      ['pay', undefined, undefined],
      ['see', ...bank],
    ]);
    const kept = await scopes.listOwn(mine, place);
    assert.deepEqual(
      kept.map(({ id }) => id),
      [pay?.id, see?.id],
      'ids stay',
    );
    assert.equal((await services.find(mine, serviceId('bank')))?.type, 'user');
    await refused(
      () => run(described({ name: 'a b' }, { name: 'see' }, { name: 'see' }), { mode: 'update' }),
      'unprocessable_entity',
      ['/services/0/scopes/0/name', '/services/0/scopes/2/name'],
    );
    const elsewhere = {
      servers: [{ id: 'other' }],
      services: [{ authorization_server_id: 'other', id: 'bank', name: 'B' }],
    };
    await refused(() => run(elsewhere), 'conflict', ['/services/0']);
  });

  it('moves idps, and passwords of fixed people as hashes alone', async () => {
    const people = (...users: unknown[]) => ({
      servers: [{ id: 'sandbox' }],
      idps: [
        {
          authorization_server_id: 'sandbox',
          id: 'people',
          name: 'Sandbox',
          method: 'static',
          settings: { static: { hint: true } },
          credentials: { static: { users } },
        },
      ],
    });
    const ada = { username: 'ada', password: 'a password in clear', authentication_context: { name: 'Ada' } };
    await run(people(ada));
    const text = await textOf(to.exporter.run({ tenantId: mine, place: 'sandbox' }));
    assert.ok(!text.includes('a password in clear'));
    assert.match(text, /"hashed_password":"\$argon2id\$/);
    const kept = await run(people({ username: 'ada', authentication_context: { name: 'Ada' } }));
    assert.equal(kept.counts.update, 0, 'a person without a password keeps theirs');
    const { hasher } = to.platform;
    const idp = await to.platform.stores.idps.find(mine, workspaceId('sandbox'), idpId('people'));
    assert.ok(idp?.method === 'static');
    assert.equal(await hasher.verify(idp.users[0]?.passwordHash, 'a password in clear'), true);
    // A hash whose verification would take the machine with it.
    const hash = '$argon2id$v=19$m=999999,t=99,p=4$c29tZXNhbHRzb21l$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const where = '/idps/0/credentials/static/users';
    await refused(() => run(people({ username: 'eve', hashed_password: hash })), 'unprocessable_entity', [
      `${where}/0/hashed_password`,
    ]);
    await refused(() => run(people(ada, ada)), 'unprocessable_entity', [where]);
    const known = { email: 'a@x.example', email_verified: true, phone_number: '1', phone_number_verified: false };
    await run(people({ ...ada, ...known, additional_attributes: { unit: 'x' } }));
    const told = await to.platform.stores.idps.find(mine, workspaceId('sandbox'), idpId('people'));
    assert.ok(told?.method === 'static');
    assert.deepEqual(told.users[0]?.attributes, { name: 'Ada', unit: 'x', ...known });
    const [one] = people(ada).idps;
    await refused(() => run({ idps: [{ ...one, method: 'saml' }] }), 'unprocessable_entity', ['/idps/0/method']);
    await refused(() => run({ idps: [{ ...one, authorization_server_id: 'none' }] }), 'unprocessable_entity', [
      '/idps/0/authorization_server_id',
    ]);
  });

  it('holds a workspace to what its own calls hold it to', async () => {
    const idps = (...list: object[]) => ({
      servers: [{ id: 'bounded' }],
      idps: list.map((one) => ({ authorization_server_id: 'bounded', name: 'x', method: 'identity_pool', ...one })),
    });
    const pool = { identity_pool_id: 'demo-pool' };
    await run(idps({ ...pool, name: 'People' }));
    assert.deepEqual(
      (await run(idps({ ...pool, name: 'People' }))).counts.keep,
      2,
      'without an id it is that of its pool',
    );
    await refused(() => run(idps({ ...pool, id: 'second' })), 'conflict', ['/idps/0'], /for this pool already/);
    const users = { method: 'static', credentials: { static: { users: [] } } };
    const many = Array.from({ length: 50 }, (_, at) => ({ ...users, id: `i-${String(at)}` }));
    await refused(() => run(idps(...many)), 'unprocessable_entity', ['/idps/49'], /one of more than 50 idps/);
    const claims = Array.from({ length: 501 }, (_, at) => ({
      authorization_server_id: 'bounded',
      name: `c${String(at)}`,
      type: 'id_token',
      mapping: 'a',
    }));
    await refused(() => run({ claims }), 'unprocessable_entity', ['/claims/500'], /one of more than 500 claims/);
  });

  it('has no tenant say itself under which address it is found', async () => {
    const tenant = { name: 'Acme', metadata: { registration_identifier: 'you@x.example' } };
    await refused(() => run({ tenant }), 'unprocessable_entity', ['/tenant/metadata/registration_identifier']);
    await run({ tenants: [{ ...tenant, id: 'default' }] }, { tenant: undefined });
    await run({ tenant: { ...tenant, name: 'Again' } });
    await run({ tenant: { name: 'Default' } });
  });

  it('keeps what administrators say of a workspace', async () => {
    const words = { description: 'For tests.', metadata: { owner: { team: 'x' } } };
    await run({ servers: [{ id: 'described', ...words }] });
    const text = await textOf(to.exporter.run({ tenantId: mine, place: 'described' }));
    assert.match(text, /"description":"For tests.".*"metadata":\{"owner":\{"team":"x"\}\}/);
    await refused(
      () => run({ servers: [{ id: 'described', metadata: { a: 'x'.repeat(20_000) } }] }),
      'unprocessable_entity',
      ['/servers/0/metadata'],
    );
  });

  it('gives nobody a way up', async () => {
    const subject = { type: 'client', client_id: 'c' };
    const role = (workspace: string) => ({
      role: 'admin',
      subject,
      resource: { type: 'workspace', workspace_id: workspace },
    });
    await refused(() => run({ roles: [role('admin')] }), 'unprocessable_entity', ['/roles/0/resource/workspace_id']);
    await refused(() => run({ roles: [{ ...role('demo'), role: 'business_admin' }] }), 'unprocessable_entity', [
      '/roles/0/role',
    ]);
    const placeless = [{ type: 'workspace' }, { type: 'identity_pool' }, { type: 'tenant', workspace_id: 'demo' }];
    const members = ['workspace_id', 'identity_pool_id', 'workspace_id'];
    for (const [at, resource] of placeless.entries())
      await refused(() => run({ roles: [{ role: 'admin', subject, resource }] }), 'unprocessable_entity', [
        `/roles/0/resource/${members[at] ?? ''}`,
      ]);
    await refused(() => run({ servers: [{ id: 'sham', type: 'admin' }] }), 'unprocessable_entity', ['/servers/0/id']);
    await refused(() => run({ servers: [{ id: 'admin', type: 'regular' }] }), 'unprocessable_entity', [
      '/servers/0/id',
      '/servers/0/type',
    ]);
    await refused(
      () => run({ servers: [{ id: 'demo', __proto__: null, ['constructor']: 1, type: 'organization' }] }),
      'unprocessable_entity',
      ['/servers/0/type'],
    );
    // The id of a client that stands elsewhere in the tenant.
    await run({
      servers: [{ id: 'elsewhere' }],
      clients: [{ authorization_server_id: 'demo', client_id: 'taken', redirect_uris }],
    });
    await refused(
      () => run({ clients: [{ authorization_server_id: 'elsewhere', client_id: 'taken', redirect_uris }] }),
      'conflict',
      ['/clients/0'],
    );
    await run({ roles: [role('demo')] });
    assert.equal((await run({ roles: [role('demo')] }, { mode: 'ignore' })).counts.keep, 1);
  });

  it('signs with no key that it has not got', async () => {
    const keysOf = async () => {
      const dump: unknown = JSON.parse(await textOf(to.exporter.run({ tenantId: mine, place: 'demo' })));
      return (dump as { servers: { jwks: { keys: Record<string, unknown>[] } }[] }).servers[0]?.jwks.keys ?? [];
    };
    const [key = {}] = await keysOf();
    const { d: _, ...open } = key;
    const keys = (...list: unknown[]) => run({ servers: [{ id: 'keyed', jwks: { keys: list } }] });
    await refused(() => keys(open), 'unprocessable_entity', ['/servers/0/jwks/keys/0']);
    await refused(() => keys(key, key), 'unprocessable_entity', ['/servers/0/jwks/keys', '/servers/0/jwks/keys']);
    await refused(() => keys(), 'unprocessable_entity', ['/servers/0/jwks/keys']);
    await refused(() => keys({ ...key, alg: 'none' }), 'unprocessable_entity', ['/servers/0/jwks/keys/0/alg']);
    await refused(() => keys({ ...key, kty: 'RSA' }), 'unprocessable_entity', ['/servers/0/jwks/keys/0']);
    await refused(() => keys({ ...key, removable_at: '2030-01-01T00:00:00Z' }), 'unprocessable_entity', [
      '/servers/0/jwks/keys',
    ]);
  });

  describe('with what people did', () => {
    const acme = tenantId('acme');
    const place = { tenantId: acme, workspaceId: workspaceId('default') };
    const withData = true;
    const granted = {
      ...place,
      type: 'generic',
      subject: 'ada',
      clientId: clientId('shop'),
      deniedScopes: ['phone'],
      details: { note: null },
      interactionId: interactionId('login'),
      grantedAt: 1_700_000_000_000,
      expiresAt: 1_900_000_000_000,
      revokedAt: undefined,
    };
    const load = (body: unknown) =>
      to.importer.run({ tenantId: acme, mode: 'update', dryRun: false, withData, body: bytesOf(body) });
    const exported = async (house: Deployment, data: boolean) =>
      JSON.parse(await textOf(house.exporter.run({ tenantId: acme, withData: data }))) as {
        scope_grants: Record<string, unknown>[];
        audit_events: { event_id: string }[];
      };
    before(async () => {
      const { clients, consents, outbox } = from.platform.stores;
      const shop = { authorization_server_id: 'default', client_id: 'shop', redirect_uris };
      await run({ tenants: [{ id: 'acme', name: 'Acme' }] }, { tenant: undefined, mode: 'ignore' });
      for (const house of [from, to])
        await house.importer.run({
          tenantId: acme,
          mode: 'update',
          dryRun: false,
          body: bytesOf({ servers: [{ id: 'default' }], clients: [shop] }),
        });
      assert.ok((await clients.findInTenant(acme, clientId('shop'))) !== undefined);
      const given = { ...granted, id: consentId('one'), grantId: 'grant', grantedScopes: ['profile', 'email'] };
      await consents.insert(given);
      await consents.insert({ ...given, id: consentId('two'), grantId: 'gone', revokedAt: 1_800_000_000_000 });
      for (const workspace of [undefined, 'admin', 'default'])
        await outbox.append({
          tenantId: acme,
          ...(workspace === undefined ? {} : { workspaceId: workspaceId(workspace) }),
          subject: 'consent',
          action: 'created',
          metadata: { subject: 'ada' },
          payload: { consent_created: { id: 'one', language: null } },
        });
    });

    it('moves grants and events where that is asked for, as they are, and once', async () => {
      const dump = await exported(from, true);
      assert.deepEqual(
        dump.scope_grants.map(({ subject, scope_name: name }) => [subject, name]),
        [
          ['ada', 'email'],
          ['ada', 'profile'],
        ],
      );
      assert.ok(dump.audit_events.length >= 3);
      const bare = await exported(from, false);
      assert.deepEqual([bare.scope_grants, bare.audit_events], [[], []]);
      const without = await run(dump, { tenant: 'acme' });
      assert.equal(without.ignored['scope_grants'], 2);
      assert.deepEqual((await exported(to, true)).scope_grants, []);

      await load(dump);
      const moved = await exported(to, true);
      assert.equal(JSON.stringify(moved.scope_grants), JSON.stringify(dump.scope_grants));
      const ids = new Set(dump.audit_events.map(({ event_id: id }) => id));
      const events = moved.audit_events.filter(({ event_id: id }) => ids.has(id));
      assert.equal(JSON.stringify(events), JSON.stringify(dump.audit_events), 'beside those of the import itself');
      const again = await load(dump);
      assert.deepEqual([again.counts.create, again.counts.update], [0, 0]);
      const active = await to.platform.stores.consents.findActive(acme, place.workspaceId, 'ada', granted.clientId, 0);
      assert.deepEqual(active?.grantedScopes.toSorted(), ['email', 'profile']);
      assert.deepEqual([active.grantId, active.deniedScopes, active.details], ['grant', ['phone'], { note: null }]);
    });

    it('marks what it brought: who reads an event sees that this deployment never saw it happen', async () => {
      const dump = await exported(from, true);
      const [event] = dump.audit_events;
      const forged = {
        ...event,
        event_id: 'forged',
        event_subject: 'login',
        action: 'succeeded',
        context: { imported_at: 'never' },
        metadata: { subject: 'ada', client_id: 'somebody', imported_at: '' },
      };
      await load({ audit_events: [forged] });
      const { events } = to.platform.stores;
      const found = await events.find(acme, eventId('forged'));
      assert.ok(found?.imported !== undefined);
      const { context, metadata } = toEventBody(found);
      assert.match(context?.['imported_at'] ?? '', /^20\d\d-/);
      assert.equal(metadata['subject'], 'ada', 'as it was told elsewhere');
      const own = await events.list(acme, [null], {
        limit: 1,
        order: 'desc',
        metadata: {},
        subjects: ['import'],
        actions: [],
      });
      assert.equal(own.items[0] && toEventBody(own.items[0]).context, null, 'that it was imported is seen here');
      // The next deployment is told by whom it came there, and not by whom it came here.
      const again = (await exported(to, true)).audit_events.find(({ event_id: id }) => id === 'forged');
      assert.deepEqual(Object.keys(again ?? {}).includes('context'), false);
      await assert.rejects(
        load({ audit_events: [{ ...event, event_id: 'tomorrow', timestamp: '2999-01-01T00:00:00Z' }] }),
        (error: unknown) =>
          isPlatformError(error, 'unprocessable_entity') && error.message.startsWith('/audit_events/0/timestamp'),
      );
      assert.equal(await events.find(acme, eventId('tomorrow')), undefined);
    });

    it('brings back nothing that was taken back, and changes no event', async () => {
      const dump = await exported(from, true);
      const [event] = dump.audit_events;
      await assert.rejects(load({ audit_events: [{ ...event, action: 'deleted' }] }), (error) =>
        isPlatformError(error, 'conflict'),
      );
      const [grant] = dump.scope_grants;
      await assert.rejects(load({ scope_grants: [{ ...grant, subject: 'eve' }] }), (error) =>
        isPlatformError(error, 'conflict'),
      );
      await assert.rejects(load({ scope_grants: [{ ...grant, client_id: 'nobody' }] }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
      const { consents } = to.platform.stores;
      await consents.revoke(acme, place.workspaceId, consentId('one'), 1);
      assert.equal((await load(dump)).counts.create, 0);
      assert.equal(await consents.findActive(acme, place.workspaceId, 'ada', granted.clientId, 0), undefined);
    });

    it('takes a grant as it is published elsewhere', async () => {
      const plain = { server_id: 'default', client_id: 'shop', subject: 'bob', given_at: '2024-01-01T00:00:00Z' };
      const grants = ['openid', 'email'].map((name) => ({ ...plain, scope_name: name, granted_scope_name: name }));
      const report = await load({ scope_grants: grants });
      assert.equal(report.counts.create, 2);
      const { consents } = to.platform.stores;
      const found = await consents.findActive(acme, place.workspaceId, 'bob', granted.clientId, 0);
      assert.deepEqual(found?.grantedScopes, ['openid', 'email']);
      assert.equal((await load({ scope_grants: grants })).counts.create, 0);

      const unknown = { ...plain, subject: 'eve', scope_name: 'openid', granted_scope_name: null };
      await load({ scope_grants: [{ ...unknown, given_at: '0001-01-01T00:00:00Z' }] });
      const eves = await consents.findActive(acme, place.workspaceId, 'eve', granted.clientId, 0);
      assert.deepEqual(eves?.grantedScopes, ['openid']);
      assert.ok(eves.grantedAt > Date.parse(plain.given_at), 'the zero time says nothing of when');
    });

    it('looks once for the client that many need', async () => {
      const grant = { server_id: 'default', client_id: 'shop', scope_name: 'openid' };
      const grants = Array.from({ length: 20 }, (_, at) => ({ ...grant, subject: `many-${String(at)}` }));
      const looked: string[] = [];
      const tell = ({ sql }: { sql: string }): void => {
        if (/from .clients. /.test(sql)) looked.push(sql);
      };
      const { database } = to.platform;
      database.on('query', tell);
      const { counts } = await load({ scope_grants: grants }).finally(() => database.removeListener('query', tell));
      assert.equal(counts.create, 20);
      assert.equal(looked.length, 1);
    });
  });

  it('seals every secret under a passphrase, and opens it in its own place alone', async () => {
    const acme = tenantId('acme');
    const open = await textOf(from.exporter.run({ tenantId: acme }));
    const sealed = await textOf(from.exporter.run({ tenantId: acme, passphrase }));
    const secrets = [...open.matchAll(/"(?:client_secret|secret|d)":"([^"]+)"/g)].map(([, secret = '']) => secret);
    assert.ok(secrets.length >= 6);
    for (const secret of secrets) assert.ok(!sealed.includes(secret));
    assert.ok(!sealed.includes(passphrase));

    const { create, update } = (await run(sealed, { tenant: 'acme', passphrase, dryRun: true })).counts;
    assert.deepEqual([create, update], [0, 0], 'it opens to what is there');
    await refused(() => run(sealed, { tenant: 'acme' }), 'unprocessable_entity', ['/sealing'], /needs the passphrase/);
    await refused(() => run(sealed, { tenant: 'acme', passphrase: 'another passphrase' }), 'unprocessable_entity', [
      '/servers/0',
    ]);

    interface Dump {
      clients: { client_secret: string }[];
      sealing: Record<string, unknown>;
    }
    const moved = JSON.parse(sealed) as Dump;
    const [one, other] = moved.clients;
    assert.ok(one !== undefined && other !== undefined);
    [one.client_secret, other.client_secret] = [other.client_secret, one.client_secret];
    await refused(() => run(moved, { tenant: 'acme', passphrase }), 'unprocessable_entity', ['/clients/0']);
    const costly = { ...(JSON.parse(sealed) as Dump), sealing: { ...moved.sealing, n: 2 ** 30 } };
    await refused(() => run(costly, { tenant: 'acme', passphrase }), 'unprocessable_entity', ['/sealing']);
  });

  it('finds what is in the way however much is new before it', async () => {
    const servers = [...Array.from({ length: 1001 }, (_, at) => ({ id: `new-${String(at)}` })), { id: 'demo' }];
    await refused(() => run({ servers }, { mode: 'fail' }), 'conflict', ['/servers/1001']);
  });

  it('lets two of a tenant import at once, and those of others beside them', async () => {
    const gates: (() => void)[] = [];
    async function* slowly(): AsyncGenerator<Uint8Array> {
      await new Promise<void>((go) => gates.push(go));
      yield Buffer.from('{}');
    }
    const start = (tenant = mine) =>
      to.importer.run({ tenantId: tenant, mode: 'update', dryRun: false, body: slowly() });
    const running = [start(), start()];
    await assert.rejects(start(), (error) => isPlatformError(error, 'unavailable') && error.retryAfterSeconds === 5);
    // Whoever sends slowly holds no place among those that write.
    await run({}, { tenant: undefined });
    await run({ servers: [] }, { tenant: 'acme' });
    for (const go of gates) go();
    await Promise.all(running);
    await run({});
  });

  it('takes thousands of objects, tree by tree', async () => {
    const names = Array.from({ length: 450 }, (_, at) => `many-${String(at)}`);
    const report = await run({
      clients: names.map((client_id) => ({ authorization_server_id: 'many', client_id, redirect_uris })),
      servers: [{ id: 'many' }],
    });
    assert.equal(report.counts.create, 451);
    const dump = JSON.parse(await textOf(to.exporter.run({ tenantId: mine, place: 'many' }))) as { clients: unknown[] };
    assert.equal(dump.clients.length, 450);
    await refused(() => textOf(to.exporter.run({ tenantId: mine, place: 'none' })), 'not_found', []);
    await refused(() => textOf(to.exporter.run({ tenantId: tenantId('none') })), 'not_found', []);
  });
});
