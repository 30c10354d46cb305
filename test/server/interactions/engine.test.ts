/** What the engine says about the login this browser is in. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '../../../server/clients/client.ts';
import { readEngineLogin, type EngineLogin } from '../../../server/interactions/engine.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { type TestBrowser } from '../../support/engine-browser.ts';
import { type TestWorkspace } from '../../support/engine-workspace.ts';

describe('readEngineLogin', () => {
  let engine: TestEngine;
  let workspace: TestWorkspace;
  let client: Client;

  before(async () => {
    engine = await startEngine();
    workspace = await engine.addWorkspace();
    client = workspace.addClient({});
  });
  after(() => engine.stop());

  /** Reads as our own routes do, in a request with these cookies. */
  async function read(uid: string, cookie: string): Promise<EngineLogin> {
    const registered = await engine.registry.get(workspace.tenant, workspace.id);
    assert.ok(registered);
    const { provider } = registered;
    const answer = Promise.withResolvers<EngineLogin>();
    const server = createServer((req, res) => {
      readEngineLogin(provider, req, res, uid).then(answer.resolve, answer.reject);
      res.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    // A TCP server has an address with a port.
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${String(port)}/`, { headers: { cookie } });
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    return answer.promise;
  }
  const begin = async (browser: TestBrowser, parameters = {}) => {
    const answer = await browser.authorize(client, parameters);
    const path = new URL(answer.headers.get('location') ?? '', workspace.issuer).pathname;
    return { uid: path.split('/').at(-1) ?? '', cookie: browser.jar.header(path) };
  };

  it('finds the request and no session', async () => {
    const { uid, cookie } = await begin(engine.browser(workspace));
    const found = await read(uid, cookie);
    assert.equal(found.kind, 'found');
    assert.deepEqual([found.request.uid, found.request.clientId, found.request.asks], [uid, client.id, 'login']);
    assert.equal(found.session, undefined);
  });

  it('finds the session with the grants of its logins', async () => {
    const browser = engine.browser(workspace);
    await browser.login(client);
    const { uid, cookie } = await begin(browser, { prompt: 'consent' });
    const found = await read(uid, cookie);
    assert.equal(found.kind, 'found');
    assert.equal(found.session?.subject, 'sub-of-ada');
    assert.deepEqual(found.session.grantIds, [...workspace.snapshots.keys()]);
  });

  it('is elsewhere without the cookie, and with that of another login', async () => {
    const [mine, theirs] = [await begin(engine.browser(workspace)), await begin(engine.browser(workspace))];
    assert.deepEqual(await read(mine.uid, ''), { kind: 'elsewhere' });
    assert.deepEqual(await read(theirs.uid, mine.cookie), { kind: 'elsewhere' });
  });

  it('is gone for its own browser only', async () => {
    const [mine, theirs] = [await begin(engine.browser(workspace)), await begin(engine.browser(workspace))];
    await engine.knex('oidc_artifacts').where({ model: 'Interaction' }).delete();
    assert.deepEqual(await read(mine.uid, mine.cookie), { kind: 'gone' });
    assert.deepEqual(await read(theirs.uid, mine.cookie), { kind: 'elsewhere' });
  });
});
