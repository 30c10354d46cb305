import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { serviceId } from '../../../server/kernel/ids.ts';
import { createScopeService } from '../../../server/workspaces/scope.service.ts';
import type { ScopeService } from '../../../server/workspaces/scope.service.ts';
import type { WrittenScope } from '../../../server/workspaces/scope.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { clientOf, eventsOf, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('ScopeService', (open) => {
  let knex: Knex;
  let service: ScopeService;
  let scope: WrittenScope;
  const words = {
    name: 'pay',
    displayName: 'Pay',
    description: 'Pays.',
    implicitGrant: false,
    transient: false,
    metadata: {},
  };
  beforeEach(async () => {
    knex = await open();
    service = createScopeService({ unitOfWork: unitOfWorkOn(knex) });
    const { tenant: tenantId, workspace } = await seedTenant(knex);
    scope = { tenantId, workspaceId: workspace, ...words, kind: 'api' };
  });
  const revision = async () =>
    (await storesOf(knex).workspaces.findEdition(scope.tenantId, scope.workspaceId))?.revision;

  it('raises the revision with each change and tells of it', async () => {
    const { id } = await service.create(scope);
    const changed = await service.update({ tenantId: scope.tenantId, id }, { ...words, displayName: 'Payments' });
    assert.deepEqual([changed.id, changed.displayName, changed.kind], [id, 'Payments', 'api']);
    await service.remove({ tenantId: scope.tenantId, id });
    assert.equal(await revision(), 4);
    const told = ['scopes created', 'scopes deleted', 'scopes updated'];
    assert.deepEqual(await eventsOf(knex, scope.tenantId), told);
  });

  it('changes nothing when the scope cannot be written', async () => {
    const { tenantId } = scope;
    const { id } = await service.create(scope);
    await assert.rejects(service.create(scope), (error) => isPlatformError(error, 'conflict'));
    await assert.rejects(service.create({ ...scope, name: 'other', id }), (error) =>
      isPlatformError(error, 'conflict'),
    );
    await assert.rejects(service.update({ tenantId, id }, { ...words, name: 'other' }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    await assert.rejects(service.create({ ...scope, name: 'of-it', serviceId: serviceId('nobody') }), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    const { tenant: other } = await seedTenant(knex);
    await assert.rejects(service.remove({ tenantId: other, id }), (error) => isPlatformError(error, 'not_found'));
    assert.equal(await revision(), 2);
  });

  it('takes a scope from no client that is registered with it, until it is forced', async () => {
    const { tenantId, workspaceId } = scope;
    const { clients, scopes } = storesOf(knex);
    const { id } = await service.create(scope);
    await clients.insert(clientOf(tenantId, workspaceId, 'till', { client_name: 'Till', scope: 'openid pay' }));
    await clients.insert(clientOf(tenantId, workspaceId, 'shop', { scope: 'openid payout' }));
    await assert.rejects(service.remove({ tenantId, id }), (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      const conflicts = [{ pointer: '/scope', message: 'pay would not be granted any more' }];
      assert.deepEqual(error.details, {
        total: 1,
        clients: [{ client_id: 'till', client_name: 'Till', conflicts }],
      });
      return true;
    });
    assert.ok((await scopes.findById(tenantId, id)) !== undefined);
    assert.equal(await revision(), 2);
    await service.remove({ tenantId, id, force: true });
    assert.equal(await scopes.findById(tenantId, id), undefined);
  });

  it('refuses a name that no scope can have (RFC 6749 §3.3)', async () => {
    for (const name of ['', 'a b', 'a"b', 'a\\b', 'ä', 'x'.repeat(129), 'a\n']) {
      await assert.rejects(service.create({ ...scope, name }), (error) =>
        isPlatformError(error, 'unprocessable_entity'),
      );
    }
  });

  it('refuses a workspace that is not there', async () => {
    const elsewhere = { ...scope, workspaceId: workspaceOf(scope.tenantId).id };
    await assert.rejects(service.create(elsewhere), (error) => isPlatformError(error, 'not_found'));
  });
});
