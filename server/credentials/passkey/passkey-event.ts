/** What is told of somebody's passkeys, in the transaction of the change. */
import type { Outbox } from '../../kernel/events.ts';
import type { PersonAt } from '../../users/person-change.ts';

export async function tellOfPasskey(
  { outbox }: { readonly outbox: Outbox },
  { tenantId, poolId, id }: Pick<PersonAt, 'tenantId' | 'poolId' | 'id'>,
  action: 'add_completed' | 'updated' | 'deleted',
  credential: string,
): Promise<void> {
  await outbox.append({
    tenantId,
    subject: 'webauthn',
    action,
    metadata: { affected_user_pool_id: poolId, affected_user_id: id },
    payload: { [`webauthn_${action}`]: { user_id: id, credential_id: credential } },
  });
}
