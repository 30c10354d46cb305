/** A person's account, changed by themselves: what they may say is decided by what is there when it is written. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createPolicyCheck } from '../../../server/credentials/password/password-policy.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { schemaId, userId } from '../../../server/kernel/ids.ts';
import { createSchemaCheck } from '../../../server/schemas/schema-check.ts';
import {
  createSelfProfileService,
  type SelfProfileService,
} from '../../../server/self-service/self-profile.service.ts';
import { createUserService } from '../../../server/users/user.service.ts';
import type { User } from '../../../server/users/user.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { cheapHasher, strengthOf } from '../../support/passwords.ts';
import { seedPool, seedUser } from '../../support/seeded.ts';
import { heldClock, storesOf, unitOfWorkOn } from '../../support/stores.ts';

onEachDatabase('createSelfProfileService', (open) => {
  let knex: Knex;
  let stores: ReturnType<typeof storesOf>;
  let service: SelfProfileService;
  let user: User;
  const clock = heldClock();
  before(async () => {
    knex = await open();
    stores = storesOf(knex, clock);
    const { hasher } = cheapHasher();
    const policy = createPolicyCheck({ hasher, strengthOf });
    const users = createUserService({
      unitOfWork: unitOfWorkOn(knex, clock),
      hasher,
      policy,
      schemaCheck: createSchemaCheck(),
      clock,
    });
    service = createSelfProfileService({ stores, users });
  });
  beforeEach(async () => {
    user = await seedUser(knex, await seedPool(knex));
  });

  const person = () => ({ poolId: user.poolId, userId: user.id, authTime: 0, ageSeconds: 0 });
  const update = (payload: User['payload']) => service.update(user.tenantId, person(), payload, () => undefined);
  const stored = () => stores.users.find(user.tenantId, user.poolId, user.id);

  it('changes the payload and nothing else, and tells of it', async () => {
    const before = await stored();
    const { details } = await update({ name: 'Augusta' });
    const after = await stored();
    assert.deepEqual(details.user, after);
    assert.equal(after?.payload['name'], 'Augusta');
    assert.deepEqual({ ...after, payload: 0, updatedAt: 0 }, { ...before, payload: 0, updatedAt: 0 });
    assert.deepEqual(await knex('audit_events').where({ tenant_id: user.tenantId }).pluck('action'), ['updated']);
  });

  it('changes nothing where an administrator changed them in between', async () => {
    const found = await stored();
    assert.ok(found);
    // Between what was looked at and what is written.
    const racing = createSelfProfileService({
      stores,
      users: {
        async update(at) {
          await stores.users.update({ ...found, payload: { ...found.payload, groups: ['staff'] } });
          const { details } = await service.read(user.tenantId, person());
          at.check?.(details);
          return details;
        },
      },
    });
    await assert.rejects(
      racing.update(user.tenantId, person(), { name: 'Eve' }, () => undefined),
      (error) => isPlatformError(error, 'conflict'),
    );
  });

  it('shows its check what is stored, and stops where it throws', async () => {
    const seen: unknown[] = [];
    await assert.rejects(
      service.update(user.tenantId, person(), { name: 'Eve' }, ({ details }) => {
        seen.push(details.user.id);
        throw new Error('stale');
      }),
      /stale/,
    );
    assert.deepEqual(seen, [user.id]);
    assert.notEqual((await stored())?.payload['name'], 'Eve');
  });

  it('knows neither who is not there nor what has no schema', async () => {
    const nobody = { ...person(), userId: userId('nobody') };
    await assert.rejects(service.read(user.tenantId, nobody), (error) => isPlatformError(error, 'not_found'));
    await stores.users.update({ ...user, schemas: { payload: schemaId('gone') } });
    await assert.rejects(service.read(user.tenantId, person()), (error) => isPlatformError(error, 'not_found'));
  });
});
