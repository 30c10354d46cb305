/** What Temporal keeps of real logins: nothing of the person, nothing a bearer could use, in clear or under the codec. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as TemporalClient, type Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { createDataKeyStore } from '../../server/tenants/data-key.store.ts';
import { newId, poolId, tenantId } from '../../server/kernel/ids.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import { createUserService } from '../../server/users/user.service.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { readTexts, type HistoryTexts } from '../support/history-texts.ts';
import { terms } from '../support/plugins/terms/terms.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { allow, authenticate, begin, connect, redeem, signIn, type Begun } from '../support/relying-party.ts';
import { findSecrets, type Secrets } from '../support/secret-search.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../support/web-browser.ts';

const person = {
  name: 'Zenobia Quarrelsome',
  email: 'Zenobia.Quarrelsome@mail.example',
  phone: '+44 7700 900 123',
  username: 'zenquarrel-77',
  password: 'umbrella volcano 4 trombones',
  wrongPassword: 'umbrella volcano 5 trombones',
};
const tenant = tenantId('default');
const namespace = 'default';
const allowed = ['indexedFields', 'details.data'];

describe('the histories of finished logins', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let folder: string;
  let connection: Connection;
  let temporal: TemporalClient;
  let codec: PayloadCodec;
  let secrets: Secrets;
  let ids: readonly string[];
  let outcomes: readonly string[];
  const seen = new Map<string, Set<string>>();

  const note = (name: string, ...values: readonly (string | undefined)[]): void => {
    const known = seen.get(name) ?? new Set();
    for (const value of values) if (value !== undefined && value.length > 5) known.add(value);
    seen.set(name, known);
  };
  const noteBrowser = ({ jar }: WebBrowser): void => {
    note('cookie', ...jar.all().flatMap(({ value }) => [value, decodeURIComponent(value)]));
  };
  /** Notes what a page hides, and says which login it belongs to. */
  const notePage = (page: Shown): Shown => {
    note(
      'form nonce',
      ...[...page.text.matchAll(/name="nonce" value="([^"]+)"/g)].flatMap(([, n = '']) => [n, ...n.split('.')]),
    );
    note('uid', /\/login\/([^/]+)/.exec(page.url.pathname)?.[1]);
    return page;
  };
  const noteBegun = (begun: Begun): Begun => {
    note('state', begun.state);
    note('nonce of the client', begun.nonce);
    note('code verifier', begun.verifier, begun.url.searchParams.get('code_challenge') ?? undefined);
    return begun;
  };
  const readWorkflow = async (workflowId: string): Promise<HistoryTexts> => {
    const handle = temporal.workflow.getHandle(workflowId);
    const described = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    return readTexts({ history: await handle.fetchHistory(), described }, codec, { namespace, workflowId });
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-history-'));
    platform = await startTestPlatform({ entry: 'test/support/chaos-main.ts', env: { CHAOS_DIR: folder } });
    office = await openBackOffice(platform, {}, [terms]);
    await logIn();
    connection = await connectWithin({ address: platform.temporal.address }, namespace, 5000);
    codec = createPayloadCodec({ keys: office.platform.keyRing });
    temporal = new TemporalClient({ connection, dataConverter: createDataConverter(office.platform.keyRing) });
    ids = await finishedLogins();
    outcomes = await Promise.all(ids.map(outcomeOf));
    secrets = Object.fromEntries([...seen].map(([name, values]) => [name, [...values]]));
  });
  after(async () => {
    await connection.close();
    await office.close();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function addPerson(): Promise<void> {
    const { unitOfWork, hasher, passwords } = office.platform;
    const { policy } = passwords;
    const [givenName = '', familyName = ''] = person.name.split(' ');
    const schemaCheck = createSchemaCheck();
    const { user } = await createUserService({ unitOfWork, hasher, policy, schemaCheck, clock }).create({
      tenantId: tenant,
      poolId: poolId('demo-pool'),
      payload: {
        name: person.name,
        given_name: givenName,
        family_name: familyName,
        preferred_username: person.username,
        email: person.email,
        phone_number: '+447700900123',
      },
      identifiers: [
        { type: 'email', value: person.email },
        { type: 'mobile', value: person.phone },
        { type: 'uid', value: person.username },
      ],
      password: person.password,
    });
    note('password', person.password, person.wrongPassword);
    note('name', person.name, givenName, familyName);
    note('e-mail', person.email, 'zenobia', 'mail.example');
    note('phone', person.phone, '+447700900123', '7700900123');
    note('user name', person.username);
    note('user id', user.id);
  }

  /** One login of each kind; what only the browser or the application may know is noted on the way. */
  async function logIn(): Promise<void> {
    await addPerson();
    const client = await office.addClient({ client_name: 'History reader' });
    const withTerms = await office.addClient({ client_name: 'Has terms' });
    note('client secret', client.secret, withTerms.secret);
    await office.changeSettings({
      plugins: { terms: { version: 1, url: 'https://app.example/terms', exempt_clients: [client.id] } },
    });
    const config = await connect(platform.issuer, client);
    const open = async (parameters: Readonly<Record<string, string>> = {}, of = config) => {
      const begun = noteBegun(await begin(of, { prompt: 'login consent', ...parameters }));
      const browser = createWebBrowser(platform.origin);
      return { begun, browser, page: notePage(await browser.open(begun.url)) };
    };
    const byEmail = { identifier: person.email, password: person.password };
    const finish = async (begun: Begun, browser: WebBrowser, arrived: Shown, of = config): Promise<void> => {
      noteBrowser(browser);
      assert.equal(arrived.left, true);
      note('code', arrived.url.searchParams.get('code') ?? undefined);
      const tokens = await redeem(of, begun, arrived.url);
      note('token', tokens.access_token, tokens.refresh_token, tokens.id_token, ...(tokens.id_token ?? '').split('.'));
      note('subject', tokens.claims()?.sub);
    };

    // Granted, with a refresh token; then once more from its session.
    const granted = await open({ scope: 'openid profile email phone offline_access' });
    await finish(granted.begun, granted.browser, await signIn(granted.browser, granted.begun, byEmail));
    const again = noteBegun(await begin(config, { prompt: 'consent' }));
    await finish(again, granted.browser, await allow(granted.browser, notePage(await granted.browser.open(again.url))));

    const denied = await open();
    const asked = notePage(await authenticate(denied.browser, denied.page, { ...byEmail, identifier: person.phone }));
    noteBrowser(denied.browser);
    const refused = await denied.browser.submit(asked, '/consent', { decision: 'deny' });
    assert.equal(refused.url.searchParams.get('error'), 'access_denied');

    const guessed = await open();
    const missed = await authenticate(guessed.browser, guessed.page, { ...byEmail, password: person.wrongPassword });
    const swapped = await authenticate(guessed.browser, notePage(missed), {
      identifier: person.password,
      password: person.username,
    });
    const right = await authenticate(guessed.browser, notePage(swapped), { ...byEmail, identifier: person.username });
    await finish(guessed.begun, guessed.browser, await allow(guessed.browser, notePage(right)));

    const terms = await open({}, await connect(platform.issuer, withTerms));
    const read = notePage(await authenticate(terms.browser, terms.page, byEmail));
    const agreed = await terms.browser.submit(read, '/steps/terms', { decision: 'accept', accepted: 'yes' });
    await finish(
      terms.begun,
      terms.browser,
      await allow(terms.browser, notePage(agreed)),
      await connect(platform.issuer, withTerms),
    );

    // Away for longer than a factor stays fresh: it is asked again.
    await office.changeSettings({ factor_freshness: '6s' });
    await delay(1100);
    const away = await open();
    await authenticate(away.browser, away.page, byEmail);
    await delay(6100);
    const stale = notePage(await away.browser.open(away.page.url));
    const fresh = await authenticate(away.browser, stale, byEmail);
    await finish(away.begun, away.browser, await allow(away.browser, notePage(fresh)));

    // Left alone.
    await office.changeSettings({ factor_freshness: '1h0m0s', login_lifetime: '6s' });
    await delay(1100);
    const left = await open();
    notePage(await authenticate(left.browser, left.page, byEmail));
    noteBrowser(left.browser);
    await delay(6500);
  }

  async function finishedLogins(): Promise<readonly string[]> {
    for (const deadline = Date.now() + 60_000; ; await delay(200)) {
      const found = [];
      for await (const { workflowId, status } of temporal.workflow.list()) {
        if (status.name === 'COMPLETED') found.push(workflowId);
      }
      if (found.length >= 7 || Date.now() > deadline) return found;
    }
  }
  async function outcomeOf(id: string): Promise<string> {
    const outcome: unknown = await temporal.workflow.getHandle(id).result();
    return JSON.stringify(outcome);
  }

  it('are those of logins that were granted, denied, guessed at, taken up late, agreed to terms, and left alone', () => {
    assert.equal(ids.length, 7);
    assert.equal(outcomes.filter((outcome) => outcome.includes('"granted"')).length, 5);
    assert.equal(outcomes.filter((outcome) => outcome.includes('"denied"')).length, 1);
    assert.equal(outcomes.filter((outcome) => outcome.includes('"expired"')).length, 1);
    for (const [name, values] of Object.entries(secrets)) assert.ok(values.length > 0, `nothing known as ${name}`);
    assert.ok((secrets['token'] ?? []).length >= 10);
    assert.ok((secrets['cookie'] ?? []).length >= 10);
  });

  it('hold no password, address, name, token, code, cookie, state or nonce in anything the codec decodes', async () => {
    for (const id of ids) {
      const { texts, sealed } = await readWorkflow(id);
      assert.ok(sealed.length >= 4, 'nothing was decoded');
      assert.deepEqual(findSecrets(texts, secrets), [], id);
      assert.equal(
        texts.some((text) => text.includes('127.0.0.1')),
        false,
        'the address of a browser',
      );
    }
  });

  it('are encrypted, but for search attributes and what the core notes about a local activity', async () => {
    for (const id of ids) {
      const { inClear } = await readWorkflow(id);
      const others = inClear.filter((path) => !allowed.some((name) => path.includes(name)));
      assert.deepEqual(others, [], id);
    }
  });

  it('show none of it in the bytes of its files, nor any text that the codec decodes', async () => {
    const bytes = await readTemporalBytes(platform.temporal.dataDir);
    assert.ok(findSecrets(bytes, { id: [ids[0] ?? ''] }).length === 1, 'the search finds what is there');
    assert.deepEqual(findSecrets(bytes, secrets), []);
    for (const id of ids) {
      const { sealed } = await readWorkflow(id);
      // Shorter texts are codes such as a step's name, which search attributes tell in clear.
      const texts = sealed.filter((text) => text.length >= 16);
      assert.ok(texts.length >= 3);
      assert.deepEqual(findSecrets(bytes, { decoded: texts }), [], id);
    }
  });

  it('would not pass if one held a password: the same search finds it, encrypted and in clear', async () => {
    const start = async (client: TemporalClient): Promise<string> => {
      const workflowId = newId();
      await office.platform.dataKeys.ensure(tenant, workflowId);
      await client.workflow.start('authentication', {
        workflowId,
        taskQueue: 'nobody-listens',
        args: [{ title: person.password }],
        memo: { who: person.email },
        staticSummary: `Sign-in of ${person.name}`,
      });
      return workflowId;
    };
    const encrypted = await readWorkflow(await start(temporal));
    assert.deepEqual([...findSecrets(encrypted.texts, secrets)].sort(), ['e-mail', 'name', 'password']);
    assert.deepEqual(encrypted.inClear, []);
    assert.deepEqual(findSecrets(await readTemporalBytes(platform.temporal.dataDir), secrets), []);

    const plain = await readWorkflow(await start(new TemporalClient({ connection })));
    assert.deepEqual([...findSecrets(plain.texts, secrets)].sort(), ['e-mail', 'name', 'password']);
    assert.ok(plain.inClear.length >= 3);
    const bytes = await readTemporalBytes(platform.temporal.dataDir);
    assert.deepEqual([...findSecrets(bytes, secrets)].sort(), ['e-mail', 'name', 'password']);
  });

  it('cannot be decoded any more once the data key of the login is deleted, and the others still can', async () => {
    const [erased = '', kept = ''] = ids;
    await readWorkflow(erased);
    await office.platform.dataKeys.remove(tenant, erased);
    const { database, sealer } = office.platform;
    const store = createDataKeyStore(database, { sealer });
    codec = createPayloadCodec({
      keys: { forWorkflow: (_namespace, id) => store.findByWorkflow(id), byId: (id) => store.findById(id) },
    });
    await assert.rejects(readWorkflow(erased), { name: 'PayloadRefused', code: 'key_erased' });
    assert.ok((await readWorkflow(kept)).sealed.length >= 4);
  });
});
