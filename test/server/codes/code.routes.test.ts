/** One-time codes over HTTP: good once, for whom they were made, and silent about everybody else. */
import assert from 'node:assert/strict';
import { extendedCode, readExtendedCode } from '../../../server/codes/code.ts';
import { idpId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import {
  noUser,
  openCodeHouse,
  tenant,
  unverifiedMail,
  verifiedMail,
  type CodeHouse,
} from '../../support/code-house.ts';
import { workspaceOf } from '../../support/stores.ts';

describe('the endpoints of one-time codes', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  let ada: User;
  before(async () => {
    house = await openCodeHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    await house.forgive();
    house.sent.length = 0;
    pool = await house.pool();
    ada = await house.person(pool.id, {
      identifiers: [{ type: 'uid', value: 'ada' }],
      addresses: [verifiedMail('ada@example.com'), unverifiedMail('new@example.com')],
    });
  });

  const post = (rest: string, body: object, side: 'system' | 'admin' = 'system') =>
    house.api.ask('POST', house.at(pool, rest, side), { body });
  const request = (body: object) => post('user/otp/request', body);
  const verify = (body: object) => post('user/otp/verify', body);

  it('sends digits of the pool’s length to the stored address, which verify once', async () => {
    assert.equal((await request({ address: 'ADA@example.com' })).status, 204);
    const { to } = house.letter();
    const code = house.code();
    assert.deepEqual([to, code.length], ['ada@example.com', 6]);
    assert.deepEqual((await verify({ identifier: 'ada', code })).body, { id: ada.id });
    assert.equal((await verify({ identifier: 'ada', code })).status, 401, 'it was spent');
  });

  it('takes an extended code in the place of code and person, and `id` before `userID`', async () => {
    await request({ identifier: 'ada' });
    const code = extendedCode(ada.id, house.code());
    assert.deepEqual(readExtendedCode(code), { userId: ada.id, code: house.code() });
    assert.deepEqual((await verify({ code })).body, { id: ada.id });
    await request({ userID: ada.id });
    assert.equal((await verify({ code: house.code(), id: noUser, userID: ada.id })).status, 401);
    assert.equal((await verify({ code: house.code(), id: ada.id, userID: noUser })).status, 200);
  });

  it('voids the code before with the next one', async () => {
    await request({ identifier: 'ada' });
    const first = house.code();
    await request({ identifier: 'ada' });
    if (first !== house.code()) assert.equal((await verify({ identifier: 'ada', code: first })).status, 401);
    assert.equal((await verify({ identifier: 'ada', code: house.code() })).status, 200);
  });

  it('is void after five wrong tries, and says nothing of it', async () => {
    await request({ identifier: 'ada' });
    const code = house.code();
    const wrong = code === '000000' ? '000001' : '000000';
    const answers = [];
    for (let tries = 0; tries < 5; tries += 1) answers.push(await verify({ identifier: 'ada', code: wrong }));
    await house.forgive();
    answers.push(await verify({ identifier: 'ada', code }));
    for (const answer of answers) assert.equal(answer.status, 401);
  });

  it('counts no more than five tries of a code, however many are sent at once', async () => {
    await request({ identifier: 'ada' });
    const { codes } = house.platform.stores;
    const place = { tenantId: tenant, poolId: pool.id, userId: ada.id, type: 'challenge' } as const;
    const taken = await Promise.all(Array.from({ length: 12 }, () => codes.take(place)));
    assert.equal(taken.filter((one) => one !== undefined).length, 5);
  });

  it('slows guessing over many codes, with Retry-After (RFC 6585 §4)', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 8; tries += 1)
      statuses.push((await verify({ identifier: 'ada', code: '000000' })).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 429, 429]);
    const known = await verify({ identifier: 'ada', code: '000000' });
    for (let tries = 0; tries < 8; tries += 1) await verify({ identifier: 'eve', code: '000000' });
    const unknown = await verify({ identifier: 'eve', code: '000000' });
    assert.equal(unknown.status, known.status, 'nobody is slowed as somebody is');
  });

  it('refuses an expired code, one of another type, and one of another person', async () => {
    const bob = await house.person(pool.id, { identifiers: [{ type: 'uid', value: 'bob' }] });
    await request({ identifier: 'ada' });
    const code = house.code();
    assert.equal((await verify({ userID: bob.id, code })).status, 401);
    assert.equal((await post('user/authentication-code/verify', { identifier: 'ada', code })).status, 401);
    await house.platform.database('codes').update({ expires_at: 1 });
    assert.equal((await verify({ identifier: 'ada', code })).status, 401);
  });

  it('refuses the right code of who was disabled since as nobody’s, by queries of the same shapes', async () => {
    const at = house.platform.stores;
    const calls = [
      ['challenge', 'user/otp/verify', {}],
      ['authentication', 'user/authentication-code/verify', {}],
      ['challenge', 'user/otp/inspect', undefined],
    ] as const;
    for (const [type, path, body] of calls)
      for (const status of ['inactive', 'deleted'] as const) {
        const eve = await house.person(pool.id);
        const { extendedCode: code } = await house.codes.routes.sender.generate({ pool, type, user: eve, to: [] });
        await at.users.update({ ...eve, status });
        const ask = async (id: string) => {
          const digits = readExtendedCode(code)?.code ?? '';
          house.queries.length = 0;
          const said = await post(
            path,
            body === undefined ? { code: extendedCode(userId(id), digits) } : { code: digits, userID: id },
          );
          return { status: said.status, body: said.body, queries: [...house.queries] };
        };
        const answered = await ask(eve.id);
        assert.equal(answered.status, 401, `${path} ${status}`);
        const { body: theirs, ...rest } = answered;
        const { body: nobodys, ...others } = await ask(noUser);
        assert.deepEqual(rest, others);
        const plain = (answer: unknown) => JSON.stringify(answer).replace(/"trace_id":"[^"]*"/, '');
        assert.equal(plain(theirs), plain(nobodys));
      }
  });

  it('verifies no address of who was disabled since', async () => {
    const eve = await house.person(pool.id, { addresses: [unverifiedMail('eve@example.com')] });
    await post(`users/${eve.id}/address/verification/request`, { address: 'eve@example.com' });
    const code = house.code();
    await house.platform.stores.users.update({ ...eve, status: 'inactive' });
    const body = { address: 'eve@example.com', code };
    assert.equal((await post(`users/${eve.id}/address/verification/complete`, body)).status, 401);
    const [address] = await house.platform.stores.addresses.listOf(tenant, pool.id, eve.id);
    assert.equal(address?.verifiedAt, undefined);
  });

  it('says that somebody imported without a password has none', async () => {
    const eve = await house.person(pool.id, { passwordExpiresAt: 1 });
    const { extendedCode: code } = await house.codes.routes.sender.generate({
      pool,
      type: 'challenge',
      user: eve,
      to: [],
    });
    assert.deepEqual((await post('user/otp/inspect', { code })).body, {
      user_id: eve.id,
      code_type: 'challenge',
      password_set: false,
    });
  });

  it('sends to an unverified address of a person who is named otherwise, alone', async () => {
    await request({ address: 'new@example.com' });
    assert.equal(house.sent.length, 0, 'nobody is found by an address that is not verified');
    await request({ identifier: 'ada', address: 'new@example.com' });
    assert.deepEqual(
      house.sent.map(({ letters }) => letters.map(({ to }) => to)),
      [['new@example.com']],
    );
    await request({ identifier: 'ada', address: 'eve@example.com' });
    assert.equal(house.sent.length, 1, 'an address that is not theirs');
  });

  it('names verified addresses as fallbacks', async () => {
    const addresses = [
      verifiedMail('one@example.com'),
      { ...verifiedMail('+44 20 7946 0958'), type: 'mobile' as const },
    ];
    const eve = await house.person(pool.id, { addresses });
    await request({ userID: eve.id });
    assert.deepEqual(
      house.sent.at(-1)?.letters.map(({ channel, to }) => [channel, to]),
      [
        ['mail', 'one@example.com'],
        ['sms', '+442079460958'],
      ],
    );
  });

  it('answers word for word the same, by queries of the same shapes, whether or not there is anybody', async () => {
    const asked = [
      ['user/otp/request', { identifier: 'ada' }, { identifier: 'eve' }],
      ['user/otp/request', { address: 'ada@example.com' }, { address: 'eve@example.com' }],
      ['user/otp/request', { userID: ada.id }, { userID: noUser }],
      ['user/otp/verify', { identifier: 'ada', code: '000000' }, { identifier: 'eve', code: '000000' }],
      ['user/authentication-code/verify', { identifier: 'ada', code: '000000' }, { identifier: 'eve', code: '000000' }],
      ['user/otp/inspect', { code: extendedCode(ada.id, '000000') }, { code: extendedCode(noUser, '000000') }],
      ['user/password/reset/request', { address: 'ada@example.com' }, { address: 'eve@example.com' }],
      [
        'user/password/reset/complete',
        { identifier: 'ada', code: '000000', new_password: 'x'.repeat(12) },
        { identifier: 'eve', code: '000000', new_password: 'x'.repeat(12) },
      ],
      [`users/${ada.id}/activation/send`, {}, {}],
    ] as const;
    for (const [path, known, unknown] of asked) {
      const other = path.replace(ada.id, noUser);
      // The first answer of each may fill a memory.
      await post(path, known);
      await post(other, unknown);
      await house.forgive();
      const seen = async (of: string, body: object) => {
        house.queries.length = 0;
        const { status, body: answered } = await post(of, body);
        return { status, answered: JSON.stringify(answered), queries: [...house.queries] };
      };
      const [one, another] = [await seen(path, known), await seen(other, unknown)];
      assert.deepEqual(another, one, path);
      assert.ok(one.queries.length > 0);
    }
  });

  it('looks into an extended code without spending it', async () => {
    await request({ identifier: 'ada' });
    const code = extendedCode(ada.id, house.code());
    for (let tries = 0; tries < 10; tries += 1) {
      const { body } = await post('user/otp/inspect', { code });
      assert.deepEqual(body, { user_id: ada.id, code_type: 'challenge', password_set: false });
    }
    assert.equal((await verify({ code })).status, 200);
    assert.equal((await post('user/otp/inspect', { code })).status, 401);
    for (const wrong of ['', 'x', '%%%', code.slice(1), 'x'.repeat(201)])
      assert.ok([401, 422].includes((await post('user/otp/inspect', { code: wrong })).status), wrong);
  });

  it('is silent once a person was sent too much, and refuses who asks for the same too often', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 7; tries += 1) statuses.push((await request({ identifier: 'ada' })).status);
    assert.deepEqual(statuses, [204, 204, 204, 204, 204, 204, 429]);
    const code = house.code();
    for (let tries = 0; tries < 5; tries += 1) await request({ userID: ada.id });
    // Named otherwise, and not refused: but nothing leaves, and the code they have stays good.
    assert.equal(house.sent.length, 9);
    assert.notEqual(code, '');
    assert.equal((await verify({ identifier: 'ada', code: house.code() })).status, 200);
  });

  it('verifies an address, and only by a code that went there', async () => {
    const at = `users/${ada.id}/address/verification`;
    assert.equal((await post(`${at}/request`, { address: 'new@example.com' })).status, 204);
    const code = house.code();
    assert.equal((await post(`${at}/complete`, { address: 'ada@example.com', code })).status, 401);
    assert.equal((await post(`${at}/complete`, { address: 'NEW@example.com', code })).status, 204);
    const held = await house.platform.stores.addresses.listOf(tenant, pool.id, ada.id);
    assert.ok(held.every(({ verifiedAt }) => verifiedAt !== undefined));
    house.sent.length = 0;
    for (const address of ['new@example.com', 'eve@example.com'])
      assert.equal((await post(`${at}/request`, { address })).status, 204);
    assert.equal(house.sent.length, 0);
  });

  it('tells administrators what is wrong, who may see people anyway', async () => {
    const at = `users/${ada.id}`;
    assert.equal((await post(`${at}/otp/request`, { address: 'new@example.com' }, 'admin')).status, 204);
    assert.deepEqual((await post(`${at}/otp/verify`, { code: house.code() }, 'admin')).body, { id: ada.id });
    assert.equal((await post(`${at}/otp/request`, { address: 'eve@example.com' }, 'admin')).status, 422);
    assert.equal((await post(`users/${noUser}/otp/request`, { address: 'a@example.com' }, 'admin')).status, 404);
    assert.equal(
      (await post(`${at}/address/verification/request`, { address: 'ada@example.com' }, 'admin')).status,
      404,
    );
    assert.equal(
      (await post(`${at}/address/verification/request`, { address: 'new@example.com' }, 'admin')).status,
      204,
    );
    const { text } = house.letter();
    assert.match(text, new RegExp(`https://id\\.example/default/identity/${pool.id}/verify\\?code=`));
  });

  it('have no lesser administrator send or try a code of somebody who administers', async () => {
    const chief = await house.person(pool.id, {
      addresses: [verifiedMail('chief@example.com'), unverifiedMail('planted@example.com')],
    });
    const invited = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('deputy@example.com')] });
    for (const { id } of [chief, invited]) {
      const subject = { type: 'identity_pool_user', poolId: pool.id, userId: id } as const;
      await house.platform.stores.roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    }
    const to = { address: 'chief@example.com' };
    const calls = [
      ['password/reset/request', chief, to, 204],
      ['password/reset/request', chief, { address: 'planted@example.com' }, 422],
      ['otp/request', chief, to, 204],
      ['otp/verify', chief, { code: '000000' }, 401],
      ['address/verification/request', chief, { address: 'planted@example.com' }, 204],
      ['activation/send', invited, { address: 'deputy@example.com' }, 204],
    ] as const;
    const statuses = async () => {
      const found: number[] = [];
      for (const [rest, { id }, body] of calls) found.push((await post(`users/${id}/${rest}`, body, 'admin')).status);
      return found;
    };
    house.as({ workspaceId: undefined, poolId: pool.id, role: 'user_manager' });
    assert.deepEqual(
      await statuses(),
      calls.map(() => 403),
    );
    assert.equal(house.sent.length, 0);
    house.as({ workspaceId: undefined, role: 'admin' });
    assert.deepEqual(
      await statuses(),
      calls.map(([, , , status]) => status),
    );
  });

  it('have no lesser administrator send a code to anybody whose pool leads to the administration', async () => {
    const { idps, roles, workspaces } = house.platform.stores;
    const clerk = await house.person(pool.id, { addresses: [verifiedMail('clerk@example.com')] });
    const to = { address: 'clerk@example.com' };
    const ask = async () => (await post(`users/${clerk.id}/password/reset/request`, to, 'admin')).status;
    const manager = { workspaceId: undefined, poolId: pool.id, role: 'user_manager' } as const;
    const admin = workspaceId('admin');
    if ((await workspaces.find(tenant, admin)) === undefined)
      await workspaces.insert(workspaceOf(tenant, { id: admin }));
    const idp = { tenantId: tenant, workspaceId: admin, id: idpId('all-of-them'), name: 'All', enabled: true };
    await idps.insert({ ...idp, method: 'identity_pool', poolId: pool.id });
    house.as(manager);
    assert.equal(await ask(), 204, 'an idp alone makes nobody an administrator');
    const subject = { type: 'idp', workspaceId: admin, idpId: idp.id } as const;
    await roles.insert({ tenantId: tenant, workspaceId: undefined, role: 'admin', subject }, 0);
    house.as(manager);
    assert.equal(await ask(), 403);
  });
});
