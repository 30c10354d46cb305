/** Making, changing and removing identity pools, told of in the same transaction. */
import { setImmediate } from 'node:timers/promises';
import { keepAdministrator } from '../access/last-administrator.ts';
import type { RoleStore } from '../access/role.ts';
import { tellOfIdp } from '../idps/idp-event.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { checkGivenId, idpId, newId, poolId, schemaId, type PoolId, type TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import { requireNoRole } from '../users/person-change.ts';
import { renormalize, type CaseSwitchStores } from './case-switch.ts';
import { tellOfPool } from './pool-event.ts';
import { requireWorkspaces, type NamedWorkspaces } from './pool-workspaces.ts';
import type { Pool, PoolStore } from './pool.ts';

export interface PoolServiceStores extends CaseSwitchStores, NamedWorkspaces {
  readonly pools: Pick<PoolStore, 'findHeld' | 'countUsers' | 'insert' | 'update' | 'markRemoved' | 'removeSome'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
  readonly idps: Pick<IdpStore, 'listOfPool' | 'insert' | 'remove'>;
  readonly roles: Pick<RoleStore, 'listIn' | 'listFor' | 'removePool' | 'removeSubject'>;
  readonly outbox: Outbox;
}

/** What is said of a pool. */
export type PoolWords = Pick<
  Pool,
  'name' | 'workspaceId' | 'identifierCaseInsensitive' | 'authenticationMechanisms' | 'settings'
>;

export interface PoolAt {
  readonly tenantId: TenantId;
  readonly id: PoolId;
  /** Whether they may change a pool by which everybody in it administers; false where it is left out. */
  readonly isAboveAdministrators?: boolean;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Pool) => void;
}

export interface PoolService {
  /**
   * @param id random where it is empty
   * @param withIdp makes the idp, too, by which people of the pool sign in to its workspace
   * @throws PlatformError `unprocessable_entity`, `conflict`
   */
  create(tenant: TenantId, id: string, words: PoolWords, withIdp: boolean): Promise<Pool>;
  /** @throws PlatformError `not_found`, `forbidden`, `unprocessable_entity`, `conflict` where the new form of identifiers is no one's alone */
  update(at: PoolAt, words: PoolWords): Promise<{ readonly pool: Pool; readonly users: number }>;
  /**
   * Removes it with everybody in it, and with the roles they have: at once for everybody who looks, and then its people a
   * few at a time, so that others write in between. After a crash housekeeping removes the rest.
   * @param withIdps removes the idps, too, by which people sign in from it
   * @throws PlatformError `not_found`, `forbidden` for a system pool, `conflict` where idps are left that name it
   */
  remove(at: PoolAt, withIdps: boolean): Promise<void>;
}

/** People of a pool that go in one transaction. */
const batchSize = 200;

export function createPoolService(deps: {
  readonly unitOfWork: UnitOfWork<PoolServiceStores>;
  readonly clock: Clock;
}): PoolService {
  const { unitOfWork, clock } = deps;

  const checkWords = async (stores: PoolServiceStores, tenantId: TenantId, words: PoolWords): Promise<void> => {
    const { settings } = words;
    await requireWorkspaces(stores, tenantId, words);
    for (const member of ['payload_schema_id', 'metadata_schema_id', 'business_metadata_schema_id'] as const) {
      const found = await stores.schemas.find(tenantId, schemaId(settings[member]));
      if (found === undefined) throw new PlatformError('not_found', `There is no such schema: ${member}.`);
    }
  };

  const found = async (stores: PoolServiceStores, { tenantId, id, isAboveAdministrators = false, check }: PoolAt) => {
    const pool = await stores.pools.findHeld(tenantId, id);
    if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
    if (!isAboveAdministrators) await requireNoRole(stores, { tenantId, poolId: id });
    const users = (await stores.pools.countUsers(tenantId, [id])).get(id) ?? 0;
    check?.(pool);
    return { pool, users };
  };

  return {
    create(tenantId, wanted, words, withIdp) {
      const id = poolId(wanted === '' ? newId() : wanted);
      checkGivenId(id);
      return unitOfWork.run(async (stores) => {
        await checkWords(stores, tenantId, words);
        const now = clock.now();
        const pool: Pool = { tenantId, id, isSystem: false, ...words, createdAt: now, updatedAt: now };
        await stores.pools.insert(pool);
        await tellOfPool(stores.outbox, pool, 'created');
        if (withIdp) await addIdp(stores, pool);
        return pool;
      });
    },

    update: (at, words) =>
      unitOfWork.run(async (stores) => {
        const { pool: stored, users } = await found(stores, at);
        await checkWords(stores, at.tenantId, words);
        const pool: Pool = { ...stored, ...words, updatedAt: clock.now() };
        if (pool.identifierCaseInsensitive !== stored.identifierCaseInsensitive) await renormalize(stores, pool, users);
        await stores.pools.update(pool);
        await tellOfPool(stores.outbox, pool, 'updated');
        return { pool, users };
      }),

    async remove(at, withIdps) {
      await unitOfWork.run(async (stores) => {
        const { pool } = await found(stores, at);
        const { tenantId, id } = pool;
        if (pool.isSystem) throw new PlatformError('forbidden', 'A system pool cannot be deleted.');
        const idps = await stores.idps.listOfPool(tenantId, id);
        if (idps.length > 0 && !withIdps) {
          const names = idps.map((idp) => `${idp.workspaceId}/${idp.id}`).join(', ');
          throw new PlatformError(
            'conflict',
            `People sign in from this pool by ${names}: delete them, or use with_idp.`,
          );
        }
        await keepAdministrator(
          stores.roles,
          tenantId,
          'The last administrators of the tenant are in this pool.',
          async () => {
            for (const { workspaceId, id: idp } of idps)
              await stores.roles.removeSubject(tenantId, { type: 'idp', workspaceId, idpId: idp });
            await stores.roles.removePool(tenantId, id);
          },
        );
        for (const idp of idps) {
          await stores.idps.remove(tenantId, idp.workspaceId, idp.id);
          await tellOfIdp(stores.outbox, idp, 'deleted');
        }
        await stores.pools.markRemoved(tenantId, id, clock.now());
        await tellOfPool(stores.outbox, pool, 'deleted');
      });
      const some = () => unitOfWork.run(({ pools }) => pools.removeSome(batchSize, at));
      while ((await some()) === batchSize) await setImmediate();
    },
  };
}

async function addIdp({ idps, outbox }: PoolServiceStores, { tenantId, workspaceId, id, name }: Pool): Promise<void> {
  if (workspaceId === undefined)
    throw unprocessable('/workspace_id', 'Without a workspace there is no place for an idp.');
  const idp = {
    tenantId,
    workspaceId,
    id: idpId(newId()),
    name,
    enabled: true,
    method: 'identity_pool',
    poolId: id,
  } as const;
  await idps.insert(idp);
  await tellOfIdp(outbox, idp, 'created');
}
