/** What a login's workflow may ask: rows decide, so asking twice, or twenty times at once, changes nothing. */
import assert from 'node:assert/strict';
import { byRefusal, type ProofContent } from '../../../server/interactions/proof.ts';
import { newId, proofId } from '../../../server/kernel/ids.ts';
import { defect, stopped } from '../../../workflows/contract/authentication.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { terms } from '../../support/plugins/terms/terms.ts';

const termsOn = { plugins: { terms: { version: 1, url: 'https://acme.example/terms' } } };

onEachDatabase('AuthenticationActivities', (open) => {
  let house: LoginRows;
  beforeEach(async () => {
    house = await openLoginRows(await open(), [terms]);
  });

  const yes = (subject = 'sub-of-ada'): ProofContent => ({
    kind: 'consented',
    subject,
    decision: 'allow',
    grantedScopes: ['openid', 'profile', 'email'],
    details: {},
  });
  const agreed = (outcome: 'passed' | 'denied' | 'skipped' = 'passed', subject = 'sub-of-ada'): ProofContent => ({
    kind: 'step',
    subject,
    stepId: 'terms',
    outcome,
    data: {},
  });
  /** Ada is known, and stands at what comes next. */
  async function known(params = {}) {
    const login = await house.begin({ params });
    const proof = await house.prove(login, house.password);
    const answer = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
    return { login, proof, answer };
  }
  const decide = async (login: Awaited<ReturnType<LoginRows['begin']>>, content: ProofContent) => {
    const proof = await house.prove(login, content);
    return house.activities.decideConsent(house.start(login), { proofId: proof.id });
  };

  describe('establishPerson', () => {
    it('writes the person, answers what is left, and spends the proof', async () => {
      const { login, proof, answer } = await known();
      assert.deepEqual(answer, { kind: 'remaining', steps: ['consent'] });
      const row = await house.row(login);
      assert.deepEqual([row?.step, row?.person?.subject], ['consent', 'sub-of-ada']);
      const spent = await house.stores.proofs.find(login.tenantId, login.workspaceId, proof.id);
      assert.equal(spent?.consumedBy, `${login.id}/authenticate`);
    });

    it('answers the same when it is run again', async () => {
      const { login, proof, answer } = await known();
      assert.deepEqual(await house.activities.establishPerson(house.start(login), { proofId: proof.id }), answer);
    });

    it('believes no proof of another login, of another kind, or that nobody made', async () => {
      const [login, other] = [await house.begin(), await house.begin()];
      const stolen = await house.prove(other, house.password);
      const wrongKind = await house.prove(login, yes());
      for (const id of [stolen.id, wrongKind.id, proofId(newId())]) {
        const answer = await house.activities.establishPerson(house.start(login), { proofId: id });
        assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'proof_void' });
      }
      assert.equal((await house.row(login))?.person, undefined);
      const intact = await house.stores.proofs.find(login.tenantId, login.workspaceId, stolen.id);
      assert.equal(intact?.consumedBy, undefined, 'its own login can still use it');
    });

    it('refuses a password that was changed, a person who was disabled, and an idp that was switched off', async () => {
      const changes: readonly (() => Promise<void>)[] = [
        () => house.stores.users.update({ ...house.user, status: 'inactive' }),
        () => house.stores.idps.update({ ...house.idp, enabled: false }),
        () =>
          house.stores.passwords.set(house.user.tenantId, house.user.poolId, house.user.id, '$argon2id$new', undefined),
      ];
      for (const change of changes) {
        const login = await house.begin();
        const proof = await house.prove(login, house.password);
        await change();
        const answer = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
        assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'credential_changed' });
        const spent = await house.stores.proofs.find(login.tenantId, login.workspaceId, proof.id);
        assert.equal(spent?.consumedBy, byRefusal);
        await house.stores.users.update(house.user);
        await house.stores.idps.update(house.idp);
      }
    });

    it('lets no second person into a login, and forgets the first: whoever signs in next is the one', async () => {
      const { login } = await known();
      const bob = { ...house.ada, subject: 'sub-of-bob' };
      const first = await house.prove(login, { ...house.password, person: bob });
      const answer = await house.activities.establishPerson(house.start(login), { proofId: first.id });
      assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'other_person' });
      const row = await house.row(login);
      assert.deepEqual([row?.step, row?.person], ['authenticate', undefined]);
      const again = await house.activities.establishPerson(house.start(login), { proofId: first.id });
      assert.equal(again.kind, 'refused', 'a refused proof stays refused');
      const second = await house.prove(login, { ...house.password, person: bob });
      const then = await house.activities.establishPerson(house.start(login), { proofId: second.id });
      assert.deepEqual(then, { kind: 'remaining', steps: ['consent'] });
    });

    it('ends a login whose application insists on somebody else (OIDC Core §3.1.2.2)', async () => {
      const claims = JSON.stringify({ id_token: { sub: { value: 'sub-of-eve' } } });
      const { login, answer } = await known({ claims });
      assert.deepEqual(answer, { kind: 'committed', outcome: 'denied', reason: 'login_required' });
      assert.equal((await house.row(login))?.state, 'denied');
    });
  });

  describe('passStep', () => {
    it('goes on when it was passed, and not before', async () => {
      await house.settings(termsOn);
      const { login, answer } = await known();
      assert.deepEqual(answer, { kind: 'remaining', steps: ['terms', 'consent'] });
      const early = await decide(login, yes());
      assert.deepEqual(early, { kind: 'refused', step: 'terms', reason: 'step_missing' });
      assert.equal((await house.row(login))?.step, 'terms', 'the page is the one that is waited for');
      const proof = await house.prove(login, agreed());
      const passed = await house.activities.passStep(house.start(login), 'terms', { proofId: proof.id });
      assert.deepEqual(passed, { kind: 'remaining', steps: ['consent'] });
    });

    it('counts for nobody else', async () => {
      await house.settings(termsOn);
      const { login } = await known();
      const proof = await house.prove(login, agreed('passed', 'sub-of-bob'));
      const answer = await house.activities.passStep(house.start(login), 'terms', { proofId: proof.id });
      assert.deepEqual(answer, { kind: 'refused', step: 'terms', reason: 'other_person' });
    });

    it('ends a login with the code that its plugin denies it by: in the row, the audit event and the history', async () => {
      await house.settings(termsOn);
      const denied = async (reason?: string) => {
        const { login } = await known();
        const proof = await house.prove(login, { ...agreed('denied'), ...(reason === undefined ? {} : { reason }) });
        const answer = await house.activities.passStep(house.start(login), 'terms', { proofId: proof.id });
        const told = await house
          .knex<{ tenant_id: string; payload: string; metadata: string; action: string }>('audit_events')
          .where({ tenant_id: login.tenantId, action: 'denied' })
          .where('metadata', 'like', `%${login.id}%`);
        const audited: unknown = JSON.parse(told[0]?.payload ?? '{}');
        return { answer, row: (await house.row(login))?.reason, audited };
      };
      const as = (reason: string) => ({
        answer: { kind: 'committed', outcome: 'denied', reason },
        row: reason,
        audited: { login_denied: { reason } },
      });
      assert.deepEqual(await denied('too_young_for_18'), as('too_young_for_18'));
      // As proofs say that an older version kept; and as no code for operations looks.
      for (const malformed of [undefined, 'Ada Lovelace is 12', 'ada@example.com', 'UPPER', '', '_x', 'x'.repeat(65)])
        assert.deepEqual(await denied(malformed), as('terms_declined'), malformed);
    });

    it('is skipped only when nothing asks for it any more', async () => {
      await house.settings(termsOn);
      const { login } = await known();
      const skip = async () => {
        const proof = await house.prove(login, agreed('skipped'));
        return house.activities.passStep(house.start(login), 'terms', { proofId: proof.id });
      };
      assert.deepEqual(await skip(), { kind: 'refused', step: 'terms', reason: 'step_applies' });
      await house.settings({ plugins: {} });
      assert.deepEqual(await skip(), { kind: 'remaining', steps: ['consent'] });
    });
  });

  describe('decideConsent', () => {
    it('commits once: consent, grant, snapshot, result and events together', async () => {
      const { login } = await known();
      assert.deepEqual(await decide(login, yes()), { kind: 'committed', outcome: 'granted', reason: 'granted' });
      assert.equal(await house.count('consents'), 1);
      assert.equal(await house.count('authentication_snapshots'), 1);
      const key = { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Interaction' };
      const artifact = await house.stores.artifacts.find(key, login.uid);
      assert.ok(artifact?.payload['result']);
    });

    it('of 20 with the same proof at once, commits one, and tells each how it ended', async () => {
      const { login } = await known();
      const before = await house.count('audit_events');
      const proof = await house.prove(login, yes());
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          house.activities.decideConsent(house.start(login), {
            proofId: proof.id,
          }),
        ),
      );
      for (const answer of answers)
        assert.deepEqual(answer, { kind: 'committed', outcome: 'granted', reason: 'granted' });
      assert.equal(await house.count('consents'), 1);
      assert.equal(await house.count('authentication_snapshots'), 1);
      assert.equal((await house.count('audit_events')) - before, 2);
      const grants: readonly unknown[] = await house
        .knex('oidc_artifacts')
        .where({ tenant_id: login.tenantId, model: 'Grant' });
      assert.equal(grants.length, 1);
    });

    it('of 20 different decisions at once, commits one', async () => {
      const { login } = await known();
      const proofs = await Promise.all(Array.from({ length: 20 }, () => house.prove(login, yes())));
      const answers = await Promise.all(
        proofs.map(({ id }) => house.activities.decideConsent(house.start(login), { proofId: id })),
      );
      assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['committed']));
      assert.equal(await house.count('consents'), 1);
    });

    it('asks for the first factor again when the person was away too long', async () => {
      const { login } = await known();
      house.clock.set(house.clock.now() + 3_600_001);
      assert.deepEqual(await decide(login, yes()), { kind: 'refused', step: 'authenticate', reason: 'stale_factor' });
      assert.equal((await house.row(login))?.person?.subject, 'sub-of-ada');
    });

    it('gives nothing to a person who was disabled, or whose password was changed, since they signed in', async () => {
      const { login } = await known();
      await house.stores.users.update({ ...house.user, status: 'inactive' });
      const answer = await decide(login, yes());
      assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'credential_changed' });
      await house.stores.users.update(house.user);

      const next = (await known()).login;
      await house.stores.passwords.set(
        house.user.tenantId,
        house.user.poolId,
        house.user.id,
        '$argon2id$new',
        undefined,
      );
      assert.deepEqual(await decide(next, yes()), answer);
      assert.equal(await house.count('consents'), 0);
    });

    it('ends the login of an application that was switched off, and tells who has to hear of it', async () => {
      const { login } = await known();
      await house.stores.clients.update({ ...house.client, status: 'inactive' });
      const answer = await decide(login, yes());
      assert.deepEqual(answer, { kind: 'committed', outcome: 'denied', reason: 'client_inactive' });
      const told = await house
        .knex<{ tenant_id: string; action: string; payload: string }>('audit_events')
        .where({ tenant_id: login.tenantId, action: 'denied' });
      assert.match(told[0]?.payload ?? '', /client_inactive/);
    });

    it('never takes the decision of one person for that of another', async () => {
      const { login } = await known();
      const answer = await decide(login, yes('sub-of-bob'));
      assert.deepEqual(answer, { kind: 'refused', step: 'consent', reason: 'other_person' });
      assert.equal(await house.count('consents'), 0);
    });
  });

  describe('commit', () => {
    it('commits what needs no decision, once', async () => {
      await house.stores.clients.update({ ...house.client, trusted: true });
      const { login, answer } = await known();
      assert.deepEqual(answer, { kind: 'remaining', steps: [] });
      const [first, second] = await Promise.all([
        house.activities.commit(house.start(login)),
        house.activities.commit(house.start(login)),
      ]);
      assert.deepEqual(first, { kind: 'committed', outcome: 'granted', reason: 'granted' });
      assert.deepEqual(second, first);
      assert.equal(await house.count('consents'), 0);
      assert.equal(await house.count('authentication_snapshots'), 1);
    });

    it('commits nothing while a step is left, or nobody is known', async () => {
      const { login } = await known();
      assert.deepEqual(await house.activities.commit(house.start(login)), { kind: 'remaining', steps: ['consent'] });
      const nobody = await house.begin();
      assert.deepEqual(await house.activities.commit(house.start(nobody)), {
        kind: 'refused',
        step: 'authenticate',
        reason: 'nobody',
      });
    });
  });

  describe('abandon', () => {
    it('ends what is open, and otherwise says what the row says', async () => {
      const login = await house.begin();
      const expired = { outcome: 'expired', reason: 'deadline' };
      assert.deepEqual(await house.activities.abandon(house.start(login)), expired);
      assert.deepEqual(await house.activities.abandon(house.start(login)), expired);
      const { login: done } = await known();
      await decide(done, yes());
      assert.deepEqual(await house.activities.abandon(house.start(done)), { outcome: 'granted', reason: 'granted' });
    });

    it('tells the row why: once, since the first end stands', async () => {
      const login = await house.begin();
      const end = { outcome: 'expired', reason: stopped };
      assert.deepEqual(await house.activities.abandon(house.start(login), stopped), end);
      assert.deepEqual(await house.activities.abandon(house.start(login)), end);
      const row = await house.row(login);
      assert.deepEqual([row?.state, row?.reason, row?.committedAt], ['expired', stopped, house.clock.now()]);
    });
  });

  describe('a failure', () => {
    it('reaches history as a code: what happened is for the log', async () => {
      const login = await house.begin();
      const proof = await house.prove(login, house.password);
      // A row that this build cannot read.
      await house
        .knex('proofs')
        .where({ tenant_id: login.tenantId, id: proof.id })
        .update({ sealed_content: 'planted' });
      const failed = house.activities.establishPerson(house.start(login), { proofId: proof.id });
      await assert.rejects(failed, (error: Error) => {
        assert.equal(error.constructor.name, defect, 'by which Temporal knows it');
        assert.equal(error.message, 'defect');
        assert.equal(error.cause, undefined);
        return true;
      });
      assert.equal(house.log[0]?.level, 'error');
    });
  });
});
