/** Paged lists are walked while rows come before, at and after the cursor and go at it: nobody is missed, or seen twice. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { beginTape } from '../../../scripts-runtime/index.ts';
import {
  approvalId,
  clientId,
  consentId,
  eventId,
  groupId,
  idpId,
  interactionId,
  poolId,
  scriptId,
  scriptRunId,
  scriptVersionId,
  serviceId,
  tenantId,
  userId,
  workspaceId,
  type TenantId,
  type WorkspaceId,
} from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, poolOf, userOf } from '../../support/seeded.ts';
import { clientOf, seedTenant, storesOf, workspaceOf, type TestStores } from '../../support/stores.ts';
import { walkedWhileItChanges, type WalkedList } from '../../support/walked-lists.ts';

/** What each list is of. */
interface Ground {
  readonly knex: Knex;
  readonly stores: TestStores;
  readonly tenant: TenantId;
  readonly workspace: WorkspaceId;
}

const staff = poolId('staff');
const times = { createdAt: noon, updatedAt: noon };
/** Three at a time are sorted alike. */
const rank = (place: number): number => Math.trunc(place / 3000);
const nameAt = (place: number): string => `Name ${String(rank(place)).padStart(4, '0')}`;
const idsOf = ({ items }: { readonly items: readonly { readonly id: string }[] }) => items.map(({ id }) => id);

const lists: Readonly<Record<string, (ground: Ground) => WalkedList | Promise<WalkedList>>> = {
  tenants: ({ stores: { tenants }, knex }) => ({
    insert: (id) => tenants.insert({ id: tenantId(id), name: 'A tenant', settings: {}, ...times }),
    remove: (id) => knex('tenants').where({ id }).delete(),
    page: async (cursor) => idsOf(await tenants.list(cursor)),
  }),
  workspaces: async ({ stores: { workspaces, tenants }, knex }) => {
    const tenant = tenantId(`w-${randomBytes(8).toString('hex')}`);
    await tenants.insert({ id: tenant, name: 'A tenant', settings: {}, ...times });
    return {
      insert: (id) => workspaces.insert(workspaceOf(tenant, { id: workspaceId(id) })),
      remove: (id) => knex('workspaces').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await workspaces.list(tenant, cursor)),
    };
  },
  clients: (ground) => clientsBy(ground, undefined),
  'clients by name': (ground) => clientsBy(ground, 'name'),
  'clients by when they were issued': (ground) => clientsBy(ground, 'issued_at'),
  services: ({ stores: { services }, tenant, workspace, knex }) => {
    const words = { name: 'A service', description: '', customAudience: undefined, type: 'user', isSystem: false };
    const at = { tenantId: tenant, workspaceId: workspace, updatedAt: noon };
    return {
      insert: (id) => services.insert({ ...at, ...words, id: serviceId(id) }),
      remove: (id) => knex('services').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await services.list(tenant, workspace, cursor)),
    };
  },
  pools: (ground) => poolsBy(ground, 'id'),
  'pools by name': (ground) => poolsBy(ground, 'name'),
  users: ({ stores: { users }, tenant, knex }) => ({
    insert: (id) => users.insert(userOf(tenant, staff, { id: userId(id) })),
    remove: (id) => knex('users').where({ tenant_id: tenant, id }).delete(),
    page: async (cursor) => idsOf(await users.list(tenant, staff, cursor)),
  }),
  'users by the beginning of their ids': ({ stores: { users }, tenant, knex }) => ({
    insert: (id) => users.insert(userOf(tenant, staff, { id: userId(id) })),
    remove: (id) => knex('users').where({ tenant_id: tenant, id }).delete(),
    page: async (cursor) =>
      idsOf(await users.list(tenant, staff, { ...cursor, key: { id: '0', identifiers: ['0'], addresses: ['0'] } })),
  }),
  groups: ({ stores: { groups }, tenant, knex }) => {
    const at = { tenantId: tenant, poolId: staff, description: '', ...times };
    const under = (path: string, id: string) => ({ ...at, id: groupId(id), path });
    return {
      isHeld: true,
      ways: [
        { order: 'asc', towards: 'after' },
        { order: 'asc', towards: 'before' },
      ],
      // Of one name there is one at a place.
      insert: (id, place) => groups.insert({ ...under(id, id), name: `${nameAt(place)} ${id}` }),
      remove: (id) => knex('user_groups').where({ tenant_id: tenant, id }).delete(),
      page: async ({ order: _, after, before, limit }) => {
        const cursor = {
          ...(after === undefined ? {} : { after: groupId(after) }),
          ...(before === undefined ? {} : { before: groupId(before) }),
        };
        return idsOf(await groups.list(tenant, staff, { ...cursor, limit, parent: undefined, isNested: false }));
      },
    };
  },
  'people in a group': async ({ stores: { groups, users, memberships }, tenant, knex }) => {
    const group = {
      tenantId: tenant,
      poolId: staff,
      id: groupId('all'),
      name: 'All',
      description: '',
      path: 'all',
      ...times,
    };
    await groups.insert(group);
    return {
      ways: [
        { order: 'asc', towards: 'after' },
        { order: 'asc', towards: 'before' },
      ],
      insert: async (id) => {
        await users.insert(userOf(tenant, staff, { id: userId(id) }));
        await memberships.insert(group, userId(id), noon);
      },
      remove: (id) => knex('users').where({ tenant_id: tenant, id }).delete(),
      page: async ({ order: _, ...cursor }) => (await memberships.listUsers(group, false, cursor)).items,
    };
  },
  scripts: ({ stores: { scripts }, tenant, workspace, knex }) => {
    const words = { name: 'A script', envVersion: '', testInput: '', ...times };
    return {
      insert: (id) => scripts.insert({ tenantId: tenant, workspaceId: workspace, id: scriptId(id), ...words }),
      remove: (id) => knex('scripts').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await scripts.list(tenant, workspace, cursor)),
    };
  },
  'runs of a script': ({ stores: { scriptRuns }, tenant, workspace, knex }) => {
    const place = { tenantId: tenant, workspaceId: workspace };
    const tape = beginTape({ script: 'a'.repeat(64), input: {}, at: noon }, randomBytes);
    const counts = { slices: 0, cpuMs: 0, wallMs: 0, console: [], secrets: [], input: {}, tape };
    const of = { clientId: clientId('app'), scriptId: scriptId('risk'), version: scriptVersionId('a'.repeat(64)) };
    return {
      isHeld: true,
      insert: (id, at) =>
        scriptRuns.insertOnce({
          ...{ ...place, ...counts, ...of, point: 'post_authn_ctx', subject: 'ada', expiresAt: noon * 2 },
          id: scriptRunId(id),
          interactionId: interactionId(id),
          startedAt: rank(at),
        }),
      remove: (id) => knex('script_runs').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await scriptRuns.list({ ...place, id: of.scriptId }, cursor)),
    };
  },
  approvals: ({ stores: { approvals }, tenant, workspace, knex }) => {
    const requester = { subject: 'ada', idpId: idpId('staff'), name: 'Ada', addresses: [] };
    const asked = { call: 0, approvers: { role: 'admin' }, requester, reason: 'Why', quorum: 1 } as const;
    const stands = { approved: 0, reminders: 0, state: 'open', endedAt: undefined, dueAt: undefined } as const;
    return {
      isHeld: true,
      insert: (id, place) =>
        approvals.insertOnce({
          ...{ tenantId: tenant, workspaceId: workspace, id: approvalId(id), clientId: clientId('app') },
          ...{ interactionId: interactionId(id), runId: scriptRunId(id), ...asked, ...stands },
          ...{ createdAt: noon + rank(place), expiresAt: noon * 2 },
        }),
      remove: (id) => knex('approvals').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await approvals.list(tenant, workspace, cursor)),
    };
  },
  consents: ({ stores: { consents }, tenant, workspace, knex }) => {
    const given = { type: 'generic', subject: 'ada', clientId: clientId('app'), grantId: 'g', grantedAt: noon };
    const what = { grantedScopes: [], deniedScopes: [], details: {}, interactionId: interactionId('i') };
    const end = { expiresAt: undefined, revokedAt: undefined };
    return {
      insert: (id) =>
        consents.insert({ tenantId: tenant, workspaceId: workspace, id: consentId(id), ...given, ...what, ...end }),
      remove: (id) => knex('consents').where({ tenant_id: tenant, id }).delete(),
      page: async (cursor) => idsOf(await consents.list(tenant, workspace, cursor)),
    };
  },
  'audit events': (ground) => eventsWith(ground, {}),
  'audit events of a subject': (ground) => eventsWith(ground, { subjects: ['login'] }),
};

