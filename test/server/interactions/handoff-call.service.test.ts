/** What a backend is told of a stay: all of it to its own client, and one and the same nothing to everybody else. */
import assert from 'node:assert/strict';
import type { HandoffCalls } from '../../../server/interactions/handoff-call.service.ts';
import type { HandoffCall } from '../../../server/interactions/handoff.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { toLoginSessionBody } from '../../../server/interactions/login-session.body.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { clientId, customAppId, handoffId, newId, tenantId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { staysIn } from '../../support/stays.ts';

onEachDatabase('HandoffCalls', (open) => {
  let house: LoginRows;
  let login: Interaction;
  let calls: HandoffCalls;
  let call: HandoffCall;
  beforeEach(async () => {
    house = await openLoginRows(await open());
    const { tenantId: tenant, workspaceId } = house.client;
    const app = { id: customAppId('kyc'), name: 'KYC', url: 'https://kyc.example', clientId: clientId('k') };
    await house.stores.customApps.insert({ tenantId: tenant, workspaceId, ...app });
    await house.stores.idps.update({ ...house.idp, postAuthnAppId: app.id });
    const begun = await house.begin({
      params: {
        acr_values: 'gold silver',
        max_age: '60',
        request: 'e30.e30.',
        claims: '{"userinfo":{"email":null}}',
      },
    });
    const proof = await house.prove(begun, house.password);
    await house.activities.establishPerson(house.start(begun), { proofId: proof.id });
    login = { ...begun, step: 'custom-app', person: house.ada };
    const stays = staysIn(house);
    const { stay } = await stays.service.open(login, { ...app, step: 'custom-app' }, 3_600_000);
    calls = stays.calls;
    call = stays.callOf(stay);
  });

  it('shows who it is, what was asked for, and no token that came with the request', async () => {
    const body = toLoginSessionBody(await calls.read(call));
    assert.equal(body.id, call.id);
    assert.deepEqual(
      [body.subject, body.idp_id, body.amr, body.requested_acr, body.requested_max_age],
      ['sub-of-ada', 'people', ['pwd'], ['gold', 'silver'], '60s'],
    );
    assert.deepEqual(body.requested_claims, { userinfo: { email: null } });
    assert.deepEqual(
      body.requested_scopes.map(({ name }) => name),
      ['openid', 'profile', 'email'],
    );
    assert.equal(body.request_query_params['request'], undefined);
    assert.deepEqual(body.client_info, { client_name: 'App' });
  });

  it('says the same whatever is wrong', async () => {
    const answers = new Set<string>();
    for (const wrong of [
      { clientId: clientId('another') },
      { state: '' },
      { id: handoffId(newId()) },
      { tenantId: tenantId('another') },
      { kind: 'custom-consent' as const },
    ])
      for (const work of [calls.read, (one: HandoffCall) => calls.answer(one, { kind: 'completed', context: {} })])
        await work({ ...call, ...wrong }).then(
          () => assert.fail(JSON.stringify(wrong)),
          (error: unknown) => {
            assert.ok(error instanceof PlatformError);
            answers.add(`${error.code} ${error.message}`);
          },
        );
    assert.equal(answers.size, 1);
    assert.match([...answers].join(''), /^not_found /);
  });

  it('listens to no stay of somebody who is not in this login any more', async () => {
    const { tenantId: tenant, workspaceId, id } = login;
    await house.stores.interactions.advance(tenant, workspaceId, id, { step: 'authenticate', person: undefined });
    await assert.rejects(calls.read(call));
    const eve = { ...house.ada, subject: 'sub-of-eve' };
    await house.stores.interactions.advance(tenant, workspaceId, id, { step: 'custom-app', person: eve });
    await assert.rejects(calls.answer(call, { kind: 'completed', context: {} }));
  });
});
