/** Where scripts run: a point of a login or of a token, of an idp, a client or a whole workspace. */
import type { ExecutionPoint } from '../../scripts-runtime/index.ts';
import type { ScriptId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { ScriptPlace } from './script.ts';

export interface Binding {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly type: ExecutionPoint;
  /** Published `target_fk`: an idp, a client, or the workspace itself. */
  readonly target: string;
  readonly scriptId: ScriptId;
}

export type BindingPlace = Omit<Binding, 'scriptId'>;
/** Within a workspace. */
export type BindingPoint = Pick<Binding, 'type' | 'target'>;

export interface ExecutionPointStore {
  find(place: BindingPlace): Promise<Binding | undefined>;
  /** What is bound at some of a workspace's places, in no order. */
  findAll(tenant: TenantId, workspace: WorkspaceId, places: readonly BindingPoint[]): Promise<readonly Binding[]>;
  /** All of a workspace, by point and target: a thousand at most. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Binding[]>;
  /** The scripts that workspaces have for all of their idps, by workspace. */
  listDefaults(tenant: TenantId, workspaces: readonly WorkspaceId[]): Promise<ReadonlyMap<WorkspaceId, ScriptId>>;
  /** By point and target. */
  boundTo(script: ScriptPlace): Promise<readonly Binding[]>;
  /** In the place of what was bound there. @throws PlatformError `not_found` without such a script */
  put(binding: Binding): Promise<void>;
  remove(place: BindingPlace): Promise<void>;
}

export const mostBindings = 1000;

/** What a target is, at each point. At `post_authn_ctx` the workspace stands for every idp that has no script of its own. */
export const targetsOf: Readonly<Record<ExecutionPoint, readonly ('idp' | 'client' | 'workspace')[]>> = {
  post_authn_ctx: ['idp', 'workspace'],
  allowed_idp_ids: ['workspace'],
  token_minting: ['workspace'],
  client_token_minting: ['client'],
};

/** Where the script of a workspace is bound that decides for every idp without one of its own: its published default. */
export function defaultPlace(place: Pick<BindingPlace, 'tenantId' | 'workspaceId'>): BindingPlace {
  const { tenantId, workspaceId } = place;
  return { tenantId, workspaceId, type: 'post_authn_ctx', target: workspaceId };
}

/** The script of an idp, or else the one that its workspace has for all. @throws nothing: no script is an answer */
export async function scriptAtIdp(
  { executionPoints }: { readonly executionPoints: Pick<ExecutionPointStore, 'find'> },
  {
    tenantId,
    workspaceId,
    idp,
  }: { readonly tenantId: TenantId; readonly workspaceId: WorkspaceId; readonly idp: string },
): Promise<Binding | undefined> {
  const byDefault = defaultPlace({ tenantId, workspaceId });
  return (await executionPoints.find({ ...byDefault, target: idp })) ?? (await executionPoints.find(byDefault));
}
