/** What core's durable workflow has done for a delivery: a try of it, its end, and what follows for the endpoint. */
import type {
  Attempted,
  DeliveryOutcome,
  DeliveryStart,
  DueDelivery,
  PluginDeliveries,
  PluginHost,
  TenantId,
} from '../kit/index.ts';
import { dueOf, lifetimeMs, readRunId, type Delivery } from './delivery.ts';
import { tellOfWebhook } from './events.ts';
import { createPlaces } from './places.ts';
import { send, webhookRequest, type Answer } from './request.ts';
import { storesOf, workOf, type Stores } from './stores.ts';
import { disabledAfterMs, type Webhook } from './webhook.ts';

/** The plugin's observer, by whose name what was not told yet waits. */
export const observerId = 'deliver';

const hourMs = 3_600_000;
/** How long something waits that is not the first of its order, unless it is released before. Milliseconds. */
const behindMs = 15_000;
const noPlaceMs = 1_000;

const over = (reason: string): Attempted => ({ kind: 'over', end: { outcome: 'failed', reason } });

export function createWebhookDeliveries(host: PluginHost): PluginDeliveries {
  const { clock, log } = host;
  const stores = storesOf(host);
  const work = workOf(host);
  const places = createPlaces();

  const runOf = ({ deliveryId }: Pick<DueDelivery, 'deliveryId'>) => readRunId(deliveryId) ?? { id: '', run: 0 };
  /** The row, where this run of it is what waits or ended last. */
  const current = async ({ tenantId: tenant, deliveryId }: DeliveryStart): Promise<Delivery | undefined> => {
    const { id, run } = runOf({ deliveryId });
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- a row of this tenant is found by it, or none
    const found = await stores.deliveries.find(tenant as TenantId, id);
    return found?.run === run ? found : undefined;
  };

  const endOf = async (
    delivery: Delivery,
    state: 'delivered' | 'failed' | 'expired',
    reason: string,
  ): Promise<void> => {
    const now = clock.now();
    await work(async ({ deliveries }) => {
      await deliveries.end(delivery, { state, reason }, now);
      if (delivery.orderKey !== undefined) await deliveries.release(delivery, now);
    });
    if (delivery.orderKey !== undefined) host.beginDeliveries();
  };

  /** The endpoint is told nothing any more where it wants that, or took nothing for days. @returns whether it was disabled */
  const disableIfDue = async (webhook: Webhook, isGone: boolean, now: number): Promise<boolean> => {
    const reason = await work(async ({ webhooks, deliveries, outbox }) => {
      const since = await webhooks.noteFailure(webhook, now);
      const why = isGone ? 'gone' : now - since >= disabledAfterMs ? 'failing' : undefined;
      if (why === undefined || !(await webhooks.disable(webhook, why, now))) return undefined;
      await deliveries.hold(webhook);
      await tellOfWebhook(outbox, webhook, 'disabled', { reason: why });
      return why;
    });
    if (reason === undefined) return false;
    const { tenantId: tenant, workspaceId: workspace, id } = webhook;
    log.warn({ tenant, workspace, webhook: id, reason }, 'A webhook was disabled.');
    return true;
  };

  const conclude = async (delivery: Delivery, webhook: Webhook, answer: Answer): Promise<Attempted> => {
    if (answer.kind === 'taken') {
      await stores.webhooks.noteSuccess(webhook);
      await endOf(delivery, 'delivered', 'delivered');
      return { kind: 'delivered' };
    }
    const { reason, retryAfterMs } = answer;
    if (await disableIfDue(webhook, answer.isGone === true, clock.now())) return over('held');
    return { kind: 'failed', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  };

  const tryOnce = async (delivery: Delivery, webhook: Webhook): Promise<Attempted> => {
    const event = await host.events.find(delivery.tenantId, delivery.eventId);
    if (event === undefined) {
      await endOf(delivery, 'failed', 'event_gone');
      return over('event_gone');
    }
    const at = clock.now();
    const secrets = await stores.webhooks.secrets(webhook);
    const request = webhookRequest(webhook, secrets, { id: delivery.id, event: host.events.toBody(event), at });
    // Before it is sent: what a receiver got is in the log, also where we never hear of it again.
    const number = await work(({ deliveries }) => deliveries.beginAttempt(delivery, at, request.exchange));
    const answer = await send(host, webhook, request);
    const reason = answer.kind === 'taken' ? 'delivered' : answer.reason;
    await stores.deliveries.endAttempt(delivery, {
      number,
      durationMs: clock.now() - at,
      status: answer.status,
      reason,
      exchange: answer.exchange,
    });
    return conclude(delivery, webhook, answer);
  };

  return {
    lookAgainMs: hourMs,

    async listDue(now, limit) {
      const due: DueDelivery[] = [];
      for (const delivery of await stores.deliveries.listDue(now, limit)) {
        if (delivery.orderKey === undefined || (await isFirst(host, stores, delivery))) due.push(dueOf(delivery, now));
        else await stores.deliveries.postpone(delivery, now + behindMs, false);
      }
      return due;
    },

    async postpone(due, dueAt, isTold) {
      const { tenantId, hurriedAt } = due;
      await stores.deliveries.postpone({ tenantId, ...runOf(due), hurriedAt }, dueAt, isTold);
    },

    async end(due, end) {
      const { id } = runOf(due);
      const delivery = await stores.deliveries.find(due.tenantId, id);
      if (delivery !== undefined) await endOf({ ...delivery, ...runOf(due) }, end.state, end.reason);
    },

    async attempt(start) {
      const delivery = await current(start);
      if (delivery?.state !== 'waiting') return { kind: 'over', end: outcomeOf(delivery) };
      const webhook = await stores.webhooks.find(delivery.tenantId, delivery.workspaceId, delivery.webhookId);
      if (webhook?.active !== true) {
        await endOf(delivery, 'failed', 'inactive');
        return over('inactive');
      }
      if (webhook.state !== 'running') {
        await stores.deliveries.end(delivery, { state: 'held', reason: webhook.state }, clock.now());
        return over('held');
      }
      if (delivery.startedAt !== undefined && clock.now() - delivery.startedAt >= lifetimeMs) {
        await endOf(delivery, 'expired', delivery.reason ?? 'deadline');
        return { kind: 'over', end: { outcome: 'expired', reason: delivery.reason ?? 'deadline' } };
      }
      const leave = await places.take(webhook);
      if (leave === undefined) return { kind: 'later', afterMs: noPlaceMs };
      try {
        return await tryOnce(delivery, webhook);
      } finally {
        leave();
      }
    },

    async close(start, { outcome, reason }) {
      const delivery = await current(start);
      if (delivery?.state !== 'waiting') return outcomeOf(delivery);
      const webhook = await stores.webhooks.find(delivery.tenantId, delivery.workspaceId, delivery.webhookId);
      await endOf(delivery, outcome, reason);
      if (outcome === 'expired' && webhook !== undefined) await disableIfDue(webhook, false, clock.now());
      return { outcome, reason };
    },
  };
}

/** Whether nothing of the same order is before it, here or on its way here. */
async function isFirst(host: PluginHost, { deliveries }: Stores, delivery: Delivery): Promise<boolean> {
  if (await host.events.isBehind(observerId, delivery, delivery.eventAt)) return false;
  return !(await deliveries.hasEarlier(delivery));
}

/** How a row stands to a workflow that is not its run any more, or finds it ended. */
function outcomeOf(delivery: Delivery | undefined): DeliveryOutcome {
  if (delivery === undefined) return { outcome: 'failed', reason: 'gone' };
  const { state, reason } = delivery;
  if (state === 'waiting' || state === 'held') return { outcome: 'failed', reason: 'held' };
  return { outcome: state, reason: reason ?? state };
}
