/** Webhooks over HTTP, as the published Admin API has them: secrets go in, and come out once. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { openWebhookHouse, place, webhooksPath, type WebhookHouse } from '../../support/webhook-house.ts';

const failure = z.object({ error: z.string(), details: z.array(z.object({ pointer: z.string() })).optional() });
const catalogue = z.object({
  subjects: z.array(z.object({ name: z.string(), events: z.array(z.object({ name: z.string() })) })),
});

describe('the endpoints of webhooks', () => {
  let house: WebhookHouse;
  before(async () => {
    house = await openWebhookHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    house.as({ workspaceId: undefined, role: 'admin' });
    await house.platform.database('webhooks_endpoints').delete();
  });

  const url = 'https://shop.example/hooks?token=planted-token';
  const events = { client: ['created', 'updated'] };
  const shown = (id: string, more: object = {}) => ({
    webhook_id: id,
    url,
    active: true,
    insecure: false,
    events,
    ordered: false,
    state: 'running',
    ...more,
  });
  const create = (more: object = {}) =>
    house.api.ask('POST', webhooksPath, { body: { url, active: true, events, ...more } });
  const faultOf = (body: unknown) => failure.parse(body).details?.[0]?.pointer;

  it('answer the key and the signing secret when one is made, and never again', async () => {
    const made = await create({
      webhook_id: 'shop',
      api_key: 'planted-key-of-16',
      server_id: 'elsewhere',
      tenant_id: 'other',
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const {
      api_key: key,
      signing_secret: secret,
      ...rest
    } = z.looseObject({ api_key: z.string(), signing_secret: z.string() }).parse(made.body);
    assert.deepEqual(rest, shown('shop'));
    assert.equal(key, 'planted-key-of-16');
    const one = await house.api.ask('GET', `${webhooksPath}/shop`);
    assert.deepEqual([one.status, one.body], [200, shown('shop')]);
    const listed = await house.api.ask('GET', webhooksPath);
    assert.deepEqual(listed.body, { webhooks: [shown('shop')] });
    const changed = await house.api.ask('PUT', `${webhooksPath}/shop`, { body: { url, active: false, events } });
    assert.deepEqual([changed.status, changed.body], [200, shown('shop', { active: false })]);
    for (const { body } of [one, listed, changed]) {
      assert.ok(!JSON.stringify(body).includes(secret));
      assert.doesNotMatch(JSON.stringify(body), /planted-key/);
    }
  });

  it('generate what is not given, also where a generated client sends it empty', async () => {
    const made = await create({ webhook_id: '', api_key: '', events: null });
    const { webhook_id: id, api_key: key } = z.object({ webhook_id: z.string(), api_key: z.string() }).parse(made.body);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.ok(Buffer.from(key, 'base64url').length === 32);
  });

  it('keep a key that is not given in a change, and take one that is', async () => {
    await create({ webhook_id: 'shop', api_key: 'the-first-api-key' });
    const place_ = { ...place, id: 'shop' };
    await house.api.ask('PUT', `${webhooksPath}/shop`, { body: { url, events, active: true } });
    assert.equal((await house.stores.webhooks.secrets(place_)).apiKey, 'the-first-api-key');
    await house.api.ask('PUT', `${webhooksPath}/shop`, {
      body: { url, events, active: true, api_key: 'the-second-api-key' },
    });
    assert.equal((await house.stores.webhooks.secrets(place_)).apiKey, 'the-second-api-key');
  });

  it('refuse what is no address, plain http without insecure, and what never happens', async () => {
    for (const [changes, pointer] of [
      [{ url: 'http://shop.example/hooks' }, '/url'],
      [{ url: 'ftp://shop.example/hooks', insecure: true }, '/url'],
      [{ url: 'file:///etc/passwd', insecure: true }, '/url'],
      [{ url: '/hooks' }, '/url'],
      [{ url: 'https://user:password@shop.example/' }, '/url'],
      [{ url: 'https://shop.example/#part' }, '/url'],
      [{ url: 'https://sh\nop.example/' }, '/url'],
      [{ url: ' https://shop.example/' }, '/url'],
      [{ url: 'https://shop.example/\u202egnp' }, '/url'],
      [{ events: { client: ['exploded'] } }, '/events/client'],
      [{ events: { constructor: ['name'] } }, '/events/constructor'],
      [{ api_key: 'short' }, '/api_key'],
      [{ api_key: 'injected\r\nx-admin: true and more' }, '/api_key'],
      [{ webhook_id: '../other' }, '/webhook_id'],
    ] as const) {
      const { status, body } = await create(changes);
      assert.deepEqual([status, faultOf(body)], [422, pointer], JSON.stringify(changes));
    }
    assert.equal((await create({ url: 'http://shop.example/hooks', insecure: true })).status, 201);
  });

  it('are twenty at most, each of an id of its own', async () => {
    assert.equal((await create({ webhook_id: 'one' })).status, 201);
    assert.equal((await create({ webhook_id: 'one' })).status, 409);
    for (let count = 1; count < 20; count += 1) assert.equal((await create()).status, 201);
    assert.equal((await create()).status, 422);
  });

  it('change nothing where somebody else did in between', async () => {
    await create({ webhook_id: 'shop' });
    const path = `${webhooksPath}/shop`;
    const { etag = '' } = await house.api.ask('GET', path);
    const put = (ifMatch: string) => house.api.ask('PUT', path, { ifMatch, body: { url, active: false } });
    assert.equal((await put('"stale"')).status, 412);
    assert.equal((await put(etag)).status, 200);
    for (const [method, at] of [
      ['DELETE', path],
      ['POST', `${path}/pause`],
    ] as const)
      assert.equal((await house.api.ask(method, at, { ifMatch: etag })).status, 412, at);
  });

  it('list what they can be told of: all that core and the plugins publish', async () => {
    const { status, body } = await house.api.ask('GET', '/api/admin/default/webhooks/events/demo');
    assert.equal(status, 200);
    const names = catalogue
      .parse(body)
      .subjects.flatMap(({ name, events: own }) => own.map((one) => `${name} ${one.name}`));
    assert.deepEqual(names.toSorted(), [...house.platform.extensions.events].toSorted());
    assert.ok(names.includes('webhook disabled') && names.includes('login succeeded'));
  });

  it('are told apart by who may read and who may change', async () => {
    await create({ webhook_id: 'shop' });
    house.as({ workspaceId: place.workspaceId, role: 'auditor' });
    assert.equal((await house.api.ask('GET', webhooksPath)).status, 200);
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', '/shop'],
      ['DELETE', '/shop'],
      ['POST', '/shop/pause'],
      ['POST', '/shop/resume'],
      ['POST', '/shop/rotate-secret'],
      ['POST', '/shop/redeliver'],
    ] as const) {
      const answer = await house.api.ask(method, `${webhooksPath}${path}`, { body: { url } });
      assert.equal(answer.status, 403, `${method} ${path}`);
    }
    house.as({ workspaceId: place.workspaceId, role: 'member' });
    assert.equal((await house.api.ask('GET', webhooksPath)).status, 403);
  });

  it('are in every workspace but one that switches the plugin off, which an administrator is told', async () => {
    const inSystem = '/api/admin/default/servers/system/webhooks';
    assert.equal((await house.api.ask('GET', inSystem)).status, 200, 'on unless it is switched off');
    await house.configure('system', { webhooks: false });
    const answer = await house.api.ask('GET', inSystem);
    assert.equal(answer.status, 404);
    assert.match(failure.parse(answer.body).error, /have to say "webhooks": \{\}/);
    assert.equal((await house.api.ask('GET', '/api/admin/default/servers/nowhere/webhooks')).status, 404);
  });

  it('pause and resume, and say how it stands', async () => {
    await create({ webhook_id: 'shop' });
    const paused = await house.api.ask('POST', `${webhooksPath}/shop/pause`);
    assert.deepEqual([paused.status, paused.body], [200, shown('shop', { state: 'paused' })]);
    const resumed = await house.api.ask('POST', `${webhooksPath}/shop/resume`);
    assert.deepEqual([resumed.status, resumed.body], [200, shown('shop')]);
    assert.equal((await house.api.ask('POST', `${webhooksPath}/other/pause`)).status, 404);
  });

  it('rotate the signing secret, with an overlap of a week at most', async () => {
    await create({ webhook_id: 'shop' });
    const path = `${webhooksPath}/shop/rotate-secret`;
    const { status, body } = await house.api.ask('POST', path);
    assert.equal(status, 200, JSON.stringify(body));
    const { signing_secret: newest } = z.object({ signing_secret: z.string() }).parse(body);
    const { signing } = await house.stores.webhooks.secrets({ ...place, id: 'shop' });
    assert.deepEqual([signing.length, signing[0]?.secret], [2, newest]);
    for (const overlap of ['169h', 'soon', '-1h'])
      assert.equal((await house.api.ask('POST', path, { body: { overlap } })).status, 422, overlap);
    assert.equal((await house.api.ask('POST', path, { body: { overlap: '0s' } })).status, 200);
    assert.equal((await house.stores.webhooks.secrets({ ...place, id: 'shop' })).signing.length, 1);
  });

  it('leave an event of each change, without a secret and without what the address is followed by', async () => {
    await create({ webhook_id: 'shop', api_key: 'planted-key-of-16' });
    await house.api.ask('POST', `${webhooksPath}/shop/rotate-secret`);
    await house.api.ask('DELETE', `${webhooksPath}/shop`);
    const rows = await house.platform
      .database<{ subject: string; action: string; payload: string }>('audit_events')
      .where({ subject: 'webhook' });
    const own = rows.filter(({ payload }) => payload.includes('"shop"'));
    for (const action of ['created', 'secret_rotated', 'deleted'])
      assert.ok(
        own.some((row) => row.action === action),
        action,
      );
    assert.doesNotMatch(JSON.stringify(own), /planted|whsec/);
  });
});
