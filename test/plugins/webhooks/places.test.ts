/** Places at an endpoint: few, given in turn, and none to wait for at one that fails. */
import assert from 'node:assert/strict';
import { createPlaces } from '../../../plugins/webhooks/places.ts';
import { place } from '../../support/webhook-house.ts';

const healthy = { ...place, id: 'shop', failingSince: undefined };
const failing = { ...healthy, id: 'down', failingSince: 1 };
const long = 2 ** 30;

describe('createPlaces', () => {
  const takeAll = async (places: ReturnType<typeof createPlaces>) => {
    const taken: (() => void)[] = [];
    for (let count = 0; count < 8; count += 1) {
      const leave = await places.take(healthy);
      assert.ok(leave);
      taken.push(leave);
    }
    return taken;
  };

  it('lets eight in at once, eight more wait, and sends the rest away', async () => {
    const places = createPlaces(long);
    const taken = await takeAll(places);
    const waiting = Array.from({ length: 8 }, () => places.take(healthy));
    assert.equal(await places.take(healthy), undefined);
    for (const leave of taken) leave();
    for (const leave of await Promise.all(waiting)) {
      assert.ok(leave);
      leave();
    }
    assert.equal((await takeAll(places)).length, 8, 'all places are there again');
  });

  it('gives up waiting after a while, without losing a place', async () => {
    const places = createPlaces(1);
    const taken = await takeAll(places);
    assert.equal(await places.take(healthy), undefined);
    for (const leave of taken) leave();
    assert.equal((await takeAll(places)).length, 8);
  });

  it('lets one in at a time at an endpoint that fails, and lets nobody wait there', async () => {
    const places = createPlaces(long);
    const leave = await places.take(failing);
    assert.ok(leave);
    assert.equal(await places.take(failing), undefined);
    leave();
    assert.ok(await places.take(failing));
  });

  it('counts each endpoint by itself', async () => {
    const places = createPlaces(1);
    await takeAll(places);
    assert.ok(await places.take({ ...healthy, id: 'other' }));
  });
});
