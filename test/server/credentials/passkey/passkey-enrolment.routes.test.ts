/** A passkey after a code, over HTTP: added by whoever has the address, and by nobody else. */
import assert from 'node:assert/strict';
import { extendedCode } from '../../../../server/codes/code.ts';
import { createDisguise } from '../../../../server/credentials/passkey/disguise.ts';
import { passkeyEnrolmentEndpoints } from '../../../../server/credentials/passkey/passkey-enrolment.routes.ts';
import { mostPasskeys } from '../../../../server/credentials/passkey/passkey.ts';
import { createPasskeyService } from '../../../../server/credentials/passkey/passkey.service.ts';
import { decoyPublicKey } from '../../../../server/credentials/passkey/public-key.ts';
import { systemClock as clock } from '../../../../server/kernel/clock.ts';
import { newId } from '../../../../server/kernel/ids.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import type { User } from '../../../../server/users/user.ts';
import {
  noUser,
  openCodeHouse,
  tenant,
  unverifiedMail,
  verifiedMail,
  type CodeHouse,
} from '../../../support/code-house.ts';
import { serveEndpoints, type EndpointServer } from '../../../support/endpoint-server.ts';
import { resetPassword } from '../../../support/passwords.ts';

describe('POST …/user/webauthn/add', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let api: EndpointServer;
  let pool: Pool;
  let ada: User;
  before(async () => {
    house = await openCodeHouse();
    const passkeys = createPasskeyService({
      unitOfWork: house.platform.unitOfWork,
      originOf: () => 'https://id.example',
      disguise: createDisguise(new Uint8Array(32).fill(7)),
      clock,
    });
    api = await serveEndpoints(passkeyEnrolmentEndpoints({ ...house.codes.routes, passkeys }), ['identity']);
  });
  after(async () => {
    await api.close();
    await house.close();
  });
  beforeEach(async () => {
    await house.forgive();
    house.sent.length = 0;
    pool = await house.pool({}, ['password', 'webauthn']);
    ada = await house.person(pool.id, {
      identifiers: [{ type: 'uid', value: 'ada' }],
      addresses: [verifiedMail('ada@example.com'), unverifiedMail('other@example.com')],
    });
  });

  const credential = (id = newId()) => ({ id, publicKey: decoyPublicKey(), transport: ['internal'] });
  const post = (step: 'request' | 'complete', body: object, query = '') =>
    api.ask('POST', house.at(pool, `user/webauthn/add/${step}${query}`), { body });
  const request = (body: object, query = '?code_type_in_message=code') => post('request', body, query);
  const complete = (body: object, new_web_authn: object = credential()) => post('complete', { ...body, new_web_authn });
  const passkeysOf = ({ id, poolId }: User) => house.platform.stores.passkeys.listOf(tenant, poolId, id);

  it('adds a passkey by the code that was sent to a verified address, once', async () => {
    assert.equal((await request({ address: 'ada@example.com' })).status, 204);
    assert.equal(house.letter().to, 'ada@example.com');
    const code = house.code();
    const given = credential();
    const answer = await complete({ address: 'ada@example.com', code }, given);
    assert.deepEqual([answer.status, answer.body], [204, undefined]);
    assert.deepEqual(
      (await passkeysOf(ada)).map(({ id, publicKey }) => [id, publicKey]),
      [[given.id, given.publicKey]],
    );
    assert.equal((await complete({ address: 'ada@example.com', code })).status, 401, 'spent');
    assert.equal((await passkeysOf(ada)).length, 1);
  });

  it('sends a link to the page that makes one, unless a code is asked for', async () => {
    await request({ address: 'ada@example.com' }, '?server_id=demo');
    const link = new URL(/https:\/\/\S+/.exec(house.letter().text)?.[0] ?? '');
    assert.equal(link.pathname, `/default/identity/${pool.id}/set_webauthn`);
    assert.equal(link.searchParams.get('server_id'), 'demo');
    assert.equal((await complete({ code: link.searchParams.get('code') ?? '' })).status, 204);
  });

  it('adds one passkey however many come with the code at once', async () => {
    await request({ identifier: 'ada', address: 'ada@example.com' });
    const code = house.code();
    const answers = await Promise.all([1, 2, 3].map(() => complete({ identifier: 'ada', code })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 401, 401]);
    assert.equal((await passkeysOf(ada)).length, 1);
  });

  it('reads from an extended code whose it is, and voids the code before', async () => {
    await request({ userID: ada.id, address: 'ada@example.com' });
    const before = house.code();
    await request({ userID: ada.id, address: 'ada@example.com' });
    if (before !== house.code()) assert.equal((await complete({ code: extendedCode(ada.id, before) })).status, 401);
    assert.equal((await complete({ code: extendedCode(ada.id, house.code()) })).status, 204);
  });

  it('sends nothing to what nobody verified, to who is not active, and where there are no passkeys', async () => {
    await house.person(pool.id, { status: 'inactive', addresses: [verifiedMail('off@example.com')] });
    const without = await house.pool({}, ['password', 'otp']);
    await house.person(without.id, { addresses: [verifiedMail('eve@example.com')] });
    const statuses = [
      await request({ identifier: 'ada', address: 'other@example.com' }),
      await request({ identifier: 'ada', address: 'attacker@example.com' }),
      await request({ address: 'other@example.com' }),
      await request({ address: 'off@example.com' }),
      await api.ask('POST', house.at(without, 'user/webauthn/add/request'), { body: { address: 'eve@example.com' } }),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, [204, 204, 204, 204, 204]);
    assert.equal(house.sent.length, 0);
  });

  it('refuses a code of another purpose, and of another person', async () => {
    const eve = await house.person(pool.id, { identifiers: [{ type: 'uid', value: 'eve' }] });
    const { sender } = house.codes.routes;
    const challenge = await sender.generate({ pool, type: 'challenge', user: ada, to: [] });
    assert.equal((await complete({ identifier: 'ada', code: challenge.code })).status, 401);
    const hers = await sender.generate({ pool, type: 'enroll_webauthn', user: eve, to: [] });
    if (hers.code !== challenge.code)
      assert.equal((await complete({ identifier: 'ada', code: hers.code })).status, 401);
    assert.equal((await passkeysOf(ada)).length, 0);
  });

  it('says nothing but 401 whatever fails, and gives the code back where nothing came of it', async () => {
    const eve = await house.person(pool.id, { identifiers: [{ type: 'uid', value: 'eve' }] });
    const { sender } = house.codes.routes;
    const taken = credential();
    const hers = await sender.generate({ pool, type: 'enroll_webauthn', user: eve, to: [] });
    assert.equal((await complete({ identifier: 'eve', code: hers.code }, taken)).status, 204);
    const { code } = await sender.generate({ pool, type: 'enroll_webauthn', user: ada, to: [] });
    const conflict = await complete({ identifier: 'ada', code }, taken);
    const wrong = await complete({ identifier: 'nobody', code: '000000' }, taken);
    assert.deepEqual([conflict.status, conflict.body], [wrong.status, wrong.body]);
    assert.equal(conflict.status, 401);
    assert.equal((await complete({ identifier: 'ada', code })).status, 204);
    for (let held = 1; held < mostPasskeys; held += 1) {
      const one = await sender.generate({ pool, type: 'enroll_webauthn', user: ada, to: [] });
      assert.equal((await complete({ identifier: 'ada', code: one.code })).status, 204);
    }
    const last = await sender.generate({ pool, type: 'enroll_webauthn', user: ada, to: [] });
    assert.equal((await complete({ identifier: 'ada', code: last.code })).status, 401, 'no room');
    assert.equal((await passkeysOf(ada)).length, mostPasskeys);
  });

  it('adds nothing to who was disabled after the code was sent', async () => {
    const { code } = await house.codes.routes.sender.generate({ pool, type: 'enroll_webauthn', user: ada, to: [] });
    await house.platform.stores.users.update({ ...ada, status: 'inactive' });
    assert.equal((await complete({ identifier: 'ada', code })).status, 401);
    assert.equal((await passkeysOf(ada)).length, 0);
  });

  it('adds nothing by a code or link of before a reset, and something by one of after it', async () => {
    await house.platform.stores.passwords.set(tenant, pool.id, ada.id, 'a hash', undefined);
    for (const form of ['code', 'link']) {
      await house.forgive();
      await request({ userID: ada.id, address: 'ada@example.com' }, `?code_type_in_message=${form}`);
      const link = /https:\/\/\S+/.exec(house.letter().text)?.[0];
      const code =
        (link === undefined ? undefined : new URL(link).searchParams.get('code')) ?? extendedCode(ada.id, house.code());
      const owner = { tenantId: tenant, poolId: pool.id, userId: ada.id };
      await resetPassword(
        { service: house.platform.passwords.service, unitOfWork: house.platform.unitOfWork },
        owner,
        `a password of mine, ${form}`,
        '',
      );
      assert.equal((await complete({ code })).status, 401, form);
      assert.equal((await passkeysOf(ada)).length, 0, form);
    }
    await request({ userID: ada.id, address: 'ada@example.com' });
    assert.equal((await complete({ code: extendedCode(ada.id, house.code()) })).status, 204);
  });

  it('refuses a person named twice, and a key that is none, before anything is counted', async () => {
    const twice = { address: 'ada@example.com', identifier: 'ada', userID: ada.id };
    assert.equal((await request(twice)).status, 422);
    assert.equal((await request({ identifier: 'ada' })).status, 422, 'an address is needed');
    const bad = { ...credential(), publicKey: 'AAAA' };
    assert.equal((await complete({ identifier: 'ada', code: '000000' }, bad)).status, 422);
  });

  it('answers word for word the same, by queries of the same shapes, whether or not there is anybody', async () => {
    const new_web_authn = credential();
    const asked = [
      ['request', { address: 'ada@example.com' }, { address: 'eve@example.com' }],
      ['request', { identifier: 'ada', address: 'ada@example.com' }, { identifier: 'eve', address: 'ada@example.com' }],
      ['request', { userID: ada.id, address: 'ada@example.com' }, { userID: noUser, address: 'ada@example.com' }],
      [
        'complete',
        { identifier: 'ada', code: '000000', new_web_authn },
        { identifier: 'eve', code: '000000', new_web_authn },
      ],
      [
        'complete',
        { code: extendedCode(ada.id, '000000'), new_web_authn },
        { code: extendedCode(noUser, '000000'), new_web_authn },
      ],
    ] as const;
    for (const [step, known, unknown] of asked) {
      await post(step, known);
      await post(step, unknown);
      await house.forgive();
      const seen = async (body: object) => {
        house.queries.length = 0;
        const { status, body: answered } = await post(step, body);
        return { status, answered: JSON.stringify(answered), queries: [...house.queries] };
      };
      const [one, another] = [await seen(known), await seen(unknown)];
      assert.deepEqual(another, one, JSON.stringify(known));
      assert.ok(one.queries.length > 0);
    }
  });

  it('is for programs with the scope identity alone', async () => {
    const path = house.at(pool, 'user/webauthn/add/complete');
    assert.equal((await api.askWith(['identity_self_registration'], 'POST', path)).status, 403);
  });
});
