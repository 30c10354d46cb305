/** Another process on a running platform's database: registers clients and people, changes settings, counts rows. */
import { openPlatform, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { createClientService } from '../../server/clients/client.service.ts';
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createUserService } from '../../server/users/user.service.ts';
import type { User } from '../../server/users/user.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import type { WorkspaceSettings } from '../../server/workspaces/workspace.ts';
import { verifiedMail } from './code-house.ts';
import type { TestPlatform } from './platform.ts';
import { recordingLog } from './recording-log.ts';

export interface NewPerson {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** They have shown that the address is theirs, and are sent codes there. */
  readonly isConfirmed?: boolean;
}

export interface BackOffice {
  readonly platform: Platform;
  /** Registers an application in the demonstration's workspace. */
  addClient(metadata?: ClientMetadata, trusted?: boolean): Promise<Client>;
  /** Adds somebody to the demonstration's pool. */
  addPerson(person: NewPerson): Promise<User>;
  /** Through the workspace's service, as an administrator's request would. */
  changeSettings(settings: Partial<WorkspaceSettings>): Promise<void>;
  /** How many rows of a table hold these values. */
  count(table: string, where?: Readonly<Record<string, string | number | null>>): Promise<number>;
  /** Forgets all failed attempts, so that one test's guessing does not slow the next. */
  forgiveAttempts(): Promise<void>;
  close(): Promise<void>;
}

/** Where applications of these tests have their answers sent; nothing listens there. */
export const callbackUri = 'https://app.example/cb';
export const signedOutUri = 'https://app.example/bye';

const demo = { tenantId: tenantId('default'), workspaceId: workspaceId('demo'), poolId: poolId('demo-pool') };

const application: ClientMetadata = {
  client_name: 'A test application',
  redirect_uris: [callbackUri],
  post_logout_redirect_uris: [signedOutUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  scope: 'openid profile email phone offline_access',
};

/**
 * @param env what the platform was started with beyond its defaults, `DATABASE_URL` above all
 * @param plugins those that the platform runs with; the list of the house by default
 */
export async function openBackOffice(
  running: TestPlatform,
  env: Readonly<Record<string, string>> = {},
  plugins?: readonly Plugin[],
): Promise<BackOffice> {
  const config = loadConfig({ DATA_DIR: running.dataDir, HTTP_PORT: new URL(running.origin).port, ...env });
  const platform = await openPlatform(config, recordingLog().log, plugins);
  const { unitOfWork, hasher, database } = platform;
  const { policy } = platform.passwords;
  const clients = createClientService({ unitOfWork, clock });
  const users = createUserService({ unitOfWork, hasher, policy, schemaCheck: createSchemaCheck(), clock });
  const workspaces = createWorkspaceService({ unitOfWork, clock, extensions: platform.extensions });
  return {
    platform,
    addClient: (metadata = {}, trusted = false) =>
      clients.create({ ...demo, metadata: { ...application, ...metadata }, trusted }),
    async addPerson({ name, email, password, isConfirmed = false }) {
      const made = await users.create({
        ...demo,
        payload: { name, email, email_verified: true },
        identifiers: [{ type: 'email', value: email }],
        ...(isConfirmed ? { addresses: [verifiedMail(email)] } : {}),
        password,
      });
      return made.user;
    },
    async changeSettings(settings) {
      await workspaces.updateSettings({ tenantId: demo.tenantId, id: demo.workspaceId, settings });
    },
    async count(table, where = {}) {
      return (await database(table).where(where).select(database.raw('1'))).length;
    },
    async forgiveAttempts() {
      await database('throttles').delete();
    },
    close: () => platform.close(),
  };
}
