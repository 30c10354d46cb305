/** Who is signed in to a tenant's administration: what their browser keeps, sealed. */
import { z } from 'zod';

export interface ConsoleSession {
  readonly clientId: string;
  readonly subject: string;
  /** Of the login, by which their roles are found anew with each page. */
  readonly grantId: string;
  readonly name: string;
  /** A hint for the sign-out (OpenID Connect RP-Initiated Logout 1.0 §2). */
  readonly idToken: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Milliseconds. */
export const consoleSessionMs = 60 * 60_000;

const schema = z.object({
  clientId: z.string(),
  subject: z.string(),
  grantId: z.string(),
  name: z.string(),
  idToken: z.string(),
  until: z.number(),
});

export const writeConsoleSession = (session: ConsoleSession): string => JSON.stringify(session);

/** @returns undefined for what is over, or was written by another build */
export function readConsoleSession(text: string | undefined, now: number): ConsoleSession | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.until > now ? parsed.data : undefined;
}
