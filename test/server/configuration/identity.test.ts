/** Moving people between deployments, and what an attacker would bring along. */
import assert from 'node:assert/strict';
import type { ImportMode } from '../../../server/configuration/section.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { poolId, tenantId, userId } from '../../../server/kernel/ids.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';

const mine = tenantId('default');
const pool = poolId('staff');
const hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

onEachEmptyDatabase('importing people', (url) => {
  let from: Deployment;
  let to: Deployment;
  before(async function () {
    this.timeout(60_000);
    from = await openDeployment();
    to = await openDeployment(url());
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const dump = (house = to, more = {}) => textOf(house.identity.exporter.run({ tenantId: mine, ...more }));
  const run = (body: unknown, more: { mode?: ImportMode; dryRun?: boolean; passphrase?: string } = {}) =>
    to.identity.importer.run({ tenantId: mine, mode: 'update', dryRun: false, ...more, body: bytesOf(body) });
  const person = (id: string, identifier: string) => ({
    users: [{ id, user_pool_id: pool, status: 'active', payload: { name: id } }],
    user_identifiers: [{ user_pool_id: pool, user_id: id, type: 'email', identifier }],
    user_credentials: [
      {
        user_pool_id: pool,
        user_id: id,
        type: 'password',
        payload: { hashed_password: hash },
        expires_at: '2020-01-01T00:00:00Z',
      },
    ],
  });
  const refused = async (body: unknown, code: ErrorCode, pointers: readonly string[]) => {
    const before = await dump();
    await assert.rejects(run(body), (error: unknown) => {
      assert.ok(isPlatformError(error, code), String(error));
      const { details = [] } = error as { details?: readonly { pointer: string }[] };
      assert.deepEqual(
        details.map(({ pointer }) => pointer),
        pointers,
        error.message,
      );
      return true;
    });
    assert.equal(await dump(), before, 'nothing is written');
  };

  it('makes the people of another deployment equal, byte for byte', async () => {
    const all = await dump(from);
    assert.match(all, /"identifier":"ada@example.com"/);
    // The same identifiers are another person's.
    await refused(JSON.parse(all.replaceAll('demo-person', 'somebody')), 'conflict', ['/user_identifiers/0']);
    await to.platform.database('pools').delete();
    await run(all);
    assert.equal(await dump(), all);
    const whole = await textOf(to.identity.exporter.run({ tenantId: undefined }));
    assert.match(whole, /"tenant_id":"default"/);
    const again = await run(all);
    assert.deepEqual([again.counts.create, again.counts.update], [0, 0]);
  });

  it('names the ways of a pool that nothing here serves, and leaves them out', async () => {
    const ways = ['password', 'totp', 'sms_otp'];
    const { ignored } = await run({ pools: [{ id: 'ways', name: 'Ways', authentication_mechanisms: ways }] });
    assert.deepEqual(ignored, {
      'pools/authentication_mechanisms/totp': 1,
      'pools/authentication_mechanisms/sms_otp': 1,
    });
  });

  it('brings no pool that names a workspace which is not there', async () => {
    const naming = { id: pool, name: 'Staff', workspace_id: 'nowhere', script_metadata_workspaces: ['demo', 'gone'] };
    await refused({ pools: [naming] }, 'unprocessable_entity', [
      '/pools/0/workspace_id',
      '/pools/0/script_metadata_workspaces/1',
    ]);
  });

  it('brings a pool with its people, who are found by what they type', async () => {
    const pools = [
      { id: pool, name: 'Staff', identifier_case_insensitive: true, authentication_mechanisms: ['password', 'otp'] },
    ];
    const { counts } = await run({ pools, ...person('grace', ' Grace@Example.COM ') });
    assert.deepEqual(counts, { create: 4, update: 0, keep: 0, conflict: 0 });
    const { identifiers, passwords } = to.platform.stores;
    assert.equal(await identifiers.findUser(mine, pool, 'grace@example.com'), 'grace');
    const credential = await passwords.findByUser(mine, pool, userId('grace'));
    assert.deepEqual(
      [credential?.hash, credential?.version, credential?.expiresAt],
      [hash, 1, Date.parse('2020-01-01')],
    );
    assert.equal((await run(person('grace', 'grace@example.com'))).counts.create, 0, 'the same person');
  });

  it('makes proofs with an older password worth nothing', async () => {
    const [credential] = person('grace', 'x').user_credentials;
    const other = hash.replace('AAAA', 'BBBB');
    await run({ user_credentials: [{ ...credential, payload: { hashed_password: other } }] });
    const stored = await to.platform.stores.passwords.findByUser(mine, pool, userId('grace'));
    assert.deepEqual([stored?.hash, stored?.version], [other, 2]);
  });

  it('brings passwords as they are: their state, those before them, and people who have none', async () => {
    const { passwords } = to.platform.stores;
    const at = [mine, pool, userId('hopper')] as const;
    const bcrypt = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    const [credential] = person('hopper', 'x').user_credentials;
    const former = [
      { version: 6, hashed_password: hash },
      { version: 2, hashed_password: bcrypt },
    ];
    await run({
      ...person('hopper', 'hopper@example.com'),
      user_credentials: [
        {
          ...credential,
          payload: { hashed_password: bcrypt },
          state: 'must_be_changed',
          created_at: '2020-02-02T00:00:00Z',
          version: 7,
          history: former,
        },
        { ...credential, user_id: 'grace', payload: {}, version: 9 },
      ],
    });
    const stored = await passwords.findByUser(...at);
    assert.deepEqual(
      [stored?.hash, stored?.state, stored?.version, stored?.createdAt, stored?.updatedAt],
      [bcrypt, 'must_be_changed', 7, Date.parse('2020-02-02'), undefined],
    );
    assert.equal((await passwords.findByUser(mine, pool, userId('grace')))?.hash, undefined);
    const all = await dump();
    await to.platform.database('password_history').delete();
    await to.platform.database('password_credentials').delete();
    await run(all);
    assert.equal(await dump(), all);
    assert.deepEqual(
      await passwords.historyOf(...at),
      former.map(({ version, hashed_password }) => ({ version, hash: hashed_password })),
    );
    // What says nothing of state and history leaves them; what it replaces is one of those before.
    await run({ user_credentials: [{ ...credential, payload: { hashed_password: hash } }] });
    const replaced = await passwords.findByUser(...at);
    assert.deepEqual([replaced?.state, replaced?.version, replaced?.hash], ['must_be_changed', 8, hash]);
    assert.ok((replaced?.updatedAt ?? 0) > 0);
    assert.deepEqual((await passwords.historyOf(...at))[0], { version: 7, hash: bcrypt });
  });

  it('refuses former passwords that cannot be compared with, or that are in no order', async () => {
    const [credential] = person('hopper', 'x').user_credentials;
    const refuse = (history: readonly object[], pointers: readonly string[]) =>
      refused(
        { user_credentials: [{ ...credential, version: 9, history }] },
        'unprocessable_entity',
        pointers.map((pointer) => `/user_credentials/0/history${pointer}`),
      );
    const plantedCost = '$scrypt$ln=20,r=32,p=16$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    await refuse([{ version: 8, hashed_password: plantedCost }], ['/0/hashed_password']);
    await refuse([{ version: 9, hashed_password: hash }], ['/0/version']);
    const twice = { version: 8, hashed_password: hash };
    await refuse([twice, twice], ['/1/version']);
    await refuse(
      Array.from({ length: 25 }, (_, n) => ({ version: 40 - n, hashed_password: hash })),
      [''],
    );
  });

  it('ends the sessions of whoever it disables', async () => {
    await run(person('hopper', 'hopper@example.com'));
    const find = () => to.platform.stores.users.find(mine, pool, userId('hopper'));
    assert.equal((await find())?.sessionsEndedAt, undefined);
    await run({ users: [{ ...person('hopper', 'x').users[0], status: 'inactive' }] });
    const ended = (await find())?.sessionsEndedAt ?? 0;
    assert.ok(ended > 0);
    await run({ users: [{ ...person('hopper', 'x').users[0], status: 'active' }] });
    assert.equal((await find())?.sessionsEndedAt, ended, 'for good');
    await to.platform.stores.users.remove(mine, pool, userId('hopper'));
  });

  it('names what is wrong, and writes nothing', async () => {
    const eve = person('eve', 'eve@example.com');
    const [credential] = eve.user_credentials;
    const [identifier] = eve.user_identifiers;
    await refused({ ...eve, user_identifiers: [{ ...identifier, identifier: 'GRACE@example.com' }] }, 'conflict', [
      '/user_identifiers/0',
    ]);
    await refused({ ...eve, user_identifiers: [{ ...identifier, identifier: 'eve' }] }, 'unprocessable_entity', [
      '/user_identifiers/0/identifier',
    ]);
    await refused({ user_identifiers: [{ ...identifier, user_id: 'nobody' }] }, 'unprocessable_entity', [
      '/user_identifiers/0/user_id',
    ]);
    await refused({ user_credentials: eve.user_credentials }, 'unprocessable_entity', ['/user_credentials/0/user_id']);
    await refused(
      { ...eve, users: [{ ...eve.users[0], user_pool_id: 'none' }], user_identifiers: [], user_credentials: [] },
      'unprocessable_entity',
      ['/users/0/user_pool_id'],
    );
    await refused(
      { ...eve, user_credentials: [{ ...credential, payload: { hashed_password: 'plain text' } }] },
      'unprocessable_entity',
      ['/user_credentials/0/payload/hashed_password'],
    );
    const costly = hash.replace('m=19456', 'm=999999');
    await refused(
      { ...eve, user_credentials: [{ ...credential, payload: { hashed_password: costly } }] },
      'unprocessable_entity',
      ['/user_credentials/0/payload/hashed_password'],
    );
    await refused({ ...eve, user_credentials: [{ ...credential, type: 'totp' }] }, 'unprocessable_entity', [
      '/user_credentials/0/type',
    ]);
    await refused({ ...eve, user_credentials: [{ ...credential, type: 'webauthn' }] }, 'unprocessable_entity', [
      '/user_credentials/0/payload/id',
      '/user_credentials/0/payload/publicKey',
    ]);
    await refused({ ...eve, user_identifiers: [identifier, identifier] }, 'unprocessable_entity', [
      '/user_identifiers/1',
    ]);
    await refused({ pools: [{ id: 'a/b', name: 'x' }] }, 'unprocessable_entity', ['/pools/0/id']);
    await refused({ pools: [{ id: 'x', name: 'x', authentication_mechanisms: ['totp'] }] }, 'unprocessable_entity', [
      '/pools/0/authentication_mechanisms',
    ]);
    await refused(
      { pools: [{ id: pool, name: 'Staff', identifier_case_insensitive: false }] },
      'unprocessable_entity',
      ['/pools/0'],
    );
  });

  it('seals hashes under a passphrase', async () => {
    const passphrase = 'correct horse battery';
    const sealed = await dump(to, { passphrase });
    assert.doesNotMatch(sealed, /\$(?:argon2id|2b|pbkdf2|scrypt|sha256)\$/);
    assert.deepEqual((await run(sealed, { passphrase, dryRun: true })).counts.update, 0);
  });

  it('takes thousands of people, and cuts nobody in two', async () => {
    const ids = Array.from({ length: 1200 }, (_, at) => `p${String(at)}`);
    const people = ids.map((id) => person(id, `${id}@example.com`));
    const { counts } = await run({
      user_credentials: people.flatMap((one) => one.user_credentials),
      users: people.flatMap((one) => one.users),
      user_identifiers: people.flatMap((one) => one.user_identifiers),
    });
    assert.equal(counts.create, 3600);
    const { database } = to.platform;
    for (const table of ['users', 'identifiers', 'password_credentials'])
      assert.equal((await database(table).where({ tenant_id: mine, pool_id: pool })).length, 1201, table);
    const all = await dump();
    assert.deepEqual((await run(all, { dryRun: true })).counts.update, 0);
  });
});
