/** A login page says who somebody is: held to what the login asks for, on rows, and worth nothing without their browser. */
import assert from 'node:assert/strict';
import type { CustomIdp } from '../../../server/idps/idp.ts';
import { earliestAuthTime } from '../../../server/interactions/custom-login.ts';
import { nonceOfStay } from '../../../server/interactions/handoff.service.ts';
import type { HandoffTarget } from '../../../server/interactions/handoff-target.ts';
import type { Handoff, HandoffAnswer } from '../../../server/interactions/handoff.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, idpId } from '../../../server/kernel/ids.ts';
import { subjectFor } from '../../../server/users/subject.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { authorizationRequest, interaction, newYear } from '../../support/interactions.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { noon } from '../../support/seeded.ts';
import { staysIn, type Stays } from '../../support/stays.ts';
import { eventsOf } from '../../support/stores.ts';

const hour = 3_600_000;
const workspace = { settings: workspaceSettingsSchema.parse({}) };

describe('earliestAuthTime', () => {
  const row = interaction();
  const asked = (change: Parameters<typeof authorizationRequest>[0] = {}) => ({
    workspace,
    request: authorizationRequest(change),
    interaction: row,
  });
  const soon = newYear + 10_000;

  it('is as long ago as a session of ours may be', () => {
    assert.equal(earliestAuthTime(asked(), soon), soon - 24 * hour);
  });

  it('is when the login began where the application wants a proof for it (OIDC Core §3.1.2.1)', () => {
    assert.equal(earliestAuthTime(asked({ prompts: new Set(['login']) }), soon), newYear);
    assert.equal(earliestAuthTime(asked({ params: { max_age: '0' } }), soon), newYear);
    assert.equal(earliestAuthTime(asked({ params: { max_age: '60' } }), soon), newYear - 60_000);
  });

  it('is within the time for which a factor is fresh, once the login itself began longer ago', () => {
    assert.equal(earliestAuthTime(asked(), newYear + 3 * hour), newYear + 2 * hour);
  });
});

