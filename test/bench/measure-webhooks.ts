/** Webhooks: how many are delivered in a second, and how long after its commit an event arrives. */
import { setTimeout as delay } from 'node:timers/promises';
import { storesOf, workOf } from '../../plugins/webhooks/stores.ts';
import { createWebhookService } from '../../plugins/webhooks/webhook.service.ts';
import type { Platform } from '../../server/compose.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { createWorkspaceService } from '../../server/workspaces/workspace.service.ts';
import { openReceiver } from '../support/webhook-house.ts';
import { benchTenant, benchWorkspace, inPlace } from './place.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';
import { quantile } from './statistics.ts';

const place = { tenantId: benchTenant, workspaceId: benchWorkspace };

/** The receiver answers at once, in this process; what happens is written by this process, and told by the worker's. */
export async function measureWebhooks({ platform: { place: at }, size }: Setting): Promise<readonly Result[]> {
  return inPlace(at, async (platform) => {
    const receiver = await openReceiver();
    const arrived = new Map<string, number>();
    receiver.answer((response, { body }) => {
      const now = performance.now();
      for (const [, id = ''] of body.matchAll(/"event_id":"([^"]+)"/g)) arrived.set(id, now);
      response.writeHead(204).end();
    });
    const remove = await register(platform, `${receiver.origin}/hook`);
    const happen = async (): Promise<string> =>
      platform.unitOfWork.run(async ({ outbox }) => {
        const event = { ...place, subject: 'login', action: 'succeeded', metadata: {}, payload: {} };
        return (await outbox.append(event)).id;
      });
    const arrival = async (id: string): Promise<number> => {
      for (;;) {
        const when = arrived.get(id);
        if (when !== undefined) return when;
        await delay(1);
      }
    };
    try {
      await arrival(await happen());
      const took: number[] = [];
      for (let count = 0; count < Math.max(5, size.loginsInTurn); count += 1) {
        const id = await happen();
        const committed = performance.now();
        took.push((await arrival(id)) - committed);
      }
      const since = performance.now();
      const ids: string[] = [];
      for (let count = 0; count < size.webhooks; count += 1) ids.push(await happen());
      for (const id of ids) await arrival(id);
      const seconds = (performance.now() - since) / 1000;
      return [
        { name: 'webhooks.deliveries', value: size.webhooks / seconds, unit: '/s' },
        { name: 'webhooks.from-commit.p50', value: quantile(took, 0.5), unit: 'ms' },
        { name: 'webhooks.from-commit.p95', value: quantile(took, 0.95), unit: 'ms' },
      ];
    } finally {
      await remove();
      await receiver.close();
    }
  });
}

/** @returns what removes it again: no other measurement is to tell anybody anything */
async function register(platform: Platform, url: string): Promise<() => Promise<void>> {
  const { unitOfWork, extensions } = platform;
  const workspaces = createWorkspaceService({ unitOfWork, clock, extensions });
  const found = await platform.stores.workspaces.find(benchTenant, benchWorkspace);
  const before = found?.settings.plugins ?? {};
  await workspaces.updateSettings({
    tenantId: benchTenant,
    id: benchWorkspace,
    settings: { plugins: { ...before, webhooks: {} } },
  });
  const host = platform.hostOf('webhooks');
  const service = createWebhookService({
    work: workOf(host),
    clock,
    known: host.events.names,
    begin: () => undefined,
  });
  const words = {
    url,
    active: true,
    insecure: true,
    ordered: false,
    events: { login: ['succeeded'] },
    apiKey: undefined,
  };
  const { webhook } = await service.create({ ...place, id: '' }, words);
  return async () => {
    await storesOf(host).webhooks.remove(webhook);
    await workspaces.updateSettings({ tenantId: benchTenant, id: benchWorkspace, settings: { plugins: before } });
  };
}
