/** The core's migrations: there, back, and there again, on every database. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Knex } from 'knex';
import { coreMigrations } from '../../migrations/index.ts';
import { openDatabase } from '../../server/db/knex.ts';
import { migrateLatest, rollbackAll } from '../../server/db/migrate.ts';
import { withMigrationLock } from '../../server/db/migration-lock.ts';
import { coreHistory } from '../../server/db/migration.ts';
import { onEachEmptyDatabase } from '../support/databases.ts';
import { fillTables, rowsIn } from '../support/filled-tables.ts';
import { columnsOf, tablesOf } from '../support/schema.ts';

const plan = { history: coreHistory, migrations: coreMigrations };
const names = coreMigrations.map((migration) => migration.name);

/** Tables whose rows a migration is there to change. */
const meant: Readonly<Record<string, readonly string[]>> = {
  // The schema of before has no words for them: whoever had them has less then, and nobody more.
  '0014_pool_roles, down': ['role_grants'],
  // Each workspace is given those of self-service.
  '0023_self_service_scopes, up': ['scopes'],
};

describe('coreMigrations', () => {
  it('lists every file of the folder, in order', () => {
    const files = readdirSync(new URL('../../migrations', import.meta.url))
      .filter((file) => /^\d{4}_/.test(file))
      .map((file) => file.replace(/\.ts$/, ''));
    assert.deepEqual(names, files.toSorted());
  });
});

