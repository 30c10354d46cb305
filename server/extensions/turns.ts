/** How much of one tenant's work is done at once in this process: logins run beside it. */
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId } from '../kernel/ids.ts';

export interface Turns {
  /**
   * @returns what gives the turn back; calling it twice is calling it once
   * @throws PlatformError `too_many_requests`
   */
  take(tenant: TenantId): () => void;
}

export interface TurnsOptions {
  /** Of one tenant. */
  readonly atOnce: number;
  /** How often a tenant may come. @returns seconds to wait, 0 when it may pass */
  readonly take: (tenant: TenantId) => number;
  /** Why it has to wait, in a sentence. */
  readonly message: string;
}

export function createTurns({ atOnce, take, message }: TurnsOptions): Turns {
  const running = new Map<TenantId, number>();
  const tooMany = (seconds: number): PlatformError =>
    new PlatformError('too_many_requests', message, { retryAfterSeconds: seconds });

  return {
    take(tenant) {
      const wait = take(tenant);
      if (wait > 0) throw tooMany(wait);
      const now = running.get(tenant) ?? 0;
      if (now >= atOnce) throw tooMany(1);
      running.set(tenant, now + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const left = (running.get(tenant) ?? 1) - 1;
        if (left > 0) running.set(tenant, left);
        else running.delete(tenant);
      };
    },
  };
}
