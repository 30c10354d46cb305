/** What the adapters of one workspace work with. */
import type { Client } from '../../clients/client.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ClientId, TenantId, WorkspaceId } from '../../kernel/ids.ts';
import type { ArtifactStore } from '../artifact.ts';
import type { ClientRules } from './client-metadata.ts';

export interface AdapterDeps {
  readonly artifacts: ArtifactStore;
  readonly clients: {
    find(tenant: TenantId, workspace: WorkspaceId, id: ClientId): Promise<Client | undefined>;
  };
  readonly clock: Clock;
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** What clients may be under the workspace's settings. */
  readonly rules: ClientRules;
}
