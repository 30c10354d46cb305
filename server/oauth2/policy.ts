/** When a person must be asked: the engine's own checks, what a client requires of a login, and an end to asking. */
import { decodeJwt } from 'jose';
import { errors, interactionPolicy } from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { IdpId } from '../kernel/ids.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { AccountDeps } from './claims.ts';
import { textOf } from './json.ts';
import { createSilentPrompt, scriptUndecided, type GrantSilently } from './silent-grant.ts';

export interface PolicyDeps extends Omit<AccountDeps, 'snapshots'> {
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  /** What a login must have passed before this client is served, e.g. `step:terms@3`. */
  readonly requirementsFor: (clientId: string) => readonly string[] | Promise<readonly string[]>;
  /**
   * What logins by an idp pass today on their way to a client: a session that did not is asked, e.g. `custom-app:kyc`. Of
   * each list one is enough; of an empty one nothing is.
   */
  readonly requirementsOfIdp: (idp: IdpId, clientId: string) => Promise<readonly (readonly string[])[]>;
  /**
   * Of what scripts must have said for this client, one of each list: a session that they did not decide over goes through
   * them, without a first factor.
   */
  readonly scriptsOfIdp: (idp: IdpId, clientId: string) => Promise<readonly (readonly string[])[]>;
  /** Grants at `prompt=none` what nobody has to be asked about; without it, only what was granted before is given. */
  readonly grantSilently?: GrantSilently | undefined;
}

/** What a request's provider asks: the policy itself is one for all workspaces. */
export type DepsOf = (ctx: KoaContextWithOIDC) => PolicyDeps;
export type Policy = interactionPolicy.DefaultPolicy;

/** A session holds a grant per application; more than this are not searched. */
const mostGrants = 20;

/** This client's own grant first: it answers most questions. */
function grantsOf({ oidc }: KoaContextWithOIDC): readonly string[] {
  const chosen = oidc.result?.['consent']?.grantId;
  const own = oidc.client === undefined ? undefined : oidc.session?.grantIdFor(oidc.client.clientId);
  const others = Object.values(oidc.session?.authorizations ?? {}).map(({ grantId }) => grantId);
  const ids = [chosen, own, ...others].filter((id) => typeof id === 'string');
  return [...new Set(ids)].slice(0, mostGrants);
}

interface Wanted {
  readonly ofClient: readonly string[];
  /** Of each list one is enough. */
  readonly ofIdp: (idp: IdpId) => Promise<readonly (readonly string[])[]>;
}

/** True when the logins that this session came from have passed all that is wanted. */
async function isSatisfied(
  ctx: KoaContextWithOIDC,
  deps: PolicyDeps,
  { ofClient: wanted, ofIdp }: Wanted,
): Promise<boolean> {
  const { session } = ctx.oidc;
  const satisfied = new Set<string>();
  const idps = new Set<IdpId>();
  for (const grantId of grantsOf(ctx)) {
    const snapshot = await deps.snapshots.find(deps.tenantId, deps.workspaceId, grantId);
    if (snapshot === undefined || snapshot.subject !== session?.accountId) continue;
    idps.add(snapshot.idpId);
    for (const requirement of snapshot.satisfied) satisfied.add(requirement);
    if (wanted.every((requirement) => satisfied.has(requirement)) && (await idpsSatisfied(ofIdp, idps, satisfied)))
      return true;
  }
  return idps.size === 0 && wanted.length === 0;
}

async function idpsSatisfied(
  ofIdp: Wanted['ofIdp'],
  idps: ReadonlySet<IdpId>,
  satisfied: ReadonlySet<string>,
): Promise<boolean> {
  for (const idp of idps) if (!(await ofIdp(idp)).every((any) => any.some((one) => satisfied.has(one)))) return false;
  return true;
}

/** @param wantedOf what a session must have passed for this client */
function sessionCheck(
  reason: string,
  description: string,
  depsOf: DepsOf,
  wantedOf: (deps: PolicyDeps, clientId: string) => Wanted | Promise<Wanted>,
): interactionPolicy.Check {
  return new interactionPolicy.Check(reason, description, 'interaction_required', async (ctx) => {
    const { session, client } = ctx.oidc;
    // Without a session there is another check for that, and nothing to look at.
    if (session?.accountId === undefined) return interactionPolicy.Check.NO_NEED_TO_PROMPT;
    if (client === undefined) return interactionPolicy.Check.REQUEST_PROMPT;
    const deps = depsOf(ctx);
    return (await isSatisfied(ctx, deps, await wantedOf(deps, client.clientId)))
      ? interactionPolicy.Check.NO_NEED_TO_PROMPT
      : interactionPolicy.Check.REQUEST_PROMPT;
  });
}

