/** What is asked for page by page, or for one thing, is found by an index: as fast among a million as among a hundred. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { isSqlite } from '../../../server/db/knex.ts';
import {
  claimId,
  clientId,
  customAppId,
  groupId,
  poolId,
  scopeId,
  tenantId,
  userId,
  workspaceId,
} from '../../../server/kernel/ids.ts';
import type { PageQuery } from '../../../server/kernel/pagination.ts';
import { createStretchStore } from '../../../server/users/stretch.store.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { storesOf } from '../../support/stores.ts';

const tenant = tenantId('acme');
const workspace = workspaceId('shop');
const pool = poolId('staff');
const top = { id: groupId('x000'), path: 'x000' };
/** More than are read by their names. */
const named = { id: 'y', identifiers: ['x'], addresses: ['x'] };
const whatever = { name: '', description: '', createdAt: 1, updatedAt: 1 };
const page: PageQuery = { limit: 20, order: 'asc', after: 'x050' };

const asked = z.object({ sql: z.string(), bindings: z.array(z.unknown()) });
const sqlitePlan = z.array(z.object({ detail: z.string() }));
const mysqlPlan = z
  .tuple([z.array(z.object({ type: z.string().nullable(), key: z.string().nullable(), Extra: z.string() }))])
  .rest(z.unknown());

