/** Deliveries and their tries in rows; what was sent and answered is sealed. */
import type { Knex } from 'knex';
import { unprocessable, type Sealer, type TenantId } from '../kit/index.ts';
import { optionalTime, toDelivery, toRow, type AttemptRow, type DeliveryRow } from './delivery-row.ts';
import { hurryEveryMs, keptMs, mostAttemptsKept, mostHurriedTries } from './delivery.ts';
import type { Delivery, DeliveryAttempt, DeliveryFilter, DeliveryStore, Exchange } from './delivery.ts';
import type { Webhook } from './webhook.ts';

type Key = Pick<Delivery, 'tenantId' | 'id'>;
type Place = Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>;

const contextOf = (tenant: TenantId, id: string, number: number) => `exchange:${tenant}:${id}:${String(number)}`;
/** Ended, or not yet. */
const pending = ['waiting', 'held'] as const;

export function createDeliveryStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): DeliveryStore {
  const rows = () => executor<DeliveryRow>('webhooks_deliveries');
  const tries = () => executor<AttemptRow>('webhooks_attempts');
  const one = ({ tenantId: tenant, id }: Key) => rows().where({ tenant_id: tenant, id });
  const waiting = (delivery: Key & Pick<Delivery, 'run'>) =>
    one(delivery).where({ state: 'waiting', run: delivery.run });
  const of = ({ tenantId: tenant, workspaceId: workspace, id }: Place) =>
    rows().where({ tenant_id: tenant, workspace_id: workspace, webhook_id: id });
  const filtered = (found: Knex.QueryBuilder<DeliveryRow, DeliveryRow[]>, { states, from, to }: DeliveryFilter) => {
    if (states !== undefined) void found.whereIn('state', [...states]);
    if (from !== undefined) void found.where('event_at', '>=', from);
    if (to !== undefined) void found.where('event_at', '<', to);
    return found;
  };
  const sameKey = ({ tenantId: tenant, workspaceId: workspace, webhookId, orderKey }: Delivery) =>
    rows()
      .where({ tenant_id: tenant, workspace_id: workspace, webhook_id: webhookId, order_key: orderKey ?? '' })
      .whereIn('state', [...pending]);

  return {
    async insertOnce(delivery) {
      await rows().insert(toRow(delivery)).onConflict(['tenant_id', 'id']).ignore();
    },

    async find(tenant, id) {
      const row = await one({ tenantId: tenant, id }).first<DeliveryRow | undefined>();
      return row?.id === id ? toDelivery(row) : undefined;
    },

    async list(webhook, { after, limit, ...filter }) {
      const found = filtered(of(webhook), filter);
      if (after !== undefined) {
        const start = await of(webhook).where({ id: after }).first('event_at');
        if (start === undefined)
          throw unprocessable('', 'There is no delivery with the id that the page is to begin at.');
        const at = Number(start.event_at);
        // The databases see no range in the second condition alone.
        void found
          .where('event_at', '<=', at)
          .where((beyond) => void beyond.where('event_at', '<', at).orWhere('id', '<', after));
      }
      const page = await found
        .orderBy([
          { column: 'event_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      return page.map(toDelivery);
    },

    async count(webhook) {
      const found = await of(webhook).groupBy('state').select('state').count({ count: '*' });
      return Object.fromEntries(found.map(({ state, count }) => [state, Number(count)]));
    },

    async attempts(tenant, id) {
      const found = await tries().where({ tenant_id: tenant, delivery_id: id }).orderBy('number');
      return found.map((row) => ({
        number: row.number,
        at: Number(row.at),
        durationMs: optionalTime(row.duration_ms),
        status: row.status ?? undefined,
        reason: row.reason,
        // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- this store wrote it, and nobody else could seal it
        exchange: JSON.parse(sealer.open(row.sealed_exchange, contextOf(tenant, id, row.number))) as Exchange,
      }));
    },

    async listDue(now, limit) {
      return (await rows().where('due_at', '<=', now).orderBy('due_at').limit(limit)).map(toDelivery);
    },

    async postpone(delivery, dueAt, isTold) {
      await waiting(delivery)
        .where((unchanged) => {
          void unchanged.where({ is_hurried: false });
          if (delivery.hurriedAt !== undefined) void unchanged.orWhere({ hurried_at: delivery.hurriedAt });
        })
        .update({ due_at: dueAt, ...(isTold ? { is_hurried: false } : {}) });
    },

    async hurry(delivery, now) {
      const changed = await waiting(delivery)
        .where({ is_hurried: false })
        .where('attempts', '<', mostHurriedTries)
        .where((late) => void late.whereNull('hurried_at').orWhere('hurried_at', '<=', now - hurryEveryMs))
        .update({ is_hurried: true, hurried_at: now, due_at: now });
      return changed > 0;
    },

    async hasEarlier(delivery) {
      const { eventAt, id } = delivery;
      const earlier = await sameKey(delivery)
        .where('event_at', '<=', eventAt)
        .where((before) => void before.where('event_at', '<', eventAt).orWhere('id', '<', id))
        .first('id');
      return earlier !== undefined;
    },

    async firstInOrder(delivery) {
      const first = await sameKey(delivery)
        .orderBy([{ column: 'event_at' }, { column: 'id' }])
        .first<DeliveryRow | undefined>();
      return first && toDelivery(first);
    },

    async release(delivery, now) {
      const next = await sameKey(delivery)
        .whereNot({ id: delivery.id })
        .orderBy([{ column: 'event_at' }, { column: 'id' }])
        .first('id', 'run');
      if (next !== undefined)
        await waiting({ tenantId: delivery.tenantId, ...next })
          .where('due_at', '>', now)
          .update({ due_at: now });
    },

    async beginAttempt(delivery, now, exchange) {
      const { tenantId: tenant, id } = delivery;
      await one(delivery).update({
        attempts: executor.raw('?? + 1', ['attempts']),
        started_at: delivery.startedAt ?? now,
      });
      const row = await one(delivery).first('attempts');
      const number = row?.attempts ?? 1;
      await tries().insert({
        tenant_id: tenant,
        delivery_id: id,
        number,
        at: now,
        duration_ms: null,
        status: null,
        reason: 'unanswered',
        sealed_exchange: sealer.seal(JSON.stringify(exchange), contextOf(tenant, id, number)),
      });
      await tries()
        .where({ tenant_id: tenant, delivery_id: id })
        .where('number', '<=', number - mostAttemptsKept)
        .delete();
      return number;
    },

    async endAttempt(delivery, { number, durationMs, status, reason, exchange }: Omit<DeliveryAttempt, 'at'>) {
      const { tenantId: tenant, id } = delivery;
      await tries()
        .where({ tenant_id: tenant, delivery_id: id, number })
        .update({
          duration_ms: durationMs ?? null,
          status: status ?? null,
          reason,
          sealed_exchange: sealer.seal(JSON.stringify(exchange), contextOf(tenant, id, number)),
        });
      await waiting(delivery).update({ reason });
    },

    async end(delivery, { state, reason }, now) {
      const isOver = state !== 'held';
      const changed = await waiting(delivery).update({
        state,
        reason,
        due_at: null,
        ...(isOver ? { ended_at: now } : {}),
      });
      return changed > 0;
    },

    async hold(webhook) {
      await of(webhook).where({ state: 'waiting' }).update({ state: 'held', due_at: null });
    },

    async resume(webhook, now) {
      return of(webhook)
        .where({ state: 'held' })
        .update({
          state: 'waiting',
          due_at: now,
          is_hurried: false,
          started_at: null,
          run: executor.raw('?? + 1', ['run']),
        });
    },

    async repeat(delivery, now, isHeld) {
      const changed = await one(delivery)
        .where({ run: delivery.run })
        .whereNotIn('state', [...pending])
        .update({
          state: isHeld ? 'held' : 'waiting',
          due_at: isHeld ? null : now,
          is_hurried: false,
          run: delivery.run + 1,
          reason: null,
          started_at: null,
          ended_at: null,
          // It comes out of its order, as somebody wants it to.
          order_key: null,
          remove_at: now + keptMs,
        });
      return changed > 0;
    },

    async listExpired(now, limit) {
      return (await rows().where('remove_at', '<', now).orderBy('remove_at').limit(limit)).map(toDelivery);
    },

    async remove(deliveries) {
      if (deliveries.length === 0) return 0;
      const keys = deliveries.map(({ tenantId: tenant, id }) => [tenant, id]);
      return rows().whereIn(['tenant_id', 'id'], keys).delete();
    },
  };
}
