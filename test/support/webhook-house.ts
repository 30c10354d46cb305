/** Webhooks on a whole platform's rows, without Temporal: what happens is relayed, and what is due is tried, when a test says so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Attempted, DeliveryStart, PluginDeliveries, PluginHost } from '../../plugins/kit/index.ts';
import { createWebhookDeliveries } from '../../plugins/webhooks/delivery.service.ts';
import { storesOf, type Stores } from '../../plugins/webhooks/stores.ts';
import { permissionsFrom } from '../../server/access/role.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { createPluginEndpoints } from '../../server/extension-points/plugin-endpoints.ts';
import type { DomainEvent, EventMetadata } from '../../server/kernel/events.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createGuardedFetch } from '../../server/net/guarded-fetch.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import { serveEndpoints, type EndpointServer } from './endpoint-server.ts';
import { recordingLog, type LogLine } from './recording-log.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly origin: string;
  readonly got: Received[];
  /** What it answers from here on; 204 at first. */
  answer(how: (response: ServerResponse, request: Received) => void): void;
  close(): Promise<void>;
}

export interface WebhookHouse {
  readonly platform: Platform;
  /** As an administrator of the tenant. */
  readonly api: EndpointServer;
  readonly receiver: Receiver;
  readonly stores: Stores;
  readonly deliveries: PluginDeliveries;
  readonly lines: readonly LogLine[];
  /** Lets so much time pass. Milliseconds. */
  pass(ms: number): void;
  now(): number;
  /** Roles of whoever calls from here on. */
  as(...roles: Parameters<typeof permissionsFrom>[0]): void;
  /** Registers an endpoint that is told of all that clients and logins do. */
  make(changes?: Readonly<Record<string, unknown>>): Promise<MadeWebhook>;
  /** Something happens, in a transaction of its own. */
  happen(name?: string, metadata?: EventMetadata): Promise<DomainEvent>;
  /** Tells the plugin of what happened. @returns how much it was */
  relay(): Promise<number>;
  /** Tries everything that is due, once, as its workflow would. */
  run(): Promise<readonly Attempted[]>;
  close(): Promise<void>;
}

export const place = { tenantId: tenantId('default'), workspaceId: workspaceId('demo') };
export const webhooksPath = '/api/admin/default/servers/demo/webhooks';

const made = z.object({ webhook_id: z.string(), api_key: z.string(), signing_secret: z.string() });
export type MadeWebhook = z.infer<typeof made>;

/** @param databaseUrl of an empty schema; a SQLite file of its own by default */
export async function openWebhookHouse(databaseUrl?: string): Promise<WebhookHouse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-webhooks-'));
  const { log, lines } = recordingLog();
  const config = loadConfig({ DATA_DIR: dataDir, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) });
  const platform = await openPlatform(config, log);
  await seed(platform);
  const { unitOfWork, extensions } = platform;
  await createWorkspaceService({ unitOfWork, clock: { now: () => Date.now() }, extensions }).updateSettings({
    tenantId: place.tenantId,
    id: place.workspaceId,
    settings: { plugins: { webhooks: {} } },
  });

  let offset = 0;
  const clock = { now: () => Date.now() + offset };
  const limits = { allow: ['127.0.0.1'], timeoutMs: 3000, maxBytes: 16_384 };
  const host: PluginHost = {
    ...platform.hostOf('webhooks'),
    clock,
    fetch: createGuardedFetch(limits),
    fetchUnverified: createGuardedFetch({ ...limits, takesAnyCertificate: true }),
  };
  const deliveries = createWebhookDeliveries(host);
  let permissions = permissionsFrom([{ workspaceId: undefined, role: 'admin' }]);
  const endpoints = createPluginEndpoints({
    registry: extensions,
    hostOf: () => host,
    workspaces: platform.stores.workspaces,
  });
  const api = await serveEndpoints(endpoints, [], () => permissions);
  const receiver = await openReceiver();
  const observer = extensions.observers.find(({ owner }) => owner === 'webhooks');
  const outbox = platform.stores.deliveries;

  return {
    platform,
    api,
    receiver,
    stores: storesOf(host),
    deliveries,
    lines,
    pass(ms) {
      offset += ms;
    },
    now: () => clock.now(),
    as(...roles) {
      permissions = permissionsFrom(roles);
    },
    async make(changes = {}) {
      const answer = await api.ask('POST', webhooksPath, {
        body: {
          url: `${receiver.origin}/hook`,
          active: true,
          insecure: true,
          events: { client: ['created', 'updated'], login: ['succeeded'] },
          ...changes,
        },
      });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return made.parse(answer.body);
    },
    happen(name = 'client created', metadata = { client_id: 'shop' }) {
      const [subject = '', action = ''] = name.split(' ');
      const payload = { [`${subject}_${action}`]: { id: 'shop' } };
      return unitOfWork.run((stores) => stores.outbox.append({ ...place, subject, action, metadata, payload }));
    },
    async relay() {
      const names = ['webhooks/deliver'];
      const claimed = await outbox.claimDue({ names, now: clock.now(), limit: 1000, leaseMs: 1000 });
      for (const one of claimed) {
        await observer?.value.handle(one.event, host);
        await outbox.remove(one);
      }
      return claimed.length;
    },
    async run() {
      const answers: Attempted[] = [];
      for (const due of await deliveries.listDue(clock.now(), 100)) {
        const lifetimeMs = due.expiresAt - clock.now();
        const start: DeliveryStart = { ...due, lifetimeMs, owner: 'webhooks' };
        await deliveries.postpone(due, clock.now() + 1000);
        answers.push(await deliveries.attempt(start, { number: 1, destination: 0 }));
      }
      return answers;
    },
    async close() {
      await api.close();
      await receiver.close();
      await platform.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function openReceiver(): Promise<Receiver> {
  const got: Received[] = [];
  let how: Parameters<Receiver['answer']>[0] = (response) => response.writeHead(204).end();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body };
      got.push(received);
      how(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    got,
    answer(next) {
      how = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
