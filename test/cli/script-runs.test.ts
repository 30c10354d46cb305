/** Logins in which a script ran, from the command line: people really sign in, and what is shown of them is nobody's. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExecutionPoint } from '../../scripts-runtime/index.ts';
import { createClientService } from '../../server/clients/client.service.ts';
import type { Client } from '../../server/clients/client.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { idpId, scriptId, secretId, workspaceId } from '../../server/kernel/ids.ts';
import { gatehouseIn } from '../support/command-line.ts';
import { typed } from '../support/scripts.ts';
import { createWebBrowser } from '../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../support/web-login.ts';

describe('script runs on the command line', function () {
  this.timeout(60_000);
  const at = ['--workspace', 'demo'] as const;
  let directory: string;
  let house: WebLogin;
  let app: Client;
  /** Lets nobody in whose name is longer; the first version lets everybody in. */
  const source = (longest: number) =>
    typed(
      `const drawn = Math.random();
       console.log(event.authn.ctx.email);
       if (event.authn.ctx.email.length > ${String(longest)}) return api.deny('long');
       api.claims.set('drawn', drawn);`,
      `effects: ['claims', 'deny'],`,
    );
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    house = await startWebLogin({ SCRIPTS_CHILDREN: '2' });
    const { unitOfWork, stores } = house.platform;
    const { tenantId, workspaceId: workspace } = place;
    const admin = await createClientService({ unitOfWork, clock }).create({
      ...{ tenantId, workspaceId: workspaceId('admin') },
      metadata: { grant_types: ['client_credentials'], response_types: [] },
    });
    const subject = { type: 'client', clientId: admin.id } as const;
    await stores.roles.insert({ tenantId, workspaceId: undefined, role: 'admin', subject }, clock.now());
    const where = ['--url', house.origin, '--tenant', 'default', '--client-id', admin.id];
    const { exit, said } = await gatehouseIn(directory, ['login', ...where], { typed: admin.secret ?? '' });
    assert.equal(exit, 0, said);
    app = await house.addClient({}, true);
    await ok('create', 'risk');
    await draft(source(1000));
    await ok('publish', 'risk');
    const point = { tenantId, workspaceId: workspace, type: 'post_authn_ctx', target: idpId('demo-pool') } as const;
    await stores.executionPoints.put({ ...point, scriptId: scriptId('risk') });
  });
  after(async () => {
    await house.stop();
    await rm(directory, { recursive: true });
  });
  const scripts = (...args: readonly string[]) => gatehouseIn(directory, ['scripts', ...args, ...at]);
  const ok = async (...args: readonly string[]) => {
    const { exit, out, said } = await scripts(...args);
    assert.equal(exit, 0, said);
    return out;
  };
  async function draft(text: string): Promise<string> {
    const file = join(directory, 'script.ts');
    await writeFile(file, text);
    return (await ok('draft', 'risk', file)).trim();
  }
  async function signIn(identifier: string): Promise<void> {
    await house.addPerson(identifier);
    const browser = createWebBrowser(house.origin);
    const login = await browser.open(asking(house.issuer, app));
    const next = await browser.submit(login, '/authenticate', { identifier, password });
    assert.equal(`${next.url.origin}${next.url.pathname}`, callback);
  }
  const listed = async () => {
    const all = JSON.parse(await ok('runs', 'risk', '--json')) as unknown;
    return z.array(z.looseObject({ id: z.string(), login_id: z.string(), version: z.string() })).parse(all);
  };

  it('lists them, replays those of a login, and holds a draft against all of them', async () => {
    const none = await ok('shadow', 'risk');
    assert.match(none, /^0 logins: 0 same/);
    for (const name of ['ada', 'bob', 'somebody-with-a-long-name']) await signIn(`${name}@here.example`);
    const all = await listed();
    assert.equal(all.length, 3);
    const [youngest] = all;
    assert.ok(youngest);
    const shown = await ok('runs', 'risk', '--limit', '1');
    assert.match(shown, new RegExp(`^${youngest.id} +${youngest.login_id} +[0-9a-f]{12} +passed `, 'm'));
    assert.equal(shown.trim().split('\n').length, 2);
    assert.match(await ok('replay', youngest.login_id), /risk .* passed +the same$/m);

    const stricter = await draft(source('ada@here.example'.length));
    const { exit, out } = await scripts('shadow', 'risk', '--version', stricter.slice(0, 10), '--last', '10');
    assert.equal(exit, 3);
    assert.match(out, new RegExp(`^${youngest.login_id} +changed +passed → denied +outcome$`, 'm'));
    assert.match(out, /^3 logins: 2 same, 1 changed, 0 diverged, 0 error; \d slower\.$/m);
    assert.doesNotMatch(out + shown, /@here|long-name/);
    await draft(
      typed(`api.claims.set('drawn', (await api.cache.get(event.authn.ctx.email)) ?? 0);`, `effects: ['claims'],`),
    );
    const asking = await scripts('shadow', 'risk', '--last', '1');
    assert.match(
      asking.out,
      new RegExp(`^${youngest.login_id} +diverged +passed → \\? +call \\d \\(cache.get\\)$`, 'm'),
    );
    await draft(source('ada@here.example'.length));
    const json = await scripts('shadow', 'risk', '--json');
    const { summary } = z.object({ summary: z.looseObject({ changed: z.int() }) }).parse(JSON.parse(json.out));
    assert.deepEqual([json.exit, summary.changed], [3, 1]);
    assert.match(await ok('shadow', 'risk', '--version', youngest.version), /^3 logins: 3 same/);
  });

  it('ends as failed where a replay is not the same, and where there is nothing to replay', async () => {
    const [one] = await listed();
    assert.ok(one);
    const { tenantId, workspaceId: workspace } = place;
    const { scriptRuns } = house.platform.stores;
    const run = await scriptRuns.read({ tenantId, workspaceId: workspace, id: scriptId('risk') }, one.id as never);
    assert.ok(run);
    // As if it had drawn another chance: its row is written again, under the next slice.
    const { end: _end, ...rest } = run;
    await house.platform.database('script_runs').where({ id: run.id }).update({ outcome: null });
    const tape = { ...run.tape, seed: 'f'.repeat(64) };
    await scriptRuns.keep({
      ...rest,
      tape,
      slices: run.slices + 1,
      ...(run.end === undefined ? {} : { end: run.end }),
    });
    const { exit, out } = await scripts('replay', one.login_id);
    assert.equal(exit, 1);
    assert.match(out, /passed +differs: result$/m);
    assert.equal((await scripts('replay', 'no-such-login')).exit, 1);
    assert.equal((await scripts('runs', 'no-such-script')).exit, 1);
    for (const args of [
      ['shadow', 'risk', '--last', '0'],
      ['shadow', 'risk', '--last', '10001'],
      ['shadow', 'risk', '--version', 'ffffffffff'],
      ['runs', 'risk', '--limit', 'x'],
    ])
      assert.equal((await scripts(...args)).exit, 2, args.join(' '));
  });

  it('says of a run that differs which secret was changed since, whether it is of a login or of a token', async () => {
    const { tenantId, workspaceId: workspace } = place;
    const { secrets, executionPoints } = house.platform.stores;
    const key = { tenantId, workspaceId: workspace, id: secretId('SIGNING'), createdAt: 0, updatedAt: 0 };
    await secrets.insert(key, 'the-first-value');
    const signing = (point: ExecutionPoint) =>
      typed(
        `api.claims.set('signed', api.crypto.hmac(api.secrets.SIGNING, 'x'));`,
        `secrets: ['SIGNING'], effects: ['claims'],`,
        point,
      );
    const first = await draft(signing('post_authn_ctx'));
    await ok('publish', 'risk');
    await signIn('eve@here.example');
    const [login] = await listed();
    const file = join(directory, 'mint.ts');
    await writeFile(file, signing('token_minting'));
    await ok('create', 'mint');
    await ok('draft', 'mint', file);
    await ok('publish', 'mint');
    const minting = { tenantId, workspaceId: workspace, type: 'token_minting', target: workspace } as const;
    await executionPoints.put({ ...minting, scriptId: scriptId('mint') });
    const machine = await house.addClient({ grant_types: ['client_credentials'], response_types: [] }, true);
    const basic = Buffer.from(`${machine.id}:${machine.secret ?? ''}`).toString('base64');
    let token: { readonly id: string; readonly login_id: string } | undefined;
    // What is bound is believed for a second, and what passed is written once its request was answered.
    while (token === undefined) {
      const { status } = await fetch(`${house.issuer}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
      assert.equal(status, 200);
      const all = JSON.parse(await ok('runs', 'mint', '--json')) as unknown;
      [token] = z.array(z.looseObject({ id: z.string(), login_id: z.string() })).parse(all);
    }
    assert.equal(token.login_id, token.id);
    await executionPoints.remove(minting);
    for (const id of [login?.login_id ?? '', token.id]) assert.match(await ok('replay', id), /passed +the same$/m);
    assert.match(await ok('shadow', 'mint'), /^\d+ logins: \d+ same, 0 changed, 0 diverged, 0 error;/m);

    await secrets.update({ ...key, updatedAt: 1 }, 'another-value');
    for (const id of [login?.login_id ?? '', token.id]) {
      const { exit, out } = await scripts('replay', id);
      assert.equal(exit, 1);
      assert.match(out, /passed +differs: result \(changed since: SIGNING\)$/m);
    }
    const { exit, out } = await scripts('shadow', 'risk', '--version', first.slice(0, 12), '--last', '1');
    assert.equal(exit, 3);
    assert.match(out, /changed +passed → passed +claims\.signed \(changed since: SIGNING\)$/m);
  });
});
