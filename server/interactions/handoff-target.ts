/** Which integrator's page a step of a login sends its person to, as of now, and how long they are waited for there. */
import {
  authenticateStep,
  consentStep,
  customAppStep,
  isScriptAppStep,
} from '../../workflows/contract/authentication.ts';
import { consentPageId, type IntegratorPage, type PageKind } from '../extensions/page.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import { parseDuration } from '../kernel/duration.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { Interaction } from './interaction.ts';
import { scriptWaitOf } from './script-step.ts';

/** An integrator's page, and the step at which people are sent there. */
export interface HandoffTarget extends Omit<IntegratorPage, 'kind'> {
  readonly step: string;
}

const kinds: ReadonlyMap<string, PageKind> = new Map([
  [authenticateStep, 'custom-login'],
  [customAppStep, 'custom-app'],
  [consentStep, 'custom-consent'],
]);

/** Steps at which a person can be with an integrator's page, besides those that a script makes on its way. */
export const handoffSteps: readonly string[] = [...kinds.keys()];

/** At a page of which kind a step can be taken; undefined where that is always one of ours. */
export function pageKindAt(step: string): PageKind | undefined {
  return isScriptAppStep(step) ? 'custom-app' : kinds.get(step);
}

/**
 * @param pages of the workspace
 * @param id of the idp that was chosen, or of the application that is bound to the person's idp
 */
export function targetAmong(
  pages: readonly IntegratorPage[],
  step: string,
  id: string = consentPageId,
): HandoffTarget | undefined {
  const found = pages.find((page) => page.kind === pageKindAt(step) && page.id === id);
  return found && { step, id: found.id, name: found.name, url: found.url, clientId: found.clientId };
}

/** How long a stay is waited for: as the script says that sent its person there, or else as the workspace does. Milliseconds. */
export async function stayTimeout(
  stores: { readonly scriptRuns: Pick<ScriptRunStore, 'listOf'> },
  interaction: Interaction,
  step: string,
  { custom_app_timeout: usual }: Pick<WorkspaceSettings, 'custom_app_timeout'>,
): Promise<number> {
  const waits = isScriptAppStep(step) ? (await scriptWaitOf(stores, interaction))?.waits : undefined;
  return (waits?.kind === 'redirect' ? waits.timeoutMs : undefined) ?? parseDuration(usual) ?? 0;
}
