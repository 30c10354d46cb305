/** Clients that call the management APIs in a bench: several, since each may ask so much a minute. */
import { randomBytes } from 'node:crypto';
import type { Client } from '../../server/clients/client.ts';
import { clientId, newId, workspaceId } from '../../server/kernel/ids.ts';
import { benchTenant, inPlace, type BenchPlace } from './place.ts';
import { basicAuth } from './target.ts';

const count = 16;

/** A client that gets tokens for itself. */
export function clientIn(workspace: string, id: string, secret: string, scope?: string): Client {
  const now = Date.now();
  return {
    tenantId: benchTenant,
    workspaceId: workspaceId(workspace),
    id: clientId(id),
    status: 'active',
    trusted: true,
    metadata: {
      client_name: 'Bench',
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      ...(scope === undefined ? {} : { scope }),
    },
    secret,
    rotatedSecrets: [],
    createdAt: now,
    updatedAt: now,
  };
}

export const formHeaders = (client: { readonly id: string; readonly secret: string }) => ({
  authorization: basicAuth({ ...client, redirectUri: '' }),
  'content-type': 'application/x-www-form-urlencoded',
});

async function tokenOf(
  origin: string,
  workspace: string,
  client: { readonly id: string; readonly secret: string },
  scope: string,
): Promise<string> {
  const answer = await fetch(`${origin}/${benchTenant}/${workspace}/oauth2/token`, {
    method: 'POST',
    headers: formHeaders(client),
    body: `grant_type=client_credentials${scope}`,
  });
  const found: unknown = await answer.json();
  if (typeof found === 'object' && found !== null && 'access_token' in found) return String(found.access_token);
  throw new Error(`no token for a client of ${workspace}: ${JSON.stringify(found)}`);
}

/** @returns the values of `authorization` of clients that administer the tenant */
export async function administratorsOf(place: BenchPlace): Promise<readonly string[]> {
  const clients = Array.from({ length: count }, () => ({ id: newId(), secret: randomBytes(32).toString('base64url') }));
  await inPlace(place, ({ unitOfWork }) =>
    unitOfWork.run(async (stores) => {
      for (const { id, secret } of clients) {
        await stores.clients.insert(clientIn('admin', id, secret));
        const subject = { type: 'client', clientId: id } as const;
        await stores.roles.insert(
          { tenantId: benchTenant, workspaceId: undefined, role: 'admin', subject },
          Date.now(),
        );
      }
    }),
  );
  const bearers: string[] = [];
  for (const client of clients) bearers.push(`Bearer ${await tokenOf(place.origin, 'admin', client, '')}`);
  return bearers;
}

const scopes = ['identity', 'identity_self_registration'];

/** @returns the values of `authorization` of programs that look after people */
export async function identityProgramsOf(place: BenchPlace): Promise<readonly string[]> {
  const clients = Array.from({ length: count }, () => ({ id: newId(), secret: randomBytes(32).toString('base64url') }));
  await inPlace(place, ({ unitOfWork }) =>
    unitOfWork.run(async (stores) => {
      for (const { id, secret } of clients)
        await stores.clients.insert(clientIn('system', id, secret, scopes.join(' ')));
    }),
  );
  const bearers: string[] = [];
  for (const client of clients)
    bearers.push(`Bearer ${await tokenOf(place.origin, 'system', client, `&scope=${scopes.join('+')}`)}`);
  return bearers;
}
