/** Making, changing and removing the ways in which people prove who they are. */
import { keepAdministrator } from '../access/last-administrator.ts';
import type { RoleStore } from '../access/role.ts';
import type { PasswordHasher } from '../credentials/password/password.ts';
import type { CustomAppStore } from '../extensions/custom-app.ts';
import type { ExecutionPointStore } from '../extensions/execution-point.ts';
import {
  insertPageClient,
  removePageClient,
  renamePageClient,
  type PageClientStores,
} from '../extensions/page-client.ts';
import { checkPageUrl } from '../extensions/page.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import {
  checkGivenId,
  clientId,
  customAppId,
  idpId,
  newId,
  poolId,
  type IdpId,
  type TenantId,
  type WorkspaceId,
} from '../kernel/ids.ts';
import { givenName } from '../kernel/given-name.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { PoolStore } from '../pools/pool.ts';
import { tellOfIdp } from './idp-event.ts';
import { mostIdps, type Idp, type IdpStore, type StaticUser } from './idp.ts';

export interface IdpServiceStores extends PageClientStores {
  readonly idps: Pick<IdpStore, 'findHeld' | 'list' | 'insert' | 'update' | 'remove'>;
  readonly pools: Pick<PoolStore, 'findHeld'>;
  readonly customApps: Pick<CustomAppStore, 'find'>;
  readonly roles: Pick<RoleStore, 'listIn' | 'removeSubject'>;
  readonly executionPoints: Pick<ExecutionPointStore, 'remove'>;
}

export interface NewStaticUser {
  readonly username: string;
  readonly attributes: StaticUser['attributes'];
  /** In clear; left out, whoever has this name keeps theirs. */
  readonly password?: string;
}

export interface NewIdp {
  /** Random when empty. */
  readonly id: string;
  /** Empty: as it is stored, or the id. */
  readonly name: string;
  readonly enabled: boolean;
  readonly hidden?: boolean;
  readonly displayOrder?: number | undefined;
  readonly logoUri?: string | undefined;
  /** A custom application of the workspace; none where it is empty or left out. */
  readonly postAuthnAppId?: string;
  readonly kind:
    | { readonly method: 'identity_pool'; readonly poolId: string }
    /** Without users they stay as they are. */
    | { readonly method: 'static'; readonly users?: readonly NewStaticUser[] }
    /** Its client comes with it, and goes with it. */
    | { readonly method: 'custom'; readonly loginUrl: string };
}

/** An idp of a workspace. */
export interface IdpPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: IdpId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Idp) => void;
}

export interface IdpService {
  /** @throws PlatformError `unprocessable_entity`, `conflict` when the id or the pool is taken, `unavailable` */
  create(tenant: TenantId, workspace: WorkspaceId, idp: NewIdp): Promise<Idp>;
  /** @throws PlatformError `not_found`, also for one of another method; `unprocessable_entity`, `conflict`, `unavailable` */
  update(place: IdpPlace, idp: NewIdp): Promise<Idp>;
  /** Removes it, with its client and the roles that its people had by it. @throws PlatformError `not_found`, `unprocessable_entity` */
  remove(place: IdpPlace): Promise<void>;
}

export function createIdpService(deps: {
  readonly unitOfWork: UnitOfWork<IdpServiceStores>;
  readonly hasher: Pick<PasswordHasher, 'hash'>;
  readonly clock: Clock;
}): IdpService {
  const { unitOfWork, hasher, clock } = deps;

  /** Outside of any transaction: hashes take their time. */
  const hashesOf = async ({ kind }: NewIdp): Promise<ReadonlyMap<string, string>> => {
    const hashes = new Map<string, string>();
    if (kind.method !== 'static') return hashes;
    const names = (kind.users ?? []).map(({ username }) => username);
    if (new Set(names).size !== names.length)
      throw unprocessable('/credentials/users', 'Each username may be there once.');
    for (const { username, password } of kind.users ?? []) {
      if (password !== undefined) hashes.set(username, await hasher.hash(password));
    }
    return hashes;
  };

  /** In the transaction that makes the idp. */
  const withPageClient = async (stores: IdpServiceStores, idp: Idp): Promise<Idp> => {
    if (idp.method !== 'custom') return idp;
    const page = { kind: 'custom-login', name: idp.name, now: clock.now() } as const;
    return { ...idp, clientId: (await insertPageClient(stores, idp.tenantId, page)).id };
  };

  return {
    async create(tenantId, workspaceId, input) {
      const id = input.id === '' ? newId() : input.id;
      checkGivenId(id);
      const hashes = await hashesOf(input);
      return unitOfWork.run(async (stores) => {
        const unbound = made({ tenantId, workspaceId, id: idpId(id) }, input, hashes, undefined);
        const others = await checkPool(stores, unbound);
        if (others.length >= mostIdps) throw unprocessable('', `A workspace has at most ${String(mostIdps)} idps.`);
        await checkApp(stores, unbound);
        const idp = await withPageClient(stores, unbound);
        await stores.idps.insert(idp);
        await tellOfIdp(stores.outbox, idp, 'created');
        return idp;
      });
    },

    async update(place, input) {
      const hashes = await hashesOf(input);
      return unitOfWork.run(async (stores) => {
        const stored = await get(stores, place);
        if (stored.method !== input.kind.method) throw new PlatformError('not_found', 'There is no such idp.');
        const idp = made(place, input, hashes, stored);
        await checkPool(stores, idp);
        await checkApp(stores, idp);
        await stores.idps.update(idp);
        if (idp.method === 'custom')
          await renamePageClient(stores, idp.tenantId, idp.clientId, { name: idp.name, now: clock.now() });
        await tellOfIdp(stores.outbox, idp, 'updated');
        return idp;
      });
    },

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const { tenantId, workspaceId, id } = place;
        const idp = await get(stores, place);
        await keepAdministrator(stores.roles, tenantId, 'The last administrators of the tenant come by this idp.', () =>
          stores.roles.removeSubject(tenantId, { type: 'idp', workspaceId, idpId: id }),
        );
        // Another idp of this id later begins without its script.
        await stores.executionPoints.remove({ tenantId, workspaceId, type: 'post_authn_ctx', target: id });
        if (idp.method === 'custom') await removePageClient(stores, tenantId, idp.clientId);
        await stores.idps.remove(tenantId, workspaceId, id);
        await tellOfIdp(stores.outbox, idp, 'deleted');
      }),
  };
}

