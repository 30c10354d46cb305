/** Who a session says somebody is. */
import assert from 'node:assert/strict';
import { knownFrom } from '../../../server/interactions/session-login.ts';
import { clientId, interactionId, tenantId } from '../../../server/kernel/ids.ts';
import type { AuthenticationSnapshot } from '../../../server/sessions/session.ts';
import { ada } from '../../support/interactions.ts';
import { workspaceOf } from '../../support/stores.ts';

const snapshot = (grantId: string, change: Partial<AuthenticationSnapshot> = {}): AuthenticationSnapshot => ({
  ...ada,
  grantId,
  clientId: clientId('app'),
  interactionId: interactionId('cid'),
  context: { name: grantId },
  satisfied: [],
  ...change,
});

/** Counts what is looked up. */
function kept(...snapshots: readonly AuthenticationSnapshot[]) {
  const asked: string[] = [];
  const find = (_tenant: unknown, _workspace: unknown, grantId: string) => {
    asked.push(grantId);
    return Promise.resolve(snapshots.find((one) => one.grantId === grantId));
  };
  return { asked, find };
}

describe('knownFrom', () => {
  const workspace = workspaceOf(tenantId('acme'));
  const session = (...grantIds: readonly string[]) => ({ subject: ada.subject, grantIds });

  it('is the person as the newest of their logins proved them', async () => {
    const store = kept(
      snapshot('old', { authTime: 1 }),
      snapshot('new', { authTime: 3 }),
      snapshot('mid', { authTime: 2 }),
    );
    const known = await knownFrom(store, workspace, session('old', 'new', 'mid'));
    assert.deepEqual([known?.person.authTime, known?.context], [3, { name: 'new' }]);
    assert.equal(known?.credentialVersion, undefined);
  });

  it('satisfied what any of their logins satisfied', async () => {
    const store = kept(snapshot('a', { authTime: 1, satisfied: ['step:terms@1'] }), snapshot('b', { authTime: 2 }));
    assert.deepEqual((await knownFrom(store, workspace, session('a', 'b')))?.satisfied, ['step:terms@1']);
  });

  it('takes nothing from a login of anybody else', async () => {
    const bob = snapshot('bob', { subject: 'sub-of-bob', authTime: 9, satisfied: ['admin'] });
    assert.equal(await knownFrom(kept(bob), workspace, session('bob')), undefined);
    assert.deepEqual((await knownFrom(kept(bob, snapshot('a')), workspace, session('bob', 'a')))?.satisfied, []);
  });

  it('searches no more grants than the engine does', async () => {
    const store = kept();
    const many = Array.from({ length: 50 }, (_, n) => String(n));
    assert.equal(await knownFrom(store, workspace, session(...many)), undefined);
    assert.equal(store.asked.length, 20);
  });
});
