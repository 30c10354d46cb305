/** No message is lost: whoever fails to start its delivery, somebody else does, and nobody waits for it. */
import assert from 'node:assert/strict';
import type { DeliveryStart } from '../../../workflows/contract/delivery.ts';
import { messageId, newId, tenantId } from '../../../server/kernel/ids.ts';
import { createDeliveryWatch } from '../../../server/deliveries/delivery-watch.ts';
import { createDoorbell } from '../../../server/deliveries/doorbell.ts';
import { startGraceMs } from '../../../server/deliveries/start-delivery.ts';
import { createDispatch, messageRows } from '../../../server/messages/dispatch.ts';
import {
  newMessage,
  watchMs,
  type MessageEnd,
  type NewMessage,
  type OutgoingMessage,
} from '../../../server/messages/outgoing-message.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock } from '../../support/stores.ts';

const given = (changes: Partial<NewMessage> = {}): NewMessage => ({
  tenantId: tenantId('acme'),
  id: messageId(newId()),
  kind: 'code_authentication',
  owner: undefined,
  letters: [{ channel: 'mail', to: 'ada@example.com', subject: 's', text: 't' }],
  expiresAt: noon + 600_000,
  isToBeSent: true,
  ...changes,
});

/** Rows in memory, and a Temporal that is there, away, or has closed what it was asked for. */
function office() {
  const clock = heldClock();
  const { log, lines } = recordingLog();
  const rows = new Map<string, OutgoingMessage>();
  const started: DeliveryStart[] = [];
  const state = { away: false, over: false, keys: 0 };
  const change = (id: string, members: Partial<OutgoingMessage>) => {
    const row = rows.get(id);
    if (row?.state === 'waiting') rows.set(id, { ...row, ...members });
    return Promise.resolve(rows.get(id));
  };
  const deps = {
    messages: {
      insert(message: OutgoingMessage) {
        rows.set(message.id, message);
        return Promise.resolve();
      },
      listDue: (now: number, limit: number) =>
        Promise.resolve([...rows.values()].filter(({ dueAt }) => dueAt !== undefined && dueAt <= now).slice(0, limit)),
      async postpone(_tenant: unknown, id: string, dueAt: number) {
        await change(id, { dueAt });
      },
      end: (_tenant: unknown, id: string, end: MessageEnd) => change(id, { ...end, dueAt: undefined }),
    },
    dataKeys: {
      ensure() {
        state.keys += 1;
        return Promise.resolve({ id: 'k', tenantId: tenantId('acme'), workflowId: 'w', key: new Uint8Array(32) });
      },
    },
    deliveries: {
      start(delivery: DeliveryStart) {
        if (state.away) return Promise.reject(new Error('14 UNAVAILABLE to ada@example.com'));
        if (state.over) return Promise.resolve('over' as const);
        started.push(delivery);
        return Promise.resolve('running' as const);
      },
    },
    clock,
    log,
  };
  const write = async (changes: Partial<NewMessage> = {}) => {
    const message = newMessage(given(changes), clock.now());
    await deps.messages.insert(message);
    return message;
  };
  return { deps, clock, lines, rows, started, state, write };
}

describe('createDispatch', () => {
  it('does nothing in the turn of whoever asked, for somebody as for nobody', async () => {
    const { deps, started, state, write } = office();
    const dispatch = createDispatch(deps);
    const message = await write();
    dispatch.begin(message);
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
    assert.deepEqual([state.keys, started.length], [0, 0]);
    await dispatch.stop();
    assert.equal(started.length, 1);
  });

  it('starts a delivery with ids and numbers only, and its key before it', async () => {
    const { deps, started, state, rows, write } = office();
    const dispatch = createDispatch(deps);
    const message = await write();
    dispatch.begin(message);
    await dispatch.stop();
    const { id: deliveryId, kind } = message;
    assert.deepEqual(started, [{ tenantId: 'acme', deliveryId, kind, destinations: 1, lifetimeMs: 600_000 }]);
    assert.equal(state.keys, 1);
    assert.equal(rows.get(message.id)?.dueAt, noon + watchMs);
  });

  it('starts nothing that was written for nobody', async () => {
    const { deps, started, state, write } = office();
    const dispatch = createDispatch(deps);
    dispatch.begin(await write({ isToBeSent: false }));
    await dispatch.stop();
    assert.deepEqual([started, state.keys], [[], 0]);
  });

  it('lets nobody wait for a Temporal that is away, and tells the log a code and no address', async () => {
    const { deps, state, lines, rows, write } = office();
    state.away = true;
    const dispatch = createDispatch(deps);
    const message = await write();
    assert.equal(dispatch.begin(message), undefined);
    await dispatch.stop();
    assert.equal(rows.get(message.id)?.state, 'waiting');
    assert.equal(lines.length, 1);
    assert.doesNotMatch(JSON.stringify(lines), /\bada\b/);
  });

  it('writes and starts what is posted in a later turn, and takes nothing once it stops', async () => {
    const { deps, started, rows } = office();
    const dispatch = createDispatch(deps);
    let looked = false;
    const post = () =>
      dispatch.post(() => {
        looked = true;
        return Promise.resolve([given()]);
      });
    assert.equal(post(), true);
    assert.equal(looked, false);
    await dispatch.stop();
    assert.deepEqual([started.length, rows.size], [1, 1]);
    assert.equal(post(), false);
  });

  it('lives on when what is posted cannot be looked up', async () => {
    const { deps, lines } = office();
    const dispatch = createDispatch(deps);
    dispatch.post(() => Promise.reject(new Error('the database is away')));
    await dispatch.stop();
    assert.equal(lines.length, 1);
  });
});

describe('the watch over messages', () => {
  const watching = (deps: ReturnType<typeof office>['deps']) =>
    createDeliveryWatch({
      ...deps,
      sources: [{ owner: undefined, rows: messageRows(deps.messages) }],
      doorbell: createDoorbell(),
      intervalMs: 1,
    });

  it('starts what nobody started, once Temporal is back', async () => {
    const { deps, clock, started, state, write } = office();
    const watch = watching(deps);
    await write();
    assert.equal(await watch.look(), 0, 'whoever wrote it comes first');
    state.away = true;
    clock.set(noon + startGraceMs);
    assert.equal(await watch.look(), 1);
    assert.deepEqual(started, []);
    state.away = false;
    clock.set(noon + 3 * startGraceMs);
    await watch.look();
    assert.equal(started.length, 1);
    assert.equal(await watch.look(), 0);
  });

  it('starts again what did not end, since Temporal may have lost what it knew', async () => {
    const { deps, clock, started, write } = office();
    const watch = watching(deps);
    await write();
    for (const later of [startGraceMs, startGraceMs + watchMs]) {
      clock.set(noon + later);
      await watch.look();
    }
    assert.equal(started.length, 2);
  });

  it('fails what was terminated behind its back, and expires what never began in time', async () => {
    const { deps, clock, rows, state, write } = office();
    const watch = watching(deps);
    const terminated = await write();
    state.over = true;
    clock.set(noon + startGraceMs);
    await watch.look();
    assert.deepEqual([rows.get(terminated.id)?.state, rows.get(terminated.id)?.reason], ['failed', 'stopped']);
    const late = await write();
    clock.set(late.expiresAt);
    await watch.look();
    assert.deepEqual([rows.get(late.id)?.state, rows.get(late.id)?.reason], ['expired', 'never_started']);
  });
});