onEachEmptyDatabase('coreMigrations', (url) => {
  let knex: Knex;
  before(async () => {
    knex = await openDatabase({ url: url() });
  });
  after(() => knex.destroy());

  it('go up, down and up again to the same schema', async () => {
    assert.deepEqual(await migrateLatest(knex, plan), names);
    const first = await columnsOf(knex);
    assert.ok(first.length > 100);
    await rollbackAll(knex, plan);
    assert.deepEqual(
      (await tablesOf(knex)).filter((table) => !table.startsWith('knex_migrations')),
      [],
    );
    assert.deepEqual(await migrateLatest(knex, plan), names);
    assert.deepEqual(await columnsOf(knex), first);
  });

  it('go down although parts are missing, so that a migration cut off in the middle can be taken back', async () => {
    for (const migration of coreMigrations.toReversed()) {
      await migration.down(knex);
      await migration.down(knex);
    }
    for (const migration of coreMigrations) await migration.up(knex);
  });

  it('keep every row of every table that is there before and after, one after the other down and up', async function () {
    this.timeout(180_000);
    await rollbackAll(knex, plan);
    await migrateLatest(knex, plan);
    const step = async (name: string, change: (executor: Knex) => Promise<void>): Promise<void> => {
      await fillTables(knex);
      const before = await rowsIn(knex);
      await withMigrationLock(knex, change);
      const after = await rowsIn(knex);
      const changed = [...before].filter(([table, rows]) => after.has(table) && after.get(table) !== rows);
      assert.deepEqual(
        changed.map(([table]) => table),
        meant[name] ?? [],
        name,
      );
    };
    for (const { name, down } of coreMigrations.toReversed()) await step(`${name}, down`, down);
    for (const { name, up } of coreMigrations) await step(`${name}, up`, up);
    await knex(coreHistory).delete();
    for (const { down } of coreMigrations.toReversed()) await withMigrationLock(knex, down);
  });

  it('end the sessions of whoever was disabled before they could be ended', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0016_passwords'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const place = { tenant_id: 'acme', pool_id: 'people' };
    const times = { created_at: 1, updated_at: 5 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    const settings = { identifier_case_insensitive: true, authentication_mechanisms: '[]', settings: '{}' };
    await knex('pools').insert({ tenant_id: 'acme', id: 'people', name: 'People', ...settings, ...times });
    for (const [id, status, status_updated_at] of [
      ['ada', 'active', 3],
      ['bob', 'inactive', 3],
      ['eve', 'deleted', null],
    ] as const)
      await knex('users').insert({ ...place, id, status, payload: '{}', status_updated_at, ...times });
    await migrateLatest(knex, plan);
    const ended = await knex<{ id: string; sessions_ended_at: number | string | null }>('users').orderBy('id');
    assert.deepEqual(
      ended.map(({ sessions_ended_at: at }) => (at === null ? null : Number(at))),
      [null, 3, 5],
    );
  });

  it('take away roles that have no place, and no other, on the way there and back', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0046_roles_without_a_place'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const times = { created_at: 1, updated_at: 1 };
    for (const id of ['acme', 'other'])
      await knex('tenants').insert({ id, name: id, settings: '{}', sealed_key: '', ...times });
    const workspace = { id: 'shop', name: 'Shop', type: 'regular', settings: '{}', revision: 1, ...times };
    await knex('workspaces').insert({ ...workspace, tenant_id: 'acme' });
    const grant = (role: string, workspace_id: string, pool_id = '', tenant_id = 'acme') => {
      const subject = { subject_type: 'client', subject_place: '', subject_id: 'c' };
      return knex('role_grants').insert({ tenant_id, workspace_id, pool_id, role, created_at: 1, ...subject });
    };
    const stays = [
      ['admin', ''],
      ['member', ''],
      ['manager', 'shop'],
      ['admin', 'shop'],
      // Its pool may come by another import.
      ['user_manager', '', 'people'],
    ] as const;
    for (const [role, place, pool] of stays) await grant(role, place, pool);
    const held = async () =>
      (await knex<{ tenant_id: string; role: string; workspace_id: string; pool_id: string }>('role_grants'))
        .map(({ tenant_id: tenant, role, workspace_id: place, pool_id: pool }) => [tenant, role, place, pool].join(' '))
        .toSorted();
    const before = await held();
    await grant('manager', '');
    await grant('user_manager', '');
    await grant('admin', 'gone');
    await grant('admin', 'shop', '', 'other');
    await migrateLatest(knex, plan);
    assert.deepEqual(await held(), before);
    const { down, up } = coreMigrations[names.indexOf('0046_roles_without_a_place')] ?? {};
    await down?.(knex);
    assert.deepEqual(await held(), before);
    await up?.(knex);
    assert.deepEqual(await held(), before);
  });

  it('take away the clients of pages whose workspace was removed, and no other', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0051_clients_of_removed_pages'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const times = { created_at: 1, updated_at: 1 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    for (const id of ['shop', 'system']) {
      const type = id === 'system' ? id : 'regular';
      await knex('workspaces').insert({ tenant_id: 'acme', id, name: id, type, settings: '{}', revision: 1, ...times });
    }
    const client = async (id: string, scope: string, change: object = {}, at = 1) => {
      const machine = { grant_types: ['client_credentials'], response_types: [] };
      const method = { token_endpoint_auth_method: 'client_secret_basic' };
      const metadata = JSON.stringify({ client_name: id, ...machine, ...method, scope, ...change });
      const place = { tenant_id: 'acme', workspace_id: 'system' };
      const row = { ...place, id, status: 'active', trusted: true, metadata, created_at: at, updated_at: at };
      await knex('clients').insert(row);
    };
    const told = (id: string, workspace_id: string, metadata: object, payload: object, at = 1) =>
      knex('audit_events').insert({
        tenant_id: 'acme',
        id,
        workspace_id,
        subject: 'server',
        action: 'updated',
        at,
        metadata: JSON.stringify(metadata),
        payload: JSON.stringify(payload),
      });
    const app = (id: string, workspace: string) =>
      told(`of-${id}`, workspace, { client_id: id }, { server_updated: { id: workspace, custom_app: { id } } });
    await client('app-of-gone', 'manage_post_authn');
    await app('app-of-gone', 'gone');
    await client('consent-of-gone', 'manage_scope_grants');
    await app('consent-of-gone', 'gone');
    await client('login-of-gone', 'manage_logins', {}, 50_000);
    const made = { server_updated: { id: 'gone', idp: { id: 'x', method: 'custom', what: 'created' } } };
    await told('of-login', 'gone', { idp_id: 'x', idp_method: 'custom' }, made, 50_003);
    const stay = [
      // Nothing tells that there was a page; one that is there, or was taken over; more than a page's client may; another time.
      ['by-hand', 'manage_post_authn'],
      ['of-shop', 'manage_post_authn'],
      ['taken-over', 'manage_post_authn'],
      ['more', 'manage_post_authn manage_clients'],
      ['login-by-hand', 'manage_logins'],
    ] as const;
    for (const [id, scope] of stay) await client(id, scope);
    await client('changed', 'manage_post_authn', { description: 'for the back office' });
    for (const id of ['taken-over', 'more', 'changed']) await app(id, 'gone');
    await app('of-shop', 'shop');
    const page = {
      tenant_id: 'acme',
      workspace_id: 'shop',
      id: 'kyc',
      name: 'KYC',
      url: 'https://kyc.example',
    };
    await knex('custom_apps').insert({ ...page, client_id: 'taken-over' });
    const subject = { subject_type: 'client', subject_place: '', subject_id: 'app-of-gone' };
    const grant = { tenant_id: 'acme', workspace_id: '', pool_id: '', role: 'member', created_at: 1 };
    await knex('role_grants').insert({ ...grant, ...subject });

    await migrateLatest(knex, plan);
    const left: readonly string[] = await knex('clients').pluck('id');
    assert.deepEqual(left.toSorted(), ['changed', ...stay.map(([id]) => id)].toSorted());
    assert.deepEqual(await knex('role_grants').select(), []);
    const { down, up } = coreMigrations[names.indexOf('0051_clients_of_removed_pages')] ?? {};
    await down?.(knex);
    await up?.(knex);
    assert.equal((await knex('clients').select()).length, left.length);
    await rollbackAll(knex, plan);
  });

  it('take out of pools the workspaces that are not there, and leave the others as they were', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0055_workspaces_that_pools_name'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const times = { created_at: 1, updated_at: 1 };
    const at = { tenant_id: 'acme' };
    for (const [tenant_id, id] of [
      ['acme', 'shop'],
      ['other', 'gone'],
    ] as const) {
      await knex('tenants').insert({ id: tenant_id, name: tenant_id, settings: '{}', sealed_key: '', ...times });
      const shop = { id, name: 'Shop', type: 'regular', settings: '{}', revision: 1, ...times };
      await knex('workspaces').insert({ tenant_id, ...shop });
    }
    const naming = (...ids: readonly string[]) => JSON.stringify({ a: 1, script_metadata_workspaces: ids });
    const spaced = '{ "script_metadata_workspaces": ["shop"] }';
    const kept = { name: 'People', identifier_case_insensitive: true, authentication_mechanisms: '["password"]' };
    for (const [id, workspace_id, settings] of [
      ['a', null, '{}'],
      ['b', 'shop', spaced],
      ['c', 'gone', naming('gone', 'shop')],
      ['d', 'shop', naming('gone')],
      ['e', 'gone', naming('shop')],
      // More than are read at once.
      ...Array.from({ length: 205 }, (_, n) => [`f${String(n)}`, 'gone', naming('gone')] as const),
    ] as const)
      await knex('pools').insert({ ...at, id, workspace_id, settings, ...kept, is_system: false, ...times });
    await migrateLatest(knex, plan);
    const left: readonly { id: string; workspace_id: string | null; settings: string }[] = await knex('pools')
      .orderBy('id')
      .select('id', 'workspace_id', 'settings');
    assert.deepEqual(
      left.slice(0, 5).map(({ id, workspace_id, settings }) => [id, workspace_id, settings]),
      [
        ['a', null, '{}'],
        ['b', 'shop', spaced],
        ['c', null, naming('shop')],
        ['d', 'shop', naming()],
        ['e', null, naming('shop')],
      ],
    );
    assert.equal(left.length, 210);
    for (const { workspace_id, settings } of left.slice(5))
      assert.deepEqual([workspace_id, settings], [null, naming()]);
    await rollbackAll(knex, plan);
  });

  it('take the secret halves of keys out of what clients are registered with, and leave the rest as it was', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0053_public_halves_of_keys'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const times = { created_at: 1, updated_at: 1 };
    const inTenant = (tenant_id: string) => ({ tenant_id, workspace_id: 'shop' });
    for (const id of ['acme', 'other']) {
      await knex('tenants').insert({ id, name: id, settings: '{}', sealed_key: '', ...times });
      const shop = { id: 'shop', name: 'Shop', type: 'regular', settings: '{}', revision: 1, ...times };
      await knex('workspaces').insert({ tenant_id: id, ...shop });
    }
    const shown = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'eA', y: 'eQ' };
    const whole = {
      client_name: 'Till',
      jwks: {
        keys: [
          { ...shown, d: 'c2VjcmV0' },
          { kty: 'oct', k: 'c2VjcmV0' },
        ],
      },
    };
    // Another spelling of the same JSON is nothing to change.
    const untouched = [
      `{ "jwks": { "keys": [${JSON.stringify(shown)}] } }`,
      '{"client_name":"jwks"}',
      '{"jwks":"text"}',
    ];
    const rows = [
      // More than are read at once, of two tenants.
      ...Array.from({ length: 205 }, (_, n) => ['acme', `c-${String(n)}`, JSON.stringify(whole)] as const),
      ...untouched.map((metadata, n) => ['acme', `d-${String(n)}`, metadata] as const),
      ['other', 'c-0', JSON.stringify(whole)] as const,
    ];
    for (const [tenant, id, metadata] of rows) {
      const flags = { status: 'active', trusted: false };
      await knex('clients').insert({ ...inTenant(tenant), id, ...flags, metadata, ...times });
    }
    await migrateLatest(knex, plan);
    const left: readonly { id: string; metadata: string }[] = await knex('clients').select('id', 'metadata');
    assert.equal(left.length, rows.length);
    const clean = JSON.stringify({ client_name: 'Till', jwks: { keys: [shown] } });
    for (const { id, metadata } of left)
      assert.equal(metadata, id.startsWith('d-') ? untouched[Number(id.slice(2))] : clean, id);
    await rollbackAll(knex, plan);
  });

  it('give the scopes of self-service to the workspaces of before, once, and leave what somebody made', async () => {
    await rollbackAll(knex, plan);
    const earlier = coreMigrations.slice(0, names.indexOf('0023_self_service_scopes'));
    await migrateLatest(knex, { ...plan, migrations: earlier });
    const times = { created_at: 1, updated_at: 1 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    const ids = ['admin', 'system', ...Array.from({ length: 205 }, (_, n) => `shop-${String(n)}`)];
    for (const id of ids) {
      const type = id.startsWith('shop') ? 'regular' : id;
      const workspace = { tenant_id: 'acme', id, name: id, type, settings: '{}', revision: 7, ...times };
      await knex('workspaces').insert(workspace);
    }
    const own = { tenant_id: 'acme', workspace_id: 'shop-3', id: 'own', name: 'view_ss_profile' };
    const words = { display_name: 'Mine', description: '', implicit_grant: true, kind: 'api', transient: false };
    await knex('scopes').insert({ ...own, ...words });
    const scopesOf = async (workspace: string) => {
      const rows: readonly { name: string; display_name: string; implicit_grant: number | boolean }[] = await knex(
        'scopes',
      )
        .where({ workspace_id: workspace })
        .orderBy('name')
        .select();
      return rows.map(({ name, display_name: display, implicit_grant: implicit }) => [name, display, Number(implicit)]);
    };
    const revisionOf = async (id: string) => {
      const revisions: readonly number[] = await knex('workspaces').where({ id }).pluck('revision');
      return revisions[0];
    };

    await migrateLatest(knex, { ...plan, migrations: coreMigrations.slice(0, earlier.length + 1) });
    for (const id of ['admin', 'shop-0', 'shop-204'])
      assert.deepEqual(await scopesOf(id), [
        ['manage_ss_profile', 'Manage your account', 0],
        ['view_ss_profile', 'See your account', 0],
      ]);
    assert.deepEqual(await scopesOf('system'), []);
    assert.deepEqual(await scopesOf('shop-3'), [
      ['manage_ss_profile', 'Manage your account', 0],
      ['view_ss_profile', 'Mine', 1],
    ]);
    assert.deepEqual([await revisionOf('shop-0'), await revisionOf('system')], [8, 7]);

    const last = coreMigrations.find(({ name }) => name === '0023_self_service_scopes');
    await last?.up(knex);
    assert.equal(await revisionOf('shop-0'), 8);
    await last?.down(knex);
    assert.deepEqual(await scopesOf('shop-0'), []);
    assert.deepEqual(await scopesOf('shop-3'), [['view_ss_profile', 'Mine', 1]]);
    await last?.up(knex);

    const secrets = coreMigrations.find(({ name }) => name === '0036_secret_scopes');
    const namesOf = async (id: string) => (await scopesOf(id)).map(([name]) => name);
    await secrets?.up(knex);
    await secrets?.up(knex);
    for (const id of ['admin', 'system'])
      assert.deepEqual(
        (await namesOf(id)).filter((name) => String(name).includes('secrets')),
        ['manage_secrets', 'read_secrets'],
      );
    assert.ok(!(await namesOf('shop-0')).includes('read_secrets'), 'nobody signs in to these for the management APIs');
    assert.equal(await revisionOf('system'), 8);
    await secrets?.down(knex);
    assert.deepEqual(await scopesOf('system'), []);
    await rollbackAll(knex, plan);
  });

  it('find the forms of passwords that were imported before they were kept', async () => {
    await rollbackAll(knex, plan);
    await migrateLatest(knex, { ...plan, migrations: coreMigrations.slice(0, names.indexOf('0024_password_forms')) });
    const times = { created_at: 1, updated_at: 5 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    const settings = { identifier_case_insensitive: true, authentication_mechanisms: '[]', settings: '{}' };
    await knex('pools').insert({ tenant_id: 'acme', id: 'people', name: 'People', ...settings, ...times });
    const bcrypt = (digest: string) => `$2b$10$CCCCCCCCCCCCCCCCCCCCC.${digest.repeat(31)}`;
    // More than are read at a time.
    for (let n = 0; n < 1100; n += 100) {
      const people = Array.from({ length: 100 }, (_, at) => `p${String(n + at).padStart(5, '0')}`);
      const place = { tenant_id: 'acme', pool_id: 'people' };
      await knex('users').insert(people.map((id) => ({ ...place, id, status: 'active', payload: '{}', ...times })));
      const hash = n === 1000 ? bcrypt('E') : '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA';
      await knex('password_credentials').insert(
        people.map((id) => ({ ...place, user_id: id, id: `c${id}`, hash, version: 1 })),
      );
    }
    await migrateLatest(knex, plan);
    const found = await knex<{ form: string }>('password_forms').select('form');
    assert.deepEqual(found, [{ form: bcrypt('.') }]);
  });

  it('give identifiers the form of their type, save where somebody has it already', async () => {
    await rollbackAll(knex, plan);
    const at = names.indexOf('0034_identifier_forms');
    await migrateLatest(knex, { ...plan, migrations: coreMigrations.slice(0, at) });
    const times = { created_at: 1, updated_at: 5 };
    await knex('tenants').insert({ id: 'acme', name: 'Acme', settings: '{}', sealed_key: '', ...times });
    const place = { tenant_id: 'acme', pool_id: 'people' };
    const settings = { identifier_case_insensitive: false, authentication_mechanisms: '[]', settings: '{}' };
    await knex('pools').insert({ tenant_id: 'acme', id: 'people', name: 'People', ...settings, ...times });
    await knex('users').insert({ ...place, id: 'u', status: 'active', payload: '{}', ...times });
    const rows = [
      ['email', 'Ada@Example.com', 'Ada@example.com', 'ada@example.com'],
      ['email', 'Bob@example.com', 'Bob@example.com', 'Bob@example.com'],
      ['email', 'bob@example.com', 'bob@example.com', 'bob@example.com'],
      ['external', '2023-0001', '+20230001', '2023-0001'],
      ['uid', '20231234', '+20231234', '20231234'],
      ['mobile', '+44 20 7946 0958', '+442079460958', '+442079460958'],
      ['uid', 'Ada', 'Ada', 'Ada'],
    ] as const;
    for (const [type, value, normalized] of rows)
      await knex('identifiers').insert({ ...place, user_id: 'u', type, value, normalized });
    const formsNow = async () => {
      const found = await knex<{ type: string; value: string; normalized: string }>('identifiers');
      return new Map(found.map((row) => [`${row.type} ${row.value}`, row.normalized]));
    };
    await migrateLatest(knex, plan);
    assert.deepEqual(await formsNow(), new Map(rows.map(([type, value, , form]) => [`${type} ${value}`, form])));
    const last = coreMigrations[at];
    await last?.down(knex);
    assert.deepEqual(await formsNow(), new Map(rows.map(([type, value, form]) => [`${type} ${value}`, form])));
    await last?.up(knex);
    await rollbackAll(knex, plan);
  });
});
