/** Which claims a scope releases, and so which claims asked for by name a person's choice of scopes covers. */
import type { ClaimContribution } from '../extension-points/claims.ts';

/** OIDC Core §5.4; `openid` carries the platform's own as well. */
export const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub', 'acr', 'amr', 'auth_time', 'tid', 'aid', 'idp'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
};

/**
 * Claims asked for by name (OIDC Core §5.5) follow the scopes: one is granted where a granted scope releases it, so that
 * nobody gets by name what the person declined by scope, or was never shown.
 * @param contributedClaims claims that the workspace's plugins bring
 * @param onlyClaims those that a consent is held to beside that; the scopes decide alone where it is undefined
 */
export function divideClaims(
  requested: readonly string[],
  grantedScopes: readonly string[],
  {
    contributedClaims = [],
    onlyClaims,
  }: {
    readonly contributedClaims?: readonly Pick<ClaimContribution, 'name' | 'scopes'>[];
    readonly onlyClaims?: readonly string[] | undefined;
  } = {},
): { readonly granted: readonly string[]; readonly denied: readonly string[] } {
  const brought = contributedClaims.filter(({ scopes }) => scopes.some((scope) => grantedScopes.includes(scope)));
  const released = new Set([
    ...grantedScopes.flatMap((scope) => claimsOfScope[scope] ?? []),
    ...brought.map(({ name }) => name),
  ]);
  const isGiven = (claim: string): boolean => released.has(claim) && onlyClaims?.includes(claim) !== false;
  return { granted: requested.filter(isGiven), denied: requested.filter((claim) => !isGiven(claim)) };
}
