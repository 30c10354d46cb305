/** What the workflow of a message's delivery may ask: one try, and the end. Ids and codes, never an address or a text. */
import type { Attempt, Attempted, DeliveryOutcome, DeliveryStart } from '../../workflows/contract/delivery.ts';
import type { DeliveryWork } from '../extension-points/deliveries.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageId, tenantId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { Courier } from './courier.ts';
import type { MessageStore, OutgoingMessage } from './outgoing-message.ts';

export interface MessageActivitiesDeps {
  readonly messages: Pick<MessageStore, 'find' | 'countAttempt' | 'end'>;
  readonly courier: Courier;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

const gone: DeliveryOutcome = { outcome: 'failed', reason: 'gone' };

export function createMessageActivities(deps: MessageActivitiesDeps): DeliveryWork {
  const { messages, courier, clock, log } = deps;
  const idsOf = ({ tenantId: tenant, deliveryId }: DeliveryStart) => [tenantId(tenant), messageId(deliveryId)] as const;

  const attempt = async (delivery: DeliveryStart, { destination }: Attempt): Promise<Attempted> => {
    const [tenant, id] = idsOf(delivery);
    const message = await messages.find(tenant, id);
    if (message?.state !== 'waiting') return { kind: 'over', end: endOf(message) };
    if (message.expiresAt <= clock.now()) {
      const ended = await messages.end(tenant, id, { state: 'expired', reason: message.reason ?? 'deadline' });
      return { kind: 'over', end: endOf(ended) };
    }
    const letter = message.letters[destination];
    if (letter === undefined) return { kind: 'refused', reason: 'no_destination' };
    const sending = await courier.send({ ...letter, id: message.id });
    if (sending.kind === 'sent') {
      await messages.end(tenant, id, { state: 'delivered', reason: 'delivered' });
      return { kind: 'delivered' };
    }
    log.warn(
      { message: id, kind: message.kind, channel: letter.channel, code: sending.reason },
      'A message was not taken.',
    );
    await messages.countAttempt(tenant, id, sending.reason);
    return sending;
  };

  return {
    attempt,

    async close(delivery, { outcome, reason }) {
      const [tenant, id] = idsOf(delivery);
      return endOf(await messages.end(tenant, id, { state: outcome, reason }));
    },
  };
}

/** How a row ended; one that is not there any more went with its owner. */
function endOf(message: OutgoingMessage | undefined): DeliveryOutcome {
  if (message === undefined || message.state === 'waiting' || message.state === 'withheld') return gone;
  return { outcome: message.state, reason: message.reason ?? message.state };
}
