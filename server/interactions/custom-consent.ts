/** A workspace whose people decide on an integrator's page: which requests go there, and what the page may grant. */
import { genericConsentId, type GenericDetails } from '../consents/generic-consent.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { Client } from '../clients/client.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { alwaysGranted, type AuthorizationRequest } from './authorization-request.ts';
import type { HandoffAnswer } from './handoff.ts';
import { scopesAsked, type ProvenSoFar } from './proven-so-far.ts';

type GrantedThere = Extract<HandoffAnswer, { kind: 'granted' }>;

/** Scopes alone are decided there: what a plugin asks people for has a page of its own. */
export function isDecidedThere(
  { consentTypeFor }: Pick<ExtensionRegistry, 'consentTypeFor'>,
  {
    client,
    request,
    workspace,
  }: { readonly client: Client; readonly request: AuthorizationRequest; readonly workspace: Workspace },
  proven: Pick<ProvenSoFar, 'scopes'> | undefined,
  now: number,
): boolean {
  const requestedScopes = scopesAsked(request, proven);
  const asked = { client, settings: workspace.settings, requestedScopes, previous: undefined, now };
  return consentTypeFor({ ...asked, authorizationDetails: [] }).id === genericConsentId;
}

/**
 * Nobody is granted what was not asked for, or what the workspace does not have.
 * @param asked scopes, as the page is told of them
 * @throws PlatformError `unprocessable_entity`
 */
export function checkGranted(
  { request, scopes }: { readonly request: AuthorizationRequest; readonly scopes: readonly Pick<Scope, 'name'>[] },
  asked: readonly string[],
  { scopes: granted, claims = [] }: GrantedThere,
): void {
  const known = new Set(scopes.map(({ name }) => name));
  const strange = granted.findIndex((name) => !asked.includes(name) || !known.has(name));
  if (strange >= 0)
    throw unprocessable(`/granted_scopes/${String(strange)}`, 'Only what was asked for can be granted.');
  const unasked = claims.findIndex((name) => !request.requestedClaims.includes(name) && !alwaysGranted.has(name));
  if (unasked >= 0)
    throw unprocessable(`/granted_claims/${String(unasked)}`, 'Only what was asked for can be granted.');
}

export function detailsOf({ claims, consentId }: GrantedThere): GenericDetails {
  return {
    ...(claims === undefined ? {} : { granted_claims: claims }),
    ...(consentId === undefined ? {} : { consent_id: consentId }),
  };
}
