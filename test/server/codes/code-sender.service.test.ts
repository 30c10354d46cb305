/** What is written when a code is asked for: one transaction, for nobody as well, and no more than may be sent. */
import assert from 'node:assert/strict';
import type { AskedFrom } from '../../../server/codes/code-asking.ts';
import { askFromPolicy, createCodeSender } from '../../../server/codes/code-sender.service.ts';
import { createLetters } from '../../../server/codes/code-letter.ts';
import { createCodeSecrets } from '../../../server/codes/code.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { openCodeHouse, tenant, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

describe('createCodeSender', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool();
  });
  after(() => house.close());
  beforeEach(() => house.forgive());

  const to = [{ type: 'email', normalized: 'ada@example.com' }] as const;
  const sending = {
    type: 'challenge',
    typed: 'ada',
    to,
    name: 'Shop',
    locale: 'en',
    from: { kind: 'program' },
  } as const;
  const sender = (wait = 0, begin: (message: { readonly state: string }) => void = () => undefined) =>
    createCodeSender({
      unitOfWork: house.platform.unitOfWork,
      throttle: house.platform.stores.throttle,
      takeOfTenant: () => wait,
      secrets: createCodeSecrets(new Uint8Array(32)),
      letters: createLetters({ mail: (mail) => ({ subject: mail, text: 'text' }) }),
      dispatch: { begin },
      originOf: () => 'https://id.example',
      clock,
    });
  const rows = async () => {
    const { database } = house.platform;
    return [(await database('codes').select()).length, (await database('messages').select()).length];
  };

  it('writes code and message together, or neither', async () => {
    const user = await house.person(pool.id, { addresses: [verifiedMail('ada@example.com')] });
    const before = await rows();
    const broken = { ...house.platform.unitOfWork };
    const failing = createCodeSender({
      unitOfWork: {
        run: (work) =>
          broken.run((stores) =>
            work({ codes: stores.codes, messages: { insert: () => Promise.reject(new Error('the disk is full')) } }),
          ),
      },
      throttle: house.platform.stores.throttle,
      takeOfTenant: () => 0,
      secrets: createCodeSecrets(new Uint8Array(32)),
      letters: createLetters({ mail: (mail) => ({ subject: mail, text: 'text' }) }),
      dispatch: { begin: () => undefined },
      originOf: () => 'https://id.example',
      clock,
    });
    await assert.rejects(failing.send({ ...sending, pool, user }));
    assert.deepEqual(await rows(), before);
    await sender().send({ ...sending, pool, user });
    assert.deepEqual(
      await rows(),
      before.map((count) => count + 1),
    );
  });

  it('counts whoever asks by their network address, whomever they name, and a program where it calls', async () => {
    const asked = async (from: AskedFrom, n: number) =>
      (await sender().count({ pool, type: 'authentication', typed: `nobody ${String(n)}`, from })).kind;
    const stranger = { kind: 'address', address: '203.0.113.7' } as const;
    for (let n = 0; n <= askFromPolicy.free; n += 1) assert.equal(await asked(stranger, n), 'begun');
    assert.equal(await asked(stranger, 1000), 'throttled');
    assert.equal(await asked({ kind: 'address', address: '203.0.113.8' }, 1001), 'begun');
    assert.equal(await asked({ kind: 'program' }, 1002), 'begun');
  });

  it('writes as much for nobody, which is never sent', async () => {
    const states: string[] = [];
    const before = await rows();
    await sender(0, ({ state }) => states.push(state)).send({ ...sending, pool, user: undefined });
    assert.deepEqual(
      await rows(),
      before.map((count) => count + 1),
    );
    assert.deepEqual(states, ['withheld']);
  });

  it('sends nothing of a tenant that has sent too much, and leaves the code they have', async () => {
    const user = await house.person(pool.id, { addresses: [verifiedMail('eve@example.com')] });
    const place = { tenantId: tenant, poolId: pool.id, userId: user.id, type: 'challenge' } as const;
    await sender().send({ ...sending, pool, user });
    const first = await house.platform.stores.codes.take(place);
    const states: string[] = [];
    const asked = await sender(60, ({ state }) => states.push(state)).send({ ...sending, pool, user });
    assert.deepEqual([asked, states], [{ kind: 'begun' }, ['withheld']]);
    assert.equal((await house.platform.stores.codes.take(place))?.id, first?.id);
  });
});
