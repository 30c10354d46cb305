/** The protocol engine behind a real HTTP server and a real table, with configuration that a test may change. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Knex } from 'knex';
import { coreMigrations } from '../../migrations/index.ts';
import type { Client } from '../../server/clients/client.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest } from '../../server/db/migrate.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { clientId, newId } from '../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import { offeredScopes } from '../../server/extension-points/offered-scopes.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import { createFrontDoor, raiseEarlier } from '../../server/http/front-door.ts';
import { createArtifactStore } from '../../server/oauth2/artifact.store.ts';
import type { ArtifactStore } from '../../server/oauth2/artifact.ts';
import { bearerRoutes } from '../../server/oauth2/bearer.routes.ts';
import { createOauth2Handler } from '../../server/oauth2/oauth2.routes.ts';
import { buildProvider } from '../../server/oauth2/provider.ts';
import type { ProviderDeps } from '../../server/oauth2/provider.ts';
import { createProviderRegistry } from '../../server/oauth2/registry.ts';
import type { ProviderRegistry } from '../../server/oauth2/registry.ts';
import { standardScopes } from '../../server/workspaces/scope.ts';
import { generateSigningKey } from '../../server/workspaces/signing-key.service.ts';
import { workspaceSettingsSchema } from '../../server/workspaces/workspace.ts';
import type { Workspace, WorkspaceSettings } from '../../server/workspaces/workspace.ts';
import { createBrowser } from './engine-browser.ts';
import type { TestBrowser } from './engine-browser.ts';
import { redirectUri } from './engine-workspace.ts';
import type { TestWorkspace } from './engine-workspace.ts';
import { silentLog } from './recording-log.ts';
import { seedWorkspace } from './seeded.ts';

export interface TestEngine {
  readonly origin: string;
  readonly knex: Knex;
  readonly artifacts: ArtifactStore;
  readonly registry: ProviderRegistry;
  /** What was answered with `server_error`. */
  readonly failures: readonly unknown[];
  /** Milliseconds added to the clock. */
  shift(ms: number): void;
  addWorkspace(settings?: Partial<WorkspaceSettings>, tenant?: TenantId): Promise<TestWorkspace>;
  browser(workspace: TestWorkspace): TestBrowser;
  stop(): Promise<void>;
}

function settingsOf(settings: Partial<WorkspaceSettings>): WorkspaceSettings {
  return workspaceSettingsSchema.parse(settings);
}

interface Kept extends TestWorkspace {
  workspace: Workspace;
}

