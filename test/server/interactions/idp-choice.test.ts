/** Which idp a person signs in with. */
import assert from 'node:assert/strict';
import { chosenIdp, inDisplayOrder, shownIdps } from '../../../server/interactions/idp-choice.ts';
import type { Idp } from '../../../server/idps/idp.ts';
import { idpId, poolId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';

const idp = (id: string, enabled = true): Idp => ({
  tenantId: tenantId('acme'),
  workspaceId: workspaceId('shop'),
  id: idpId(id),
  name: id,
  enabled,
  method: 'identity_pool',
  poolId: poolId('people'),
});

describe('chosenIdp', () => {
  it('takes the only one without asking', () => {
    assert.equal(chosenIdp([idp('a'), idp('b', false)], { idpHint: undefined }, undefined)?.id, 'a');
  });

  it('lets the person choose among several, and takes the hint until they did', () => {
    const both = [idp('a'), idp('b')];
    assert.equal(chosenIdp(both, { idpHint: undefined }, undefined), undefined);
    assert.equal(chosenIdp(both, { idpHint: 'b' }, undefined)?.id, 'b');
    assert.equal(chosenIdp(both, { idpHint: 'b' }, 'a')?.id, 'a');
  });

  it('takes a hidden one from whoever names it, and never because it is the only one', () => {
    const hidden = { ...idp('staff'), hidden: true as const };
    assert.equal(chosenIdp([hidden], { idpHint: undefined }, undefined), undefined);
    assert.equal(chosenIdp([hidden, idp('a')], { idpHint: undefined }, undefined)?.id, 'a');
    assert.equal(chosenIdp([hidden, idp('a')], { idpHint: 'staff' }, undefined)?.id, 'staff');
    assert.equal(chosenIdp([hidden, idp('a')], { idpHint: undefined }, 'staff')?.id, 'staff');
    assert.deepEqual(shownIdps([hidden, idp('a')]), [idp('a')]);
    const off = { ...hidden, enabled: false };
    assert.equal(chosenIdp([off, idp('a')], { idpHint: 'staff' }, undefined)?.id, 'a');
  });

  it('never takes one that is disabled or unknown, whoever names it', () => {
    const list = [idp('a'), idp('b'), idp('off', false)];
    for (const picked of ['off', 'nobody', '__proto__', ['a'], { id: 'a' }]) {
      assert.equal(chosenIdp(list, { idpHint: undefined }, picked), undefined);
    }
  });
});

describe('inDisplayOrder', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const ordered = (...places: readonly (number | undefined)[]) =>
    inDisplayOrder(
      places.map((displayOrder, index) => ({
        ...idp(String(index)),
        ...(displayOrder === undefined ? {} : { displayOrder }),
      })),
    )
      .map(({ id }) => id)
      .join(' ');

  for (const [what, places, expected] of [
    ['the lowest first', [3, 1, 2], '1 2 0'],
    ['those without one last', [undefined, 7, undefined, 2], '3 1 0 2'],
    ['those below zero before all others', [1, -1, undefined, -2], '3 1 0 2'],
    ['of the same place the one first that was added first', [2, 1, 2, 1, 2], '1 3 0 2 4'],
    ['all as they were added where none has a place', [undefined, undefined, undefined], '0 1 2'],
    ['the furthest that there are', [undefined, most, -most, most - 1], '2 3 1 0'],
    ['none of none', [], ''],
  ] as const)
    it(`has ${what}`, () => {
      assert.equal(ordered(...places), expected);
    });

  it('leaves the list as it is', () => {
    const added = [
      { ...idp('a'), displayOrder: 2 },
      { ...idp('b'), displayOrder: 1 },
    ];
    inDisplayOrder(added);
    assert.deepEqual(
      added.map(({ id }) => id),
      ['a', 'b'],
    );
  });
});
