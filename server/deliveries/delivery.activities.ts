/** What the workflow of a delivery may ask: handed to whose delivery it is. Ids and codes go in and out, and nothing else. */
import type { DeliveryActivities, DeliveryStart } from '../../workflows/contract/delivery.ts';
import type { DeliveryWork } from '../extension-points/deliveries.ts';
import type { Log } from '../kernel/log.ts';

export interface DeliveryActivitiesDeps {
  readonly messages: DeliveryWork;
  /** By the id of the plugin. */
  readonly plugins: ReadonlyMap<string, DeliveryWork>;
  readonly log: Pick<Log, 'warn'>;
}

/** All that history learns of a failure of ours. */
class DeliveryStepFailed extends Error {
  override readonly name = 'DeliveryStepFailed';

  constructor() {
    super('away');
  }
}

/** Tries of one plugin under way at once in a worker, which has places for 40: what hangs there holds up no message. */
const mostOfPlugin = 25;
/** Before it is asked again whether there is a place. Milliseconds. */
const placeAfterMs = 1_000;

export function createDeliveryActivities({ messages, plugins, log }: DeliveryActivitiesDeps): DeliveryActivities {
  const underWay = new Map<string, number>();
  const workOf = ({ owner }: DeliveryStart): DeliveryWork | undefined =>
    owner === undefined ? messages : plugins.get(owner);

  /** Errors of a database quote what was written. */
  const withoutDetails = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log.warn({ err: error }, 'A step of a delivery could not be done just now.');
      throw new DeliveryStepFailed();
    }
  };

  return {
    attemptDelivery: (delivery, attempt) =>
      withoutDetails(async () => {
        const { owner } = delivery;
        // Its plugin is not installed in this process, and may be in another one.
        const work = workOf(delivery);
        if (work === undefined) return { kind: 'later', afterMs: placeAfterMs };
        if (owner === undefined) return work.attempt(delivery, attempt);
        const count = underWay.get(owner) ?? 0;
        if (count >= mostOfPlugin) return { kind: 'later', afterMs: placeAfterMs };
        underWay.set(owner, count + 1);
        try {
          return await work.attempt(delivery, attempt);
        } finally {
          underWay.set(owner, (underWay.get(owner) ?? 1) - 1);
        }
      }),

    closeDelivery: (delivery, end) => withoutDetails(async () => (await workOf(delivery)?.close(delivery, end)) ?? end),
  };
}
