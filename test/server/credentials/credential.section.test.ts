/** Credentials of every kind on the list move, each as it says itself; one that nobody else knows of as well. */
import assert from 'node:assert/strict';
import { credentialKinds } from '../../../server/compose-kinds.ts';
import { decoyPublicKey } from '../../../server/credentials/passkey/public-key.ts';
import { isPlatformError, type ErrorCode } from '../../../server/kernel/errors.ts';
import { poolId, tenantId, userId } from '../../../server/kernel/ids.ts';
import { onEachEmptyDatabase } from '../../support/databases.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../support/deployment.ts';
import { phraseCredential } from '../../support/kinds/phrase/phrase.credential.ts';
import { hashOf, phrasesOn } from '../../support/kinds/phrase/phrase.store.ts';

const mine = tenantId('default');
const pool = poolId('staff');
const kinds = [...credentialKinds, phraseCredential];
const passwordHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const passphrase = 'of the export, and of nothing else';

onEachEmptyDatabase('importing credentials', (url) => {
  let from: Deployment;
  let to: Deployment;
  before(async function () {
    this.timeout(60_000);
    from = await openDeployment(undefined, { kinds });
    to = await openDeployment(url(), { kinds });
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const dump = (house: Deployment, more = {}) => textOf(house.identity.exporter.run({ tenantId: mine, ...more }));
  const run = (house: Deployment, body: unknown, more: { passphrase?: string } = {}) =>
    house.identity.importer.run({ tenantId: mine, mode: 'update', dryRun: false, ...more, body: bytesOf(body) });
  const refused = (body: unknown, code: ErrorCode) =>
    assert.rejects(run(to, body), (error) => isPlatformError(error, code));
  const of = (user: string, type: string, payload: object) => ({ user_pool_id: pool, user_id: user, type, payload });
  const phrase = (user: string, text: string, worn = false) => of(user, 'phrase', { phrase_hash: hashOf(text), worn });
  const found = ({ platform: { database } }: Deployment, user: string) =>
    phrasesOn(database).find({ tenantId: mine, poolId: pool }, userId(user));

  it('brings those of every kind to another deployment, and back byte for byte', async () => {
    await run(from, {
      pools: [{ id: pool, name: 'Staff', authentication_mechanisms: ['password', 'webauthn', 'phrase'] }],
      users: ['grace', 'eve'].map((id) => ({ id, user_pool_id: pool, status: 'active', payload: {} })),
      user_credentials: [
        phrase('grace', 'of grace', true),
        of('grace', 'password', { hashed_password: passwordHash }),
        of('grace', 'webauthn', {
          id: Buffer.from('a passkey').toString('base64url'),
          publicKey: decoyPublicKey(),
          authenticator: { signCount: 7 },
        }),
        phrase('eve', 'of eve'),
      ],
    });
    const all = await dump(from);
    const types = (JSON.parse(all) as { user_credentials: { type: string; user_pool_id: string }[] }).user_credentials;
    assert.deepEqual(
      types.filter((one) => one.user_pool_id === pool).map(({ type }) => type),
      ['password', 'webauthn', 'phrase', 'phrase'],
    );
    await run(to, all);
    assert.deepEqual(await found(to, 'grace'), { hash: hashOf('of grace'), isWorn: true });
    assert.equal(await dump(to), all);
    const { counts } = await run(to, all);
    assert.deepEqual([counts.create, counts.update], [0, 0]);
    assert.equal(await dump(to), all);
  });

  it('seals their secrets in an export with a passphrase, each for its own place', async () => {
    const sealed = await dump(from, { passphrase });
    for (const text of ['of grace', 'of eve']) assert.doesNotMatch(sealed, new RegExp(hashOf(text)));
    const swapped = JSON.parse(sealed) as { user_credentials: { type: string; payload: object }[] };
    const [one, other] = swapped.user_credentials.filter(({ type }) => type === 'phrase');
    assert.ok(one && other);
    [one.payload, other.payload] = [other.payload, one.payload];
    await assert.rejects(run(to, swapped, { passphrase }), (error) => isPlatformError(error));
    assert.equal(await dump(to), await dump(from));
    await run(to, sealed, { passphrase });
    assert.equal(await dump(to), await dump(from));
  });

  it('refuses of each kind what its own body refuses, a type that nothing serves, and a person who is not there', async () => {
    await refused({ user_credentials: [of('grace', 'phrase', { phrase_hash: 'four words' })] }, 'unprocessable_entity');
    await refused({ user_credentials: [of('grace', 'telepathy', {})] }, 'unprocessable_entity');
    await refused({ user_credentials: [phrase('nobody', 'of nobody')] }, 'unprocessable_entity');
  });

  it('refuses a kind where nothing serves it', async () => {
    const house = await openDeployment();
    try {
      await assert.rejects(
        run(house, {
          pools: [{ id: pool, name: 'Staff', authentication_mechanisms: ['password'] }],
          users: [{ id: 'grace', user_pool_id: pool, status: 'active', payload: {} }],
          user_credentials: [phrase('grace', 'of grace')],
        }),
        (error) => isPlatformError(error, 'unprocessable_entity'),
      );
    } finally {
      await house.close();
    }
  });
});
