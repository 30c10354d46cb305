/** What is read to be changed is held: of two changes at once, the second sees what the first made of it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import {
  claimId,
  clientId,
  customAppId,
  idpId,
  poolId,
  schemaId,
  scopeId,
  serviceId,
} from '../../../server/kernel/ids.ts';
import type { TenantId, WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { noon, poolOf } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

type Stores = ReturnType<typeof storesOf>;
interface Place {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
}

/** One object of each noun: made with a word, given another one, and read while it is held. */
interface Held {
  insert(stores: Stores, place: Place): Promise<void>;
  rename(stores: Stores, place: Place): Promise<void>;
  read(stores: Stores, place: Place): Promise<string | undefined>;
}

const words = { description: 'first', name: 'thing' };
const changed = { ...words, description: 'second' };
const claim = { ...words, id: claimId('c'), type: 'id_token', sourcePath: 'a', scopes: [], isOpaque: false } as const;
const scope = { ...words, id: scopeId('s'), displayName: 'x', implicitGrant: false, kind: 'api' } as const;
const service = {
  ...words,
  id: serviceId('v'),
  customAudience: undefined,
  type: 'user',
  isSystem: false,
  updatedAt: 0,
};
const idp = { id: idpId('i'), enabled: true, method: 'static', users: [] } as const;
const schema = { ...words, id: schemaId('j'), isSystem: false, schema: {}, createdAt: noon, updatedAt: noon } as const;
const app = { id: customAppId('a'), url: 'https://a.example', clientId: clientId('c') };

const nouns: Readonly<Record<string, Held>> = {
  claims: {
    insert: ({ claims }, place) => claims.insert({ ...place, ...claim }),
    rename: ({ claims }, place) => claims.update({ ...place, ...claim, ...changed }),
    read: async ({ claims }, { tenantId }) => (await claims.findHeld(tenantId, claim.id))?.description,
  },
  scopes: {
    insert: ({ scopes }, place) => scopes.insert({ ...place, ...scope }),
    rename: ({ scopes }, place) => scopes.update({ ...place, ...scope, ...changed }),
    read: async ({ scopes }, { tenantId }) => (await scopes.findHeld(tenantId, scope.id))?.description,
  },
  services: {
    insert: ({ services }, place) => services.insert({ ...place, ...service }),
    rename: ({ services }, place) => services.update({ ...place, ...service, ...changed }),
    read: async ({ services }, { tenantId }) => (await services.findHeld(tenantId, service.id))?.description,
  },
  tenants: {
    insert: () => Promise.resolve(),
    rename: async ({ tenants }, { tenantId }) => {
      const found = await tenants.find(tenantId);
      assert.ok(found !== undefined);
      await tenants.update({ ...found, name: 'second' });
    },
    read: async ({ tenants }, { tenantId }) => (await tenants.findHeld(tenantId))?.name,
  },
  idps: {
    insert: ({ idps }, place) => idps.insert({ ...place, ...idp, name: 'first' }),
    rename: ({ idps }, place) => idps.update({ ...place, ...idp, name: 'second' }),
    read: async ({ idps }, { tenantId, workspaceId }) => (await idps.findHeld(tenantId, workspaceId, idp.id))?.name,
  },
  schemas: {
    insert: ({ schemas }, { tenantId }) => schemas.insert({ tenantId, ...schema }),
    rename: ({ schemas }, { tenantId }) => schemas.update({ tenantId, ...schema, ...changed }),
    read: async ({ schemas }, { tenantId }) => (await schemas.findHeld(tenantId, schema.id))?.description,
  },
  'custom applications': {
    insert: ({ customApps }, place) => customApps.insert({ ...place, ...app, name: 'first' }),
    rename: ({ customApps }, place) => customApps.update({ ...place, ...app, name: 'second' }),
    read: async ({ customApps }, { tenantId, workspaceId }) =>
      (await customApps.findHeld(tenantId, workspaceId, app.id))?.name,
  },
};

onEachDatabase('rows that are read to be changed', (open) => {
  for (const [noun, { insert, rename, read }] of Object.entries(nouns))
    it(`are held until the change is made: ${noun}`, async () => {
      const knex = await open();
      const { tenant: tenantId, workspace: workspaceId } = await seedTenant(knex);
      const place = { tenantId, workspaceId };
      await insert(storesOf(knex), place);
      const unitOfWork = unitOfWorkOn(knex);
      const read1 = Promise.withResolvers<undefined>();
      const first = unitOfWork.run(async (stores) => {
        await read(stores, place);
        read1.resolve(undefined);
        await sleep(50);
        await rename(stores, place);
      });
      await read1.promise;
      const second = unitOfWork.run((stores) => read(stores, place));
      await first;
      assert.equal(await second, 'second');
    });

  it('are held for whoever makes an idp: a pool has one of them in a workspace', async () => {
    const knex = await open();
    const { tenant, workspace } = await seedTenant(knex);
    await storesOf(knex).pools.insert(poolOf(tenant, { id: poolId('p') }));
    const hasher = { hash: () => Promise.reject(new Error('nothing to hash')) };
    const service = createIdpService({ unitOfWork: unitOfWorkOn(knex), hasher, clock: heldClock() });
    const make = (id: string) =>
      service.create(tenant, workspace, {
        id,
        name: id,
        enabled: true,
        kind: { method: 'identity_pool', poolId: 'p' },
      });
    const made = await Promise.allSettled(['a', 'b', 'c', 'd'].map(make));
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    assert.equal(refused.length, 3);
    assert.ok(
      refused.every((error) => isPlatformError(error, 'conflict')),
      String(refused),
    );
  });
});
