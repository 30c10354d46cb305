/** The step of a login at which a post-authentication script decides: bound to the idp, or to the whole workspace. */
import { scriptStep } from '../../workflows/contract/authentication.ts';
import { scriptAtIdp } from '../extensions/execution-point.ts';
import type { ExecutionPointStore } from '../extensions/execution-point.ts';
import type { ScriptRun, ScriptRunStore } from '../extensions/script-run.ts';
import { runningVersions, type ScriptStore } from '../extensions/script.ts';
import type { ClientId, IdpId, ScriptId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Interaction } from './interaction.ts';
import type { OwnStep } from './login-case.ts';
import { provenSoFar } from './proven-so-far.ts';
import { isOf, requirementOfScript } from './script-requirement.ts';

interface Place {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
}

interface BoundStores {
  readonly executionPoints: Pick<ExecutionPointStore, 'find'>;
}

/** The script that decides over people of an idp. */
export async function boundScript(stores: BoundStores, place: Place, idp: IdpId): Promise<ScriptId | undefined> {
  return (await scriptAtIdp(stores, { ...place, idp }))?.scriptId;
}

/**
 * What a session must have satisfied before its person is let into an application without a word: one of these.
 * @returns undefined where no script decides; none at all where nothing of it runs, so that nobody is let in
 */
export async function requirementsOfScript(
  stores: BoundStores & { readonly scripts: Pick<ScriptStore, 'read'> },
  place: Place,
  { idp, client }: { readonly idp: IdpId; readonly client: ClientId },
): Promise<readonly string[] | undefined> {
  const id = await boundScript(stores, place, idp);
  if (id === undefined) return undefined;
  const script = await stores.scripts.read({ ...place, id });
  return script === undefined ? [] : runningVersions(script).map((version) => requirementOfScript(id, version, client));
}

/** Wanted until the script that is bound let this login pass, or a version that still runs the session it goes on from. */
export const script: OwnStep = {
  id: scriptStep,
  async isWanted(stores, { interaction }, person, known) {
    const { tenantId, workspaceId, id, clientId: client } = interaction;
    const place = { tenantId, workspaceId };
    const bound = await boundScript(stores, place, person.idpId);
    if (bound === undefined) return false;
    const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, id));
    // A login keeps the version that it began with, whatever is published meanwhile.
    if (proven?.earned.some((one) => isOf(one, bound, client)) === true) return false;
    const before = (proven ?? known)?.satisfied ?? [];
    if (!before.some((one) => isOf(one, bound, client))) return true;
    const accepted = await requirementsOfScript(stores, place, { idp: person.idpId, client });
    return accepted?.some((one) => before.includes(one)) !== true;
  },
};

/** The run of this login's person that waits for something. */
export async function scriptWaitOf(
  { scriptRuns }: { readonly scriptRuns: Pick<ScriptRunStore, 'listOf'> },
  { tenantId, workspaceId, id, person }: Interaction,
): Promise<ScriptRun | undefined> {
  const runs = await scriptRuns.listOf(tenantId, workspaceId, id);
  return runs.findLast(({ subject, waits, end }) => subject === person?.subject && waits !== undefined && !end);
}
