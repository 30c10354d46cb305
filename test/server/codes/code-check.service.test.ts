/** Guesses at codes: counted before they are looked at. */
import assert from 'node:assert/strict';
import type { Pool } from '../../../server/pools/pool.ts';
import { noUser, openCodeHouse, type CodeHouse } from '../../support/code-house.ts';

describe('createCodeCheck', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    await house.forgive();
    pool = await house.pool();
  });

  it('lets no more than the free guesses through of many at once', async () => {
    const user = await house.person(pool.id);
    const { checker } = house.codes.routes;
    const guess = { pool, type: 'challenge', user, typed: user.id, code: '000000' } as const;
    const answers = await Promise.all(Array.from({ length: 20 }, () => checker.check(guess)));
    assert.ok(answers.filter(({ kind }) => kind === 'wrong').length <= 6);
    assert.ok(answers.some(({ kind }) => kind === 'throttled'));
  });

  it('does not tell by a refusal that two names are one person’s, nor that they have no more tries for it', async () => {
    const user = await house.person(pool.id);
    const { checker, sender } = house.codes.routes;
    const { code } = await sender.generate({ pool, type: 'challenge', user, to: [] });
    const kinds = async (whose: typeof user | undefined, names: readonly string[]) => {
      const found: string[] = [];
      for (const typed of names)
        for (let tries = 0; tries < 7; tries += 1)
          found.push((await checker.check({ pool, type: 'challenge', user: whose, typed, code: '000000' })).kind);
      return found;
    };
    const known = await kinds(user, ['ada', 'ada@example.com']);
    assert.deepEqual(known, await kinds(undefined, ['eve', 'eve@example.com']));
    assert.equal(known[7], 'wrong');
    // However many names somebody has: the code has its tries, and no more.
    const right = await checker.check({ pool, type: 'challenge', user, typed: 'a third name', code });
    assert.equal(right.kind, 'wrong');
  });

  it('never finds the row that was written for nobody', async () => {
    const { checker, sender } = house.codes.routes;
    const sending = {
      pool,
      type: 'challenge',
      user: undefined,
      typed: noUser,
      to: [],
      name: 'x',
      locale: 'en',
      from: { kind: 'program' },
    } as const;
    await sender.send(sending);
    for (const code of ['000000', '123456'])
      assert.deepEqual(await checker.check({ ...sending, code }), { kind: 'wrong' });
  });

  it('counts a right code as no failure', async () => {
    const user = await house.person(pool.id);
    const { checker, sender } = house.codes.routes;
    const { code } = await sender.generate({ pool, type: 'challenge', user, to: [] });
    for (let tries = 0; tries < 10; tries += 1)
      assert.equal((await checker.check({ pool, type: 'challenge', user, typed: 'x', code })).kind, 'right');
  });
});
