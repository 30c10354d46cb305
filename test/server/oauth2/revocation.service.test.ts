import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createConsentStore } from '../../../server/consents/consent.store.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import {
  clientId,
  consentId,
  idpId,
  interactionId,
  userId,
  workspaceId,
  type PoolId,
  type TenantId,
  type WorkspaceId,
} from '../../../server/kernel/ids.ts';
import { createRevocationService, rowsAtOnce } from '../../../server/oauth2/revocation.service.ts';
import { createArtifactStore } from '../../../server/oauth2/artifact.store.ts';
import { createRevocationStore } from '../../../server/sessions/revocation.store.ts';
import { subjectFor } from '../../../server/users/subject.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, poolOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, workspaceOf } from '../../support/stores.ts';

onEachDatabase('RevocationService', (open) => {
  let knex: Knex;
  let tenant: TenantId;
  let shop: WorkspaceId;
  let other: WorkspaceId;
  const clock = heldClock();
  const storesOn = (executor: Knex) => ({
    ...storesOf(executor, clock),
    consents: createConsentStore(executor),
    artifacts: createArtifactStore(executor, { clock }),
    revocations: createRevocationStore(executor),
  });
  let stores: ReturnType<typeof storesOn>;
  before(async () => {
    knex = await open();
    stores = storesOn(knex);
  });
  beforeEach(async () => {
    ({ tenant, workspace: shop } = await seedTenant(knex));
    const second = workspaceOf(tenant);
    await stores.workspaces.insert(second);
    other = second.id;
  });

  const service = () =>
    createRevocationService({ unitOfWork: createUnitOfWork(knex, storesOn), stores: storesOn(knex), clock });
  const put = (model: string, id: string, payload: Readonly<Record<string, unknown>>, workspace = shop) =>
    stores.artifacts.upsert({ tenantId: tenant, workspaceId: workspace, model }, id, payload, undefined);
  const left = async (workspace = shop) =>
    (
      await knex<{ tenant_id: string; workspace_id: string; model: string }>('oidc_artifacts')
        .where({ tenant_id: tenant, workspace_id: workspace })
        .orderBy('model')
    ).map(({ model }) => model);
  const all = ['AccessToken', 'AuthorizationCode', 'Grant', 'RefreshToken', 'Session'];
  const give = async (subject: string, workspace = shop) => {
    for (const model of all)
      await put(
        model,
        `${model} ${subject.slice(0, 20)}`,
        { accountId: subject, clientId: 'app', grantId: `g ${subject.slice(0, 20)}` },
        workspace,
      );
  };

  it('ends all that a subject has in the workspace, and nothing of others or elsewhere', async () => {
    await give('ada');
    await give('bob');
    await give('ada', other);
    await service().revokeSubjects(tenant, shop, ['ada', 'nobody'], undefined);
    assert.deepEqual(await left(), all);
    assert.deepEqual(await left(other), all);
    assert.equal(await stores.revocations.notBefore(tenant, shop, 'ada'), noon);
    assert.equal(await stores.revocations.notBefore(tenant, other, 'ada'), undefined);
    assert.deepEqual(await eventsOf(knex, tenant), ['tokens revoked', 'tokens revoked']);
  });

  it('ends tokens of a client that acts for itself, and not those of its people', async () => {
    await put('ClientCredentials', 'm', { clientId: 'robot' });
    await put('ClientCredentials', 'n', { clientId: 'other' });
    await put('AccessToken', 't', { clientId: 'robot', accountId: 'ada' });
    await service().revokeSubjects(tenant, shop, ['robot'], undefined);
    assert.deepEqual(await left(), ['AccessToken', 'ClientCredentials']);
  });

  it('takes no more rows in one statement than are good for those who work beside it', async function () {
    this.timeout(60_000);
    const many = rowsAtOnce * 2 + 7;
    const rows = Array.from({ length: many }, (_, at) => ({ accountId: 'ada', clientId: 'app', n: at }));
    await Promise.all(rows.map((payload, at) => put('AccessToken', `t${String(at)}`, payload)));
    let longest = 0;
    const look = ({ sql, bindings }: { readonly sql: string; readonly bindings: readonly unknown[] }) => {
      if (sql.startsWith('delete')) longest = Math.max(longest, bindings.length);
    };
    knex.on('query', look);
    await service().revokeSubjects(tenant, shop, ['ada'], undefined);
    knex.removeListener('query', look);
    assert.deepEqual(await left(), []);
    assert.ok(longest > rowsAtOnce && longest <= rowsAtOnce + 3, String(longest));
  });

  it('makes subjects of what an idp calls people, in the format of the workspace', async () => {
    const pool = poolOf(tenant);
    await stores.pools.insert(pool);
    const idp = idpId('people');
    const words = {
      tenantId: tenant,
      name: 'People',
      enabled: true,
      method: 'identity_pool',
      poolId: pool.id,
    } as const;
    await stores.idps.insert({ ...words, workspaceId: shop, id: idp });
    await give(subjectFor('hash', idp, 'ada'));
    await service().revokeSubjects(tenant, shop, ['ada'], undefined);
    assert.deepEqual(await left(), all, 'nobody has this subject');
    await service().revokeSubjects(tenant, shop, ['ada'], idp);
    assert.deepEqual(await left(), []);
    await assert.rejects(service().revokeSubjects(tenant, other, ['ada'], idp), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    await assert.rejects(service().revokeSubjects(tenant, workspaceId('none'), ['ada'], undefined), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });

  it('ends what people of a pool have wherever they sign in from it, and nobody else’s', async () => {
    const [pool, strangers] = [poolOf(tenant), poolOf(tenant)];
    await stores.pools.insert(pool);
    await stores.pools.insert(strangers);
    const insert = (workspace: WorkspaceId, id: string, from: PoolId) =>
      stores.idps.insert({
        tenantId: tenant,
        workspaceId: workspace,
        id: idpId(id),
        name: id,
        enabled: true,
        method: 'identity_pool',
        poolId: from,
      });
    await insert(shop, 'a', pool.id);
    await insert(other, 'b', pool.id);
    await insert(other, 'c', strangers.id);
    await give(subjectFor('hash', idpId('a'), 'ada'));
    await give(subjectFor('hash', idpId('b'), 'ada'), other);
    await give(subjectFor('hash', idpId('c'), 'ada'), other);
    await service().revokeUsers(tenant, pool.id, [userId('ada'), userId('gone')]);
    assert.deepEqual([await left(), await left(other)], [[], all]);
    await assert.rejects(service().revokeUsers((await seedTenant(knex)).tenant, pool.id, [userId('ada')]), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });

  it('ends what was given on a consent, and leaves the session and the consent', async () => {
    await give('ada');
    await put('AccessToken', 'of another grant', { accountId: 'ada', clientId: 'app', grantId: 'g other' });
    await put('Session', 'browser', { accountId: 'ada', uid: 'u' });
    const id = consentId('c1');
    await stores.consents.insert({
      tenantId: tenant,
      workspaceId: shop,
      id,
      type: 'generic',
      subject: 'ada',
      clientId: clientId('app'),
      grantId: 'g ada',
      grantedScopes: [],
      deniedScopes: [],
      details: {},
      interactionId: interactionId('i'),
      grantedAt: noon,
      expiresAt: undefined,
      revokedAt: undefined,
    });
    // The engine's Grant goes by its own id.
    await put('Grant', 'g ada', { accountId: 'ada', clientId: 'app' });
    await service().revokeConsent(tenant, shop, id);
    assert.deepEqual(await left(), ['AccessToken', 'Grant', 'Session']);
    assert.equal((await stores.consents.find(tenant, shop, id))?.revokedAt, undefined);
    assert.equal(await stores.revocations.notBefore(tenant, shop, 'ada'), undefined);
    for (const place of [other, workspaceId('none')])
      await assert.rejects(service().revokeConsent(tenant, place, id), (error) => isPlatformError(error, 'not_found'));
  });
});
