/** What plugins say about a person: only what granted scopes release, and only where its contribution wants it to be. */
import type { Client } from '../clients/client.ts';
import type { ClaimContribution, ClaimPlace } from '../extension-points/claims.ts';
import { PlatformError } from '../kernel/errors.ts';
import { clientId } from '../kernel/ids.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';

export interface ContributedClaimsDeps {
  readonly contributions: readonly ClaimContribution[];
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
  /** All names that plugins answer for, and nobody else. */
  readonly names: ReadonlySet<string>;
  /** Whether anything is contributed there. */
  readonly isIn: (place: ClaimPlace) => boolean;
  /** @throws PlatformError `internal` naming the claim that could not be made */
  of(place: ClaimPlace, about: ClaimSubject): Promise<Readonly<Record<string, unknown>>>;
}

/** @returns undefined where nothing is contributed: nobody has to ask then */
export function createContributedClaims(deps: ContributedClaimsDeps): ContributedClaims | undefined {
  const { contributions, workspace, clients } = deps;
  if (contributions.length === 0) return undefined;
  return {
    names: new Set(contributions.map(({ name }) => name)),
    isIn: (place) => contributions.some((contribution) => contribution.in.includes(place)),
    async of(place, { clientId: id, subject, grantedScopes, authenticationContext }) {
      const released = contributions.filter(
        (contribution) =>
          contribution.in.includes(place) && contribution.scopes.some((scope) => grantedScopes.includes(scope)),
      );
      if (released.length === 0) return {};
      const client = await clients.find(workspace.tenantId, workspace.id, clientId(id));
      if (client === undefined) return {};
      const context = { workspace, client, subject, grantedScopes, authenticationContext };
      const claims = released.map(({ name, value }) => [name, made(name, () => value(context))] as const);
      return Object.fromEntries(claims.filter(([, value]) => value !== undefined));
    },
  };
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
