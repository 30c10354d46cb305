/** The log of deliveries over HTTP: what was sent, what was answered, and sending it again. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import {
  openWebhookHouse,
  place,
  webhooksPath,
  type MadeWebhook,
  type WebhookHouse,
} from '../../support/webhook-house.ts';
import { eventsOf } from '../../support/stores.ts';

const page = z.object({
  deliveries: z.array(
    z.object({ delivery_id: z.string(), event_id: z.string(), state: z.string(), attempts: z.int() }),
  ),
});
const log = z.object({
  delivery_id: z.string(),
  request: z.object({ body: z.string() }),
  log: z.array(
    z.object({
      number: z.int(),
      reason: z.string(),
      request: z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }),
      response: z.object({ status: z.int(), body: z.string() }).optional(),
    }),
  ),
});

describe('the endpoints of deliveries', () => {
  let house: WebhookHouse;
  let webhook: MadeWebhook;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    house.as({ workspaceId: undefined, role: 'admin' });
    house.receiver.answer((response) => response.writeHead(200).end('thanks'));
    await house.platform.database('webhooks_endpoints').delete();
    webhook = await house.make();
    house.receiver.got.length = 0;
  });

  const path = (rest: string) => `${webhooksPath}/${webhook.webhook_id}${rest}`;
  const list = async (query = '') =>
    page.parse((await house.api.ask('GET', path(`/deliveries${query}`))).body).deliveries;
  const happen = async (count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      ids.push((await house.happen()).id);
      await new Promise((later) => setTimeout(later, 2));
    }
    await house.relay();
    await house.run();
    return ids;
  };

  it('list what was sent, the latest first, page by page and by state', async () => {
    const ids = await happen(5);
    const found = await list();
    assert.deepEqual(
      found.map(({ event_id: id }) => id),
      ids.toReversed(),
    );
    const first = await list('?limit=2');
    const second = await list(`?limit=2&after_delivery_id=${first.at(-1)?.delivery_id ?? ''}`);
    assert.deepEqual(
      [...first, ...second].map(({ event_id: id }) => id),
      ids.toReversed().slice(0, 4),
    );
    assert.deepEqual(await list('?state=failed'), []);
    assert.equal((await list('?state=delivered')).length, 5);
    assert.equal((await house.api.ask('GET', path('/deliveries?after_delivery_id=other'))).status, 422);
    assert.equal((await house.api.ask('GET', path('/deliveries?limit=101'))).status, 400);
  });

  it('show what was sent and answered, and no secret', async () => {
    await happen(1);
    const [one] = await list();
    const answer = await house.api.ask('GET', path(`/deliveries/${one?.delivery_id ?? ''}`));
    const read = log.parse(answer.body);
    assert.equal(read.request.body, house.receiver.got[0]?.body);
    const [attempt] = read.log;
    assert.deepEqual([attempt?.reason, attempt?.response], ['delivered', { status: 200, body: 'thanks' }]);
    assert.equal(attempt?.request.headers['webhook-id'], one?.delivery_id);
    assert.doesNotMatch(JSON.stringify(answer.body), new RegExp(`${webhook.api_key}|whsec_|webhook-signature`));
  });

  it('show what was sent to who may read audit events alone', async () => {
    await happen(1);
    const [one] = await list();
    house.as({ workspaceId: place.workspaceId, role: 'user_manager' });
    for (const rest of ['/deliveries', `/deliveries/${one?.delivery_id ?? ''}`])
      assert.equal((await house.api.ask('GET', path(rest))).status, 403, rest);
    house.as({ workspaceId: place.workspaceId, role: 'auditor' });
    assert.equal((await house.api.ask('GET', path(`/deliveries/${one?.delivery_id ?? ''}`))).status, 200);
  });

  it('send one again, which the receiver knows by the id it had', async () => {
    await happen(1);
    const [one] = await list();
    const again = path(`/deliveries/${one?.delivery_id ?? ''}/redeliver`);
    assert.equal((await house.api.ask('POST', again)).status, 200);
    await house.run();
    const ids = house.receiver.got.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual(ids, [one?.delivery_id, one?.delivery_id]);
    assert.deepEqual(
      (await list()).map(({ state, attempts }) => [state, attempts]),
      [['delivered', 2]],
    );
  });

  it('try one now that waits for its next try: the same delivery, told of once, and in no order but its own', async () => {
    house.receiver.answer((response) => response.writeHead(500).end());
    await happen(1);
    const [one] = await list();
    assert.deepEqual([one?.state, one?.attempts], ['waiting', 1]);
    const now = path(`/deliveries/${one?.delivery_id ?? ''}/redeliver`);
    const told = async () =>
      (await eventsOf(house.platform.database, place.tenantId)).filter((event) => event === 'webhook redelivered')
        .length;
    const before = await told();
    // Its workflow looks at it in an hour; until then nothing is due.
    const [due] = await house.deliveries.listDue(house.now() + 60_000, 10);
    assert.ok(due);
    await house.deliveries.postpone(due, house.now() + 3_600_000, true);
    assert.deepEqual(await house.run(), []);
    house.receiver.answer((response) => response.writeHead(200).end());
    for (const _twice of [1, 2]) {
      const { status, body } = await house.api.ask('POST', now);
      const { delivery_id: id, state } = z.object({ delivery_id: z.string(), state: z.string() }).parse(body);
      assert.deepEqual([status, id, state], [200, one?.delivery_id, 'waiting']);
    }
    assert.equal(await told(), before + 1, 'who asks again at once asks for nothing more');
    const [hurried] = await house.deliveries.listDue(house.now(), 10);
    assert.deepEqual(
      [hurried?.deliveryId, typeof hurried?.hurriedAt],
      [due.deliveryId, 'number'],
      'it is the same run',
    );
    await house.run();
    assert.deepEqual(
      (await list()).map(({ state, attempts }) => [state, attempts]),
      [['delivered', 2]],
    );
    const ids = house.receiver.got.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual(ids, [one?.delivery_id, one?.delivery_id]);
    assert.deepEqual(await house.run(), [], 'and it is over');
  });

  const again = async (id: string | undefined) => {
    const { status, body } = await house.api.ask('POST', path(`/deliveries/${id ?? ''}/redeliver`));
    const answer = z.object({ delivery_id: z.string(), state: z.string(), waits_for: z.string().optional() });
    return { status, ...answer.parse(body) };
  };

  it('send one again once its webhook is resumed, whether it was held or had ended', async () => {
    const [taken] = await happen(1);
    house.receiver.answer((response) => response.writeHead(500).end());
    const [failing] = await happen(1);
    assert.ok(taken !== undefined && failing !== undefined);
    const set = (what: string) => house.api.ask('POST', path(`/${what}`));
    assert.equal((await set('pause')).status, 200);
    house.receiver.answer((response) => response.writeHead(200).end());
    house.receiver.got.length = 0;
    for (const { delivery_id: id } of await list())
      assert.deepEqual(await again(id), { status: 200, delivery_id: id, state: 'held' });
    assert.deepEqual([await house.run(), house.receiver.got.length], [[], 0], 'paused is paused');
    assert.equal((await set('resume')).status, 200);
    await house.run();
    assert.deepEqual(
      (await list()).map(({ state, attempts }) => [state, attempts]),
      [
        ['delivered', 2],
        ['delivered', 2],
      ],
      'each once more, however often it was asked for',
    );
  });

  it('try now, in the place of one that waits for others, the first of them', async () => {
    await house.platform.database('webhooks_endpoints').delete();
    webhook = await house.make({ ordered: true });
    house.receiver.answer((response) => response.writeHead(500).end());
    await happen(3);
    const [third, second, first] = await list();
    assert.ok(third !== undefined && second !== undefined && first !== undefined);
    const asked = await again(third.delivery_id);
    assert.deepEqual(asked, {
      ...{ status: 200, delivery_id: third.delivery_id, state: 'waiting' },
      waits_for: first.delivery_id,
    });
    const hurried = await house.platform.database('webhooks_deliveries').where({ is_hurried: true }).pluck('id');
    assert.deepEqual(hurried, [first.delivery_id]);
    assert.equal((await again(first.delivery_id)).waits_for, undefined);
    await house.platform
      .database('webhooks_deliveries')
      .where({ id: first.delivery_id })
      .update({ attempts: 500, is_hurried: false, hurried_at: 0 });
    const { status } = await house.api.ask('POST', path(`/deliveries/${third.delivery_id}/redeliver`));
    assert.equal(status, 409, 'one that was tried so often waits for its time');
  });

  it('find no delivery of another webhook', async () => {
    await happen(1);
    const [one] = await list();
    const { webhook_id: other } = await house.make();
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', '/redeliver'],
    ] as const) {
      const answer = await house.api.ask(
        method,
        `${webhooksPath}/${other}/deliveries/${one?.delivery_id ?? ''}${rest}`,
      );
      assert.equal(answer.status, 404);
    }
  });

  it('send again what happened in a time, and nothing that happened before or after', async () => {
    const before = new Date(house.now()).toISOString();
    await new Promise((later) => setTimeout(later, 2));
    const ids = await happen(3);
    await new Promise((later) => setTimeout(later, 2));
    const after = new Date(house.now()).toISOString();
    house.receiver.got.length = 0;
    const ask = (more: object) =>
      house.api.ask('POST', path('/redeliver'), { body: { timestamp_from: before, timestamp_to: after, ...more } });
    assert.deepEqual((await ask({})).body, { deliveries: 0, is_cut: false }, 'what was delivered is not, unless said');
    assert.deepEqual((await ask({ timestamp_to: before })).status, 422);
    assert.deepEqual((await ask({ states: ['delivered'] })).body, { deliveries: 3, is_cut: false });
    await house.run();
    assert.equal(house.receiver.got.length, ids.length);
  });
});
