/** Accounts over HTTP: registered, activated and recovered by whoever has the address, and by nobody else. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { readExtendedCode } from '../../../server/codes/code.ts';
import { findClaimant } from '../../../server/interactions/claimant.ts';
import { newId, userId, workspaceId } from '../../../server/kernel/ids.ts';
import { poolSettingsSchema, type Pool } from '../../../server/pools/pool.ts';
import {
  noUser,
  openCodeHouse,
  tenant,
  unverifiedMail,
  verifiedMail,
  type CodeHouse,
} from '../../support/code-house.ts';

const person = z.looseObject({
  id: z.string(),
  status: z.string(),
  identifiers: z.array(z.looseObject({ identifier: z.string() })),
});
const registered = z.strictObject({ id: z.string().length(32) });

describe('the endpoints of accounts', function () {
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
  });
  after(() => house.close());
  beforeEach(async () => {
    await house.forgive();
    house.sent.length = 0;
    pool = await house.pool({ public_registration_allowed: true });
  });

  const post = (rest: string, body: object, side: 'system' | 'admin' = 'system') =>
    house.api.ask('POST', house.at(pool, rest, side), { body });
  const register = async (body: object, query = '') => {
    const answer = await post(`user/register${query}`, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return registered.parse(answer.body).id;
  };
  const linkIn = (): URL => {
    const { text } = house.letter();
    return new URL(/https:\/\/\S+/.exec(text)?.[0] ?? '');
  };
  const passwordOf = (id: string) => house.platform.stores.passwords.findByUser(tenant, pool.id, userId(id));
  const userOf = (id: string) => house.platform.stores.users.find(tenant, pool.id, userId(id));

  it('register somebody as new, and send a link that names code and person', async () => {
    const id = await register({ identifier: 'ada@example.com', payload: { name: 'Ada' } });
    assert.equal((await userOf(id))?.status, 'new');
    const link = linkIn();
    assert.equal(link.pathname, `/default/identity/${pool.id}/activate`);
    const code = link.searchParams.get('code') ?? '';
    assert.equal(readExtendedCode(code)?.userId, id);
    const activated = await post('user/activate', { code, password: 'a long enough password' });
    assert.equal(activated.status, 201);
    const { status, identifiers } = person.parse(activated.body);
    assert.deepEqual([status, identifiers.map(({ identifier }) => identifier)], ['active', ['ada@example.com']]);
    const [address] = await house.platform.stores.addresses.listOf(tenant, pool.id, userId(id));
    assert.notEqual(address?.verifiedAt, undefined);
    assert.notEqual(await passwordOf(id), undefined);
    assert.equal((await post('user/activate', { code })).status, 401);
  });

  it('keep nothing that somebody could sign in with who registered an address that is not theirs', async () => {
    const id = await register(
      { identifier: 'victim@example.com', password: 'known to the attacker' },
      '?code_type_in_message=code',
    );
    const { platform } = house;
    await platform.stores.passwords.set(tenant, pool.id, userId(id), '$argon2id$planted', undefined);
    const found = await post('user/otp/inspect', { code: Buffer.from(`${id}:${house.code()}`).toString('base64') });
    assert.deepEqual(found.body, { user_id: id, code_type: 'activation', password_set: false });
    assert.equal((await post(`users/${id}/activate`, { code: house.code() })).status, 201);
    assert.equal(await passwordOf(id), undefined);
    assert.ok(((await userOf(id))?.sessionsEndedAt ?? 0) > 0, 'sessions from before are over');
  });

  it('let nobody keep an address from its owner by registering it', async () => {
    await register({ identifier: 'owner@example.com' });
    const { identifiers } = house.platform.stores;
    assert.equal(await identifiers.findUser(tenant, pool.id, 'owner@example.com'), undefined);
    const owner = await house.person(pool.id, { identifiers: [{ type: 'email', value: 'owner@example.com' }] });
    assert.notEqual(await register({ identifier: 'owner@example.com' }), owner.id);
    assert.equal(house.sent.length, 1, 'no code for who has no verified address');
  });

  it('answer the same id for the same identifier, and tell its owner when there is one', async () => {
    const pending = await register({ identifier: 'pat@example.com' });
    assert.equal(await register({ identifier: 'PAT@example.com' }), pending);
    assert.equal(house.sent.length, 2);
    const ada = await house.person(pool.id, {
      identifiers: [{ type: 'email', value: 'ada@example.com' }],
      addresses: [verifiedMail('ada@example.com')],
    });
    const answered = await register({ identifier: 'ada@example.com' });
    assert.notEqual(answered, ada.id, 'the owner’s is not told');
    assert.equal(await register({ identifier: 'ADA@example.com' }), answered);
    const { text, to } = house.letter();
    assert.equal(to, 'ada@example.com');
    assert.match(text, /already/);
    assert.doesNotMatch(text, /https?:|\d{6}/, 'nothing to act upon');
    assert.equal((await userOf(ada.id))?.status, 'active');
  });

  it('call a person by their address as they wrote it, and find them by every spelling of it', async () => {
    pool = await house.pool({ public_registration_allowed: true }, undefined, { identifierCaseInsensitive: false });
    const id = await register({ identifier: 'Ada@Example.com' });
    assert.equal(await register({ identifier: 'ada@example.com' }), id, 'the same person, whatever the case');
    const code = linkIn().searchParams.get('code') ?? '';
    const activated = await post('user/activate', { code, password: 'a long enough password' });
    assert.deepEqual(
      person.parse(activated.body).identifiers.map(({ identifier }) => identifier),
      ['Ada@Example.com'],
    );
    for (const typed of ['Ada@Example.com', 'ada@example.com', 'ADA@EXAMPLE.COM']) {
      assert.equal((await findClaimant(house.platform.stores, pool, typed)).user?.id, id, typed);
      house.sent.length = 0;
      await post('user/password/reset/request', { identifier: typed, address: typed });
      assert.equal(house.sent[0]?.owner?.userId, id, `${typed} is sent a code`);
    }
  });

  it('register a user name of digits, and nobody by digits that are somebody’s phone', async () => {
    pool = await house.pool({ public_registration_allowed: true });
    const id = await register({ identifier: '20231234', otp_address: 'student@example.com' });
    assert.equal(house.sent.length, 1);
    assert.equal((await findClaimant(house.platform.stores, pool, '20231234')).user?.id, id);
    const owner = await house.person(pool.id, { identifiers: [{ type: 'mobile', value: '+44 20 7946 0958' }] });
    await register({ identifier: '442079460958', otp_address: 'stranger@example.com' });
    assert.equal((await findClaimant(house.platform.stores, pool, '442079460958')).user?.id, owner.id);
  });

  it('refuse where nobody may register, what fits no schema, and a code address of the identifier’s own type', async () => {
    const closed = await house.pool();
    const answer = await house.api.ask('POST', house.at(closed, 'user/register'), {
      body: { identifier: 'a@example.com' },
    });
    assert.equal(answer.status, 422);
    assert.equal((await post('user/register', { identifier: 'a@b.example', otp_address: 'c@d.example' })).status, 422);
    assert.equal((await post('user/register', { identifier: 'a@b.example', payload: { name: 7 } })).status, 422);
    assert.equal((await post('user/register', { identifier: '' })).status, 422);
  });

  it('send a text to a phone, in one line', async () => {
    await register({ identifier: 'ada', otp_address: '+44 20 7946 0958' }, '?code_type_in_message=code');
    const letter = house.letter();
    assert.deepEqual([letter.channel, letter.to], ['sms', '+442079460958']);
    assert.doesNotMatch(letter.text, /\n/);
    assert.match(letter.text, /^\d{6} /);
  });

  it('send an activation to who is new, at an address nobody else has, and answer alike whatever happens', async () => {
    const one = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('one@example.com')] });
    const two = await house.person(pool.id, {
      status: 'new',
      addresses: [unverifiedMail('two@example.com'), unverifiedMail('three@example.com')],
    });
    const active = await house.person(pool.id, { addresses: [verifiedMail('taken@example.com')] });
    const send = async (id: string, body: object = {}) => (await post(`users/${id}/activation/send`, body)).status;
    assert.deepEqual(
      [
        await send(one.id),
        await send(two.id),
        await send(active.id),
        await send(noUser),
        await send(two.id, { address: 'taken@example.com' }),
      ],
      [204, 204, 204, 204, 204],
    );
    assert.deepEqual(
      house.sent.map(({ owner }) => owner?.userId),
      [one.id],
    );
    const asAdmin = async (id: string, body: object = {}) =>
      (await post(`users/${id}/activation/send`, body, 'admin')).status;
    assert.deepEqual(
      [
        await asAdmin(one.id),
        await asAdmin(two.id),
        await asAdmin(two.id, { identifier: 'three@example.com' }),
        await asAdmin(active.id),
        await asAdmin(noUser),
      ],
      [204, 422, 204, 422, 404],
    );
  });

  it('activate by a code who was there when it was made, whatever a stranger registers with their address since', async () => {
    const ways = {
      sent: async (id: string) => {
        await post(`users/${id}/activation/send?code_type_in_message=code`, {});
        return house.code();
      },
      generated: async (id: string) => {
        const { body } = await post(`users/${id}/code/generate`, { type: 'activation' });
        return z.object({ code: z.string() }).parse(body).code;
      },
    };
    for (const [way, codeFor] of Object.entries(ways)) {
      const identifier = `${way}@example.com`;
      const silently = '?send_activation_message=false';
      const id = await register({ identifier, payload: { name: 'Grace' } }, silently);
      const code = await codeFor(id);
      assert.equal(await register({ identifier, payload: { name: 'A stranger' } }, silently), id);
      const activated = await post(`users/${id}/activate`, { code });
      assert.equal(activated.status, 201, way);
      assert.deepEqual((await userOf(id))?.payload, { name: 'Grace' }, way);
    }
  });

  it('send at the wish of an administrator what others asked for too often', async () => {
    const address = 'lise@example.com';
    const [verifying, unverified] = ['address/verification/request', { address: 'maria@example.com' }];
    const invited = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('emmy@example.com')] });
    const unproven = await house.person(pool.id, { addresses: [unverifiedMail('maria@example.com')] });
    const active = await house.person(pool.id, { addresses: [verifiedMail(address)] });
    for (const [asked, body, wished, what] of [
      [`users/${invited.id}/activation/send`, {}, `users/${invited.id}/activation/send`, {}],
      ['user/password/reset/request', { address }, `users/${active.id}/password/reset/request`, { address }],
      ['user/otp/request', { userID: active.id }, `users/${active.id}/otp/request`, { address }],
      [`users/${unproven.id}/${verifying}`, unverified, `users/${unproven.id}/${verifying}`, unverified],
    ] as const) {
      while ((await post(asked, body)).status !== 429);
      const before = house.sent.length;
      assert.equal((await post(wished, what, 'admin')).status, 204, wished);
      assert.equal(house.sent.length, before + 1, wished);
      await house.forgive();
    }
  });

  it('speak of an invitation where an administrator invites', async () => {
    const one = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('one@example.com')] });
    const titles = [];
    for (const mode of ['registration', 'invitation']) {
      assert.equal((await post(`users/${one.id}/activation/send?mode=${mode}`, {}, 'admin')).status, 204);
      const letter = house.letter();
      titles.push(letter.channel === 'mail' ? letter.subject : '');
    }
    assert.match(titles[0] ?? '', /^Activate your account/);
    assert.match(titles[1] ?? '', /^You are invited/);
  });

  it('lead on only to where an application of the workspace is', async () => {
    const one = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('one@example.com')] });
    const { platform } = house;
    const demo = await platform.stores.clients.list(tenant, workspaceId('demo'), { limit: 1, order: 'asc' });
    const [redirectUri = ''] = demo.items[0]?.metadata.redirect_uris ?? [];
    const send = async (target: string) => {
      const query = new URLSearchParams({ server_id: 'demo', post_activation_url: target });
      return (await post(`users/${one.id}/activation/send?${query.toString()}`, {})).status;
    };
    for (const target of [
      'https://evil.example/',
      'javascript:alert(1)',
      `${new URL(redirectUri).origin}.evil.example/`,
      '//evil.example',
    ])
      assert.equal(await send(target), 422, target);
    const welcome = `${new URL(redirectUri).origin}/welcome`;
    assert.equal(await send(welcome), 204);
    assert.equal(linkIn().searchParams.get('post_activation_url'), welcome);
    assert.equal(linkIn().searchParams.get('server_id'), 'demo');
  });

  it('set a new password by a code to a verified address, and end every session', async () => {
    const ada = await house.person(pool.id, {
      addresses: [verifiedMail('ada@example.com')],
      password: 'the old password',
    });
    const before = await passwordOf(ada.id);
    assert.equal((await post('user/password/reset/request', { address: 'ada@example.com' })).status, 204);
    const code = linkIn().searchParams.get('code') ?? '';
    assert.equal(linkIn().pathname, `/default/identity/${pool.id}/reset_password`);
    const complete = () => post('user/password/reset/complete', { code, new_password: 'the new password' });
    const statuses = (await Promise.all([complete(), complete(), complete()])).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [204, 401, 401], 'once, however often at once');
    const after = await passwordOf(ada.id);
    assert.notEqual(after?.hash, before?.hash);
    assert.ok(((await userOf(ada.id))?.sessionsEndedAt ?? 0) > 0, 'sessions from before are over');
    assert.equal((await complete()).status, 401);
  });

  it('keep the code good where the new password does not do', async () => {
    const ada = await house.person(pool.id, { addresses: [verifiedMail('ada@example.com')] });
    await post('user/password/reset/request?code_type_in_message=code', { address: 'ada@example.com' });
    const code = house.code();
    const refusing = house.codes.routes.redeem.redeem(
      { pool, type: 'reset_password', user: ada, typed: ada.id, code },
      () => Promise.reject(new Error('too weak')),
    );
    await assert.rejects(refusing, /too weak/);
    const answer = await post('user/password/reset/confirm', {
      userID: ada.id,
      code,
      new_password: 'a strong one at last',
    });
    assert.equal(answer.status, 204);
  });

  it('send nothing to set a password by: to an unverified address, to who is not active, where it is switched off', async () => {
    const one = await house.person(pool.id, {
      identifiers: [{ type: 'uid', value: 'one' }],
      addresses: [unverifiedMail('one@example.com')],
    });
    await house.person(pool.id, { status: 'inactive', addresses: [verifiedMail('two@example.com')] });
    await post('user/password/reset/request', { identifier: 'one', address: 'one@example.com' });
    await post('user/password/reset/request', { address: 'two@example.com' });
    const off = await house.pool({
      ...poolSettingsSchema.parse({}),
      reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: true },
    });
    const ada = await house.person(off.id, { addresses: [verifiedMail('ada@example.com')] });
    const body = { address: 'ada@example.com' };
    const asked = await house.api.ask('POST', house.at(off, 'user/password/reset/request'), { body });
    assert.equal(asked.status, 204);
    assert.equal(house.sent.length, 0);
    const byAdmin = await house.api.ask('POST', house.at(off, `users/${ada.id}/password/reset/request`, 'admin'), {
      body,
    });
    assert.equal(byAdmin.status, 204);
    assert.equal(
      (await post(`users/${one.id}/password/reset/request`, { address: 'x@example.com' }, 'admin')).status,
      422,
    );
    assert.equal(house.sent.length, 1);
  });

  it('keep the code out of every row', async () => {
    const name = `${newId()}@example.com`;
    await register({ identifier: name }, '?code_type_in_message=code');
    const { database } = house.platform;
    const rows = JSON.stringify([await database('codes').select(), await database('messages').select()]);
    // As a word: six digits stand in one of a thousand lists of ids and times.
    assert.doesNotMatch(rows, new RegExp(`\\b${house.code()}\\b`));
    assert.ok(!rows.includes(name));
  });
});
