/** Who is an operator, and of what. */
import assert from 'node:assert/strict';
import { mayRead, operatorOf, operatorScope } from '../../../server/access/operator.ts';
import { tenantId } from '../../../server/kernel/ids.ts';

const candidate = (tenant: string, scopes: string[] = [operatorScope]) => ({
  tenantId: tenantId(tenant),
  clientId: 'ops',
  scopes,
});

describe('operatorOf', () => {
  it('is nobody without the scope', () => {
    assert.equal(operatorOf(undefined), undefined);
    assert.equal(operatorOf(candidate('system', [])), undefined);
    assert.equal(operatorOf(candidate('acme', ['read_login_history_not', 'manage_configuration'])), undefined);
  });

  it('lets a tenant’s operator read that tenant alone', () => {
    const operator = operatorOf(candidate('acme'));
    assert.ok(operator);
    assert.equal(mayRead(operator, 'acme'), true);
    for (const other of ['other', 'ACME', '', 'system']) assert.equal(mayRead(operator, other), false);
  });

  it('lets an operator of the root tenant read all', () => {
    const operator = operatorOf(candidate('system'));
    assert.ok(operator);
    assert.equal(mayRead(operator, 'acme'), true);
  });

  it('knows no tenant whose name means all of them', () => {
    for (const name of ['all', '*', 'true']) {
      const operator = operatorOf(candidate(name));
      assert.ok(operator);
      assert.equal(mayRead(operator, 'acme'), false);
    }
  });
});
