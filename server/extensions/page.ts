/** The pages of a workspace that are integrators': where each is, and which client answers for it. */
import { webUriProblem } from '../clients/client-metadata.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { ClientId, TenantId, WorkspaceId } from '../kernel/ids.ts';

/** `custom-login`: of an idp; `custom-consent`: of the workspace; `custom-app`: an application that idps are bound to. */
export type PageKind = 'custom-app' | 'custom-login' | 'custom-consent';

/** A page that people may be sent to in the middle of a login. */
export interface IntegratorPage {
  readonly kind: PageKind;
  /** Of the application, or of the idp; a workspace has one consent page, which is called as `consentPageId` says. */
  readonly id: string;
  /** What people read. */
  readonly name: string;
  /** Where they are sent, with `login_id` and `login_state` in the query. */
  readonly url: string;
  /** Of the workspace `system`: by its tokens the page reads the login and answers it, and nobody else does. */
  readonly clientId: ClientId;
}

export const consentPageId = 'server-consent';

export interface IntegratorPageStore {
  /** All of a workspace that somebody can be sent to: those of idps that are switched off are not among them. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly IntegratorPage[]>;
  /** Of every page of a workspace, those of idps that are switched off among them. */
  clients(tenant: TenantId, workspace: WorkspaceId): Promise<readonly ClientId[]>;
}

/**
 * Where an integrator's page may be: https, or http on the own machine; without user name, password or fragment.
 * @returns what is wrong with it
 */
export function pageUrlProblem(url: string): string | undefined {
  const problem = webUriProblem(url);
  if (problem !== undefined) return problem;
  const { username, password, hash } = new URL(url);
  if (username !== '' || password !== '') return 'must hold no user name or password';
  return hash !== '' || url.endsWith('#') ? 'must have no fragment' : undefined;
}

/** @param pointer where it was given. @throws PlatformError `unprocessable_entity` */
export function checkPageUrl(url: string, pointer: string): void {
  const problem = pageUrlProblem(url);
  if (problem !== undefined) throw unprocessable(pointer, `The address ${problem}.`);
}
