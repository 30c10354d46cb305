/** Whoever's rows they are: what is due is started, by itself or when somebody rings, and one source holds up no other. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryStart } from '../../../workflows/contract/delivery.ts';
import { createDeliveryWatch } from '../../../server/deliveries/delivery-watch.ts';
import { createDoorbell } from '../../../server/deliveries/doorbell.ts';
import type { DeliveryRows, DueDelivery } from '../../../server/extension-points/deliveries.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock } from '../../support/stores.ts';

const due = (deliveryId: string): DueDelivery => ({
  tenantId: tenantId('acme'),
  deliveryId,
  kind: 'webhook',
  destinations: 1,
  expiresAt: noon + 60_000,
  reason: undefined,
  retry: { firstMs: 1, longestMs: 2, jitter: 0.5 },
});

function house(listDue: DeliveryRows['listDue'], intervalMs: number, isAway = false) {
  const started: DeliveryStart[] = [];
  const hurried: boolean[] = [];
  const told: boolean[] = [];
  const { log } = recordingLog();
  const doorbell = createDoorbell();
  const rowsOf = (list: DeliveryRows['listDue']): DeliveryRows => ({
    lookAgainMs: 1000,
    listDue: list,
    postpone: (_due, _at, isTold) => Promise.resolve(void told.push(isTold)),
    end: () => Promise.resolve(),
  });
  const watch = createDeliveryWatch({
    sources: [
      { owner: undefined, rows: rowsOf(() => Promise.reject(new Error('cannot be read'))) },
      { owner: 'hooks', rows: rowsOf(listDue) },
    ],
    doorbell,
    dataKeys: {
      ensure: (tenant, workflowId) =>
        Promise.resolve({ id: 'k', tenantId: tenant, workflowId, key: new Uint8Array(32) }),
    },
    deliveries: {
      start(delivery, isHurried = false) {
        started.push(delivery);
        hurried.push(isHurried);
        if (isAway) return Promise.reject(new Error('away'));
        return Promise.resolve('running');
      },
    },
    clock: heldClock(),
    log,
    intervalMs,
  });
  return { watch, started, doorbell, hurried, told };
}

describe('createDeliveryWatch', () => {
  it('says to the workflow whose the row is, and when to try again', async () => {
    const { watch, started } = house(() => Promise.resolve([due('d')]), 1);
    assert.equal(await watch.look(), 1);
    const { tenantId: tenant, deliveryId, kind, destinations, retry } = due('d');
    assert.deepEqual(started, [
      { tenantId: tenant, deliveryId, kind, destinations, lifetimeMs: 60_000, owner: 'hooks', retry },
    ]);
  });

  it('has one tried now that somebody wants tried, and says where its workflow could not be told', async () => {
    const both = () => Promise.resolve([due('d'), { ...due('e'), hurriedAt: noon }]);
    const { watch, hurried, told } = house(both, 1);
    await watch.look();
    assert.deepEqual(
      [hurried, told],
      [
        [false, true],
        [true, true],
      ],
    );
    const away = house(both, 1, true);
    await away.watch.look();
    assert.deepEqual(away.told, [false, false]);
  });

  it('looks by itself until it is stopped, while another source cannot be read', async () => {
    let looks = 0;
    const { watch } = house(() => Promise.resolve(looks++ === 0 ? [] : []), 1);
    watch.start();
    while (looks < 3) await sleep(1);
    await watch.stop();
    const before = looks;
    await sleep(10);
    assert.equal(looks, before);
  });

  it('looks when somebody rings, also where that was while it looked', async () => {
    const waiting: DueDelivery[] = [];
    const looked = Promise.withResolvers<undefined>();
    let looks = 0;
    const never = 2 ** 30;
    const { watch, started, doorbell } = house(() => {
      looks += 1;
      const found = waiting.splice(0);
      if (looks === 1) {
        waiting.push(due('written while it looked'));
        doorbell.ring();
        looked.resolve(undefined);
      }
      return Promise.resolve(found);
    }, never);
    watch.start();
    await looked.promise;
    while (started.length < 1) await sleep(1);
    waiting.push(due('later'));
    doorbell.ring();
    while (started.length < 2) await sleep(1);
    assert.deepEqual(
      started.map(({ deliveryId }) => deliveryId),
      ['written while it looked', 'later'],
    );
    await watch.stop();
  });
});
