/** The log of what is sent to an endpoint, and sending it again, in the Admin API. */
import { endpoint, PlatformError, type Call, type Endpoint, type EndpointsHost } from '../kit/index.ts';
import {
  deliveriesAnswer,
  deliveriesQuery,
  deliveryLogAnswer,
  filterIn,
  rangeAnswer,
  rangeBody,
  rangeIn,
  redeliveryAnswer,
  toDeliveryBody,
  toDeliveryLog,
  toRedeliveryBody,
} from './delivery.body.ts';
import { ownDelivery, type RedeliveryService } from './redelivery.service.ts';
import type { Stores } from './stores.ts';
import { placeOf, webhookPath } from './webhook.routes.ts';
import type { Webhook } from './webhook.ts';

export interface DeliveryRoutesDeps {
  readonly stores: Stores;
  readonly service: RedeliveryService;
  readonly host: Pick<EndpointsHost['host'], 'events'>;
  readonly workspaceOf: EndpointsHost['workspaceOf'];
}

const tag = 'webhooks';
const path = `${webhookPath}/deliveries`;
const onePath = `${path}/:deliveryID`;
const idOf = ({ params }: Call): string => params['deliveryID'] ?? '';

export function deliveryEndpoints({ stores, service, host, workspaceOf: of }: DeliveryRoutesDeps): readonly Endpoint[] {
  const mayRead = { kind: 'role', in: 'workspace', permission: 'read_webhooks', of } as const;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_webhooks', of } as const;
  /** What was sent is audit events in another place: whoever reads it may read those. */
  const maySee = { kind: 'role', in: 'workspace', permission: 'read_audit_events', of } as const;

  const webhookOf = async (call: Call): Promise<Webhook> => {
    const { tenantId, workspaceId, id } = placeOf(call);
    const found = await stores.webhooks.find(tenantId, workspaceId, id);
    if (found === undefined) throw new PlatformError('not_found', 'There is no such webhook.');
    return found;
  };

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'listWebhookDeliveries',
      tag,
      summary: 'List what was sent to a webhook and what is to be sent, the latest first',
      access: mayRead,
      query: deliveriesQuery,
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'a page of deliveries', body: deliveriesAnswer },
      async handle(call) {
        const { after_delivery_id: after, limit = 20 } = call.query;
        const found = await stores.deliveries.list(await webhookOf(call), {
          ...filterIn(call.query),
          limit,
          ...(after === undefined ? {} : { after }),
        });
        return { deliveries: found.map(toDeliveryBody) };
      },
    }),
    endpoint({
      method: 'get',
      path: onePath,
      operationId: 'getWebhookDelivery',
      tag,
      summary: 'Get a delivery with its latest attempts: what was sent, and what was answered',
      access: maySee,
      success: { status: 200, description: 'the delivery, with its log', body: deliveryLogAnswer },
      async handle(call) {
        const delivery = await ownDelivery(stores, await webhookOf(call), idOf(call));
        const event = await host.events.find(delivery.tenantId, delivery.eventId);
        const sent = event === undefined ? '' : JSON.stringify({ audit_events: [host.events.toBody(event)] });
        return toDeliveryLog(delivery, await stores.deliveries.attempts(delivery.tenantId, delivery.id), sent);
      },
    }),
    endpoint({
      method: 'post',
      path: `${onePath}/redeliver`,
      operationId: 'redeliverWebhookDelivery',
      tag,
      summary:
        'Send a delivery again that has ended, or now where it waits; once its webhook is resumed where it is held',
      access: mayManage,
      isAction: true,
      refuses: ['conflict'],
      success: { status: 200, description: 'the delivery, on its way or held', body: redeliveryAnswer },
      handle: async (call) => toRedeliveryBody(await service.one(placeOf(call), idOf(call))),
    }),
    endpoint({
      method: 'post',
      path: `${webhookPath}/redeliver`,
      operationId: 'redeliverWebhookDeliveries',
      tag,
      summary: 'Send again what happened in a time',
      access: mayManage,
      body: rangeBody,
      isAction: true,
      success: { status: 200, description: 'how many are sent again', body: rangeAnswer },
      async handle(call) {
        const { count, isCut } = await service.range(placeOf(call), rangeIn(call.body));
        return { deliveries: count, is_cut: isCut };
      },
    }),
  ];
}
