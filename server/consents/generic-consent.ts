/** Core's own consent: the requested scopes, one choice each. */
import { z } from 'zod';
import type { CheckedDecision, ConsentRequest, ConsentScope, ConsentType } from './consent-type.ts';

export const genericConsentId = 'generic';

/** What an integrator's page says beside the scopes; ours says nothing. */
const genericDetails = z.object({
  /** Of the claims asked for by name, those that may be given; all that the scopes release where it is left out. */
  granted_claims: z.array(z.string()).readonly().optional(),
  /** How the page itself calls this consent. */
  consent_id: z.string().optional(),
});
export type GenericDetails = z.infer<typeof genericDetails>;

/** Claims by name that a consent holds its application to; undefined where it leaves them to the scopes. */
export function claimsGrantedBy(details: Readonly<Record<string, unknown>> | undefined): readonly string[] | undefined {
  return genericDetails.safeParse(details ?? {}).data?.granted_claims;
}

export interface ScopeSelection {
  readonly requested: readonly string[];
  /** As the form said; may hold anything. */
  readonly chosen: readonly string[];
  /** Those of the workspace. */
  readonly scopes: readonly ConsentScope[];
}

/**
 * Never grants what was not requested or what the workspace does not have, and never drops a required scope.
 * @returns both lists in the order of the request, without duplicates
 */
export function selectGrantedScopes(selection: ScopeSelection): {
  granted: readonly string[];
  denied: readonly string[];
} {
  const chosen = new Set(selection.chosen);
  const requested = [...new Set(selection.requested)];
  const granted = requested.filter((name) => {
    if (isRequired(name, selection.scopes)) return true;
    return chosen.has(name) && selection.scopes.some((scope) => scope.name === name);
  });
  return { granted, denied: requested.filter((name) => !granted.includes(name)) };
}

/**
 * Scopes the person is not asked about: those granted implicitly, and `openid`, without which the request is no
 * OpenID Connect request (OIDC Core §3.1.2.1).
 */
export function isRequired(name: string, scopes: readonly ConsentScope[]): boolean {
  return name === 'openid' || scopes.some((scope) => scope.name === name && scope.implicitGrant);
}

/** @param lifetimeMs how long a consent stands, in milliseconds; undefined stands until it is taken back */
export function createGenericConsent(lifetimeMs?: number): ConsentType {
  const expiresAt = (now: number): number | undefined => (lifetimeMs === undefined ? undefined : now + lifetimeMs);

  return {
    id: genericConsentId,
    schema: genericDetails.strict(),
    selects: () => true,

    needsDecision({ client, requestedScopes, previous, now }, scopes) {
      if (client.trusted) return false;
      const before = grantedBefore(previous, now, scopes);
      return requestedScopes.some((name) => !isRequired(name, scopes) && isKnown(name, scopes) && !before.has(name));
    },

    describe({ requestedScopes, previous, now }, scopes) {
      const before = grantedBefore(previous, now, scopes);
      const items = [...new Set(requestedScopes)].flatMap((name) => {
        const scope = scopes.find((candidate) => candidate.name === name);
        if (scope === undefined) return [];
        const { displayName, description, service } = scope;
        return [
          {
            scope: name,
            displayName,
            description,
            ...(service === undefined ? {} : { service: service.name }),
            required: isRequired(name, scopes),
            grantedBefore: before.has(name),
          },
        ];
      });
      return { items, expiresAt: expiresAt(now), details: {} };
    },

    validate({ requestedScopes, now }, scopes, { chosenScopes, details }): CheckedDecision {
      const { granted, denied } = selectGrantedScopes({ requested: requestedScopes, chosen: chosenScopes, scopes });
      return {
        grantedScopes: granted,
        deniedScopes: denied,
        details: genericDetails.parse(details),
        expiresAt: expiresAt(now),
      };
    },
  };
}

function isKnown(name: string, scopes: readonly ConsentScope[]): boolean {
  return scopes.some((scope) => scope.name === name);
}

/** Nothing that was said of a transient scope counts again. */
function grantedBefore(
  previous: ConsentRequest['previous'],
  now: number,
  scopes: readonly ConsentScope[],
): ReadonlySet<string> {
  const stands = previous !== undefined && previous.revokedAt === undefined && (previous.expiresAt ?? Infinity) > now;
  const passing = new Set(scopes.filter(({ transient }) => transient === true).map(({ name }) => name));
  return new Set(stands ? previous.grantedScopes.filter((name) => !passing.has(name)) : []);
}