async function get({ idps }: IdpServiceStores, { tenantId, workspaceId, id, check }: IdpPlace): Promise<Idp> {
  const idp = await idps.findHeld(tenantId, workspaceId, id);
  if (idp === undefined) throw new PlatformError('not_found', 'There is no such idp.');
  check?.(idp);
  return idp;
}

function made(
  { tenantId, workspaceId, id }: IdpPlace,
  { name: given, enabled, hidden = false, displayOrder, logoUri, postAuthnAppId: app = '', kind }: NewIdp,
  hashes: ReadonlyMap<string, string>,
  stored: Idp | undefined,
): Idp {
  const bound = app === '' ? {} : { postAuthnAppId: customAppId(app) };
  const name = givenName(given, stored, id);
  const shown = {
    ...(hidden ? { hidden } : {}),
    ...(displayOrder === undefined ? {} : { displayOrder }),
    ...(logoUri === undefined ? {} : { logoUri }),
  };
  const base = { tenantId, workspaceId, id, name, enabled, ...shown, ...bound };
  if (kind.method === 'identity_pool') return { ...base, method: kind.method, poolId: poolId(kind.poolId) };
  if (kind.method === 'custom') {
    checkPageUrl(kind.loginUrl, '/settings/login_url');
    const client = stored?.method === 'custom' ? stored.clientId : clientId('');
    return { ...base, method: kind.method, loginUrl: kind.loginUrl, clientId: client };
  }
  const known = stored?.method === 'static' ? stored.users : [];
  if (kind.users === undefined) return { ...base, method: kind.method, users: known };
  const users = kind.users.map(({ username, attributes }, index) => {
    const passwordHash = hashes.get(username) ?? known.find((one) => one.username === username)?.passwordHash;
    if (passwordHash === undefined)
      throw unprocessable(`/credentials/users/${String(index)}/password`, 'Somebody new needs a password.');
    return { username, passwordHash, attributes };
  });
  return { ...base, method: kind.method, users };
}

/** Holds the pool before it looks: of two idps for it at once, one comes second. @returns the others of the workspace */
async function checkPool({ pools, idps }: IdpServiceStores, idp: Idp): Promise<readonly Idp[]> {
  const { tenantId, workspaceId } = idp;
  const isOfPool = idp.method === 'identity_pool';
  if (isOfPool && (await pools.findHeld(tenantId, idp.poolId)) === undefined)
    throw unprocessable('/identity_pool_id', 'There is no such identity pool.');
  const others = (await idps.list(tenantId, workspaceId)).filter(({ id }) => id !== idp.id);
  const taken = isOfPool && others.some((one) => one.method === 'identity_pool' && one.poolId === idp.poolId);
  if (taken) throw new PlatformError('conflict', 'This workspace has an idp for this pool already.');
  return others;
}

/** Of this workspace: people are sent nowhere else. */
async function checkApp({ customApps }: IdpServiceStores, idp: Idp): Promise<void> {
  const { tenantId, workspaceId, postAuthnAppId: app } = idp;
  if (app === undefined || (await customApps.find(tenantId, workspaceId, app)) !== undefined) return;
  throw unprocessable('/post_authn_app_id', 'There is no such custom application in this workspace.');
}
