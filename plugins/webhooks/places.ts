/** How many requests one endpoint is sent at once, so that one that hangs holds up no other. */
import type { Webhook } from './webhook.ts';

export interface Places {
  /** @returns what gives the place back; undefined where there is none just now */
  take(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id' | 'failingSince'>): (() => void) | undefined;
}

const mostAtOnce = 8;

/** An endpoint whose last try failed is asked by one request at a time, until one succeeds. */
export function createPlaces(): Places {
  const taken = new Map<string, number>();
  return {
    take({ tenantId, workspaceId, id, failingSince }) {
      const key = `${tenantId}/${workspaceId}/${id}`;
      const count = taken.get(key) ?? 0;
      if (count >= (failingSince === undefined ? mostAtOnce : 1)) return undefined;
      taken.set(key, count + 1);
      return () => {
        const left = (taken.get(key) ?? 1) - 1;
        if (left === 0) taken.delete(key);
        else taken.set(key, left);
      };
    },
  };
}
