/** Where links in messages lead. Opening one changes nothing: the page asks the person to confirm. */
import type { PoolId, TenantId } from '../kernel/ids.ts';

export const linkKinds = ['activate', 'reset_password', 'verify', 'set_webauthn'] as const;
export type LinkKind = (typeof linkKinds)[number];

export interface LinkPlace {
  /** Of the tenant, without a trailing slash. */
  readonly origin: string;
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
}

/** Checked before they get here: each leads somewhere. */
export interface LinkParameters {
  /** The workspace whose looks the page has. */
  readonly server_id?: string | undefined;
  readonly go_to?: string | undefined;
  readonly post_activation_url?: string | undefined;
}

/** @param code extended: it names its person, too */
export function linkTo(
  kind: LinkKind,
  { origin, tenantId, poolId }: LinkPlace,
  code: string,
  more: LinkParameters = {},
): string {
  const url = new URL(`${origin}/${tenantId}/identity/${encodeURIComponent(poolId)}/${kind}`);
  url.searchParams.set('code', code);
  for (const [name, value] of Object.entries(more)) if (typeof value === 'string') url.searchParams.set(name, value);
  return url.href;
}
