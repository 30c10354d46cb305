/** The endpoints of a workspace that are told of its events, in the Admin API. */
import {
  endpoint,
  parseDuration,
  PlatformError,
  unprocessable,
  workspaceId,
  type Call,
  type Endpoint,
  type EndpointsHost,
} from '../kit/index.ts';
import { catalogueOf } from './catalogue.ts';
import {
  catalogueAnswer,
  newWebhookAnswer,
  newWebhookBody,
  rotationAnswer,
  rotationBody,
  toNewWebhookBody,
  toWebhookBody,
  webhookAnswer,
  webhookBody,
  webhooksAnswer,
  wordsIn,
} from './webhook.body.ts';
import type { WebhookPlace, WebhookService } from './webhook.service.ts';
import type { WebhookStore } from './webhook.ts';

export interface WebhookRoutesDeps {
  readonly webhooks: Pick<WebhookStore, 'find' | 'list'>;
  readonly service: WebhookService;
  readonly host: Pick<EndpointsHost['host'], 'events'>;
  readonly workspaceOf: EndpointsHost['workspaceOf'];
}

const tag = 'webhooks';
export const webhooksPath = '/api/admin/:tid/servers/:wid/webhooks';
export const webhookPath = `${webhooksPath}/:webhookID`;
const one = { status: 200, description: 'the webhook, without its secrets', body: webhookAnswer } as const;

export const placeOf = (call: Call): WebhookPlace => ({
  tenantId: call.tenantId,
  workspaceId: workspaceId(call.params['wid'] ?? ''),
  id: call.params['webhookID'] ?? '',
  check: (stored) => {
    call.ifMatch(toWebhookBody(stored));
  },
});

const dayMs = 86_400_000;
const longestOverlapMs = 7 * dayMs;

function overlapIn(text: string | undefined): number {
  const overlap = text === undefined || text === '' ? dayMs : parseDuration(text);
  if (overlap === undefined || overlap > longestOverlapMs)
    throw unprocessable('/overlap', 'The overlap must be a duration of at most 168h, such as 24h.');
  return overlap;
}

export function webhookEndpoints({ webhooks, service, host, workspaceOf: of }: WebhookRoutesDeps): readonly Endpoint[] {
  const mayRead = { kind: 'role', in: 'workspace', permission: 'read_webhooks', of } as const;
  const mayManage = { kind: 'role', in: 'workspace', permission: 'manage_webhooks', of } as const;

  return [
    endpoint({
      method: 'get',
      path: webhooksPath,
      operationId: 'listServerWebhooks',
      tag,
      summary: 'List the webhooks of a workspace',
      access: mayRead,
      success: { status: 200, description: 'its webhooks', body: webhooksAnswer },
      async handle(call) {
        const found = await webhooks.list(call.tenantId, placeOf(call).workspaceId);
        return { webhooks: found.map(toWebhookBody) };
      },
    }),
    endpoint({
      method: 'post',
      path: webhooksPath,
      operationId: 'createWebhook',
      tag,
      summary: 'Create a webhook; its secrets are answered this once',
      access: mayManage,
      body: newWebhookBody,
      success: { status: 201, description: 'the webhook, with its secrets', body: newWebhookAnswer },
      async handle(call) {
        const { tenantId, workspaceId: workspace } = placeOf(call);
        const place = { tenantId, workspaceId: workspace, id: call.body.webhook_id ?? '' };
        const { webhook, secrets } = await service.create(place, wordsIn(call.body));
        return toNewWebhookBody(webhook, secrets);
      },
    }),
    endpoint({
      method: 'delete',
      path: webhookPath,
      operationId: 'deleteWebhook',
      tag,
      summary: 'Delete a webhook, with what is on its way to it',
      access: mayManage,
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(placeOf(call)),
    }),
    endpoint({
      method: 'get',
      path: webhookPath,
      operationId: 'getWebhook',
      tag,
      summary: 'Get a webhook',
      access: mayRead,
      success: one,
      async handle(call) {
        const { tenantId, workspaceId: workspace, id } = placeOf(call);
        const found = await webhooks.find(tenantId, workspace, id);
        if (found === undefined) throw new PlatformError('not_found', 'There is no such webhook.');
        return toWebhookBody(found);
      },
    }),
    endpoint({
      method: 'put',
      path: webhookPath,
      operationId: 'updateWebhook',
      tag,
      summary: 'Replace what is said of a webhook; an API key that is not given stays',
      access: mayManage,
      body: webhookBody,
      success: one,
      handle: async (call) => toWebhookBody(await service.update(placeOf(call), wordsIn(call.body))),
    }),
    endpoint({
      method: 'post',
      path: `${webhookPath}/pause`,
      operationId: 'pauseWebhook',
      tag,
      summary: 'Stop sending to a webhook; what happens is kept for it',
      access: mayManage,
      success: one,
      handle: async (call) => toWebhookBody(await service.pause(placeOf(call))),
    }),
    endpoint({
      method: 'post',
      path: `${webhookPath}/resume`,
      operationId: 'resumeWebhook',
      tag,
      summary: 'Send to a webhook again, beginning with what was kept for it',
      access: mayManage,
      success: one,
      handle: async (call) => toWebhookBody(await service.resume(placeOf(call))),
    }),
    endpoint({
      method: 'post',
      path: `${webhookPath}/rotate-secret`,
      operationId: 'rotateWebhookSecret',
      tag,
      summary: 'Make a new signing secret; the one before signs beside it for a while',
      access: mayManage,
      body: rotationBody,
      isBodyOptional: true,
      success: { status: 200, description: 'the new secret', body: rotationAnswer },
      async handle(call) {
        // Absent where nothing was sent.
        const sent: unknown = call.body;
        const { overlap } = sent === undefined ? {} : rotationBody.parse(sent);
        return { signing_secret: await service.rotateSecret(placeOf(call), overlapIn(overlap)) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/admin/:tid/webhooks/events/:wid',
      operationId: 'listWebhookEvents',
      tag,
      summary: 'List the events that webhooks can be told of',
      access: mayRead,
      success: { status: 200, description: 'subjects, and what happens to them', body: catalogueAnswer },
      handle: () => Promise.resolve({ subjects: catalogueOf(host.events.names) }),
    }),
  ];
}
