/** Codes on a whole platform's rows, served to a program and to an administrator; what would leave is caught. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissionsFrom } from '../../server/access/role.ts';
import { accountEndpoints } from '../../server/codes/account.routes.ts';
import { codeGenerateEndpoints } from '../../server/codes/code-generate.routes.ts';
import { codeEndpoints } from '../../server/codes/code.routes.ts';
import { composeCodes, type Codes } from '../../server/compose-codes.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { newId, poolId, tenantId, userId, type PoolId } from '../../server/kernel/ids.ts';
import type { Letter } from '../../server/messages/message.ts';
import type { OutgoingMessage } from '../../server/messages/outgoing-message.ts';
import { poolSettingsSchema, type Mechanism, type Pool } from '../../server/pools/pool.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createRenderer } from '../../server/themes/renderer.ts';
import type { User, UserStatus } from '../../server/users/user.ts';
import { createUserService, type NewUser } from '../../server/users/user.service.ts';
import { serveEndpoints, type EndpointServer } from './endpoint-server.ts';
import { silentLog } from './recording-log.ts';

export const tenant = tenantId('default');

export interface CodeHouse {
  readonly platform: Platform;
  readonly codes: Codes;
  readonly api: EndpointServer;
  /** Roles of whoever calls from here on; an administrator of the tenant at first. */
  as(...roles: Parameters<typeof permissionsFrom>[0]): void;
  /** What was to be sent, the latest last. */
  readonly sent: OutgoingMessage[];
  /** SQL of every query since it was last emptied, without values. */
  readonly queries: string[];
  pool(settings?: Partial<Pool['settings']>, mechanisms?: readonly Mechanism[], words?: Partial<Pool>): Promise<Pool>;
  person(pool: PoolId, given?: Partial<NewUser>): Promise<User>;
  /** `/api/identity/default/{side}/pools/{pool}/{rest}` */
  at(pool: Pool, rest: string, side?: 'system' | 'admin'): string;
  /** The first letter of the latest message. */
  letter(): Letter;
  /** The code in the latest message. */
  code(): string;
  /** Forgets what was counted. */
  forgive(): Promise<void>;
  close(): Promise<void>;
}

export const verifiedMail = (value: string) =>
  ({
    type: 'email',
    value,
    isVerified: true,
    status: 'active',
    preferredContactMethod: undefined,
    metadata: {},
  }) as const;
export const unverifiedMail = (value: string) => ({ ...verifiedMail(value), isVerified: false });

export async function openCodeHouse(): Promise<CodeHouse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-codes-'));
  const platform = await openPlatform(loadConfig({ DATA_DIR: dataDir }), silentLog);
  await seed(platform);
  const sent: OutgoingMessage[] = [];
  const queries: string[] = [];
  platform.database.on('query', ({ sql }: { sql: string }) => queries.push(sql));
  const users = createUserService({
    unitOfWork: platform.unitOfWork,
    hasher: platform.hasher,
    policy: platform.passwords.policy,
    schemaCheck: createSchemaCheck(),
    clock,
  });
  const codes = composeCodes(platform, {
    renderer: createRenderer({ templatesDir: join(import.meta.dirname, '../../templates') }),
    dispatch: {
      begin: (message) => {
        if (message.state === 'waiting') sent.push(message);
      },
      post: () => true,
      stop: () => Promise.resolve(),
    },
    originOf: () => 'https://id.example',
  });
  const { routes } = codes;
  const endpoints = [...accountEndpoints(routes), ...codeEndpoints(routes), ...codeGenerateEndpoints(routes)];
  let permissions = permissionsFrom([{ workspaceId: undefined, role: 'admin' }]);
  const api = await serveEndpoints(endpoints, ['identity', 'identity_self_registration'], () => permissions);
  const latest = (): OutgoingMessage => {
    const message = sent.at(-1);
    if (message === undefined) throw new Error('nothing was sent');
    return message;
  };
  const letter = (): Letter => {
    const [first] = latest().letters;
    if (first === undefined) throw new Error('nobody was written to');
    return first;
  };
  return {
    platform,
    codes,
    api,
    as(...roles) {
      permissions = permissionsFrom(roles);
    },
    sent,
    queries,
    async pool(settings = {}, mechanisms = ['password', 'otp'], words = {}) {
      const pool: Pool = {
        tenantId: tenant,
        id: poolId(newId()),
        name: 'People',
        workspaceId: undefined,
        isSystem: false,
        identifierCaseInsensitive: true,
        authenticationMechanisms: mechanisms,
        settings: { ...poolSettingsSchema.parse({}), ...settings },
        createdAt: clock.now(),
        updatedAt: clock.now(),
        ...words,
      };
      await platform.stores.pools.insert(pool);
      return pool;
    },
    async person(pool, given = {}) {
      const status: UserStatus = given.status ?? 'active';
      const made = await users.create({
        tenantId: tenant,
        poolId: pool,
        payload: {},
        identifiers: [],
        ...given,
        status,
      });
      return made.user;
    },
    at: (pool, rest, side = 'system') => `/api/identity/${tenant}/${side}/pools/${pool.id}/${rest}`,
    letter,
    code() {
      const { text } = letter();
      const found = /(?<!\d)\d{6,32}(?!\d)/.exec(text)?.[0];
      if (found === undefined) throw new Error(`there is no code in: ${text}`);
      return found;
    },
    async forgive() {
      await platform.database('throttles').delete();
    },
    async close() {
      await api.close();
      await platform.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** An id that nobody has. */
export const noUser = userId('f'.repeat(32));
