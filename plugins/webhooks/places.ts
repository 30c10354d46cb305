/** How many requests one endpoint is sent at once, so that one that hangs holds up no other. */
import type { Webhook } from './webhook.ts';

export interface Places {
  /**
   * Waits a moment where all are taken, in its turn.
   * @returns what gives the place back; undefined where there is none so soon
   */
  take(webhook: Pick<Webhook, 'tenantId' | 'workspaceId' | 'id' | 'failingSince'>): Promise<(() => void) | undefined>;
}

const mostAtOnce = 8;
/** More of them are to come again later: who waits here takes a place of the worker's. */
const mostWaiting = 8;
const patienceMs = 1_000;

interface Endpoint {
  taken: number;
  /** In the order in which they came. */
  readonly waiting: Set<() => void>;
}

/** An endpoint whose last try failed is asked by one request at a time, until one succeeds; nobody waits for it. */
export function createPlaces(patience = patienceMs): Places {
  const endpoints = new Map<string, Endpoint>();

  return {
    async take({ tenantId, workspaceId, id, failingSince }) {
      const key = `${tenantId}/${workspaceId}/${id}`;
      const endpoint = endpoints.get(key) ?? { taken: 0, waiting: new Set() };
      endpoints.set(key, endpoint);
      const leave = (): void => {
        const [next] = endpoint.waiting;
        // Who waits has the place at once: nobody comes in between.
        if (next !== undefined) next();
        else if ((endpoint.taken -= 1) === 0) endpoints.delete(key);
      };
      const isFailing = failingSince !== undefined;
      if (endpoint.taken < (isFailing ? 1 : mostAtOnce)) {
        endpoint.taken += 1;
        return leave;
      }
      if (isFailing || endpoint.waiting.size >= mostWaiting) return undefined;
      return new Promise((resolve) => {
        const begin = (): void => {
          clearTimeout(timer);
          endpoint.waiting.delete(begin);
          resolve(leave);
        };
        const timer = setTimeout(() => {
          endpoint.waiting.delete(begin);
          resolve(undefined);
        }, patience);
        endpoint.waiting.add(begin);
      });
    },
  };
}
