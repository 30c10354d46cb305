/** Binding scripts to where they run, and taking them from there. */
import type { ClientStore } from '../clients/client.ts';
import { isPlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { clientId, idpId, scriptId, type ScriptVersionId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IdpStore } from '../idps/idp.ts';
import {
  defaultPlace,
  mostBindings,
  targetsOf,
  type Binding,
  type BindingPlace,
  type ExecutionPointStore,
} from './execution-point.ts';
import { misfitAt, runningVersions, type ScriptPlace, type ScriptStore } from './script.ts';

export interface ExecutionPointServiceStores {
  readonly executionPoints: ExecutionPointStore;
  readonly scripts: Pick<ScriptStore, 'find' | 'listVersions'>;
  readonly idps: Pick<IdpStore, 'find'>;
  readonly clients: Pick<ClientStore, 'find'>;
  readonly outbox: Outbox;
}

export interface WantedBinding {
  readonly type: Binding['type'];
  readonly target: string;
  /** Empty: no script runs there. */
  readonly scriptId: string;
}

export interface ExecutionPointService {
  /**
   * Binds each of these; others stay as they are.
   * @param check sees all that is stored before; what it throws stops the change
   * @throws PlatformError `unprocessable_entity` by pointer, for a target or a script that is not there or does not fit
   */
  bind(
    tenant: TenantId,
    workspace: WorkspaceId,
    wanted: readonly WantedBinding[],
    check: (stored: readonly Binding[]) => void,
  ): Promise<readonly Binding[]>;
}

export function createExecutionPointService(deps: {
  readonly unitOfWork: UnitOfWork<ExecutionPointServiceStores>;
}): ExecutionPointService {
  return {
    bind: (tenantId, workspaceId, wanted, check) =>
      deps.unitOfWork.run(async (stores) => {
        check(await stores.executionPoints.list(tenantId, workspaceId));
        for (const [index, { type, target, scriptId: script }] of wanted.entries()) {
          const place = { tenantId, workspaceId, type, target };
          await bindAt(stores, place, script, `/execution_points/${String(index)}`);
        }
        return listBounded(stores, { tenantId, workspaceId }, '/execution_points');
      }),
  };
}

/** In a transaction. @param script empty: none runs there */
async function bindAt(
  stores: ExecutionPointServiceStores,
  place: BindingPlace,
  script: string,
  pointer: string,
): Promise<void> {
  const { tenantId, workspaceId, type, target } = place;
  if (script === '') await stores.executionPoints.remove(place);
  else {
    const binding: Binding = { ...place, scriptId: scriptId(script) };
    await checkBinding(stores, binding, pointer);
    await stores.executionPoints.put(binding);
  }
  await stores.outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: {},
    payload: { server_updated: { id: workspaceId, script_execution_point: { type, target, script } } },
  });
}

async function listBounded(
  { executionPoints }: Pick<ExecutionPointServiceStores, 'executionPoints'>,
  { tenantId, workspaceId }: Pick<BindingPlace, 'tenantId' | 'workspaceId'>,
  pointer: string,
): Promise<readonly Binding[]> {
  const bound = await executionPoints.list(tenantId, workspaceId);
  if (bound.length > mostBindings)
    throw unprocessable(pointer, `A workspace has at most ${String(mostBindings)} execution points.`);
  return bound;
}

/**
 * Binds the script that a workspace has for all of its idps: the published setting `default_post_authn_ctx_script_id`, which
 * is kept as this binding and nowhere else. In the transaction that changes the workspace.
 * @param script empty: none
 * @param pointer to the setting
 * @throws PlatformError `unprocessable_entity` for a script that is not there or does not fit
 */
export async function bindDefault(
  stores: ExecutionPointServiceStores,
  workspace: Pick<BindingPlace, 'tenantId' | 'workspaceId'>,
  script: string,
  pointer: string,
): Promise<void> {
  const place = defaultPlace(workspace);
  const bound = await stores.executionPoints.find(place);
  if ((bound?.scriptId ?? '') === script) return;
  try {
    await bindAt(stores, place, script, pointer);
  } catch (error) {
    // The setting is one text: what is wrong with it has no members.
    if (!isPlatformError(error, 'unprocessable_entity')) throw error;
    throw unprocessable(pointer, error.message);
  }
  await listBounded(stores, workspace, pointer);
}

type CheckStores = Pick<ExecutionPointServiceStores, 'scripts' | 'idps' | 'clients'>;

/**
 * @param pointer to the binding
 * @throws PlatformError `unprocessable_entity`
 */
export async function checkBinding(stores: CheckStores, binding: Binding, pointer = ''): Promise<void> {
  const { tenantId, workspaceId, type, scriptId: id } = binding;
  if (!(await hasTarget(stores, binding)))
    throw unprocessable(`${pointer}/target_fk`, `This is no ${targetsOf[type].join(' and no ')} of the workspace.`);
  const script = await stores.scripts.find({ tenantId, workspaceId, id });
  if (script === undefined) throw unprocessable(`${pointer}/script_id`, 'There is no such script in this workspace.');
  if (script.live === undefined) throw unprocessable(`${pointer}/script_id`, nothingPublished);
  const misfit = await misfitAmong(stores, script, runningVersions(script), type);
  if (misfit !== undefined) throw unprocessable(`${pointer}/script_id`, misfit);
}

export const nothingPublished = 'Nothing of this script is published: it would deny every login.';

/** @returns why one of these versions cannot run there, in a sentence */
export async function misfitAmong(
  { scripts }: { readonly scripts: Pick<ScriptStore, 'listVersions'> },
  script: ScriptPlace,
  versions: readonly ScriptVersionId[],
  type: Binding['type'],
): Promise<string | undefined> {
  const running = (await scripts.listVersions(script)).filter(({ version }) => versions.includes(version));
  return running.map((one) => misfitAt(one, type)).find((misfit) => misfit !== undefined);
}

async function hasTarget({ idps, clients }: CheckStores, place: BindingPlace): Promise<boolean> {
  const { tenantId, workspaceId, type, target } = place;
  for (const kind of targetsOf[type]) {
    switch (kind) {
      case 'workspace':
        if (target === workspaceId) return true;
        break;
      case 'idp':
        if ((await idps.find(tenantId, workspaceId, idpId(target))) !== undefined) return true;
        break;
      case 'client':
        if ((await clients.find(tenantId, workspaceId, clientId(target))) !== undefined) return true;
        break;
    }
  }
  return false;
}
