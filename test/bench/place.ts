/** Where a bench runs: a data folder with the demonstration in it, an API's scope, and one client for all that is measured. */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, seed } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { clientId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createLog } from '../../server/ops/log.ts';
import { freePort } from '../support/free-port.ts';
import type { Target } from './target.ts';

export const benchTenant = tenantId('default');
export const benchWorkspace = workspaceId('demo');
export const apiScope = 'orders';
const redirectUri = 'http://127.0.0.1/callback';
const password = 'correct horse battery staple';

/** A folder that is ready to serve, and what is asked of whoever serves it. */
export interface BenchPlace {
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly origin: string;
  readonly client: Target['client'];
  readonly person: Target['person'];
  /** PHC string of the person's password. */
  readonly passwordHash: string;
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
  const passwordHash = await fill(env, client);
  return { env, port, origin, client, person: { identifier: 'ada@example.com', password }, passwordHash };
}

/** Brings a new folder to what both sides start from. @returns the hash of the person's password */
async function fill(env: Readonly<Record<string, string>>, client: Target['client']): Promise<string> {
  const config = loadConfig({ ...env, LOG_LEVEL: 'silent' });
  const platform = await openPlatform(config, createLog(config));
  try {
    await seed(platform);
    await platform.unitOfWork.run(async ({ scopes, clients, workspaces }) => {
      const place = { tenantId: benchTenant, workspaceId: benchWorkspace };
      const words = { displayName: 'Orders', description: 'What was ordered.' };
      await scopes.insert({ ...place, ...words, name: apiScope, implicitGrant: false, kind: 'api' });
      await workspaces.touch(benchTenant, benchWorkspace);
      const now = Date.now();
      await clients.insert({
        ...place,
        id: clientId(client.id),
        status: 'active',
        trusted: false,
        metadata: {
          client_name: 'Bench',
          redirect_uris: [client.redirectUri],
          grant_types: ['authorization_code', 'client_credentials'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: `openid profile email ${apiScope}`,
        },
        secret: client.secret,
        rotatedSecrets: [],
        createdAt: now,
        updatedAt: now,
      });
    });
    const row: unknown = await platform.database('password_credentials').first('hash');
    if (typeof row !== 'object' || row === null || !('hash' in row)) throw new Error('the person has no password');
    return String(row.hash);
  } finally {
    await platform.close();
  }
}
