/** Making, changing and removing workspaces: whole or not at all, and told of in the same transaction. */
import { isDeepStrictEqual } from 'node:util';
import { lossesOfScopes, lossesOfSettings, refuseLosses } from '../clients/client-losses.ts';
import type { Client, ClientStore } from '../clients/client.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { bindDefault, type ExecutionPointServiceStores } from '../extensions/execution-point.service.ts';
import { defaultPlace } from '../extensions/execution-point.ts';
import { removePageClient, type PageClientStores } from '../extensions/page-client.ts';
import type { IntegratorPageStore } from '../extensions/page.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { forgetWorkspace } from '../pools/pool-workspaces.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { HoldingsStore } from '../tenants/holdings.ts';
import { isReservedWorkspace } from '../tenants/tenant.ts';
import { insertWorkspace, parseSettings, prepareWorkspace } from './new-workspace.service.ts';
import type { NewWorkspace, NewWorkspaceStores } from './new-workspace.service.ts';
import { algOf, generateSigningKey, replaceActiveKey } from './signing-key.service.ts';
import type { SigningKeyStores } from './signing-key.service.ts';
import { isStandardScope, type ScopeStore } from './scope.ts';
import type { Workspace, WorkspaceSettings, WorkspaceStore } from './workspace.ts';

export interface WorkspaceServiceStores extends NewWorkspaceStores {
  readonly workspaces: Pick<WorkspaceStore, 'find' | 'insert' | 'update' | 'touch'>;
  readonly signingKeys: SigningKeyStores['signingKeys'];
  readonly scopes: Pick<ScopeStore, 'insert' | 'listOwn'>;
  readonly clients: Pick<ClientStore, 'find' | 'listRegistered'> & PageClientStores['clients'];
  readonly roles: PageClientStores['roles'];
  readonly artifacts: PageClientStores['artifacts'];
  readonly pages: Pick<IntegratorPageStore, 'clients'>;
  readonly pools: Pick<PoolStore, 'listNaming' | 'update'>;
  readonly holdings: Pick<HoldingsStore, 'removeWorkspace'>;
  readonly executionPoints: ExecutionPointServiceStores['executionPoints'];
  readonly scripts: ExecutionPointServiceStores['scripts'];
  readonly idps: ExecutionPointServiceStores['idps'];
}

/** A workspace with the script that it has for all of its idps, which is kept where scripts are bound; empty: none. */
export interface ShownWorkspace extends Workspace {
  readonly defaultScript: string;
}

export interface WorkspaceChange {
  readonly tenantId: TenantId;
  readonly id: WorkspaceId;
  readonly name?: string;
  /** Members to change; the others stay. */
  readonly settings?: Partial<WorkspaceSettings>;
  /** The script for all of its idps; empty: none. What is bound stays where it is left out. */
  readonly defaultScript?: string | undefined;
  /** The revision the caller has read; another one stored means somebody else was faster. */
  readonly ifRevision?: number;
  /** Sees what is stored before it is changed; what it throws stops the change. */
  readonly check?: (stored: ShownWorkspace) => void;
  /**
   * Takes away what clients are registered with: they stay as they are registered, and are refused it from then on. What
   * they were given before is good until its time is over.
   */
  readonly force?: boolean;
}

export interface WorkspaceService {
  /**
   * Makes a workspace with the standard scopes and its first signing key.
   * @throws PlatformError `unprocessable_entity`, `conflict` when the id is taken, `not_found` without such a tenant
   */
  create(input: NewWorkspace & Pick<WorkspaceChange, 'defaultScript'>): Promise<ShownWorkspace>;
  /**
   * @throws PlatformError `not_found`, `precondition_failed`, `unprocessable_entity`: also where clients lose something,
   *   who are named then
   */
  updateSettings(change: WorkspaceChange): Promise<ShownWorkspace>;
  /**
   * Removes it and all it holds, with the clients of its integrators' pages and what they were given.
   * @param check sees what is stored before it goes, in the same transaction; what it throws stops that
   * @throws PlatformError `not_found`, `bad_request` for the reserved ones
   */
  remove(tenant: TenantId, id: WorkspaceId, check?: (stored: ShownWorkspace) => void): Promise<void>;
}

async function get(
  stores: Pick<WorkspaceServiceStores, 'workspaces' | 'executionPoints'>,
  tenant: TenantId,
  id: WorkspaceId,
): Promise<ShownWorkspace> {
  const workspace = await stores.workspaces.find(tenant, id);
  if (workspace === undefined) throw new PlatformError('not_found', 'There is no such workspace.');
  return { ...workspace, defaultScript: await defaultScriptOf(stores, workspace) };
}

/** @returns its id; empty: none */
async function defaultScriptOf(
  { executionPoints }: Pick<WorkspaceServiceStores, 'executionPoints'>,
  { tenantId, id }: Pick<Workspace, 'tenantId' | 'id'>,
): Promise<string> {
  return (await executionPoints.find(defaultPlace({ tenantId, workspaceId: id })))?.scriptId ?? '';
}

/** To the published setting, from where a workspace's settings are kept. */
const defaultPointer = '/settings/settings/default_post_authn_ctx_script_id';

/**
 * What is compared is what was stored: the revision that was written is that of `before`.
 * @throws PlatformError `unprocessable_entity`
 */
