/** The time of an approval is over while a process is gone: it ends once, as nobody decided, and its login once, as its script says. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type * as oidc from 'openid-client';
import type { Approval } from '../../server/approvals/approval.ts';
import { groupId, poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { publishScript } from '../support/demo-scripts.ts';
import { authenticate, begin, connect } from '../support/relying-party.ts';
import { typed } from '../support/scripts.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openHouse, rowsBetween, type House, type Rows, type Victim } from './house.ts';

const [tenant, workspace, pool] = [tenantId('default'), workspaceId('demo'), poolId('demo-pool')];
const password = 'a long enough password here';
/** Long enough that a process can be killed before it is over. */
const source = typed(
  `if (event.client.id.startsWith('approvals-')) return;
   const { approved } = await api.approval({ group: 'Treasury', quorum: 1, timeout: '7s', reason: 'Ledger' });
   if (!approved) return api.deny('not_approved');`,
  `effects: ['approval', 'deny'],`,
);

/** What a login leaves that nobody approved in time. */
const denied: Rows = {
  granted: 0,
  denied: 1,
  consents: 0,
  grants: 0,
  snapshots: 0,
  redeemed: 0,
  succeededEvents: 0,
  deniedEvents: 1,
};

describe("an approval's deadline", function () {
  this.timeout(180_000);
  let house: House;
  let hasty: oidc.Configuration;

  before(async () => {
    house = await openHouse();
    const { office, platform } = house;
    await office.changeSettings({ plugins: {} });
    hasty = await connect(platform.issuer, await office.addClient({ client_name: 'Hasty' }, true));
    const { stores } = office.platform;
    const now = Date.now();
    const group = {
      ...{ tenantId: tenant, poolId: pool, id: groupId('treasury'), path: 'treasury', name: 'Treasury' },
      ...{ description: '', createdAt: now, updatedAt: now },
    };
    await stores.groups.insert(group);
    const zenobia = await office.addPerson({
      ...{ name: 'Zenobia', email: 'zenobia@approvers.example', password },
      isConfirmed: true,
    });
    await stores.memberships.insert(group, zenobia.id, now);
    await publishScript(office, 'ask', source);
  });
  after(() => house.close());
  beforeEach(() => house.office.forgiveAttempts());

  async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 600; tries += 1) {
      const found = await find().catch(() => undefined);
      if (found !== undefined) return found;
      await delay(100);
    }
    throw new Error(`${what} did not come: ${house.platform.worker.output().slice(-2000)}`);
  }
  const newest = async (): Promise<Approval | undefined> =>
    (await house.office.platform.stores.approvals.list(tenant, workspace, { limit: 1, order: 'desc' })).items[0];
  const rowOf = async ({ id }: Approval): Promise<Approval> => {
    const row = await house.office.platform.stores.approvals.find(tenant, workspace, id);
    assert.ok(row);
    return row;
  };
  /** How its end was told. */
  const endings = async ({ id }: Approval): Promise<readonly unknown[]> => {
    const rows: readonly { readonly payload: string }[] = await house.office.platform
      .database('audit_events')
      .where({ subject: 'approval', action: 'ended' });
    return rows
      .map(
        ({ payload }) => (JSON.parse(payload) as { readonly approval_ended: Record<string, unknown> }).approval_ended,
      )
      .filter((ended) => ended['id'] === id)
      .map(({ outcome }) => outcome);
  };

  interface Waiting {
    readonly approval: Approval;
    readonly browser: WebBrowser;
    readonly login: URL;
    readonly state: string;
    readonly before: Rows;
  }
  /** Ada at her login, which waits for Zenobia. */
  async function start(): Promise<Waiting> {
    const before = await house.count();
    const earlier = (await newest())?.id;
    const browser = createWebBrowser(house.platform.origin);
    const { url, state } = await begin(hasty, { prompt: 'login' });
    const login = await browser.open(url);
    const { email: identifier, password: secret } = house.platform.person;
    await authenticate(browser, login, { identifier, password: secret }).catch(() => undefined);
    const approval = await until('the question', async () => {
      const found = await newest();
      return found?.id === earlier ? undefined : found;
    });
    return { approval, browser, login: login.url, state, before };
  }
  const past = async ({ approval }: Waiting): Promise<void> => {
    await delay(Math.max(0, approval.expiresAt - Date.now()) + 100);
  };
  /** All of it, once: the page, the row, what is told of both, and both workflows. */
  async function isOver({ approval, browser, login, state, before }: Waiting): Promise<void> {
    const answer: Shown = await until('the answer', async () => {
      const page = await browser.open(login);
      return page.left ? page : undefined;
    });
    assert.equal(answer.url.searchParams.get('error'), 'access_denied', answer.url.href);
    assert.equal(answer.url.searchParams.get('state'), state);
    await until('the end of the telling', async () => ((await rowOf(approval)).dueAt === undefined ? true : undefined));
    assert.equal((await rowOf(approval)).state, 'expired');
    assert.deepEqual(await endings(approval), ['expired']);
    assert.deepEqual(rowsBetween(before, await house.count()), denied);
    assert.equal((await newest())?.id, approval.id, 'nobody was asked a second time');
    const { interactionId } = approval;
    assert.equal((await house.workflowOf(interactionId, 20_000))?.outcome?.outcome, 'denied');
  }

  for (const victim of ['server', 'Temporal', "Temporal's data"] as const satisfies readonly Victim[]) {
    it(`passes while ${victim} is gone`, async () => {
      const waiting = await start();
      await house.kill(victim);
      await past(waiting);
      await house.restart(victim);
      await isOver(waiting);
    });
  }

  for (const place of ['runScript-written', 'runScript-committed', 'endApproval-committed'] as const) {
    it(`is struck with the worker where its end is written down (${place})`, async () => {
      const waiting = await start();
      // Its login would be the first to see it: one that hangs lets the approval's own workflow be it.
      const hung = place === 'endApproval-committed' ? await house.arm('runScript-begun') : undefined;
      const barrier = await house.arm(place);
      await barrier.reached();
      assert.ok(Date.now() >= waiting.approval.expiresAt, 'the place was passed for something else');
      await house.kill('worker');
      await barrier.release();
      await hung?.release();
      await house.restart('worker');
      await isOver(waiting);
    });
  }

  it('has passed for who decides while the worker is gone, and nobody has written that it has', async () => {
    const browser = createWebBrowser(house.platform.origin);
    const list = '/default/demo/approvals';
    await authenticate(browser, await browser.open(list), { identifier: 'zenobia@approvers.example', password });
    const waiting = await start();
    const path = `${list}/${waiting.approval.id}`;
    const page = await browser.open(path);
    assert.match(page.text, /Ledger/);
    await house.kill('worker');
    await past(waiting);
    assert.equal((await rowOf(waiting.approval)).state, 'open');
    const told = await browser.submit(page, path, { decision: 'approve', reason: 'I know her' });
    assert.doesNotMatch(told.text, /You approved/);
    assert.equal((await rowOf(waiting.approval)).approved, 0);
    await house.restart('worker');
    await isOver(waiting);
  });
});
