/** What a person said before the first factor is proven: sealed, in its own login, and lost on nobody but them. */
import assert from 'node:assert/strict';
import { createLoginAttempts, type LoginAttempt } from '../../../server/interactions/login-attempt.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { idpId, interactionId, poolId, userId } from '../../../server/kernel/ids.ts';
import { interaction } from '../../support/interactions.ts';
import { testSealer } from '../../support/stores.ts';

describe('createLoginAttempts', () => {
  let sealed: string | undefined;
  const attempts = createLoginAttempts({
    sealer: testSealer,
    interactions: {
      keepAttempt: (_tenant, _workspace, _id, value) => {
        sealed = value;
        return Promise.resolve();
      },
    },
  });
  const said: LoginAttempt = {
    idpId: idpId('pool-idp'),
    identifier: 'Ada@Example.com',
    mechanism: 'password',
    begunAt: 12,
    replace: { poolId: poolId('people'), userId: userId('ada-id'), mark: '3', why: 'expired', provenAt: 11 },
  };
  const rowWith = (attempt: string | undefined, change: Partial<Interaction> = {}) =>
    interaction({ ...change, attempt });

  it('reads what it kept, and holds nothing of it in clear', async () => {
    await attempts.keep(interaction(), said);
    assert.deepEqual(attempts.read(rowWith(sealed)), said);
    assert.doesNotMatch(sealed ?? '', /\bada\b/i);
  });

  it('reads nothing where nothing was said, or where it was forgotten', async () => {
    assert.equal(attempts.read(rowWith(undefined)), undefined);
    await attempts.keep(interaction(), said);
    await attempts.forget(interaction());
    assert.equal(sealed, undefined);
  });

  it('does not open in another login: a row that was copied there says nothing', async () => {
    await attempts.keep(interaction(), said);
    assert.throws(() => attempts.read(rowWith(sealed, { id: interactionId('cid-2') })));
  });

  it('takes what another version wrote for nothing: the person types it once more', () => {
    const row = interaction();
    const context = `interactions.attempt:${row.tenantId}:${row.workspaceId}:${row.id}`;
    const other = testSealer.seal(JSON.stringify({ identifier: 'ada', mechanism: 'telepathy' }), context);
    assert.equal(attempts.read(rowWith(other)), undefined);
  });
});