export async function refuseWhatClientsLose(
  {
    clients,
    scopes,
  }: { readonly clients: Pick<ClientStore, 'listRegistered'>; readonly scopes: Pick<ScopeStore, 'listOwn'> },
  { tenantId, id, settings }: Pick<Workspace, 'tenantId' | 'id' | 'settings'>,
  next: WorkspaceSettings,
  extensions: Pick<ExtensionRegistry, 'scopesFor'>,
  replaces?: (id: Client['id']) => boolean,
): Promise<void> {
  const stay = new Set(extensions.scopesFor(next).map(({ name }) => name));
  const brought = extensions.scopesFor(settings).filter(({ name }) => !stay.has(name) && !isStandardScope(name));
  // A scope of the workspace's own stays, whoever else brought one of its name.
  const own = brought.length === 0 ? [] : (await scopes.listOwn(tenantId, id)).map(({ name }) => name);
  const ofSettings = lossesOfSettings(settings, next);
  const ofScopes = lossesOfScopes(brought.filter(({ name }) => !own.includes(name)));
  if (ofSettings === undefined && ofScopes === undefined) return;
  await refuseLosses(
    clients,
    { tenantId, workspaceId: id, ...(replaces === undefined ? {} : { replaces }) },
    (metadata) => [...(ofSettings?.(metadata) ?? []), ...(ofScopes?.(metadata) ?? [])],
  );
}

type PluginSettings = WorkspaceSettings['plugins'];

export interface WorkspaceServiceDeps {
  readonly unitOfWork: UnitOfWork<WorkspaceServiceStores>;
  readonly clock: Clock;
  readonly extensions: Pick<ExtensionRegistry, 'configFaults' | 'scopesFor'>;
}

export function createWorkspaceService(deps: WorkspaceServiceDeps): WorkspaceService {
  const { unitOfWork, clock, extensions } = deps;

  /** What is stored and stays as it is is not asked about: a plugin that was taken out must not stop every other change. */
  const checkPlugins = (next: PluginSettings, before: PluginSettings = {}): void => {
    const changed = Object.entries(next).filter(([id, value]) => !isDeepStrictEqual(value, before[id]));
    const faults = extensions.configFaults(Object.fromEntries(changed));
    if (faults.length === 0) return;
    const details = faults.map(({ pointer, message }) => ({ pointer: `/settings${pointer}`, message }));
    throw new PlatformError('unprocessable_entity', 'The settings of a plugin are not valid.', { details });
  };

  return {
    async create(input) {
      checkPlugins(input.settings?.plugins ?? {});
      const { defaultScript = '' } = input;
      const prepared = await prepareWorkspace(input, clock);
      const { workspace } = prepared;
      await unitOfWork.run(async (stores) => {
        await insertWorkspace(stores, prepared);
        const place = { tenantId: workspace.tenantId, workspaceId: workspace.id };
        await bindDefault(stores, place, defaultScript, defaultPointer);
      });
      return { ...workspace, defaultScript };
    },

    async updateSettings({ tenantId, id, name, settings, defaultScript, ifRevision, check, force = false }) {
      const { defaultScript: bound, ...before } = await unitOfWork.run((stores) => get(stores, tenantId, id));
      // The update below fails where this is not what is stored by then.
      check?.({ ...before, defaultScript: bound });
      const next = parseSettings({ ...before.settings, ...settings });
      checkPlugins(next.plugins, before.settings.plugins);
      // Made outside of the transaction; the update below fails when the workspace is another one by then.
      const key = algOf(next) === algOf(before.settings) ? undefined : await generateSigningKey(algOf(next), clock);
      return unitOfWork.run(async (stores) => {
        const updated = await stores.workspaces.update({
          ...before,
          name: name ?? before.name,
          settings: next,
          revision: ifRevision ?? before.revision,
          updatedAt: clock.now(),
        });
        if ((await defaultScriptOf(stores, before)) !== bound)
          throw new PlatformError('precondition_failed', 'Somebody else bound another script: read it again.');
        if (!force) await refuseWhatClientsLose(stores, before, next, extensions);
        const place = { tenantId, workspaceId: id };
        await bindDefault(stores, place, defaultScript ?? bound, defaultPointer);
        if (key !== undefined) await replaceActiveKey(stores, before, before.settings, key);
        await stores.outbox.append({
          tenantId,
          workspaceId: id,
          subject: 'server',
          action: 'updated',
          metadata: {},
          payload: { server_updated: { id, changed: Object.keys(settings ?? {}), revision: updated.revision } },
        });
        return { ...updated, defaultScript: defaultScript ?? bound };
      });
    },

    async remove(tenant, id, check) {
      if (isReservedWorkspace(id)) {
        throw new PlatformError('bad_request', `The workspace ${id} is reserved: it goes with its tenant.`);
      }
      await unitOfWork.run(async (stores) => {
        const stored = await get(stores, tenant, id);
        check?.(stored);
        const { name, type } = stored;
        // Held first: a page that somebody makes just now is there by then, or nowhere.
        await stores.workspaces.touch(tenant, id);
        // They stand in the workspace `system`, and would outlive the pages that they answered for.
        for (const client of await stores.pages.clients(tenant, id)) await removePageClient(stores, tenant, client);
        await forgetWorkspace(stores, tenant, id, clock.now());
        await stores.holdings.removeWorkspace(tenant, id);
        await stores.outbox.append({
          tenantId: tenant,
          workspaceId: id,
          subject: 'server',
          action: 'deleted',
          metadata: {},
          payload: { server_deleted: { id, name, type } },
        });
      });
    },
  };
}
