/** JSON Patch over what is exported: RFC 6902. */
import assert from 'node:assert/strict';
import type { Patch } from '../../../server/configuration/json-patch.ts';
import { patchConfiguration } from '../../../server/configuration/patch.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { openDeployment, type Deployment } from '../../support/deployment.ts';

describe('patchConfiguration', () => {
  let house: Deployment;
  before(async () => {
    house = await openDeployment();
  });
  after(() => house.close());

  const patch = (operations: Patch, more: { mode?: 'update' | 'fail'; whole?: boolean } = {}) => {
    const { mode = 'update', whole = false } = more;
    const exporter = whole ? house.rootExporter : house.exporter;
    const owner = whole ? undefined : tenantId('default');
    return patchConfiguration(
      { exporter, importer: house.importer },
      { tenantId: owner, mode, dryRun: false, patch: operations },
    );
  };

  it('writes what the patch makes another, and nothing else', async () => {
    const { counts, changes } = await patch([{ op: 'replace', path: '/tenant/name', value: 'Renamed' }]);
    assert.deepEqual([counts.create, counts.update], [0, 1]);
    assert.deepEqual(changes[0]?.members, ['name']);
    const added = await patch([{ op: 'add', path: '/tenants/-', value: { id: 'acme', name: 'Acme' } }], {
      whole: true,
    });
    assert.equal(added.counts.create, 1);
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
    for (const wrong of wrongs)
      await assert.rejects(
        patch([renamed, wrong]),
        (error) => isPlatformError(error, 'unprocessable_entity'),
        wrong.op,
      );
    assert.equal(await house.dump(), before);
    await assert.rejects(patch([renamed], { mode: 'fail' }), (error) => isPlatformError(error, 'conflict'));
  });
});
