/** The delivery's definition on Temporal's time-skipping server: what only the workflow itself decides. */
import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Attempted, DeliveryOutcome, DeliveryStart } from '../../../../workflows/contract/delivery.ts';
import { deliverySearchAttributes } from '../../../../workflows/contract/delivery.ts';
import { createDataConverter } from '../../../../workflows/data-converter.ts';
import { createFakePost, newDelivery, openDeliveryHouse, type DeliveryHouse } from '../../../support/delivery-house.ts';
import { startTestTemporal, type TestTemporal } from '../../../support/temporal.ts';
import { startTimeSkipping, type TimeSkipping } from '../../../support/time-skipping.ts';

const failed: Attempted = { kind: 'failed', reason: 'ECONNECTION' };
const refused: Attempted = { kind: 'refused', reason: 'smtp_550' };
const delivered: Attempted = { kind: 'delivered' };

describe('delivery', function () {
  this.timeout(120_000);
  let server: TimeSkipping;
  let connection: Connection;
  let house: DeliveryHouse | undefined;

  before(async function () {
    try {
      server = await startTimeSkipping();
    } catch (error) {
      process.stdout.write(`      skipped, no time-skipping server: ${String(error)}\n`);
      this.skip();
    }
    connection = await Connection.connect({ address: server.address });
  });
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });
  after(async () => {
    await connection.close();
    await server.stop();
  });

  /** Lets time pass until it has ended. */
  const endOf = async (opened: DeliveryHouse, message: DeliveryStart, stepMs = 1000): Promise<DeliveryOutcome> => {
    const { workflow } = new Client({ connection, dataConverter: createDataConverter(opened.keys) });
    const handle = workflow.getHandle<(start: DeliveryStart) => Promise<DeliveryOutcome>>(message.deliveryId);
    while ((await handle.describe()).status.name === 'RUNNING') await server.skip(stepMs);
    return await handle.result();
  };
  const deliver = async (post: ReturnType<typeof createFakePost>, message = newDelivery()) => {
    house = await openDeliveryHouse({ address: server.address, activities: post });
    assert.equal(await house.client.start(message), 'running');
    return endOf(house, message);
  };

  it('tries again until a provider that was down is back', async () => {
    const post = createFakePost(({ number }) => (number < 4 ? failed : delivered));
    assert.deepEqual(await deliver(post), { outcome: 'delivered', reason: 'delivered' });
    assert.deepEqual(
      post.attempts.map(({ number, destination }) => [number, destination]),
      [
        [1, 0],
        [2, 0],
        [3, 0],
        [4, 0],
      ],
    );
    assert.deepEqual(post.ends, []);
  });

  it('falls back to the next address while the first one stays out of reach', async () => {
    const post = createFakePost(({ destination }) => (destination === 0 ? failed : delivered));
    assert.equal((await deliver(post, newDelivery({ destinations: 2 }))).outcome, 'delivered');
    assert.deepEqual(
      post.attempts.map(({ destination }) => destination),
      [0, 0, 0, 0, 1],
    );
  });

  it('fails, with the code of why, once every address has refused', async () => {
    const post = createFakePost(() => refused);
    const end = { outcome: 'failed', reason: 'smtp_550' } as const;
    assert.deepEqual(await deliver(post, newDelivery({ destinations: 2 })), end);
    assert.deepEqual([post.attempts.length, post.ends], [2, [end]]);
  });

  it('expires when its time is over, and tells the row so', async () => {
    const post = createFakePost(() => failed);
    const end = { outcome: 'expired', reason: 'ECONNECTION' } as const;
    assert.deepEqual(await deliver(post, newDelivery({ lifetimeMs: 60_000 })), end);
    assert.deepEqual(post.ends, [end]);
    assert.ok(post.attempts.length >= 5);
  });

  it('takes a try that fails on our side for one that failed', async () => {
    const post = createFakePost(({ number }) => {
      if (number === 1) throw new Error('away');
      return delivered;
    });
    assert.equal((await deliver(post)).outcome, 'delivered');
    assert.equal(post.attempts.length, 2);
  });

  it('ends as its row did where that had ended before', async () => {
    const end = { outcome: 'failed', reason: 'gone' } as const;
    const post = createFakePost(() => ({ kind: 'over', end }));
    assert.deepEqual(await deliver(post), end);
    assert.deepEqual(post.ends, []);
  });

  it('of a plugin is tried for 72 hours by the policy it came with, and as little where there is no place', async () => {
    const retry = { firstMs: 5_000, longestMs: 4 * 3_600_000, jitter: 0.5 };
    let asked = 0;
    const post = createFakePost(() => {
      asked += 1;
      return asked % 2 === 0 ? { kind: 'later', afterMs: 1_000 } : { kind: 'failed', reason: 'status_500' };
    });
    const message = newDelivery({ lifetimeMs: 72 * 3_600_000, owner: 'webhooks', kind: 'webhook', retry });
    house = await openDeliveryHouse({ address: server.address, activities: post });
    await house.client.start(message);
    const end = { outcome: 'expired', reason: 'status_500' } as const;
    assert.deepEqual(await endOf(house, message, 1_800_000), end);
    assert.deepEqual(post.ends, [end]);
    assert.ok(asked >= 30 && asked <= 150, String(asked));
    const numbers = post.attempts.map(({ number }) => number);
    assert.equal(new Set(numbers).size, numbers.at(-1), 'what was put off is no try');
  });

  it('is started once: a second start finds it, and one that has closed stays closed', async () => {
    const post = createFakePost(() => failed);
    const message = newDelivery({ lifetimeMs: 30_000 });
    house = await openDeliveryHouse({ address: server.address, activities: post });
    assert.deepEqual([await house.client.start(message), await house.client.start(message)], ['running', 'running']);
    await endOf(house, message);
    const tries = post.attempts.length;
    assert.equal(await house.client.start(message), 'over');
    assert.equal(post.attempts.length, tries);
  });
});

