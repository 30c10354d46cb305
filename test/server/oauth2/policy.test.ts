import assert from 'node:assert/strict';
import { answered, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';

describe('createPolicy', () => {
  let engine: TestEngine;
  let shop: TestWorkspace;
  before(async () => {
    engine = await startEngine();
    shop = await engine.addWorkspace();
  });
  after(() => engine.stop());

  const requiring = (...requirements: readonly string[]) => {
    const client = shop.addClient({});
    shop.requirements.set(client.id, requirements);
    return client;
  };

  it('does not let a session of one client past the steps of another with prompt=none', async () => {
    const easy = requiring('idp:pool');
    const strict = requiring('idp:pool', 'step:terms@3');
    const browser = engine.browser(shop);
    await browser.login(easy, {}, { satisfied: ['idp:pool'] });
    assert.equal(answered(await browser.authorize(strict, { prompt: 'none' })).get('error'), 'interaction_required');
    assert.match((await browser.authorize(strict)).headers.get('location') ?? '', /\/login\//);
  });

  it('asks again when what a client requires has changed since the login', async () => {
    const client = requiring('step:terms@3');
    const browser = engine.browser(shop);
    await browser.login(client, {}, { satisfied: ['step:terms@3'] });
    assert.ok(answered(await browser.authorize(client, { prompt: 'none' })).get('code'));
    shop.requirements.set(client.id, ['step:terms@4']);
    assert.equal(answered(await browser.authorize(client, { prompt: 'none' })).get('error'), 'interaction_required');
  });

  it('counts what any login of the session has passed', async () => {
    const first = requiring('step:terms@3');
    const second = requiring('idp:pool');
    const browser = engine.browser(shop);
    await browser.login(second, {}, { satisfied: ['idp:pool'] });
    await browser.login(first, {}, { satisfied: ['step:terms@3'] });
    shop.requirements.set(second.id, ['idp:pool', 'step:terms@3']);
    assert.ok(answered(await browser.authorize(second, { prompt: 'none' })).get('code'));
  });

  it('asks a person who may not sign in any more, whatever their session says', async () => {
    const client = requiring();
    const browser = engine.browser(shop);
    await browser.login(client, {}, { subject: 'sub-of-eve' });
    assert.ok(answered(await browser.authorize(client, { prompt: 'none' })).get('code'));
    shop.disabled.add('sub-of-eve');
    assert.equal(answered(await browser.authorize(client, { prompt: 'none' })).get('error'), 'login_required');
    assert.match((await browser.authorize(client)).headers.get('location') ?? '', /\/login\//);
  });

  it('asks each workspace about its own people and clients, though the checks are one set for all', async () => {
    const other = await engine.addWorkspace();
    const here = requiring('step:terms@3');
    const there = other.addClient({}, { id: here.id });
    const silently = async (workspace: TestWorkspace, client: typeof here, satisfied: readonly string[]) => {
      const browser = engine.browser(workspace);
      await browser.login(client, {}, { subject: 'sub-of-zoe', satisfied });
      return async () => answered(await browser.authorize(client, { prompt: 'none' })).get('error') ?? undefined;
    };
    const askHere = await silently(shop, here, ['step:terms@3']);
    const askThere = await silently(other, there, []);
    assert.deepEqual([await askHere(), await askThere()], [undefined, undefined]);

    shop.requirements.set(here.id, ['step:terms@4']);
    assert.deepEqual([await askHere(), await askThere()], ['interaction_required', undefined]);
    other.disabled.add('sub-of-zoe');
    shop.requirements.delete(here.id);
    assert.deepEqual([await askHere(), await askThere()], [undefined, 'login_required']);
  });

  it('asks again when the login is forgotten', async () => {
    const client = requiring('idp:pool');
    const browser = engine.browser(shop);
    await browser.login(client, {}, { satisfied: ['idp:pool'] });
    shop.snapshots.clear();
    assert.equal(answered(await browser.authorize(client, { prompt: 'none' })).get('error'), 'interaction_required');
  });

  it('ends in an error, not in a loop, when the finished login does not satisfy the client', async () => {
    const browser = engine.browser(shop);
    const params = await browser.login(requiring('step:terms@3'), {}, { satisfied: [] });
    assert.equal(params.get('error'), 'unmet_authentication_requirements');
  });

  it('ends in an error when an essential acr was not reached (OIDC Core §5.5.1.1)', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:two' } } });
    const client = shop.addClient({});
    const missed = await engine.browser(shop).login(client, { claims }, { acr: 'urn:one' });
    assert.equal(missed.get('error'), 'unmet_authentication_requirements');
    assert.ok((await engine.browser(shop).login(client, { claims }, { acr: 'urn:two' })).get('code'));
  });

  it('ends in an error when another person logged in than was asked for (OIDC Core §5.5.1)', async () => {
    const claims = JSON.stringify({ id_token: { sub: { value: 'sub-of-bob' } } });
    const params = await engine.browser(shop).login(shop.addClient({}), { claims });
    assert.equal(params.get('error'), 'login_required');
  });

  it('ends in an error when id_token_hint names another person (OIDC Core §3.1.2.1)', async () => {
    const client = shop.addClient({});
    const bob = engine.browser(shop);
    const { body } = await redeem(shop, client, bob, await bob.login(client, {}, { subject: 'sub-of-bob' }));
    const params = await engine.browser(shop).login(client, { id_token_hint: String(body['id_token']) });
    assert.equal(params.get('error'), 'login_required');
  });

  it('asks again for a login that is too old, and once only (OIDC Core §3.1.2.1 max_age)', async () => {
    const client = shop.addClient({});
    const browser = engine.browser(shop);
    await browser.login(client);
    engine.shift(120_000);
    assert.match((await browser.authorize(client, { prompt: 'login' })).headers.get('location') ?? '', /\/login\//);
    assert.ok((await browser.login(client, { prompt: 'login' })).get('code'));
    engine.shift(-120_000);
  });
});
