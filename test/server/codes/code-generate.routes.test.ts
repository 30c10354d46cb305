/** Codes that a program sends by itself. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Pool } from '../../../server/pools/pool.ts';
import type { UserStatus } from '../../../server/users/user.ts';
import { noUser, openCodeHouse, unverifiedMail, verifiedMail, type CodeHouse } from '../../support/code-house.ts';

const codes = z.strictObject({ code: z.string(), extended_code: z.string() });

describe('the endpoints that make codes', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let pool: Pool;
  before(async () => {
    house = await openCodeHouse();
    pool = await house.pool();
  });
  after(() => house.close());
  beforeEach(() => house.forgive());
  const post = (rest: string, body: object) => house.api.ask('POST', house.at(pool, rest), { body });

  it('answer the code and its extended form, and send nothing', async () => {
    const { id } = await house.person(pool.id, { addresses: [verifiedMail('ada@example.com')] });
    const made = await post(`users/${id}/code/generate`, { type: 'challenge' });
    assert.equal(made.status, 201);
    const { code, extended_code } = codes.parse(made.body);
    assert.equal(Buffer.from(extended_code, 'base64').toString(), `${id}:${code}`);
    assert.equal(house.sent.length, 0);
    assert.deepEqual((await post('user/otp/verify', { code: extended_code })).body, { id });
    const again = await post('user/code/generate', { type: 'reset_password', address: 'ada@example.com' });
    assert.equal(again.status, 201);
    const metadata = { metadata: { shop: 7 } };
    assert.equal((await post('user/code/generate', { type: 'authentication', userID: id, ...metadata })).status, 201);
  });

  it('refuse what cannot be: nobody, an address of somebody else, an address that is verified already', async () => {
    const { id } = await house.person(pool.id, { addresses: [verifiedMail('bob@example.com')] });
    const status = async (body: object, of: string = id) => (await post(`users/${of}/code/generate`, body)).status;
    assert.equal(await status({ type: 'challenge' }, noUser), 404);
    assert.equal(await status({ type: 'challenge', address: 'x@example.com' }), 422);
    assert.equal(await status({ type: 'verify_address', address: 'bob@example.com' }), 422);
    assert.equal(await status({ type: 'activation' }), 422);
    assert.equal(await status({ type: 'reset_totp' }), 422);
    assert.equal((await post('user/code/generate', { type: 'challenge' })).status, 422);
  });

  it('are for who may use them: nobody who is disabled, and only to activate who is new', async () => {
    const made = async (status: UserStatus, type: string) => {
      const { id } = await house.person(pool.id, { status, addresses: [unverifiedMail('zoe@example.com')] });
      return (await post(`users/${id}/code/generate`, { type })).status;
    };
    for (const type of ['challenge', 'authentication', 'reset_password', 'activation'])
      for (const status of ['inactive', 'deleted'] as const) assert.equal(await made(status, type), 404, type);
    assert.equal(await made('new', 'reset_password'), 422);
    assert.equal(await made('new', 'activation'), 201);
  });

  it('activate by a code whose id alone was answered, once it is made again', async () => {
    const { id } = await house.person(pool.id, { status: 'new', addresses: [unverifiedMail('eve@example.com')] });
    const made = await post(`users/${id}/activation/generate`, { identifier: 'eve@example.com' });
    assert.equal(made.status, 201);
    z.strictObject({ code_id: z.string().length(32) }).parse(made.body);
    const { code } = codes.parse((await post(`users/${id}/code/generate`, { type: 'activation' })).body);
    assert.equal((await post(`users/${id}/activate`, { code })).status, 201);
  });

  it('are for the scope that is theirs alone', async () => {
    const { id } = await house.person(pool.id);
    const path = house.at(pool, `users/${id}/code/generate`);
    assert.equal((await house.api.askWith(['identity'], 'POST', path)).status, 403);
  });
});
