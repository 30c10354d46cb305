/** Who is signed in to an application of ours: what their browser keeps, sealed. */
import { z } from 'zod';

export interface SignInSession {
  readonly clientId: string;
  readonly subject: string;
  /** Of the login, by which what they may is found anew with each page. */
  readonly grantId: string;
  /** As the ID token calls them; their subject where it calls them nothing. */
  readonly name: string;
  /** A hint for the sign-out (OpenID Connect RP-Initiated Logout 1.0 §2), which asks the person where there is none. */
  readonly idToken?: string | undefined;
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
  idToken: z.string().optional(),
  until: z.number(),
});

/** Characters. A browser drops a cookie of more than 4096 bytes, and sealing adds a third. */
const longestHint = 2000;
const longestName = 100;

/** Leaves out a hint that is too long for a cookie, and cuts a name that is. */
export function writeSignInSession({ idToken, name, ...session }: SignInSession): string {
  const hint = idToken !== undefined && idToken.length <= longestHint ? { idToken } : {};
  return JSON.stringify({ ...session, name: name.slice(0, longestName), ...hint });
}

/** @returns undefined for what is over, or was written by another build */
export function readSignInSession(text: string | undefined, now: number): SignInSession | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.until > now ? parsed.data : undefined;
}
