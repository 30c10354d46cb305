/** The workspaces that a pool names: whose it is, and whose scripts write of its people. None is named that is not there. */
import { PlatformError } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { tellOfPool } from './pool-event.ts';
import type { Pool, PoolStore } from './pool.ts';

export interface NamedWorkspaces {
  readonly workspaces: Pick<WorkspaceStore, 'findHeld'>;
}

type Naming = Pick<Pool, 'workspaceId' | 'settings'>;

/**
 * In a transaction those that are there stay until it ends.
 * @returns a pointer to each name that is of none
 */
export async function strayWorkspaces(
  { workspaces }: NamedWorkspaces,
  tenant: TenantId,
  { workspaceId: own, settings }: Naming,
): Promise<readonly { readonly pointer: string; readonly message: string }[]> {
  const named: readonly (readonly [string, WorkspaceId])[] = [
    ...(own === undefined ? [] : [['/workspace_id', own] as const]),
    ...settings.script_metadata_workspaces.map(
      (id, at) => [`/script_metadata_workspaces/${String(at)}`, workspaceId(id)] as const,
    ),
  ];
  const strays = [];
  for (const [pointer, id] of named)
    if ((await workspaces.findHeld(tenant, id)) === undefined)
      strays.push({ pointer, message: 'There is no such workspace.' });
  return strays;
}

/** @throws PlatformError `unprocessable_entity` */
export async function requireWorkspaces(stores: NamedWorkspaces, tenant: TenantId, naming: Naming): Promise<void> {
  const details = await strayWorkspaces(stores, tenant, naming);
  const [first] = details;
  if (first !== undefined) throw new PlatformError('unprocessable_entity', first.message, { details });
}

/**
 * In the transaction that removes a workspace, once nobody names it any more: one that is made later under the same id has
 * no say over these people.
 * @param at milliseconds since the epoch
 */
export async function forgetWorkspace(
  { pools, outbox }: { readonly pools: Pick<PoolStore, 'listNaming' | 'update'>; readonly outbox: Outbox },
  tenant: TenantId,
  workspace: WorkspaceId,
  at: number,
): Promise<void> {
  for (const { settings, ...pool } of await pools.listNaming(tenant, workspace)) {
    const left = settings.script_metadata_workspaces.filter((id) => id !== workspace);
    const changed = { ...pool, settings: { ...settings, script_metadata_workspaces: left }, updatedAt: at };
    await pools.update(changed);
    await tellOfPool(outbox, changed, 'updated');
  }
}
