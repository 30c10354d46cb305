/** A script that decides over a login is struck while it runs and while it sleeps: its person arrives, and nothing is asked twice. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import type * as oidc from 'openid-client';
import { createSecretService } from '../../server/extensions/secret.service.ts';
import { systemClock as clock } from '../../server/kernel/clock.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { publishScript } from '../support/demo-scripts.ts';
import { startTestPlatform, type TestPlatform, type TestProcess } from '../support/platform.ts';
import { authenticate, begin, connect, redeem } from '../support/relying-party.ts';
import { readTemporalBytes } from '../support/temporal-bytes.ts';
import { createWebBrowser, titleOf, type Shown } from '../support/web-browser.ts';

const [tenant, workspace] = [tenantId('default'), workspaceId('demo')];

describe('a login over which the script of the guide decides', function () {
  this.timeout(120_000);
  let platform: TestPlatform;
  let office: BackOffice;
  let config: oidc.Configuration;
  let service: Server;
  /** What the risk service was asked, and by whom. */
  let questions: { readonly question: string; readonly person: string }[] = [];
  let keys: (string | undefined)[] = [];
  let answer: object = { score: 10 };
  /** Requests that it lets wait; undefined: it answers at once. */
  let held: ServerResponse[] | undefined;

  before(async () => {
    service = createServer((req, res) => {
      void text(req).then((body) => {
        questions.push(JSON.parse(body) as (typeof questions)[number]);
        keys.push(req.headers.authorization);
        if (held === undefined) reply(res);
        else held.push(res);
      });
    });
    await new Promise<void>((listening) => service.listen(0, '127.0.0.1', listening));
    const env = { OUTGOING_ALLOW: '127.0.0.1', SCRIPTS_CHILDREN: '2' };
    platform = await startTestPlatform({ env });
    office = await openBackOffice(platform);
    config = await connect(platform.issuer, await office.addClient({ client_name: 'Never asks' }, true));
    await publish();
  });
  after(async () => {
    service.closeAllConnections();
    service.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(async () => {
    await office.forgiveAttempts();
    [questions, keys, held, answer] = [[], [], undefined, { score: 10 }];
  });

  const reply = (res: ServerResponse): void => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  };
  const release = (): void => {
    for (const res of held ?? []) reply(res);
    held = undefined;
  };

  /** As the guide has it, but for where the service is. */
  async function publish(): Promise<void> {
    const here = `127.0.0.1:${String((service.address() as AddressInfo).port)}`;
    const source = (await readFile(new URL('../../examples/scripts/risk.js', import.meta.url), 'utf8'))
      .replace(`https://risk.example.com`, `http://${here}`)
      .replace(`host: 'risk.example.com'`, `host: '${here}', insecure: true`);
    const { unitOfWork } = office.platform;
    await createSecretService({ unitOfWork, clock }).create(tenant, workspace, 'RISK_KEY', 'planted-secret-value');
    await publishScript(office, 'risk', source, ['risk']);
  }

  const start = async () => {
    const browser = createWebBrowser(platform.origin);
    const begun = await begin(config, { prompt: 'login' });
    const login = await browser.open(begun.url);
    const { email: identifier, password } = platform.person;
    return {
      browser,
      begun,
      login,
      sent: authenticate(browser, login, { identifier, password }).catch(() => undefined),
    };
  };
  type Started = Awaited<ReturnType<typeof start>>;
  /** Reloads, as the waiting page does by itself, until the application is reached. */
  const arrive = async ({ browser, begun, login, sent }: Started) => {
    let page: Shown | undefined = await sent;
    while (page?.left !== true) {
      await delay(300);
      page = await browser.open(login.url).catch(() => undefined);
    }
    assert.ok(page.url.searchParams.has('code'), page.url.href);
    return (await redeem(config, begun, page.url)).claims();
  };
  const asked = async (times: number): Promise<void> => {
    while (questions.length < times) await delay(20);
  };
  const restart = async (victim: TestProcess): Promise<void> => {
    await victim.kill();
    await victim.start();
  };

  const crash = async (temporal: TestPlatform['temporal']): Promise<void> => {
    process.kill(temporal.pid, 'SIGKILL');
    await temporal.halt();
    await temporal.resume();
  };

  it('arrives with what the script says of its person, who is asked for nothing', async () => {
    const claims = await arrive(await start());
    assert.equal(claims?.['risk'], 'low');
    assert.deepEqual(keys, ['Bearer planted-secret-value']);
    assert.equal(questions[0]?.person, claims.sub);
  });

  it('ends where the script refuses it', async () => {
    answer = { score: 99 };
    const page = await (await start()).sent;
    assert.equal(page?.url.searchParams.get('error'), 'access_denied', page && titleOf(page));
  });

  it('arrives though the process of the script is killed in the middle, and asks nobody twice', async () => {
    held = [];
    const started = await start();
    await asked(1);
    const children = childrenOf(platform.worker.pid);
    assert.ok(children.length > 0);
    for (const pid of children) process.kill(pid, 'SIGKILL');
    await delay(200);
    release();
    assert.equal((await arrive(started))?.['risk'], 'low');
    assert.equal(questions.length, 1, 'its answer was on the tape');
  });

  it('arrives though the worker is killed while the script runs: the question comes again under its own name', async () => {
    held = [];
    const started = await start();
    await asked(1);
    await platform.worker.kill();
    held = undefined;
    await platform.worker.start();
    assert.equal((await arrive(started))?.['risk'], 'low');
    assert.equal(questions.length, 2);
    assert.equal(questions[0]?.question, questions[1]?.question);
  });

  for (const [victim, kill] of [
    ['worker', () => restart(platform.worker)],
    ['server', () => restart(platform.server)],
    ['worker and the server', () => Promise.all([restart(platform.worker), restart(platform.server)])],
    ['Temporal', () => crash(platform.temporal)],
  ] as const)
    it(`arrives though the ${victim} is killed while the script sleeps, which asks nothing again`, async () => {
      answer = { score: 60, wait: '4s' };
      const started = await start();
      const waiting = await started.sent;
      assert.match(waiting === undefined ? '' : titleOf(waiting), /Signing you in/);
      await kill();
      assert.equal((await arrive(started))?.['risk'], 'medium');
      assert.equal(questions.length, 1);
    });

  it('leaves no secret and no word about its person where it can be read: in rows, and in what Temporal keeps', async () => {
    const rows: readonly { readonly sealed_record: string; readonly subject: string }[] = await office.platform
      .database('script_runs')
      .select();
    assert.ok(rows.length > 0);
    assert.doesNotMatch(JSON.stringify(rows), /planted-secret-value|example\.com|"score"/);
    const bytes = await readTemporalBytes(platform.temporal.dataDir);
    for (const word of ['planted-secret-value', platform.person.email, ...questions.map(({ question }) => question)])
      assert.ok(!bytes.some((one) => one.includes(word)), word);
    const { client_id: client } = config.clientMetadata();
    assert.ok(
      bytes.some((one) => one.includes(client)),
      'it is the store of these logins',
    );
  });
});

/** Processes that a process started, and those that these started. */
function childrenOf(pid: number): readonly number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return [];
      }
    });
  const below = (of: number): readonly number[] =>
    all.filter(({ parent }) => parent === of).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}
