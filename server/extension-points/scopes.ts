/** Extension point `scopes` (contribute): scopes that every workspace with the plugin offers. */
import type { Scope } from '../workspaces/scope.ts';

/** Merged by `name`. */
export type ScopeContribution = Pick<Scope, 'name' | 'displayName' | 'description' | 'implicitGrant' | 'kind'>;

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
export const scopeTokenPattern = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