/** @param plugins of the deployment; each is on where a workspace's settings enable it */
export async function startEngine(policy?: string, plugins: readonly Plugin[] = []): Promise<TestEngine> {
  const knex = await openDatabase({ url: 'sqlite::memory:' });
  await migrateLatest(knex, { history: coreHistory, migrations: coreMigrations });
  const failures: unknown[] = [];
  const extensions = createExtensionRegistry(plugins);
  let offset = 0;
  const clock = { now: () => Date.now() + offset };
  const artifacts = createArtifactStore(knex, { clock });
  const kept = new Map<string, Kept>();
  const of = (tenant: TenantId, id: WorkspaceId): Kept | undefined => kept.get(`${tenant}/${id}`);
  const place = (workspace: Workspace): Kept => {
    const found = of(workspace.tenantId, workspace.id);
    if (found === undefined) throw new Error('an unknown workspace');
    return found;
  };

  const workspaces = {
    find: (tenant: TenantId, id: WorkspaceId) => Promise.resolve(of(tenant, id)?.workspace),
    findEdition: (tenant: TenantId, id: WorkspaceId) => Promise.resolve(of(tenant, id)?.workspace),
  };
  const shared: ProviderDeps = {
    artifacts,
    clock,
    clients: {
      find: async (tenant, id, client) => {
        await of(tenant, id)?.onClientFind();
        const workspace = of(tenant, id);
        return workspace?.remembered.get(client) ?? workspace?.clients.get(client);
      },
      findAnew: (tenant, id, client) => Promise.resolve(of(tenant, id)?.clients.get(client)),
    },
    snapshots: { find: (tenant, id, grant) => Promise.resolve(of(tenant, id)?.snapshots.get(grant)) },
    extensions,
    requirementsFor: (workspace, client) => place(workspace).requirements.get(client) ?? [],
    requirementsOfIdp: (workspace, idp) =>
      Promise.resolve((place(workspace).requirements.get(idp) ?? []).map((one) => [one])),
    scriptsOfIdp(workspace, idp) {
      const any = place(workspace).requirements.get(`script of ${idp}`);
      return Promise.resolve(any === undefined ? [] : [any]);
    },
    grantSilently: (workspace, request) => place(workspace).grantSilently(request),
    stands: (workspace, { subject }) => Promise.resolve(!place(workspace).disabled.has(subject)),
    issuerOf: (workspace) => place(workspace).issuer,
    cookieKeysOf: () => ['a cookie key of the test'],
    traceIdOf: () => 'trace-1',
    onFailure: (error) => failures.push(error),
    fetch: () => Promise.reject(new Error('nothing to fetch')),
    pages: {
      error: ({ error, description, traceId }) => `<h1>${error}</h1>${description ?? ''} ${traceId ?? ''}`,
      confirmLogout: ({ form }) => `${form}<button form="op.logoutForm" name="logout" value="yes">`,
      signedOut: () => '<h1>signed out</h1>',
    },
  };
  const registry = createProviderRegistry({
    clock,
    max: 10,
    maxParts: 10,
    workspaces,
    signingKeys: { list: (tenant, id) => Promise.resolve(of(tenant, id)?.keys ?? []) },
    claims: { list: (tenant, id) => Promise.resolve(of(tenant, id)?.claims ?? []) },
    scopes: offeredScopes(
      { list: (tenant, id) => Promise.resolve(of(tenant, id)?.scopes ?? []) },
      { workspaces, extensions },
    ),
    build: (parts) => buildProvider(shared, parts),
  });

  const app = express();
  app.use(raiseEarlier, bearerRoutes({ registry }));
  app.use(errorHandler({ log: silentLog }));
  const server = createServer(
    createFrontDoor({
      preamble: [
        (_request, response, next) => {
          if (policy !== undefined) response.setHeader('content-security-policy', policy);
          next();
        },
      ],
      pinHost: (_request, _response, next) => {
        next();
      },
      shortCut: createOauth2Handler({ registry }),
      app,
    }),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // A TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${String(port)}`;

  const addWorkspace = async (settings: Partial<WorkspaceSettings> = {}, tenant?: TenantId): Promise<TestWorkspace> => {
    const seeded = await seedWorkspace(knex, tenant);
    const base: Workspace = {
      tenantId: seeded.tenant,
      id: seeded.workspace,
      name: 'A workspace',
      type: 'regular',
      settings: settingsOf(settings),
      revision: 1,
      createdAt: clock.now(),
      updatedAt: clock.now(),
    };
    const api = { name: 'orders', displayName: 'Orders', description: '', implicitGrant: false, kind: 'api' } as const;
    const found: Kept = {
      workspace: base,
      tenant: seeded.tenant,
      id: seeded.workspace,
      issuer: `${origin}/${seeded.tenant}/${seeded.workspace}`,
      keys: [await generateSigningKey('ES256', clock)],
      scopes: [...standardScopes, api].map((scope) => ({
        ...scope,
        tenantId: seeded.tenant,
        workspaceId: seeded.workspace,
      })),
      claims: [],
      clients: new Map(),
      snapshots: new Map(),
      requirements: new Map(),
      grantSilently: () => Promise.resolve(undefined),
      disabled: new Set(),
      onClientFind: () => Promise.resolve(),
      remembered: new Map(),
      change(changed) {
        found.workspace = {
          ...found.workspace,
          settings: settingsOf({ ...found.workspace.settings, ...changed }),
          revision: found.workspace.revision + 1,
        };
        registry.invalidate(seeded.tenant, seeded.workspace);
      },
      addClient(metadata, members = {}) {
        const client: Client = {
          tenantId: seeded.tenant,
          workspaceId: seeded.workspace,
          id: clientId(newId()),
          status: 'active',
          trusted: false,
          metadata: {
            redirect_uris: [redirectUri],
            grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
            response_types: ['code'],
            token_endpoint_auth_method: 'client_secret_post',
            scope: 'openid profile email offline_access orders',
            ...metadata,
          },
          secret: metadata.token_endpoint_auth_method === 'none' ? undefined : randomBytes(32).toString('base64url'),
          rotatedSecrets: [],
          createdAt: clock.now(),
          updatedAt: clock.now(),
          ...members,
        };
        found.clients.set(client.id, client);
        return client;
      },
    };
    kept.set(`${seeded.tenant}/${seeded.workspace}`, found);
    return found;
  };

  return {
    origin,
    knex,
    artifacts,
    registry,
    failures,
    shift: (ms) => {
      offset += ms;
    },
    addWorkspace,
    browser: (workspace) => createBrowser(artifacts, workspace, () => Math.floor(clock.now() / 1000)),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await knex.destroy();
    },
  };
}
