/** That the ways into a workspace are others from now on, as an event of the workspace. */
import type { Outbox } from '../kernel/events.ts';
import type { Idp } from './idp.ts';

/** In the transaction of the change. */
export async function tellOfIdp(outbox: Outbox, idp: Idp, what: 'created' | 'updated' | 'deleted'): Promise<void> {
  const { tenantId, workspaceId, id, method } = idp;
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: { idp_id: id, idp_method: method },
    payload: { server_updated: { id: workspaceId, idp: { id, method, what } } },
  });
}
