/** A house whose applications' logins wait for somebody of its treasury, and what tests of such a wait ask about it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type * as oidc from 'openid-client';
import type { Approval } from '../../server/approvals/approval.ts';
import { groupId, poolId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { publishScript } from '../support/demo-scripts.ts';
import { authenticate, begin, connect, type Begun } from '../support/relying-party.ts';
import { typed } from '../support/scripts.ts';
import { createWebBrowser, type Shown, type WebBrowser } from '../support/web-browser.ts';
import { openHouse, type House } from './house.ts';

const [tenant, workspace, pool] = [tenantId('default'), workspaceId('demo'), poolId('demo-pool')];
const approver = { identifier: 'zenobia@approvers.example', password: 'a long enough password here' };

/** Ada at her login, which waits once its script has asked. */
export interface Waiting {
  readonly approval: Approval;
  readonly browser: WebBrowser;
  readonly begun: Begun;
  readonly login: URL;
}

export interface Treasury {
  readonly house: House;
  readonly application: oidc.Configuration;
  /** The one who may approve. */
  readonly zenobia: User;
  start(): Promise<Waiting>;
  /** Zenobia at a page of the workspace. */
  signIn(path: string): Promise<{ readonly browser: WebBrowser; readonly page: Shown }>;
  newest(): Promise<Approval | undefined>;
  rowOf(approval: Approval): Promise<Approval>;
  /** What is there in a minute. @throws Error that says what did not come */
  until<T>(what: string, find: () => Promise<T | undefined>): Promise<T>;
  /** Reloads, as Ada's page does by itself, until she has left for the application. */
  left(waiting: Pick<Waiting, 'browser' | 'login'>): Promise<Shown>;
  /** What came of it is told to whoever has to know. */
  isTold(approval: Approval): Promise<true>;
}

/** @param timeout after which it is denied, as a script says it */
export async function openTreasury(timeout: string): Promise<Treasury> {
  const house = await openHouse();
  const { office, platform } = house;
  const { stores } = office.platform;
  // Approvers and applications of these tests are asked for no terms.
  await office.changeSettings({ plugins: {} });
  const application = await connect(platform.issuer, await office.addClient({ client_name: 'Ledger' }, true));
  const now = Date.now();
  const group = {
    ...{ tenantId: tenant, poolId: pool, id: groupId('treasury'), path: 'treasury', name: 'Treasury' },
    ...{ description: '', createdAt: now, updatedAt: now },
  };
  await stores.groups.insert(group);
  const { identifier: email, password } = approver;
  const zenobia = await office.addPerson({ name: 'Zenobia', email, password, isConfirmed: true });
  await stores.memberships.insert(group, zenobia.id, now);
  const source = typed(
    `if (event.client.id.startsWith('approvals-')) return;
   const { approved } = await api.approval({ group: 'Treasury', quorum: 1, timeout: '${timeout}', reason: 'Ledger' });
   if (!approved) return api.deny('not_approved');`,
    `effects: ['approval', 'deny'],`,
  );
  await publishScript(office, 'ask', source);

  async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 600; tries += 1) {
      const found = await find().catch(() => undefined);
      if (found !== undefined) return found;
      await delay(100);
    }
    throw new Error(`${what} did not come: ${platform.worker.output().slice(-2000)}`);
  }
  const newest = async (): Promise<Approval | undefined> =>
    (await stores.approvals.list(tenant, workspace, { limit: 1, order: 'desc' })).items[0];
  const rowOf = async ({ id }: Approval): Promise<Approval> => {
    const row = await stores.approvals.find(tenant, workspace, id);
    assert.ok(row);
    return row;
  };

  return {
    house,
    application,
    zenobia,
    until,
    newest,
    rowOf,
    async start() {
      const before = (await newest())?.id;
      const browser = createWebBrowser(platform.origin);
      const begun = await begin(application, { prompt: 'login' });
      const login = await browser.open(begun.url);
      const { email: identifier, password: secret } = platform.person;
      await authenticate(browser, login, { identifier, password: secret }).catch(() => undefined);
      const approval = await until('the question', async () => {
        const found = await newest();
        return found?.id === before ? undefined : found;
      });
      return { approval, browser, begun, login: login.url };
    },
    async signIn(path) {
      const browser = createWebBrowser(platform.origin);
      const login = await browser.open(path);
      const answered = await authenticate(browser, login, approver);
      if (answered.status !== 503) return { browser, page: answered };
      // A worker that has only just come back may keep her waiting, as the page says.
      const page = await until('her page', async () => {
        const shown = await browser.open(login.url);
        return shown.status === 503 ? undefined : shown;
      });
      return { browser, page };
    },
    left: ({ browser, login }) =>
      until('the answer', async () => {
        const page = await browser.open(login);
        return page.left ? page : undefined;
      }),
    isTold: (approval) =>
      until('the end of the telling', async () => ((await rowOf(approval)).dueAt === undefined ? true : undefined)),
  };
}
