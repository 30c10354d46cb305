/** One login that meets every kind of page an integrator can have, and a script between them, in the real runtime and on real rows. */
import assert from 'node:assert/strict';
import { consentPageId } from '../../../server/extensions/page.ts';
import { createScriptCompiler } from '../../../server/extensions/script-compiler.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { nonceOfStay } from '../../../server/interactions/handoff.service.ts';
import type { HandoffTarget } from '../../../server/interactions/handoff-target.ts';
import type { Handoff, HandoffAnswer } from '../../../server/interactions/handoff.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { toLoginSessionBody } from '../../../server/interactions/login-session.body.ts';
import { provenSoFar } from '../../../server/interactions/proven-so-far.ts';
import { requirementOfScript } from '../../../server/interactions/script-requirement.ts';
import { requirementsOfScript } from '../../../server/interactions/script-step.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { clientId, customAppId, idpId, scriptId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { testRuntime, typed, type ScriptsRuntime } from '../../support/scripts.ts';
import { staysIn, type Stays } from '../../support/stays.ts';
import { unitOfWorkOn } from '../../support/stores.ts';

const hour = 3_600_000;
const page = clientId('pages');
const source = typed(
  `const { data } = await api.redirect('kyc', { data: { hint: event.idp.id }, timeout: '10m' });
   api.claims.set('level', data.level); api.scopes.deny('email');`,
  `effects: ['redirect', 'claims', 'scopes'],`,
);

