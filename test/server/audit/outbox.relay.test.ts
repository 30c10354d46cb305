import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Knex } from 'knex';
import { createEventStore } from '../../../server/audit/event.store.ts';
import { createOutboxRelay, pauseAfter, type OutboxRelay } from '../../../server/audit/outbox.relay.ts';
import { createOutboxStore } from '../../../server/audit/outbox.store.ts';
import type { AuditObserver } from '../../../server/audit/event.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { createDoorbell, type Doorbell } from '../../../server/deliveries/doorbell.ts';
import { newId, tenantId } from '../../../server/kernel/ids.ts';
import type { DomainEvent } from '../../../server/kernel/events.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon } from '../../support/seeded.ts';

/** A clock that stands until it is moved. */
function createHeldClock(): { now: () => number; move: (ms: number) => void } {
  let now = noon;
  return {
    now: () => now,
    move: (ms) => {
      now += ms;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

onEachDatabase('OutboxRelay', (open) => {
  let knex: Knex;
  let clock: ReturnType<typeof createHeldClock>;
  let relays: OutboxRelay[];
  let doorbell: Doorbell;
  let warnings: string[];
  /** Emits `told` whenever an observer was told something, and `emptied` when a delivery left the outbox. */
  let news: EventEmitter;

  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    await knex('outbox').delete();
    clock = createHeldClock();
    relays = [];
    doorbell = createDoorbell();
    warnings = [];
    news = new EventEmitter();
  });
  afterEach(() => Promise.all(relays.map((relay) => relay.stop())));

  const observing = (handle: AuditObserver['handle'], name = 'webhooks'): AuditObserver => ({
    name,
    wants: () => true,
    handle,
  });

  const relay = (
    observer: AuditObserver,
    executor: Knex = knex,
    members: { leaseMs?: number; batchSize?: number } = {},
  ) => {
    const store = createOutboxStore(executor);
    const made = createOutboxRelay({
      outbox: {
        ...store,
        remove: async (delivery) => {
          await store.remove(delivery);
          news.emit('emptied');
        },
        postpone: async (delivery, dueAt) => {
          await store.postpone(delivery, dueAt);
          news.emit('postponed');
        },
      },
      observers: [observer],
      doorbell,
      clock,
      log: { warn: (_members, message) => warnings.push(message) },
      // Whatever happens promptly in these tests happens because somebody rang.
      intervalMs: 3_600_000,
      random: () => 1,
      ...members,
    });
    relays.push(made);
    made.start();
    return made;
  };

  const happen = (count = 1): Promise<readonly DomainEvent[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        createEventStore(knex, { clock, observers: [observing(() => Promise.resolve())] }).append({
          tenantId: tenantId(newId()),
          subject: 'consent',
          action: 'created',
          metadata: {},
          payload: { consent_created: {} },
        }),
      ),
    );
  const left = async (): Promise<number> => (await knex('outbox').select()).length;

  it('tells what waited before it started, and what somebody rings for', async () => {
    const told: DomainEvent[] = [];
    const [before] = await happen();
    relay(
      observing((event) => {
        told.push(event);
        return Promise.resolve();
      }),
    );
    await once(news, 'emptied');
    const [after] = await happen();
    doorbell.ring();
    await once(news, 'emptied');
    assert.deepEqual(told, [before, after]);
    assert.equal(await left(), 0);
  });

  it('is woken by the commit of what it is to tell, and by nothing that was rolled back', async () => {
    const told: string[] = [];
    relay(
      observing(({ id }) => {
        told.push(id);
        return Promise.resolve();
      }),
    );
    const observers = [observing(() => Promise.resolve())];
    const unitOfWork = createUnitOfWork(knex, (executor, afterCommit) =>
      createEventStore(executor, { clock, observers, onNoted: () => afterCommit(doorbell.ring) }),
    );
    const event = { tenantId: tenantId(newId()), subject: 'consent', action: 'created', metadata: {}, payload: {} };
    const rings = doorbell.rings();
    const undone = unitOfWork.run(async (events) => {
      await events.append(event);
      throw new RangeError('no');
    });
    await assert.rejects(undone, RangeError);
    assert.equal(doorbell.rings(), rings);

    let ringsInside = -1;
    const made = await unitOfWork.runInParts(async (events, part) => {
      const first = await events.append(event);
      await part(async (inner) => {
        await inner.append(event);
        return true;
      });
      ringsInside = doorbell.rings();
      return first;
    });
    assert.deepEqual([ringsInside, doorbell.rings()], [rings, rings], 'whoever committed goes on first');
    while (told.length < 2) await once(news, 'emptied');
    assert.ok(told.includes(made.id));
    assert.equal(doorbell.rings(), rings + 1);
  });

  it('tells every event once, however many processes relay', async () => {
    const told = new Map<string, number>();
    const concurrent = new Map<string, number>();
    const all = new Promise<void>((resolve) => {
      let emptied = 0;
      news.on('emptied', () => {
        emptied += 1;
        if (emptied === 60) resolve();
      });
    });
    const observer = observing(async ({ id }) => {
      assert.equal(concurrent.get(id), undefined, 'nobody else is being told the same');
      concurrent.set(id, 1);
      await turn();
      told.set(id, (told.get(id) ?? 0) + 1);
      concurrent.delete(id);
    });
    const events = await happen(60);
    relay(observer, knex, { batchSize: 7 });
    relay(observer, await open(), { batchSize: 7 });
    await all;
    assert.deepEqual([...told.keys()].sort(), events.map(({ id }): string => id).sort());
    assert.deepEqual(new Set(told.values()), new Set([1]));
    assert.equal(await left(), 0);
    assert.deepEqual(warnings, []);
  });

  it('tells again what a process claimed and never finished, when its lease has ended', async () => {
    const [event] = await happen();
    const lease = { names: ['webhooks'], limit: 1, leaseMs: 60_000 };
    // The process that claims here dies before it tells anybody.
    assert.equal((await createOutboxStore(knex).claimDue({ ...lease, now: clock.now() })).length, 1);
    const told: string[] = [];
    const observer = observing(({ id }) => {
      told.push(id);
      return Promise.resolve();
    });
    clock.move(59_999);
    const early = relay(observer);
    await early.stop();
    assert.equal(told.length, 0);
    clock.move(1);
    relay(observer);
    await once(news, 'emptied');
    assert.deepEqual(told, [event?.id]);
  });

  it('tries again after a failure, later each time', async () => {
    await happen();
    const attempts: number[] = [];
    relay(
      observing(() => {
        attempts.push(clock.now() - noon);
        return attempts.length < 4 ? Promise.reject(new Error('the receiver is away')) : Promise.resolve();
      }),
    );
    await once(news, 'postponed');
    for (const pause of [1_000, 2_000]) {
      const again = once(news, 'postponed');
      clock.move(pause);
      doorbell.ring();
      await again;
    }
    const done = once(news, 'emptied');
    clock.move(4_000);
    doorbell.ring();
    await done;
    assert.deepEqual(attempts, [0, 1_000, 3_000, 7_000]);
    assert.deepEqual(warnings, Array(3).fill('an observer failed'));
    assert.equal(await left(), 0);
  });

  it('takes an observer that throws at once, or never ends, for a failure', async () => {
    await happen();
    relay(
      observing(() => {
        throw new Error('at once');
      }),
    );
    await once(news, 'postponed');
    await Promise.all(relays.map((one) => one.stop()));
    clock.move(1_000);
    let aborted = false;
    relay(
      observing((_event, signal) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => undefined);
      }),
      knex,
      { leaseMs: 40 },
    );
    await once(news, 'postponed');
    assert.equal(aborted, true);
    assert.equal(await left(), 1);
  });

  it('lets a slow delivery hold up no other', async () => {
    await happen(5);
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    let told = 0;
    relay(
      observing(() => {
        told += 1;
        return told === 1 ? slow : Promise.resolve();
      }),
      knex,
      { batchSize: 2 },
    );
    for (let emptied = 0; emptied < 4; emptied += 1) await once(news, 'emptied');
    assert.equal(told, 5);
    assert.equal(await left(), 1);
    release();
    await once(news, 'emptied');
  });

  it('waits for what is under way when it stops, and claims no more', async () => {
    await happen(3);
    let release: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => news.once('begun', resolve));
    const running = relay(
      observing(() => {
        news.emit('begun');
        return new Promise<void>((resolve) => (release = resolve));
      }),
      knex,
      { batchSize: 1 },
    );
    await begun;
    // By now the relay has no place left and rests.
    await turn();
    let stopped = false;
    const stopping = running.stop().then(() => (stopped = true));
    await turn();
    assert.equal(stopped, false);
    release();
    await stopping;
    assert.equal(await left(), 2);
    assert.deepEqual(await knex('outbox').pluck('attempts'), [0, 0]);
  });

  it('lives through a database that is away', async () => {
    const [event] = await happen();
    const store = createOutboxStore(knex);
    const told: string[] = [];
    let failures = 0;
    const running = createOutboxRelay({
      outbox: {
        ...store,
        claimDue: (claim) => {
          failures += 1;
          return failures > 1 ? store.claimDue(claim) : Promise.reject(new Error('away'));
        },
      },
      observers: [
        observing(({ id }) => {
          told.push(id);
          news.emit('told');
          return Promise.resolve();
        }),
      ],
      doorbell,
      clock,
      log: {
        warn: (_members, message) => {
          warnings.push(message);
          setImmediate(() => {
            doorbell.ring();
          });
        },
      },
      intervalMs: 3_600_000,
    });
    relays.push(running);
    running.start();
    await once(news, 'told');
    assert.deepEqual(told, [event?.id]);
    assert.deepEqual(warnings, ['the outbox could not be read']);
  });
});

describe('pauseAfter', () => {
  it('doubles from one second to a quarter of an hour, half of it by chance', () => {
    assert.deepEqual(
      [1, 2, 3, 10, 11, 1000].map((attempts) => pauseAfter(attempts, 1)),
      [1_000, 2_000, 4_000, 512_000, 900_000, 900_000],
    );
    assert.deepEqual([pauseAfter(1, 0), pauseAfter(1, 0.5)], [500, 750]);
  });
});
