/** Who may decide: by the groups and roles that people have at the moment they are asked about. */
import type { RoleStore, WorkspaceRole } from '../access/role.ts';
import type { GroupStore, MembershipStore } from '../groups/group.ts';
import type { IdpStore } from '../idps/idp.ts';
import { groupId, poolId, userId, type PoolId, type TenantId, type UserId, type WorkspaceId } from '../kernel/ids.ts';
import type { AddressStore, VerifiableAddress } from '../users/address.ts';
import type { IdentifierStore } from '../users/identifier.ts';
import type { User, UserStore } from '../users/user.ts';
import { isWorkspaceRole, type Approval, type ApproverPlaces, type Candidate } from './approval.ts';

export interface ApproverStores {
  readonly idps: Pick<IdpStore, 'list'>;
  readonly groups: Pick<GroupStore, 'find' | 'findEach'>;
  readonly memberships: Pick<MembershipStore, 'listUsers' | 'groupsOf'>;
  readonly roles: Pick<RoleStore, 'listFor' | 'listIn'>;
  readonly users: Pick<UserStore, 'find' | 'findEach'>;
  readonly addresses: Pick<AddressStore, 'listOf' | 'listOfEach'>;
  readonly identifiers: Pick<IdentifierStore, 'listOf' | 'listOfEach'>;
}

interface Person {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly poolId: PoolId;
  readonly userId: UserId;
}

/** All that somebody is in. A role counts that is given to them by name: everybody who comes by an idp is no approver. */
export async function placesOf(
  { groups, memberships, roles }: Pick<ApproverStores, 'groups' | 'memberships' | 'roles'>,
  { tenantId, workspaceId, poolId: pool, userId: user }: Person,
): Promise<ApproverPlaces> {
  const own = await memberships.groupsOf(tenantId, pool, user);
  const found = own.length === 0 ? [] : await groups.findEach(tenantId, pool, own);
  const subject = { type: 'identity_pool_user', poolId: pool, userId: user } as const;
  const given = await roles.listFor(tenantId, [subject]);
  return {
    poolId: pool,
    userId: user,
    groups: [...new Set(found.flatMap(({ path }) => path.split('/')))].map(groupId),
    roles: given.flatMap((grant): readonly WorkspaceRole[] =>
      grant.workspaceId === workspaceId && grant.poolId === undefined && isWorkspaceRole(grant.role)
        ? [grant.role]
        : [],
    ),
  };
}

/** Somebody with all that might show that they are who asks. @param subject of their login, where they are there */
export async function candidateOf(
  { users, addresses, identifiers }: Pick<ApproverStores, 'users' | 'addresses' | 'identifiers'>,
  { tenantId, poolId: pool, userId: user }: Omit<Person, 'workspaceId'>,
  subject: string | undefined,
): Promise<Candidate> {
  return candidate(pool, user, subject, {
    user: await users.find(tenantId, pool, user),
    addresses: await addresses.listOf(tenantId, pool, user),
    identifiers: await identifiers.listOf(tenantId, pool, user),
  });
}

function candidate(
  pool: PoolId,
  user: UserId,
  subject: string | undefined,
  known: {
    readonly user: User | undefined;
    readonly addresses: readonly Pick<VerifiableAddress, 'normalized'>[];
    readonly identifiers: readonly { readonly normalized: string }[];
  },
): Candidate {
  const said = ['email', 'phone_number'].map((claim) => known.user?.payload[claim]);
  return {
    poolId: pool,
    userId: user,
    ...(subject === undefined ? {} : { subject }),
    addresses: [
      ...[...known.addresses, ...known.identifiers].map(({ normalized }) => normalized),
      ...said.filter((value) => typeof value === 'string'),
    ],
  };
}

/** Somebody who is asked. */
export interface AskedPerson {
  readonly user: User;
  readonly candidate: Candidate;
  /** Their verified mail addresses; who has none finds what is asked on the page. */
  readonly mails: readonly string[];
}

/**
 * Those of whom something is asked, without regard to what they decided. Who is asked by a
 * role alone has to be of a pool by which one signs in to the workspace.
 * @param most so many are looked at
 */
export async function approversOf(
  stores: ApproverStores,
  approval: Pick<Approval, 'tenantId' | 'workspaceId' | 'approvers'>,
  most: number,
): Promise<readonly AskedPerson[]> {
  const byPool = await idsByPool(stores, approval, most);
  const asked: AskedPerson[] = [];
  for (const [pool, ids] of byPool) {
    const people = await stores.users.findEach(approval.tenantId, pool, ids);
    const addresses = await stores.addresses.listOfEach(approval.tenantId, pool, ids);
    const identifiers = await stores.identifiers.listOfEach(approval.tenantId, pool, ids);
    for (const user of people.filter(({ status }) => status === 'active')) {
      const own = addresses.get(user.id) ?? [];
      const mails = own.filter(
        ({ type, status, verifiedAt }) => type === 'email' && status === 'active' && verifiedAt !== undefined,
      );
      const known = { user, addresses: own, identifiers: identifiers.get(user.id) ?? [] };
      asked.push({
        user,
        candidate: candidate(pool, user.id, undefined, known),
        mails: mails.map(({ normalized }) => normalized),
      });
    }
  }
  return asked;
}

async function idsByPool(
  { idps, groups, memberships, roles }: ApproverStores,
  { tenantId, workspaceId, approvers: { group, role } }: Pick<Approval, 'tenantId' | 'workspaceId' | 'approvers'>,
  most: number,
): Promise<ReadonlyMap<PoolId, readonly UserId[]>> {
  const holders = role === undefined ? undefined : await holdersOf(roles, tenantId, workspaceId, role);
  if (group !== undefined) {
    const found = await groups.find(tenantId, group.poolId, group.id);
    if (found === undefined) return new Map();
    const { items } = await memberships.listUsers(found, true, { limit: most });
    const both = holders?.filter((one) => one.poolId === group.poolId).map((one) => one.userId);
    return new Map([[group.poolId, both === undefined ? items : items.filter((id) => both.includes(id))]]);
  }
  const pools = new Set(await poolsOf(idps, tenantId, workspaceId));
  const some = (holders ?? []).filter((one) => pools.has(one.poolId)).slice(0, most);
  return new Map([...pools].map((pool) => [pool, some.filter((one) => one.poolId === pool).map((one) => one.userId)]));
}

async function holdersOf(
  roles: Pick<RoleStore, 'listIn'>,
  tenant: TenantId,
  workspace: WorkspaceId,
  wanted: WorkspaceRole,
): Promise<readonly { readonly poolId: PoolId; readonly userId: UserId }[]> {
  const all = await roles.listIn(tenant, workspace);
  return all.flatMap(({ role, subject }) =>
    role === wanted && subject.type === 'identity_pool_user'
      ? [{ poolId: poolId(subject.poolId), userId: userId(subject.userId) }]
      : [],
  );
}

/** The pools by which people sign in to a workspace. */
export async function poolsOf(
  idps: Pick<IdpStore, 'list'>,
  tenant: TenantId,
  workspace: WorkspaceId,
): Promise<readonly PoolId[]> {
  const all = await idps.list(tenant, workspace);
  return [...new Set(all.flatMap((idp) => (idp.enabled && idp.method === 'identity_pool' ? [idp.poolId] : [])))];
}
