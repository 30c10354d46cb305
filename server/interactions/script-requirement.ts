/** What a login satisfies over which a script decided, and for whom that counts: pure, so that sessions and steps agree. */
import type { ClientId, IdpId, ScriptId, ScriptVersionId } from '../kernel/ids.ts';

/** What a login satisfies that a version let pass. A script sees the application, so what it said holds for this one alone. */
export function requirementOfScript(script: ScriptId, version: ScriptVersionId, client: ClientId): string {
  return `script:${script}@${version}#${client}`;
}

/** What a login satisfies whose idp a version of a script allows for this application. */
export function requirementOfChoice(
  script: ScriptId,
  version: ScriptVersionId,
  { idp, client }: { readonly idp: IdpId; readonly client: ClientId },
): string {
  return `idps:${script}@${version}:${idp}#${client}`;
}

/** Whether a requirement is of this script and this application, of whichever version. */
export function isOf(requirement: string, script: ScriptId, client: ClientId): boolean {
  return requirement.startsWith(`script:${script}@`) && requirement.endsWith(`#${client}`);
}

const isScripts = (requirement: string): boolean => requirement.startsWith('script:');
const isChoices = (requirement: string): boolean => requirement.startsWith('idps:');

/** Whether what a login satisfied counts for an application: of scripts, what they said of this one alone. */
export function speaksFor(client: ClientId, requirement: string): boolean {
  const isOfOne = isScripts(requirement) || isChoices(requirement);
  return !isOfOne || requirement.endsWith(`#${client}`);
}

/** Whether a script decided over a login of this application: what it said of the person is then for no other one. */
export function isDecidedFor(client: ClientId, satisfied: readonly string[]): boolean {
  return satisfied.some((requirement) => isScripts(requirement) && speaksFor(client, requirement));
}

/** Whether a script decided over a login, of whichever application. */
export const isScripted = (satisfied: readonly string[]): boolean => satisfied.some(isScripts);
