/** Making, changing and removing groups, and who is in them, told of in the same transaction. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { givenName } from '../kernel/given-name.ts';
import { checkGivenId, groupId, newId, type GroupId, type PoolId, type TenantId, type UserId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { PoolStore } from '../pools/pool.ts';
import type { UserStore } from '../users/user.ts';
import { mostLevels, parentOf, pathBelow, type Group, type GroupStore, type MembershipStore } from './group.ts';

export interface GroupStores {
  readonly pools: Pick<PoolStore, 'findHeld'>;
  readonly groups: Pick<GroupStore, 'find' | 'levelsOf' | 'insert' | 'update' | 'remove'>;
  readonly memberships: Pick<MembershipStore, 'insert' | 'remove'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly outbox: Outbox;
}

/** What is said of a group. */
export interface GroupWords extends Pick<Group, 'name' | 'description'> {
  /** Right above it; undefined at the top. */
  readonly parent: GroupId | undefined;
}

export interface GroupAt {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: GroupId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Group) => void;
}

export interface GroupService {
  /**
   * @param id random where it is empty
   * @throws PlatformError `not_found` without such a pool, `conflict` where there is one with this id, or with this name
   *   in the same place, `unprocessable_entity` for a parent that is not there, too many levels, too many groups
   */
  create(tenant: TenantId, pool: PoolId, id: string, words: GroupWords): Promise<Group>;
  /** Where its parent is another, all below it move along. @throws PlatformError as `create`, and below itself */
  update(at: GroupAt, words: GroupWords): Promise<Group>;
  /** Removes it with all below it; the people who were in them stay. @throws PlatformError `not_found` */
  remove(at: GroupAt): Promise<void>;
  /** Adding who is in it already changes nothing. @throws PlatformError `not_found`, `unprocessable_entity` */
  addUser(at: GroupAt, user: UserId): Promise<void>;
  /** @throws PlatformError `not_found` also where they are not in it */
  removeUser(at: GroupAt, user: UserId): Promise<void>;
}

const noSuchGroup = () => new PlatformError('not_found', 'There is no such group.');

export function createGroupService(deps: {
  readonly unitOfWork: UnitOfWork<GroupStores>;
  readonly clock: Clock;
}): GroupService {
  const { unitOfWork, clock } = deps;

  const tell = ({ outbox }: GroupStores, group: Group, action: 'created' | 'updated' | 'deleted') => {
    const { tenantId, poolId, id, name } = group;
    return outbox.append({
      tenantId,
      subject: 'group',
      action,
      metadata: { user_pool_id: poolId, group_id: id },
      payload: { [`group_${action}`]: { id, name, parent_id: parentOf(group) ?? '', user_pool_id: poolId } },
    });
  };

  const tellOfMember = (
    { outbox }: GroupStores,
    { tenantId, poolId, id }: GroupAt,
    user: UserId,
    action: 'added_to_group' | 'removed_from_group',
  ) =>
    outbox.append({
      tenantId,
      subject: 'user',
      action,
      metadata: { affected_user_pool_id: poolId, affected_user_id: user, group_id: id },
      payload: { [`user_${action}`]: { group_id: id, user_id: user } },
    });

  /** Whoever changes the tree of a pool holds it: two moves at once could each put one below the other. */
  const holdPool = async ({ pools }: GroupStores, tenant: TenantId, pool: PoolId): Promise<void> => {
    if ((await pools.findHeld(tenant, pool)) === undefined)
      throw new PlatformError('not_found', 'There is no such identity pool.');
  };

  const pathFor = async (stores: GroupStores, { tenantId, poolId, id }: GroupAt, parent: GroupId | undefined) => {
    if (parent === undefined) return id;
    const above = await stores.groups.find(tenantId, poolId, parent);
    if (above === undefined) throw unprocessable('/parent_id', 'There is no such group.');
    return pathBelow(above, id);
  };

  const checkLevels = (path: string, below: number): void => {
    if (path.split('/').length - 1 + below > mostLevels)
      throw unprocessable('/parent_id', `Groups are at most ${String(mostLevels)} levels deep.`);
  };

  const found = async ({ groups }: Pick<GroupStores, 'groups'>, { tenantId, poolId, id, check }: GroupAt) => {
    const group = await groups.find(tenantId, poolId, id);
    if (group === undefined) throw noSuchGroup();
    check?.(group);
    return group;
  };

  return {
    create(tenantId, poolId, wanted, { parent, ...words }) {
      const id = groupId(wanted === '' ? newId() : wanted);
      checkGivenId(id);
      return unitOfWork.run(async (stores) => {
        await holdPool(stores, tenantId, poolId);
        const path = await pathFor(stores, { tenantId, poolId, id }, parent);
        checkLevels(path, 1);
        const now = clock.now();
        const name = givenName(words.name, undefined, id);
        const group: Group = { tenantId, poolId, id, ...words, name, path, createdAt: now, updatedAt: now };
        await stores.groups.insert(group);
        await tell(stores, group, 'created');
        return group;
      });
    },

    update: (at, { parent, ...words }) =>
      unitOfWork.run(async (stores) => {
        await holdPool(stores, at.tenantId, at.poolId);
        const stored = await found(stores, at);
        const path = await pathFor(stores, at, parent);
        if (path.split('/').slice(0, -1).includes(at.id))
          throw unprocessable('/parent_id', 'A group cannot be below itself.');
        if (path !== stored.path) checkLevels(path, await stores.groups.levelsOf(stored));
        const name = givenName(words.name, stored, stored.id);
        const group: Group = { ...stored, ...words, name, path, updatedAt: clock.now() };
        await stores.groups.update(group);
        await tell(stores, group, 'updated');
        return group;
      }),

    remove: (at) =>
      unitOfWork.run(async (stores) => {
        await holdPool(stores, at.tenantId, at.poolId);
        const group = await found(stores, at);
        await stores.groups.remove(group);
        await tell(stores, group, 'deleted');
      }),

    addUser: (at, user) =>
      unitOfWork.run(async (stores) => {
        const group = await found(stores, at);
        // MySQL ignores trailing blanks when it compares; an id is this text and no other.
        if ((await stores.users.find(at.tenantId, at.poolId, user))?.id !== user)
          throw new PlatformError('not_found', 'There is no such user.');
        if (await stores.memberships.insert(group, user, clock.now()))
          await tellOfMember(stores, at, user, 'added_to_group');
      }),

    removeUser: (at, user) =>
      unitOfWork.run(async (stores) => {
        const group = await found(stores, at);
        if (!(await stores.memberships.remove(group, user)))
          throw new PlatformError('not_found', 'They are not in this group.');
        await tellOfMember(stores, at, user, 'removed_from_group');
      }),
  };
}
