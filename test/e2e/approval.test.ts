/** A script asks two people about a login; both decide in their own browsers, and neither a dead server nor a dead worker loses it. */
import assert from 'node:assert/strict';
import { Client as TemporalClient } from '@temporalio/client';
import type * as oidc from 'openid-client';
import type { Client } from '../../server/clients/client.ts';
import { groupId, poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { publishScript } from '../support/demo-scripts.ts';
import { readTexts } from '../support/history-texts.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { authenticate, begin, connect, redeem } from '../support/relying-party.ts';
import { typed } from '../support/scripts.ts';
import { findSecrets } from '../support/secret-search.ts';
import { createWebBrowser, titleOf, type Shown, type WebBrowser } from '../support/web-browser.ts';

const place = [tenantId('default'), workspaceId('demo')] as const;
const pool = poolId('demo-pool');
const password = 'a long enough password here';
const source = typed(
  `if (event.client.id.startsWith('approvals-')) return;
   const d = await api.approval({ group: 'Treasury', quorum: 2, timeout: '5h', reason: 'Quarrelsome ledger' });
   if (!d.approved) return api.deny('not_approved');
   api.claims.set('approvers', d.decisions.map(({ name, reason }) => name + ': ' + reason).join('; '));`,
  `effects: ['approval', 'claims', 'deny'],`,
);

describe('a login that two people have to approve', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let client: Client;
  let config: oidc.Configuration;
  const approvers = new Map<string, User>();

  before(async function () {
    this.timeout(120_000);
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
    client = await office.addClient({ client_name: 'Ledger' }, true);
    config = await connect(platform.issuer, client);
    const { stores } = office.platform;
    const [tenant] = place;
    const now = Date.now();
    const group = { tenantId: tenant, poolId: pool, id: groupId('treasury'), path: 'treasury', name: 'Treasury' };
    await stores.groups.insert({ ...group, description: '', createdAt: now, updatedAt: now });
    for (const name of ['Zenobia', 'Xerxes', 'Wilhelmina']) {
      const email = `${name.toLowerCase()}@approvers.example`;
      const user = await office.addPerson({ name, email, password });
      approvers.set(name, user);
      if (name !== 'Wilhelmina')
        await stores.memberships.insert({ ...group, description: '', createdAt: now, updatedAt: now }, user.id, now);
      await stores.addresses.insert(tenant, pool, user.id, {
        type: 'email',
        value: email,
        normalized: email,
        status: 'active',
        preferredContactMethod: undefined,
        metadata: {},
        verifiedAt: now,
        createdAt: now,
        updatedAt: now,
      });
    }
    await publishScript(office, 'ask', source, ['approvers']);
  });
  after(async () => {
    await office.close();
    await platform.stop();
  });
  beforeEach(() => office.forgiveAttempts());

  async function until<T>(work: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 300; tries += 1) {
      const found = await work();
      if (found !== undefined) return found;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`it did not come: ${platform.worker.output().slice(-2000)}`);
  }
  const newest = async () => {
    const { items } = await office.platform.stores.approvals.list(...place, { limit: 1, order: 'desc' });
    return items[0];
  };
  /** Ada at her login, which waits. */
  async function waiting() {
    const before = (await newest())?.id;
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { prompt: 'login' });
    const login = await browser.open(begun.url);
    const { email: identifier, password: secret } = platform.person;
    const shown = await authenticate(browser, login, { identifier, password: secret });
    const approval = await until(async () => {
      const found = await newest();
      return found?.id === before ? undefined : found;
    });
    return { browser, begun, login: login.url, shown, approval };
  }
  async function arrive(name: string, path: string): Promise<{ browser: WebBrowser; page: Shown }> {
    const browser = createWebBrowser(platform.origin);
    const identifier = `${name.toLowerCase()}@approvers.example`;
    const page = await authenticate(browser, await browser.open(path), { identifier, password });
    return { browser, page };
  }
  async function decide(name: string, id: string, decision = 'approve'): Promise<Shown> {
    const path = `/default/demo/approvals/${id}`;
    const { browser, page } = await arrive(name, path);
    return browser.submit(page, path, { decision, reason: `because ${name} says so` });
  }
  /** Reloads until the login has left for the application. */
  const answerOf = (browser: WebBrowser, login: URL): Promise<Shown> =>
    until(async () => {
      const page = await browser.open(login);
      return page.left ? page : undefined;
    });
  async function textsOf(workflowId: string): Promise<readonly string[]> {
    const { keyRing } = office.platform;
    const connection = await connectWithin({ address: platform.temporal.address }, 'default', 5000);
    try {
      const temporal = new TemporalClient({ connection, dataConverter: createDataConverter(keyRing) });
      const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
      const codec = createPayloadCodec({ keys: keyRing });
      const { texts, sealed } = await readTexts({ history }, codec, { namespace: 'default', workflowId });
      return [...texts, ...sealed];
    } finally {
      await connection.close();
    }
  }

  it('goes on with what they said, although worker and server were killed meanwhile', async () => {
    const { browser, begun, login, approval } = await waiting();
    const page = await browser.open(login);
    assert.match(page.text, /other people have to approve/);
    assert.match(page.text, /0 of 2 have approved/);
    assert.ok(Number(page.headers.get('refresh')) > 0, 'it goes on by itself');
    assert.match((await decide('Zenobia', approval.id)).text, /You approved/);
    assert.match((await browser.open(login)).text, /1 of 2 have approved/);

    const path = `/default/demo/approvals/${approval.id}`;
    const xerxes = await arrive('Xerxes', path);
    await platform.worker.kill();
    const fields = { decision: 'approve', reason: 'because Xerxes says so' };
    const decided = await xerxes.browser.submit(xerxes.page, path, fields);
    assert.match(decided.text, /You approved/, 'who is signed in decides without a worker');
    await platform.server.kill();
    await platform.server.start();
    await platform.worker.start();

    const answer = await answerOf(browser, login);
    const claims = (await redeem(config, begun, answer.url)).claims();
    assert.equal(claims?.['approvers'], 'Zenobia: because Zenobia says so; Xerxes: because Xerxes says so');
  });

  it('is denied by one of them, and the application is told so', async () => {
    const { browser, login, approval } = await waiting();
    assert.match((await decide('Xerxes', approval.id, 'deny')).text, /You denied/);
    const answer = await answerOf(browser, login);
    assert.equal(answer.url.searchParams.get('error'), 'access_denied');
    assert.doesNotMatch(answer.url.href, /Xerxes|Quarrelsome/);
  });

  it('is nothing to who was not asked, and writes to those who were', async () => {
    const { approval } = await waiting();
    const { page } = await arrive('Wilhelmina', `/default/demo/approvals/${approval.id}`);
    assert.equal(page.status, 404, titleOf(page));
    const owners = await until(async () => {
      const rows = await office.platform
        .database<{ kind: string; owner_id: string; created_at: number }>('messages')
        .where({ kind: 'approval' })
        .where('created_at', '>=', approval.createdAt);
      return rows.length < 2 ? undefined : rows.map(({ owner_id: owner }) => owner);
    });
    const wanted = ['Zenobia', 'Xerxes'].map((name) => String(approvers.get(name)?.id));
    assert.deepEqual(owners.toSorted(), wanted.toSorted());
  });

  it('leaves nothing of people, of reasons or of the script in Temporal', async () => {
    const { approval } = await waiting();
    await decide('Zenobia', approval.id);
    await decide('Xerxes', approval.id);
    const { state } = await until(async () => {
      const found = await office.platform.stores.approvals.find(...place, approval.id);
      return found?.dueAt === undefined ? found : undefined;
    });
    assert.equal(state, 'approved');
    const texts = [...(await textsOf(approval.id)), ...(await textsOf(approval.interactionId))];
    assert.ok(
      texts.some((text) => text.includes(approval.id)),
      'the search finds what is there',
    );
    const secrets = {
      people: ['Zenobia', 'Xerxes', 'Lovelace', 'approvers.example', 'ada@example.com'],
      words: ['Quarrelsome', 'says so'],
    };
    assert.deepEqual(findSecrets(texts, secrets), []);
  });
});
