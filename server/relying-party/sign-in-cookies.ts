/** The two cookies of an application of ours: a sign-in under way, and the session after it. Sealed, and bound to its place. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { readCookie } from '../http/cookies.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { RelyingApplication } from './application.ts';
import type { PendingSignIn } from './relying-party.ts';

export interface SignInCookies {
  readPending(req: Request, app: RelyingApplication): PendingSignIn | undefined;
  writePending(res: Response, app: RelyingApplication, pending: PendingSignIn): void;
  clearPending(res: Response, app: RelyingApplication): void;
  /** What `writeSession` was given. */
  readSession(req: Request, app: RelyingApplication): string | undefined;
  /** Until the browser is closed; how long the session itself lasts is its maker's to say. */
  writeSession(res: Response, app: RelyingApplication, session: string): void;
  clearSession(res: Response, app: RelyingApplication): void;
}

const pendingSchema: z.ZodType<PendingSignIn> = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  silent: z.boolean(),
  provenAfter: z.number().optional(),
  to: z.string().optional(),
});

/** A login may be left for days and taken up again. */
const pendingMs = 3 * 24 * 3_600_000;

type Kind = 'login' | 'session';

/** @param name what the cookies begin with, and what tells applications at one place apart */
export function createSignInCookies(sealer: Sealer, name: string): SignInCookies {
  const contextOf = ({ place }: RelyingApplication, kind: Kind): string => `${name}.${kind}:${place}`;
  /** `__Host-` would demand the path `/`, and with it every other place. */
  const nameOf = (app: RelyingApplication, kind: Kind): string => `${isHttps(app) ? '__Secure-' : ''}${name}_${kind}`;

  const write = (res: Response, app: RelyingApplication, kind: Kind, text: string, maxAge?: number): void => {
    const lifetime = maxAge === undefined ? {} : { maxAge };
    res.cookie(nameOf(app, kind), sealer.seal(text, contextOf(app, kind)), { ...attributesOf(app), ...lifetime });
  };
  /** Undefined for what we did not seal for this place: a cookie is the browser's word only. */
  const open = (req: Request, app: RelyingApplication, kind: Kind): string | undefined => {
    const value = readCookie(req, nameOf(app, kind));
    if (value === undefined) return undefined;
    try {
      return sealer.open(value, contextOf(app, kind));
    } catch {
      return undefined;
    }
  };

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
    writeSession(res, app, session) {
      write(res, app, 'session', session);
    },
    clearSession(res, app) {
      res.clearCookie(nameOf(app, 'session'), attributesOf(app));
    },
  };
}

const isHttps = ({ issuer }: RelyingApplication): boolean => issuer.startsWith('https:');

/** Lax: the answer of an issuer on another site arrives by a top-level GET. */
function attributesOf(app: RelyingApplication) {
  return { path: new URL(app.startUri).pathname, httpOnly: true, sameSite: 'lax', secure: isHttps(app) } as const;
}

function parsePending(text: string): PendingSignIn | undefined {
  const parsed = pendingSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
