/** Finds out who an operator is: by the secret of a client in their tenant's `system` workspace. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientStore } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { chosenIdPattern, clientId, tenantId, workspaceId } from '../kernel/ids.ts';
import type { OperatorCandidate } from './operator.ts';

export interface OperatorService {
  /** In constant time; undefined for an unknown or inactive client as for a wrong secret. */
  verifyClient(tenant: string, client: string, secret: string): Promise<OperatorCandidate | undefined>;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export function createOperatorService(deps: {
  readonly clients: Pick<ClientStore, 'find'>;
  readonly clock: Clock;
}): OperatorService {
  return {
    async verifyClient(tenant, id, secret) {
      if (!chosenIdPattern.test(tenant)) return undefined;
      const client = await deps.clients.find(tenantId(tenant), workspaceId('system'), clientId(id));
      const now = deps.clock.now();
      const rotated = client?.rotatedSecrets.filter(({ until }) => until > now).map((one) => one.secret) ?? [];
      const presented = digest(secret);
      let matches = false;
      for (const one of [client?.secret, ...rotated]) {
        // Compared even where there is nothing to compare with, so that a missing client takes as long.
        matches = timingSafeEqual(presented, digest(one ?? '')) && one !== undefined ? true : matches;
      }
      if (!matches || client?.status !== 'active') return undefined;
      return { tenantId: client.tenantId, clientId: client.id, scopes: (client.metadata.scope ?? '').split(' ') };
    },
  };
}
