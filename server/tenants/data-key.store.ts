/** Data keys in rows: wrapped by their tenant's key, and kept unwrapped for a while because each payload asks for one. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { LRUCache } from 'lru-cache';
import { insertUnlessTaken } from '../db/columns.ts';
import { isPlatformError, PlatformError } from '../kernel/errors.ts';
import { newId, tenantId } from '../kernel/ids.ts';
import type { TenantId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { DataKey, DataKeyStore } from './data-key.ts';
import { openTenantSealer } from './tenant-key.store.ts';

interface DataKeyRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workflow_id: string;
  readonly wrapped_key: string;
}

interface JoinedRow extends DataKeyRow {
  readonly sealed_key: string;
}

function contextOf(key: Pick<DataKey, 'id' | 'tenantId' | 'workflowId'>): string {
  return `data-keys.key:${key.tenantId}:${key.id}:${key.workflowId}`;
}

/**
 * Keys stay in memory for ten minutes: that long another process may still read what `remove` has erased.
 * Give this the database itself, not a transaction: a key of a transaction that is rolled back must not be remembered.
 */
export function createDataKeyStore(executor: Knex, deps: { readonly sealer: Sealer }): DataKeyStore {
  const forAWhile = { max: 10_000, ttl: 10 * 60_000, ttlAutopurge: true };
  const byId = new LRUCache<string, DataKey>(forAWhile);
  const idOfWorkflow = new LRUCache<string, string>(forAWhile);

  const remember = (key: DataKey): DataKey => {
    byId.set(key.id, key);
    idOfWorkflow.set(key.workflowId, key.id);
    return key;
  };

  const read = async (
    where: { readonly id: string } | { readonly workflow_id: string },
  ): Promise<DataKey | undefined> => {
    const row = await executor<JoinedRow>('data_keys')
      .join('tenants', 'tenants.id', 'data_keys.tenant_id')
      .where('id' in where ? { 'data_keys.id': where.id } : { 'data_keys.workflow_id': where.workflow_id })
      .first<JoinedRow | undefined>('data_keys.*', 'tenants.sealed_key');
    if (row === undefined) return undefined;
    const key = { id: row.id, tenantId: tenantId(row.tenant_id), workflowId: row.workflow_id };
    const wrapping = openTenantSealer(deps.sealer, key.tenantId, row.sealed_key);
    const bytes = Buffer.from(wrapping.open(row.wrapped_key, contextOf(key)), 'base64url');
    // A copy: a Buffer is a view of 64 KiB that it shares with others, and what remembers it would keep all of them.
    return { ...key, key: new Uint8Array(bytes) };
  };

  const readById = async (id: string): Promise<DataKey | undefined> => {
    const key = await read({ id });
    return key?.id === id ? remember(key) : undefined;
  };
  /** The payloads of one task ask for the same key at the same time. */
  const beingRead = new Map<string, Promise<DataKey | undefined>>();
  const findById = async (id: string): Promise<DataKey | undefined> => {
    const known = byId.get(id);
    if (known !== undefined) return known;
    const asked = beingRead.get(id) ?? readById(id).finally(() => beingRead.delete(id));
    beingRead.set(id, asked);
    return asked;
  };

  const findByWorkflow = async (workflowId: string): Promise<DataKey | undefined> => {
    const known = byId.get(idOfWorkflow.get(workflowId) ?? '');
    if (known !== undefined) return known;
    const key = await read({ workflow_id: workflowId });
    return key?.workflowId === workflowId ? remember(key) : undefined;
  };

  const insert = async (tenant: TenantId, workflowId: string): Promise<DataKey> => {
    const owner = await executor<{ id: string; sealed_key: string }>('tenants').where({ id: tenant }).first();
    if (owner?.id !== tenant) throw new PlatformError('not_found', 'There is no such tenant.');
    const key = { id: newId(), tenantId: tenant, workflowId, key: new Uint8Array(randomBytes(32)) };
    const wrapped = openTenantSealer(deps.sealer, tenant, owner.sealed_key).seal(
      Buffer.from(key.key).toString('base64url'),
      contextOf(key),
    );
    await insertUnlessTaken(
      executor<DataKeyRow>('data_keys').insert({
        id: key.id,
        tenant_id: tenant,
        workflow_id: workflowId,
        wrapped_key: wrapped,
      }),
      'A key of this workflow',
    );
    return remember(key);
  };

  return {
    findById,
    findByWorkflow,

    async ensure(tenant, workflowId) {
      let key = await findByWorkflow(workflowId);
      if (key === undefined) {
        try {
          key = await insert(tenant, workflowId);
        } catch (error) {
          // Another process was faster: its key is the key.
          if (!isPlatformError(error, 'conflict')) throw error;
          key = await findByWorkflow(workflowId);
        }
      }
      if (key?.tenantId !== tenant) throw new PlatformError('internal', 'This workflow belongs to another tenant.');
      return key;
    },

    async remove(tenant, workflowId) {
      await executor<DataKeyRow>('data_keys').where({ tenant_id: tenant, workflow_id: workflowId }).delete();
      const id = idOfWorkflow.get(workflowId);
      if (id !== undefined && byId.get(id)?.tenantId === tenant) {
        byId.delete(id);
        idOfWorkflow.delete(workflowId);
      }
    },
  };
}
