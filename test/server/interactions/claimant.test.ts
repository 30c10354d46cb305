/** Who somebody says they are: found by any spelling, and as dear to look for where there is nobody. */
import assert from 'node:assert/strict';
import { findAnswerer, findClaimant } from '../../../server/interactions/claimant.ts';
import { userId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { openLoginRows, type LoginRows } from '../../support/login-rows.ts';
import type { Pool } from '../../../server/pools/pool.ts';

onEachDatabase('findClaimant', (open) => {
  let house: LoginRows;
  let pool: Pool;

  before(async () => {
    house = await openLoginRows(await open());
    const found = await house.stores.pools.find(house.idp.tenantId, house.idp.poolId);
    assert.ok(found);
    pool = found;
  });

  const queriesOf = async (work: () => Promise<unknown>) => {
    const queries: string[] = [];
    const note = ({ sql }: { readonly sql: string }): void => {
      queries.push(sql);
    };
    house.knex.on('query', note);
    await work();
    house.knex.off('query', note);
    return queries;
  };

  it('finds a person by what they typed', async () => {
    const { user, identifier } = await findClaimant(house.stores, pool, ' ADA@Example.com');
    assert.equal(user?.id, house.user.id);
    assert.equal(identifier, 'ada@example.com');
  });

  it('asks the same of the database for nobody', async () => {
    const known = await queriesOf(() => findClaimant(house.stores, pool, 'ada@example.com'));
    const unknown = await queriesOf(() => findClaimant(house.stores, pool, 'eve@example.com'));
    assert.equal(known.length, 2);
    assert.deepEqual(unknown, known);
    assert.equal((await findClaimant(house.stores, pool, 'eve@example.com')).user, undefined);
  });

  it('finds whoever an answer names, and asks as much where it names nobody', async () => {
    const naming = (id: string | undefined) => () => Promise.resolve(id === undefined ? undefined : userId(id));
    const asked = (id: string | undefined) =>
      queriesOf(async () => findAnswerer(house.stores, pool, naming(id), { webauthn: '{}' }));
    assert.equal((await findAnswerer(house.stores, pool, naming(house.user.id), {})).user?.id, house.user.id);
    assert.equal((await findAnswerer(house.stores, pool, naming(undefined), {})).user, undefined);
    assert.deepEqual(await asked(undefined), await asked(house.user.id));
  });
});
