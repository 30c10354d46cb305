/** People who look after their own account over HTTP: by tokens of real logins, and for nobody but themselves. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { createRevocationService } from '../../../server/oauth2/revocation.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { schemaId, newId, type UserId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import type { User } from '../../../server/users/user.ts';
import { selfProfileEndpoints } from '../../../server/self-service/self-profile.routes.ts';
import { createSelfProfileService } from '../../../server/self-service/self-profile.service.ts';
import { softAuthenticator } from '../../support/authenticator.ts';
import {
  openCodeHouse,
  tenant as codeTenant,
  unverifiedMail,
  verifiedMail,
  type CodeHouse,
} from '../../support/code-house.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { selfServiceOf } from '../../support/self-service.ts';
import { hasForm } from '../../support/web-browser.ts';
import { password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';
import { resetPassword } from '../../support/passwords.ts';

const another = 'umbrella volcano trombones';
const failure = z.object({ details: z.array(z.object({ pointer: z.string() })) });
const shown = z.looseObject({
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
  business_metadata: z.record(z.string(), z.unknown()),
});
const shownV2 = shown.extend({
  credentials: z.array(z.looseObject({ id: z.string(), type: z.string(), name: z.string().optional() })),
  authentication_mechanisms: z.array(z.string()),
  allowed_authentication_mechanisms: z.array(z.string()),
  preferred_authentication_mechanism: z.string(),
  payload_schema: z.looseObject({ type: z.literal('object') }),
});
const begun = z.object({ publicKey: z.record(z.string(), z.unknown()) });

describe('the self-service endpoints', function () {
  this.timeout(60_000);
  let house: WebLogin;
  let self: ReturnType<typeof selfServiceOf>;
  let ada: User;
  let email: string;
  let token: string;
  const { tenantId: tenant, poolId: pool } = place;

  before(async () => {
    house = await startWebLogin({ TRUSTED_PROXIES: '127.0.0.1' });
    self = selfServiceOf(house);
    const { pools } = house.platform.stores;
    const found = await pools.find(tenant, pool);
    assert.ok(found);
    await pools.update({ ...found, authenticationMechanisms: ['password', 'webauthn'] });
  });
  after(() => house.stop());
  beforeEach(async () => {
    email = `${newId()}@example.com`;
    ada = await house.addPerson(email);
    token = (await self.signIn(email)).access_token;
  });

  const ask = (method: string, path: string, body?: unknown, more: { readonly ifMatch?: string } = {}) =>
    self.ask(token, method, path, { ...more, ...(body === undefined ? {} : { body }) });
  const stored = async (id: UserId = ada.id) => {
    const user = await house.platform.stores.users.find(tenant, pool, id);
    assert.ok(user);
    return user;
  };
  const change = async (words: Partial<User>) => house.platform.stores.users.update({ ...(await stored()), ...words });
  const passkeysOf = (id: UserId = ada.id) => house.platform.stores.passkeys.listOf(tenant, pool, id);
  const forgetPassword = (id: UserId = ada.id) =>
    house.platform.database('password_credentials').where({ user_id: id }).delete();
  const addPasskey = async (authenticator = softAuthenticator(0), by = token) => {
    const { publicKey } = begun.parse((await self.ask(by, 'POST', 'v2/self/webauthn/create/begin')).body);
    const body = authenticator.create(publicKey, { origin: house.origin });
    return { body, answer: await self.ask(by, 'POST', 'v2/self/webauthn/create/complete', { body }) };
  };

  describe('of a profile', () => {
    it('show a person their account, and nothing that could be signed with', async () => {
      const { body } = await addPasskey();
      await ask('PUT', `v2/self/webauthn/${body.id}/name`, { name: 'Laptop' });
      const v1 = await ask('GET', 'self/me');
      assert.equal(v1.status, 200);
      assert.deepEqual([shown.parse(v1.body).id, shown.parse(v1.body).payload['email']], [ada.id, email]);
      const v2 = await ask('GET', 'v2/self/me');
      const own = shownV2.parse(v2.body);
      assert.deepEqual(
        own.credentials.map(({ type, name }) => [type, name]),
        [
          ['password', undefined],
          ['webauthn', 'Laptop'],
        ],
      );
      assert.deepEqual(own.authentication_mechanisms, ['password', 'webauthn']);
      const [passkey] = await passkeysOf();
      for (const secret of ['argon2', passkey?.publicKey ?? 'none', passkey?.userHandle ?? 'none'])
        assert.ok(!v2.text.includes(secret), secret);
    });

    it('show of metadata what its schema declares and does not hide', async () => {
      const { schemas } = house.platform.stores;
      const id = schemaId(newId());
      const risk = { type: 'object', properties: { level: { type: 'string' }, score: { hidden: true } } };
      const schema = { type: 'object', properties: { plan: { type: 'string' }, notes: { hidden: true }, risk } };
      const times = { createdAt: clock.now(), updatedAt: clock.now() };
      await schemas.insert({ tenantId: tenant, id, name: 'm', description: '', schema, isSystem: false, ...times });
      const metadata = { plan: 'gold', notes: 'rude', risk: { level: 'low', score: 7 }, undeclared: 'x' };
      await change({ metadata, businessMetadata: metadata, schemas: { metadata: id } });
      const own = shown.parse((await ask('GET', 'v2/self/me')).body);
      assert.deepEqual(own.metadata, { plan: 'gold', risk: { level: 'low' } });
      // The default schema declares nothing.
      assert.deepEqual(own.business_metadata, {});
    });

    it('change what the schema of the payload declares, and keep what it does not', async () => {
      await change({ payload: { name: 'Ada', email, groups: ['staff'] } });
      for (const path of ['self/me', 'v2/self/me']) {
        const { status, body } = await ask('PUT', path, { payload: { name: `Ada of ${path}`, email } });
        assert.equal(status, 200);
        const payload = { name: `Ada of ${path}`, email, groups: ['staff'] };
        assert.deepEqual(shown.parse(body).payload, payload);
        assert.deepEqual((await stored()).payload, payload);
      }
    });

    it('let nobody make themselves a member, an owner of an address, or active', async () => {
      const before = await stored();
      for (const [payload, pointer] of [
        [{ groups: ['administrators'] }, '/payload/groups'],
        [{ email: 'grace@example.com' }, '/payload/email'],
        [{ email, email_verified: true }, '/payload/email_verified'],
        [{ phone_number: '+442079460958' }, '/payload/phone_number'],
        [{ phone_number_verified: true }, '/payload/phone_number_verified'],
        [{ name: 7 }, '/payload/name'],
      ] as const) {
        const { status, body } = await ask('PUT', 'v2/self/me', { payload });
        assert.equal(status, 422, JSON.stringify(payload));
        assert.ok(failure.parse(body).details.some((one) => one.pointer === pointer));
      }
      assert.deepEqual(await stored(), before);
      const more = { metadata: { plan: 'gold' }, business_metadata: { a: 1 }, status: 'inactive', id: 'eve' };
      assert.equal((await ask('PUT', 'v2/self/me', { payload: before.payload, ...more })).status, 200);
      const after = await stored();
      assert.deepEqual({ ...after, updatedAt: 0 }, { ...before, updatedAt: 0 });
    });

    it('change nothing that was changed since it was read (RFC 9110 §13.1.1)', async () => {
      for (const path of ['self/me', 'v2/self/me']) {
        const { etag = '' } = await ask('GET', path);
        const payload = { email, name: newId() };
        assert.equal((await ask('PUT', path, { payload }, { ifMatch: '"stale"' })).status, 412);
        assert.equal((await ask('PUT', path, { payload }, { ifMatch: etag })).status, 200);
        assert.equal((await ask('PUT', path, { payload }, { ifMatch: etag })).status, 412);
      }
    });
  });

  describe('of callers', () => {
    const everything = [
      ['GET', 'self/me'],
      ['GET', 'v2/self/me'],
      ['PUT', 'v2/self/me'],
      ['POST', 'v2/self/change-password'],
      ['POST', 'v2/self/webauthn/create/begin'],
    ] as const;
    const refused = async (bearer: string | undefined, workspace = 'demo') => {
      for (const [method, path] of everything) {
        const body = method === 'GET' ? {} : { body: {} };
        const { status } = await self.ask(bearer, method, path, { ...body, workspace });
        assert.equal(status, 401, `${method} ${path}`);
      }
    };

    it('refuse who was disabled, from then on and for ever', async () => {
      await house
        .users()
        .update({ tenantId: tenant, poolId: pool, id: ada.id, isAboveAdministrators: true }, { status: 'inactive' });
      await refused(token);
      await house
        .users()
        .update({ tenantId: tenant, poolId: pool, id: ada.id, isAboveAdministrators: true }, { status: 'active' });
      await refused(token);
    });

    it('refuse whose sessions were ended by a reset', async () => {
      await resetPassword(
        { service: house.platform.passwords.service, unitOfWork: house.platform.unitOfWork },
        { tenantId: tenant, poolId: pool, userId: ada.id },
        another,
        '/password',
      );
      await refused(token);
    });

    it('refuse who was removed', async () => {
      const at = { tenantId: tenant, poolId: pool, id: ada.id, isAboveAdministrators: true };
      await house.users().remove(at);
      await refused(token);
    });

    it('refuse a token that was taken back', async () => {
      const { unitOfWork, stores } = house.platform;
      await createRevocationService({ unitOfWork, stores, clock }).revokeUsers(tenant, pool, [ada.id]);
      await refused(token);
    });

    it('refuse the token of another workspace, an id_token, and a place that is none', async () => {
      const { id_token } = await self.signIn(email);
      await refused(id_token);
      for (const workspace of ['admin', 'system', 'nothing', 'Demo', 'demo%20']) await refused(token, workspace);
    });

    it('refuse a token whose login speaks of somebody else', async () => {
      const { database, stores } = house.platform;
      const grants: unknown[] = await database('authentication_snapshots').pluck('grant_id');
      for (const grant of grants.map(String)) {
        const login = await stores.snapshots.find(tenant, place.workspaceId, grant);
        if (login?.userId !== ada.id) continue;
        await stores.snapshots.removeByGrant(tenant, place.workspaceId, grant);
        await stores.snapshots.insert(tenant, place.workspaceId, { ...login, subject: 'eve' }, Date.now() + 1e6);
      }
      await refused(token);
    });

    it('refuse an application that a person let see who they are, and no more', async () => {
      const { access_token: small } = await self.signIn(email, 'openid profile email');
      for (const [method, path] of everything) {
        const { status, challenge } = await self.ask(small, method, path, method === 'GET' ? {} : { body: {} });
        assert.equal(status, 403);
        assert.match(challenge, /error="insufficient_scope", scope="(?:view|manage)_ss_profile"/);
      }
    });

    it('are granted by a person who was asked', async () => {
      const { consent, access_token: granted } = await self.signIn(email, 'openid manage_ss_profile', false);
      assert.ok(hasForm(consent, '/consent'));
      assert.match(consent.text, /Manage your account/);
      assert.equal((await self.ask(granted, 'GET', 'v2/self/me')).status, 403);
      assert.equal((await self.ask(granted, 'PUT', 'v2/self/me', { body: { payload: { email } } })).status, 200);
    });
  });

  describe('of passwords', () => {
    it('change one for who knows the old one', async () => {
      const words = { old_password: password, new_password: another };
      assert.equal((await ask('POST', 'self/change-password', words)).status, 204);
      assert.equal((await ask('POST', 'self/change-password', words)).status, 401);
      const back = { old_password: another, new_password: `${another} again` };
      assert.equal((await ask('POST', 'v2/self/change-password', back)).status, 204);
    });

    it('slow down who guesses the old one, whatever token they guess with', async () => {
      const guess = (by: string, path: string) =>
        self.ask(by, 'POST', path, { body: { old_password: newId(), new_password: another } });
      const other = (await self.signIn(email)).access_token;
      const statuses = [];
      for (const by of [token, other, token])
        for (const path of ['self/change-password', 'v2/self/change-password'])
          statuses.push((await guess(by, path)).status);
      assert.deepEqual(statuses.slice(0, 5), [401, 401, 401, 401, 401]);
      const right = { old_password: password, new_password: another };
      assert.equal((await ask('POST', 'v2/self/change-password', right)).status, 429);
    });

    it('hold a new one to the rules of the pool', async () => {
      const words = { old_password: password, new_password: 'short' };
      assert.equal((await ask('POST', 'v2/self/change-password', words)).status, 422);
    });

    it('set the first one soon after a login, and none over another', async () => {
      const words = { new_password: another };
      assert.equal((await ask('POST', 'v2/self/set-password', words)).status, 422);
      await forgetPassword();
      assert.equal((await ask('POST', 'v2/self/set-password', words, { ifMatch: '"stale"' })).status, 412);
      assert.equal((await ask('POST', 'v2/self/set-password', words)).status, 204);
      assert.equal((await ask('POST', 'v2/self/set-password', words)).status, 422);
    });
  });

  describe('of passkeys', () => {
    it('add one, name it and remove it', async () => {
      const { body, answer } = await addPasskey();
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await ask('PUT', `v2/self/webauthn/${body.id}/name`, { name: 'Phone' })).status, 204);
      assert.equal((await passkeysOf())[0]?.name, 'Phone');
      assert.equal((await ask('DELETE', `v2/self/webauthn/${body.id}`)).status, 204);
      assert.equal((await ask('DELETE', `v2/self/webauthn/${body.id}`)).status, 404);
    });

    it('add none by an answer that was given before, or to a challenge of somebody else', async () => {
      const { body } = await addPasskey();
      await ask('DELETE', `v2/self/webauthn/${body.id}`);
      assert.equal((await ask('POST', 'v2/self/webauthn/create/complete', body)).status, 422);
      const eve = `${newId()}@example.com`;
      await house.addPerson(eve);
      const hers = (await self.signIn(eve)).access_token;
      const { publicKey } = begun.parse((await self.ask(hers, 'POST', 'v2/self/webauthn/create/begin')).body);
      const made = softAuthenticator(0).create(publicKey, { origin: house.origin });
      assert.equal((await ask('POST', 'v2/self/webauthn/create/complete', made)).status, 422);
    });

    it('keep the last way in', async () => {
      const { body } = await addPasskey();
      await forgetPassword();
      const { status } = await ask('DELETE', `v2/self/webauthn/${body.id}`);
      assert.equal(status, 403);
      assert.equal((await passkeysOf()).length, 1);
    });

    it('reach no passkey of somebody else', async () => {
      const { body } = await addPasskey();
      const eve = `${newId()}@example.com`;
      await house.addPerson(eve);
      const hers = (await self.signIn(eve)).access_token;
      const at = `v2/self/webauthn/${body.id}`;
      assert.equal((await self.ask(hers, 'DELETE', at)).status, 404);
      assert.equal((await self.ask(hers, 'PUT', `${at}/name`, { body: { name: 'mine' } })).status, 404);
      assert.deepEqual(
        (await passkeysOf()).map(({ name }) => name),
        [''],
      );
    });

    it('take a first one from an application that verified it, under no handle that it says', async () => {
      const { body } = await addPasskey();
      const [{ publicKey } = { publicKey: '' }] = await passkeysOf();
      const given = { new_webauthn: { id: newId(), publicKey, userHandle: 'ZXZl' } };
      assert.equal((await ask('POST', 'v2/self/set-webauthn', given)).status, 422);
      await ask('DELETE', `v2/self/webauthn/${body.id}`);
      assert.equal((await ask('POST', 'v2/self/set-webauthn', given)).status, 204);
      const [added] = await passkeysOf();
      assert.deepEqual([added?.publicKey, added?.userHandle], [publicKey, undefined]);
    });
  });

  it('ask for a login of the last five minutes where somebody could make themselves at home (RFC 9470)', async () => {
    const { body } = await addPasskey();
    const { client, refresh_token: refresh = '' } = await self.signIn(email);
    const recent = [
      ['POST', 'v2/self/set-password', { new_password: another }],
      ['POST', 'v2/self/webauthn/create/begin', undefined],
      ['POST', 'v2/self/webauthn/create/complete', body],
      ['POST', 'v2/self/set-webauthn', { new_webauthn: { id: newId(), publicKey: 'AA' } }],
      ['DELETE', `v2/self/webauthn/${body.id}`, undefined],
      ['PUT', `v2/self/webauthn/${body.id}/name`, { name: 'mine' }],
    ] as const;
    await self.age(301);
    // A refreshed token is a fresh token of an old login.
    const { text } = await self.refresh(client, refresh);
    const refreshed = z.object({ access_token: z.string() }).parse(JSON.parse(text)).access_token;
    for (const by of [token, refreshed]) {
      for (const [method, path, sent] of recent) {
        const answer = await self.ask(by, method, path, sent === undefined ? {} : { body: sent });
        assert.equal(answer.status, 401, path);
        assert.match(answer.challenge, /error="insufficient_user_authentication", max_age="300"/);
      }
      assert.equal((await self.ask(by, 'GET', 'v2/self/me')).status, 200);
    }
    assert.equal((await passkeysOf()).length, 1);
  });
});

describe('POST /:tid/:aid/identity/self/address-verification/complete', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let api: EndpointServer;
  let pool: Pool;
  let caller: User;
  const made = z.object({ code: z.string() });
  before(async () => {
    house = await openCodeHouse();
    const { stores, passwords } = house.platform;
    const never = () => Promise.reject(new Error('nothing else is called'));
    const endpoints = selfProfileEndpoints({
      profiles: createSelfProfileService({ stores, users: { update: never } }),
      passwords: passwords.service,
      passkeys: { begin: never, complete: never, add: never, rename: never, remove: never },
      accounts: house.codes.routes.accounts,
    });
    const person = () => ({ poolId: pool.id, userId: caller.id, authTime: 0, ageSeconds: 0 });
    api = await serveEndpoints(endpoints, ['manage_ss_profile'], undefined, person);
  });
  after(async () => {
    await api.close();
    await house.close();
  });
  beforeEach(async () => {
    await house.forgive();
    pool = await house.pool();
    caller = await house.person(pool.id, {
      addresses: [unverifiedMail('ada@example.com'), unverifiedMail('a@b.example')],
    });
  });

  const codeFor = async (of: User, address: string) => {
    const path = house.at(pool, `users/${of.id}/code/generate`);
    const { body } = await house.api.ask('POST', path, { body: { type: 'verify_address', address } });
    return made.parse(body).code;
  };
  const complete = async (address: string, code: string) =>
    (await api.ask('POST', '/default/demo/identity/self/address-verification/complete', { body: { address, code } }))
      .status;
  const isVerified = async (of: User, address: string) =>
    (await house.platform.stores.addresses.listOf(codeTenant, pool.id, of.id)).some(
      ({ normalized, verifiedAt }) => normalized === address && verifiedAt !== undefined,
    );

  it('verifies the address that the code was sent to, once', async () => {
    const code = await codeFor(caller, 'ada@example.com');
    assert.equal(await complete('Ada@example.com', `${code.slice(0, 3)} ${code.slice(3)}`), 204);
    assert.ok(await isVerified(caller, 'ada@example.com'));
    assert.equal(await complete('ada@example.com', code), 401);
  });

  it('verifies no other of theirs, and none that somebody else was sent a code for', async () => {
    const code = await codeFor(caller, 'ada@example.com');
    assert.equal(await complete('a@b.example', code), 401);
    const eve = await house.person(pool.id, { addresses: [unverifiedMail('eve@example.com')] });
    const hers = await codeFor(eve, 'eve@example.com');
    assert.equal(await complete('eve@example.com', hers), 401);
    for (const [of, address] of [
      [caller, 'a@b.example'],
      [caller, 'ada@example.com'],
      [eve, 'eve@example.com'],
    ] as const)
      assert.equal(await isVerified(of, address), false);
  });

  it('refuses an address that somebody else has verified meanwhile', async () => {
    const code = await codeFor(caller, 'ada@example.com');
    await house.person(pool.id, { addresses: [verifiedMail('ada@example.com')] });
    assert.equal(await complete('ada@example.com', code), 409);
  });

  it('slows down who tries codes', async () => {
    const code = await codeFor(caller, 'ada@example.com');
    for (let at = 0; at < 6; at += 1) assert.equal(await complete('ada@example.com', `00000${String(at)}`), 401);
    assert.equal(await complete('ada@example.com', code), 429);
  });
});
