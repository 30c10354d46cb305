import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import {
  createServerConsentService,
  type ServerConsentService,
} from '../../../server/extensions/server-consent.service.ts';
import { isPlatformError } from '../../../server/kernel/errors.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { eventsOf, heldClock, seedTenant, storesOf, unitOfWorkOn, workspaceOf } from '../../support/stores.ts';

onEachDatabase('ServerConsentService', (open) => {
  const clock = heldClock();
  const system = workspaceId('system');
  const url = 'https://consent.example/start';
  let knex: Knex;
  let service: ServerConsentService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  before(async () => {
    knex = await open();
    service = createServerConsentService({ unitOfWork: unitOfWorkOn(knex, clock), clock });
  });
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: system, type: 'system' }));
  });
  const place = () => ({ tenantId: tenant, workspaceId: workspace });
  const clientsOf = async () =>
    (await storesOf(knex).clients.list(tenant, system, { limit: 10, order: 'asc' })).items.map(({ id }) => id);

  it('gives the page a client, which stays with it, and goes with it', async () => {
    const { consent, client } = await service.set(place(), url);
    assert.deepEqual(await clientsOf(), [client?.id]);
    assert.deepEqual(
      [client?.metadata.scope, client?.metadata.grant_types, client?.metadata.token_endpoint_auth_method],
      ['manage_scope_grants', ['client_credentials'], 'client_secret_basic'],
    );
    const moved = await service.set(place(), 'https://other.example');
    assert.deepEqual(moved.consent, { ...consent, url: 'https://other.example' });
    await service.remove(place());
    assert.deepEqual(await clientsOf(), []);
    await service.remove(place());
    assert.deepEqual(await eventsOf(knex, tenant), [
      'client created',
      'client deleted',
      'server updated',
      'server updated',
      'server updated',
    ]);
  });

  it('makes one client, however many set it at once', async () => {
    await Promise.allSettled([1, 2, 3].map(() => service.set(place(), url)));
    const kept = await storesOf(knex).serverConsents.find(tenant, workspace);
    assert.deepEqual(await clientsOf(), [kept?.clientId], 'a client of nothing would be left');
  });

  it('makes another client where somebody removed it', async () => {
    const { consent } = await service.set(place(), url);
    await storesOf(knex).clients.remove(tenant, system, consent.clientId);
    const again = await service.set(place(), url);
    assert.notEqual(again.consent.clientId, consent.clientId);
  });

  it('changes nothing where it is refused', async () => {
    await assert.rejects(service.set(place(), 'http://consent.example'), (error) =>
      isPlatformError(error, 'unprocessable_entity'),
    );
    await assert.rejects(service.set({ ...place(), workspaceId: workspaceId('nowhere') }, url), (error) =>
      isPlatformError(error, 'not_found'),
    );
    const check = (): never => {
      throw new Error('changed');
    };
    await assert.rejects(service.set({ ...place(), check }, url), /changed/);
    assert.deepEqual(await clientsOf(), []);
    assert.deepEqual(await eventsOf(knex, tenant), []);
  });
});
