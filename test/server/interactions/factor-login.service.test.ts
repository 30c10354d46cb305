/** The first factor by password: what it believes, what it counts, and what nobody can learn from it. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { PasswordHasher } from '../../../server/credentials/password/password.ts';
import type { CredentialKind } from '../../../server/credentials/credential-kind.ts';
import { createPasswordHasher } from '../../../server/credentials/password/hasher.ts';
import { createPasswordSetting } from '../../../server/credentials/password/password-setting.service.ts';
import { createPasswordKind } from '../../../server/credentials/password/password-kind.ts';
import { createDeviceCookies } from '../../../server/interactions/device-cookie.ts';
import {
  createFactorLoginService,
  type FactorAttempt,
  type FactorLoginService,
} from '../../../server/interactions/factor-login.service.ts';
import { addressPolicy, personPolicy } from '../../../server/interactions/throttle.ts';
import { PlatformError } from '../../../server/kernel/errors.ts';
import { clientId, idpId, interactionId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import { workspaceOf } from '../../support/stores.ts';

const right = 'correct horse battery staple';
/** How the hashes begin that are made here. */
const own = '$argon2id$v=19$m=19456,t=2,p=1$';

onEachDatabase('FactorLoginService', (open) => {
  let knex: Knex;
  let house: LoginRows;
  let service: FactorLoginService;
  let withoutSetting: FactorLoginService;
  let verified: string[];
  let address = 0;
  let busy = false;

  before(async () => {
    knex = await open();
  });
  beforeEach(async () => {
    house = await openLoginRows(knex);
    verified = [];
    busy = false;
    address += 1;
    const hasher = createPasswordHasher({
      // What argon2 is asked, without its cost: the hash is the password itself.
      argon2: {
        hash: (password) => Promise.resolve(`${own}${password}`),
        verify: (hash, password) => {
          verified.push(password);
          return Promise.resolve(hash === `${own}${password}`);
        },
      },
    });
    const gated: PasswordHasher = {
      ...hasher,
      verify: (hash, password) =>
        busy ? Promise.reject(new PlatformError('unavailable', 'too many')) : hasher.verify(hash, password),
    };
    const password = createPasswordKind({ passwords: house.stores.passwords, hasher: gated, clock: house.clock });
    const notAsked = { prepareReset: () => assert.fail(), prepareChange: () => assert.fail() };
    const deps = {
      ...house.stores,
      hasher: gated,
      kinds: [{ ...password, setting: createPasswordSetting({ passwordService: notAsked }) }],
      devices: createDeviceCookies(new Uint8Array(32)),
      clock: house.clock,
    };
    service = createFactorLoginService(deps);
    withoutSetting = createFactorLoginService({ ...deps, kinds: [password] });
    await setPassword(right);
  });

  const setPassword = (password: string, expiresAt?: number) =>
    house.stores.passwords.set(house.user.tenantId, house.user.poolId, house.user.id, `${own}${password}`, expiresAt);
  interface Change extends Partial<FactorAttempt> {
    readonly password?: string;
  }
  const attempt = ({ password = right, ...change }: Change = {}): FactorAttempt => ({
    workspace: workspaceOf(house.idp.tenantId, { id: house.idp.workspaceId }),
    interaction: { id: interactionId('cid'), clientId: clientId('app') },
    idp: house.idp,
    identifier: 'ada@example.com',
    mechanism: 'password',
    answer: { password },
    page: { nonce: 'n', origin: 'https://id.example', locale: 'en', applicationName: 'App' },
    address: `198.51.100.${String(address)}`,
    deviceCookie: undefined,
    ...change,
  });
  const kindOf = async (change?: Change) => (await service.attempt(attempt(change))).kind;
  const wrong = { password: 'wrong' };

  it('proves the person whose password it is', async () => {
    const outcome = await service.attempt(attempt({ identifier: ' ADA@Example.com' }));
    assert.equal(outcome.kind, 'proven');
    assert.equal(outcome.proof.person.userId, house.user.id);
    assert.deepEqual(outcome.proof.person.amr, ['pwd']);
    assert.deepEqual(outcome.proof.credential, { mechanism: 'password', mark: '2' });
  });

  it('says the same of a wrong password, of nobody, and of a person who may not sign in', async () => {
    assert.deepEqual(await service.attempt(attempt(wrong)), { kind: 'wrong' });
    assert.deepEqual(await service.attempt(attempt({ identifier: 'eve@example.com' })), { kind: 'wrong' });
    await house.stores.users.update({ ...house.user, status: 'inactive' });
    assert.deepEqual(await service.attempt(attempt()), { kind: 'wrong' });
  });

  it('says that a password has expired only to who knows it', async () => {
    await setPassword(right, house.clock.now() - 1);
    assert.equal(await kindOf(wrong), 'wrong');
    assert.equal(await kindOf(), 'replace');
  });

  it('lets nobody in with what has expired where no page gives them another', async () => {
    await setPassword(right, house.clock.now() - 1);
    assert.deepEqual(await withoutSetting.attempt(attempt(wrong)), { kind: 'wrong' });
    assert.deepEqual(await withoutSetting.attempt(attempt()), { kind: 'must_be_reset' });
  });

  it('costs the same for nobody as for somebody: the same queries in the same order, one hash each', async () => {
    const asked = async (identifier: string) => {
      const queries: string[] = [];
      const note = ({ sql }: { readonly sql: string }): void => {
        queries.push(sql);
      };
      const before = verified.length;
      knex.on('query', note);
      // Six are wrong, and the seventh is refused unseen.
      for (let n = 0; n < personPolicy.free + 2; n += 1)
        await service.attempt(attempt({ identifier, password: 'wrong' }));
      knex.off('query', note);
      return { queries, hashes: verified.length - before };
    };
    const known = await asked('ada@example.com');
    const unknown = await asked('eve@example.com');
    assert.ok(known.queries.length > 20);
    assert.deepEqual(unknown.queries, known.queries);
    assert.equal(known.hashes, personPolicy.free + 1);
    assert.equal(unknown.hashes, known.hashes);
  });

  it('verifies no more of 40 guesses at once than the free ones and one', async () => {
    const guesses = Array.from({ length: 40 }, (_, n) => service.attempt(attempt({ password: `guess ${String(n)}` })));
    const outcomes = await Promise.all(guesses);
    assert.equal(verified.length, personPolicy.free + 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'throttled').length, 40 - verified.length);
  });

  it('lets nobody in who guesses right while they are slowed', async () => {
    for (let n = 0; n <= personPolicy.free; n += 1) await service.attempt(attempt(wrong));
    const outcome = await service.attempt(attempt());
    assert.deepEqual(outcome, { kind: 'throttled', retryAfterSeconds: 5 });
    house.clock.set(house.clock.now() + 5000);
    assert.equal(await kindOf(), 'proven');
  });

  /** @returns other names of the same person */
  const names = async (count: number): Promise<readonly string[]> => {
    const { tenantId, poolId, id } = house.user;
    const all = Array.from({ length: count }, (_, n) => `ada${String(n)}`);
    for (const value of all)
      await house.stores.identifiers.insert(tenantId, poolId, id, { type: 'uid', value, normalized: value });
    return all;
  };

  it('slows a name from any address and in any spelling, and tells by no delay that two names are one person', async () => {
    const [other = ''] = await names(1);
    for (let n = 0; n <= personPolicy.free; n += 1)
      await service.attempt(attempt({ ...wrong, address: `203.0.113.${String(n)}` }));
    assert.equal(await kindOf({ identifier: ' ADA@Example.com' }), 'throttled');
    const wrongFor = (identifier: string) => kindOf({ ...wrong, identifier });
    for (let n = 0; n <= personPolicy.free; n += 1)
      assert.deepEqual([await wrongFor(other), await wrongFor('somebody else')], ['wrong', 'wrong']);
    assert.deepEqual([await wrongFor(other), await wrongFor('somebody else')], ['throttled', 'throttled']);
  });

  it('lets nobody guess more under many names, and says nothing of it', async () => {
    const outcome = await service.attempt(attempt());
    assert.equal(outcome.kind, 'proven');
    const all = await names(8);
    const addressed = (n: number) => ({ address: `203.0.113.${String(n)}` });
    for (const [n, identifier] of all.slice(0, 6).entries())
      for (let tries = 0; tries < personPolicy.free; tries += 1)
        assert.equal(await kindOf({ ...wrong, ...addressed(n), identifier }), 'wrong');
    const hashes = verified.length;
    const [fresh = '', another = ''] = all.slice(6);
    assert.equal(await kindOf({ ...addressed(9), identifier: fresh }), 'wrong', 'the right password is not looked at');
    assert.equal(verified.length, hashes + 1, 'and costs as much');
    assert.equal(await kindOf({ ...addressed(9), identifier: another, deviceCookie: outcome.deviceCookie }), 'proven');
    house.clock.set(house.clock.now() + personPolicy.maxDelayMs);
    assert.equal(await kindOf({ ...addressed(9), identifier: fresh }), 'proven');
  });

  it('forgives the person who got it right', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < personPolicy.free; n += 1) assert.equal(await kindOf(wrong), 'wrong');
      assert.equal(await kindOf(), 'proven');
    }
  });

  it('counts no right password against the address, and takes back no wrong one', async () => {
    for (let n = 0; n < addressPolicy.free + 5; n += 1) assert.equal(await kindOf(), 'proven');
    for (let n = 0; n <= addressPolicy.free; n += 1)
      assert.equal(await kindOf({ identifier: `eve${String(n)}@example.com` }), 'wrong');
    assert.equal(await kindOf(), 'throttled');
  });

  it('counts nothing against the address while the person is slowed', async () => {
    for (let n = 0; n <= personPolicy.free; n += 1) await service.attempt(attempt(wrong));
    for (let n = 0; n < addressPolicy.free; n += 1) assert.equal(await kindOf(wrong), 'throttled');
    assert.equal(await kindOf({ identifier: 'eve@example.com' }), 'wrong');
  });

  it('slows nobody by passkeys that nobody here has, but whoever sends the same one again', async () => {
    const passkeys: CredentialKind = {
      mechanism: 'webauthn',
      amr: 'pop',
      isGoodOnce: true,
      wrong: { field: 'form', text: 'wrong_passkey' },
      faultOf: () => undefined,
      identify: () => Promise.resolve(undefined),
      verify: () => Promise.resolve({ kind: 'wrong' }),
    };
    const { stores, clock } = house;
    const devices = createDeviceCookies(new Uint8Array(32));
    const hasher = createPasswordHasher();
    const asked = createFactorLoginService({ ...stores, hasher, kinds: [passkeys], devices, clock });
    const send = async (webauthn: string) =>
      (await asked.attempt(attempt({ mechanism: 'webauthn', identifier: '', answer: { webauthn } }))).kind;
    for (let n = 0; n <= personPolicy.free; n += 1) assert.equal(await send('of nobody'), 'wrong');
    assert.equal(await send('of nobody'), 'throttled');
    assert.equal(await send('of another nobody'), 'wrong');
  });

  it('counts nothing that nobody looked at: a busy server locks nobody out', async () => {
    busy = true;
    for (let n = 0; n < 20; n += 1) await assert.rejects(service.attempt(attempt()), PlatformError);
    busy = false;
    assert.equal(await kindOf(), 'proven');
  });

  it('lets nobody lock a person out of the browser they signed in from before', async () => {
    const outcome = await service.attempt(attempt());
    assert.equal(outcome.kind, 'proven');
    for (let n = 0; n <= personPolicy.free; n += 1)
      await service.attempt(attempt({ ...wrong, address: '203.0.113.9' }));
    assert.equal(await kindOf(), 'throttled');
    assert.equal(await kindOf({ deviceCookie: outcome.deviceCookie }), 'proven');
  });

  it('slows guessing from such a browser as well, and believes its cookie for nobody else', async () => {
    const outcome = await service.attempt(attempt());
    assert.equal(outcome.kind, 'proven');
    const { deviceCookie } = outcome;
    for (let n = 0; n <= personPolicy.free; n += 1) await service.attempt(attempt({ ...wrong, deviceCookie }));
    assert.equal(await kindOf({ deviceCookie }), 'throttled');
    for (let n = 0; n <= personPolicy.free; n += 1)
      await service.attempt(attempt({ identifier: 'eve@example.com', deviceCookie }));
    assert.equal(
      await kindOf({ identifier: 'eve@example.com' }),
      'throttled',
      'it is no way around the delay of another',
    );
  });

  it('tells of a failure without a word of what was typed', async () => {
    await service.attempt(attempt({ identifier: 'hunter2 typed into the wrong field', password: 'planted' }));
    const events: readonly unknown[] = await knex('audit_events').where({
      tenant_id: house.idp.tenantId,
      action: 'failed',
    });
    assert.equal(events.length, 1);
    assert.doesNotMatch(JSON.stringify(events), /hunter2|planted/);
  });

  it('knows the people of a fixed list', async () => {
    const { tenantId, workspaceId } = house.idp;
    const users = [{ username: 'sam', passwordHash: `${own}${right}`, attributes: { name: 'Sam' } }];
    const idp = {
      tenantId,
      workspaceId,
      id: idpId('fixed'),
      name: 'Fixed',
      enabled: true,
      method: 'static',
      users,
    } as const;
    const outcome = await service.attempt(attempt({ idp, identifier: 'sam' }));
    assert.equal(outcome.kind, 'proven');
    const { person, context, credential } = outcome.proof;
    assert.deepEqual([person.userId, context, credential], [undefined, { name: 'Sam' }, undefined]);
    assert.equal(await kindOf({ idp, identifier: 'pam' }), 'wrong');
  });
});
