/** What the address of an account page carries: the login that waits, and, sealed, whom a code was sent for. */
import { z } from 'zod';
import type { PoolId, TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';

/** How long the page that asks for a code remembers whose it is. Milliseconds. */
const rememberedMs = 24 * 3_600_000;
/** Of a text in an address. Characters. */
const longestRemembered = 4096;

const remembered = z.object({
  identifier: z.string(),
  userId: z.string().optional(),
  bound: z.string().optional(),
  said: z.record(z.string(), z.string()).optional(),
  at: z.number(),
});

/** Of whom the code that is asked for is. */
export interface CodeOwner {
  readonly identifier: string;
  /** Of who registered just now. */
  readonly userId?: string | undefined;
  /** What the code was asked for by: it is good on this page alone. */
  readonly bound?: string | undefined;
  /** What else they typed who register, by member: kept for who has another code sent. */
  readonly said?: Readonly<Record<string, string>> | undefined;
}

export interface AccountQueries {
  /** The path of a login of the tenant. @returns undefined for anything else: nobody is led anywhere from here */
  loginIn(tenant: TenantId, value: unknown): string | undefined;
  /** A text for an address, that tells nobody who it is. */
  remember(place: AccountPlace, owner: CodeOwner): string;
  /** @returns undefined for what is no such text, or is too old */
  recall(place: AccountPlace, value: unknown): CodeOwner | undefined;
}

/** What the address of a page says of whose code is asked for. */
export interface PageQuery {
  readonly owner: CodeOwner | undefined;
  /** Of a link. */
  readonly linkCode: string | undefined;
  /**
   * What the challenge of the page's passkey is bound to: the code of its link, or the text that remembers who asked;
   * undefined for a page that knows neither.
   */
  readonly nonce: string | undefined;
}

export function readPageQuery(
  queries: Pick<AccountQueries, 'recall'>,
  place: AccountPlace,
  { code, for: sealed }: Readonly<Record<string, unknown>>,
): PageQuery {
  const owner = queries.recall(place, sealed);
  const linkCode = typeof code === 'string' && code !== '' ? code.slice(0, 200) : undefined;
  if (linkCode !== undefined) return { owner, linkCode, nonce: `link\n${linkCode}` };
  const isRemembered = owner !== undefined && typeof sealed === 'string';
  return { owner, linkCode, nonce: isRemembered ? `for\n${sealed}` : undefined };
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
    remember(place, { said, ...owner }) {
      const sealed = (content: object) => sealer.seal(JSON.stringify({ ...content, at: now() }), contextOf(place));
      const whole = sealed({ ...owner, said });
      // Who typed as much as no address holds types it again.
      return whole.length > longestRemembered ? sealed(owner) : whole;
    },
    recall(place, value) {
      if (typeof value !== 'string' || value.length > longestRemembered) return undefined;
      try {
        const { at, ...owner } = remembered.parse(JSON.parse(sealer.open(value, contextOf(place))));
        return now() - at < rememberedMs ? owner : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
