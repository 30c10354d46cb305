/** Passkeys over HTTP, where programs look after people. */
import { createPolicyCheck } from '../../../../server/credentials/password/password-policy.ts';

import { cheapHasher, strengthOf } from '../../../support/passwords.ts';
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { passkeyEndpoints } from '../../../../server/credentials/passkey/passkey.routes.ts';
import type { Pool } from '../../../../server/pools/pool.ts';
import { createSchemaCheck } from '../../../../server/schemas/schema-check.ts';
import { userEndpoints } from '../../../../server/users/user.routes.ts';
import { createUserService } from '../../../../server/users/user.service.ts';
import { onEachDatabase } from '../../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../../support/endpoint-server.ts';
import { originOf, passkeysOn, type PasskeyPerson } from '../../../support/passkeys.ts';

const begun = z.object({ publicKey: z.record(z.string(), z.unknown()) });
const completed = z.object({ credentials: z.array(z.looseObject({ id: z.string(), publicKey: z.string() })) });
const shown = z.object({
  credentials: z.array(z.looseObject({ id: z.string(), type: z.string(), payload: z.looseObject({}) })),
});

onEachDatabase('the endpoints of passkeys', (open) => {
  let knex: Knex;
  let on: ReturnType<typeof passkeysOn>;
  let api: EndpointServer;
  let pool: Pool;
  let ada: PasskeyPerson;
  before(async () => {
    knex = await open();
    on = passkeysOn(knex);
    const users = createUserService({
      unitOfWork: on.unitOfWork,
      hasher: { hash: (password) => Promise.resolve(`hash of ${password}`) },
      policy: createPolicyCheck({ hasher: cheapHasher().hasher, strengthOf }),
      schemaCheck: createSchemaCheck(),
      clock: on.clock,
    });
    api = await serveEndpoints(
      [
        ...userEndpoints({ stores: on.stores, service: users }),
        ...passkeyEndpoints({ pools: on.stores.pools, service: on.service }),
      ],
      ['identity'],
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    pool = await on.pool();
    ada = await on.person(pool);
  });

  const at = (path: string) => `/api/identity/${pool.tenantId}/system/pools/${pool.id}/users${path}`;
  const mine = (path: string) => at(`/${ada.user.id}/webauthn/${path}`);
  const register = async () => {
    const { publicKey } = begun.parse((await api.ask('POST', mine('create/begin'))).body);
    const body = ada.authenticator.create(publicKey, { origin: originOf(pool.tenantId) });
    return { body, answer: await api.ask('POST', mine('create/complete'), { body }) };
  };

  it('add a passkey, which people are then shown with, blurred', async () => {
    const { body, answer } = await register();
    assert.equal(answer.status, 200);
    const [added] = completed.parse(answer.body).credentials;
    assert.equal(added?.id, body.id);
    const got = await api.ask('GET', at(`/${ada.user.id}`));
    const [credential] = shown.parse(got.body).credentials;
    assert.deepEqual(
      [credential?.type, credential?.id, credential?.payload['publicKey']],
      ['webauthn', body.id, '###'],
    );
    assert.ok(!JSON.stringify(got.body).includes(added.publicKey));
    const again = await api.ask('POST', mine('create/complete'), { body });
    assert.equal(again.status, 422);
  });

  it('read standard base64 as well as base64url, and extensions they do not know', async () => {
    const { publicKey } = begun.parse((await api.ask('POST', mine('create/begin'))).body);
    const made = ada.authenticator.create(publicKey, { origin: originOf(pool.tenantId) });
    const standard = (text: string) => Buffer.from(text, 'base64url').toString('base64');
    const body = {
      ...made,
      rawId: standard(made.rawId),
      response: {
        attestationObject: standard(made.response.attestationObject),
        clientDataJSON: standard(made.response.clientDataJSON),
      },
      clientExtensionResults: { credProps: { rk: true } },
      authenticatorAttachment: 'platform',
    };
    assert.equal((await api.ask('POST', mine('create/complete'), { body })).status, 200);
  });

  it('name a passkey, and remove it but for the last way in', async () => {
    const { body } = await register();
    assert.equal((await api.ask('PUT', mine(`${body.id}/name`), { body: { name: 'Laptop' } })).status, 204);
    const [stored] = await on.stores.passkeys.listOf(pool.tenantId, pool.id, ada.user.id);
    assert.equal(stored?.name, 'Laptop');
    assert.equal((await api.ask('DELETE', mine(body.id))).status, 403);
    const second = (await register()).body;
    assert.equal((await api.ask('DELETE', mine(body.id))).status, 204);
    assert.equal((await api.ask('DELETE', mine(body.id))).status, 404);
    assert.equal((await api.ask('PUT', mine(`${body.id}/name`), { body: { name: 'x' } })).status, 404);
    assert.equal((await api.ask('PUT', mine(`${second.id}/name`), { body: { name: '' } })).status, 422);
    assert.equal((await api.ask('DELETE', mine('not%20one'))).status, 404);
    assert.equal((await api.ask('POST', at('/nobody/webauthn/create/begin'))).status, 404);
  });

  it('are for programs with the scope identity alone', async () => {
    for (const [method, path] of [
      ['POST', mine('create/begin')],
      ['DELETE', mine('x')],
    ] as const)
      assert.equal((await api.askWith(['other'], method, path)).status, 403);
  });

  it('import passkeys with a new person, and refuse a key that is none', async () => {
    const { answer } = await register();
    const [credential] = completed.parse(answer.body).credentials;
    const create = (tenantPool: Pool, webauthn_credentials: readonly object[]) =>
      api.ask('POST', `/api/identity/${tenantPool.tenantId}/system/pools/${tenantPool.id}/users`, {
        body: { status: 'active', credentials: [{ type: 'webauthn', webauthn_credentials }] },
      });
    // Somebody in the pool has it.
    assert.equal((await create(pool, [{ ...credential }])).status, 409);
    const other = await on.pool(undefined, pool.tenantId);
    const made = await create(other, [{ ...credential, flags: { backupEligible: true, backupState: true } }]);
    assert.equal(made.status, 201);
    const { credentials } = shown.parse(made.body);
    assert.deepEqual(
      credentials.map(({ id, type }) => [id, type]),
      [[credential?.id, 'webauthn']],
    );
    for (const publicKey of ['', 'AAAA', 'not base64!', 'pAEBAycgBiFYIA'])
      assert.equal((await create(other, [{ ...credential, publicKey }])).status, 422, publicKey);
    assert.equal((await create(other, [])).status, 422);
  });
});
