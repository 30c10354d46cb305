/** Which tenants somebody used in this browser lately: a signed cookie of this host, and nothing on the server. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CookieOptions, Response } from 'express';
import { z } from 'zod';
import { readCookie } from '../http/cookies.ts';
import type { Clock } from '../kernel/clock.ts';
import { chosenIdPattern } from '../kernel/ids.ts';

export interface KnownTenant {
  readonly tenantId: string;
  /** Name of its region; empty where there is one alone. */
  readonly region: string;
}

export interface KnownTenants {
  /** Used within the last 30 days, the latest first. Empty for a cookie that is not of our making. */
  read(req: IncomingMessage): readonly KnownTenant[];
  /** Puts one first. */
  remember(req: IncomingMessage, res: Response, used: KnownTenant): void;
  forget(res: Response): void;
}

/** Milliseconds after which a tenant that was not used is suggested no more. */
export const knownForMs = 30 * 24 * 3_600_000;
const mostTenants = 12;

const content = z
  .array(z.tuple([z.string().regex(chosenIdPattern), z.string().max(40), z.int()]))
  .max(mostTenants)
  .transform((entries) => entries.map(([tenantId, region, at]) => ({ tenantId, region, at })));

export function createKnownTenants(deps: {
  /** At least 32 random bytes, the same in every process that serves pages. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly https: boolean;
}): KnownTenants {
  const secret = createSecretKey(deps.key);
  // `__Host-` is the browser's promise that no other host set it (RFC 6265bis §4.1.3.2); it asks for TLS and this path.
  const name = deps.https ? '__Host-gatehouse-tenants' : 'gatehouse-tenants';
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure: deps.https, path: '/' };
  const tag = (body: string): Buffer => createHmac('sha256', secret).update(body).digest();

  function entriesOf(req: IncomingMessage) {
    const [body = '', given = '', ...rest] = (readCookie(req, name) ?? '').slice(0, 4096).split('.');
    const [presented, expected] = [Buffer.from(given, 'base64url'), tag(body)];
    const isOurs = rest.length === 0 && presented.length === expected.length && timingSafeEqual(presented, expected);
    const parsed = isOurs ? content.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString())) : undefined;
    return (parsed?.data ?? []).filter(({ at }) => at > deps.clock.now() - knownForMs);
  }

  return {
    read: (req) => entriesOf(req).map(({ tenantId, region }) => ({ tenantId, region })),
    remember(req, res, { tenantId, region }) {
      const others = entriesOf(req).filter((one) => one.tenantId !== tenantId || one.region !== region);
      const entries = [{ tenantId, region, at: deps.clock.now() }, ...others].slice(0, mostTenants);
      const body = Buffer.from(JSON.stringify(entries.map((one) => [one.tenantId, one.region, one.at]))).toString(
        'base64url',
      );
      res.cookie(name, `${body}.${tag(body).toString('base64url')}`, { ...options, maxAge: knownForMs });
    },
    forget(res) {
      res.clearCookie(name, options);
    },
  };
}
