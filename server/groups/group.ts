/** Groups of the people of a pool, one below another: whom something can be asked of together. */
import type { GroupId, PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Page } from '../kernel/pagination.ts';

export interface Group {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: GroupId;
  /** Among those below the same group, or at the top, it has it alone. */
  readonly name: string;
  readonly description: string;
  /** Ids from the top down to its own, with a slash between them. */
  readonly path: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One below another, the one at the top included. */
export const mostLevels = 8;
/** Of a pool. */
export const mostGroups = 10_000;
/** That one person is in. */
export const mostGroupsOfUser = 1000;

/** From the top down to the one right above it. */
export const idsAbove = ({ path }: Pick<Group, 'path'>): readonly string[] => path.split('/').slice(0, -1);
/** The one right above it; undefined at the top. */
export const parentOf = (group: Pick<Group, 'path'>): string | undefined => idsAbove(group).at(-1);
export const pathBelow = (parent: Pick<Group, 'path'> | undefined, id: GroupId): string =>
  parent === undefined ? id : `${parent.path}/${id}`;

/** A page of groups by name, those of one name by id. */
export interface GroupQuery {
  readonly after?: GroupId;
  readonly before?: GroupId;
  /** 1 to 100. */
  readonly limit: number;
  /** Those that are called just so. */
  readonly name?: string;
}

export interface GroupStore {
  find(tenant: TenantId, pool: PoolId, id: GroupId): Promise<Group | undefined>;
  /**
   * Those right below a group, or at the top where there is none; with `isNested` all below it.
   * @throws PlatformError `unprocessable_entity` where the page begins at a group that is not there any more
   */
  list(
    tenant: TenantId,
    pool: PoolId,
    query: GroupQuery & { readonly parent: Pick<Group, 'id' | 'path'> | undefined; readonly isNested: boolean },
  ): Promise<Page<Group>>;
  /** Of several ids, in no order. */
  findEach(tenant: TenantId, pool: PoolId, ids: readonly GroupId[]): Promise<readonly Group[]>;
  /** Of these ids. @throws PlatformError as `list` does */
  listOf(tenant: TenantId, pool: PoolId, ids: readonly GroupId[], query: GroupQuery): Promise<Page<Group>>;
  /** All of a pool, by id. */
  listById(tenant: TenantId, pool: PoolId, after: GroupId | undefined, limit: number): Promise<Page<Group>>;
  /** The deepest of those below it, and itself: how many levels they take. */
  levelsOf(group: Group): Promise<number>;
  /**
   * @throws PlatformError `conflict` where there is one with this id, or with this name at this place;
   *   `unprocessable_entity` where the pool has as many as it may
   */
  insert(group: Group): Promise<void>;
  /** With another path, all below it move along. @throws PlatformError `not_found`, `conflict` as `insert` does */
  update(group: Group): Promise<void>;
  /** With all below it. Nobody is in them any more. */
  remove(group: Group): Promise<void>;
}

export interface GroupMember {
  readonly groupId: GroupId;
  readonly userId: UserId;
}

export interface MembershipStore {
  /** By user id. @param isNested those of the groups below it, too; each person once */
  listUsers(
    group: Group,
    isNested: boolean,
    query: { readonly after?: string; readonly before?: string; readonly limit: number },
  ): Promise<Page<UserId>>;
  /** All that they are in themselves, at most `mostGroupsOfUser`. */
  groupsOf(tenant: TenantId, pool: PoolId, user: UserId): Promise<readonly GroupId[]>;
  /** @param isNested or in a group below it */
  has(group: Group, user: UserId, isNested: boolean): Promise<boolean>;
  /**
   * @returns false where they are in it already
   * @throws PlatformError `not_found` without such a person, `unprocessable_entity` where they are in as many as one may
   */
  insert(group: Group, user: UserId, now: number): Promise<boolean>;
  /** @returns false where they are not in it */
  remove(group: Group, user: UserId): Promise<boolean>;
}
