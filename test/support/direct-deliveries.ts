/** Deliveries without Temporal: each is tried once, at its first destination, in this process. */
import type { DeliveryClient } from '../../workflows/client.ts';
import type { DeliveryActivities } from '../../workflows/contract/delivery.ts';

export function createDirectDeliveries(activities: () => DeliveryActivities): Pick<DeliveryClient, 'start'> {
  return {
    async start(delivery) {
      await activities().attemptDelivery(delivery, { number: 1, destination: 0 });
      return 'running';
    },
  };
}
