/** The composition root's other half: what answers over HTTP, built on the platform that compose.ts opens. */
import type { RequestListener } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { LoginClient } from '../workflows/client.ts';
import { createOperatorCodec } from '../workflows/operator-codec.ts';
import { createOperatorService } from './access/operator.service.ts';
import { createApp } from './app.ts';
import type { Platform } from './compose.ts';
import { composeApplications } from './compose-applications.ts';
import { composeManagement } from './compose-management.ts';
import { composeRenderer } from './compose-renderer.ts';
import { createHomeRoutes } from './demo/home.routes.ts';
import { createExtensionRoutes } from './extension-points/extension.routes.ts';
import { accessLog } from './http/access-log.ts';
import { errorHandler } from './http/error-handler.ts';
import { pinHost, requestOrigin } from './http/host.ts';
import { createPublicOrigins } from './http/public-origin.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { pageHeaders } from './http/security-headers.ts';
import { newTraceId, trace, traceId } from './http/trace.ts';
import { askedFrom } from './interactions/asked-from.ts';
import { boundApp, requirementOfApp } from './interactions/custom-app-step.ts';
import { createHandoffCalls } from './interactions/handoff-call.service.ts';
import { createLoginStates } from './interactions/login-state.ts';
import { createInteractionRoutes } from './interactions/interaction.routes.ts';
import { endOf } from './interactions/interaction.ts';
import { createIdpSelection } from './interactions/idp-selection.service.ts';
import { createInteractionService } from './interactions/interaction.service.ts';
import { createLoginAddresses } from './interactions/login-addresses.ts';
import { createMintingScripts } from './extensions/minting-script.service.ts';
import { requirementsOfScript } from './interactions/script-step.ts';
import { createSilentLogins } from './interactions/silent-login.ts';
import { stillStands } from './interactions/standing.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { PlatformError } from './kernel/errors.ts';
import { clientId, tenantId, workspaceId } from './kernel/ids.ts';
import type { Dispatch } from './messages/dispatch.ts';
import { mailboxRoutes } from './messages/mailbox.routes.ts';
import { createGuardedFetch } from './net/guarded-fetch.ts';
import { bearerRoutes } from './oauth2/bearer.routes.ts';
import { composeCredentials } from './compose-credentials.ts';
import { clientAddress, readClientAddress } from './http/client-address.ts';
import { noteOrigin } from './http/request-origin.ts';
import { composeLogins } from './compose-logins.ts';
import { createOauth2Handler } from './oauth2/oauth2.routes.ts';
import { providersWithin } from './oauth2/kept-providers.ts';
import { buildProvider } from './oauth2/provider.ts';
import type { ProviderDeps } from './oauth2/provider.ts';
import { createProviderRegistry } from './oauth2/registry.ts';
import { claimedTenant, createTokenVerifier } from './oauth2/token-verifier.ts';
import { temporalUiOrigins } from './ops/codec-cors.ts';
import { codecRoutes } from './ops/codec.routes.ts';
import { healthRoutes } from './ops/health.ts';
import { createMetrics } from './ops/metrics.ts';
import { metricsRoutes } from './ops/metrics.routes.ts';
import { createOperatorSessions } from './ops/operator-session.ts';
import { operatorRoutes } from './ops/operator.routes.ts';
import { rootTenantId } from './tenants/tenant.ts';
import { createAssetRoutes } from './themes/asset.routes.ts';
import { createEnginePages } from './themes/engine-pages.ts';
import { createErrorPage } from './themes/error-page.ts';
import { pickLocale } from './themes/locale.ts';
import { sendPage } from './themes/send-page.ts';

/** Workspaces whose rows are kept although their provider is not, about 10 KB each. */
const maxParts = 10_000;

export interface WebDeps {
  readonly logins: LoginClient;
  readonly dispatch: Dispatch;
  /** Where this server will listen: the demonstration asks its issuer there. */
  readonly listenUrl: string;
  /** Shown on the start page of a development server. */
  readonly temporalUiUrl: string | undefined;
}

