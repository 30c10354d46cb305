/** Who is signed in to an application of ours: what their browser keeps, sealed. */
import { z } from 'zod';

export interface SignInSession {
  readonly clientId: string;
  readonly subject: string;
  /** Of the login, by which what they may is found anew with each page. */
  readonly grantId: string;
  /** As the ID token calls them; their subject where it calls them nothing. */
  readonly name: string;
  /** A hint for the sign-out (OpenID Connect RP-Initiated Logout 1.0 §2). */
  readonly idToken: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Milliseconds. */
export const signInSessionMs = 60 * 60_000;

const schema = z.object({
  clientId: z.string(),
  subject: z.string(),
  grantId: z.string(),
  name: z.string(),
  idToken: z.string(),
  until: z.number(),
});

export const writeSignInSession = (session: SignInSession): string => JSON.stringify(session);

/** @returns undefined for what is over, or was written by another build */
export function readSignInSession(text: string | undefined, now: number): SignInSession | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.until > now ? parsed.data : undefined;
}
