/** Endpoints in rows: their secrets sealed, each at its place. */
import type { Knex } from 'knex';
import { placeOfEvent, PlatformError, tenantId, workspaceId, type DomainEvent, type Sealer } from '../kit/index.ts';
import { isSubscribed, type Subscription, type Webhook, type WebhookSecrets, type WebhookStore } from './webhook.ts';

interface WebhookRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly url: string;
  readonly active: number | boolean;
  readonly insecure: number | boolean;
  readonly ordered: number | boolean;
  readonly events: string;
  readonly sealed_secrets: string;
  readonly state: Webhook['state'];
  readonly disabled_reason: string | null;
  readonly failing_since: number | string | null;
  readonly created_at: number | string;
  readonly updated_at: number | string;
}

type Key = Pick<Webhook, 'tenantId' | 'workspaceId' | 'id'>;

const toWebhook = (row: WebhookRow): Webhook => ({
  tenantId: tenantId(row.tenant_id),
  workspaceId: workspaceId(row.workspace_id),
  id: row.id,
  url: row.url,
  active: Boolean(row.active),
  insecure: Boolean(row.insecure),
  ordered: Boolean(row.ordered),
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- this store wrote it
  events: JSON.parse(row.events) as Subscription,
  state: row.state,
  disabledReason: row.disabled_reason ?? undefined,
  failingSince: row.failing_since === null ? undefined : Number(row.failing_since),
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at),
});

const membersOf = (webhook: Webhook) => ({
  url: webhook.url,
  active: webhook.active,
  insecure: webhook.insecure,
  ordered: webhook.ordered,
  events: JSON.stringify(webhook.events),
  state: webhook.state,
  disabled_reason: webhook.disabledReason ?? null,
  failing_since: webhook.failingSince ?? null,
  updated_at: webhook.updatedAt,
});

const keyOf = ({ tenantId: tenant, workspaceId: workspace, id }: Key) => ({
  tenant_id: tenant,
  workspace_id: workspace,
  id,
});
const contextOf = (key: Key) => `secrets:${key.tenantId}:${key.workspaceId}:${key.id}`;

/** Whether a webhook is told of this event: asked in the transaction that writes it, without what is sealed. */
export async function isListenedFor(
  executor: Knex,
  event: Pick<DomainEvent, 'tenantId' | 'workspaceId' | 'subject' | 'action'>,
): Promise<boolean> {
  const found = await executor<WebhookRow>('webhooks_endpoints')
    .where({ tenant_id: event.tenantId, workspace_id: placeOfEvent(event), active: true })
    .select('events');
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- this store wrote it
  return found.some((row) => isSubscribed({ events: JSON.parse(row.events) as Subscription }, event));
}

export function createWebhookStore(executor: Knex, { sealer }: { readonly sealer: Sealer }): WebhookStore {
  const rows = () => executor<WebhookRow>('webhooks_endpoints');
  const one = (key: Key) => rows().where(keyOf(key));
  const sealed = (key: Key, secrets: WebhookSecrets) => sealer.seal(JSON.stringify(secrets), contextOf(key));
  const gone = () => new PlatformError('not_found', 'There is no such webhook.');

  return {
    async find(tenant, workspace, id) {
      const row = await one({ tenantId: tenant, workspaceId: workspace, id }).first<WebhookRow | undefined>();
      // MySQL ignores trailing blanks when it compares; an id is this text and no other.
      return row?.id === id && row.workspace_id === workspace ? toWebhook(row) : undefined;
    },

    async list(tenant, workspace) {
      const found = await rows().where({ tenant_id: tenant, workspace_id: workspace }).orderBy('id');
      return found.map(toWebhook);
    },

    async subscribed(event) {
      const found = await rows().where({ tenant_id: event.tenantId, workspace_id: placeOfEvent(event), active: true });
      return found.map(toWebhook).filter((webhook) => isSubscribed(webhook, event));
    },

    async secrets(key) {
      const row = await one(key).first('sealed_secrets');
      if (row === undefined) throw gone();
      // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- this store wrote it, and nobody else could seal it
      return JSON.parse(sealer.open(row.sealed_secrets, contextOf(key))) as WebhookSecrets;
    },

    async insert(webhook, secrets) {
      try {
        await rows().insert({
          ...keyOf(webhook),
          ...membersOf(webhook),
          sealed_secrets: sealed(webhook, secrets),
          created_at: webhook.createdAt,
        });
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
        if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'ER_DUP_ENTRY')
          throw new PlatformError('conflict', 'A webhook with this id exists already.', { cause });
        if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY' || code === 'ER_NO_REFERENCED_ROW_2')
          throw new PlatformError('not_found', 'There is no such workspace.', { cause });
        throw cause;
      }
    },

    async update(webhook, secrets) {
      const changed = await one(webhook).update({
        ...membersOf(webhook),
        ...(secrets === undefined ? {} : { sealed_secrets: sealed(webhook, secrets) }),
      });
      if (changed === 0) throw gone();
    },

    async remove(key) {
      await one(key).delete();
    },

    async noteFailure(key, now) {
      await one(key).whereNull('failing_since').update({ failing_since: now });
      const row = await one(key).first('failing_since');
      return Number(row?.failing_since ?? now);
    },

    async noteSuccess(key) {
      await one(key).whereNotNull('failing_since').update({ failing_since: null });
    },

    async disable(key, reason, now) {
      const changed = await one(key)
        .where({ state: 'running' })
        .update({ state: 'disabled', disabled_reason: reason, updated_at: now });
      return changed > 0;
    },
  };
}
