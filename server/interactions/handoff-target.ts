/** Which integrator's page a step of a login sends its person to, as of now: for the browser on its way, and for the page's backend. */
import { authenticateStep, consentStep, customAppStep } from '../../workflows/contract/authentication.ts';
import { consentPageId, type IntegratorPage, type PageKind } from '../extensions/page.ts';

/** An integrator's page, and the step at which people are sent there. */
export interface HandoffTarget extends Omit<IntegratorPage, 'kind'> {
  readonly step: string;
}

const kinds: ReadonlyMap<string, PageKind> = new Map([
  [authenticateStep, 'custom-login'],
  [customAppStep, 'custom-app'],
  [consentStep, 'custom-consent'],
]);

/** Steps at which a person can be with an integrator's page. */
export const handoffSteps: readonly string[] = [...kinds.keys()];

/**
 * @param pages of the workspace
 * @param id of the idp that was chosen, or of the application that is bound to the person's idp
 */
export function targetAmong(
  pages: readonly IntegratorPage[],
  step: string,
  id: string = consentPageId,
): HandoffTarget | undefined {
  const found = pages.find((page) => page.kind === kinds.get(step) && page.id === id);
  return found && { step, id: found.id, name: found.name, url: found.url, clientId: found.clientId };
}
