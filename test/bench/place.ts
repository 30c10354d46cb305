/** Where a bench runs: a data folder with the demonstration in it, an API's scope, and the people and the client of all that is measured. */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import type { Client } from '../../server/clients/client.ts';
import { credentialKinds, secretFieldsOf } from '../../server/compose-kinds.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import type { Stores } from '../../server/compose-stores.ts';
import { loadConfig } from '../../server/config.ts';
import { clientId, newId, tenantId, userId, workspaceId } from '../../server/kernel/ids.ts';
import { createLog } from '../../server/ops/log.ts';
import { normalizeIdentifier } from '../../server/users/identifier.ts';
import { freePort } from '../support/free-port.ts';
import type { Target } from './target.ts';

export const benchTenant = tenantId('default');
export const benchWorkspace = workspaceId('demo');
export const apiScope = 'orders';
const redirectUri = 'http://127.0.0.1/callback';
const password = 'correct horse battery staple';
/** One for each login at a time: whoever signs in many times at once is slowed down. */
const peopleCount = 8;

/** A folder that is ready to serve, and what is asked of whoever serves it. */
export interface BenchPlace {
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly origin: string;
  readonly client: Target['client'];
  readonly people: Target['people'];
  /** PHC string of their password. */
  readonly passwordHash: string;
}

/** Opens the place's rows beside the processes that serve them, as another process of the deployment would. */
export async function inPlace<T>(
  { env }: Pick<BenchPlace, 'env'>,
  work: (platform: Platform) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ ...env, LOG_LEVEL: 'silent' });
  const platform = await openPlatform(config, createLog(config, secretFieldsOf(credentialKinds)));
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
}

/** @param more settings besides folder, port and origin */
export async function makePlace(more: Readonly<Record<string, string>> = {}): Promise<BenchPlace> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${String(port)}`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: await mkdtemp(join(tmpdir(), 'gatehouse-bench-')),
    HTTP_PORT: String(port),
    PUBLIC_URL: origin,
    DEMO_PASSWORD: password,
    ...more,
  };
  const client = { id: 'bench', secret: randomBytes(32).toString('base64url'), redirectUri };
  const people = Array.from({ length: peopleCount }, (_, index) => ({
    identifier: `person-${String(index)}@example.com`,
    password,
  }));
  return { env, port, origin, client, people, passwordHash: await fill(env, client, people) };
}

/** Brings a new folder to what both sides start from. @returns the hash of everybody's password */
async function fill(
  env: Readonly<Record<string, string>>,
  client: Target['client'],
  people: Target['people'],
): Promise<string> {
  return inPlace({ env }, async (platform) => {
    await seed(platform);
    const passwordHash = await platform.hasher.hash(password);
    await platform.unitOfWork.run(async (stores) => {
      await addApi(stores);
      await stores.clients.insert(clientOf(client));
      for (const { identifier } of people) await addPerson(stores, identifier, passwordHash);
    });
    return passwordHash;
  });
}

const there = { tenantId: benchTenant, workspaceId: benchWorkspace };

async function addApi({ scopes, workspaces }: Stores): Promise<void> {
  const words = { displayName: 'Orders', description: 'What was ordered.' };
  await scopes.insert({ ...there, ...words, name: apiScope, implicitGrant: false, kind: 'api' });
  await workspaces.touch(benchTenant, benchWorkspace);
}

function clientOf({ id, secret, redirectUri }: Target['client']): Client {
  const now = Date.now();
  return {
    ...there,
    id: clientId(id),
    status: 'active',
    trusted: false,
    metadata: {
      client_name: 'Bench',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: `openid profile email ${apiScope}`,
    },
    secret,
    rotatedSecrets: [],
    createdAt: now,
    updatedAt: now,
  };
}

async function addPerson(stores: Stores, email: string, passwordHash: string): Promise<void> {
  const { users, identifiers, passwords } = stores;
  const id = userId(newId());
  const times = { createdAt: Date.now(), updatedAt: Date.now() };
  const unsaid = { metadata: {}, businessMetadata: {}, schemas: {}, statusUpdatedAt: times.createdAt };
  const payload = { name: 'Somebody', email, email_verified: true };
  await users.insert({ tenantId: benchTenant, poolId: demoPoolId, id, status: 'active', payload, ...unsaid, ...times });
  const normalized = normalizeIdentifier('email', email, { caseInsensitive: true });
  await identifiers.insert(benchTenant, demoPoolId, id, { type: 'email', value: email, normalized });
  await passwords.set(benchTenant, demoPoolId, id, passwordHash, undefined);
}
