import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from '../../../server/bootstrap/bootstrap.ts';
import type { BootstrapOptions } from '../../../server/bootstrap/bootstrap.ts';
import { demoPoolId } from '../../../server/bootstrap/demo-person.ts';
import { demoClientId } from '../../../server/bootstrap/demo.ts';
import type { PasswordHasher } from '../../../server/credentials/password/password.ts';
import { isSqlite } from '../../../server/db/knex.ts';
import type { Database } from '../../../server/db/knex.ts';
import { clientId, idpId, tenantId, workspaceId, type TenantId } from '../../../server/kernel/ids.ts';
import { firstPage } from '../../../server/kernel/pagination.ts';
import { createTenantService } from '../../../server/tenants/tenant.service.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { heldClock, storesOf, unitOfWorkOn } from '../../support/stores.ts';

/** Writes the password behind a mark: what is looked at here is which one was hashed. */
const hasher: Pick<PasswordHasher, 'hash'> = { hash: (password) => Promise.resolve(`hashed:${password}`) };
const [system, acme] = [tenantId('system'), tenantId('default')];
const demo = workspaceId('demo');

onEachDatabase('bootstrap', (open) => {
  let knex: Database;
  let dataDir: string;
  let options: BootstrapOptions;
  const start = (changes: Partial<BootstrapOptions> = {}, on: Database = knex) =>
    bootstrap({ unitOfWork: unitOfWorkOn(on), hasher, clock: heldClock() }, { ...options, ...changes });

  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-first-'));
    options = {
      dataDir,
      rootClient: { id: 'system', secret: undefined },
      defaultTenant: 'default',
      demo: { workspace: 'demo', issuer: 'http://localhost:8080/default/demo', administers: true, password: undefined },
    };
    for (const tenant of (await storesOf(knex).tenants.list(firstPage)).items) {
      await removeTenant(tenant.id);
    }
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const removeTenant = async (id: TenantId) => {
    const { tenants, holdings } = storesOf(knex);
    await tenants.markRemoved(id, 1);
    while ((await holdings.removeSome(1000, id)) === 1000);
  };
  const rootClient = () => storesOf(knex).clients.find(system, workspaceId('system'), clientId('system'));
  const demoClient = () => storesOf(knex).clients.find(acme, demo, demoClientId);

  it('makes the root tenant with the client that may manage every tenant', async () => {
    const report = await start({ demo: undefined });
    const workspaces = await storesOf(knex).workspaces.list(system, firstPage);
    assert.deepEqual(
      workspaces.items.map(({ id, type }) => [id, type]),
      [
        ['admin', 'admin'],
        ['system', 'system'],
      ],
    );
    const client = await rootClient();
    assert.equal(client?.secret, report.rootClientSecret);
    assert.deepEqual(client?.metadata.grant_types, ['client_credentials']);
    assert.match(client.metadata.scope ?? '', /\bmanage_configuration\b/);
    assert.equal(await demoClient(), undefined);
    assert.notEqual(await storesOf(knex).tenants.find(acme), undefined);
  });

  it('seeds a demonstration that somebody can log in to', async () => {
    const report = await start();
    const { workspaces, pools, identifiers, users, passwords, idps } = storesOf(knex);
    assert.equal((await workspaces.find(acme, demo))?.settings.demo_enabled, true);
    assert.equal((await idps.find(acme, demo, idpId('demo-pool')))?.method, 'identity_pool');
    assert.equal((await pools.find(acme, demoPoolId))?.identifierCaseInsensitive, true);
    const ids = await Promise.all(
      ['ada@example.com', '+442079460958', 'ada'].map((text) => identifiers.findUser(acme, demoPoolId, text)),
    );
    const [ada] = ids;
    assert.ok(ada !== undefined && new Set(ids).size === 1);
    assert.equal((await users.find(acme, demoPoolId, ada))?.payload['name'], 'Ada Lovelace');
    assert.ok(report.demoPassword !== undefined && report.demoPassword.length >= 20);
    const credential = await passwords.findByUser(acme, demoPoolId, ada);
    assert.equal(credential?.hash, `hashed:${report.demoPassword}`);
    const client = await demoClient();
    assert.deepEqual(client?.metadata.redirect_uris, ['http://localhost:8080/default/demo/demo/callback']);
    assert.deepEqual(client.metadata.post_logout_redirect_uris, ['http://localhost:8080/default/demo/demo']);
    assert.ok(client.secret !== undefined && client.secret.length >= 43);
  });

  it('keeps generated secrets in a file that only its owner reads, and tells of them once', async () => {
    const first = await start();
    const path = join(dataDir, 'first-start.json');
    assert.equal(first.secretsFile, path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
    assert.ok(typeof kept === 'object' && kept !== null && 'rootClientSecret' in kept && 'demoPassword' in kept);
    assert.equal(kept.rootClientSecret, first.rootClientSecret);
    assert.equal(kept.demoPassword, first.demoPassword);
    const second = await start();
    assert.deepEqual(second, {
      firstStart: false,
      demoSeeded: false,
      rootClientSecret: undefined,
      demoPassword: undefined,
      secretsFile: path,
    });
    assert.equal((await rootClient())?.secret, first.rootClientSecret);
  });

  it('uses secrets of the configuration, and then makes no file', async () => {
    const secret = 'configured-secret-0123456789';
    const configured = {
      workspace: 'demo',
      issuer: 'http://localhost:8080/default/demo',
      administers: true,
      password: 'open sesame',
    };
    const report = await start({ rootClient: { id: 'system', secret }, demo: configured });
    assert.deepEqual([report.rootClientSecret, report.demoPassword], [undefined, undefined]);
    assert.equal(report.secretsFile, undefined);
    await assert.rejects(stat(join(dataDir, 'first-start.json')), { code: 'ENOENT' });
    assert.equal((await rootClient())?.secret, secret);
    assert.equal((await knex<{ hash: string }>('password_credentials').first())?.hash, 'hashed:open sesame');
  });

  it('follows a secret that the configuration changes: the old one is worth nothing', async () => {
    await start({ demo: undefined });
    const secret = 'another-secret-0123456789';
    await start({ demo: undefined, rootClient: { id: 'system', secret } });
    const client = await rootClient();
    assert.deepEqual([client?.secret, client?.rotatedSecrets], [secret, []]);
  });

  it('makes everything once when six processes start at once', async () => {
    // Two pools of one process would wait for each other's file lock with the event loop held.
    const other = isSqlite(knex) ? knex : await open();
    const reports = await Promise.all(Array.from({ length: 6 }, (_, n) => start({}, n % 2 === 0 ? knex : other)));
    assert.equal(reports.filter(({ firstStart }) => firstStart).length, 1);
    assert.equal(reports.filter(({ demoSeeded }) => demoSeeded).length, 1);
    const count = async (table: string) => (await knex(table).select()).length;
    assert.deepEqual([await count('tenants'), await count('users'), await count('clients')], [2, 1, 2]);
    const maker = reports.find(({ firstStart }) => firstStart);
    assert.equal((await rootClient())?.secret, maker?.rootClientSecret);
  });

  it('goes on after a start that died before the root was made', async () => {
    const clock = heldClock();
    await createTenantService({ unitOfWork: unitOfWorkOn(knex), clock }).create({ id: 'default', name: 'Default' });
    const report = await start();
    assert.deepEqual([report.firstStart, report.demoSeeded], [true, true]);
  });

  it('leaves alone what its owner did with the demonstration and with the default tenant', async () => {
    await start();
    const { clients } = storesOf(knex);
    const client = await demoClient();
    assert.ok(client !== undefined);
    const own = { ...client, metadata: { ...client.metadata, redirect_uris: ['https://own.example/cb'] } };
    await clients.update(own);
    await start();
    assert.deepEqual((await demoClient())?.metadata.redirect_uris, ['https://own.example/cb']);
    await removeTenant(acme);
    await start({ demo: undefined });
    assert.equal(await storesOf(knex).tenants.find(acme), undefined);
  });

  it('takes the demonstration along when the public URL changes', async () => {
    await start();
    await start({
      demo: { workspace: 'demo', issuer: 'https://id.example/default/demo', administers: true, password: undefined },
    });
    const client = await demoClient();
    assert.deepEqual(client?.metadata.redirect_uris, ['https://id.example/default/demo/demo/callback']);
    assert.deepEqual(client.metadata.post_logout_redirect_uris, ['https://id.example/default/demo/demo']);
  });
});
