import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { createClientService } from '../../../server/clients/client.service.ts';
import type { ClientMetadata } from '../../../server/clients/client.ts';
import { createPasswordHasher } from '../../../server/credentials/password/hasher.ts';
import { createUnitOfWork } from '../../../server/db/unit-of-work.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { createCustomAppService } from '../../../server/extensions/custom-app.service.ts';
import { createServerConsentService } from '../../../server/extensions/server-consent.service.ts';
import { createIdpService } from '../../../server/idps/idp.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { newId, workspaceId } from '../../../server/kernel/ids.ts';
import type { TenantId } from '../../../server/kernel/ids.ts';
import { letsScriptsOf, poolSettingsSchema, type Pool } from '../../../server/pools/pool.ts';
import { standardScopes } from '../../../server/workspaces/scope.ts';
import { selfServiceScopes } from '../../../server/workspaces/self-service-scopes.ts';
import { createWorkspaceService } from '../../../server/workspaces/workspace.service.ts';
import type { WorkspaceService } from '../../../server/workspaces/workspace.service.ts';
import type { Workspace, WorkspaceSettings } from '../../../server/workspaces/workspace.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';
import { poolOf } from '../../support/seeded.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('WorkspaceService', (open) => {
  let knex: Knex;
  let service: WorkspaceService;
  let tenant: TenantId;
  const extensions = createExtensionRegistry([loyalty]);
  before(async () => {
    knex = await open();
    service = createWorkspaceService({ unitOfWork: unitOfWorkOn(knex), clock: heldClock(), extensions });
  });
  beforeEach(async () => {
    ({ tenant } = await seedTenant(knex));
  });
  const create = (id = newId()) =>
    service.create({ tenantId: tenant, id, name: 'Shop', type: 'regular', settings: { demo_enabled: true } });

  it('makes a workspace with defaults, the standard scopes, one key and an event', async () => {
    const made = await create();
    const { workspaces, scopes, signingKeys } = storesOf(knex);
    assert.deepEqual({ ...(await workspaces.find(tenant, made.id)), defaultScript: '' }, made);
    assert.equal(made.settings.demo_enabled, true);
    assert.equal(made.settings.access_token_ttl, '1h0m0s');
    const names = (await scopes.list(tenant, made.id)).map(({ name }) => name);
    assert.deepEqual(names, [...standardScopes, ...selfServiceScopes].map(({ name }) => name).toSorted());
    const keys = await signingKeys.list(tenant, made.id);
    assert.deepEqual(
      keys.map(({ alg, state }) => [alg, state]),
      [['ES256', 'active']],
    );
    assert.deepEqual(await eventsOf(knex, tenant), ['server created']);
  });

  for (const id of ['admin', 'developer', 'system', '', 'A', 'a b', '../x', 'x'.repeat(65)]) {
    it(`refuses the id ${JSON.stringify(id.slice(0, 10))} for a regular workspace`, async () => {
      await assert.rejects(create(id), (error) => isPlatformError(error, 'unprocessable_entity'));
    });
  }

  const refuses = (work: Promise<unknown>, member: string) =>
    assert.rejects(work, (error) => {
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      assert.ok(JSON.stringify(error.details).includes(`"/settings/${member}"`));
      return true;
    });

  it('refuses settings that cannot be, naming the member', async () => {
    const settings = { access_token_ttl: 'soon' };
    const made = service.create({ tenantId: tenant, id: newId(), name: 'X', type: 'regular', settings });
    await refuses(made, 'access_token_ttl');
  });

  it('lets no login live longer than its proofs are kept: 14 days', async () => {
    const made = await create();
    const change = (lifetime: string) =>
      service.updateSettings({ tenantId: tenant, id: made.id, settings: { login_lifetime: lifetime } });
    for (const lifetime of ['336h0m1s', '15d', '100000h']) await refuses(change(lifetime), 'login_lifetime');
    for (const lifetime of ['14d', '336h0m0s'])
      assert.equal((await change(lifetime)).settings.login_lifetime, lifetime);
  });

  describe('with settings of plugins', () => {
    const pointersOf = async (work: Promise<unknown>): Promise<unknown> => {
      try {
        await work;
      } catch (error) {
        assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
        assert.ok(Array.isArray(error.details));
        return error.details.map(({ pointer }: { pointer: unknown }) => pointer);
      }
      return 'stored';
    };
    const make = (plugins: Readonly<Record<string, unknown>>) =>
      service.create({ tenantId: tenant, id: newId(), name: 'X', type: 'regular', settings: { plugins } });

    it('stores what each plugin accepts', async () => {
      const made = await make({ loyalty: { points: 3 } });
      const change = (plugins: Readonly<Record<string, unknown>>) =>
        service.updateSettings({ tenantId: tenant, id: made.id, settings: { plugins } });
      assert.deepEqual((await change({ loyalty: true })).settings.plugins, { loyalty: true });
      assert.deepEqual((await change({ loyalty: false })).settings.plugins, { loyalty: false });
    });

    it('refuses what a plugin does not accept, and plugins nobody installed, naming each member', async () => {
      const wrong = { loyalty: { points: -1, secret: 'x' }, nobody: {} };
      const pointers = ['/settings/plugins/loyalty/points', '/settings/plugins/loyalty', '/settings/plugins/nobody'];
      assert.deepEqual(await pointersOf(make(wrong)), pointers);
      const made = await make({});
      const settings = { plugins: wrong };
      const changed = service.updateSettings({ tenantId: tenant, id: made.id, settings });
      assert.deepEqual(await pointersOf(changed), pointers);
      assert.deepEqual((await storesOf(knex).workspaces.find(tenant, made.id))?.settings.plugins, {});
    });

    it('lets other settings change while a plugin that has settings is not installed', async () => {
      const made = await make({ loyalty: { points: 3 } });
      const bare = createWorkspaceService({
        unitOfWork: unitOfWorkOn(knex),
        clock: heldClock(),
        extensions: createExtensionRegistry([]),
      });
      const change = (settings: Parameters<typeof bare.updateSettings>[0]['settings'] & object) =>
        bare.updateSettings({ tenantId: tenant, id: made.id, settings });
      assert.equal((await change({ demo_enabled: true })).settings.demo_enabled, true);
      assert.deepEqual((await change({ plugins: { loyalty: { points: 3 } } })).settings.plugins, made.settings.plugins);
      assert.deepEqual(await pointersOf(change({ plugins: { loyalty: { points: 4 } } })), [
        '/settings/plugins/loyalty',
      ]);
    });
  });

  it('keeps nothing when one part cannot be written', async () => {
    const id = newId();
    const failing = createWorkspaceService({
      clock: heldClock(),
      extensions,
      unitOfWork: {
        run: (work) =>
          unitOfWorkOn(knex).run((stores) =>
            work({ ...stores, outbox: { append: () => Promise.reject(new RangeError('full')) } }),
          ),
      },
    });
    const made = failing.create({ tenantId: tenant, id, name: 'X', type: 'regular' });
    await assert.rejects(made, RangeError);
    assert.equal(await storesOf(knex).workspaces.find(tenant, workspaceId(id)), undefined);
    assert.deepEqual(await storesOf(knex).scopes.list(tenant, workspaceId(id)), []);
  });

  it('changes some settings and keeps the others', async () => {
    const made = await create();
    const settings = { access_token_ttl: '5m0s' };
    const updated = await service.updateSettings({ tenantId: tenant, id: made.id, settings });
    assert.deepEqual(updated.settings, { ...made.settings, ...settings });
    assert.equal(updated.revision, made.revision + 1);
    const stored = await storesOf(knex).workspaces.find(tenant, made.id);
    assert.deepEqual({ ...stored, defaultScript: '' }, updated);
    assert.deepEqual(await eventsOf(knex, tenant), ['server created', 'server updated']);
  });

  it('refuses a change made from an older revision', async () => {
    const made = await create();
    await service.updateSettings({ tenantId: tenant, id: made.id, name: 'Second', ifRevision: 1 });
    const late = service.updateSettings({ tenantId: tenant, id: made.id, name: 'Late', ifRevision: 1 });
    await assert.rejects(late, (error) => isPlatformError(error, 'precondition_failed'));
  });

  it('signs with a key of the new kind when the kind changes, and keeps the old one for verifying', async () => {
    const made = await create();
    await service.updateSettings({ tenantId: tenant, id: made.id, settings: { key_type: 'rsa' } });
    const keys = await storesOf(knex).signingKeys.list(tenant, made.id);
    assert.deepEqual(
      keys.map(({ alg, state }) => [alg, state]),
      [
        ['RS256', 'active'],
        ['ES256', 'retired'],
      ],
    );
  });

  describe('with clients that would lose something', () => {
    const machine = { client_name: 'Nightly', grant_types: ['client_credentials'], response_types: [] };
    const narrow = { grant_types: ['authorization_code' as const] };
    /** @param pause waited for before the work of a transaction ends */
    const clientsOn = (pause: () => Promise<void> = () => Promise.resolve()) =>
      createClientService({
        clock: heldClock(),
        unitOfWork: {
          run: (work) =>
            unitOfWorkOn(knex).run(async (stores) => {
              const done = await work({ ...stores, artifacts: { destroyByClient: () => Promise.resolve() } });
              await pause();
              return done;
            }),
        },
      });
    const register = (workspace: Workspace, metadata: ClientMetadata = machine, clients = clientsOn()) =>
      clients.create({ tenantId: tenant, workspaceId: workspace.id, metadata });
    const change = (
      { id }: Workspace,
      settings: Partial<WorkspaceSettings>,
      more: Readonly<Record<string, boolean>> = {},
      by = service,
    ) => by.updateSettings({ tenantId: tenant, id, settings, ...more });
    const named = z.object({
      total: z.number(),
      clients: z.array(
        z.object({
          client_id: z.string(),
          client_name: z.string(),
          conflicts: z.array(z.object({ pointer: z.string() })),
        }),
      ),
    });
    const losersOf = async (refused: Promise<unknown>) => {
      const error: unknown = await refused.then(
        () => assert.fail('it was done'),
        (reason: unknown) => reason,
      );
      assert.ok(isPlatformError(error, 'unprocessable_entity'), String(error));
      return named.parse(error.details);
    };
    const stored = async ({ id }: Workspace) => storesOf(knex).workspaces.find(tenant, id);
    /** A place where somebody waits until they are let go. */
    const gate = () => {
      const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
      const { promise: open, resolve: letGo } = Promise.withResolvers<undefined>();
      const pause = async () => {
        reach(undefined);
        await open;
      };
      return { reached, pause, letGo: () => void setTimeout(letGo, 50, undefined) };
    };

    it('names them and changes nothing, until it is forced', async () => {
      const made = await create();
      const client = await register(made);
      await register(made, { redirect_uris: ['https://shop.example/cb'] });
      const { total, clients } = await losersOf(change(made, narrow));
      assert.equal(total, 1);
      assert.deepEqual(clients, [
        { client_id: client.id, client_name: 'Nightly', conflicts: [{ pointer: '/grant_types' }] },
      ]);
      assert.deepEqual({ ...(await stored(made)), defaultScript: '' }, made);
      assert.ok(!(await eventsOf(knex, tenant)).includes('server updated'));
      assert.deepEqual((await change(made, narrow, { force: true })).settings.grant_types, narrow.grant_types);
      assert.deepEqual(await storesOf(knex).clients.find(tenant, made.id, client.id), client, 'it stays registered');
      // It has lost that already: the next change is none of its business.
      await change(made, { demo_enabled: false });
    });

    it('asks the clients of this workspace alone', async () => {
      const [made, other] = [await create(), await create()];
      await register(other);
      await change(made, narrow);
      assert.deepEqual((await stored(made))?.settings.grant_types, narrow.grant_types);
    });

    it('counts the scopes that go with a plugin, but for those the workspace has of its own', async () => {
      const made = await create();
      await change(made, { plugins: { loyalty: true } });
      const brought = extensions.scopesFor({ ...made.settings, plugins: { loyalty: true } });
      const scope = brought.find(({ name }) => name === 'loyalty');
      assert.ok(scope);
      await register(made, { ...machine, scope: scope.name });
      const { clients } = await losersOf(change(made, { plugins: {} }));
      assert.deepEqual(clients[0]?.conflicts, [{ pointer: '/scope' }]);
      await storesOf(knex).scopes.insert({ ...scope, tenantId: tenant, workspaceId: made.id });
      await change(made, { plugins: {} });
    });

    it('sees a client that is being registered meanwhile', async () => {
      const made = await create();
      const { reached, pause, letGo } = gate();
      const registering = register(made, machine, clientsOn(pause));
      await reached;
      const narrowing = losersOf(change(made, narrow));
      letGo();
      const client = await registering;
      assert.deepEqual(
        (await narrowing).clients.map(({ client_id: id }) => id),
        [client.id],
      );
    });

    it('sees a client that is being changed meanwhile', async () => {
      const made = await create();
      const web = { redirect_uris: ['https://shop.example/cb'] };
      const { id } = await register(made, web);
      const { reached, pause, letGo } = gate();
      const metadata = { ...web, grant_types: ['authorization_code', 'refresh_token'] };
      const changing = clientsOn(pause).update({ tenantId: tenant, id, metadata });
      await reached;
      const narrowing = losersOf(change(made, narrow));
      letGo();
      await changing;
      assert.equal((await narrowing).total, 1);
    });

    it('lets nobody register meanwhile what it takes away', async () => {
      const made = await create();
      const { reached, pause, letGo } = gate();
      const slow = createWorkspaceService({
        clock: heldClock(),
        extensions,
        unitOfWork: {
          run: (work) =>
            unitOfWorkOn(knex).run(async (stores) => {
              const append: typeof stores.outbox.append = async (event) => {
                await pause();
                return stores.outbox.append(event);
              };
              return work({ ...stores, outbox: { ...stores.outbox, append } });
            }),
        },
      });
      const narrowing = change(made, narrow, {}, slow);
      await reached;
      const registering = assert.rejects(register(made), (error) => isPlatformError(error, 'unprocessable_entity'));
      letGo();
      await narrowing;
      await registering;
    });
  });

  it('removes nothing that its caller stops', async () => {
    const made = await create();
    const check = (stored: Workspace) => {
      assert.equal(stored.id, made.id);
      throw new Error('stale');
    };
    await assert.rejects(service.remove(tenant, made.id, check), /stale/);
    assert.ok((await storesOf(knex).workspaces.find(tenant, made.id)) !== undefined);
  });

  it('removes the clients of its pages, with all that they were given, and those of no other workspace', async () => {
    const system = workspaceId('system');
    const { workspaces, clients, artifacts, customApps, serverConsents, roles } = storesOf(knex);
    await workspaces.insert({ ...workspaceOf(tenant), id: system, type: 'system' });
    const unitOfWork = unitOfWorkOn(knex);
    const clock = heldClock();
    const [gone, other] = [await create(), await create()];
    for (const { id } of [gone, other]) {
      const words = { name: 'KYC', url: 'https://kyc.example' };
      await createCustomAppService({ unitOfWork, clock }).create(tenant, id, 'kyc', words);
      await createServerConsentService({ unitOfWork, clock }).set(
        { tenantId: tenant, workspaceId: id },
        'https://consent.example',
      );
      const kind = { method: 'custom', loginUrl: 'https://portal.example' } as const;
      const portal = { id: 'portal', name: 'Portal', enabled: false, kind };
      await createIdpService({ unitOfWork, hasher: createPasswordHasher(), clock }).create(tenant, id, portal);
    }
    const all = (await clients.list(tenant, system, { limit: 100, order: 'asc' })).items;
    assert.equal(all.length, 6);
    const key = { tenantId: tenant, workspaceId: system, model: 'ClientCredentials' } as const;
    for (const { id } of all) await artifacts.upsert(key, `token of ${id}`, { clientId: id }, undefined);
    const stay = [
      (await customApps.list(tenant, other.id))[0]?.clientId,
      (await serverConsents.find(tenant, other.id))?.clientId,
      ...(await storesOf(knex).idps.list(tenant, other.id)).map((idp) => idp.method === 'custom' && idp.clientId),
    ];
    const [first] = all.filter(({ id }) => !stay.includes(id));
    assert.ok(first !== undefined);
    const subject = { type: 'client', clientId: first.id } as const;
    await roles.insert({ tenantId: tenant, workspaceId: other.id, role: 'auditor', subject }, 1);

    await service.remove(tenant, gone.id);
    const left = (await clients.list(tenant, system, { limit: 100, order: 'asc' })).items.map(({ id }) => id);
    assert.deepEqual(left.toSorted(), stay.toSorted());
    for (const { id } of all) {
      const token = await artifacts.find(key, `token of ${id}`);
      assert.equal(token !== undefined, left.includes(id), 'a token lives as long as its client');
    }
    assert.deepEqual(await roles.listFor(tenant, [subject]), []);
    const told = (await eventsOf(knex, tenant)).filter((name) => name === 'client deleted');
    assert.equal(told.length, 3);
  });

  it('takes a workspace from the pools that name it: one that is made later under its id has no say over people', async () => {
    const { pools } = storesOf(knex);
    const [gone, other] = [await create(), await create()];
    const naming = (...ids: readonly string[]) => ({
      settings: poolSettingsSchema.parse({ script_metadata_workspaces: ids }),
    });
    const both = poolOf(tenant, naming(other.id, gone.id));
    const apart = poolOf(tenant, { ...naming(other.id), workspaceId: gone.id });
    const elsewhere = await seedTenant(knex);
    const foreign = poolOf(elsewhere.tenant, naming(gone.id));
    for (const pool of [both, apart, foreign]) await pools.insert(pool);
    await service.remove(tenant, gone.id);
    const namedBy = async ({ tenantId, id }: Pool) =>
      (await pools.find(tenantId, id))?.settings.script_metadata_workspaces;
    assert.deepEqual(await namedBy(both), [other.id]);
    assert.deepEqual(await namedBy(apart), [other.id]);
    assert.deepEqual(await namedBy(foreign), [gone.id], 'another tenant has a workspace of its own by this id');
    const told = (await eventsOf(knex, tenant)).filter((name) => name !== 'server created');
    assert.deepEqual(told.toSorted(), ['pool updated', 'server deleted']);
    const later = await create(gone.id);
    const after = await pools.find(tenant, both.id);
    assert.ok(after !== undefined && !letsScriptsOf(later.id, after));
  });

  it('leaves pools as they are where the removal comes to nothing', async () => {
    const { pools } = storesOf(knex);
    const made = await create();
    const pool = poolOf(tenant, { settings: poolSettingsSchema.parse({ script_metadata_workspaces: [made.id] }) });
    await pools.insert(pool);
    const unitOfWork = createUnitOfWork(knex, (executor) => ({
      ...storesOf(executor, heldClock()),
      holdings: { removeWorkspace: () => Promise.reject(new Error('the database went away')) },
    }));
    const failing = createWorkspaceService({ unitOfWork, clock: heldClock(), extensions });
    await assert.rejects(failing.remove(tenant, made.id), /went away/);
    assert.deepEqual((await pools.find(tenant, pool.id))?.settings.script_metadata_workspaces, [made.id]);
    assert.deepEqual(await eventsOf(knex, tenant), ['server created']);
  });

  it('removes a workspace with all it holds, keeps its events, and leaves the reserved ones', async () => {
    const made = await create();
    await service.remove(tenant, made.id);
    const { workspaces, scopes, signingKeys } = storesOf(knex);
    assert.equal(await workspaces.find(tenant, made.id), undefined);
    assert.deepEqual(await scopes.list(tenant, made.id), []);
    assert.deepEqual(await signingKeys.list(tenant, made.id), []);
    assert.deepEqual(await eventsOf(knex, tenant), ['server created', 'server deleted']);
    await assert.rejects(service.remove(tenant, made.id), (error) => isPlatformError(error, 'not_found'));
    await assert.rejects(service.remove(tenant, workspaceId('system')), (error) =>
      isPlatformError(error, 'bad_request'),
    );
  });
});
