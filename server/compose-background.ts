/** The composition root's part that runs in a worker, beside the logins. */
import type { ApprovalClient, DeliveryClient } from '../workflows/client.ts';
import { createApprovalWatch, type ApprovalWatch } from './approvals/approval-watch.ts';
import { createOutboxRelay, type OutboxRelay } from './audit/outbox.relay.ts';
import { createAbandonedRegistrationService } from './codes/abandoned-registration.service.ts';
import type { Platform } from './compose.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { createDeliveryWatch, type DeliveryWatch } from './deliveries/delivery-watch.ts';
import { messageRows } from './messages/dispatch.ts';
import { createHousekeeping, type Housekeeping, type Sweep } from './ops/housekeeping.ts';

/** What runs beside the logins: events on their way to observers, deliveries and approvals nobody started, and rows that are over. */
export interface Background {
  readonly relay: OutboxRelay;
  readonly watch: DeliveryWatch;
  readonly approvals: ApprovalWatch;
  readonly housekeeping: Housekeeping;
}

/** Whose rows are over one day. */
export function sweepsOf({
  config,
  stores,
  unitOfWork,
  pluginSweeps,
  kinds,
  database,
}: Pick<Platform, 'config' | 'stores' | 'unitOfWork' | 'pluginSweeps' | 'kinds' | 'database'>): readonly Sweep[] {
  const registrations = createAbandonedRegistrationService({
    registrations: stores.abandonedRegistrations,
    unitOfWork,
  });
  const sweep = (name: string, store: { removeExpired(now: number, limit: number): Promise<number> }): Sweep => ({
    name,
    run: (now, limit) => store.removeExpired(now, limit),
  });
  return [
    sweep('artifacts', stores.artifacts),
    sweep('proofs', stores.proofs),
    sweep('interactions', stores.interactions),
    sweep('handoffs', stores.handoffs),
    {
      name: 'scriptRuns',
      run: (now, limit) => stores.scriptRuns.removeExpired(now - config.scriptRunRetentionMs, limit),
    },
    {
      name: 'approvals',
      run: (now, limit) => stores.approvals.removeExpired(now - config.scriptRunRetentionMs, limit),
    },
    sweep('scriptValues', stores.scriptValues),
    sweep('scriptDebugs', stores.scriptDebugs),
    sweep('snapshots', stores.snapshots),
    sweep('revocations', stores.revocations),
    sweep('throttle', stores.throttle),
    sweep('messages', stores.messages),
    ...kinds.flatMap(({ expiring }) => (expiring ? [sweep(expiring.name, expiring.rows(database))] : [])),
    sweep('codes', stores.codes),
    sweep('deliveries', stores.deliveries),
    ...pluginSweeps,
    {
      name: 'registrations',
      run: (now, limit) => registrations.remove(now - config.registrationRetentionMs, now, limit),
    },
    { name: 'tenants', run: (_now, limit) => stores.holdings.removeSome(limit) },
    { name: 'pools', run: (_now, limit) => stores.pools.removeSome(limit) },
    // Ten times as many: it is as fast to say, and nobody waits for it.
    { name: 'stretches', run: async (_now, limit) => Math.ceil((await stores.stretches.place(10 * limit)) / 10) },
    { name: 'events', run: (now, limit) => stores.outbox.removeOlder(now - config.auditRetentionMs, limit) },
  ];
}

export function composeBackground(
  platform: Platform,
  deliveries: Pick<DeliveryClient, 'start'>,
  approvals: Pick<ApprovalClient, 'look'>,
): Background {
  const { stores, unitOfWork, dataKeys, log, observers, news, doorbell } = platform;
  return {
    relay: createOutboxRelay({ outbox: stores.deliveries, observers, doorbell: news, clock, log }),
    approvals: createApprovalWatch({ ...stores, unitOfWork, dataKeys, workflows: approvals, clock, log }),
    watch: createDeliveryWatch({
      sources: [
        { owner: undefined, rows: messageRows(stores.messages) },
        ...[...platform.pluginDeliveries].map(([owner, rows]) => ({ owner, rows })),
      ],
      doorbell,
      dataKeys,
      deliveries,
      clock,
      log,
    }),
    housekeeping: createHousekeeping({ sweeps: sweepsOf(platform), clock, log, intervalMs: 10 * 60_000 }),
  };
}
