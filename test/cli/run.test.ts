/** The command line against a whole platform: what it prints, what it keeps, how it ends. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { createProfiles } from '../../cli/profiles.ts';
import type { Client } from '../../server/clients/client.ts';
import { createClientService } from '../../server/clients/client.service.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createTenantService } from '../../server/tenants/tenant.service.ts';
import { gatehouseIn, type Typed } from '../support/command-line.ts';
import { projectRoot } from '../support/cruise.ts';
import { startWebLogin, type WebLogin } from '../support/web-login.ts';

const passphrase = 'correct horse battery staple';

describe('the command line', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let directory: string;
  let clients: readonly Client[];
  let root: Client;

  before(async () => {
    house = await startWebLogin();
    const { unitOfWork } = house.platform;
    const made = createTenantService({ unitOfWork, clock: systemClock });
    ({ clients } = await made.create({ id: 'acme', name: 'Acme \u001b[31mred', withDefaultWorkspace: true }));
    root = await createClientService({ unitOfWork, clock: systemClock }).create({
      tenantId: tenantId('system'),
      workspaceId: workspaceId('system'),
      metadata: {
        grant_types: ['client_credentials'],
        response_types: [],
        scope: 'manage_configuration read_configuration',
      },
    });
  });
  after(() => house.stop());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const gatehouse = (args: readonly string[], more: Typed = {}) => gatehouseIn(directory, args, more);
  const of = (workspace: string): Client => {
    const client = clients.find((one) => one.workspaceId === workspaceId(workspace));
    assert.ok(client);
    return client;
  };
  const signIn = async (workspace: 'admin' | 'system', client = of(workspace), tenant = 'acme') => {
    const place = ['--url', house.origin, '--tenant', tenant, '--workspace', workspace];
    const signed = await gatehouse(['login', ...place, '--client-id', client.id], { typed: client.secret ?? '' });
    assert.deepEqual([signed.exit, signed.said], [0, '']);
  };
  const ok = async (...args: readonly string[]) => {
    const { exit, out, said } = await gatehouse(args);
    assert.equal(exit, 0, said);
    return out;
  };

  it('signs in with a client, and keeps its secret for its owner alone', async () => {
    await signIn('admin');
    await signIn('system');
    const kept = join(directory, 'config');
    assert.equal((await stat(kept)).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(kept), ['config.json']);
    assert.equal((await stat(join(kept, 'config.json'))).mode & 0o777, 0o600);
    const text = await readFile(join(kept, 'config.json'), 'utf8');
    assert.ok(text.includes('"acme/admin"') && text.includes('"acme/system"'));
  });

  it('keeps nothing of a client that is given no token', async () => {
    const place = ['--url', house.origin, '--tenant', 'acme', '--client-id', of('admin').id];
    const { exit, said } = await gatehouse(['login', ...place], { typed: 'wrong' });
    assert.equal(exit, 4);
    assert.match(said, /acme\/admin gives this client no token/);
    assert.ok(!said.includes('wrong'));
    assert.deepEqual(await readdir(directory), []);
  });

  it('sends no secret in clear to another machine, and none as an argument', async () => {
    const place = ['--tenant', 'acme', '--client-id', 'x'];
    for (const url of ['http://id.example', 'ftp://localhost', 'nonsense']) {
      assert.equal((await gatehouse(['login', '--url', url, ...place], { typed: 's' })).exit, 2, url);
    }
    assert.equal((await gatehouse(['login', '--client-secret', 'x'])).exit, 2);
  });

  it('lists tenants, workspaces and clients, without power over the terminal and without secrets', async () => {
    await signIn('admin');
    await signIn('system', root, 'system');
    const tenants = await ok('tenants');
    assert.match(tenants, /^acme {2,}Acme .\[31mred$/m);
    assert.ok(!tenants.includes('\u001b'));
    assert.match(await ok('workspaces', '--tenant', 'acme'), /^default +regular +/m);
    const listed = await ok('workspaces', '--tenant', 'acme', '--json', '--search', 'DEFAULT');
    const ids = z.array(z.looseObject({ id: z.string() })).parse(JSON.parse(listed));
    assert.deepEqual(
      ids.map(({ id }) => id),
      ['default'],
    );
    const all = await ok('clients', '--tenant', 'acme', '--workspace', 'admin', '--json');
    assert.ok(all.includes(of('admin').id) && !all.includes('secret"'), all);
    assert.equal((await gatehouse(['clients', '--tenant', 'acme'])).exit, 2);
    assert.equal((await gatehouse(['clients', '--tenant', 'acme', '--workspace', 'nowhere'])).exit, 1);
  });

  it('reads lists to their end, page by page', async () => {
    const { unitOfWork } = house.platform;
    const service = createClientService({ unitOfWork, clock: systemClock });
    const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('default') };
    for (let n = 0; n < 120; n += 1)
      await service.create({ ...place, metadata: { grant_types: ['client_credentials'], response_types: [] } });
    await signIn('admin');
    const list = async (...more: readonly string[]) =>
      z.array(z.unknown()).parse(JSON.parse(await ok('clients', '--workspace', 'default', '--json', ...more))).length;
    assert.ok((await list()) >= 120);
    assert.equal(await list('--limit', '101'), 101);
  });

  it('rotates secrets and keys', async () => {
    await signIn('admin');
    const { id } = of('system');
    const secret = (await ok('clients', 'rotate-secret', id)).trim();
    assert.ok(secret.length > 40 && secret !== of('system').secret);
    const before = await ok('keys', '--workspace', 'default');
    assert.match(await ok('keys', 'rotate', '--workspace', 'default'), /signs from now on/);
    const rotated = await ok('keys', '--workspace', 'default');
    assert.notEqual(rotated, before);
    assert.match(rotated, / rotated /);
  });

  describe('makes and takes away', () => {
    const made = z.looseObject({ client_id: z.string(), client_secret: z.string() });
    const inShop = ['--workspace', 'shop'];
    beforeEach(() => signIn('admin'));
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
      await signIn('admin');
      assert.equal(await ok('workspaces', 'create', 'shop', '--name', 'The shop'), 'The workspace shop is there.\n');
      await rm(directory, { recursive: true });
    });

    it('a workspace, which is removed by whoever types its name', async () => {
      assert.match(await ok('workspaces'), /^shop +regular +The shop$/m);
      const again = await gatehouse(['workspaces', 'create', 'shop']);
      assert.equal(again.exit, 1);
      assert.match(again.said, /\(409\)/);
      assert.equal((await gatehouse(['workspaces', 'create'])).exit, 2);
      await ok('workspaces', 'create', 'gone');
      const remove = ['workspaces', 'remove', 'gone'];
      const asked = await gatehouse(remove, { typed: 'gone' });
      assert.equal(asked.exit, 2, 'nobody can answer there');
      assert.match(asked.said, /--yes/);
      assert.equal((await gatehouse(remove, { interactive: true, typed: 'yes' })).exit, 1);
      assert.match(await ok('workspaces'), /^gone /m);
      const removed = await gatehouse([...remove, '--json'], { interactive: true, typed: 'gone' });
      assert.deepEqual([removed.exit, JSON.parse(removed.out)], [0, { removed: 'gone' }]);
      assert.doesNotMatch(await ok('workspaces'), /^gone /m);
      assert.equal((await gatehouse([...remove, '--yes'])).exit, 1, 'it is not there any more');
      assert.equal((await gatehouse(['workspaces', 'remove', 'admin', '--yes'])).exit, 1);
    });

    it('a client, from options, a file or standard input', async () => {
      const uris = 'https://shop.example/cb https://shop.example/other';
      const options = ['--name', 'Shop', '--redirect-uris', uris, '--scopes', 'openid email', '--client-id', 'web'];
      const web = made.parse(JSON.parse(await ok('clients', 'create', ...inShop, ...options, '--json')));
      assert.partialDeepStrictEqual(web, {
        client_id: 'web',
        client_name: 'Shop',
        authorization_server_id: 'shop',
        redirect_uris: uris.split(' '),
        grant_types: ['authorization_code'],
        scope: 'openid email',
      });
      const file = join(directory, 'client.json');
      await writeFile(
        file,
        JSON.stringify({ authorization_server_id: 'shop', client_name: 'Old', grant_types: ['client_credentials'] }),
      );
      const shown = await ok('clients', 'create', '--file', file, '--name', 'Nightly');
      const [, id = '', secret = ''] = /^ID +SECRET\n(\S+) +(\S+)\n$/.exec(shown) ?? [];
      assert.ok(secret.length > 40, shown);
      const listed = await ok('clients', ...inShop);
      assert.match(listed, new RegExp(`^${id} +active +Nightly$`, 'm'));
      const stdin = JSON.stringify({ token_endpoint_auth_method: 'none', redirect_uris: ['https://spa.example/cb'] });
      const typed = await gatehouse(['clients', 'create', ...inShop, '--file', '-', '--json'], { stdin });
      assert.equal(typed.exit, 0, typed.said);
      assert.equal(made.parse(JSON.parse(typed.out)).client_secret, '');
      assert.equal((await gatehouse(['clients', 'remove', id])).exit, 2);
      await ok('clients', 'remove', id, '--yes');
      assert.ok(!(await ok('clients', ...inShop)).includes(id));
    });

    it('no client from what it cannot read or the server refuses, and says where', async () => {
      const create = (...more: readonly string[]) => gatehouse(['clients', 'create', ...more], { stdin: '[1' });
      assert.equal((await create('--name', 'x')).exit, 2, 'nobody knows where');
      assert.equal((await create(...inShop, '--file', '-')).exit, 2);
      assert.equal((await create(...inShop, '--file', join(directory, 'nothing.json'))).exit, 2);
      const refused = await create(...inShop, '--redirect-uris', 'http://shop.example/cb');
      assert.equal(refused.exit, 1);
      assert.match(refused.said, /\/redirect_uris\/0: /);
    });

    it('the worth of a key that was rotated', async () => {
      const keys = z.object({ rotated_keys: z.array(z.object({ kid: z.string() })) });
      await ok('keys', 'rotate', ...inShop);
      const [rotated] = keys.parse(JSON.parse(await ok('keys', ...inShop, '--json'))).rotated_keys;
      assert.ok(rotated);
      // A thumbprint may begin with a hyphen: it is no option then.
      const revoke = (...options: readonly string[]) => gatehouse(['keys', 'revoke', ...options, '--', rotated.kid]);
      assert.equal((await revoke(...inShop)).exit, 2);
      assert.equal((await revoke('--yes')).exit, 2);
      assert.equal((await revoke(...inShop, '--yes')).out, `The key ${rotated.kid} is revoked.\n`);
      assert.ok(!(await ok('keys', ...inShop)).includes(rotated.kid));
      assert.equal((await revoke(...inShop, '--yes')).exit, 1);
    });

    it('and names the clients that an import takes something from, unless it is forced', async () => {
      await signIn('system');
      await ok(
        'clients',
        'create',
        ...inShop,
        '--client-id',
        'n\u0041me',
        '--name',
        'Night\u001b[31m',
        '--grant-types',
        'client_credentials',
      );
      const stdin = JSON.stringify({ servers: [{ id: 'shop', grant_types: ['authorization_code'] }] });
      const refused = await gatehouse(['import', '-'], { stdin });
      assert.equal(refused.exit, 1);
      assert.match(
        refused.said,
        /^ {2}Night.\[31m \(nAme\) \/grant_types: client_credentials would not be granted any more$/m,
      );
      assert.ok(!refused.said.includes('\u001b'));
      assert.equal((await gatehouse(['import', '-', '--force'], { stdin })).exit, 0);
    });
  });

  it('takes a configuration elsewhere: whole, sealed, and looked at before', async () => {
    await signIn('system', root, 'system');
    const file = join(directory, 'acme.json');
    const env = { GATEHOUSE_PASSPHRASE: passphrase };
    const acme = ['--tenant', 'acme'];
    const out = await gatehouse(['export', '--output', file, ...acme], { env });
    assert.deepEqual([out.exit, out.said, out.out], [0, '', '']);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(directory)).toSorted(), ['acme.json', 'config']);
    const text = await readFile(file, 'utf8');
    const clear = await gatehouse(['export', ...acme]);
    assert.ok(clear.out.includes(of('admin').secret ?? '-'), 'without a passphrase, and to whoever reads the output');
    assert.ok(!text.includes(of('admin').secret ?? '-'));
    const same = await gatehouse(['import', file, '--dry-run', ...acme], { env });
    assert.equal(same.exit, 0, same.said);
    assert.match(same.out, /^0 to create, 0 to update, \d+ as they are, 0 in conflict$/m);
    const changed = text.replace('"name":"Default', '"name":"Changed');
    assert.notEqual(changed, text);
    const looked = await gatehouse(['import', '-', '--dry-run', ...acme], { env, stdin: changed });
    assert.equal(looked.exit, 3, looked.said);
    assert.match(looked.out, /^update +servers +default$/m);
    assert.equal((await gatehouse(['import', '-', ...acme], { env, stdin: changed })).exit, 0);
    assert.equal((await gatehouse(['import', file, '--dry-run', ...acme], { env })).exit, 3);
    const beyond = JSON.stringify({
      servers: [{ id: 'default', 'col\u001bor': '#fff', advanced: { disable_par: true } }],
    });
    const { out: told } = await gatehouse(['import', '-', '--dry-run', ...acme], { stdin: beyond });
    assert.match(told, /^Decides nothing here, and is not kept:\nMEMBER +OBJECTS\n/m);
    assert.match(told, /^servers\/advanced\/disable_par +1$/m);
    assert.ok(!told.includes('\u001b'), 'what strangers call members steers no terminal');
    const bound = JSON.stringify({ servers: [{ id: 'default', advanced: { enforce_acr_values: true } }] });
    const refused = await gatehouse(['import', '-', '--force', ...acme], { stdin: bound });
    assert.equal(refused.exit, 1);
    assert.match(refused.said, /\/servers\/0\/advanced\/enforce_acr_values: /);
    const wrong = await gatehouse(['import', file, ...acme], { env: { GATEHOUSE_PASSPHRASE: `${passphrase}!` } });
    assert.equal(wrong.exit, 1);
    const seen = await gatehouse(['import', file, '--dry-run', ...acme], { env, terminal: true });
    assert.match(seen.said, /sent \d+.*\n\rchecked and written by the server: 0 s/);
    const elsewhere = await gatehouse(['import', file, '--tenant', 'default'], { env });
    assert.equal(elsewhere.exit, 1, 'the deployment takes what is of acme for no other tenant');
    assert.match(elsewhere.said, /is acme, and this is for default alone/);
    const broken = await gatehouse(['import', '-', ...acme], { stdin: '{"servers":[{"id":7}]}' });
    assert.equal(broken.exit, 1);
    assert.match(broken.said, /\/servers\/0\/id: /);
    assert.match(broken.said, /trace [0-9a-f]{32}/);
  });

  it('leaves no file where the export fails, and tells what it would take', async () => {
    await signIn('admin');
    const refused = await gatehouse(['export', '--output', join(directory, 'out.json')]);
    assert.equal(refused.exit, 4);
    assert.match(refused.said, /gatehouse login --url .* --tenant acme --workspace system/);
    assert.deepEqual(await readdir(directory), ['config']);
    assert.equal((await gatehouse(['import', join(directory, 'nothing.json')])).exit, 2);
  });

  it('says how it is used: exit 2 for what it does not understand, 4 without a sign-in', async () => {
    assert.equal((await gatehouse([])).exit, 2);
    assert.match(await ok('help'), /import FILE/);
    assert.match(await ok('import', '--help'), /ignore, fail, update/);
    for (const wrong of [
      ['nonsense'],
      ['tenants', 'extra'],
      ['import'],
      ['import', 'x', '--mode', 'no'],
      ['tenants', '--no'],
    ])
      assert.equal((await gatehouse(wrong)).exit, 2, wrong.join(' '));
    assert.match((await gatehouse(['scripts', 'frob'])).said, /no command scripts frob/);
    assert.match((await gatehouse(['import'])).said, /Use it as: gatehouse import FILE/);
    assert.equal((await gatehouse(['tenants'])).exit, 4);
    await writeFile(join(directory, 'x'), '');
    const gone = createProfiles(join(directory, 'config'));
    await gone.save('default', {
      url: 'http://127.0.0.1:1',
      tenant: 'acme',
      clients: { 'acme/admin': { id: 'a', secret: 'b' } },
    });
    assert.equal((await gatehouse(['workspaces'])).exit, 4);
  });

  it('completes commands in a shell', async () => {
    const script = await ok('completion', 'bash');
    const asked = `${script}\nCOMP_WORDS=(gatehouse clients ro) COMP_CWORD=2; _gatehouse; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', asked]);
    assert.equal(stdout.trim(), 'rotate-secret');
    const made = asked.replace('clients ro', 'workspaces cr');
    assert.equal((await promisify(execFile)('bash', ['-c', made])).stdout.trim(), 'create');
    for (const shell of ['zsh', 'fish']) assert.match(await ok('completion', shell), /gatehouse/);
    assert.equal((await gatehouse(['completion', 'cmd'])).exit, 2);
  });

  it('is a program of its own', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/gatehouse.js', 'help'], { cwd: projectRoot });
    assert.match(stdout, /administer a Gatehouse deployment/);
  });
});
