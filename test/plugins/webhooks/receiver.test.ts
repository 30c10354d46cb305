/** The receiver of the guide takes what the platform sends, and nothing else. */
import assert from 'node:assert/strict';
import { createReceiver, type AuditEvent } from '../../../examples/webhook-receiver/app.ts';
import { serve, type Served } from '../../support/serve.ts';
import { openWebhookHouse, place, webhooksPath, type WebhookHouse } from '../../support/webhook-house.ts';

describe('the receiver in examples/webhook-receiver', () => {
  let house: WebhookHouse;
  let served: Served;
  const secrets: string[] = [];
  const told: AuditEvent[] = [];
  let id: string;
  before(async () => {
    house = await openWebhookHouse();
    served = await serve(createReceiver({ signingSecrets: secrets, onEvent: (event) => told.push(event) }));
    const { webhook_id, signing_secret } = await house.make({ url: `${served.origin}/hooks` });
    id = webhook_id;
    secrets.push(signing_secret);
  });
  after(async () => {
    await served.close();
    await house.close();
  });
  beforeEach(() => {
    told.length = 0;
  });
  const latest = async () => (await house.stores.deliveries.list({ ...place, id }, { limit: 1 }))[0];

  it('takes what happened', async () => {
    const event = await house.happen();
    await house.relay();
    assert.deepEqual(await house.run(), [{ kind: 'delivered' }]);
    assert.deepEqual(
      told.map((one) => [one.event_id, one.event_subject, one.action]),
      [[event.id, 'client', 'created']],
    );
  });

  it('takes what is sent again, and does nothing a second time', async () => {
    const one = await latest();
    await house.api.ask('POST', `${webhooksPath}/${id}/deliveries/${one?.id ?? ''}/redeliver`);
    assert.deepEqual(await house.run(), [{ kind: 'delivered' }]);
    assert.deepEqual(told, []);
  });

  it('goes on while the signing secret changes', async () => {
    const { status } = await house.api.ask('POST', `${webhooksPath}/${id}/rotate-secret`);
    assert.equal(status, 200);
    await house.happen();
    await house.relay();
    assert.deepEqual(await house.run(), [{ kind: 'delivered' }]);
    assert.equal(told.length, 1);
  });

  it('takes nothing that is not signed, was changed, or is old', async () => {
    await house.api.ask('PUT', `${webhooksPath}/${id}`, {
      body: { url: `${house.receiver.origin}/hooks`, active: true, insecure: true, events: { client: ['created'] } },
    });
    await house.happen();
    await house.relay();
    await house.run();
    const request = house.receiver.got.at(-1);
    assert.ok(request);
    const post = async (headers: Readonly<Record<string, string | undefined>>, body = request.body) =>
      (
        await served.ask('/hooks', {
          method: 'POST',
          headers: Object.fromEntries(
            Object.entries({ ...request.headers, host: 'x', ...headers }).filter(([, value]) => value !== undefined),
          ),
          body,
        })
      ).status;
    const longer = { 'content-length': undefined };
    assert.equal(await post({ 'webhook-signature': undefined }), 401);
    assert.equal(await post({ 'webhook-signature': 'v1,' }), 401);
    assert.equal(await post({ 'webhook-id': 'another' }), 401);
    assert.equal(await post(longer, request.body.replace('created', 'deleted')), 401);
    assert.equal(await post({ 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 301) }), 400);
    assert.equal(await post({ 'webhook-timestamp': 'never' }), 400);
    assert.deepEqual(told, []);
    assert.equal(await post({}), 204, 'as it was sent it is taken');
  });
});