onEachDatabase('a login by a login page, a script, its application and a consent page', (open) => {
  const portal = idpId('portal');
  let runtime: ScriptsRuntime;
  let house: LoginRows;
  let stays: Stays;
  let login: Interaction;
  before(async function () {
    runtime = await testRuntime({ children: 1 });
  });
  after(() => runtime.stop());
  beforeEach(async () => {
    house = await openLoginRows(await open(), [], (request) => runtime.run(request));
    stays = staysIn(house);
    await house.settings({ custom_app_timeout: '1h' });
    const { stores, clock } = house;
    const { tenantId, workspaceId } = house.client;
    const place = { tenantId, workspaceId };
    const site = (name: string) => `https://${name}.example/start`;
    const words = { id: portal, name: 'Portal', enabled: true, method: 'custom' } as const;
    await stores.idps.insert({ ...place, ...words, loginUrl: site('portal'), clientId: page });
    await stores.customApps.insert({
      ...place,
      id: customAppId('kyc'),
      name: 'KYC',
      url: site('kyc'),
      clientId: page,
    });
    await stores.serverConsents.insert({ ...place, url: site('consent'), clientId: page });
    const scripts = createScriptService({
      unitOfWork: unitOfWorkOn(house.knex, clock),
      compiler: createScriptCompiler({ compile: runtime.compile }),
      clock,
    });
    await scripts.create(tenantId, workspaceId, 'risk', { name: 'Risk', envVersion: '', testInput: '', body: source });
    await stores.executionPoints.put({
      ...place,
      type: 'post_authn_ctx',
      target: portal,
      scriptId: scriptId('risk'),
    });
    login = await house.begin();
  });

  const row = () => stays.row(login);
  const at = async (step: string, id: string): Promise<Handoff> => {
    const target: HandoffTarget = { step, id, name: id, url: 'https://page.example/', clientId: page };
    return (await stays.service.open(await row(), target, hour)).stay;
  };
  /** What the page says, as the login's own browser brings it. */
  const back = async (stay: Handoff, answer: HandoffAnswer) => {
    const address = await stays.calls.answer(stays.callOf(stay), answer);
    const content = await stays.provenAt(login, address);
    assert.ok(content.kind !== 'refusal');
    house.clock.set(house.clock.now() + 1000);
    const proof = await house.prove(login, content, { nonce: nonceOfStay(stay) });
    const [start, move] = [house.start(login), { proofId: proof.id }];
    if (content.kind === 'authenticated') return house.activities.establishPerson(start, move);
    if (content.kind === 'consented') return house.activities.decideConsent(start, move);
    return house.activities.passStep(start, stay.step, move);
  };
  const script = () => house.activities.runScript(house.start(login));
  const signedIn = async () =>
    back(await at('authenticate', portal), {
      kind: 'authenticated',
      subject: 'grace',
      amr: ['pwd'],
      authTime: house.clock.now() / 1000,
      context: { name: 'Grace' },
    });
  const toConsent = async () => {
    await signedIn();
    await script();
    await back(await at('script-app.0', 'kyc'), { kind: 'completed', context: { level: 3 } });
    return script();
  };

  it('waits at each page for its own time, and says to each what is its business', async () => {
    assert.deepEqual(await signedIn(), { kind: 'remaining', steps: ['script', 'consent'] });
    const sent = await script();
    assert.ok(sent.kind === 'remaining');
    assert.deepEqual([sent.steps, sent.withinMs], [['script-app.0', 'consent'], 600_000], 'as the script says');
    const stay = await at('script-app.0', 'kyc');
    assert.deepEqual((await stays.calls.read(stays.callOf(stay))).context, { name: 'Grace', hint: 'portal' });
    const returned = await back(stay, { kind: 'completed', context: { level: 3 } });
    assert.deepEqual(returned, { kind: 'remaining', steps: ['script', 'consent'] });
    const next = await script();
    assert.ok(next.kind === 'remaining');
    assert.deepEqual([next.steps, next.withinMs], [['consent'], hour], 'as the workspace says');
  });

  it('grants at the consent page nothing that the script does not let the application have', async () => {
    await toConsent();
    const stay = await at('consent', consentPageId);
    const shown = toLoginSessionBody(await stays.calls.read(stays.callOf(stay)));
    assert.deepEqual(
      [shown.requested_scopes.map(({ name }) => name), shown.authentication_context],
      [['openid', 'profile'], { name: 'Grace', level: 3 }],
    );
    await assert.rejects(
      stays.calls.answer(stays.callOf(stay), { kind: 'granted', scopes: ['openid', 'email'] }),
      (error) => isPlatformError(error, 'unprocessable_entity'),
    );
    assert.deepEqual(await back(stay, { kind: 'granted', scopes: ['openid', 'profile'] }), {
      kind: 'committed',
      outcome: 'granted',
      reason: 'granted',
    });
  });

  it('holds people of a login page to its script, in this login and by sessions', async () => {
    await signedIn();
    const early = await house.prove(login, {
      kind: 'consented',
      subject: (await row()).person?.subject ?? '',
      decision: 'allow',
      grantedScopes: ['openid'],
      details: {},
      page,
    });
    const refused = await house.activities.decideConsent(house.start(login), { proofId: early.id });
    assert.deepEqual(refused, { kind: 'refused', step: 'script', reason: 'step_missing' });
    login = await house.begin();
    await toConsent();
    const { tenantId, workspaceId, id } = login;
    const place = { tenantId, workspaceId };
    const wanted = await requirementsOfScript(house.stores, place, { idp: portal, client: house.client.id });
    const satisfied = provenSoFar(await house.stores.proofs.listOf(tenantId, workspaceId, id))?.satisfied ?? [];
    const known = await house.stores.scripts.read({ ...place, id: scriptId('risk') });
    assert.deepEqual(wanted, [requirementOfScript(scriptId('risk'), known?.live ?? assert.fail(), house.client.id)]);
    assert.ok(wanted.every((one) => satisfied.includes(one)));
  });

  it('takes the answer of one page for no other’s', async () => {
    await signedIn();
    await script();
    const stay = await at('script-app.0', 'kyc');
    for (const kind of ['custom-login', 'custom-consent'] as const)
      await assert.rejects(stays.calls.read({ ...stays.callOf(stay), kind }), (error) =>
        isPlatformError(error, 'not_found'),
      );
    await house.stores.interactions.advance(login.tenantId, login.workspaceId, login.id, {
      step: 'consent',
      person: (await row()).person,
    });
    await assert.rejects(stays.calls.read(stays.callOf(stay)), (error) => isPlatformError(error, 'not_found'));
  });
});
