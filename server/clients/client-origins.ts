/** At which origins the applications of a workspace have their pages: those of their redirect URIs, asked again every few seconds. */
import { LRUCache } from 'lru-cache';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ClientStore } from './client.ts';

export interface ClientOrigins {
  /**
   * @param origin as a browser sends it (RFC 6454 §6.2)
   * @returns undefined where nobody asked lately: `find` looks it up
   */
  recall(tenant: TenantId, workspace: WorkspaceId, origin: string): boolean | undefined;
  /** Whether an active client of the workspace has a redirect URI there. False for `null`, and for what no browser sends. */
  find(tenant: TenantId, workspace: WorkspaceId, origin: string): Promise<boolean>;
}

/** Milliseconds that an answer is believed. */
const believedMs = 10_000;
const kept = 5000;

/** An origin of the web in the one spelling that it has. */
export function isWebOrigin(text: string): boolean {
  if (text.length > 300 || !/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

export function createClientOrigins({
  clients,
}: {
  readonly clients: Pick<ClientStore, 'hasRedirectAt'>;
}): ClientOrigins {
  const answers = new LRUCache<string, boolean>({ max: kept, ttl: believedMs });
  const keyOf = (tenant: TenantId, workspace: WorkspaceId, origin: string): string =>
    `${tenant}/${workspace} ${origin}`;
  return {
    recall: (tenant, workspace, origin) =>
      isWebOrigin(origin) ? answers.get(keyOf(tenant, workspace, origin)) : false,
    async find(tenant, workspace, origin) {
      if (!isWebOrigin(origin)) return false;
      const isThere = await clients.hasRedirectAt(tenant, workspace, origin);
      answers.set(keyOf(tenant, workspace, origin), isThere);
      return isThere;
    },
  };
}