function clientsBy({ stores: { clients }, tenant, workspace, knex }: Ground, sort?: 'name' | 'issued_at'): WalkedList {
  return {
    ...(sort === undefined ? {} : { isHeld: true }),
    insert: (id, place) =>
      clients.insert({
        ...clientOf(tenant, workspace, id, { client_name: nameAt(place) }),
        createdAt: noon + rank(place),
      }),
    remove: (id) => knex('clients').where({ tenant_id: tenant, id }).delete(),
    page: async (cursor) =>
      idsOf(await clients.list(tenant, workspace, { ...cursor, ...(sort === undefined ? {} : { sort }) })),
  };
}

function poolsBy({ stores: { pools }, tenant, knex }: Ground, sort: 'id' | 'name'): WalkedList {
  return {
    ...(sort === 'id' ? {} : { isHeld: true }),
    insert: (id, place) => pools.insert(poolOf(tenant, { id: poolId(id), name: nameAt(place) })),
    remove: (id) => knex('pools').where({ tenant_id: tenant, id }).delete(),
    page: async (cursor) => idsOf(await pools.list(tenant, { ...cursor, sort, search: '-' })),
  };
}

function eventsWith(
  { stores: { events }, tenant, workspace, knex }: Ground,
  filter: { readonly subjects?: readonly string[] },
): WalkedList {
  return {
    isHeld: true,
    insert: (id, place) => {
      const what = { subject: 'login', action: 'succeeded', metadata: '{}', payload: '{}' };
      return knex('audit_events').insert({
        ...{ tenant_id: tenant, workspace_id: workspace, id: eventId(id), at: noon + rank(place), ...what },
      });
    },
    remove: (id) => knex('audit_events').where({ tenant_id: tenant, id }).delete(),
    page: async (cursor) =>
      idsOf(await events.list(tenant, [workspace], { metadata: {}, subjects: [], actions: [], ...filter, ...cursor })),
  };
}

onEachDatabase('paged lists', function (open) {
  let ground: Ground;
  before(async () => {
    const knex = await open();
    const stores = storesOf(knex);
    ground = { knex, stores, ...(await seedTenant(knex)) };
    await stores.pools.insert(poolOf(ground.tenant, { id: staff, name: 'Staff' }));
  });

  for (const [name, listOf] of Object.entries(lists))
    it(`of ${name} miss nobody and show nobody twice while rows come and go`, async function () {
      this.timeout(60_000);
      await walkedWhileItChanges(await listOf(ground));
    });
});
