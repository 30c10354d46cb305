/** What is written when a code is asked for: one transaction, for nobody as well, and no more than may be sent. */
import assert from 'node:assert/strict';
import type { AskedFrom } from '../../../server/codes/code-asking.ts';
import {
  askFromPolicy,
  createCodeSender,
  sendToAllPolicy,
  tenantAllowances,
} from '../../../server/codes/code-sender.service.ts';
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
  const sender = (isLeft = true, begin: (message: { readonly state: string }) => void = () => undefined) =>
    createCodeSender({
      unitOfWork: house.platform.unitOfWork,
      throttle: { ...house.platform.stores.throttle, ...(isLeft ? {} : { take: () => Promise.resolve(false) }) },
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

  it('fills nobody’s mailbox, from however many places they are asked for', async () => {
    const user = await house.person(pool.id);
    const states: string[] = [];
    const asked = sender(true, ({ state }) => states.push(state));
    for (let n = 0; n < 40; n += 1)
      await asked.send({
        ...sending,
        pool,
        user,
        typed: user.id,
        from: { kind: 'address', address: `203.0.113.${String(n)}` },
      });
    assert.equal(states.filter((state) => state === 'waiting').length, sendToAllPolicy.free + 1);
    const known = { kind: 'address', address: '192.0.2.1', device: 'hers' } as const;
    await asked.send({ ...sending, pool, user, typed: user.id, from: known });
    assert.equal(states.at(-1), 'waiting', 'but to a browser that they signed in from before');
    await asked.send({ ...sending, pool, user, typed: user.id, from: { kind: 'administrator' } });
    assert.equal(states.at(-1), 'waiting', 'and at the wish of an administrator');
    await asked.send({ ...sending, pool, user, typed: user.id, from: { kind: 'program' } });
    assert.notEqual(states.at(-1), 'waiting', 'but not of a program, which may ask for anybody');
  });

  it('writes as much for nobody, which is never sent', async () => {
    const states: string[] = [];
    const before = await rows();
    await sender(true, ({ state }) => states.push(state)).send({ ...sending, pool, user: undefined });
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
    const asked = await sender(false, ({ state }) => states.push(state)).send({ ...sending, pool, user });
    assert.deepEqual([asked, states], [{ kind: 'begun' }, ['withheld']]);
    assert.equal((await house.platform.stores.codes.take(place))?.id, first?.id);
  });

  it('sends no more texts of a tenant than it may, whomever to and whichever process is asked', async () => {
    const { burst } = tenantAllowances.sms;
    const sent: string[] = [];
    const [one, other] = [sender(true, ({ state }) => sent.push(state)), sender(true, ({ state }) => sent.push(state))];
    const now = clock.now();
    const { perMinute } = tenantAllowances.sms;
    // All but two, in one.
    const most = { burst: 1, perMinute: perMinute / (burst - 2) };
    assert.equal(await house.platform.stores.throttle.take(tenant, 'sent-by-tenant:sms', most, now), true);
    for (let n = 0; n < 8; n += 1) {
      const phone = [{ type: 'mobile', normalized: `+4420794609${String(n).padStart(2, '0')}` }] as const;
      const user = await house.person(pool.id);
      await (n % 2 === 0 ? one : other).send({ ...sending, pool, user, typed: user.id, to: phone });
    }
    const delivered = sent.filter((state) => state === 'waiting').length;
    // A text comes back every two seconds; how long this took is the machine's matter.
    assert.ok(delivered >= 2 && delivered <= 2 + Math.ceil((clock.now() - now) / 2000), String(delivered));
    const mails = sent.length;
    const user = await house.person(pool.id);
    await one.send({ ...sending, pool, user, typed: user.id, to: [{ type: 'email', normalized: 'm@example.com' }] });
    assert.deepEqual(sent.slice(mails), ['waiting'], 'mails are counted for themselves');
  });

  it('lets nobody use up what a tenant may send by asking for people who are not there', async () => {
    const user = await house.person(pool.id);
    const states: string[] = [];
    const asked = sender(true, ({ state }) => states.push(state));
    // One that comes back so slowly leaves nothing for a day.
    const slow = { burst: 1, perMinute: 1 / (24 * 60) };
    await house.platform.stores.throttle.take(tenant, 'sent-by-tenant:mail:nobody', slow, clock.now());
    await asked.send({ ...sending, pool, user: undefined, typed: 'nobody at all', to: [] });
    await asked.send({ ...sending, pool, user, typed: user.id });
    assert.deepEqual(states, ['withheld', 'waiting']);
  });
});
