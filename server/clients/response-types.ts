/** What a client may ask the authorization endpoint for, as it is registered and as it is served (OAuth 2.0 Multiple Response Types). */
import { responseTypes } from '../workspaces/workspace.ts';
import type { ClientMetadata } from './client.ts';

/** RFC 7591 §2: what a client is registered for that does not say. */
const grantsOf = ({ grant_types: grants = ['authorization_code'] }: ClientMetadata): readonly string[] => grants;

const usesBrowser = (grants: readonly string[]): boolean =>
  grants.includes('authorization_code') || grants.includes('implicit');

/** The engine would add the grant type that a response type needs; here the grant types decide. */
export function fitsGrants(type: string, grants: readonly string[]): boolean {
  const parts = type.split(' ');
  if (parts.includes('code') && !grants.includes('authorization_code')) return false;
  return !parts.includes('id_token') || grants.includes('implicit');
}

/** Its words in whatever order mean the same (§3). */
const spelled = (type: string): string => type.split(' ').toSorted().join(' ');
const isServed = (type: string): boolean => responseTypes.some((one) => one === type);

/**
 * What is registered of what was given: generated clients and dumps of other deployments name `token` beside what their
 * application uses, and machines name it alone. What nobody serves is left out, and the answer says so (RFC 7591 §3.2.1);
 * where it is all that an application with a browser asks for, it stays, to be refused by name.
 */
export function registeredTypes(given: readonly string[], metadata: ClientMetadata): readonly string[] {
  const types = [...new Set(given.map(spelled))];
  const served = types.filter(isServed);
  return served.length === 0 && usesBrowser(grantsOf(metadata)) ? types : served;
}

/** Those that are left out of what was given, as it was given. */
export function typesLeftOut(given: readonly string[], metadata: ClientMetadata): readonly string[] {
  const kept = registeredTypes(given, metadata);
  return given.filter((type) => !kept.includes(spelled(type)));
}

/** Those that it is registered for and could use, wherever it is: the default is that of RFC 7591 §2. */
export function usedTypes(metadata: ClientMetadata): readonly string[] {
  const grants = grantsOf(metadata);
  const { response_types: types = ['code'] } = metadata;
  return types.filter((type) => (isServed(type) ? fitsGrants(type, grants) : usesBrowser(grants)));
}
