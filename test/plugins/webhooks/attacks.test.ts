/** What hostile receivers, hostile names and curious administrators get out of webhooks: nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { workspaceOf } from '../../support/stores.ts';
import {
  openWebhookHouse,
  place,
  webhooksPath,
  type MadeWebhook,
  type WebhookHouse,
} from '../../support/webhook-house.ts';

describe('webhooks, attacked', function () {
  let house: WebhookHouse;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());
  beforeEach(() => {
    house.receiver.got.length = 0;
    house.receiver.answer((response) => response.writeHead(204).end());
    house.as({ workspaceId: undefined, role: 'admin' });
  });
  afterEach(async () => {
    for (const { id } of await house.stores.webhooks.list(place.tenantId, place.workspaceId))
      await house.stores.webhooks.remove({ ...place, id });
  });

  const deliveriesOf = ({ webhook_id: id }: MadeWebhook) =>
    house.stores.deliveries.list({ ...place, id }, { limit: 10 });
  const tell = async () => {
    await house.happen();
    await house.relay();
    return house.run();
  };
  const oneOf = async (webhook: MadeWebhook): Promise<string> => {
    const [found] = await deliveriesOf(webhook);
    assert.ok(found);
    return found.id;
  };

  it('keep the key and the signatures to themselves where the receiver answers with them', async () => {
    const webhook = await house.make({ api_key: 'planted"key\\with=everything', url: `${house.receiver.origin}/?q=1` });
    let signature = '';
    house.receiver.answer((response, { headers }) => {
      signature = String(headers['webhook-signature']);
      const key = String(headers['x-api-key']);
      const echoed = JSON.stringify(headers);
      response
        .writeHead(500, { 'x-request-id': key, location: `/?key=${encodeURIComponent(key)}`, server: signature })
        .end(`${key} ${echoed} ${encodeURIComponent(signature)}`);
    });
    await tell();
    house.as({ workspaceId: place.workspaceId, role: 'auditor' });
    const path = `${webhooksPath}/${webhook.webhook_id}/deliveries/${await oneOf(webhook)}`;
    const answer = await house.api.ask('GET', path);
    assert.equal(answer.status, 200);
    const shown = JSON.stringify(answer.body);
    assert.match(shown, /…/, 'what came back is shown otherwise');
    const [, mac = ''] = signature.split(',');
    for (const secret of ['planted', mac, encodeURIComponent(mac), webhook.signing_secret])
      assert.ok(secret !== '' && !shown.includes(secret), secret);
  });

  it('are not misled by a name that led elsewhere when it was asked before', async () => {
    const { port } = new URL(house.receiver.origin);
    // Here 127.0.0.1 is what may be reached, and every other address of this machine stands for what may not.
    const inside = createServer((socket) => socket.destroy()).listen(Number(port), '127.0.0.2');
    await once(inside, 'listening');
    let reached = 0;
    inside.on('connection', () => (reached += 1));
    try {
      await house.make({ url: `http://rebind.example:${port}/hook` });
      house.names.set('rebind.example', ['127.0.0.1', '127.0.0.2']);
      assert.deepEqual(await tell(), [{ kind: 'delivered' }]);
      house.receiver.answer((response) => {
        response.writeHead(500, { connection: 'close' }).end();
      });
      await tell();
      house.pass(5_000);
      assert.deepEqual((await tell()).at(-1), { kind: 'failed', reason: 'unreachable' });
      assert.equal(reached, 0);
    } finally {
      inside.close();
    }
  });

  it('bound receivers that speak no honest HTTP, and deliver to the next one', async () => {
    let speak: (socket: Socket) => void = () => undefined;
    const sockets = new Set<Socket>();
    const hostile = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      speak(socket);
    }).listen(0, '127.0.0.1');
    await once(hostile, 'listening');
    const address = hostile.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const again = (socket: Socket, text: string, everyMs: number): void => {
      const timer = setInterval(() => socket.write(text), everyMs);
      socket.on('close', () => {
        clearInterval(timer);
      });
    };
    const head = 'HTTP/1.1 200 OK\r\n';
    const packed = gzipSync(Buffer.alloc(5_000_000));
    const ways: Readonly<Record<string, (socket: Socket) => void>> = {
      'a head that drips': (socket) => {
        socket.write(head);
        again(socket, 'x-drip: 1\r\n', 20);
      },
      'a head without an end': (socket) => {
        socket.write(head + `x-long: ${'x'.repeat(2_000_000)}`);
      },
      'answers before the answer': (socket) => {
        again(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n', 1);
      },
      'a packed bomb': (socket) => {
        socket.write(`${head}content-encoding: gzip\r\ncontent-length: ${String(packed.length)}\r\n\r\n`);
        socket.write(packed);
      },
      'two lengths': (socket) => socket.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
      'no HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      silence: () => undefined,
    };
    const webhook = await house.make({ url: `http://127.0.0.1:${String(port)}/hook` });
    try {
      for (const [what, way] of Object.entries(ways)) {
        speak = way;
        const id = (await house.happen()).id;
        await house.relay();
        const answers = await house.run();
        assert.deepEqual(answers, [{ kind: 'failed', reason: 'unreachable' }], what);
        for (const one of await deliveriesOf(webhook))
          if (one.eventId === id)
            await house.stores.deliveries.end(one, { state: 'failed', reason: what }, house.now());
      }
      assert.deepEqual((await deliveriesOf(webhook)).length, Object.keys(ways).length);
    } finally {
      for (const socket of sockets) socket.destroy();
      hostile.close();
    }
    await house.make();
    assert.ok((await tell()).some(({ kind }) => kind === 'delivered'));
  });

  it('let nobody read or send again what is another workspace’s or another tenant’s, whatever ids they know', async () => {
    const webhook = await house.make();
    await tell();
    const id = await oneOf(webhook);
    const before = house.receiver.got.length;
    const body = {
      webhook_id: webhook.webhook_id,
      url: `${house.receiver.origin}/theirs`,
      insecure: true,
      active: true,
    };
    const other = workspaceOf(place.tenantId);
    await house.platform.stores.workspaces.insert(other);
    const theirs = webhooksPath.replace('/demo/', `/${other.id}/`);
    assert.equal((await house.api.ask('POST', theirs, { body })).status, 201, 'an id is one of its workspace');
    house.as({ workspaceId: other.id, role: 'admin' });
    const range = {
      timestamp_from: new Date(0).toISOString(),
      timestamp_to: new Date(house.now() + 1e6).toISOString(),
    };
    const ask = async (of: string) => {
      const one = `${of}/${webhook.webhook_id}`;
      return [
        (await house.api.ask('GET', `${one}/deliveries/${id}`)).status,
        (await house.api.ask('POST', `${one}/deliveries/${id}/redeliver`)).status,
        (await house.api.ask('GET', `${one}/deliveries?after_delivery_id=${id}`)).status,
        (await house.api.ask('POST', `${one}/redeliver`, { body: { ...range, states: ['delivered'] } })).status,
      ];
    };
    assert.deepEqual(await ask(webhooksPath), [403, 403, 403, 403]);
    assert.deepEqual(await ask(theirs), [404, 404, 422, 200], 'of its own there is nothing');
    assert.deepEqual(await ask(webhooksPath.replace('/default/', '/system/')), [403, 403, 403, 403]);
    await house.relay();
    await house.run();
    assert.equal(house.receiver.got.length, before);
    const [untouched] = await deliveriesOf(webhook);
    assert.deepEqual([untouched?.state, untouched?.run], ['delivered', 1]);
  });

  it('write no key, no secret, no query of an address and nothing of what happened into the log', async () => {
    const webhook = await house.make({
      url: `${house.receiver.origin}/hook?token=planted-token`,
      api_key: 'planted-api-key-1',
    });
    for (const answer of [410, 500] as const) {
      house.receiver.answer((response) => response.writeHead(answer).end('planted-answer'));
      await house.happen('client created', { client_id: 'planted-client' });
      await house.relay();
      await house.run();
    }
    const lines = JSON.stringify(house.lines);
    assert.ok(lines.includes(webhook.webhook_id), 'it was disabled, which is a line');
    assert.ok(!lines.includes('planted') && !lines.includes(webhook.signing_secret));
    const events = await house.platform.database('audit_events').where({ subject: 'webhook' });
    assert.ok(!/planted-(?:token|api-key)|whsec_/.test(JSON.stringify(events)));
  });
});