describe('delivery on a server that operations look at', function () {
  this.timeout(120_000);
  let temporal: TestTemporal;
  let connection: Connection;
  let house: DeliveryHouse;

  before(async () => {
    temporal = await startTestTemporal();
    connection = await Connection.connect({ address: temporal.address });
  });
  afterEach(() => house.close());
  after(async () => {
    await connection.close();
    await temporal.stop();
  });

  const handleOf = ({ deliveryId }: DeliveryStart) =>
    new Client({ connection, dataConverter: createDataConverter(house.keys) }).workflow.getHandle(deliveryId);
  /** Whether it has begun so many pauses, beside the timer of its whole time. */
  const isResting = async (message: DeliveryStart, pauses: number): Promise<boolean> => {
    const { events } = await handleOf(message).fetchHistory();
    return (events ?? []).filter((event) => Boolean(event.timerStartedEventAttributes)).length > pauses;
  };
  const untilOver = async (message: DeliveryStart) => {
    for (;;) {
      const described = await handleOf(message).describe();
      if (described.status.name !== 'RUNNING') return described;
    }
  };

  it('shows what it is, how it ended and why, in words that name nobody', async () => {
    const post = createFakePost(() => refused);
    house = await openDeliveryHouse({ address: temporal.address, activities: post });
    const message = newDelivery();
    await house.client.start(message);
    const described = await untilOver(message);
    const of = (name: string) => described.typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
    assert.deepEqual(
      [
        of(deliverySearchAttributes.tenant),
        of(deliverySearchAttributes.kind),
        of(deliverySearchAttributes.outcome),
        of(deliverySearchAttributes.reason),
      ],
      ['acme', 'code_authentication', 'failed', 'smtp_550'],
    );
    assert.equal(await described.staticSummary(), 'Message code_authentication (acme)');
  });

  const everyHour = { retry: { firstMs: 3_600_000, longestMs: 3_600_000, jitter: 0 }, lifetimeMs: 72 * 3_600_000 };

  it('tries at once where somebody wants that while it rests, which it would do for an hour', async () => {
    const post = createFakePost(({ number }) => (number < 3 ? failed : delivered));
    house = await openDeliveryHouse({ address: temporal.address, activities: post });
    const message = newDelivery(everyHour);
    await house.client.start(message);
    for (const number of [1, 2]) {
      while (post.attempts.length < number || !(await isResting(message, number))) await later(20);
      assert.equal(await house.client.start(message, true), 'running');
    }
    assert.equal((await untilOver(message)).status.name, 'COMPLETED');
    assert.deepEqual(
      post.attempts.map(({ number }) => number),
      [1, 2, 3],
    );
    assert.equal(await house.client.start(message, true), 'over');
    assert.equal(post.attempts.length, 3, 'what is over is tried by nobody');
  });

  it('wanted while its try is under way is tried once more where that one fails, and not where it arrives', async () => {
    const answers = [Promise.withResolvers<Attempted>(), Promise.withResolvers<Attempted>()] as const;
    const post = createFakePost(({ number }) => answers[number === 1 ? 0 : 1].promise);
    house = await openDeliveryHouse({ address: temporal.address, activities: post });
    const message = newDelivery(everyHour);
    await house.client.start(message);
    while (post.attempts.length < 1) await later(20);
    // Twice is once: nobody is sent the same as often as somebody clicks.
    for (const _twice of [1, 2]) await house.client.start(message, true);
    answers[0].resolve(failed);
    while (post.attempts.length < 2) await later(20);
    await house.client.start(message, true);
    answers[1].resolve(delivered);
    assert.equal((await untilOver(message)).status.name, 'COMPLETED');
    assert.equal(post.attempts.length, 2);
  });

  it('closes its row when an operator cancels it, also while a try is under way', async () => {
    const begun = Promise.withResolvers<undefined>();
    const post = createFakePost(async () => {
      begun.resolve(undefined);
      await new Promise((later) => setTimeout(later, 200));
      return failed;
    });
    house = await openDeliveryHouse({ address: temporal.address, activities: post });
    const message = newDelivery();
    await house.client.start(message);
    await begun.promise;
    await handleOf(message).cancel();
    assert.equal((await untilOver(message)).status.name, 'CANCELLED');
    assert.deepEqual(post.ends, [{ outcome: 'failed', reason: 'cancelled' }]);
  });
});
