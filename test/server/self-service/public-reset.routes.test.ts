/** A new password by a code, from anybody who has it: and what others learn, which is nothing. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { idpId, newId, workspaceId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { publicResetEndpoints } from '../../../server/self-service/public-reset.routes.ts';
import { poolSettingsSchema } from '../../../server/pools/pool.ts';
import { openCodeHouse, tenant, verifiedMail, type CodeHouse } from '../../support/code-house.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';

const made = z.object({ code: z.string(), extended_code: z.string() });
const newPassword = 'umbrella volcano trombones';

describe('POST /:tid/:aid/identity/public/pools/:ipID/reset-password/confirm', function () {
  this.timeout(60_000);
  let house: CodeHouse;
  let api: EndpointServer;
  let pool: Pool;
  let email: string;
  before(async () => {
    house = await openCodeHouse();
    const { stores } = house.platform;
    api = await serveEndpoints(publicResetEndpoints({ stores, accounts: house.codes.routes.accounts }), []);
  });
  after(async () => {
    await api.close();
    await house.close();
  });
  beforeEach(async () => {
    await house.forgive();
    pool = await house.pool();
    email = `${newId()}@example.com`;
    await offer(pool);
    await addPerson(pool);
  });

  /** People of it sign in to the demonstration. */
  const offer = (to: Pool, enabled = true) =>
    house.platform.stores.idps.insert({
      tenantId: tenant,
      workspaceId: workspaceId('demo'),
      id: idpId(newId()),
      name: 'x',
      enabled,
      method: 'identity_pool',
      poolId: to.id,
    });
  const addPerson = (to: Pool) =>
    house.person(to.id, {
      identifiers: [{ type: 'email', value: email }],
      addresses: [verifiedMail(email)],
      password: 'violin under the stairs',
    });
  const codeFor = async (of: Pool, type = 'reset_password') => {
    const body = { type, identifier: email };
    return made.parse((await house.api.ask('POST', house.at(of, 'user/code/generate'), { body })).body);
  };
  const confirm = async (body: object, at: Pool | string = pool, workspace = 'demo') => {
    const id = typeof at === 'string' ? at : at.id;
    const path = `/default/${workspace}/identity/public/pools/${id}/reset-password/confirm`;
    const { status, body: text } = await api.ask('POST', path, { body: { new_password: newPassword, ...body } });
    return { status, text: JSON.stringify(text) };
  };

  it('sets it by a code and an identifier, or by an extended code, and once', async () => {
    const { code } = await codeFor(pool);
    assert.equal((await confirm({ code, identifier: email })).status, 204);
    assert.equal((await confirm({ code, identifier: email })).status, 401);
    const { extended_code: extended } = await codeFor(pool);
    assert.equal((await confirm({ code: extended, new_password: `${newPassword} again` })).status, 204);
  });

  it('refuses all that is wrong alike: code, person, pool, workspace, or what the code is for', async () => {
    const { code, extended_code: extended } = await codeFor(pool);
    const elsewhere = await house.pool();
    const switchedOff = await house.pool();
    await offer(switchedOff, false);
    const challenge = (await codeFor(pool, 'challenge')).code;
    const answers = [
      await confirm({ code: '000000', identifier: email }),
      await confirm({ code: '000000', identifier: 'nobody@example.com' }),
      await confirm({ code }),
      await confirm({ code: challenge, identifier: email }),
      await confirm({ code, identifier: email }, elsewhere),
      await confirm({ code: extended }, switchedOff),
      await confirm({ code: extended }, 'nothing'),
      await confirm({ code: extended }, pool, 'admin'),
      await confirm({ code: extended }, pool, 'nothing'),
      await confirm({ code: extended }, pool, 'demo%20'),
    ];
    for (const { status } of answers) assert.equal(status, 401);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal((await confirm({ code: extended })).status, 204);
  });

  it('opens no pool with the code of another', async () => {
    const other = await house.pool();
    await offer(other);
    await addPerson(other);
    const { code } = await codeFor(other);
    assert.equal((await confirm({ code, identifier: email })).status, 401);
  });

  it('slows down who tries codes', async () => {
    const { code } = await codeFor(pool);
    const statuses = [];
    for (let at = 0; at < 6; at += 1)
      statuses.push((await confirm({ code: `00000${String(at)}`, identifier: email })).status);
    assert.ok(statuses.every((status) => status === 401));
    assert.equal((await confirm({ code, identifier: email })).status, 429);
  });

  it('holds the password to the rules of the pool, and leaves the code as good as it was', async () => {
    const { code } = await codeFor(pool);
    assert.equal((await confirm({ code, identifier: email, new_password: 'short' })).status, 422);
    assert.equal((await confirm({ code, identifier: email })).status, 204);
  });

  it('is forbidden where people do not reset their passwords by themselves', async () => {
    const { code } = await codeFor(pool);
    const settings = poolSettingsSchema.parse({
      reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: true },
    });
    await house.platform.stores.pools.update({ ...pool, settings });
    assert.equal((await confirm({ code, identifier: email })).status, 403);
  });
});