function requirementsCheck(depsOf: DepsOf): interactionPolicy.Check {
  const description = 'the session has not passed what this client requires';
  return sessionCheck('requirements_not_met', description, depsOf, async (deps, client) => ({
    ofClient: await deps.requirementsFor(client),
    ofIdp: (idp) => deps.requirementsOfIdp(idp, client),
  }));
}

/** Not among the checks of a login: those ask for a first factor, and a script needs none. */
function scriptCheck(depsOf: DepsOf): interactionPolicy.Check {
  const description = 'a script has not decided over this session and this client';
  return sessionCheck(scriptUndecided, description, depsOf, (deps, client) => ({
    ofClient: [],
    ofIdp: (idp) => deps.scriptsOfIdp(idp, client),
  }));
}

/** A session outlives what is decided about its person; a login that was just finished has asked by itself. */
function standingCheck(depsOf: DepsOf): interactionPolicy.Check {
  return new interactionPolicy.Check(
    'person_not_active',
    'the person of the session may not sign in any more',
    'login_required',
    async (ctx) => {
      const subject = ctx.oidc.session?.accountId;
      if (subject === undefined || ctx.oidc.route === 'resume') return interactionPolicy.Check.NO_NEED_TO_PROMPT;
      const deps = depsOf(ctx);
      for (const grantId of grantsOf(ctx)) {
        const snapshot = await deps.snapshots.find(deps.tenantId, deps.workspaceId, grantId);
        if (snapshot?.subject === subject) return !(await deps.stands(snapshot));
      }
      return interactionPolicy.Check.NO_NEED_TO_PROMPT;
    },
  );
}

/** The engine compares `id_token_hint` when a request begins, and not when its login has ended (OIDC Core §3.1.2.1). */
function hintCheck(): interactionPolicy.Check {
  return new interactionPolicy.Check(
    'id_token_hint_after_login',
    'id_token_hint and authenticated subject do not match',
    'login_required',
    ({ oidc }) => {
      const hint = oidc.route === 'resume' ? textOf(oidc.params?.['id_token_hint']) : undefined;
      // Its signature was verified at the beginning; since then it lay in our own table.
      return hint !== undefined && decodeJwt(hint).sub !== oidc.session?.accountId;
    },
  );
}

/** What the person cannot do better by doing it again. */
const unmet: ReadonlySet<string> = new Set([
  'essential_acr',
  'essential_acrs',
  'requirements_not_met',
  scriptUndecided,
]);

function refusal(check: interactionPolicy.Check): Error {
  if (unmet.has(check.reason)) return new errors.UnmetAuthenticationRequirements(check.description);
  return new errors.CustomOIDCProviderError(check.error ?? 'interaction_required', check.description);
}

/**
 * A login that was finished is not asked for again: a check that still fails then (an essential acr, `sub` or
 * `id_token_hint` that this person cannot meet) goes to the client as an error instead of into a loop.
 */
function endLoops(check: interactionPolicy.Check): void {
  const original = check.check.bind(check);
  check.check = async (ctx) => {
    const failed = await original(ctx);
    if (failed && ctx.oidc.result?.['login'] !== undefined) throw refusal(check);
    return failed;
  };
}

/**
 * For oidc-provider's `interactions.policy`.
 * @param grantsSilently whether anything is granted at `prompt=none` beyond what was granted before
 */
export function createPolicy(depsOf: DepsOf, { grantsSilently }: { readonly grantsSilently: boolean }): Policy {
  const policy = interactionPolicy.base();
  const login = policy.get('login');
  login?.checks.add(hintCheck());
  login?.checks.add(requirementsCheck(depsOf));
  login?.checks.add(standingCheck(depsOf));
  const consent = policy.get('consent');
  // First: whoever has to be there for a script is not told that a consent is all that lacks.
  consent?.checks.add(scriptCheck(depsOf), 0);
  for (const prompt of policy) {
    for (const check of prompt.checks) endLoops(check);
  }
  if (consent !== undefined && grantsSilently)
    policy.add(
      createSilentPrompt(consent, (ctx) => depsOf(ctx).grantSilently),
      policy.indexOf(consent),
    );
  return policy;
}
