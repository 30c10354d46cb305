/** Extension point `authorizationRequest` (decide): a plugin's say in a request, at the authorization endpoint and at PAR. */
import type { Client } from '../clients/client.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { Verdict } from './hook-kinds.ts';

export interface AuthorizationRequest {
  readonly workspace: Workspace;
  readonly client: Client;
  /** The validated parameters; of a PAR or JAR request never the outer query. */
  readonly params: Readonly<Record<string, unknown>>;
}

export type AuthorizationRequestCheck = (request: AuthorizationRequest) => Verdict | Promise<Verdict>;
