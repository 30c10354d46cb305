/** A consent page grants what was asked for and nothing else, on rows, and ours is no way around it. */
import assert from 'node:assert/strict';
import { consentPageId } from '../../../server/extensions/page.ts';
import { nonceOfStay } from '../../../server/interactions/handoff.service.ts';
import type { HandoffTarget } from '../../../server/interactions/handoff-target.ts';
import type { HandoffAnswer } from '../../../server/interactions/handoff.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import type { ProofContent } from '../../../server/interactions/proof.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { noon } from '../../support/seeded.ts';
import { staysIn, type Stays } from '../../support/stays.ts';
import { eventsOf } from '../../support/stores.ts';

const hour = 3_600_000;

onEachDatabase('a stay at a consent page', (open) => {
  const page = clientId('c');
  const url = 'https://consent.example/start';
  const target: HandoffTarget = { step: 'consent', id: consentPageId, name: 'consent.example', url, clientId: page };
  let house: LoginRows;
  let stays: Stays;
  let login: Interaction;
  beforeEach(async () => {
    house = await openLoginRows(await open());
    stays = staysIn(house);
    const { tenantId, workspaceId } = house.client;
    await house.stores.serverConsents.insert({ tenantId, workspaceId, url, clientId: page });
    login = await begin();
  });

  async function begin(params: object = {}): Promise<Interaction> {
    const begun = await house.begin({ params });
    const proof = await house.prove(begun, house.password);
    const answer = await house.activities.establishPerson(house.start(begun), { proofId: proof.id });
    assert.equal(answer.kind, 'remaining');
    return begun;
  }
  const row = () => stays.row(login);
  const begun = async () => (await stays.service.open(await row(), target, hour)).stay;
  const granted = (...scopes: readonly string[]) => ({ kind: 'granted', scopes }) as const;
  const decide = async (content: ProofContent, nonce = 'n') => {
    house.clock.set(house.clock.now() + 1);
    const proof = await house.prove(login, content, { nonce });
    return house.activities.decideConsent(house.start(login), { proofId: proof.id });
  };
  const decided = async (answer: HandoffAnswer) => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), answer);
    const content = await stays.provenAt(login, address);
    assert.ok(content.kind === 'consented');
    return decide(content, nonceOfStay(stay));
  };
  const kept = () => house.stores.consents.listBySubject(login.tenantId, login.workspaceId, house.ada.subject);
  const refused = (work: Promise<unknown>, code: 'not_found' | 'unprocessable_entity') =>
    assert.rejects(work, (error) => isPlatformError(error, code));
  const ours = {
    kind: 'consented',
    subject: 'sub-of-ada',
    decision: 'allow',
    grantedScopes: ['email'],
    details: {},
  } as const;

  it('is waited for as long as an integrator’s page is, and not longer than the login', async () => {
    const again = await house.begin();
    const proof = await house.prove(again, house.password);
    assert.deepEqual(await house.activities.establishPerson(house.start(again), { proofId: proof.id }), {
      kind: 'remaining',
      steps: ['consent'],
      withinMs: 24 * hour - 60_000,
    });
  });

  it('keeps what was granted there as our own page would, and asks no more for it', async () => {
    const answer = await decided({ ...granted('openid', 'email'), consentId: 'c-1' });
    assert.deepEqual(answer, { kind: 'committed', outcome: 'granted', reason: 'granted' });
    const [consent] = await kept();
    assert.deepEqual(
      [consent?.type, consent?.grantedScopes, consent?.deniedScopes, consent?.details],
      ['generic', ['openid', 'email'], ['profile'], { consent_id: 'c-1' }],
    );
    login = await house.begin({ params: { scope: 'openid email' } });
    const proof = await house.prove(login, house.password);
    const next = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
    assert.deepEqual(next, { kind: 'remaining', steps: [] });
    const events = await eventsOf(house.knex, login.tenantId);
    assert.ok(events.includes('consent accepted') && events.includes('consent created'));
  });

  it('grants nobody what was not asked for, or what the workspace does not have', async () => {
    login = await begin({ scope: 'openid email made_up', claims: '{"userinfo":{"email":null}}' });
    const call = stays.callOf(await begun());
    for (const wrong of [granted('openid', 'profile'), granted('made_up'), { ...granted(), claims: ['name'] }])
      await refused(stays.calls.answer(call, wrong), 'unprocessable_entity');
    await stays.calls.answer(call, { ...granted('openid', 'email'), claims: ['email', 'sub'] });
    await refused(stays.calls.answer(call, granted('openid')), 'not_found');
  });

  it('holds an application to the claims that were granted by name, later too', async () => {
    const claims = '{"userinfo":{"email":null,"name":null}}';
    login = await begin({ claims });
    await decided({ ...granted('openid', 'profile', 'email'), claims: ['email'] });
    const [consent] = await kept();
    assert.deepEqual(consent?.details, { granted_claims: ['email'] });
    const { tenantId, workspaceId } = login;
    const grant = await house.stores.artifacts.find({ tenantId, workspaceId, model: 'Grant' }, consent.grantId);
    assert.deepEqual(
      [grant?.payload['openid'], grant?.payload['rejected']],
      [{ scope: 'openid profile email', claims: ['email'] }, { openid: { claims: ['name'] } }],
    );
    login = await house.begin({ params: { claims } });
    const proof = await house.prove(login, house.password);
    await house.activities.establishPerson(house.start(login), { proofId: proof.id });
    const loaded = await house.cases.load(house.stores, login, login.id);
    assert.ok(loaded.kind === 'open');
    const next = await house.cases.grantedBy(house.stores, loaded, house.ada, undefined);
    assert.deepEqual(next.onlyClaims, ['email']);
  });

  it('takes a decision of our own page for nothing, and that of the page once people decide on ours', async () => {
    const other = { kind: 'refused', step: 'consent', reason: 'other_page' };
    assert.deepEqual(await decide(ours), other);
    assert.deepEqual(await decide({ ...ours, page: 'another' }, 'm'), other, 'another client’s');
    await house.stores.serverConsents.remove(login.tenantId, login.workspaceId);
    assert.deepEqual(await decide({ ...ours, page }, 'o'), other);
    assert.deepEqual(await kept(), []);
    assert.equal((await decide(ours, 'p')).kind, 'committed');
  });

  it('ends with the error that the page rejected it with', async () => {
    const answer = await decided({ kind: 'aborted', error: 'rejected', description: 'not today' });
    assert.deepEqual(answer, { kind: 'committed', outcome: 'denied', reason: 'consent_denied' });
    const stored = await house.stores.artifacts.find(
      { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Interaction' },
      login.uid,
    );
    assert.deepEqual(stored?.payload['result'], { error: 'rejected', error_description: 'not today' });
    assert.ok((await eventsOf(house.knex, login.tenantId)).includes('consent rejected'));
  });

  it('is shown and answered no more once people decide elsewhere, or somebody else is known', async () => {
    const call = stays.callOf(await begun());
    await stays.calls.read(call);
    await house.stores.serverConsents.remove(login.tenantId, login.workspaceId);
    await refused(stays.calls.read(call), 'not_found');
    const { tenantId, workspaceId, id } = login;
    await house.stores.serverConsents.insert({ tenantId, workspaceId, url, clientId: page });
    await house.stores.interactions.advance(tenantId, workspaceId, id, {
      step: 'consent',
      person: { ...house.ada, subject: 'sub-of-eve' },
    });
    await refused(stays.calls.answer(call, granted('openid')), 'not_found');
  });

  it('is given up at its deadline, unless people decide on our own page by then', async () => {
    const start = house.start(login);
    await begun();
    assert.deepEqual(await house.activities.giveUpStep(start, 'consent'), {
      kind: 'remaining',
      steps: ['consent'],
      withinMs: hour,
    });
    house.clock.set(noon + 2 * hour);
    await house.stores.serverConsents.remove(login.tenantId, login.workspaceId);
    assert.deepEqual(await house.activities.giveUpStep(start, 'consent'), { kind: 'remaining', steps: ['consent'] });
    const { tenantId, workspaceId } = login;
    await house.stores.serverConsents.insert({ tenantId, workspaceId, url, clientId: page });
    assert.deepEqual(await house.activities.giveUpStep(start, 'consent'), {
      kind: 'committed',
      outcome: 'denied',
      reason: 'consent_overdue',
    });
  });
});
