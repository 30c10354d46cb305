/** Which of a workspace's idps a person signs in with: the one they picked, the one hinted at, or the only one. */
import type { Idp } from '../idps/idp.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

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

export function enabledIdps(idps: readonly Idp[]): readonly Idp[] {
  return idps.filter(({ enabled }) => enabled);
}