/** Builds everything that answers over HTTP. */
export function composeApp(
  platform: Platform,
  { logins, dispatch, listenUrl, temporalUiUrl }: WebDeps,
): RequestListener {
  const { config, log, stores, unitOfWork, extensions, sealer, deriveKey, issuerOf } = platform;
  const origins = createPublicOrigins(config.publicUrl);
  const renderer = composeRenderer(platform);
  const metrics = createMetrics();
  const referenceOf = (): string => traceId() ?? newTraceId();
  // Names of tenants are on every page and change about never.
  const tenantCache = new LRUCache<string, Awaited<ReturnType<typeof stores.tenants.find>> & object>({
    max: 1000,
    ttl: 5000,
  });
  const tenants: Pick<typeof stores.tenants, 'find'> = {
    async find(id) {
      const known = tenantCache.get(id);
      if (known !== undefined) return known;
      const found = await stores.tenants.find(id);
      if (found !== undefined) tenantCache.set(id, found);
      return found;
    },
  };

  const selection = createIdpSelection({ points: platform.pointScripts, idps: stores.idps });
  const interactions = createInteractionService({
    unitOfWork,
    interactions: stores.interactions,
    addresses: createLoginAddresses(stores.artifacts),
    proofs: stores.proofs,
    snapshots: stores.snapshots,
    dataKeys: platform.dataKeys,
    workflows: logins,
    cases: platform.cases,
    selection,
    clock,
  });
  const guardedFetch = createGuardedFetch({ allow: config.outgoingAllow });
  const shared: ProviderDeps = {
    artifacts: stores.artifacts,
    clients: stores.clients,
    snapshots: stores.snapshots,
    clock,
    pages: createEnginePages({
      renderer,
      tenants,
      clients: stores.clients,
      async endOf(tenant, workspace, uid) {
        const row = await interactions.find({ tenantId: tenant, id: workspace }, uid);
        return { kind: endOf(row), clientId: row?.clientId };
      },
    }),
    traceIdOf: () => traceId(),
    onFailure: (err) => {
      log.error({ err }, 'A request failed.');
    },
    extensions,
    async requirementsFor(workspace, id) {
      const client = await stores.clients.find(workspace.tenantId, workspace.id, clientId(id));
      return client === undefined ? [] : extensions.requirementsFor({ client, workspace });
    },
    async requirementsOfIdp(workspace, idp) {
      const place = { tenantId: workspace.tenantId, workspaceId: workspace.id };
      const app = await boundApp(stores, place, { idpId: idp });
      return app === undefined ? [] : [[requirementOfApp(app)]];
    },
    async scriptsOfIdp(workspace, idp, id) {
      const place = { tenantId: workspace.tenantId, workspaceId: workspace.id };
      const client = clientId(id);
      const decided = await requirementsOfScript(stores, place, { idp, client });
      const chosen = await selection.requirements(workspace, client, idp);
      return [decided, chosen].flatMap((any) => (any === undefined ? [] : [any]));
    },
    mintTokens: createMintingScripts({ points: platform.pointScripts }),
    grantSilently: createSilentLogins({
      ...{ unitOfWork, snapshots: stores.snapshots, clients: stores.clients, cases: platform.cases, selection, clock },
      executions: platform.scriptExecutions,
      writeMetadata: platform.writeScriptMetadata,
      askedFrom: (request) => askedFrom(clientAddress(request).address, request.headers),
    }),
    stands: ({ tenantId, id }, snapshot) => stillStands(stores, { tenantId, workspaceId: id }, snapshot),
    fetch: (url, init) => guardedFetch(url instanceof Request ? url.url : url, outgoing(init)),
    issuerOf,
    cookieKeysOf: ({ tenantId, id }) => [Buffer.from(deriveKey(`cookies ${tenantId}/${id}`)).toString('base64url')],
    discoveryOf: (workspace) => extensions.discovery({ workspace, issuer: issuerOf(workspace) }),
  };
  const registry = createProviderRegistry({
    workspaces: stores.workspaces,
    signingKeys: stores.signingKeys,
    scopes: stores.scopes,
    claims: stores.claims,
    clock,
    max: providersWithin(getHeapStatistics().heap_size_limit),
    maxParts,
    build: (parts) => buildProvider(shared, parts),
  });

  const credentials = composeCredentials(platform, {
    renderer,
    dispatch,
    originOf: (tenant) => origins.originOf(tenant),
  });
  const states = createLoginStates(deriveKey('login states'));
  const { screens, moves, accounts } = composeLogins(platform, {
    states,
    tenants,
    interactions,
    credentials,
    selection,
    renderer,
    origins,
    metrics,
    referenceOf,
  });

  const sessions = createOperatorSessions({ sealer, clock, https: origins.https });
  const tokens = createTokenVerifier({ registry });
  const operatorPage = operatorRoutes({
    sessions,
    attempts: createRateLimiter({ burst: 10, perMinute: 5 }, clock),
    verifyClient: createOperatorService({ clients: stores.clients, clock }).verifyClient,
    sendPage: (req, res, status, page) => {
      const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
      sendPage(
        res,
        status,
        renderer.render('operator', { ...page, endpoint: `${requestOrigin(req).origin}/ops/codec` }, { locale }),
      );
    },
  });
  const codec = codecRoutes({
    uiOrigins: [...temporalUiOrigins(config.temporal.uiPort), ...config.temporal.uiOrigins],
    sessions,
    verifyToken: (token) => tokens.verify(token, claimedTenant(token) ?? tenantId(rootTenantId), workspaceId('system')),
    decode: createOperatorCodec({ keys: platform.keyRing, namespace: config.temporal.namespace }).decodeForOperator,
    append: (events) =>
      unitOfWork.run(async ({ outbox }) => {
        for (const event of events) await outbox.append(event);
      }),
  });

  const management = composeManagement(platform, {
    credentials,
    handoffCalls: createHandoffCalls({ unitOfWork, cases: platform.cases, states, issuerOf, clock }),
    verify: (token, tenant, workspace) => tokens.verify(token, tenant, workspace),
    changed: (tenant, workspace) => {
      registry.invalidate(tenant, workspace);
    },
    renderer,
    urlOf: (tenant) => `${origins.originOf(tenant)}/${tenant}`,
  });

  return createApp({
    preamble: [trace, readClientAddress(config.http.trustedProxies), noteOrigin, accessLog(log), metrics.requests],
    unpinned: [
      healthRoutes({
        database: async () => {
          await stores.tenants.find(tenantId(rootTenantId));
        },
        temporal: async () => {
          if (!(await logins.healthy())) throw new PlatformError('unavailable', 'Temporal does not answer.');
        },
        clock,
      }),
      metricsRoutes({ metrics, token: config.metrics.token }),
      mailboxRoutes({ mailbox: platform.mailbox, renderer }),
    ],
    operations: [operatorPage, codec],
    management,
    pinHost: pinHost(origins),
    assets: createAssetRoutes(renderer.assets),
    pageHeaders: pageHeaders({ https: origins.https }),
    home: createHomeRoutes({ renderer, config, temporalUiUrl }),
    logins: createInteractionRoutes({
      visits: {
        providers: registry,
        tenants,
        clients: stores.clients,
        pages: stores.pages,
        interactions,
        clock,
      },
      screens,
      moves,
    }),
    accounts,
    ...composeApplications(platform, {
      dispatch,
      renderer,
      origins,
      tenants,
      tokens,
      credentials,
      listenUrl,
      referenceOf,
    }),
    extensions: createExtensionRoutes({
      registry: extensions,
      workspaces: stores.workspaces,
      tokens,
    }),
    bearer: bearerRoutes({ registry }),
    protocol: createOauth2Handler({ registry }),
    errors: errorHandler({ log, renderError: createErrorPage({ renderer }) }),
  });
}

/** Only what the engine sets when it fetches what a client registered, such as its `jwks_uri`. */
function outgoing(init: RequestInit | undefined): Parameters<ReturnType<typeof createGuardedFetch>>[1] {
  return {
    method: init?.method ?? 'GET',
    headers: Object.fromEntries(new Headers(init?.headers)),
    redirect: init?.redirect === 'manual' ? 'manual' : 'follow',
    ...(init?.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
  };
}
