/** A workspace of the test engine: its configuration, and how a test changes it. */
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import type { TenantId, WorkspaceId } from '../../server/kernel/ids.ts';
import type { GrantSilently } from '../../server/oauth2/silent-grant.ts';
import type { AuthenticationSnapshot } from '../../server/sessions/session.ts';
import type { Claim } from '../../server/workspaces/claim.ts';
import type { Scope } from '../../server/workspaces/scope.ts';
import type { SigningKey } from '../../server/workspaces/signing-key.ts';
import type { WorkspaceSettings } from '../../server/workspaces/workspace.ts';

export const redirectUri = 'https://app.example/cb';

/** One workspace with its configuration; `change` is what a settings service would do. */
export interface TestWorkspace {
  readonly tenant: TenantId;
  readonly id: WorkspaceId;
  readonly issuer: string;
  keys: readonly SigningKey[];
  readonly scopes: Scope[];
  readonly claims: Claim[];
  readonly clients: Map<string, Client>;
  /** What the server believes of a client that was changed elsewhere. */
  readonly remembered: Map<string, Client>;
  readonly snapshots: Map<string, AuthenticationSnapshot>;
  readonly requirements: Map<string, readonly string[]>;
  /** Subjects of people who may not sign in any more. */
  readonly disabled: Set<string>;
  /** Answers what a login without a page would be granted: nothing by default. */
  grantSilently: GrantSilently;
  /** Called when a client is looked for, which waits for it. */
  onClientFind: () => Promise<void>;
  change(settings: Partial<WorkspaceSettings>): void;
  addClient(metadata: ClientMetadata, members?: Partial<Client>): Client;
}
