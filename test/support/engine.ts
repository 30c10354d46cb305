/** The protocol engine behind a real HTTP server and a real table, with configuration that a test may change. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { JWK } from 'jose';
import type { Knex } from 'knex';
import { z } from 'zod';
import { coreMigrations } from '../../migrations/index.ts';
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest } from '../../server/db/migrate.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { clientId, idpId, interactionId, newId } from '../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import { offeredScopes } from '../../server/extension-points/offered-scopes.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import { createArtifactStore } from '../../server/oauth2/artifact.store.ts';
import type { ArtifactPayload, ArtifactStore } from '../../server/oauth2/artifact.ts';
import {
  audienceOf,
  grantPayload,
  interactionFailure,
  interactionResult,
  withResult,
} from '../../server/oauth2/grant.ts';
import { createOauth2Handler } from '../../server/oauth2/oauth2.routes.ts';
import { buildProvider } from '../../server/oauth2/provider.ts';
import { createProviderRegistry } from '../../server/oauth2/registry.ts';
import type { ProviderRegistry } from '../../server/oauth2/registry.ts';
import type { AuthenticationSnapshot } from '../../server/sessions/session.ts';
import { standardScopes } from '../../server/workspaces/scope.ts';
import type { Scope } from '../../server/workspaces/scope.ts';
import { generateSigningKey } from '../../server/workspaces/signing-key.service.ts';
import type { SigningKey } from '../../server/workspaces/signing-key.ts';
import { workspaceSettingsSchema } from '../../server/workspaces/workspace.ts';
import type { Workspace, WorkspaceSettings } from '../../server/workspaces/workspace.ts';
import { createCookieJar } from './cookie-jar.ts';
import { silentLog } from './recording-log.ts';
import { seedWorkspace } from './seeded.ts';

/** One workspace with its configuration; `change` is what a settings service would do. */
export interface TestWorkspace {
  readonly tenant: TenantId;
  readonly id: WorkspaceId;
  readonly issuer: string;
  keys: readonly SigningKey[];
  readonly scopes: Scope[];
  readonly clients: Map<string, Client>;
  readonly snapshots: Map<string, AuthenticationSnapshot>;
  readonly requirements: Map<string, readonly string[]>;
  /** Called when a client is looked for, which waits for it. */
  onClientFind: () => Promise<void>;
  change(settings: Partial<WorkspaceSettings>): void;
  addClient(metadata: ClientMetadata, members?: Partial<Client>): Client;
}

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

export const redirectUri = 'https://app.example/cb';

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
    findRevision: (tenant: TenantId, id: WorkspaceId) => Promise.resolve(of(tenant, id)?.workspace.revision),
  };
  const registry = createProviderRegistry({
    clock,
    max: 10,
    workspaces,
    signingKeys: { list: (tenant, id) => Promise.resolve(of(tenant, id)?.keys ?? []) },
    scopes: offeredScopes(
      { list: (tenant, id) => Promise.resolve(of(tenant, id)?.scopes ?? []) },
      { workspaces, extensions },
    ),
    build: (parts) =>
      buildProvider(
        {
          artifacts,
          clock,
          clients: {
            find: async (tenant, id, client) => {
              await of(tenant, id)?.onClientFind();
              return of(tenant, id)?.clients.get(client);
            },
          },
          snapshots: { find: (tenant, id, grant) => Promise.resolve(of(tenant, id)?.snapshots.get(grant)) },
          extensions,
          requirementsFor: (workspace, client) => place(workspace).requirements.get(client) ?? [],
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
        },
        parts,
      ),
  });

  const app = express();
  app.use((_request, response, next) => {
    if (policy !== undefined) response.setHeader('content-security-policy', policy);
    next();
  });
  app.use('/:tid/:aid', createOauth2Handler({ registry }));
  app.use(errorHandler({ log: silentLog }));
  const server = createServer(app);
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
      clients: new Map(),
      snapshots: new Map(),
      requirements: new Map(),
      onClientFind: () => Promise.resolve(),
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

export interface Commit {
  readonly subject?: string;
  readonly acr?: string;
  readonly satisfied?: readonly string[];
  readonly scopes?: readonly string[];
  readonly deniedScopes?: readonly string[];
  /** Asked for by name. */
  readonly claims?: readonly string[];
  readonly deniedClaims?: readonly string[];
}

export interface TestBrowser {
  readonly jar: ReturnType<typeof createCookieJar>;
  fetch(url: string, init?: RequestInit): Promise<Response>;
  authorize(client: Client, params?: Readonly<Record<string, string>>): Promise<Response>;
  /** What the platform's commit does to the login that the answer led to. @returns the engine's resume address */
  commit(answer: Response, commit?: Commit): Promise<string>;
  deny(answer: Response, error: string): Promise<string>;
  /** A whole login. @returns the parameters that the client got */
  login(client: Client, params?: Readonly<Record<string, string>>, commit?: Commit): Promise<URLSearchParams>;
  readonly verifier: string;
}

