/** What plugins and administrators have tokens say about a person: only what granted scopes release, and only where it is wanted. */
import type { Client } from '../clients/client.ts';
import type { ClaimContribution, ClaimPlace } from '../extension-points/claims.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { valueAt, type OwnClaim } from './own-claims.ts';

export interface ContributedClaimsDeps {
  /** Of plugins. */
  readonly contributions: readonly ClaimContribution[];
  /** The workspace's own. */
  readonly own: readonly OwnClaim[];
  readonly workspace: Workspace;
  readonly clients: {
    find(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  };
}

/** Whom a claim would be about, and who would read it. */
export interface ClaimSubject {
  readonly clientId: string;
  readonly subject: string;
  readonly grantedScopes: readonly string[];
  /** Claims about the person as the login left them. */
  readonly authenticationContext: Readonly<Record<string, unknown>>;
}

export interface ContributedClaims {
  /** Whether the name is answered for here, so that what the login left under it is not believed. A plugin answers everywhere. */
  readonly hides: (place: ClaimPlace | undefined, name: string) => boolean;
  /** Whether a claim of this name may be found there. */
  readonly has: (place: ClaimPlace, name: string) => boolean;
  /** Whether anything is contributed there. */
  readonly isIn: (place: ClaimPlace) => boolean;
  /** @throws PlatformError `internal` naming the claim that could not be made */
  of(place: ClaimPlace, about: ClaimSubject): Promise<Readonly<Record<string, unknown>>>;
}

/** @returns undefined where nothing is contributed: nobody has to ask then */
export function createContributedClaims(deps: ContributedClaimsDeps): ContributedClaims | undefined {
  const { contributions, own, workspace, clients } = deps;
  const all = [...contributions, ...own];
  if (all.length === 0) return undefined;
  const names = new Set(contributions.map(({ name }) => name));
  const has = (among: readonly Pick<ClaimContribution, 'name' | 'in'>[], place: ClaimPlace | undefined, name: string) =>
    place !== undefined && among.some((claim) => claim.name === name && claim.in.includes(place));
  return {
    hides: (place, name) => names.has(name) || has(own, place, name),
    has: (place, name) => has(all, place, name),
    isIn: (place) => all.some((claim) => claim.in.includes(place)),
    async of(place, { clientId: id, subject, grantedScopes, authenticationContext }) {
      const isReleased = (claim: Pick<ClaimContribution, 'in' | 'scopes'>): boolean =>
        claim.in.includes(place) && claim.scopes.some((scope) => grantedScopes.includes(scope));
      const known = own
        .filter((claim) => isReleased(claim) && !names.has(claim.name))
        .map(({ name, sourcePath }) => [name, valueAt(authenticationContext, sourcePath) ?? undefined] as const);
      const released = contributions.filter(isReleased);
      if (released.length === 0) return present(known);
      const client = await clients.find(workspace.tenantId, workspace.id, clientId(id));
      if (client === undefined) return present(known);
      const context = { workspace, client, subject, grantedScopes, authenticationContext };
      const claims = released.map(({ name, value }) => [name, made(name, () => value(context))] as const);
      return present([...known, ...claims]);
    },
  };
}

function present(claims: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(claims.filter(([, value]) => value !== undefined));
}

/** Whatever a plugin answers, a token holds JSON and nothing else. */
function made(name: string, value: () => unknown): unknown {
  try {
    const claim = value();
    return claim === undefined ? undefined : JSON.parse(JSON.stringify(claim));
  } catch (cause) {
    throw new PlatformError('internal', `the claim "${name}" could not be made`, { cause });
  }
}
