/** What core brings through its own extension points: the standard scopes, the generic consent and the events it publishes. */
import { createGenericConsent } from '../consents/generic-consent.ts';
import { standardScopes } from '../workspaces/scope.ts';
import type { EventName } from './events.ts';
import type { Extensions } from './plugin.ts';

/** Every event that core appends to the outbox. */
export const coreEvents: readonly EventName[] = [
  'approval decided',
  'approval ended',
  'approval requested',
  'claims created',
  'claims deleted',
  'claims updated',
  'client created',
  'client deleted',
  'client updated',
  'consent accepted',
  'consent created',
  'consent rejected',
  'consent revoked',
  'group created',
  'group deleted',
  'group updated',
  'import created',
  'login accepted',
  'login denied',
  'login failed',
  'login rejected',
  'login succeeded',
  'login_history read',
  'login_history read_refused',
  'password updated',
  'pool created',
  'pool deleted',
  'pool updated',
  'post_authn aborted',
  'post_authn completed',
  'role granted',
  'role revoked',
  'schema created',
  'schema deleted',
  'schema updated',
  'script executed',
  'script run_read',
  'script shadowed',
  'script tested',
  'scopes created',
  'scopes deleted',
  'scopes updated',
  'server created',
  'server deleted',
  'server updated',
  'service created',
  'service deleted',
  'service updated',
  'tenant created',
  'tenant deleted',
  'tenant updated',
  'tokens revoked',
  'user added_to_group',
  'user created',
  'webauthn add_completed',
  'webauthn deleted',
  'webauthn rejected',
  'webauthn updated',
  'user removed_from_group',
];

export function coreExtensions(ext: Extensions): void {
  ext.scopes(standardScopes);
  ext.consentType(createGenericConsent());
  ext.events({ publishes: coreEvents });
}
