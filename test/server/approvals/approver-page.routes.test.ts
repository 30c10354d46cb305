/** The pages of who decides: behind their own login, in words, without a script, and nothing of it for anybody else. */
import assert from 'node:assert/strict';
import { requestApproval } from '../../../server/approvals/approval-request.ts';
import type { Approval } from '../../../server/approvals/approval.ts';
import type { Group } from '../../../server/groups/group.ts';
import { clientId, groupId, idpId, interactionId, newId, scriptRunId } from '../../../server/kernel/ids.ts';
import { openOwnAccounts, type OwnAccountHouse, type Owner } from '../../support/own-account.ts';
import { place } from '../../support/web-login.ts';

const base = '/default/demo/approvals';

describe('/:tid/:aid/approvals', function () {
  const { tenantId, workspaceId, poolId } = place;
  let on: OwnAccountHouse;
  let bob: Owner;
  let eve: Owner;
  let mallory: Owner;
  let group: Group;

  before(async () => {
    on = await openOwnAccounts();
    await on.allow(['password']);
    const now = Date.now();
    group = {
      ...{ tenantId, poolId },
      id: groupId('treasury'),
      path: 'treasury',
      name: 'Treasury',
      description: '',
      createdAt: now,
      updatedAt: now,
    };
    await on.house.platform.stores.groups.insert(group);
  });
  after(() => on.stop());
  beforeEach(async () => {
    for (const table of ['throttles', 'approvals']) await on.house.platform.database(table).delete();
    [bob, eve, mallory] = [await on.person(), await on.person(), await on.person()];
    for (const { user } of [bob, eve]) await join(user.id);
  });

  const kept = () => on.house.platform.stores;
  const join = (user: Owner['user']['id']) => kept().memberships.insert(group, user, Date.now());
  async function ask(by = mallory): Promise<Approval> {
    const now = Date.now();
    const login = interactionId(newId());
    await kept().interactions.insertOnce({
      ...{ tenantId, workspaceId, id: login, uid: newId(), clientId: clientId('demo') },
      state: 'open',
      step: 'script',
      person: undefined,
      attempt: undefined,
      reason: undefined,
      startedAt: now,
      expiresAt: now + 3_600_000,
      committedAt: undefined,
    });
    const approval = await on.house.platform.unitOfWork.run((stores) =>
      requestApproval(stores, {
        ...{ tenantId, workspaceId, interactionId: login, runId: scriptRunId(newId()), call: 0 },
        clientId: clientId('demo'),
        person: {
          subject: newId(),
          idpId: idpId('demo-pool'),
          userId: by.user.id,
          context: { name: 'Ada <i>Lovelace</i>' },
        },
        request: { group: 'treasury', quorum: 2, reason: 'Access to the <b>treasury</b>', timeoutMs: 600_000 },
        deadline: (timeoutMs) => now + timeoutMs,
        now,
      }),
    );
    assert.ok(typeof approval !== 'string');
    return approval;
  }
  const at = ({ id }: Approval): string => `${base}/${id}`;
  const row = async ({ id }: Approval) => {
    const found = await kept().approvals.find(tenantId, workspaceId, id);
    assert.ok(found);
    return found;
  };
  const decisionsOf = async (approval: Approval) =>
    (await kept().approvals.decisionsOf(approval)).map(({ userId, approves, reason }) => ({
      userId,
      approves,
      reason,
    }));
  const decide = async (owner: Owner, approval: Approval, decision: string, reason = 'I know her') => {
    const page = await owner.arrive(at(approval));
    return owner.browser.submit(page, at(approval), { decision, reason });
  };

  const nonceIn = (page: { readonly text: string }): string => {
    const nonce = /name="nonce" value="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
    assert.notEqual(nonce, '');
    return nonce;
  };
  /** A form that no page of ours was for, sent by this person's browser. */
  async function send(
    owner: Owner,
    path: string,
    nonce: string,
    headers: Readonly<Record<string, string>> = { origin: on.house.origin },
  ) {
    const body = new URLSearchParams({ nonce, decision: 'approve', reason: 'x' });
    const answer = await owner.browser.ask(path, { method: 'POST', body, headers });
    return { status: answer.status, text: await answer.text() };
  }

  it('show who asks, for what, why and until when; and take a decision with a reason', async () => {
    const approval = await ask();
    const list = await bob.arrive(base);
    assert.match(list.text, /Ada &lt;i&gt;Lovelace&lt;\/i&gt; wants to sign in to/);
    assert.ok(list.text.includes(`href="${at(approval)}"`));
    const page = await bob.browser.open(at(approval));
    assert.match(page.text, /Access to the &lt;b&gt;treasury&lt;\/b&gt;/);
    assert.match(page.text, /0 of 2 have approved/);
    assert.match(page.text, /UTC/);
    const done = await bob.browser.submit(page, at(approval), { decision: 'approve', reason: ' I know her ' });
    assert.match(done.text, /You approved/);
    assert.match(done.text, /Nobody is waiting for you/);
    assert.deepEqual(await decisionsOf(approval), [{ userId: bob.user.id, approves: true, reason: 'I know her' }]);
    const second = await eve.arrive(at(approval));
    assert.match(second.text, /I know her/, 'who decides later sees who decided before');
    const end = await eve.browser.submit(second, at(approval), { decision: 'approve', reason: 'Fine' });
    assert.match(end.text, /You approved/);
    assert.equal((await row(approval)).state, 'approved');
  });

  it('say by which addresses who asks is known, since what they are called is theirs to say', async () => {
    const known = (await kept().addresses.listOf(tenantId, poolId, mallory.user.id)).map(
      ({ normalized }) => normalized,
    );
    for (const one of known) await kept().addresses.remove(tenantId, poolId, mallory.user.id, one);
    assert.match((await bob.arrive(at(await ask()))).text, /None: nobody has checked/);
    const verified = { type: 'email', value: 'mallory@example.com', normalized: 'mallory@example.com' } as const;
    const more = {
      status: 'active',
      preferredContactMethod: undefined,
      metadata: {},
      createdAt: 0,
      updatedAt: 0,
    } as const;
    await kept().addresses.insert(tenantId, poolId, mallory.user.id, { ...verified, ...more, verifiedAt: Date.now() });
    const page = await bob.browser.open(at(await ask()));
    assert.match(page.text, /Ada &lt;i&gt;Lovelace/);
    assert.match(page.text, /mallory@example\.com/);
  });

  it('take a denial, which ends it', async () => {
    const approval = await ask();
    assert.match((await decide(bob, approval, 'deny', 'On leave')).text, /You denied/);
    assert.equal((await row(approval)).state, 'denied');
    const late = await eve.arrive(at(approval));
    assert.match(late.text, /It was denied/);
    assert.doesNotMatch(late.text, /name="decision"/);
  });

  it('say in words what is missing, and keep what was typed', async () => {
    const approval = await ask();
    const page = await bob.arrive(at(approval));
    const submit = (fields: Record<string, string>) => bob.browser.submit(page, at(approval), fields);
    const none = await submit({ decision: 'approve', reason: '   ' });
    assert.equal(none.status, 422);
    assert.match(none.text, /Enter a reason/);
    const neither = await submit({ reason: 'I know her' });
    assert.match(neither.text, /Choose whether you approve or deny/);
    assert.match(neither.text, />I know her<\/textarea>/);
    assert.match((await submit({ decision: 'approve', reason: 'x'.repeat(501) })).text, /at most 500 characters/);
    assert.match((await submit({ decision: 'perhaps', reason: 'x' })).text, /Choose whether/);
    assert.deepEqual(await decisionsOf(approval), []);
  });

  it('say that it is over, or decided already, to who comes with an old form', async () => {
    const approval = await ask();
    const [old, same] = [await bob.arrive(at(approval)), await eve.arrive(at(approval))];
    const first = await bob.browser.submit(old, at(approval), { decision: 'approve', reason: 'Once' });
    assert.match(first.text, /You approved/);
    const twice = await bob.browser.submit(old, at(approval), { decision: 'deny', reason: 'Twice' });
    assert.match(twice.text, /You had decided before/);
    await kept().approvals.end(approval, 'expired', Date.now());
    const late = await eve.browser.submit(same, at(approval), { decision: 'approve', reason: 'Late' });
    assert.match(late.text, /over before you decided/);
    assert.equal((await row(approval)).approved, 1);
  });

  it('take nothing after the deadline, although its end is not written yet', async () => {
    const approval = await ask();
    const page = await bob.arrive(at(approval));
    const { database } = on.house.platform;
    await database('approvals').where({ id: approval.id }).update({ expires_at: Date.now() });
    const late = await bob.browser.submit(page, at(approval), { decision: 'approve', reason: 'Late' });
    assert.match(late.text, /over before you decided/);
    assert.deepEqual(await decisionsOf(approval), []);
  });

  describe('to who was not asked', () => {
    it('show nothing, and are as if there were nothing', async () => {
      const approval = await ask(bob);
      const page = await mallory.arrive(base);
      assert.match(page.text, /Nobody is waiting for you/);
      const theirs = await mallory.browser.open(at(approval));
      const missing = await mallory.browser.open(`${base}/${newId()}`);
      assert.deepEqual([theirs.status, missing.status], [404, 404]);
      assert.doesNotMatch(theirs.text, /Lovelace|treasury/);
    });

    it('and to who asks are the same', async () => {
      const approval = await ask(bob);
      assert.match((await bob.arrive(base)).text, /Nobody is waiting for you/);
      assert.equal((await bob.browser.open(at(approval))).status, 404);
    });

    it('take no form that was made for another person, approval or page', async () => {
      const [mine, theirs] = [await ask(bob), await ask(mallory)];
      const page = await bob.arrive(at(theirs));
      const nonce = nonceIn(page);
      const post = (owner: Owner, path: string) => send(owner, path, nonce);
      assert.equal((await post(bob, at(mine))).status, 404, 'over their own');
      await eve.arrive(base);
      assert.match((await post(eve, at(theirs))).text, /out of date, and nothing was decided/);
      const other = await ask(mallory);
      assert.match((await post(bob, at(other))).text, /out of date, and nothing was decided/);
      for (const approval of [mine, theirs, other]) assert.deepEqual(await decisionsOf(approval), []);
    });

    it('take no form of another site', async () => {
      const approval = await ask();
      const page = await bob.arrive(at(approval));
      const nonce = nonceIn(page);
      const forged = await send(bob, at(approval), nonce, {
        origin: 'https://evil.example',
        'sec-fetch-site': 'cross-site',
      });
      assert.equal(forged.status, 403);
      assert.deepEqual(await decisionsOf(approval), []);
    });

    it('send who is signed in nowhere to sign in, and take nothing of them', async () => {
      const approval = await ask();
      const answer = await fetch(`${on.house.origin}${at(approval)}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: on.house.origin },
        body: new URLSearchParams({ decision: 'approve', reason: 'x' }),
      });
      assert.equal(answer.status, 303);
      assert.match(answer.headers.get('location') ?? '', /oauth2\/authorize/);
      assert.deepEqual(await decisionsOf(approval), []);
    });
  });

  it('ask who signed in a while ago to do so again before they decide', async () => {
    const approval = await ask();
    await bob.arrive(base);
    await on.age(600);
    const page = await bob.browser.open(at(approval));
    assert.match(page.text, /Password/);
  });

  it('let them sign out', async () => {
    const page = await bob.arrive(base);
    const out = await bob.browser.submit(page, '/sign-out', {});
    assert.doesNotMatch(out.text, /You are signed in as/);
  });
});
