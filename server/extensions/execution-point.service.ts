/** Binding scripts to where they run, and taking them from there. */
import type { ClientStore } from '../clients/client.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { clientId, idpId, scriptId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IdpStore } from '../idps/idp.ts';
import {
  mostBindings,
  targetsOf,
  type Binding,
  type BindingPlace,
  type ExecutionPointStore,
} from './execution-point.ts';
import { misfitAt, runningVersions, type ScriptStore } from './script.ts';

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
  readonly runsAt: readonly Binding['type'][];
}): ExecutionPointService {
  return {
    bind: (tenantId, workspaceId, wanted, check) =>
      deps.unitOfWork.run(async (stores) => {
        const { executionPoints, outbox } = stores;
        check(await executionPoints.list(tenantId, workspaceId));
        for (const [index, { type, target, scriptId: script }] of wanted.entries()) {
          const place = { tenantId, workspaceId, type, target };
          const pointer = `/execution_points/${String(index)}`;
          if (script === '') await executionPoints.remove(place);
          else {
            const binding: Binding = { ...place, scriptId: scriptId(script) };
            await checkBinding(stores, binding, deps.runsAt, pointer);
            await executionPoints.put(binding);
          }
          await outbox.append({
            tenantId,
            workspaceId,
            subject: 'server',
            action: 'updated',
            metadata: {},
            payload: { server_updated: { id: workspaceId, script_execution_point: { type, target, script } } },
          });
        }
        const bound = await executionPoints.list(tenantId, workspaceId);
        if (bound.length > mostBindings)
          throw unprocessable('/execution_points', `A workspace has at most ${String(mostBindings)} of them.`);
        return bound;
      }),
  };
}

export const noRun = (type: Binding['type']): string => `No script is run at ${type} by this version.`;

type CheckStores = Pick<ExecutionPointServiceStores, 'scripts' | 'idps' | 'clients'>;

/**
 * @param runsAt where scripts are run: one that is bound elsewhere would be taken for a rule that nobody keeps
 * @param pointer to the binding
 * @throws PlatformError `unprocessable_entity`
 */
export async function checkBinding(
  stores: CheckStores,
  binding: Binding,
  runsAt: readonly Binding['type'][],
  pointer = '',
): Promise<void> {
  const { tenantId, workspaceId, type, scriptId: id } = binding;
  if (!runsAt.includes(type)) throw unprocessable(`${pointer}/type`, noRun(type));
  if (!(await hasTarget(stores, binding)))
    throw unprocessable(`${pointer}/target_fk`, `This is no ${targetsOf[type].join(' and no ')} of the workspace.`);
  const script = await stores.scripts.find({ tenantId, workspaceId, id });
  if (script === undefined) throw unprocessable(`${pointer}/script_id`, 'There is no such script in this workspace.');
  if (script.live === undefined)
    throw unprocessable(`${pointer}/script_id`, 'Nothing of this script is published: it would deny every login.');
  const running = runningVersions(script);
  for (const version of await stores.scripts.listVersions(script)) {
    const misfit = running.includes(version.version) ? misfitAt(version, type) : undefined;
    if (misfit !== undefined) throw unprocessable(`${pointer}/script_id`, misfit);
  }
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
