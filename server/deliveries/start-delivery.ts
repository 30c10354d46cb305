/** Starts the workflow of a delivery for its row, once, however many processes try. */
import type { DeliveryClient } from '../../workflows/client.ts';
import type { DeliveryRows, DueDelivery } from '../extension-points/deliveries.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { DataKeyStore } from '../tenants/data-key.ts';

export interface StartDeliveryDeps {
  readonly dataKeys: Pick<DataKeyStore, 'ensure'>;
  readonly deliveries: Pick<DeliveryClient, 'start'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** Whose rows they are; core's messages where there is no owner. */
export interface OwnedRows {
  readonly owner: string | undefined;
  readonly rows: Omit<DeliveryRows, 'listDue'>;
}

/** How long whoever wrote a row has to start its delivery, before others do; and when one that did not start is tried again. Milliseconds. */
export const startGraceMs = 5_000;

/** Never rejects: what cannot be started now is due again soon. */
export async function startDelivery(
  { dataKeys, deliveries, clock, log }: StartDeliveryDeps,
  { owner, rows }: OwnedRows,
  due: DueDelivery,
): Promise<void> {
  const { tenantId, deliveryId, kind, destinations, expiresAt, reason, retry, hurriedAt } = due;
  try {
    const lifetimeMs = expiresAt - clock.now();
    if (lifetimeMs <= 0) {
      await rows.end(due, { state: 'expired', reason: reason ?? 'never_started' });
      return;
    }
    await dataKeys.ensure(tenantId, deliveryId);
    const found = await deliveries.start(
      {
        tenantId,
        deliveryId,
        kind,
        destinations,
        lifetimeMs,
        ...(owner === undefined ? {} : { owner }),
        ...(retry === undefined ? {} : { retry }),
      },
      hurriedAt !== undefined,
    );
    // Closed, and its row waits: whoever terminated it told the row nothing.
    if (found === 'over') await rows.end(due, { state: 'failed', reason: 'stopped' });
    else await rows.postpone(due, clock.now() + rows.lookAgainMs, true);
  } catch (error) {
    log.warn(
      { delivery: deliveryId, code: error instanceof Error ? error.name : 'unknown' },
      'A delivery could not be started.',
    );
    await rows.postpone(due, clock.now() + startGraceMs, false).catch(() => undefined);
  }
}
