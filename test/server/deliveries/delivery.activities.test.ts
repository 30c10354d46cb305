/** What a workflow asks goes to whose delivery it is; what hangs there takes no place of a message; failures say nothing. */
import assert from 'node:assert/strict';
import { createDeliveryActivities } from '../../../server/deliveries/delivery.activities.ts';
import type { Attempted, DeliveryStart, DeliveryWork } from '../../../server/extension-points/deliveries.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { newDelivery } from '../../support/delivery-house.ts';

const attempt = { number: 1, destination: 0 };
const end = { outcome: 'failed', reason: 'x' } as const;

function house(plugin: DeliveryWork['attempt'] = () => Promise.resolve({ kind: 'delivered' })) {
  const asked: string[] = [];
  const work = (name: string, one: DeliveryWork['attempt']): DeliveryWork => ({
    attempt(delivery, which) {
      asked.push(`${name} attempt ${delivery.deliveryId}`);
      return one(delivery, which);
    },
    close(delivery, closed) {
      asked.push(`${name} close ${delivery.deliveryId}`);
      return Promise.resolve(closed);
    },
  });
  const { log, lines } = recordingLog();
  const activities = createDeliveryActivities({
    messages: work('messages', () => Promise.resolve({ kind: 'delivered' })),
    plugins: new Map([['hooks', work('hooks', plugin)]]),
    log,
  });
  return { activities, asked, lines };
}
const of = (deliveryId: string, owner?: string): DeliveryStart =>
  newDelivery({ deliveryId, ...(owner === undefined ? {} : { owner }) });

describe('createDeliveryActivities', () => {
  it('asks the plugin that the delivery names, and core where it names none', async () => {
    const { activities, asked } = house();
    assert.deepEqual(await activities.attemptDelivery(of('m'), attempt), { kind: 'delivered' });
    await activities.attemptDelivery(of('w', 'hooks'), attempt);
    assert.deepEqual(await activities.closeDelivery(of('w', 'hooks'), end), end);
    assert.deepEqual(asked, ['messages attempt m', 'hooks attempt w', 'hooks close w']);
  });

  it('puts off what belongs to a plugin that is not installed, and never takes it for a message', async () => {
    const { activities, asked } = house();
    assert.equal((await activities.attemptDelivery(of('x', 'gone'), attempt)).kind, 'later');
    assert.deepEqual(await activities.closeDelivery(of('x', 'gone'), end), end);
    assert.deepEqual(asked, []);
  });

  it('leaves places for messages while every try of a plugin hangs', async () => {
    const held = Promise.withResolvers<Attempted>();
    const { activities } = house(() => held.promise);
    const hanging: Promise<Attempted>[] = [];
    for (let n = 0; n < 25; n += 1) hanging.push(activities.attemptDelivery(of(String(n), 'hooks'), attempt));
    assert.equal((await activities.attemptDelivery(of('one more', 'hooks'), attempt)).kind, 'later');
    assert.equal((await activities.attemptDelivery(of('mail'), attempt)).kind, 'delivered');
    held.resolve({ kind: 'delivered' });
    await Promise.all(hanging);
    assert.equal((await activities.attemptDelivery(of('again', 'hooks'), attempt)).kind, 'delivered');
  });

  it('tells history nothing of a database that fails, whose errors quote what was written', async () => {
    const quoting = () => Promise.reject(new Error("insert into `messages` values ('ada@example.com')"));
    const broken: DeliveryWork = { attempt: quoting, close: quoting };
    const { log, lines } = recordingLog();
    const activities = createDeliveryActivities({ messages: broken, plugins: new Map([['hooks', broken]]), log });
    const isSilent = (error: unknown) =>
      error instanceof Error && error.message === 'away' && error.cause === undefined;
    for (const delivery of [of('m'), of('w', 'hooks')]) {
      await assert.rejects(activities.attemptDelivery(delivery, attempt), isSilent);
      await assert.rejects(activities.closeDelivery(delivery, end), isSilent);
    }
    assert.equal(lines.length, 4);
  });
});
