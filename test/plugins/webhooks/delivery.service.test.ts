/** What is done for a delivery: signed, bounded, never inside, recorded before it is sent; and what follows for its endpoint. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { DeliveryStart } from '../../../plugins/kit/index.ts';
import { lifetimeMs, runIdOf } from '../../../plugins/webhooks/delivery.ts';
import { disabledAfterMs } from '../../../plugins/webhooks/webhook.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import {
  openReceiver,
  openWebhookHouse,
  place,
  webhooksPath,
  type MadeWebhook,
  type Received,
  type WebhookHouse,
} from '../../support/webhook-house.ts';

const sent = z.object({ audit_events: z.array(z.looseObject({ event_id: z.string(), action: z.string() })) });
const hourMs = 3_600_000;

onEachEmptyDatabase('the deliveries of webhooks', function (url, kind) {
  let house: WebhookHouse;
  let webhook: MadeWebhook;

  before(async function () {
    this.timeout(60_000);
    house = await openWebhookHouse(kind === 'SQLite' ? undefined : url());
  });
  after(() => house.close());
  beforeEach(async () => {
    house.receiver.got.length = 0;
    house.receiver.answer((response) => response.writeHead(204).end());
    webhook = await house.make();
  });
  afterEach(async () => {
    await house.api.ask('DELETE', `${webhooksPath}/${webhook.webhook_id}`);
    await house.relay();
  });

  const of = () => ({ ...place, id: webhook.webhook_id });
  const all = () => house.stores.deliveries.list(of(), { limit: 100 });
  const only = async () => {
    const [one, other] = await all();
    assert.ok(one !== undefined && other === undefined);
    return one;
  };
  const state = async () =>
    (await house.stores.webhooks.find(place.tenantId, place.workspaceId, webhook.webhook_id))?.state;
  const eventsIn = ({ body }: Received) => sent.parse(JSON.parse(body)).audit_events;
  /** Something happens, is relayed, and is tried once. */
  const deliver = async () => {
    const event = await house.happen();
    await house.relay();
    return { event, answers: await house.run() };
  };

  it('are posted as published, with the key, and signed as Standard Webhooks has it', async () => {
    const { event, answers } = await deliver();
    assert.deepEqual(answers, [{ kind: 'delivered' }]);
    const [request] = house.receiver.got;
    assert.ok(request);
    const { headers, body } = request;
    assert.deepEqual([headers['x-api-key'], headers['content-type']], [webhook.api_key, 'application/json']);
    assert.deepEqual(JSON.parse(body), { audit_events: [house.platform.hostOf('webhooks').events.toBody(event)] });
    const [id, at] = [headers['webhook-id'], headers['webhook-timestamp']].map(String);
    const key = Buffer.from(webhook.signing_secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key)
      .update(`${id ?? ''}.${at ?? ''}.${body}`)
      .digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
    assert.equal((await only()).state, 'delivered');
  });

  it('carry the same id at each try, and end with the first that is taken', async () => {
    house.receiver.answer((response) => response.writeHead(500).end('out of order'));
    const { answers } = await deliver();
    assert.deepEqual(answers, [{ kind: 'failed', reason: 'status_500' }]);
    house.receiver.answer((response) => response.writeHead(200).end());
    house.pass(60_000);
    assert.deepEqual(await house.run(), [{ kind: 'delivered' }]);
    house.pass(60_000);
    assert.deepEqual(await house.run(), []);
    const ids = house.receiver.got.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
    const { id, attempts } = await only();
    assert.deepEqual([ids[0], attempts], [id, 2]);
  });

  it('are in the log with what was sent and answered, without the key and the signature, sealed at rest', async () => {
    house.receiver.answer((response) =>
      response.writeHead(503, { 'content-type': 'text/planted' }).end('planted-answer'),
    );
    await deliver();
    const { id } = await only();
    const [attempt] = await house.stores.deliveries.attempts(place.tenantId, id);
    assert.deepEqual(
      [attempt?.status, attempt?.reason, attempt?.exchange.answer?.body],
      [503, 'status_503', 'planted-answer'],
    );
    assert.equal(attempt?.exchange.headers['webhook-id'], id);
    assert.doesNotMatch(JSON.stringify(attempt), new RegExp(`${webhook.api_key}|whsec|webhook-signature`));
    const { database } = house.platform;
    const rows = JSON.stringify([await database('webhooks_attempts'), await database('webhooks_endpoints')]);
    for (const secret of ['planted-answer', webhook.api_key, webhook.signing_secret])
      assert.ok(!rows.includes(secret), secret);
  });

  it('are noted down before they are sent: a try that was cut off is in the log', async () => {
    let noted: readonly unknown[] = [];
    house.receiver.answer((response, { headers }) => {
      void house.stores.deliveries.attempts(place.tenantId, String(headers['webhook-id'])).then((attempts) => {
        noted = attempts.map(({ number, reason }) => [number, reason]);
        response.writeHead(204).end();
      });
    });
    await deliver();
    assert.deepEqual(noted, [[1, 'unanswered']]);
  });

  it('give up on an endpoint that hangs, drips, or closes the connection', async () => {
    await house.happen();
    await house.relay();
    for (const how of [
      () => undefined,
      (response: ServerResponse) => {
        response.writeHead(200);
        response.write('x');
      },
      (response: ServerResponse) => response.socket?.destroy(),
    ]) {
      house.receiver.answer(how);
      assert.deepEqual(await house.run(), [{ kind: 'failed', reason: 'unreachable' }]);
      house.pass(60_000);
    }
  });

  it('read the beginning of an answer of ten gigabytes, and take it for what its status says', async () => {
    house.receiver.answer((response) => {
      response.writeHead(200, { 'content-length': String(10 * 1024 ** 3) });
      response.write('x'.repeat(200_000));
    });
    const { answers } = await deliver();
    assert.deepEqual(answers, [{ kind: 'delivered' }]);
    const [attempt] = await house.stores.deliveries.attempts(place.tenantId, (await only()).id);
    assert.equal(attempt?.exchange.answer?.body.length, 2048);
  });

  it('follow no redirect, not even to where they might go, and never send the key there', async () => {
    const elsewhere = await openReceiver();
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        house.receiver.answer((response) =>
          response.writeHead(status, { location: `${elsewhere.origin}/inside` }).end(),
        );
        const { answers } = await deliver();
        assert.deepEqual(answers.at(-1), { kind: 'failed', reason: `status_${String(status)}` });
        house.pass(1);
      }
      assert.deepEqual(elsewhere.got, []);
    } finally {
      await elsewhere.close();
    }
  });

  it('never reach a private address, however it is written', async () => {
    const { port } = new URL(house.receiver.origin);
    // This machine may be reached as 127.0.0.1 in this test, and as nothing else.
    for (const host of ['[::1]', '127.0.0.2', '0x7f000002', '2130706434', '169.254.169.254', '10.0.0.1']) {
      const { webhook_id: id } = await house.make({ url: `http://${host}:${port}/hook` });
      await house.happen('login succeeded');
      await house.relay();
      const answers = await house.run();
      assert.ok(
        answers.some((answer) => answer.kind === 'failed' && answer.reason === 'unreachable'),
        host,
      );
      await house.api.ask('DELETE', `${webhooksPath}/${id}`);
    }
    assert.ok(house.receiver.got.every(({ headers }) => headers.host === `127.0.0.1:${port}`));
  });

  it('rest as long as the receiver asks for', async () => {
    house.receiver.answer((response) => response.writeHead(429, { 'retry-after': '120' }).end());
    const { answers } = await deliver();
    assert.deepEqual(answers, [{ kind: 'failed', reason: 'status_429', retryAfterMs: 120_000 }]);
  });

  it('disable an endpoint at which every try has failed for 72 hours, hold what waits, and tell of it', async () => {
    house.receiver.answer((response) => response.writeHead(500).end());
    await deliver();
    house.pass(disabledAfterMs - 1000);
    await deliver();
    assert.equal(await state(), 'running');
    house.pass(1000);
    const { answers } = await deliver();
    assert.ok(answers.some(({ kind: end }) => end === 'over'));
    assert.equal(await state(), 'disabled');
    assert.ok((await all()).every((one) => ['held', 'expired'].includes(one.state)));
    const told = await house.platform
      .database<{ action: string; subject: string }>('audit_events')
      .where({ subject: 'webhook' });
    assert.equal(told.filter(({ action }) => action === 'disabled').length, 1);
    assert.ok(house.lines.some(({ message }) => message === 'A webhook was disabled.'));
    // What happens meanwhile is kept, and sent once somebody resumes it.
    const before = house.receiver.got.length;
    await deliver();
    assert.equal(house.receiver.got.length, before);
    house.receiver.answer((response) => response.writeHead(204).end());
    await house.api.ask('POST', `${webhooksPath}/${webhook.webhook_id}/resume`);
    await house.run();
    assert.ok((await all()).every((one) => ['delivered', 'expired'].includes(one.state)));
    assert.ok(house.receiver.got.length > before);
  });

  it('do not disable one that takes something now and then', async () => {
    for (const status of [500, 204, 500]) {
      house.receiver.answer((response) => response.writeHead(status).end());
      await deliver();
      house.pass(disabledAfterMs - 1000);
    }
    await house.run();
    assert.equal(await state(), 'running');
  });

  it('disable at once an endpoint that says it is gone (410)', async () => {
    house.receiver.answer((response) => response.writeHead(410).end());
    await deliver();
    assert.equal(await state(), 'disabled');
    assert.equal((await only()).state, 'held');
  });

  it('send nothing of a run that is over, of another tenant, or under an id that is none', async () => {
    await deliver();
    const one = await only();
    const start: DeliveryStart = {
      tenantId: place.tenantId,
      deliveryId: runIdOf(one),
      kind: 'webhook',
      destinations: 1,
      lifetimeMs,
    };
    const before = house.receiver.got.length;
    const attempt = { number: 1, destination: 0 };
    for (const [change, reason] of [
      [{}, 'delivered'],
      [{ deliveryId: runIdOf({ ...one, run: 2 }) }, 'gone'],
      [{ tenantId: 'other' }, 'gone'],
      [{ deliveryId: `${one.id}' or '1'='1` }, 'gone'],
    ] as const) {
      const answer = await house.deliveries.attempt({ ...start, ...change }, attempt);
      assert.equal(answer.kind === 'over' ? answer.end.reason : answer.kind, reason);
      const end = await house.deliveries.close({ ...start, ...change }, { outcome: 'expired', reason: 'x' });
      assert.equal(end.reason, reason);
    }
    assert.equal(house.receiver.got.length, before);
    assert.equal((await only()).state, 'delivered');
  });

  it('end by a row that says so, once, when their workflow ends or was terminated', async () => {
    house.receiver.answer((response) => response.writeHead(500).end());
    await deliver();
    const one = await only();
    const start = { tenantId: place.tenantId, deliveryId: runIdOf(one), kind: 'webhook', destinations: 1, lifetimeMs };
    house.pass(hourMs);
    assert.deepEqual(await house.deliveries.close(start, { outcome: 'expired', reason: 'status_500' }), {
      outcome: 'expired',
      reason: 'status_500',
    });
    const [due] = await house.deliveries.listDue(house.now() + lifetimeMs, 10);
    assert.equal(due, undefined);
    assert.equal((await only()).state, 'expired');
  });

  it('are sent one at a time to an endpoint that fails, and eight at once to one that does not', async () => {
    for (let count = 0; count < 20; count += 1) await house.happen();
    await house.relay();
    const open: (() => void)[] = [];
    house.receiver.answer((response) => open.push(() => response.writeHead(500).end()));
    const attempt = async () => {
      const due = await house.deliveries.listDue(house.now(), 100);
      return due.map((one) =>
        house.deliveries.attempt({ ...one, lifetimeMs: 1000, owner: 'webhooks' }, { number: 1, destination: 0 }),
      );
    };
    const until = async (count: number) => {
      while (open.length < count) await new Promise((later) => setTimeout(later, 5));
    };
    const first = Promise.all(await attempt());
    await until(8);
    assert.equal(open.length, 8);
    for (const end of open.splice(0)) end();
    await until(8);
    for (const end of open.splice(0)) end();
    const kinds = (await first).map(({ kind: one }) => one);
    assert.equal(kinds.filter((one) => one === 'later').length, 4);
    const second = Promise.all(await attempt());
    await until(1);
    open[0]?.();
    assert.equal((await second).filter(({ kind: one }) => one === 'failed').length, 1);
  });

  describe('where order is asked for', () => {
    beforeEach(async () => {
      await house.api.ask('DELETE', `${webhooksPath}/${webhook.webhook_id}`);
      webhook = await house.make({ ordered: true });
      await house.relay();
    });
    const settle = () => {
      house.pass(2000);
    };
    const actions = () => house.receiver.got.flatMap((one) => eventsIn(one).map(({ event_id: id }) => id));

    it('arrive one after the other, also where the first one fails for a while', async () => {
      const told: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        told.push((await house.happen()).id);
        await new Promise((later) => setTimeout(later, 2));
      }
      await house.relay();
      settle();
      house.receiver.answer((response) => response.writeHead(500).end());
      await house.run();
      assert.deepEqual(actions(), told.slice(0, 1));
      house.receiver.answer((response) => response.writeHead(204).end());
      for (let count = 0; count < 6; count += 1) {
        settle();
        await house.run();
      }
      assert.deepEqual(actions(), [told[0], ...told]);
    });

    it('wait for what happened before and was not relayed yet', async () => {
      const early = await house.happen();
      await new Promise((later) => setTimeout(later, 2));
      const late = await house.happen();
      const outbox = house.platform.database('outbox');
      // The relay is told of the later one first.
      await outbox
        .clone()
        .where({ event_id: early.id })
        .update({ due_at: house.now() + hourMs });
      await house.relay();
      settle();
      assert.deepEqual(await house.run(), []);
      await outbox.clone().where({ event_id: early.id }).update({ due_at: 0 });
      await house.relay();
      for (let count = 0; count < 20; count += 1) {
        settle();
        await house.run();
      }
      assert.deepEqual(actions(), [early.id, late.id]);
    });

    it('do not wait for what is about somebody else', async () => {
      house.receiver.answer((response, request) =>
        response.writeHead(JSON.stringify(eventsIn(request)).includes('"ada"') ? 500 : 204).end(),
      );
      await house.happen('client created', { user_id: 'ada' });
      await new Promise((later) => setTimeout(later, 2));
      const other = await house.happen('client created', { user_id: 'bob' });
      await house.relay();
      settle();
      await house.run();
      const done = await house.stores.deliveries.list(of(), { limit: 10, states: ['delivered'] });
      assert.deepEqual(
        done.map(({ eventId }) => eventId),
        [other.id],
      );
    });
  });
});
