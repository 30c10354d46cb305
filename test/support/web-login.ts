/** Everything of the platform that a login's pages stand on, in this process: real engine, rows and pages, no Temporal. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClientService } from '../../server/clients/client.service.ts';
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import { plugins } from '../../plugins/index.ts';
import { composeActivities } from '../../server/compose-activities.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import type { KindDefinition } from '../../server/compose-kinds.ts';
import { composeDispatch } from '../../server/compose-messages.ts';
import { composeApp } from '../../server/compose-web.ts';
import { loadConfig } from '../../server/config.ts';
import { createExtensionRegistry, type ExtensionRegistry } from '../../server/extension-points/registry.ts';
import { customApp } from '../../server/interactions/custom-app-step.ts';
import { passkeyOffer } from '../../server/interactions/passkey-offer.ts';
import { script } from '../../server/interactions/script-step.ts';
import { createLoginCases } from '../../server/interactions/login-case.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { audienceOf } from '../../server/oauth2/grant.ts';
import type { Dispatch } from '../../server/messages/dispatch.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createUserService } from '../../server/users/user.service.ts';
import type { User } from '../../server/users/user.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import type { Workspace, WorkspaceSettings } from '../../server/workspaces/workspace.ts';
import { listen } from '../../server/http/server.ts';
import { createDirectDeliveries } from './direct-deliveries.ts';
import { createDirectLogins, type DirectLogins } from './direct-logins.ts';
import { freePort } from './free-port.ts';
import { terms } from './plugins/terms/terms.ts';
import { silentLog } from './recording-log.ts';

export const place = { tenantId: tenantId('default'), workspaceId: workspaceId('demo'), poolId: poolId('demo-pool') };
export const password = 'correct horse battery staple';
export const callback = 'https://app.example/cb';

export interface WebLogin {
  readonly origin: string;
  readonly issuer: string;
  readonly platform: Platform;
  readonly logins: DirectLogins;
  addClient(metadata?: ClientMetadata, trusted?: boolean): Promise<Client>;
  addPerson(email: string): Promise<User>;
  users(): ReturnType<typeof createUserService>;
  workspace(): Promise<Workspace>;
  changeSettings(settings: Partial<WorkspaceSettings>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The plugin `terms` is installed, and switched off.
 * @param settings of the deployment, besides where it is
 * @param begin in the place of what begins to deliver a message
 * @param kinds of credentials; those of the house where they are left out
 */
export async function startWebLogin(
  settings: Readonly<Record<string, string>> | ((port: number) => Readonly<Record<string, string>>) = {},
  begin?: Dispatch['begin'],
  kinds?: readonly KindDefinition[],
  log = silentLog,
): Promise<WebLogin> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-web-'));
  const port = await freePort();
  const config = loadConfig({
    ...(typeof settings === 'function' ? settings(port) : settings),
    DATA_DIR: dataDir,
    HTTP_PORT: String(port),
    DEMO_PASSWORD: password,
  });
  const platform = withTerms(await openPlatform(config, log, undefined, kinds));
  await seed(platform);
  const logins = createDirectLogins(() => composeActivities(platform));
  const delivering = composeDispatch(
    platform,
    createDirectDeliveries(() => composeActivities(platform)),
  );
  const dispatch = begin === undefined ? delivering : { ...delivering, begin };
  const app = composeApp(platform, {
    logins: {
      ...logins,
      describe: () => Promise.resolve(undefined),
      healthy: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    },
    dispatch,
    listenUrl: `http://127.0.0.1:${String(port)}`,
    temporalUiUrl: undefined,
  });
  const http = await listen({ app, host: '127.0.0.1', port, log });
  const { unitOfWork, hasher } = platform;
  const { policy } = platform.passwords;
  const clients = createClientService({ unitOfWork, clock });
  const users = createUserService({ unitOfWork, hasher, policy, schemaCheck: createSchemaCheck(), clock });
  const workspaces = createWorkspaceService({ unitOfWork, clock, extensions: platform.extensions });
  const origin = `http://localhost:${String(port)}`;
  return {
    origin,
    issuer: `${origin}/default/demo`,
    platform,
    logins,
    addClient: (metadata = {}, trusted = false) =>
      clients.create({
        tenantId: place.tenantId,
        workspaceId: place.workspaceId,
        metadata: {
          client_name: 'A test application',
          redirect_uris: [callback],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: 'openid profile email phone offline_access',
          ...metadata,
        },
        trusted,
      }),
    async addPerson(email) {
      const made = await users.create({
        tenantId: place.tenantId,
        poolId: place.poolId,
        payload: { name: email.split('@')[0], email },
        identifiers: [{ type: 'email', value: email }],
        password,
      });
      return made.user;
    },
    users: () => users,
    async workspace() {
      const found = await platform.stores.workspaces.find(place.tenantId, place.workspaceId);
      if (found === undefined) throw new Error('the demonstration is not there');
      return found;
    },
    async changeSettings(settings) {
      await workspaces.updateSettings({ tenantId: place.tenantId, id: place.workspaceId, settings });
      // What the pages' workspace is, is believed for a second.
      await delay(1050);
    },
    async stop() {
      await http.close(0);
      await dispatch.stop();
      await platform.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Opens one, and an application, for the suite that calls this; each of its tests begins without consents.
 * @returns both, inside of tests
 */
export function webLoginOfSuite(): () => { readonly house: WebLogin; readonly client: Client } {
  let opened: { readonly house: WebLogin; readonly client: Client } | undefined;
  before(async () => {
    const house = await startWebLogin();
    opened = { house, client: await house.addClient() };
  });
  after(() => opened?.house.stop());
  beforeEach(() => opened?.house.platform.database('consents').delete());
  return () => {
    if (opened === undefined) throw new Error('there is no login outside of tests');
    return opened;
  };
}

function withTerms(platform: Platform): Platform {
  const extensions: ExtensionRegistry = createExtensionRegistry([terms, ...plugins]);
  const audience = (workspace: Workspace): string => audienceOf(platform.issuerOf(workspace));
  return {
    ...platform,
    extensions,
    cases: createLoginCases({
      ownSteps: [passkeyOffer(() => clock.now()), script, customApp],
      extensions,
      now: () => clock.now(),
      audienceOf: audience,
    }),
  };
}

/** Where a person is sent by an application that asks for them. */
export function asking(issuer: string, client: Client, parameters: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(`${issuer}/oauth2/authorize`);
  url.search = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile email',
    state: 'some-state',
    nonce: 'some-nonce',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  }).toString();
  return url;
}
