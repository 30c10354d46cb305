/** The step of a login that takes its person to a custom application: asked for by the idp they came by. */
import { customAppStep, isScriptAppStep, scriptAppStep } from '../../workflows/contract/authentication.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import type { IdpStore } from '../idps/idp.ts';
import { customAppId, type CustomAppId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { Interaction, ProvenPerson } from './interaction.ts';
import type { OwnStep } from './login-case.ts';
import { scriptWaitOf } from './script-step.ts';
import { provenSoFar } from './proven-so-far.ts';

/** What a login satisfies that passed an application; a session that did not goes there before it is served. */
export const requirementOfApp = (id: CustomAppId): string => `custom-app:${id}`;

/** The application that is bound to the person's idp now. */
export async function boundApp(
  { idps }: { readonly idps: Pick<IdpStore, 'find'> },
  { tenantId, workspaceId }: { readonly tenantId: TenantId; readonly workspaceId: WorkspaceId },
  { idpId }: Pick<ProvenPerson, 'idpId'>,
): Promise<CustomAppId | undefined> {
  return (await idps.find(tenantId, workspaceId, idpId))?.postAuthnAppId;
}

/** Wanted until this login, or the session it goes on from, has passed the very application that is bound. */
export const customApp: OwnStep = {
  id: customAppStep,
  async isWanted(stores, { interaction }, person, known) {
    const { tenantId, workspaceId, id } = interaction;
    const app = await boundApp(stores, interaction, person);
    if (app === undefined) return false;
    const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, id)) ?? known;
    return proven?.satisfied.includes(requirementOfApp(app)) !== true;
  },
};

/**
 * The application at which a login's person is asked for now: the one that their idp is bound to, or the one that a script
 * sent them to.
 */
export async function askedApp(
  stores: { readonly idps: Pick<IdpStore, 'find'>; readonly scriptRuns: Pick<ScriptRunStore, 'listOf'> },
  interaction: Interaction,
): Promise<AskedApp | undefined> {
  const { person, step } = interaction;
  if (person === undefined) return undefined;
  if (!isScriptAppStep(step)) {
    const app = await boundApp(stores, interaction, person);
    return app === undefined ? undefined : { app, step: customAppStep, data: {} };
  }
  const waits = (await scriptWaitOf(stores, interaction))?.waits;
  if (waits?.kind !== 'redirect' || scriptAppStep(waits.call) !== step) return undefined;
  return { app: customAppId(waits.app), step, data: waits.data };
}

export interface AskedApp {
  readonly app: CustomAppId;
  readonly step: string;
  /** What a script has to say to it. */
  readonly data: Readonly<Record<string, unknown>>;
}
