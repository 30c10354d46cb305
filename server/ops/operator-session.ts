/** The browser's proof that an operator signed in at `/ops`: a sealed cookie, and nothing on the server. */
import type { CookieOptions, Request, Response } from 'express';
import { z } from 'zod';
import type { Operator } from '../access/operator.ts';
import { readCookie } from '../http/cookies.ts';
import type { Clock } from '../kernel/clock.ts';
import { tenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';

export interface OperatorSessions {
  /** Reads the cookie; undefined when it is missing, was changed, or is over. */
  find(req: Request): Operator | undefined;
  begin(res: Response, operator: Operator): void;
  end(res: Response): void;
}

export const operatorSessionMs = 8 * 60 * 60_000;

const sealContext = 'ops.operator-session';

const contentSchema = z.object({
  tenant: z.string().min(1).transform(tenantId),
  all: z.boolean(),
  name: z.string().min(1),
  /** Milliseconds since the epoch. */
  until: z.number(),
});

export function createOperatorSessions(deps: {
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** As the public origin has it. */
  readonly https: boolean;
}): OperatorSessions {
  const { sealer, clock, https } = deps;
  const cookieName = https ? '__Secure-gatehouse-operator' : 'gatehouse-operator';
  // Strict reaches the Temporal UI's requests too: another port of the same host is the same site.
  const options: CookieOptions = { httpOnly: true, sameSite: 'strict', secure: https, path: '/ops' };

  return {
    find(req) {
      const cookie = readCookie(req, cookieName);
      if (cookie === undefined) return undefined;
      let content: unknown;
      try {
        content = JSON.parse(sealer.open(cookie, sealContext));
      } catch {
        return undefined;
      }
      const parsed = contentSchema.safeParse(content);
      if (!parsed.success || parsed.data.until <= clock.now()) return undefined;
      return { tenantId: parsed.data.tenant, allTenants: parsed.data.all, name: parsed.data.name };
    },
    begin(res, operator) {
      const until = clock.now() + operatorSessionMs;
      const content = { tenant: operator.tenantId, all: operator.allTenants, name: operator.name, until };
      res.cookie(cookieName, sealer.seal(JSON.stringify(content), sealContext), {
        ...options,
        maxAge: operatorSessionMs,
      });
    },
    end(res) {
      res.clearCookie(cookieName, options);
    },
  };
}
