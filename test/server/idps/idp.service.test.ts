/** Changing idps: whole, and told of in the same transaction. */
import assert from 'node:assert/strict';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { isPlatformError, PlatformError } from '../../../server/kernel/errors.ts';
import { idpId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('IdpService', (open) => {
  it('tells of each change, and of none that did not happen', async () => {
    const knex = await open();
    const { tenant, workspace } = await seedTenant(knex);
    const hasher = { hash: (password: string) => Promise.resolve(`hash of ${password}`) };
    const service = createIdpService({ unitOfWork: unitOfWorkOn(knex), hasher, clock: heldClock() });
    const input = { id: 'one', name: 'One', enabled: true, kind: { method: 'static' } } as const;
    const made = await service.create(tenant, workspace, input);
    await assert.rejects(service.create(tenant, workspace, input), (error) => isPlatformError(error, 'conflict'));
    const place = { tenantId: tenant, workspaceId: workspace, id: made.id };
    const refuse = (): never => {
      throw new PlatformError('precondition_failed', 'It was changed.');
    };
    await assert.rejects(service.remove({ ...place, check: refuse }), (error) =>
      isPlatformError(error, 'precondition_failed'),
    );
    assert.deepEqual(await eventsOf(knex, tenant), ['server updated']);
    await service.update(place, { ...input, name: 'Another' });
    assert.equal((await storesOf(knex).idps.find(tenant, workspace, idpId('one')))?.name, 'Another');
    await service.remove(place);
    assert.deepEqual(await eventsOf(knex, tenant), ['server updated', 'server updated', 'server updated']);
  });
});
