/** Objects put aside: each once, in the order they are written. */
import assert from 'node:assert/strict';
import { openSpool } from '../../../server/configuration/spool.store.ts';
import type { Spool, Spooled } from '../../../server/configuration/spool.ts';
import { tenantId } from '../../../server/kernel/ids.ts';

describe('openSpool', () => {
  let spool: Spool;
  beforeEach(() => {
    spool = openSpool();
  });
  afterEach(() => {
    spool.close();
  });
  const add = (section: number, index: number, more: Partial<Spooled> = {}) =>
    spool.add({
      section,
      index,
      tenantId: tenantId('acme'),
      place: 'demo',
      group: '',
      name: `${String(section)}-${String(index)}`,
      item: { index },
      ...more,
    });

  it('knows the name of each object in its tenant and section', () => {
    assert.equal(add(1, 0, { name: 'same' }), true);
    assert.equal(add(1, 1, { name: 'same' }), false);
    assert.equal(add(2, 0, { name: 'same' }), true);
    assert.equal(add(1, 2, { name: 'same', tenantId: tenantId('other') }), true);
    assert.deepEqual(spool.find(1, tenantId('acme'), 'same')?.item, { index: 0 });
    assert.equal(spool.find(1, tenantId('acme'), 'SAME'), undefined);
  });

  it('gives tenants before their places, and objects by group, section and place', () => {
    add(1, 5, { place: 'b' });
    add(2, 0, { place: 'a', group: 'u2' });
    add(1, 1, { place: 'a', group: 'u2' });
    add(1, 0, { place: 'a', group: 'u1' });
    add(0, 0, { place: undefined });
    add(0, 1, { place: undefined, tenantId: tenantId('a-first') });
    const trees: unknown[] = [];
    const names: string[] = [];
    for (let tree = spool.trees(undefined); tree !== undefined; tree = spool.trees(tree)) {
      trees.push([tree.tenantId, tree.place]);
      for (let one = spool.list(tree, undefined, 1)[0]; one !== undefined; one = spool.list(tree, one, 1)[0])
        names.push(one.name);
    }
    assert.deepEqual(trees, [
      ['a-first', undefined],
      ['acme', undefined],
      ['acme', 'a'],
      ['acme', 'b'],
    ]);
    assert.deepEqual(names, ['0-1', '0-0', '1-0', '1-1', '2-0', '1-5']);
  });

  it('has what may be there once taken once in each tenant', () => {
    const [acme, other] = [tenantId('acme'), tenantId('other')];
    assert.deepEqual([spool.take(acme, 'claim c'), spool.take(acme, 'claim c')], [true, false]);
    assert.deepEqual([spool.take(other, 'claim c'), spool.take(acme, 'scope c')], [true, true]);
  });

  it('says how large a tree is', () => {
    add(1, 0, { item: 'ab' });
    add(2, 0, { item: 'c', group: 'g' });
    add(1, 1, { item: 'of another', place: 'other' });
    const tree = { tenantId: tenantId('acme'), place: 'demo' };
    assert.deepEqual(spool.extentOf(tree), { objects: 2, characters: '"ab""c"'.length });
    assert.deepEqual(spool.extentOf({ ...tree, place: undefined }), { objects: 0, characters: 0 });
  });

  it('keeps nothing of one import for the next', () => {
    add(1, 0);
    const other = openSpool();
    assert.equal(other.trees(undefined), undefined);
    other.close();
  });
});
