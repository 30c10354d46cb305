/** Scopes of the System and Identity APIs: what a tenant's `system` workspace issues to machines. */
import type { Scope } from './scope.ts';

const names = [
  ['manage_configuration', 'Manage the configuration'],
  ['read_configuration', 'Read the configuration'],
  ['manage_clients', 'Manage clients'],
  ['view_clients', 'View clients'],
  ['view_scopes', 'View scopes'],
  ['manage_servers', 'Manage workspaces'],
  ['manage_secrets', 'Manage secrets of scripts'],
  ['read_secrets', 'List secrets of scripts'],
  ['manage_consents', 'Manage consents'],
  ['view_consents', 'View consents'],
  ['manage_logins', 'Manage logins'],
  ['manage_post_authn', 'Manage post-authentication steps'],
  ['manage_scope_grants', 'Manage scope grants'],
  ['introspect_tokens', 'Introspect tokens'],
  ['revoke_tokens', 'Revoke tokens'],
  ['view_audit_events', 'View audit events'],
  ['read_login_history', 'Read the histories of logins'],
  ['identity', 'Manage people'],
  ['identity_self_registration', 'Register people'],
] as const;

/** No person is ever asked for these: only the client itself can have them. */
export const systemScopes: readonly Pick<Scope, 'name' | 'displayName' | 'description' | 'implicitGrant' | 'kind'>[] =
  names.map(([name, displayName]) => ({
    name,
    displayName,
    description: `${displayName} through the management APIs.`,
    implicitGrant: false,
    kind: 'api',
  }));
