/** That a pool is another from now on, as an event of its workspace, or of the tenant. */
import type { Outbox } from '../kernel/events.ts';
import type { Pool } from './pool.ts';

/** In the transaction of the change. */
export async function tellOfPool(
  outbox: Outbox,
  { tenantId, id, name, workspaceId }: Pool,
  action: 'created' | 'updated' | 'deleted',
): Promise<void> {
  await outbox.append({
    tenantId,
    ...(workspaceId === undefined ? {} : { workspaceId }),
    subject: 'pool',
    action,
    metadata: { user_pool_id: id },
    payload: { [`pool_${action}`]: { id, name } },
  });
}
