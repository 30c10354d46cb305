import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { manifestSchema } from '../../../scripts-runtime/index.ts';
import type { Script, ScriptVersion } from '../../../server/extensions/script.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { scriptId, scriptVersionId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

onEachDatabase('ScriptStore', (open) => {
  let knex: Knex;
  let one: Script;
  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    const { tenant, workspace } = await seedTenant(knex);
    one = {
      tenantId: tenant,
      workspaceId: workspace,
      id: scriptId('risk'),
      name: 'Risk 🎲',
      envVersion: 'v6',
      testInput: '{"a":1}',
      createdAt: noon,
      updatedAt: noon,
    };
    await storesOf(knex).scripts.insert(one);
  });
  const versionOf = (name: string, at = noon): ScriptVersion => ({
    tenantId: one.tenantId,
    workspaceId: one.workspaceId,
    id: one.id,
    version: scriptVersionId(name.repeat(64)),
    source: `const ü = '${name}';`,
    compiled: {
      shape: 'typed',
      point: 'token_minting',
      code: 'x',
      sha256: name.repeat(64),
      manifest: manifestSchema.parse({ runtime: '2026-11', secrets: ['KEY'] }),
    },
    createdAt: at,
  });

  it('finds, lists by pages, counts, updates and removes', async () => {
    const { scripts } = storesOf(knex);
    const { tenantId, workspaceId } = one;
    const first: Script = { ...one, id: scriptId('amount'), name: 'Amount' };
    await scripts.insert(first);
    assert.equal(await scripts.count(tenantId, workspaceId), 2);
    const page = { limit: 1, order: 'asc' } as const;
    assert.deepEqual(await scripts.list(tenantId, workspaceId, page), { items: [first] });
    assert.deepEqual(await scripts.list(tenantId, workspaceId, { ...page, after: 'amount' }), { items: [one] });
    assert.deepEqual(await scripts.list(tenantId, workspaceId, { ...page, search: 'ISK' }), { items: [one] });
    const [a, b] = [versionOf('a').version, versionOf('b').version];
    const pointed: Script = { ...one, draft: b, live: a, canary: { version: b, share: 5 }, updatedAt: noon + 1 };
    await scripts.update(pointed);
    assert.deepEqual(await scripts.find(one), pointed);
    await scripts.update(one);
    assert.deepEqual(await scripts.find(one), one, 'pointers that are gone are gone');
    assert.equal(await scripts.find({ ...one, id: scriptId('risk ') }), undefined);
    await assert.rejects(scripts.insert(one), (error) => isPlatformError(error, 'conflict'));
    await scripts.remove(one);
    assert.equal(await scripts.find(one), undefined);
    await assert.rejects(scripts.update(one), (error) => isPlatformError(error, 'not_found'));
  });

  it('keeps versions, each once, youngest first, and removes them with their script', async () => {
    const { scripts } = storesOf(knex);
    const [old, young] = [versionOf('a'), versionOf('b', noon + 1)];
    for (const version of [old, young, { ...old, source: 'another' }]) await scripts.insertVersion(version);
    assert.deepEqual(await scripts.findVersion(one, old.version), old, 'what is there never changes');
    const { source: _source, compiled, ...rest } = young;
    const [shown, other] = await scripts.listVersions(one);
    assert.deepEqual(shown, { ...rest, shape: 'typed', point: 'token_minting', manifest: compiled.manifest });
    assert.equal(other?.version, old.version);
    await scripts.removeVersion(one, old.version);
    assert.equal(await scripts.findVersion(one, old.version), undefined);
    await scripts.remove(one);
    assert.equal(await scripts.findVersion(one, young.version), undefined);
  });

  it('knows nothing of another tenant', async () => {
    const { scripts } = storesOf(knex);
    const { tenant: other } = await seedTenant(knex);
    await scripts.insertVersion(versionOf('a'));
    const elsewhere = { ...one, tenantId: other };
    assert.equal(await scripts.find(elsewhere), undefined);
    assert.equal(await scripts.findVersion(elsewhere, versionOf('a').version), undefined);
    await scripts.remove(elsewhere);
    assert.notEqual(await scripts.findVersion(one, versionOf('a').version), undefined);
  });
});