onEachDatabase('a stay at a login page', (open) => {
  let house: LoginRows;
  let stays: Stays;
  let login: Interaction;
  let idp: CustomIdp;
  let target: HandoffTarget;
  beforeEach(async () => {
    house = await openLoginRows(await open());
    stays = staysIn(house);
    const { tenantId, workspaceId } = house.client;
    idp = {
      tenantId,
      workspaceId,
      id: idpId('portal'),
      name: 'Portal',
      enabled: true,
      method: 'custom',
      loginUrl: 'https://portal.example/start',
      clientId: clientId('p'),
    };
    await house.stores.idps.insert(idp);
    target = { step: 'authenticate', id: idp.id, name: idp.name, url: idp.loginUrl, clientId: idp.clientId };
    login = await house.begin();
  });

  const row = () => stays.row(login);
  const begun = async () => (await stays.service.open(await row(), target, hour)).stay;
  const said = (change: Partial<Extract<HandoffAnswer, { kind: 'authenticated' }>> = {}) =>
    ({
      kind: 'authenticated',
      subject: 'ada',
      amr: ['pwd'],
      authTime: house.clock.now() / 1000,
      context: { name: 'Ada' },
      ...change,
    }) as const;
  const refused = (work: Promise<unknown>, code: 'not_found' | 'unprocessable_entity') =>
    assert.rejects(work, (error) => isPlatformError(error, code));
  /** As the browser brings it. */
  const bring = async (stay: Handoff, address: string) => {
    const content = await stays.provenAt(login, address);
    assert.ok(content.kind === 'authenticated');
    const proof = await house.prove(login, content, { nonce: nonceOfStay(stay) });
    return house.activities.establishPerson(house.start(login), { proofId: proof.id });
  };

  it('shows the login to its own client before anybody is known', async () => {
    const call = stays.callOf(await begun());
    const session = await stays.calls.read(call);
    assert.deepEqual([session.login.interaction.person, session.context], [undefined, {}]);
    for (const wrong of [
      { clientId: clientId('k') },
      { state: '' },
      { kind: 'custom-app' as const },
      { kind: 'custom-consent' as const },
    ])
      await refused(stays.calls.read({ ...call, ...wrong }), 'not_found');
  });

  it('makes the person known that the page names, by a name that no other idp can give', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), said({ acr: 'gold', amr: ['pwd', 'otp'] }));
    assert.equal((await row()).person, undefined, 'the call alone moves nothing');
    assert.deepEqual(await bring(stay, address), { kind: 'remaining', steps: ['consent'] });
    assert.deepEqual((await row()).person, {
      subject: subjectFor('hash', idp.id, 'ada'),
      idpId: 'portal',
      idpSubject: 'ada',
      userId: undefined,
      amr: ['pwd', 'otp'],
      acr: 'gold',
      authTime: noon / 1000,
    });
    assert.notEqual(subjectFor('hash', idp.id, 'ada'), subjectFor('hash', idpId('people'), 'ada'));
    assert.ok((await eventsOf(house.knex, login.tenantId)).includes('login accepted'));
  });

  it('is shown and answered no more once somebody is known, the idp is off or another client’s, or the time is over', async () => {
    const call = stays.callOf(await begun());
    await house.stores.idps.update({ ...idp, enabled: false });
    await refused(stays.calls.read(call), 'not_found');
    await house.stores.idps.update({ ...idp, clientId: clientId('another') });
    await refused(stays.calls.answer(call, said()), 'not_found');
    await house.stores.idps.update(idp);
    await stays.calls.read(call);
    const { tenantId, workspaceId, id } = login;
    await house.stores.interactions.advance(tenantId, workspaceId, id, { step: 'consent', person: house.ada });
    await refused(stays.calls.answer(call, said()), 'not_found');
    await house.stores.interactions.advance(tenantId, workspaceId, id, { step: 'authenticate', person: undefined });
    house.clock.set(noon + hour);
    await refused(stays.calls.answer(call, said()), 'not_found');
  });

  it('believes no proof of the future, and none that is older than the login allows', async () => {
    login = await house.begin({ params: { max_age: '60' } });
    const call = stays.callOf(await begun());
    const at = (ms: number) => said({ authTime: ms / 1000 });
    for (const wrong of [noon + 61_000, noon - 61_000, 0, -1])
      await refused(stays.calls.answer(call, at(wrong)), 'unprocessable_entity');
    await stays.calls.answer(call, at(noon - 60_000));
    await refused(stays.calls.answer(call, at(noon)), 'not_found');
  });

  it('takes a clock that is a little ahead for now', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), said({ authTime: noon / 1000 + 59 }));
    await bring(stay, address);
    assert.equal((await row()).person?.authTime, noon / 1000);
  });

  it('brings nobody back whose logins were taken back since they proved themselves', async () => {
    const stay = await begun();
    const { tenantId, workspaceId } = login;
    const subject = subjectFor('hash', idp.id, 'ada');
    await house.stores.revocations.revoke(tenantId, workspaceId, subject, noon, noon + 24 * hour);
    await refused(stays.calls.answer(stays.callOf(stay), said({ authTime: noon / 1000 - 10 })), 'unprocessable_entity');
    const address = await stays.calls.answer(stays.callOf(stay), said());
    await house.stores.revocations.revoke(tenantId, workspaceId, subject, noon + 1000, noon + 24 * hour);
    const answer = await bring(stay, address);
    assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'credential_changed' });
  });

  it('asks who was away too long once more, and lets nobody else take their place', async () => {
    const stay = await begun();
    await bring(stay, await stays.calls.answer(stays.callOf(stay), said()));
    house.clock.set(noon + 2 * hour);
    const again = await begun();
    assert.equal(again.subject, subjectFor('hash', idp.id, 'ada'));
    await refused(stays.calls.answer(stays.callOf(again), said({ authTime: noon / 1000 })), 'unprocessable_entity');
    const address = await stays.calls.answer(stays.callOf(again), said({ subject: 'eve' }));
    const answer = await bring(again, address);
    assert.deepEqual(answer, { kind: 'refused', step: 'authenticate', reason: 'other_person' });
    assert.equal((await row()).person, undefined);
  });

  it('meets an essential acr by what the page says, and by nothing less (OIDC Core §5.5.1.1)', async () => {
    const claims = '{"id_token":{"acr":{"essential":true,"values":["gold"]}}}';
    login = await house.begin({ params: { claims } });
    const stay = await begun();
    const answer = await bring(stay, await stays.calls.answer(stays.callOf(stay), said({ acr: 'silver' })));
    assert.deepEqual(answer, { kind: 'committed', outcome: 'denied', reason: 'unmet_authentication_requirements' });
  });

  it('is begun a hundred times in a login at most, however often a browser goes to and fro', async () => {
    const other = { ...target, id: 'another' };
    for (let round = 0; round < 50; round += 1)
      for (const page of [target, other]) await stays.service.open(login, page, hour);
    await assert.rejects(stays.service.open(login, target, hour), (error) =>
      isPlatformError(error, 'too_many_requests'),
    );
    assert.equal(await house.count('handoffs'), 100);
  });

  it('proves nobody where the page rejects them', async () => {
    const stay = await begun();
    const address = await stays.calls.answer(stays.callOf(stay), {
      kind: 'aborted',
      error: 'locked',
      description: 'for today',
    });
    const proven = await stays.provenAt(login, address);
    assert.deepEqual(proven, { kind: 'refusal', error: 'locked', description: 'for today' });
    assert.ok((await eventsOf(house.knex, login.tenantId)).includes('login rejected'));
  });

  it('lets a person of the page stand while its idp is on, and nobody of a pool in their place', async () => {
    const person = { ...house.ada, idpId: idp.id, userId: undefined };
    const open = await house.cases.load(house.stores, login, login.id);
    assert.ok(open.kind === 'open');
    assert.equal(await house.cases.stillHolds(house.stores, open, person, undefined), true);
    assert.equal(await house.cases.stillHolds(house.stores, open, { ...house.ada, idpId: idp.id }, undefined), false);
    await house.stores.idps.update({ ...idp, enabled: false });
    assert.equal(await house.cases.stillHolds(house.stores, open, person, undefined), false);
  });
});
