/** Guesses at codes: counted before they are looked at. */
import assert from 'node:assert/strict';
import type { Pool } from '../../../server/pools/pool.ts';
import { addressPolicy } from '../../../server/interactions/throttle.ts';
import { noUser, openCodeHouse, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

describe('createCodeCheck', function () {
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

  it('leaves a code that one page asked for to that page: nobody voids it, or uses up its tries, from another', async () => {
    const { checker, sender } = house.codes.routes;
    const user = await house.person(pool.id, { addresses: [verifiedMail('ada@example.com')] });
    const to = [{ type: 'email', normalized: 'ada@example.com' }] as const;
    const ask = (bound: string, address: string) =>
      sender.send({
        pool,
        type: 'reset_password',
        user,
        typed: 'ada',
        to,
        name: 'x',
        locale: 'en',
        bound,
        from: { kind: 'address', address },
      });
    const guess = (code: string, bound: string, address: string) =>
      checker.check({ pool, type: 'reset_password', user, typed: 'ada', code, bound, address });
    await ask('hers', '192.0.2.1');
    const code = house.code();
    for (let n = 0; n < 12; n += 1) await ask(`of a stranger ${String(n)}`, '203.0.113.9');
    for (let n = 0; n < 12; n += 1) assert.equal((await guess(code, 'of a stranger 0', '203.0.113.9')).kind, 'wrong');
    assert.equal((await guess(code, 'hers', '192.0.2.1')).kind, 'right');
    house.sent.length = 0;
    await ask('hers once more', '192.0.2.1');
    assert.equal(house.sent.length, 1, 'a stranger used up nothing of what she may be sent');
  });

  it('counts guesses by the network address as well, whoever is named', async () => {
    const { checker } = house.codes.routes;
    const kinds = new Set<string>();
    for (let n = 0; n < addressPolicy.free + 5; n += 1) {
      const guess = { pool, type: 'challenge', user: undefined, typed: `name ${String(n)}`, code: '000000' } as const;
      kinds.add((await checker.check({ ...guess, bound: String(n), address: '203.0.113.9' })).kind);
    }
    assert.deepEqual([...kinds], ['wrong', 'throttled']);
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
