/** Passkeys that move between deployments, and what an attacker would bring along. */
import assert from 'node:assert/strict';
import { decoyPublicKey } from '../../../../server/credentials/passkey/public-key.ts';
import { passkeyKey } from '../../../../server/credentials/passkey/passkey.ts';
import { isPlatformError, type ErrorCode } from '../../../../server/kernel/errors.ts';
import { poolId, tenantId } from '../../../../server/kernel/ids.ts';
import { onEachEmptyDatabase } from '../../../support/databases.ts';
import { bytesOf, openDeployment, textOf, type Deployment } from '../../../support/deployment.ts';

const mine = tenantId('default');
const pool = poolId('staff');
const publicKey = decoyPublicKey();
const id = Buffer.from('a passkey of grace').toString('base64url');

onEachEmptyDatabase('importing passkeys', (url) => {
  let house: Deployment;
  before(async function () {
    this.timeout(60_000);
    house = await openDeployment(url());
  });
  after(() => house.close());

  const dump = () => textOf(house.identity.exporter.run({ tenantId: mine }));
  const run = (body: unknown) =>
    house.identity.importer.run({ tenantId: mine, mode: 'update', dryRun: false, body: bytesOf(body) });
  const refused = (body: unknown, code: ErrorCode) =>
    assert.rejects(run(body), (error) => isPlatformError(error, code));
  const passkey = (user_id = 'grace', payload: object = {}) => ({
    user_pool_id: pool,
    user_id,
    type: 'webauthn',
    payload: { id, publicKey, authenticator: { signCount: 7 }, userHandle: 'Z3JhY2U', ...payload },
  });
  const stored = () => house.platform.stores.passkeys.find(mine, pool, passkeyKey(id));

  it('keeps them beside passwords, and exports them as they came, to be imported again', async () => {
    await run({
      pools: [{ id: pool, name: 'Staff', authentication_mechanisms: ['password', 'webauthn'] }],
      users: ['grace', 'eve'].map((user) => ({ id: user, user_pool_id: pool, status: 'active', payload: {} })),
      user_credentials: [passkey()],
    });
    const kept = await stored();
    assert.deepEqual(
      [kept?.userId, kept?.publicKey, kept?.counter, kept?.userHandle],
      ['grace', publicKey, 7, 'Z3JhY2U'],
    );
    const all = await dump();
    assert.match(all, /"userHandle":"Z3JhY2U"/);
    assert.match(all, /"AAGUID":"A{22}"/);
    const { counts } = await run(all);
    assert.deepEqual([counts.create, counts.update], [0, 0]);
    assert.equal(await dump(), all);
  });

  it('leaves a passkey to its person', async () => {
    await refused({ user_credentials: [passkey('eve')] }, 'conflict');
    assert.equal((await stored())?.userId, 'grace');
  });

  it('never sets a counter back, so that no copy is let in by an old export', async () => {
    await run({ user_credentials: [passkey('grace', { authenticator: { signCount: 1 }, name: 'Key' })] });
    const kept = await stored();
    assert.deepEqual([kept?.counter, kept?.name], [7, 'Key']);
  });

  it('refuses a key that is none, and a person who is not there', async () => {
    await refused({ user_credentials: [passkey('grace', { publicKey: 'AAAA' })] }, 'unprocessable_entity');
    await refused({ user_credentials: [passkey('nobody', { id: 'b3RoZXI' })] }, 'unprocessable_entity');
  });
});
