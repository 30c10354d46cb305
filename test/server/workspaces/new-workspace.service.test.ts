import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, tenantId } from '../../../server/kernel/ids.ts';
import { insertWorkspace, parseSettings, prepareWorkspace } from '../../../server/workspaces/new-workspace.service.ts';
import { selfServiceScopes } from '../../../server/workspaces/self-service-scopes.ts';
import { systemScopes } from '../../../server/workspaces/system-scopes.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const clock = heldClock();

describe('prepareWorkspace', () => {
  const tenant = tenantId('acme');
  const refused = (error: unknown) => isPlatformError(error, 'unprocessable_entity');

  for (const [type, id] of [
    ['regular', 'admin'],
    ['regular', 'developer'],
    ['regular', 'system'],
    ['admin', 'system'],
    ['system', 'shop'],
  ] as const) {
    it(`refuses the id ${id} for a workspace of type ${type}`, async () => {
      await assert.rejects(prepareWorkspace({ tenantId: tenant, id, name: 'X', type }, clock), refused);
    });
  }

  for (const [keyType, alg] of [
    ['ecdsa', 'ES256'],
    ['rsa', 'RS256'],
    ['ps', 'PS256'],
  ] as const) {
    it(`makes a ${alg} key for key_type ${keyType}`, async () => {
      const input = { tenantId: tenant, id: 'shop', name: 'Shop', settings: { key_type: keyType } };
      const { key, workspace } = await prepareWorkspace({ ...input, type: 'regular' }, clock);
      assert.deepEqual([key.alg, key.state, workspace.revision], [alg, 'active', 1]);
    });
  }
});

describe('parseSettings', () => {
  it('names every member that is wrong', () => {
    assert.throws(
      () => parseSettings({ access_token_ttl: '10ms', grant_types: ['password'] }),
      (error) => {
        assert.ok(isPlatformError(error, 'unprocessable_entity'));
        const told = JSON.stringify(error.details);
        assert.ok(told.includes('/settings/access_token_ttl') && told.includes('/settings/grant_types/0'), told);
        return true;
      },
    );
  });
});

onEachDatabase('insertWorkspace', (open) => {
  let knex: Knex;
  before(async () => {
    knex = await open();
  });

  it('gives the scopes of the management APIs to system and admin workspaces only', async () => {
    const { tenant } = await seedTenant(knex);
    for (const [id, type] of [
      ['system', 'system'],
      ['admin', 'admin'],
      ['shop', 'regular'],
    ] as const) {
      const prepared = await prepareWorkspace({ tenantId: tenant, id, name: id, type }, clock);
      await unitOfWorkOn(knex).run((stores) => insertWorkspace(stores, prepared));
      const names = (await storesOf(knex).scopes.list(tenant, prepared.workspace.id)).map(({ name }) => name);
      for (const { name } of systemScopes) assert.equal(names.includes(name), type !== 'regular', `${id} ${name}`);
      assert.ok(names.includes('openid'));
      // Nobody signs in to `system`: nobody there has an account to look after.
      for (const { name } of selfServiceScopes) assert.equal(names.includes(name), type !== 'system', `${id} ${name}`);
    }
  });

  it('refuses a tenant that is not there', async () => {
    const input = { tenantId: tenantId(newId()), id: 'shop', name: 'Shop', type: 'regular' } as const;
    const prepared = await prepareWorkspace(input, clock);
    const made = unitOfWorkOn(knex).run((stores) => insertWorkspace(stores, prepared));
    await assert.rejects(made, (error) => isPlatformError(error, 'not_found'));
  });
});
