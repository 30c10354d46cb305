/** A person's stays at a custom application: begun by their browser, read and answered by its backend, on rows. */
import assert from 'node:assert/strict';
import { nonceOfStay } from '../../../server/interactions/handoff.service.ts';
import type { HandoffTarget } from '../../../server/interactions/handoff-target.ts';
import type { Handoff } from '../../../server/interactions/handoff.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, customAppId, idpId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { staysIn, ticketIn, type Stays } from '../../support/stays.ts';
import { eventsOf } from '../../support/stores.ts';

const hour = 3_600_000;

onEachDatabase('a stay at a custom application', (open) => {
  let house: LoginRows;
  let stays: Stays;
  let login: Interaction;
  let target: HandoffTarget;
  beforeEach(async () => {
    house = await openLoginRows(await open());
    stays = staysIn(house);
    const { tenantId, workspaceId } = house.client;
    const app = { id: customAppId('kyc'), name: 'KYC', url: 'https://kyc.example/start?a=b', clientId: clientId('k') };
    await house.stores.customApps.insert({ tenantId, workspaceId, ...app });
    await house.stores.idps.update({ ...house.idp, postAuthnAppId: app.id });
    target = { ...app, step: 'custom-app' };
    login = await house.begin();
    const proof = await house.prove(login, house.password);
    const answer = await house.activities.establishPerson(house.start(login), { proofId: proof.id });
    assert.deepEqual(answer, { kind: 'remaining', steps: ['custom-app', 'consent'], withinMs: 24 * hour - 60_000 });
    login = await row();
  });

  const row = () => stays.row(login);
  const begun = async () => (await stays.service.open(login, target, hour)).stay;
  const nothing = (work: Promise<unknown>) => assert.rejects(work, (error) => isPlatformError(error, 'not_found'));
  const completed = { kind: 'completed', context: { level: 3, email: 'other@example.com' } } as const;
  const pass = async (stay: Handoff, address: string) => {
    const content = await stays.provenAt(login, address);
    // Proofs count in the order they were made.
    house.clock.set(house.clock.now() + 1);
    assert.ok(content.kind === 'step');
    const proof = await house.prove(login, content, {
      update: 'customAppReturned',
      nonce: nonceOfStay(stay),
    });
    return house.activities.passStep(house.start(login), 'custom-app', { proofId: proof.id });
  };

  it('begins once for its person, and again for another one', async () => {
    const one = await stays.service.open(login, target, hour);
    assert.deepEqual([one.isNew, one.stay.round, one.stay.expiresAt], [true, 1, house.clock.now() + hour]);
    const two = await stays.service.open(login, target, hour);
    assert.deepEqual([two.isNew, two.stay.id], [false, one.stay.id]);
    const somebody = { ...login, person: { ...house.ada, subject: 'sub-of-eve' } };
    const other = await stays.service.open(somebody, target, hour);
    assert.deepEqual([other.isNew, other.stay.round], [true, 2]);
    await nothing(stays.calls.read(stays.callOf(one.stay)));
    const moved = await stays.service.open(somebody, { ...target, id: 'aml' }, hour);
    assert.equal(moved.stay.round, 3);
  });

  it('has an address with its id and state, beside what the page’s own query says', async () => {
    const stay = await begun();
    const url = new URL(stays.service.addressOf(stay, target));
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      a: 'b',
      login_id: stay.id,
      login_state: stays.callOf(stay).state,
    });
    assert.notEqual(stay.id, login.id, 'the login’s own id is not given away');
  });

  it('shows the login to its own client, by its state, while it waits', async () => {
    const call = stays.callOf(await begun());
    const session = await stays.calls.read(call);
    assert.deepEqual(session.context, house.user.payload);
    for (const wrong of [
      { clientId: clientId('another') },
      { clientId: undefined },
      { state: '' },
      { state: `${call.state.slice(0, -2)}AA` },
      { kind: 'custom-consent' as const },
    ])
      await nothing(stays.calls.read({ ...call, ...wrong }));
    await house.stores.customApps.update({
      tenantId: login.tenantId,
      workspaceId: login.workspaceId,
      id: customAppId('kyc'),
      name: 'KYC',
      url: target.url,
      clientId: clientId('another'),
    });
    await nothing(stays.calls.read(call));
  });

  it('shows nothing once another application is bound, none is, the time is over, or the login ended', async () => {
    const call = stays.callOf(await begun());
    await house.stores.idps.update(house.idp);
    await nothing(stays.calls.read(call));
    await house.stores.idps.update({ ...house.idp, postAuthnAppId: customAppId('kyc') });
    await stays.calls.read(call);
    house.clock.set(house.clock.now() + hour);
    await nothing(stays.calls.read(call));
    house.clock.set(house.clock.now() - hour);
    await house.stores.interactions.end(login.tenantId, login.workspaceId, login.id, {
      state: 'denied',
      reason: 'cancelled',
      at: house.clock.now(),
    });
    await nothing(stays.calls.answer(call, completed));
  });

  it('is answered once, and the login does not go on by that', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), completed);
    assert.ok(
      address.startsWith(`https://id.example/${login.tenantId}/${login.workspaceId}/login/${login.uid}/return?`),
    );
    assert.equal((await row()).step, 'custom-app');
    await nothing(stays.calls.answer(stays.callOf(stay), { kind: 'aborted', error: 'access_denied', description: '' }));
    await nothing(stays.calls.read(stays.callOf(stay)));
    assert.ok((await eventsOf(house.knex, login.tenantId)).includes('post_authn completed'));
    const text = JSON.stringify(await house.knex('audit_events').where({ tenant_id: login.tenantId }));
    assert.ok(!text.includes('other@example.com'), 'attributes are no event');
  });

  it('adds to what is known of the person, for tokens and for sessions', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), completed);
    assert.deepEqual(await pass(stay, address), { kind: 'remaining', steps: ['consent'] });
    assert.deepEqual(await pass(stay, address), { kind: 'remaining', steps: ['consent'] }, 'the same move');
    const decision = await house.prove(login, {
      kind: 'consented',
      subject: 'sub-of-ada',
      decision: 'allow',
      grantedScopes: ['openid', 'profile', 'email'],
      details: {},
    });
    const done = await house.activities.decideConsent(house.start(login), { proofId: decision.id });
    assert.deepEqual(done, { kind: 'committed', outcome: 'granted', reason: 'granted' });
    const [grant] = await house.knex<{ grant_id: string }>('authentication_snapshots').select('grant_id');
    const snapshot = await house.stores.snapshots.find(login.tenantId, login.workspaceId, grant?.grant_id ?? '');
    assert.deepEqual(snapshot?.context, { name: 'Ada Lovelace', email: 'other@example.com', level: 3 });
    assert.deepEqual(snapshot.satisfied, ['idp:people', 'custom-app:kyc']);
  });

  it('is brought by its own ticket, in its own login, and not once it was begun again', async () => {
    const stay = await begun();
    const ticket = ticketIn(await stays.calls.answer(stays.callOf(stay), completed));
    const other = await house.begin();
    assert.equal(await stays.service.broughtBy(other, ticket), undefined);
    assert.equal(await stays.service.broughtBy(login, `${ticket}x`), undefined);
    assert.equal((await stays.service.broughtBy(login, ticket))?.id, stay.id);
    const again = await stays.service.again(login, target, hour);
    assert.equal(again.round, 2);
    assert.equal((await stays.service.again(login, target, hour)).id, again.id, 'one that is open is gone on with');
    assert.equal(await stays.service.broughtBy(login, ticket), undefined);
  });

  it('counts for no other application than the one that is bound when its person comes back', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), completed);
    await house.stores.idps.update({ ...house.idp, postAuthnAppId: customAppId('aml') });
    const answer = await pass(stay, address);
    assert.deepEqual(answer, { kind: 'refused', step: 'custom-app', reason: 'other_app' });
    assert.equal((await row()).person?.subject, 'sub-of-ada');
  });

  it('ends the login with the error that it was aborted with', async () => {
    const stay = await begun();
    const answer = { kind: 'aborted', error: 'kyc_failed', description: 'not who they say' } as const;
    const done = await pass(stay, await stays.calls.answer(stays.callOf(stay), answer));
    assert.deepEqual(done, { kind: 'committed', outcome: 'denied', reason: 'custom_app_aborted' });
    const artifact = await house.stores.artifacts.find(
      { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Interaction' },
      login.uid,
    );
    assert.deepEqual(artifact?.payload['result'], { error: 'kyc_failed', error_description: 'not who they say' });
  });

  it('may last for hours: what was done there stays, and the first factor is asked for before the next step', async () => {
    const stay = (await stays.service.open(login, target, 5 * hour)).stay;
    house.clock.set(house.clock.now() + 3 * hour);
    const address = await stays.calls.answer(stays.callOf(stay), completed);
    assert.deepEqual(await pass(stay, address), { kind: 'remaining', steps: ['consent'] });
    const late = await house.prove(login, {
      kind: 'consented',
      subject: 'sub-of-ada',
      decision: 'allow',
      grantedScopes: ['openid'],
      details: {},
    });
    const refused = await house.activities.decideConsent(house.start(login), { proofId: late.id });
    assert.deepEqual(refused, { kind: 'refused', step: 'authenticate', reason: 'stale_factor' });
    const fresh = await house.prove(login, {
      ...house.password,
      person: { ...house.ada, authTime: house.clock.now() / 1000 },
    });
    const again = await house.activities.establishPerson(house.start(login), { proofId: fresh.id });
    assert.deepEqual(again, { kind: 'remaining', steps: ['consent'] }, 'nobody is sent there twice');
  });

  it('is given up at its deadline: the application is told, whoever comes back', async () => {
    const stay = await begun();
    const start = house.start(login);
    assert.deepEqual(await house.activities.giveUpStep(start, 'custom-app'), {
      kind: 'remaining',
      steps: ['custom-app'],
      withinMs: hour,
    });
    house.clock.set(stay.expiresAt);
    const done = { kind: 'committed', outcome: 'denied', reason: 'custom_app_overdue' };
    assert.deepEqual(await house.activities.giveUpStep(start, 'custom-app'), done);
    assert.deepEqual(await house.activities.giveUpStep(start, 'custom-app'), done, 'again, after a crash');
    const artifact = await house.stores.artifacts.find(
      { tenantId: login.tenantId, workspaceId: login.workspaceId, model: 'Interaction' },
      login.uid,
    );
    assert.deepEqual(artifact?.payload['result'], {
      error: 'temporarily_unavailable',
      error_description: 'the sign-in was not finished in time',
    });
  });

  it('is not given up under somebody who is at another step by then', async () => {
    const { tenantId, workspaceId, id } = login;
    await house.stores.interactions.advance(tenantId, workspaceId, id, { step: 'authenticate', person: undefined });
    const answer = await house.activities.giveUpStep(house.start(login), 'custom-app');
    assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'step_passed' });
    assert.equal((await row()).state, 'open');
  });

  it('is asked of nobody whose idp has no application', async () => {
    const other = { ...house.idp, id: idpId('plain') };
    await house.stores.idps.update(house.idp);
    assert.equal(other.postAuthnAppId, undefined);
    const free = await house.begin();
    const proof = await house.prove(free, house.password);
    const answer = await house.activities.establishPerson(house.start(free), { proofId: proof.id });
    assert.deepEqual(answer, { kind: 'remaining', steps: ['consent'] });
  });
});
