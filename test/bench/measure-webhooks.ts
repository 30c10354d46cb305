/** Webhooks: how many are delivered in a second, and how long after its commit an event arrives. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { storesOf, workOf } from '../../plugins/webhooks/stores.ts';
import { createWebhookService } from '../../plugins/webhooks/webhook.service.ts';
import type { Platform } from '../../server/compose.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { openReceiver } from '../support/webhook-house.ts';
import { administratorsOf } from './administrators.ts';
import { benchTenant, benchWorkspace, inPlace } from './place.ts';
import type { Result } from './result.ts';
import type { Setting } from './setting.ts';
import { quantile } from './statistics.ts';

const place = { tenantId: benchTenant, workspaceId: benchWorkspace };

/** When an event is written, just before its commit, until it arrives: by the machine's one clock. Milliseconds. */
const event = z.object({ event_id: z.string(), action: z.string(), timestamp: z.iso.datetime() });
const told = z.object({ audit_events: z.array(event) });

/**
 * The receiver answers at once, in this process. Logins are committed by the worker, which also tells of them; a call of the
 * Admin API by the server, and what is counted in a second by this process: others look for both.
 */
export async function measureWebhooks({ platform, load, size }: Setting): Promise<readonly Result[]> {
  const { place: at, target } = platform;
  return inPlace(at, async (platform) => {
    const bearers = await administratorsOf(at);
    const receiver = await openReceiver();
    const arrived = new Map<string, { readonly action: string; readonly tookMs: number }>();
    receiver.answer((response, { body }) => {
      const now = Date.now();
      for (const one of told.parse(JSON.parse(body)).audit_events)
        arrived.set(one.event_id, { action: one.action, tookMs: now - Date.parse(one.timestamp) });
      response.writeHead(204).end();
    });
    const timesOf = (action: string): readonly number[] =>
      [...arrived.values()].filter((one) => one.action === action).map(({ tookMs }) => tookMs);
    const { id, remove } = await register(platform, `${receiver.origin}/hook`);
    const rotation = `${at.origin}/api/admin/${benchTenant}/servers/${benchWorkspace}/webhooks/${id}/rotate-secret`;
    const happen = async (): Promise<string> =>
      platform.unitOfWork.run(async ({ outbox }) => {
        const event = { ...place, subject: 'login', action: 'succeeded', metadata: {}, payload: {} };
        return (await outbox.append(event)).id;
      });
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await delay(1);
    };
    try {
      await happen();
      await until(() => arrived.size > 0);
      arrived.clear();
      const rounds = Math.max(5, size.loginsInTurn);
      for (let count = 1; count <= rounds; count += 1) {
        await load.run({ kind: 'logins', target, count: 1, concurrency: 1 });
        await until(() => timesOf('succeeded').length >= count);
        const authorization = bearers[count % bearers.length] ?? '';
        const answer = await fetch(rotation, { method: 'POST', headers: { authorization } });
        if (!answer.ok) throw new Error(`nothing happened: ${await answer.text()}`);
        await until(() => timesOf('secret_rotated').length >= count);
      }
      const [ofLogins, ofCalls] = [timesOf('succeeded'), timesOf('secret_rotated')];
      const since = performance.now();
      const ids: string[] = [];
      for (let count = 0; count < size.webhooks; count += 1) ids.push(await happen());
      for (const id of ids) await until(() => arrived.has(id));
      const seconds = (performance.now() - since) / 1000;
      return [
        { name: 'webhooks.deliveries', value: size.webhooks / seconds, unit: '/s' },
        { name: 'webhooks.from-login.p50', value: quantile(ofLogins, 0.5), unit: 'ms' },
        { name: 'webhooks.from-login.p95', value: quantile(ofLogins, 0.95), unit: 'ms' },
        { name: 'webhooks.from-call.p50', value: quantile(ofCalls, 0.5), unit: 'ms' },
        { name: 'webhooks.from-call.p95', value: quantile(ofCalls, 0.95), unit: 'ms' },
      ];
    } finally {
      await remove();
      await receiver.close();
    }
  });
}

/** @returns what removes it again: no other measurement is to tell anybody anything */
async function register(
  platform: Platform,
  url: string,
): Promise<{ readonly id: string; readonly remove: () => Promise<void> }> {
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
    events: { login: ['succeeded'], webhook: ['secret_rotated'] },
    apiKey: undefined,
  };
  const { webhook } = await service.create({ ...place, id: '' }, words);
  return { id: webhook.id, remove: () => storesOf(host).webhooks.remove(webhook) };
}
