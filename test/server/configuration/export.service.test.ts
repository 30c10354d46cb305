/** What an export writes: piece by piece, in one order, and what nothing fills as empty. */
import assert from 'node:assert/strict';
import { emptyMembers } from '../../../server/configuration/dump.body.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';

describe('exporting a configuration', () => {
  let house: Deployment;
  const mine = tenantId('default');
  before(async () => {
    house = await openDeployment();
  });
  after(() => house.close());

  const dumpOf = async (place?: string): Promise<Record<string, unknown>> => {
    const text = await textOf(house.exporter.run({ tenantId: mine, ...(place === undefined ? {} : { place }) }));
    return JSON.parse(text) as Record<string, unknown>;
  };

  it('has every published member', async () => {
    const dump = await dumpOf();
    for (const member of [...emptyMembers, ...house.members]) assert.deepEqual(dump[member], [], member);
    for (const member of ['servers', 'clients', 'roles']) assert.ok(Array.isArray(dump[member]), member);
    const root = JSON.parse(await house.dump()) as { tenants: { id: string }[]; licenses: unknown };
    assert.deepEqual(
      root.tenants.map(({ id }) => id),
      ['default', 'system'],
    );
    assert.deepEqual(root.licenses, []);
  });

  it('writes members by name, whatever order they were stored in', async () => {
    const settings = { b: 1, a: { d: 1, c: [{ f: 1, e: 2 }] } };
    await house.importer.run({
      tenantId: mine,
      mode: 'update',
      dryRun: false,
      body: bytesOf({ tenant: { name: 'Mine', metadata: settings } }),
    });
    const text = await textOf(house.exporter.run({ tenantId: mine }));
    assert.match(text, /"metadata":\{"a":\{"c":\[\{"e":2,"f":1\}\],"d":1\},"b":1\}/);
  });

  it('writes one workspace with its tenant, and nothing of the others', async () => {
    const dump = await dumpOf('demo');
    assert.deepEqual(
      (dump['servers'] as { id: string }[]).map(({ id }) => id),
      ['demo'],
    );
    assert.ok((dump['clients'] as Record<string, unknown>[]).every((one) => one['authorization_server_id'] === 'demo'));
    assert.deepEqual(dump['roles'], [], 'roles in the tenant are not the workspace’s');
  });

  it('writes no secret half of a key that a client was registered with before it was refused', async () => {
    const key = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'eA', y: 'eQ' };
    const place = { tenantId: mine, workspaceId: workspaceId('demo'), id: clientId('keyed') };
    const jwks = { keys: [{ ...key, d: 'bm90IGZvciB5b3U' }] };
    const metadata = {
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'none',
      jwks,
    };
    const flags = { status: 'active', trusted: false, secret: undefined, rotatedSecrets: [] } as const;
    await house.platform.stores.clients.insert({ ...place, ...flags, metadata, createdAt: 1, updatedAt: 1 });
    const text = await house.dump();
    assert.match(text, /"client_id":"keyed".{0,900}"x":"eA"/);
    assert.doesNotMatch(text, /bm90IGZvciB5b3U/);
    await house.platform.stores.clients.remove(place.tenantId, place.workspaceId, place.id);
  });

  it('writes what clients are called in other languages, as it was brought', async () => {
    const client = {
      authorization_server_id: 'demo',
      client_id: 'bilingual',
      client_name: 'Shop',
      'client_name#pt': 'Loja',
      redirect_uris: ['https://shop.example/cb'],
    };
    await house.importer.run({ tenantId: mine, mode: 'update', dryRun: false, body: bytesOf({ clients: [client] }) });
    const clients = (await dumpOf('demo'))['clients'] as Record<string, unknown>[];
    assert.equal(clients.find(({ client_id: id }) => id === 'bilingual')?.['client_name#pt'], 'Loja');
  });

  it('refuses before its first piece', async () => {
    const first = (request: Parameters<Deployment['exporter']['run']>[0]) => house.exporter.run(request).next();
    await assert.rejects(first({ tenantId: mine, place: 'nothing' }), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(first({ tenantId: tenantId('nobody') }), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(first({ tenantId: undefined, place: 'demo' }), (error) =>
      isPlatformError(error, 'bad_request'),
    );
  });

  it('seals with another salt each time', async () => {
    const sealed = () => textOf(house.exporter.run({ tenantId: mine, passphrase: 'correct horse battery' }));
    assert.notEqual(await sealed(), await sealed());
  });
});
