/** Scopes by which people look after their own account with the self-service calls of the Identity API. */
import type { Scope } from './scope.ts';

export const viewSelfScope = 'view_ss_profile';
export const manageSelfScope = 'manage_ss_profile';

/** Whoever is asked for them decides about their whole account: they are never granted without asking. */
export const selfServiceScopes: readonly Pick<
  Scope,
  'name' | 'displayName' | 'description' | 'implicitGrant' | 'kind'
>[] = [
  {
    name: viewSelfScope,
    displayName: 'See your account',
    description: 'All that is known of you here, and how you sign in.',
    implicitGrant: false,
    kind: 'api',
  },
  {
    name: manageSelfScope,
    displayName: 'Manage your account',
    description: 'Changes what is known of you, your password and your passkeys.',
    implicitGrant: false,
    kind: 'api',
  },
];
