/** A workspace and a client for plugins' tests. */
import type { Client, ClientMetadata } from '../../server/clients/client.ts';
import type { StepContext } from '../../server/extension-points/steps.ts';
import { clientId, idpId, interactionId, tenantId, userId, workspaceId } from '../../server/kernel/ids.ts';
import { workspaceSettingsSchema, type Workspace } from '../../server/workspaces/workspace.ts';

export interface PlaceSample {
  /** Members of the client's metadata, where the plugin looks at them. */
  readonly client?: ClientMetadata;
}

/** @param sample.plugins as in a workspace's settings: `{ [pluginId]: settings }` */
export function samplePlace(
  sample: PlaceSample & { readonly plugins: Readonly<Record<string, unknown>> },
): StepContext {
  const ids = { tenantId: tenantId('sample'), workspaceId: workspaceId('sample') };
  const workspace: Workspace = {
    tenantId: ids.tenantId,
    id: ids.workspaceId,
    name: 'Sample',
    type: 'regular',
    settings: workspaceSettingsSchema.parse({ plugins: sample.plugins }),
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
  };
  const client: Client = {
    ...ids,
    id: clientId('sample-client'),
    status: 'active',
    trusted: false,
    metadata: { client_name: 'Sample Application', redirect_uris: ['https://app.example/cb'], ...sample.client },
    secret: undefined,
    rotatedSecrets: [],
    createdAt: 0,
    updatedAt: 0,
  };
  const person = {
    subject: 'sample-subject',
    idpId: idpId('sample-idp'),
    idpSubject: 'sample-person',
    userId: userId('sample-user'),
    amr: ['pwd'],
    acr: undefined,
    authTime: 0,
  };
  return { workspace, client, person, interactionId: interactionId('sample-login') };
}
