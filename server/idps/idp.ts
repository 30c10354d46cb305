/** Where a workspace lets people prove who they are: an identity pool, a login page of an integrator's, or a fixed list of people for a sandbox. */
import type { ClientId, CustomAppId, IdpId, PoolId, TenantId, WorkspaceId } from '../kernel/ids.ts';

interface IdpBase {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: IdpId;
  readonly name: string;
  readonly enabled: boolean;
  /** Not offered on the login page: whoever is sent there by its id signs in by it, and a script may offer it. */
  readonly hidden?: true;
  /** Where it comes among those that people choose from; no zero. */
  readonly displayOrder?: number;
  /** The picture by which people know it there. */
  readonly logoUri?: string;
  /** The custom application that takes its people aside once they are known (published `post_authn_app_id`). */
  readonly postAuthnAppId?: CustomAppId;
}

export interface StaticUser {
  readonly username: string;
  /** PHC string; the clear password is hashed when the idp is stored. */
  readonly passwordHash: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface IdentityPoolIdp extends IdpBase {
  readonly method: 'identity_pool';
  readonly poolId: PoolId;
}

export interface StaticIdp extends IdpBase {
  readonly method: 'static';
  readonly users: readonly StaticUser[];
}

/** Of a workspace. */
export const mostIdps = 50;

/** A login page of an integrator's: whoever it says they are, they are. */
export interface CustomIdp extends IdpBase {
  readonly method: 'custom';
  /** Where people are sent, with `login_id` and `login_state` in the query. */
  readonly loginUrl: string;
  /** Of the workspace `system`: by its tokens the page reads the login and says who it is, and nobody else does. */
  readonly clientId: ClientId;
}

/** Those whose people prove who they are on our own pages. */
export type LocalIdp = IdentityPoolIdp | StaticIdp;
export type Idp = LocalIdp | CustomIdp;

export interface IdpStore {
  find(tenant: TenantId, workspace: WorkspaceId, id: IdpId): Promise<Idp | undefined>;
  /** The same, held by the transaction until its end: nobody else changes it meanwhile. */
  findHeld(tenant: TenantId, workspace: WorkspaceId, id: IdpId): Promise<Idp | undefined>;
  /** All of a workspace, in the order they were added. */
  list(tenant: TenantId, workspace: WorkspaceId): Promise<readonly Idp[]>;
  /** All by which people of a pool sign in, whatever the workspace, by workspace and id. */
  listOfPool(tenant: TenantId, pool: PoolId): Promise<readonly Idp[]>;
  /** @throws PlatformError `conflict` */
  insert(idp: Idp): Promise<void>;
  update(idp: Idp): Promise<void>;
  remove(tenant: TenantId, workspace: WorkspaceId, id: IdpId): Promise<void>;
}
