/** Roles in rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import type { RoleGrant, RoleStore, RoleSubject } from '../../../server/access/role.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { tenantId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { seedTenant, storesOf } from '../../support/stores.ts';

const person: RoleSubject = { type: 'identity_pool_user', poolId: 'people', userId: 'ada' };
const idp: RoleSubject = { type: 'idp', workspaceId: 'admin', idpId: 'corporate' };
const client: RoleSubject = { type: 'client', clientId: 'robot' };

onEachDatabase('RoleStore', (open) => {
  let knex: Knex;
  let roles: RoleStore;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    roles = storesOf(knex).roles;
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
  });
  const inTenant = (subject: RoleSubject): RoleGrant => ({
    tenantId: tenant,
    workspaceId: undefined,
    role: 'admin',
    subject,
  });
  const inWorkspace = (subject: RoleSubject): RoleGrant => ({
    ...inTenant(subject),
    workspaceId: workspace,
    role: 'manager',
  });

  it('finds what any of a caller’s subjects was given, wherever', async () => {
    for (const grant of [inTenant(person), inWorkspace(person), inWorkspace(idp), inTenant(client)])
      await roles.insert(grant, 0);
    assert.deepEqual(
      new Set(await roles.listFor(tenant, [person, idp])),
      new Set([inTenant(person), inWorkspace(person), inWorkspace(idp)]),
    );
    assert.deepEqual(await roles.listFor(tenant, [client]), [inTenant(client)]);
    assert.deepEqual(await roles.listFor(tenant, []), []);
    assert.deepEqual(new Set(await roles.listIn(tenant, undefined)), new Set([inTenant(person), inTenant(client)]));
    assert.deepEqual(new Set(await roles.listIn(tenant, workspace)), new Set([inWorkspace(person), inWorkspace(idp)]));
  });

  it('takes subjects for what they are, and no other', async () => {
    await roles.insert(inTenant(person), 0);
    const other = await seedTenant(knex);
    for (const subject of [
      { ...person, userId: 'ada ' },
      { ...person, userId: 'ADA' },
      { ...person, poolId: 'others' },
      { type: 'client', clientId: 'ada' },
      { type: 'idp', workspaceId: 'people', idpId: 'ada' },
    ] as const)
      assert.deepEqual(await roles.listFor(tenant, [subject]), [], JSON.stringify(subject));
    assert.deepEqual(await roles.listFor(other.tenant, [person]), []);
  });

  it('gives once what is given twice, and takes back once', async () => {
    await roles.insert(inTenant(person), 0);
    await roles.insert(inTenant(person), 1);
    assert.equal((await roles.listFor(tenant, [person])).length, 1);
    assert.deepEqual([await roles.remove(inTenant(person)), await roles.remove(inTenant(person))], [true, false]);
    assert.deepEqual(await roles.listFor(tenant, [person]), []);
  });

  it('takes everything from one subject, and nothing from the others', async () => {
    for (const grant of [inTenant(client), inWorkspace(client), inTenant(person)]) await roles.insert(grant, 0);
    await roles.removeSubject(tenant, client);
    assert.deepEqual(await roles.listFor(tenant, [client, person]), [inTenant(person)]);
  });

  it('has no role in a tenant that is not there', async () => {
    await assert.rejects(roles.insert({ ...inTenant(person), tenantId: tenantId('nobody') }, 0), (error) =>
      isPlatformError(error, 'not_found'),
    );
  });
});
