/** When the engine asks for a grant that nobody has to be asked about, and which answers it believes. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { newId } from '../../../server/kernel/ids.ts';
import { grantPayload } from '../../../server/oauth2/grant.ts';
import type { SilentRequest } from '../../../server/oauth2/silent-grant.ts';
import { answered, redeem } from '../../support/engine-browser.ts';
import type { TestBrowser } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('createSilentPrompt', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  let met: Client;
  let browser: TestBrowser;
  let asked: SilentRequest[];
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.stop());
  beforeEach(async () => {
    shop = await engine.addWorkspace();
    met = shop.addClient({});
    browser = engine.browser(shop);
    await browser.login(met);
    asked = [];
  });

  /** Somebody who grants whatever is asked for. */
  function granting(scopes: readonly string[], change: { subject?: string; clientId?: Client['id'] } = {}) {
    shop.grantSilently = async (request) => {
      asked.push(request);
      const [grantId, now] = [newId(), Math.floor(Date.now() / 1000)];
      const exp = now + 3600;
      const clientId = change.clientId ?? [...shop.clients.values()].at(-1)?.id ?? met.id;
      const subject = change.subject ?? request.session.subject;
      const resource = shop.issuer;
      const payload = grantPayload({ grantId, subject, clientId, scopes, deniedScopes: [], resource, iat: now, exp });
      await engine.artifacts.upsert(
        { tenantId: shop.tenant, workspaceId: shop.id, model: 'Grant' },
        grantId,
        payload,
        exp,
      );
      const [known] = shop.snapshots.values();
      if (known !== undefined) shop.snapshots.set(grantId, { ...known, grantId, subject });
      return { kind: 'granted', grantId };
    };
  }
  const silently = (client: Client, params: Readonly<Record<string, string>> = {}) =>
    browser.authorize(client, { prompt: 'none', ...params });
  const errorOf = async (client: Client, params?: Readonly<Record<string, string>>) =>
    answered(await silently(client, params)).get('error');

  it('takes the grant into the session: the next time there is nothing to ask for', async () => {
    const client = shop.addClient({});
    granting(['openid', 'profile', 'orders']);
    const { body } = await redeem(shop, client, browser, answered(await silently(client)));
    assert.equal(body['scope'], 'openid profile orders');
    assert.equal(await errorOf(client), null);
    assert.equal(asked.length, 1);
    const [first] = asked;
    assert.equal(first?.session.subject, 'sub-of-ada');
    assert.deepEqual(first.session.grantIds, [...shop.snapshots.keys()].slice(0, 1));
    assert.deepEqual([first.params['client_id'], first.params['scope']], [client.id, 'openid profile orders']);
  });

  it('asks only where no page may be shown, and a grant is all that is missing', async () => {
    granting(['openid']);
    const client = shop.addClient({});
    await browser.authorize(client);
    assert.equal(await errorOf(met), null);
    const claims = JSON.stringify({ id_token: { sub: { value: 'sub-of-bob' } } });
    assert.equal(await errorOf(client, { claims }), 'login_required');
    const stranger = engine.browser(shop);
    assert.equal(answered(await stranger.authorize(client, { prompt: 'none' })).get('error'), 'login_required');
    shop.requirements.set(client.id, ['step:terms@1']);
    assert.equal(await errorOf(client), 'interaction_required');
    assert.deepEqual(asked, []);
  });

  it('gives what was granted and no more: what is still missing is consent_required', async () => {
    granting(['openid']);
    assert.equal(await errorOf(shop.addClient({})), 'consent_required');
  });

  it('believes no grant of another person, of another application, or that is not there', async () => {
    const all = ['openid', 'profile', 'orders'];
    const client = shop.addClient({});
    granting(all, { subject: 'sub-of-bob' });
    assert.equal(await errorOf(client), 'consent_required');
    granting(all, { clientId: met.id });
    assert.equal(await errorOf(client), 'consent_required');
    shop.grantSilently = () => Promise.resolve({ kind: 'granted', grantId: 'no-such-grant' });
    assert.equal(await errorOf(client), 'consent_required');
  });

  it('hands on what a script decided, and asks it where nothing else lacks', async () => {
    const client = shop.addClient({});
    const denied = { kind: 'denied', error: 'access_denied', description: 'the sign-in was not allowed' } as const;
    shop.grantSilently = () => Promise.resolve(denied);
    assert.equal(await errorOf(client), 'access_denied');
  });

  it('gives no code when granting fails, and says nothing of why', async () => {
    shop.grantSilently = () => Promise.reject(new Error('the database is away'));
    const answer = await silently(shop.addClient({}));
    assert.deepEqual([answer.status, answer.headers.get('location')], [500, null]);
    assert.doesNotMatch(await answer.text(), /database/);
    assert.match(String(engine.failures.at(-1)), /database is away/);
  });
});
