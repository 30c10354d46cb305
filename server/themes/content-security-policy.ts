/** The policy every page is sent with: nothing runs or loads but our own files and pictures. */

/**
 * @param formTargets where a form's POST may end after redirects, beyond this origin: Chromium applies `form-action`
 *   to the whole chain, so a login names the application's redirect URI. Anything that is no address is left out.
 * @param formSources the same as source expressions (CSP3 §2.3.1), from the configuration and nobody else
 */
export function contentSecurityPolicy(formTargets: readonly string[], formSources: readonly string[] = []): string {
  const targets = [...formTargets.map(formActionSource).filter((source) => source !== undefined), ...formSources];
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self' data: https:",
    `form-action ${["'self'", ...new Set(targets)].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Schemes that would let a form run script or leave for the machine's own files. */
const neverTargets = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'filesystem:']);

/** The source expression (CSP3 §2.3.1) of a redirect URI: its origin, or its scheme where it has no host that CSP can name. */
function formActionSource(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { protocol, hostname, origin } = new URL(uri);
  if (neverTargets.has(protocol)) return undefined;
  const web = protocol === 'https:' || protocol === 'http:';
  // host-source has no grammar for IPv6 literals, and a private-use scheme (RFC 8252 §7.1) has no origin.
  const source = web && !hostname.startsWith('[') ? origin : protocol;
  return /^[a-z0-9+.:/-]+$/.test(source) ? source : undefined;
}
