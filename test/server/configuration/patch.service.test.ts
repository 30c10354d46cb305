/** JSON Patch over what is exported: RFC 6902. */
import assert from 'node:assert/strict';
import type { Patch } from '../../../server/configuration/json-patch.ts';
import { createPatchService, type Patched } from '../../../server/configuration/patch.service.ts';
import type { ImportMode } from '../../../server/configuration/section.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { bytesOf, openDeployment, type Deployment } from '../../support/deployment.ts';

const mine = tenantId('default');
const demo = workspaceId('demo');
const client = { authorization_server_id: demo, redirect_uris: ['https://app.example/cb'] };

describe('createPatchService', () => {
  let house: Deployment;
  before(async () => {
    house = await openDeployment();
    const clients = ['one', 'two'].map((id) => ({ ...client, client_id: id, policy_uri: 'https://app.example/p' }));
    const body = bytesOf({ clients });
    await house.importer.run({ tenantId: mine, mode: 'update', dryRun: false, body });
  });
  after(() => house.close());

  const patch = (operations: Patch, more: { mode?: ImportMode; whole?: boolean } & Partial<Patched> = {}) => {
    const { mode = 'update', whole = false, exporter = whole ? house.rootExporter : house.exporter } = more;
    const { importer = house.importer } = more;
    const owner = whole ? undefined : mine;
    return house.patches.run({ exporter, importer }, { tenantId: owner, mode, dryRun: false, patch: operations });
  };
  const refused = (operations: Patch, code: ErrorCode, says: RegExp, more: Parameters<typeof patch>[1] = {}) =>
    assert.rejects(patch(operations, more), (error) => {
      assert.ok(isPlatformError(error, code), String(error));
      assert.match(error.message, says);
      return true;
    });
  const stored = (id: string) => house.platform.stores.clients.findAnew(mine, demo, clientId(id));
  /** Where a client stands in the dump. */
  const at = async (id: string) => {
    const { clients } = JSON.parse(await textOf()) as { clients: { client_id: string }[] };
    return `/clients/${String(clients.findIndex((one) => one.client_id === id))}`;
  };
  const textOf = async () => {
    let text = '';
    for await (const piece of house.exporter.run({ tenantId: mine })) text += piece;
    return text;
  };

  it('writes what the patch makes another, and nothing else', async () => {
    const { counts, changes } = await patch([{ op: 'replace', path: '/tenant/name', value: 'Renamed' }]);
    assert.deepEqual([counts.create, counts.update, counts.keep], [0, 1, 0]);
    assert.deepEqual(changes[0]?.members, ['name']);
    const added = await patch([{ op: 'add', path: '/tenants/-', value: { id: 'acme', name: 'Acme' } }], {
      whole: true,
    });
    assert.equal(added.counts.create, 1);
    const { workspaces, clients, roles } = house.platform.stores;
    const acme = tenantId('acme');
    const page = { limit: 10, order: 'asc' } as const;
    assert.deepEqual(
      (await workspaces.list(acme, page)).items.map(({ id }) => id),
      ['admin', 'developer', 'system'],
      'what the call that makes tenants makes',
    );
    const [administrator] = (await clients.list(acme, workspaceId('admin'), page)).items;
    assert.deepEqual(
      (await roles.listIn(acme, undefined)).map(({ subject }) => subject),
      [{ type: 'client', clientId: administrator?.id }],
    );
    const other = { op: 'add', path: '/servers/-', value: { id: 'x', tenant_id: 'default' } } as const;
    const request = { tenantId: undefined, only: tenantId('acme'), mode: 'update', dryRun: false } as const;
    await assert.rejects(
      house.patches.run({ exporter: house.rootExporter, importer: house.importer }, { ...request, patch: [other] }),
      (error) => isPlatformError(error, 'unprocessable_entity'),
      'objects of another tenant',
    );
  });

  it('does all of it or nothing', async () => {
    const before = await house.dump();
    const renamed = { op: 'replace', path: '/tenant/name', value: 'Again' } as const;
    const wrongs: Patch = [
      { op: 'test', path: '/tenant/id', value: 'another' },
      { op: 'remove', path: '/clients/0' },
      { op: 'replace', path: '/servers', value: [] },
      { op: 'move', from: '/nothing', path: '/tenant/name' },
      { op: 'replace', path: '/servers/0/access_token_ttl', value: 'soon' },
    ];
    for (const wrong of wrongs) await refused([renamed, wrong], 'unprocessable_entity', /./);
    assert.equal(await house.dump(), before);
  });

  it('loses no object: not by its member, by its name or by its place', async () => {
    const one = await at('one');
    const says = /must not lose objects/;
    await refused([{ op: 'remove', path: '/clients' }], 'unprocessable_entity', says);
    await refused([{ op: 'replace', path: '/clients', value: null }], 'unprocessable_entity', says);
    await refused([{ op: 'remove', path: '/tenant' }], 'unprocessable_entity', says);
    // It would make a second client that has the secret of the first.
    await refused([{ op: 'replace', path: `${one}/client_id`, value: 'stolen' }], 'unprocessable_entity', says);
    await refused([{ op: 'move', from: one, path: '/policies/0' }], 'unprocessable_entity', /nothing that is kept/);
    assert.equal(await stored('stolen'), undefined);
  });

  it('says where a change would change nothing', async () => {
    const one = await at('one');
    await refused(
      [{ op: 'add', path: `${one}/favourite_colour`, value: 'red' }],
      'unprocessable_entity',
      /favourite_colour: is nothing/,
    );
    await refused([{ op: 'remove', path: `${one}/client_secret` }], 'unprocessable_entity', /left as it is/);
    await refused(
      [{ op: 'add', path: '/policies/-', value: { id: 'p' } }],
      'unprocessable_entity',
      /policies: is nothing/,
    );
    await refused([{ op: 'copy', from: one, path: '/clients/-' }], 'conflict', /is there already/);
    await patch([{ op: 'replace', path: `${one}/policy_uri`, value: null }]);
    assert.equal((await stored('one'))?.metadata.policy_uri, undefined, 'null takes away what is optional');
  });

  it('fails where the mode says so only for what it changes itself', async () => {
    const mode = 'fail';
    const three = { ...client, client_id: 'three' };
    const { counts } = await patch([{ op: 'add', path: '/clients/-', value: three }], { mode });
    assert.equal(counts.create, 1);
    const one = await at('one');
    await refused(
      [{ op: 'add', path: `${one}/client_name`, value: 'One' }],
      'conflict',
      /^\/clients\/\d+: one is there/,
      {
        mode,
      },
    );
    await refused([{ op: 'add', path: '/clients/-', value: three }], 'conflict', /is there already/, { mode });
  });

  it('puts nothing back that somebody else changed between reading and writing', async () => {
    const rotate = async (id: string) => {
      const found = await stored(id);
      assert.ok(found !== undefined);
      await house.platform.stores.clients.update({ ...found, secret: `rotated-${'x'.repeat(40)}` });
    };
    /** An export after which another administrator is faster. */
    const exporter: Patched['exporter'] = {
      async *run(request) {
        yield* house.exporter.run(request);
        await rotate('two');
      },
    };
    const [one, two] = [await at('one'), await at('two')];
    await patch([{ op: 'add', path: `${one}/client_name`, value: 'First' }], { exporter });
    assert.match((await stored('two'))?.secret ?? '', /^rotated/);
    const before = await textOf();
    const late: Patched['exporter'] = {
      async *run(request) {
        yield* house.exporter.run(request);
        const found = await stored('two');
        assert.ok(found !== undefined);
        await house.platform.stores.clients.update({ ...found, secret: `again-${'y'.repeat(40)}` });
      },
    };
    await refused(
      [{ op: 'add', path: `${two}/client_name`, value: 'Second' }],
      'conflict',
      /Somebody else changed it/,
      {
        exporter: late,
      },
    );
    assert.match((await stored('two'))?.secret ?? '', /^again/);
    assert.notEqual(await textOf(), before);
  });

  it('has one whole configuration in memory at a time, and turns away who comes too often', async () => {
    const service = createPatchService();
    let [inside, most] = [0, 0];
    const gates: (() => void)[] = [];
    const exporter: Patched['exporter'] = {
      async *run() {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise<void>((go) => gates.push(go));
        yield '{}';
        inside -= 1;
      },
    };
    const ask = (id: string) =>
      service.run(
        { exporter, importer: house.importer },
        { tenantId: tenantId(id), mode: 'update', dryRun: true, patch: [{ op: 'test', path: '', value: {} }] },
      );
    const all = [ask('a'), ask('a'), ask('b')];
    await assert.rejects(ask('a'), (error) => isPlatformError(error, 'unavailable'));
    for (let done = 0; done < all.length; done += 1) {
      while (gates.length === 0) await new Promise(setImmediate);
      gates.shift()?.();
      await Promise.race(all.slice(done));
    }
    await Promise.all(all);
    assert.equal(most, 1);
  });
});
