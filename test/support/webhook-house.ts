/** Webhooks on a whole platform's rows, without Temporal: what happens is relayed, and what is due is tried, when a test says so. */
import { lookup } from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Attempted, DeliveryStart, PluginDeliveries, PluginHost } from '../../plugins/kit/index.ts';
import { createWebhookDeliveries, observerId } from '../../plugins/webhooks/delivery.service.ts';
import { storesOf, type Stores } from '../../plugins/webhooks/stores.ts';
import { permissionsFrom } from '../../server/access/role.ts';
import { createExtensionObservers, observerName } from '../../server/audit/extension-observers.ts';
import { openPlatform, seed, type Platform } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { createPluginEndpoints } from '../../server/extension-points/plugin-endpoints.ts';
import type { DomainEvent, EventMetadata, NewEvent } from '../../server/kernel/events.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { Lookup } from '../../server/net/guarded-connector.ts';
import { createGuardedFetch } from '../../server/net/guarded-fetch.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import type { WorkspaceSettings } from '../../server/workspaces/workspace.ts';
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
  /** What names resolve to, one answer after the other, the last one for good; others are asked of the system. */
  readonly names: Map<string, string[]>;
  /** Lets so much time pass. Milliseconds. */
  pass(ms: number): void;
  now(): number;
  /** Roles of whoever calls from here on. */
  as(...roles: Parameters<typeof permissionsFrom>[0]): void;
  /** Registers an endpoint that is told of all that clients and logins do. */
  make(changes?: Readonly<Record<string, unknown>>): Promise<MadeWebhook>;
  /** Says in a workspace's settings which plugins it has. */
  configure(workspace: string, plugins: WorkspaceSettings['plugins']): Promise<void>;
  /** Something happens, in a transaction of its own. @param at the demonstration's workspace unless said */
  happen(
    name?: string,
    metadata?: EventMetadata,
    at?: Pick<NewEvent, 'tenantId' | 'workspaceId'>,
  ): Promise<DomainEvent>;
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

  let offset = 0;
  const clock = { now: () => Date.now() + offset };
  const workspaces = createWorkspaceService({ unitOfWork, clock, extensions });
  const names = new Map<string, string[]>();
  const look: Lookup = (hostname, options, callback) => {
    const known = names.get(hostname);
    if (known === undefined) {
      lookup(hostname, options, callback);
      return;
    }
    const [address = ''] = known.length > 1 ? known.splice(0, 1) : known;
    callback(null, [{ address, family: 4 }]);
  };
  const limits = { allow: ['127.0.0.1'], timeoutMs: 3000, maxBytes: 16_384, lookup: look };
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
  const name = observerName('webhooks', observerId);
  const observers = createExtensionObservers({
    extensions,
    workspaces: platform.stores.workspaces,
    hostOf: () => host,
  });
  const observer = observers.find((one) => one.name === name);
  const outbox = platform.stores.deliveries;

  return {
    platform,
    api,
    receiver,
    stores: storesOf(host),
    deliveries,
    lines,
    names,
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
    async configure(workspace, plugins) {
      const id = workspaceId(workspace);
      await workspaces.updateSettings({ tenantId: place.tenantId, id, settings: { plugins } });
    },
    happen(name = 'client created', metadata = { client_id: 'shop' }, at = place) {
      const [subject = '', action = ''] = name.split(' ');
      const payload = { [`${subject}_${action}`]: { id: 'shop' } };
      return unitOfWork.run((stores) => stores.outbox.append({ ...at, subject, action, metadata, payload }));
    },
    async relay() {
      const claimed = await outbox.claimDue({ names: [name], now: clock.now(), limit: 1000, leaseMs: 1000 });
      for (const one of claimed) {
        await observer?.handle(one.event, new AbortController().signal);
        await outbox.remove(one);
      }
      return claimed.length;
    },
    async run() {
      const answers: Attempted[] = [];
      for (const due of await deliveries.listDue(clock.now(), 100)) {
        const lifetimeMs = due.expiresAt - clock.now();
        const start: DeliveryStart = { ...due, lifetimeMs, owner: 'webhooks' };
        await deliveries.postpone(due, clock.now() + 1000, true);
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
