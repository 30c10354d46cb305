/** The demonstration's two cookies: a sign-in under way, sealed; and the name of a session that the server holds. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Sealer } from '../kernel/sealer.ts';
import type { DemoApplication } from './demo-application.ts';
import type { PendingSignIn } from './relying-party.ts';

export interface DemoCookies {
  readPending(req: Request, app: DemoApplication): PendingSignIn | undefined;
  writePending(res: Response, app: DemoApplication, pending: PendingSignIn): void;
  clearPending(res: Response, app: DemoApplication): void;
  readSession(req: Request, app: DemoApplication): string | undefined;
  writeSession(res: Response, app: DemoApplication, id: string): void;
  clearSession(res: Response, app: DemoApplication): void;
}

const pendingSchema: z.ZodType<PendingSignIn> = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  silent: z.boolean(),
  provenAfter: z.number().optional(),
});

/** A login may be left for days and taken up again. */
const pendingMs = 3 * 24 * 3_600_000;

export function createDemoCookies(sealer: Sealer): DemoCookies {
  return {
    readPending(req, app) {
      const text = open(req, app, 'login');
      return text === undefined ? undefined : parsePending(text);
    },
    writePending(res, app, pending) {
      write(res, app, 'login', JSON.stringify(pending), pendingMs);
    },
    clearPending(res, app) {
      res.clearCookie(nameOf(app, 'login'), attributesOf(app));
    },
    readSession: (req, app) => open(req, app, 'session'),
    writeSession(res, app, id) {
      write(res, app, 'session', id);
    },
    clearSession(res, app) {
      res.clearCookie(nameOf(app, 'session'), attributesOf(app));
    },
  };

  function write(res: Response, app: DemoApplication, kind: Kind, text: string, maxAge?: number): void {
    const lifetime = maxAge === undefined ? {} : { maxAge };
    res.cookie(nameOf(app, kind), sealer.seal(text, contextOf(app, kind)), { ...attributesOf(app), ...lifetime });
  }

  /** Undefined for what we did not seal for this place: a cookie is the browser's word only. */
  function open(req: Request, app: DemoApplication, kind: Kind): string | undefined {
    const value = cookieOf(req.headers.cookie, nameOf(app, kind));
    if (value === undefined) return undefined;
    try {
      return sealer.open(decodeURIComponent(value), contextOf(app, kind));
    } catch {
      return undefined;
    }
  }
}

type Kind = 'login' | 'session';

const contextOf = ({ place }: DemoApplication, kind: Kind): string => `demo.${kind}:${place}`;
const isHttps = ({ issuer }: DemoApplication): boolean => issuer.startsWith('https:');

/** `__Host-` would demand the path `/`, and with it the demonstrations of all workspaces. */
function nameOf(app: DemoApplication, kind: Kind): string {
  return `${isHttps(app) ? '__Secure-' : ''}demo_${kind}`;
}

/** Lax: the answer of an issuer on another site arrives by a top-level GET. */
function attributesOf(app: DemoApplication) {
  return { path: `/${app.place}/demo`, httpOnly: true, sameSite: 'lax', secure: isHttps(app) } as const;
}

function parsePending(text: string): PendingSignIn | undefined {
  const parsed = pendingSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

function cookieOf(header = '', name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key = '', value = ''] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
