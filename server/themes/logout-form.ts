/** Reads the engine's sign-out form, so that our page can draw it as its own and escape what it holds. */
import { PlatformError } from '../kernel/errors.ts';

export interface LogoutForm {
  readonly action: string;
  readonly xsrf: string;
}

/**
 * @param html what oidc-provider hands to `logoutSource`
 * @throws PlatformError `internal` when the engine's form no longer looks as it did
 */
export function parseLogoutForm(html: string): LogoutForm {
  const action = /<form [^>]*\baction="([^"]+)"/.exec(html)?.[1];
  const xsrf = /<input [^>]*\bname="xsrf" value="([^"]+)"/.exec(html)?.[1];
  if (action === undefined || xsrf === undefined) {
    throw new PlatformError('internal', 'Signing out is not possible right now.', {
      cause: new Error('engine form changed'),
    });
  }
  return { action, xsrf };
}
