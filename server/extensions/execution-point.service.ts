/** Binding scripts to where they run, and taking them from there. */
import type { ClientStore } from '../clients/client.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { clientId, idpId, scriptId, type ScriptVersionId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IdpStore } from '../idps/idp.ts';
import {
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
        const { executionPoints, outbox } = stores;
        check(await executionPoints.list(tenantId, workspaceId));
        for (const [index, { type, target, scriptId: script }] of wanted.entries()) {
          const place = { tenantId, workspaceId, type, target };
          const pointer = `/execution_points/${String(index)}`;
          if (script === '') await executionPoints.remove(place);
          else {
            const binding: Binding = { ...place, scriptId: scriptId(script) };
            await checkBinding(stores, binding, pointer);
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
