/** Which idp a person signs in with. */
import assert from 'node:assert/strict';
import { chosenIdp, shownIdps } from '../../../server/interactions/idp-choice.ts';
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
