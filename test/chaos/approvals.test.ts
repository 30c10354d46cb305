/** People decide over a login that waits: whatever is killed between a decision, its word and the login, all three come to agree. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type * as oidc from 'openid-client';
import type { Approval } from '../../server/approvals/approval.ts';
import { groupId, poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { publishScript } from '../support/demo-scripts.ts';
import { authenticate, begin, connect, redeem } from '../support/relying-party.ts';
import { typed } from '../support/scripts.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openHouse, type House } from './house.ts';

const [tenant, workspace, pool] = [tenantId('default'), workspaceId('demo'), poolId('demo-pool')];
const password = 'a long enough password here';
const source = typed(
  `if (event.client.id.startsWith('approvals-')) return;
   const { approved } = await api.approval({ group: 'Treasury', quorum: 1, timeout: '5h', reason: 'Ledger' });
   if (!approved) return api.deny('not_approved');`,
  `effects: ['approval', 'deny'],`,
);

describe('a login that waits for people', function () {
  this.timeout(180_000);
  let house: House;
  let patient: oidc.Configuration;
  let zenobia: User;

  before(async () => {
    house = await openHouse();
    const { office, platform } = house;
    // Approvers and applications of these tests are asked for no terms.
    await office.changeSettings({ plugins: {} });
    patient = await connect(platform.issuer, await office.addClient({ client_name: 'Patient' }, true));
    const { stores } = office.platform;
    const now = Date.now();
    const group = {
      ...{ tenantId: tenant, poolId: pool, id: groupId('treasury'), path: 'treasury', name: 'Treasury' },
      ...{ description: '', createdAt: now, updatedAt: now },
    };
    await stores.groups.insert(group);
    zenobia = await office.addPerson({
      ...{ name: 'Zenobia', email: 'zenobia@approvers.example', password },
      isConfirmed: true,
    });
    await stores.memberships.insert(group, zenobia.id, now);
    await publishScript(office, 'ask', source);
  });
  after(() => house.close());
  beforeEach(() => house.office.forgiveAttempts());

  const kept = () => house.office.platform.stores;
  async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 600; tries += 1) {
      const found = await find().catch(() => undefined);
      if (found !== undefined) return found;
      await delay(100);
    }
    throw new Error(`${what} did not come: ${house.platform.worker.output().slice(-2000)}`);
  }
  const newest = async (): Promise<Approval | undefined> =>
    (await kept().approvals.list(tenant, workspace, { limit: 1, order: 'desc' })).items[0];
  const rowOf = async ({ id }: Approval): Promise<Approval> => {
    const row = await kept().approvals.find(tenant, workspace, id);
    assert.ok(row);
    return row;
  };
  const mailsSince = (at: number): Promise<number> =>
    house.office.platform
      .database('messages')
      .where({ kind: 'approval', owner_id: zenobia.id })
      .where('created_at', '>=', at)
      .then((rows: readonly unknown[]) => rows.length);

  interface Waiting {
    readonly browser: WebBrowser;
    readonly begun: Awaited<ReturnType<typeof begin>>;
    readonly login: URL;
  }
  /** Ada at her login; she is told to wait once the script has asked. */
  async function start(): Promise<Waiting> {
    const browser = createWebBrowser(house.platform.origin);
    const begun = await begin(patient, { prompt: 'login' });
    const login = await browser.open(begun.url);
    const { email: identifier, password: secret } = house.platform.person;
    await authenticate(browser, login, { identifier, password: secret }).catch(() => undefined);
    return { browser, begun, login: login.url };
  }
  async function asked(work: () => Promise<unknown>): Promise<Approval> {
    const before = (await newest())?.id;
    await work();
    return until('the question', async () => {
      const found = await newest();
      return found?.id === before ? undefined : found;
    });
  }
  /** Reloads, as her page does by itself, until she has left for the application. */
  const left = ({ browser, login }: Waiting): Promise<Shown> =>
    until('the answer', async () => {
      const page = await browser.open(login);
      return page.left ? page : undefined;
    });
  const arrives = async (waiting: Waiting): Promise<void> => {
    const answer = await left(waiting);
    assert.ok(answer.url.searchParams.has('code'), answer.url.href);
    assert.ok((await redeem(patient, waiting.begun, answer.url)).claims());
  };
  /** Zenobia at the page where she decides. */
  async function approver({ id }: Approval): Promise<() => Promise<Shown>> {
    const path = `/default/demo/approvals/${id}`;
    const browser = createWebBrowser(house.platform.origin);
    const identifier = 'zenobia@approvers.example';
    const page = await authenticate(browser, await browser.open(path), { identifier, password });
    return () => browser.submit(page, path, { decision: 'approve', reason: 'I know her' });
  }

  for (const victim of ['Temporal', "Temporal's data"] as const) {
    it(`goes on with what was decided while ${victim} was gone`, async () => {
      let waiting: Waiting | undefined;
      const approval = await asked(async () => (waiting = await start()));
      assert.ok(waiting);
      const decide = await approver(approval);
      await house.kill(victim);
      assert.match((await decide()).text, /You approved/);
      assert.equal((await rowOf(approval)).state, 'approved');
      await house.restart(victim);
      await arrives(waiting);
      await until('the end of the telling', async () =>
        (await rowOf(approval)).dueAt === undefined ? true : undefined,
      );
      assert.equal((await newest())?.id, approval.id, 'nobody was asked a second time');
    });
  }

  for (const place of ['begun', 'written', 'committed'] as const) {
    it(`has each approver written to once, where the worker is killed in a round of mails (${place})`, async () => {
      const since = Date.now();
      const barrier = await house.arm(`remindApprovers-${place}`);
      let waiting: Waiting | undefined;
      const approval = await asked(async () => (waiting = await start()));
      assert.ok(waiting);
      await barrier.reached();
      await house.kill('worker');
      await barrier.release();
      assert.equal(await mailsSince(since), place === 'committed' ? 1 : 0);
      await house.restart('worker');
      await until('the mail', async () => ((await mailsSince(since)) > 0 ? true : undefined));
      assert.match((await (await approver(approval))()).text, /You approved/);
      await arrives(waiting);
      assert.equal(await mailsSince(since), 1);
      assert.equal((await rowOf(approval)).reminders, 1);
    });
  }
});
