/** Deliveries and their tries, as the databases hand them out. */
import { eventId, tenantId, workspaceId } from '../kit/index.ts';
import { keptMs, type Delivery } from './delivery.ts';

type Time = number | string;

export interface DeliveryRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly webhook_id: string;
  readonly id: string;
  readonly event_id: string;
  readonly subject: string;
  readonly action: string;
  readonly event_at: Time;
  readonly order_key: string | null;
  readonly state: Delivery['state'];
  readonly reason: string | null;
  readonly attempts: number;
  readonly run: number;
  readonly created_at: Time;
  readonly started_at: Time | null;
  readonly ended_at: Time | null;
  readonly due_at: Time | null;
  readonly remove_at: Time;
  readonly hurried_at: Time | null;
  /** A number, as SQLite has it. */
  readonly is_hurried: boolean | number;
}

export interface AttemptRow {
  readonly tenant_id: string;
  readonly delivery_id: string;
  readonly number: number;
  readonly at: Time;
  readonly duration_ms: Time | null;
  readonly status: number | null;
  readonly reason: string;
  readonly sealed_exchange: string;
}

export const optionalTime = (time: Time | null): number | undefined => (time === null ? undefined : Number(time));

export const toDelivery = (row: DeliveryRow): Delivery => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  webhookId: row.webhook_id,
  id: row.id,
  eventId: eventId(row.event_id),
  subject: row.subject,
  action: row.action,
  eventAt: Number(row.event_at),
  orderKey: row.order_key ?? undefined,
  state: row.state,
  reason: row.reason ?? undefined,
  attempts: row.attempts,
  run: row.run,
  createdAt: Number(row.created_at),
  startedAt: optionalTime(row.started_at),
  endedAt: optionalTime(row.ended_at),
  dueAt: optionalTime(row.due_at),
  hurriedAt: optionalTime(row.hurried_at),
  isHurried: Boolean(row.is_hurried),
});

export const toRow = (delivery: Delivery): DeliveryRow => ({
  tenant_id: delivery.tenantId,
  workspace_id: delivery.workspaceId,
  webhook_id: delivery.webhookId,
  id: delivery.id,
  event_id: delivery.eventId,
  subject: delivery.subject,
  action: delivery.action,
  event_at: delivery.eventAt,
  order_key: delivery.orderKey ?? null,
  state: delivery.state,
  reason: delivery.reason ?? null,
  attempts: delivery.attempts,
  run: delivery.run,
  created_at: delivery.createdAt,
  started_at: delivery.startedAt ?? null,
  ended_at: delivery.endedAt ?? null,
  due_at: delivery.dueAt ?? null,
  remove_at: delivery.createdAt + keptMs,
  hurried_at: delivery.hurriedAt ?? null,
  is_hurried: delivery.isHurried,
});