onEachDatabase('plans of lists', (open) => {
  let knex: Knex;
  before(async function () {
    knex = await open();
    const times = { created_at: 1, updated_at: 1 };
    const ids = Array.from({ length: 400 }, (_, at) => `x${String(at).padStart(3, '0')}`);
    const insert = (table: string, row: (id: string, at: number) => object) =>
      knex.batchInsert(table, ids.map(row), 50);
    await insert('tenants', (id) => ({
      id,
      name: id,
      settings: '{}',
      registration_identifier: `${id}@example.com`,
      sealed_key: '-',
      ...times,
    }));
    await knex('tenants').insert({ id: tenant, name: 'Acme', settings: '{}', sealed_key: '-', ...times });
    const settings = { settings: '{}', ...times };
    await insert('workspaces', (id) => ({
      tenant_id: tenant,
      id,
      name: id,
      type: 'regular',
      revision: 1,
      ...settings,
    }));
    await knex('workspaces').insert({
      tenant_id: tenant,
      id: workspace,
      name: 'Shop',
      type: 'regular',
      revision: 1,
      ...settings,
    });
    await insert('clients', (id) => ({
      tenant_id: tenant,
      workspace_id: workspace,
      id,
      status: 'active',
      trusted: false,
      metadata: '{}',
      ...times,
    }));
    await insert('services', (id) => ({
      tenant_id: tenant,
      workspace_id: workspace,
      id,
      name: id,
      description: '',
      type: 'user',
      is_system: false,
      updated_at: 1,
    }));
    await insert('scopes', (id) => ({
      tenant_id: tenant,
      workspace_id: workspace,
      id,
      name: id,
      display_name: id,
      description: '',
      implicit_grant: false,
      kind: 'api',
      service_id: id,
    }));
    await insert('claims', (id) => ({
      tenant_id: tenant,
      workspace_id: workspace,
      id,
      type: 'id_token',
      name: id,
      description: '',
      source_path: id,
      scopes: '[]',
      is_opaque: false,
    }));
    const pooled = { identifier_case_insensitive: true, authentication_mechanisms: '[]', ...settings };
    await insert('pools', (id) => ({ tenant_id: tenant, id, name: id, ...pooled }));
    await knex('pools').insert({ tenant_id: tenant, id: pool, name: 'Staff', ...pooled });
    await insert('users', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      id,
      status: 'active',
      payload: '{}',
      ...times,
    }));
    await insert('identifiers', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      user_id: id,
      normalized: id,
      type: 'uid',
      value: id,
    }));
    await insert('verifiable_addresses', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      user_id: id,
      normalized: `${id}@example.com`,
      value: id,
      type: 'email',
      status: 'active',
      verified_at: 1,
      verified_key: `${id}@example.com`,
      ...times,
    }));
    await insert('passkeys', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      credential_key: id,
      user_id: id,
      credential_id: id,
      public_key: '',
      counter: 0,
      transports: '[]',
      device_type: 'singleDevice',
      backed_up: false,
      aaguid: '',
      name: '',
      attestation_type: 'none',
      created_at: 1,
    }));
    await insert('passkey_challenges', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      user_id: id,
      challenge_hash: id,
      expires_at: 1,
    }));
    await insert('password_history', (id, at) => ({
      tenant_id: tenant,
      pool_id: pool,
      user_id: ids[at % 20],
      version: at + 1,
      hash: id,
    }));
    await insert('json_schemas', (id) => ({
      tenant_id: tenant,
      id,
      name: id,
      description: '',
      body: '{}',
      is_system: false,
      ...times,
    }));
    await insert('pool_user_counts', (id) => ({ tenant_id: tenant, pool_id: id, shard: 0, users: 1 }));
    await insert('user_groups', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      id,
      name: id,
      description: '',
      parent_id: id === 'x000' ? '' : 'x000',
      path: id === 'x000' ? id : `x000/${id}`,
      ...times,
    }));
    await insert('user_group_members', (id) => ({
      tenant_id: tenant,
      pool_id: pool,
      group_id: 'x000',
      user_id: id,
      created_at: 1,
    }));
    await insert('user_group_members', (id, at) => ({
      tenant_id: tenant,
      pool_id: pool,
      group_id: at === 0 ? 'x001' : id,
      user_id: at === 0 ? 'x101' : 'x100',
      created_at: 1,
    }));
    // Two at least: of one alone MariaDB sorts what it reads, in whichever order the index has it.
    await knex('user_stretches').insert(
      ['', 'x200'].map((first) => ({ tenant_id: tenant, pool_id: pool, first_id: first })),
    );
    await createStretchStore(knex).place(10_000);
    if (!isSqlite(knex))
      await knex.raw(
        'ANALYZE TABLE tenants, workspaces, clients, services, scopes, claims, pools, users, identifiers, verifiable_addresses, password_history, passkeys, passkey_challenges, json_schemas, pool_user_counts, user_groups, user_group_members, user_stretches',
      );
  });

  type Stores = ReturnType<typeof storesOf>;
  const lists: Readonly<Record<string, (stores: Stores) => Promise<unknown>>> = {
    tenants: ({ tenants }) => tenants.list(page),
    'tenants registered under an address': ({ tenants }) => tenants.listRegisteredBy('x050@example.com', 100),
    workspaces: ({ workspaces }) => workspaces.list(tenant, page),
    clients: ({ clients }) => clients.list(tenant, workspace, page),
    'clients by name': ({ clients }) => clients.list(tenant, workspace, { ...page, sort: 'name' }),
    'clients by when they were issued': ({ clients }) =>
      clients.list(tenant, workspace, { limit: 20, order: 'desc', sort: 'issued_at', before: 'x300' }),
    'a client of the tenant': ({ clients }) => clients.findInTenant(tenant, clientId('x100')),
    pools: ({ pools }) => pools.list(tenant, page),
    'pools by name': ({ pools }) => pools.list(tenant, { limit: 20, order: 'asc', sort: 'name' }),
    'how many people pools have': ({ pools }) => pools.countUsers(tenant, [pool, poolId('x100')]),
    schemas: ({ schemas }) => schemas.list(tenant),
    'what a page of people is called': ({ identifiers }) =>
      identifiers.listOfEach(tenant, pool, ['x100', 'x101'].map(userId)),
    'where a page of people is reached': ({ addresses }) =>
      addresses.listOfEach(tenant, pool, ['x100', 'x101'].map(userId)),
    'which passwords somebody had': ({ passwords }) => passwords.historyOf(tenant, pool, userId('x010')),
    'where somebody is reached': ({ addresses }) => addresses.listOf(tenant, pool, userId('x100')),
    'whose verified address it is': ({ addresses }) => addresses.findUser(tenant, pool, 'x100@example.com'),
    users: ({ users }) => users.list(tenant, pool, page),
    'users by the beginning of what they are called': ({ users }) => users.list(tenant, pool, { ...page, key: named }),
    'users so, backwards': ({ users }) =>
      users.list(tenant, pool, { limit: 20, order: 'asc', before: 'x300', key: named }),
    'users backwards': ({ users }) => users.list(tenant, pool, { limit: 20, order: 'asc', before: 'x300' }),
    'groups at the top': ({ groups }) => groups.list(tenant, pool, { limit: 20, parent: undefined, isNested: false }),
    'groups below another': ({ groups }) =>
      groups.list(tenant, pool, { limit: 20, parent: top, isNested: false, after: groupId('x050') }),
    'all groups of a pool': ({ groups }) =>
      groups.list(tenant, pool, { limit: 20, parent: undefined, isNested: true, before: groupId('x300') }),
    'groups of one name': ({ groups }) =>
      groups.list(tenant, pool, { limit: 20, parent: undefined, isNested: true, name: 'x100' }),
    'groups by id': ({ groups }) => groups.listById(tenant, pool, groupId('x050'), 20),
    'people in a group': ({ memberships }) =>
      memberships.listUsers({ ...top, tenantId: tenant, poolId: pool, ...whatever }, false, page),
    'groups that somebody is in': ({ memberships }) => memberships.groupsOf(tenant, pool, userId('x100')),
    'who is called so': ({ identifiers }) => identifiers.findUser(tenant, pool, 'x100'),
    'what somebody is called': ({ identifiers }) => identifiers.listOf(tenant, pool, userId('x100')),
    'passkeys of somebody': ({ passkeys }) => passkeys.listOf(tenant, pool, userId('x100')),
    'whose passkey it is': ({ passkeys }) => passkeys.find(tenant, pool, 'x100'),
    'challenges of somebody': ({ passkeyChallenges }) => passkeyChallenges.take(tenant, pool, userId('x100'), 'x', 0),
    services: ({ services }) => services.list(tenant, workspace, page),
    'a scope by its id': ({ scopes }) => scopes.findById(tenant, scopeId('x100')),
    'a claim by its id': ({ claims }) => claims.find(tenant, claimId('x100')),
    'a scope by its name': ({ scopes }) => scopes.find(tenant, workspace, 'x100'),
    'roles of a subject': ({ roles }) => roles.listFor(tenant, [{ type: 'client', clientId: 'x100' }]),
  };

  /** A few hundred at most, whoever has them: found by an index, and put in order where that is not the index's own. */
  const wholes: typeof lists = {
    'scopes of a workspace': ({ scopes }) => scopes.listOwn(tenant, workspace),
    'claims of a workspace': ({ claims }) => claims.list(tenant, workspace),
    'idps of a workspace': ({ idps }) => idps.list(tenant, workspace),
    'idps of a pool': ({ idps }) => idps.listOfPool(tenant, pool),
    'custom applications of a workspace': ({ customApps }) => customApps.list(tenant, workspace),
    'idps bound to a custom application': ({ customApps }) =>
      customApps.boundTo(tenant, workspace, customAppId('x100')),
    'scripts of a workspace': ({ scripts }) => scripts.list(tenant, workspace, page),
    'secrets of a workspace': ({ secrets }) => secrets.list(tenant, workspace),
    'roles in a tenant': ({ roles }) => roles.listIn(tenant, undefined),
    'roles in a workspace': ({ roles }) => roles.listIn(tenant, workspace),
    'roles in a pool': ({ roles }) => roles.listInPool(tenant, pool),
  };
  /** Words are looked for among those of the tenant or the place, and among no others. */
  const searches: typeof lists = {
    workspaces: ({ workspaces }) => workspaces.list(tenant, { ...page, search: 'x1' }),
    clients: ({ clients }) => clients.list(tenant, workspace, { ...page, search: 'x1' }),
    services: ({ services }) => services.list(tenant, workspace, { ...page, search: 'x1' }),
    pools: ({ pools }) => pools.list(tenant, { ...page, search: 'x1' }),
  };

  /** The statements that the work sends. */
  const statements = async (work: (stores: Stores) => Promise<unknown>) => {
    const sent: z.infer<typeof asked>[] = [];
    const note = (query: unknown) => sent.push(asked.parse(query));
    knex.on('query', note);
    await work(storesOf(knex));
    knex.removeListener('query', note);
    assert.ok(sent.length > 0);
    return sent;
  };

  for (const [name, list] of [...Object.entries(wholes), ...Object.entries(searches)])
    it(`finds ${name} by an index, whole or by words`, async () => {
      for (const { sql, bindings } of await statements(list)) {
        const values = bindings as Knex.RawBinding[];
        if (isSqlite(knex)) {
          const plan = sqlitePlan.parse(await knex.raw(`explain query plan ${sql}`, values));
          const said = `${sql}\n${plan.map(({ detail }) => detail).join('\n')}`;
          assert.ok(!plan.some(({ detail }) => detail.startsWith('SCAN')), said);
          assert.match(said, /SEARCH .* USING (COVERING )?INDEX \S+ \(tenant_id=\?/);
        } else {
          const [rows] = mysqlPlan.parse(await knex.raw(`explain ${sql}`, values));
          assert.ok(
            rows.every(({ type, key }) => type === null || (type !== 'ALL' && key !== null)),
            sql,
          );
        }
      }
    });

  for (const [name, list] of Object.entries(lists)) {
    it(`finds ${name} by an index, in its order`, async () => {
      for (const { sql, bindings } of await statements(list)) {
        const values = bindings as Knex.RawBinding[];
        if (isSqlite(knex)) {
          const plan = sqlitePlan
            .parse(await knex.raw(`explain query plan ${sql}`, values))
            .map(({ detail }) => detail);
          assert.ok(
            plan.every((step) => /^SEARCH .* USING (COVERING )?INDEX/.test(step)),
            `${sql}\n${plan.join('\n')}`,
          );
          // The whole of what names the thing: a shorter part of an index would walk everything that shares it.
          if (name === 'what somebody is called') assert.match(plan.join(), /user_id=\?/);
        } else {
          const [rows] = mysqlPlan.parse(await knex.raw(`explain ${sql}`, values));
          for (const { type, key, Extra } of rows) {
            const said = `${sql}\n${JSON.stringify(rows)}`;
            // «Impossible WHERE» and const tables were answered while they were planned.
            if (type === null) continue;
            assert.ok(type !== 'ALL' && key !== null, said);
            assert.ok(!Extra.includes('filesort') && !Extra.includes('temporary'), said);
          }
        }
      }
    });
  }
});
