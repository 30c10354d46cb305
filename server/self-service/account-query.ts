/** What the address of an account page carries: the login that waits, and, sealed, whom a code was sent for. */
import { z } from 'zod';
import type { PoolId, TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';

/** How long the page that asks for a code remembers whose it is. Milliseconds. */
const rememberedMs = 24 * 3_600_000;

const remembered = z.object({ identifier: z.string(), at: z.number() });

export interface AccountQueries {
  /** The path of a login of the tenant. @returns undefined for anything else: nobody is led anywhere from here */
  loginIn(tenant: TenantId, value: unknown): string | undefined;
  /** A text for an address, that tells nobody who it is. */
  remember(place: AccountPlace, identifier: string): string;
  /** @returns undefined for what is no such text, or is too old */
  recall(place: AccountPlace, value: unknown): string | undefined;
}

export interface AccountPlace {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
}

export function createAccountQueries({
  sealer,
  now,
}: {
  readonly sealer: Sealer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): AccountQueries {
  const contextOf = ({ tenantId, poolId }: AccountPlace): string => `account.for:${tenantId}:${poolId}`;
  return {
    loginIn(tenant, value) {
      if (typeof value !== 'string' || value.length > 300) return undefined;
      const [empty, tid, aid, login, uid, ...rest] = value.split('/');
      const isLogin = empty === '' && tid === tenant && login === 'login' && rest.length === 0;
      return isLogin && [aid, uid].every((part) => /^[\w-]{1,64}$/.test(part ?? '')) ? value : undefined;
    },
    remember: (place, identifier) => sealer.seal(JSON.stringify({ identifier, at: now() }), contextOf(place)),
    recall(place, value) {
      if (typeof value !== 'string' || value.length > 4096) return undefined;
      try {
        const read = remembered.parse(JSON.parse(sealer.open(value, contextOf(place))));
        return now() - read.at < rememberedMs ? read.identifier : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
