/** Who decides over a login, and who does not: on real rows, with what somebody would try. */
import assert from 'node:assert/strict';
import { placesOf } from '../../../server/approvals/approver.ts';
import { requesterAllowance, requestApproval } from '../../../server/approvals/approval-request.ts';
import type { Approval } from '../../../server/approvals/approval.ts';
import type { Approver } from '../../../server/approvals/approval.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { idpId, newId, poolId, scriptRunId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import type { User } from '../../../server/users/user.ts';
import { openApprovalRows, type ApprovalRows } from '../../support/approval-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, userOf } from '../../support/seeded.ts';

const isNothing = (error: unknown) => isPlatformError(error, 'not_found');

onEachDatabase('ApprovalService', (open) => {
  let house: ApprovalRows;
  let bob: User;
  let eve: User;
  let mallory: User;
  let approval: Approval;
  beforeEach(async () => {
    house = await openApprovalRows(await open());
    bob = await house.person('Bob', 'treasury');
    eve = await house.person('Eve', 'night-shift');
    mallory = await house.person('Mallory');
    approval = await house.ask(await house.login());
  });

  const say = (user: User | Approver, approves = true, to = approval) =>
    house.approvals.decide('person' in user ? user : house.signedIn(user), to.id, {
      approves,
      name: 'A name',
      reason: 'On duty',
    });
  const row = async (of = approval) => {
    const found = await house.stores.approvals.find(of.tenantId, of.workspaceId, of.id);
    assert.ok(found);
    return found;
  };
  const listed = async (user: User) => (await house.approvals.listFor(house.signedIn(user))).map(({ id }) => id);
  const events = async () => {
    const rows = await house
      .knex<{ tenant_id: string; event_subject: string; action: string; payload: string }>('audit_events')
      .where({ tenant_id: approval.tenantId });
    return rows.filter(({ payload }) => payload.includes('approval_')).map(({ action }) => action);
  };
  const hidden = async (user: User | Approver, of = approval) => {
    const approver = 'person' in user ? user : house.signedIn(user);
    assert.ok((await house.approvals.listFor(approver)).every(({ id }) => id !== of.id));
    await assert.rejects(house.approvals.readFor(approver, of.id), isNothing);
    await assert.rejects(say(approver, true, of), isNothing);
    assert.deepEqual(await house.stores.approvals.decisionsOf(of), []);
  };

  it('is approved once as many have approved as have to: people of the group, and of those below it', async () => {
    assert.deepEqual(await listed(bob), [approval.id]);
    assert.deepEqual(await listed(eve), [approval.id]);
    assert.equal(await say(bob), 'kept');
    assert.equal((await row()).state, 'open');
    assert.deepEqual(await listed(bob), [], 'who has decided is asked no more');
    assert.equal(await say(eve), 'kept');
    assert.equal((await row()).state, 'approved');
    const decisions = await house.stores.approvals.decisionsOf(approval);
    assert.deepEqual(
      decisions.map(({ userId, approves, reason, at }) => ({ userId, approves, reason, at })).toSorted(byUser),
      [bob, eve].map(({ id }) => ({ userId: id, approves: true, reason: 'On duty', at: noon })).toSorted(byUser),
    );
    assert.deepEqual((await events()).toSorted(), ['decided', 'decided', 'ended', 'requested']);
  });

  it('is denied by one who denies, whatever others said before', async () => {
    await say(bob);
    assert.equal(await say(eve, false), 'kept');
    assert.equal((await row()).state, 'denied');
    const carl = await house.person('Carl', 'treasury');
    assert.equal(await say(carl), 'over');
    assert.equal((await house.stores.approvals.decisionsOf(approval)).length, 2);
  });

  it('counts nobody twice, one after the other or at once', async () => {
    assert.equal(await say(bob), 'kept');
    assert.equal(await say(bob), 'twice');
    const other = await house.ask(await house.login());
    const answers = await Promise.all([1, 2, 3, 4].map(() => say(bob, true, other)));
    assert.deepEqual(answers.toSorted(), ['kept', 'twice', 'twice', 'twice']);
    assert.deepEqual([(await row(other)).approved, (await row(other)).state], [1, 'open']);
  });

  it('lists what somebody has not decided, however much they have that is open still', async () => {
    const decided = [approval];
    for (let n = 1; n < 4; n += 1) decided.push(await house.ask(await house.login()));
    for (const one of decided) await say(bob, true, one);
    const places = await placesOf(house.stores, { ...bob, workspaceId: approval.workspaceId, userId: bob.id });
    const { tenantId: tenant, workspaceId: workspace } = approval;
    assert.deepEqual(await house.stores.approvals.listAsked(tenant, workspace, places, noon, 2), []);
    const left = await house.ask(await house.login());
    const found = await house.stores.approvals.listAsked(tenant, workspace, places, noon, 2);
    assert.deepEqual(
      found.map(({ id }) => id),
      [left.id],
    );
  });

  it('shows who asked once beside somebody who asks again and again', async () => {
    for (let n = 0; n < 14; n += 1) await house.ask(await house.login(), { timeoutMs: 1000 }, mallory);
    const shown = await house.approvals.listFor(house.signedIn(bob));
    assert.equal(shown.filter(({ requester }) => requester.subject === `sub-of-${mallory.id}`).length, 10);
    assert.ok(shown.some(({ id }) => id === approval.id));
  });

  it('asks for nobody without end', async () => {
    const again = async () => house.ask(await house.login(), {}, mallory);
    for (let n = 0; n < requesterAllowance.burst; n += 1) await again();
    await assert.rejects(again(), assert.AssertionError);
    await house.ask(await house.login(), {}, eve);
  });

  it('counts both of two who approve at the same moment', async () => {
    assert.deepEqual(await Promise.all([say(bob), say(eve)]), ['kept', 'kept']);
    assert.equal((await row()).state, 'approved');
  });

  it('shows nothing to who is not asked, and takes nothing from them', () => hidden(mallory));

  it('shows nothing to who has left the group since', async () => {
    const group = await house.stores.groups.find(approval.tenantId, house.idp.poolId, 'treasury' as never);
    assert.ok(group);
    await house.stores.memberships.remove(group, bob.id);
    await hidden(bob);
  });

  describe('who asks', () => {
    it('decides nothing over themselves, member or not', async () => {
      approval = await house.ask(await house.login(), {}, bob);
      const stranger = house.signedIn(bob);
      assert.deepEqual((await listed(bob)).includes(approval.id), false);
      await assert.rejects(house.approvals.readFor(stranger, approval.id), isNothing);
      await assert.rejects(say(bob), isNothing);
    });

    it('is known by their subject where the account is another', async () => {
      const disguised = { ...house.signedIn(eve), subject: `sub-of-${bob.id}` };
      approval = await house.ask(await house.login(), {}, bob);
      await assert.rejects(say(disguised), isNothing);
    });

    it('is known in a second account by an address that they have verified', async () => {
      approval = await house.ask(await house.login(), {}, bob);
      const second = userOf(approval.tenantId, house.idp.poolId, { payload: { name: 'B.', email: 'Bob@Example.com' } });
      await house.stores.users.insert(second);
      const group = await house.stores.groups.find(approval.tenantId, house.idp.poolId, 'treasury' as never);
      assert.ok(group);
      await house.stores.memberships.insert(group, second.id, noon);
      await assert.rejects(say(second), isNothing);
    });

    it('takes nobody’s say by claiming their address', async () => {
      const address = { ...(await house.stores.addresses.listOf(bob.tenantId, bob.poolId, bob.id))[0] };
      assert.ok(address.normalized !== undefined);
      const claim = { ...address, verifiedAt: undefined } as never;
      await house.stores.addresses.insert(mallory.tenantId, mallory.poolId, mallory.id, claim);
      approval = await house.ask(await house.login(), {}, mallory);
      assert.equal(await say(bob, false), 'kept');
    });
  });

  describe('after its time', () => {
    it('takes no decision, although nobody has written its end yet', async () => {
      house.clock.set(approval.expiresAt);
      assert.equal(await say(bob), 'over');
      assert.deepEqual(await listed(bob), []);
      assert.equal((await row()).approved, 0);
    });

    it('takes none once its login has ended', async () => {
      const end = { state: 'denied', reason: 'cancelled', at: noon } as const;
      await house.stores.interactions.end(approval.tenantId, approval.workspaceId, approval.interactionId, end);
      assert.equal(await say(bob), 'over');
      assert.deepEqual(await listed(bob), []);
      assert.equal((await house.approvals.readFor(house.signedIn(bob), approval.id)).isWaitedFor, false);
    });
  });

  it('takes no decision of whose sessions were ended, or who is active no more', async () => {
    await house.stores.users.update({ ...bob, status: 'inactive' });
    await assert.rejects(say(bob), (error) => isPlatformError(error, 'forbidden'));
    assert.deepEqual(await house.stores.approvals.decisionsOf(approval), []);
  });

  it('is of its tenant and its workspace alone', async () => {
    await hidden({ ...house.signedIn(bob), tenantId: tenantId('another') });
    await hidden({ ...house.signedIn(bob), workspaceId: workspaceId('another') });
    const { person } = house.signedIn(bob);
    await hidden({ ...house.signedIn(bob), person: { ...person, poolId: poolId('another') } });
  });

  describe('asked by role', () => {
    const give = (user: User, role: 'manager' | 'auditor', workspace = approval.workspaceId) =>
      house.stores.roles.insert(
        {
          tenantId: approval.tenantId,
          workspaceId: workspace,
          role,
          subject: { type: 'identity_pool_user', poolId: user.poolId, userId: user.id },
        },
        noon,
      );

    it('is decided by who has just this role in the workspace', async () => {
      approval = await house.ask(await house.login(), { group: undefined, role: 'manager', quorum: 1 });
      await hidden(bob);
      await give(bob, 'auditor');
      await hidden(bob);
      await give(mallory, 'manager');
      assert.equal(await say(mallory), 'kept');
      assert.equal((await row()).state, 'approved');
    });

    /** Bob once more, in another pool by which one signs in there. */
    async function bobElsewhere(verifiedAt: number | undefined): Promise<Approver> {
      const { tenantId: tenant, workspaceId: workspace } = approval;
      const pool = await house.stores.pools.find(tenant, house.idp.poolId);
      assert.ok(pool);
      const other = { ...pool, id: poolId(newId()), name: newId() };
      await house.stores.pools.insert(other);
      await house.stores.idps.insert({ ...house.idp, id: idpId(newId()), name: newId(), poolId: other.id });
      const user = userOf(tenant, other.id, { payload: { name: 'Robert' } });
      await house.stores.users.insert(user);
      const [address] = await house.stores.addresses.listOf(tenant, bob.poolId, bob.id);
      assert.ok(address);
      await house.stores.addresses.insert(tenant, other.id, user.id, { ...address, verifiedAt });
      await give(user, 'manager', workspace);
      const signedIn = house.signedIn(user);
      return { ...signedIn, person: { ...signedIn.person, poolId: other.id } };
    }

    it('counts nobody twice who has an account in each of two pools, with one address that both have verified', async () => {
      approval = await house.ask(await house.login(), { group: undefined, role: 'manager' });
      await give(bob, 'manager');
      const again = await bobElsewhere(noon);
      assert.equal(await say(bob), 'kept');
      assert.equal(await say(again), 'twice');
      assert.equal((await house.approvals.readFor(again, approval.id)).hasDecided, true);
      assert.ok((await house.approvals.listFor(again)).every(({ id }) => id !== approval.id));
      assert.deepEqual([(await row()).approved, (await row()).state], [1, 'open']);
      assert.equal((await house.stores.approvals.decisionsOf(approval)).length, 1);
      const other = await house.ask(await house.login(), { group: undefined, role: 'manager' });
      assert.deepEqual((await Promise.all([say(bob, true, other), say(again, true, other)])).toSorted(), [
        'kept',
        'twice',
      ]);
      assert.deepEqual([(await row(other)).approved, (await row(other)).state], [1, 'open']);
    });

    it('takes two for two where the address of one is only claimed', async () => {
      approval = await house.ask(await house.login(), { group: undefined, role: 'manager' });
      await give(bob, 'manager');
      const claiming = await bobElsewhere(undefined);
      assert.equal(await say(bob), 'kept');
      assert.equal(await say(claiming), 'kept');
    });

    it('with a group beside it, is decided by who is both', async () => {
      approval = await house.ask(await house.login(), { role: 'manager', quorum: 1 });
      await give(mallory, 'manager');
      await hidden(mallory);
      await hidden(bob);
      await give(bob, 'manager');
      assert.equal(await say(bob), 'kept');
    });
  });

  describe('a request', () => {
    const ask = (request: object, runId = scriptRunId(newId())) =>
      house.unitOfWork.run((stores) =>
        requestApproval(stores, {
          ...{ tenantId: approval.tenantId, workspaceId: approval.workspaceId, interactionId: approval.interactionId },
          clientId: approval.clientId,
          runId,
          call: 3,
          person: { subject: 'sub', idpId: house.idp.id, userId: house.user.id, context: {} },
          request: { quorum: 1, reason: '', timeoutMs: 1000, ...request },
          deadline: (timeoutMs) => noon + timeoutMs,
          now: noon,
        }),
      );

    it('names a group by its id or by its name', async () => {
      for (const group of ['treasury', 'The treasury', 'The night-shift']) {
        const made = await ask({ group });
        assert.ok(typeof made !== 'string');
        assert.equal(made.approvers.group?.id, group.replace('The ', ''));
      }
    });

    const refusal = async (request: object): Promise<string> => {
      const answer = await ask(request);
      assert.ok(typeof answer === 'string');
      return answer;
    };

    it('of nobody is refused in words for who built the script', async () => {
      assert.match(await refusal({ group: 'none' }), /no pool of the workspace has a group none/);
      assert.match(await refusal({ role: 'king' }), /no role king/);
      const idp = await house.stores.idps.find(approval.tenantId, approval.workspaceId, house.idp.id);
      assert.ok(idp);
      await house.stores.idps.update({ ...idp, enabled: false });
      assert.match(await refusal({ group: 'treasury' }), /no pool/, 'who cannot sign in there cannot be asked there');
    });

    it('made again for the same call is the same', async () => {
      const runId = scriptRunId(newId());
      const [first, second] = [await ask({ group: 'treasury' }, runId), await ask({ group: 'treasury' }, runId)];
      assert.ok(typeof first !== 'string' && typeof second !== 'string');
      assert.equal(first.id, second.id);
      assert.equal(
        (await events()).filter((action) => action === 'requested').length,
        2,
        'this one, and the usual one',
      );
    });
  });
});

const byUser = (one: { readonly userId: string }, other: { readonly userId: string }) =>
  one.userId < other.userId ? -1 : 1;