/** The client's part of the answer that a browser is sent to it with. */
export function answered(response: Response): URLSearchParams {
  const location = response.headers.get('location') ?? '';
  if (!location.startsWith(redirectUri)) throw new Error(`not sent to the client but to ${location}`);
  return new URL(location).searchParams;
}

function createBrowser(artifacts: ArtifactStore, workspace: TestWorkspace, now: () => number): TestBrowser {
  const jar = createCookieJar();
  const verifier = randomBytes(32).toString('base64url');
  const key = { tenantId: workspace.tenant, workspaceId: workspace.id };
  const interactionKey = { ...key, model: 'Interaction' };

  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const target = new URL(url, workspace.issuer);
    const headers = new Headers(init.headers);
    headers.set('cookie', jar.header(target.pathname));
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    jar.keep(response.headers.getSetCookie());
    return response;
  };

  const waiting = async (answer: Response): Promise<{ readonly uid: string; readonly payload: ArtifactPayload }> => {
    const uid = /\/login\/([^/]+)$/.exec(answer.headers.get('location') ?? '')?.[1];
    const found = uid === undefined ? undefined : await artifacts.find(interactionKey, uid);
    if (uid === undefined || found === undefined) {
      throw new Error(`no login at ${answer.headers.get('location') ?? 'nowhere'}: ${await answer.text()}`);
    }
    return { uid, payload: found.payload };
  };

  const write = async (answer: Response, result: ArtifactPayload): Promise<string> => {
    const { uid, payload } = await waiting(answer);
    const exp = Number(payload['exp']);
    await artifacts.upsert(interactionKey, uid, withResult(payload, result), exp);
    return String(payload['returnTo']);
  };

  const browser: TestBrowser = {
    jar,
    verifier,
    fetch: send,
    authorize(client, params = {}) {
      const query = new URLSearchParams({
        client_id: client.id,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid profile orders',
        state: 'some-state',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...params,
      });
      return send(`${workspace.issuer}/oauth2/authorize?${query.toString()}`);
    },
    async commit(answer, commit = {}) {
      const { payload } = await waiting(answer);
      const params = payload['params'] as Readonly<Record<string, string>>;
      const requested = (params['scope'] ?? '').split(' ');
      const deniedScopes = commit.deniedScopes ?? [];
      const grantId = newId();
      const subject = commit.subject ?? 'sub-of-ada';
      const client = clientId(params['client_id'] ?? '');
      const exp = now() + 2_592_000;
      const grant = grantPayload({
        grantId,
        subject,
        clientId: client,
        scopes: commit.scopes ?? requested.filter((scope) => !deniedScopes.includes(scope)),
        deniedScopes,
        claims: commit.claims ?? [],
        deniedClaims: commit.deniedClaims ?? [],
        resource: audienceOf(workspace.issuer),
        iat: now(),
        exp,
      });
      await artifacts.upsert({ ...key, model: 'Grant' }, grantId, grant, exp);
      workspace.snapshots.set(grantId, {
        grantId,
        subject,
        clientId: client,
        interactionId: interactionId(String(payload['cid'])),
        idpId: idpId('pool-idp'),
        idpSubject: 'ada',
        userId: undefined,
        amr: ['pwd'],
        acr: commit.acr,
        authTime: now(),
        context: { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
        satisfied: commit.satisfied ?? [],
      });
      return write(answer, interactionResult({ subject, grantId, acr: commit.acr, amr: ['pwd'], authTime: now() }));
    },
    deny: (answer, error) => write(answer, interactionFailure(error, 'a test said so')),
    async login(client, params, commit) {
      const answer = await browser.authorize(client, params);
      return answered(await send(await browser.commit(answer, commit)));
    },
  };
  return browser;
}

export async function publishedKeys(workspace: TestWorkspace): Promise<readonly JWK[]> {
  const response = await fetch(`${workspace.issuer}/.well-known/jwks.json`);
  const { keys } = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).parse(await response.json());
  return keys;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form as the client, which authenticates with its secret. */
export async function post(
  workspace: TestWorkspace,
  path: string,
  client: Client,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const secret = client.secret === undefined ? {} : { client_secret: client.secret };
  const response = await fetch(`${workspace.issuer}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.id, ...secret, ...form }),
  });
  const text = await response.text();
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, body: body as TokenAnswer['body'] };
}

export function redeem(
  workspace: TestWorkspace,
  client: Client,
  browser: TestBrowser,
  params: URLSearchParams,
): Promise<TokenAnswer> {
  return post(workspace, '/oauth2/token', client, {
    grant_type: 'authorization_code',
    code: params.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: browser.verifier,
  });
}
