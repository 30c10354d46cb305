/** A person in a pool, and the payload claims are made from. */
import type { PoolId, SchemaId, TenantId, UserId } from '../kernel/ids.ts';
import type { Page, PageQuery } from '../kernel/pagination.ts';

export const userStatuses = ['new', 'active', 'inactive', 'deleted'] as const;
/** Only who is active signs in. */
export type UserStatus = (typeof userStatuses)[number];

/** What is known of people is held to these; where one is left out, to the pool's. */
export interface UserSchemas {
  readonly payload?: SchemaId;
  readonly metadata?: SchemaId;
  readonly businessMetadata?: SchemaId;
}

export interface User {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
  readonly id: UserId;
  readonly status: UserStatus;
  /** Profile members by their OIDC names (`name`, `given_name`, `email`, …; OIDC Core §5.1). */
  readonly payload: Readonly<Record<string, unknown>>;
  /** For administrators and programs. The person sees what its schema declares and does not hide, and changes nothing. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly businessMetadata: Readonly<Record<string, unknown>>;
  readonly schemas: UserSchemas;
  readonly statusUpdatedAt: number;
  /**
   * Sessions and refresh tokens of who proved themselves before are over; milliseconds since the epoch. `endSessions` alone
   * changes it.
   */
  readonly sessionsEndedAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface UserQuery extends PageQuery {
  /** Only those whose id, identifier or address begins with one of these, in the forms that each may be stored in. */
  readonly key?: {
    readonly id: string;
    readonly identifiers: readonly string[];
    readonly addresses: readonly string[];
  };
}

export interface UserStore {
  find(tenant: TenantId, pool: PoolId, id: UserId): Promise<User | undefined>;
  /** As they are, and as they stay until the transaction ends that asks. */
  findHeld(tenant: TenantId, pool: PoolId, id: UserId): Promise<User | undefined>;
  /** Of several at once, a page's; by id. */
  findEach(tenant: TenantId, pool: PoolId, ids: readonly UserId[]): Promise<readonly User[]>;
  list(tenant: TenantId, pool: PoolId, query: UserQuery): Promise<Page<User>>;
  /**
   * @param registeredAt where they registered themselves; milliseconds since the epoch
   * @throws PlatformError `conflict`
   */
  insert(user: User, registeredAt?: number): Promise<void>;
  /** From here on they are as one that was invited, as `keep` says. */
  update(user: User): Promise<void>;
  /** Somebody looks after who registered themselves: they stay, whether they activate or not. */
  keep(tenant: TenantId, pool: PoolId, id: UserId): Promise<void>;
  /**
   * Of who is `new`, who has registered once more, or confirms what they said; nothing where they are so no more by the time
   * that it is written, or where somebody looks after them, as `keep` says.
   * @returns whether they are described so now
   */
  describeNew(tenant: TenantId, pool: PoolId, id: UserId, payload: User['payload'], now: number): Promise<boolean>;
  /** Of whoever signed in before `at`: for good, whatever is changed of the person afterwards. */
  endSessions(tenant: TenantId, pool: PoolId, id: UserId, at: number): Promise<void>;
  remove(tenant: TenantId, pool: PoolId, id: UserId): Promise<void>;
}
