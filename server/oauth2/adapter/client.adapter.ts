/** Clients as oidc-provider finds them: read from our store, never written by it. */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Client } from '../../clients/client.ts';
import { clientId } from '../../kernel/ids.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { AdapterDeps } from './adapter-deps.ts';
import { toEngineClient } from './client-metadata.ts';

/** Longer ids are never in the store, and not worth a question. */
const longestId = 64;

function refuse(): Promise<never> {
  return Promise.reject(new PlatformError('internal', 'The protocol engine does not change clients.'));
}

export function createClientAdapter({ clients, tenantId, workspaceId, rules }: AdapterDeps): Adapter {
  const translated = new WeakMap<Client, AdapterPayload>();

  return {
    async find(id) {
      if (id.length > longestId) return undefined;
      const client = await clients.find(tenantId, workspaceId, clientId(id));
      if (client === undefined) return undefined;
      // The engine keeps what it makes of this by a hash of the JSON: equal rows give equal JSON.
      const payload = translated.get(client) ?? toEngineClient(client, rules);
      translated.set(client, payload);
      return payload;
    },
    upsert: refuse,
    findByUserCode: () => Promise.resolve(undefined),
    findByUid: () => Promise.resolve(undefined),
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}
