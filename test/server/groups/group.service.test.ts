import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createGroupService, type GroupService } from '../../../server/groups/group.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { groupId, userId } from '../../../server/kernel/ids.ts';
import type { Pool } from '../../../server/pools/pool.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedPool, userOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('GroupService', (open) => {
  let knex: Knex;
  let pool: Pool;
  let service: GroupService;
  before(async () => {
    knex = await open();
    service = createGroupService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock() });
  });
  beforeEach(async () => {
    pool = await seedPool(knex);
    await storesOf(knex).users.insert(userOf(pool.tenantId, pool.id, { id: userId('ada') }));
  });

  const words = { name: 'Ops', description: '', parent: undefined };
  const at = (id: string) => ({ tenantId: pool.tenantId, poolId: pool.id, id: groupId(id) });

  it('tells of each change by ids, in the transaction of the change', async () => {
    await service.create(pool.tenantId, pool.id, 'ops', words);
    await service.addUser(at('ops'), userId('ada'));
    await service.addUser(at('ops'), userId('ada'));
    const told = await knex<{ tenant_id: string; metadata: string; payload: string; action: string }>('audit_events')
      .where({ tenant_id: pool.tenantId, action: 'added_to_group' })
      .select('metadata', 'payload');
    assert.deepEqual(
      told.map(({ metadata, payload }): readonly unknown[] => [JSON.parse(metadata), JSON.parse(payload)]),
      [
        [
          { affected_user_pool_id: pool.id, affected_user_id: 'ada', group_id: 'ops' },
          { user_added_to_group: { group_id: 'ops', user_id: 'ada' } },
        ],
      ],
    );
  });

  it('changes and tells nothing where it is refused', async () => {
    await service.create(pool.tenantId, pool.id, 'ops', words);
    const check = () => {
      throw new Error('read before');
    };
    await assert.rejects(service.update({ ...at('ops'), check }, { ...words, name: 'Other' }), /read before/);
    await assert.rejects(service.remove({ ...at('ops'), check }), /read before/);
    await assert.rejects(service.addUser(at('ops'), userId('nobody')), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(service.removeUser(at('ops'), userId('ada')), (error) => isPlatformError(error, 'not_found'));
    assert.deepEqual(await eventsOf(knex, pool.tenantId), ['group created']);
    assert.equal((await storesOf(knex).groups.find(pool.tenantId, pool.id, groupId('ops')))?.name, 'Ops');
  });

  it('gives a group an id where it has none, in a pool that is there', async () => {
    const made = await service.create(pool.tenantId, pool.id, '', words);
    assert.match(made.id, /^[0-9a-f]{32}$/);
    const other = await seedPool(knex);
    await assert.rejects(service.create(pool.tenantId, other.id, '', words), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });
});
