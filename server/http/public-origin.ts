/** The origins the platform is published under: one for all, or one per tenant where PUBLIC_URL holds `{tenant}`. */
import { chosenIdPattern } from '../kernel/ids.ts';

export interface PublicOrigins {
  /** True where every tenant has an origin of its own. */
  readonly perTenant: boolean;
  readonly https: boolean;
  /** The origin of a tenant, without a trailing slash: what its issuers begin with. */
  originOf(tenantId: string): string;
  /**
   * Which configured origin a Host header means: `{ origin }` for the shared one, `{ origin, tenantId }` for a tenant's.
   * Compared without case, the scheme's own port may be spelled out (RFC 9110 §4.2.3). Undefined for every other host.
   */
  match(host: string): { readonly origin: string; readonly tenantId?: string } | undefined;
}

const placeholder = '{tenant}';

/** @param publicUrl as `Config.publicUrl`: an origin without a trailing slash */
export function createPublicOrigins(publicUrl: string): PublicOrigins {
  const https = publicUrl.startsWith('https://');
  const authority = publicUrl.slice(publicUrl.indexOf('://') + 3);
  const ownPort = https ? ':443' : ':80';
  const perTenant = authority.includes(placeholder);
  const [prefix = '', suffix = ''] = authority.split(placeholder);

  const withoutOwnPort = (host: string): string => (host.endsWith(ownPort) ? host.slice(0, -ownPort.length) : host);

  return {
    perTenant,
    https,
    originOf: (tenantId) => publicUrl.replace(placeholder, tenantId),
    match(rawHost) {
      const host = withoutOwnPort(rawHost.toLowerCase());
      if (!perTenant) return host === authority ? { origin: publicUrl } : undefined;
      if (!host.startsWith(prefix) || !host.endsWith(suffix)) return undefined;
      const tenantId = host.slice(prefix.length, host.length - suffix.length);
      if (!chosenIdPattern.test(tenantId) || host !== `${prefix}${tenantId}${suffix}`) return undefined;
      return { origin: publicUrl.replace(placeholder, tenantId), tenantId };
    },
  };
}
