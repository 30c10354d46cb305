/** Which of a workspace's idps a person signs in with: the one they picked, the one hinted at, the only one, or that of a session. */
import type { Client } from '../clients/client.ts';
import type { Idp } from '../idps/idp.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { Interaction } from './interaction.ts';
import type { AskedFrom, KnownPerson } from './proof.ts';

/** A login at its first page. */
export interface IdpQuestion {
  readonly workspace: Workspace;
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly interaction: Interaction;
  readonly from: AskedFrom;
}

export interface SessionAdmission {
  /**
   * Whom a session knows, where its idp is allowed for the application that asks: the script is run where it has not said so
   * before. That it did is kept with them.
   * @returns undefined where they have to sign in by another idp
   */
  admit(question: IdpQuestion, known: KnownPerson): Promise<KnownPerson | undefined>;
}

/**
 * @param picked the `idp` query parameter as it came; anything that is no enabled idp of the workspace counts for nothing
 * @returns undefined where the person has to choose, or where there is none
 */
export function chosenIdp(
  idps: readonly Idp[],
  request: Pick<AuthorizationRequest, 'idpHint'>,
  picked: unknown,
): Idp | undefined {
  const enabled = enabledIdps(idps);
  const byId = (id: unknown) => enabled.find((idp) => idp.id === id);
  const shown = shownIdps(enabled);
  return byId(picked) ?? byId(request.idpHint) ?? (shown.length === 1 ? shown[0] : undefined);
}

/** Those that pages offer: a hidden one has to be named. */
export function shownIdps(idps: readonly Idp[]): readonly Idp[] {
  return idps.filter(({ hidden }) => hidden !== true);
}

/**
 * As they come where somebody chooses: the lowest `display_order` first, those without one last. Of two that this does not tell
 * apart, the one that was added first.
 * @param idps as they were added
 */
export function inDisplayOrder(idps: readonly Idp[]): readonly Idp[] {
  const placeOf = ({ displayOrder = Number.MAX_VALUE }: Idp) => displayOrder;
  return idps.toSorted((one, other) => placeOf(one) - placeOf(other));
}

export function enabledIdps(idps: readonly Idp[]): readonly Idp[] {
  return idps.filter(({ enabled }) => enabled);
}
