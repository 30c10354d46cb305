/** The System API's clients, over HTTP and on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { z } from 'zod';
import { systemClientEndpoints } from '../../../server/clients/client.routes.ts';
import {
  createClientService,
  type ClientService,
  type ClientServiceStores,
} from '../../../server/clients/client.service.ts';
import type { Client } from '../../../server/clients/client.ts';
import { clientId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import type { UnitOfWork } from '../../../server/kernel/unit-of-work.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn } from '../../support/stores.ts';

const shown = z.looseObject({ client_id: z.string(), client_secret: z.string(), rotated_secrets: z.array(z.string()) });

onEachDatabase('the endpoints of clients for machines', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let service: ClientService;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let clock: ReturnType<typeof heldClock>;
  before(async () => {
    knex = await open();
    clock = heldClock();
    ({ tenant, workspace } = await seedTenant(knex));
    const artifacts = { destroyByClient: () => Promise.resolve() };
    const unitOfWork: UnitOfWork<ClientServiceStores> = {
      run: (work) => unitOfWorkOn(knex, clock).run((stores) => work({ ...stores, artifacts })),
    };
    service = createClientService({ unitOfWork, clock });
    const { clients, workspaces } = storesOf(knex);
    api = await serveEndpoints(systemClientEndpoints({ clients, workspaces, service, clock }), ['manage_clients']);
  });
  after(() => api.close());

  const create = (): Promise<Client> =>
    service.create({
      tenantId: tenant,
      workspaceId: workspace,
      metadata: { client_name: 'App', redirect_uris: ['https://app.example/cb'], scope: 'openid email' },
      trusted: true,
    });
  const of = ({ id }: Pick<Client, 'id'>, action = '') => `/api/system/${tenant}/client/${id}${action}`;
  const read = async (client: Client) => shown.parse((await api.ask('GET', of(client))).body);

  it('answer one as published', async () => {
    const client = await create();
    assert.deepEqual((await api.ask('GET', of(client))).body, {
      client_name: 'App',
      redirect_uris: ['https://app.example/cb'],
      scope: 'openid email',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      tenant_id: tenant,
      authorization_server_id: workspace,
      client_id: client.id,
      client_id_issued_at: noon / 1000,
      client_secret: client.secret,
      client_secret_expires_at: 0,
      client_status: 'active',
      client_type: 'oauth2',
      created_at: new Date(noon).toISOString(),
      updated_at: new Date(noon).toISOString(),
      rotated_secrets: [],
      scopes: ['openid', 'email'],
      trusted: true,
    });
    assert.equal((await api.ask('GET', of({ ...client, id: clientId('nobody') }))).status, 404);
    assert.equal((await api.ask('GET', `/api/system/elsewhere/client/${client.id}`)).status, 404);
  });

  it('list all clients of a workspace', async () => {
    const made = [];
    for (let n = 0; n < 105; n += 1) made.push((await create()).id);
    const { body } = await api.ask('GET', `/api/system/${tenant}/clients/${workspace}`);
    const ids = z
      .object({ clients: z.array(shown) })
      .parse(body)
      .clients.map((client) => client.client_id);
    assert.ok(made.every((id) => ids.includes(id)));
    assert.equal((await api.ask('GET', `/api/system/${tenant}/clients/nowhere`)).status, 404);
  });

  it('show no secret to who may only view clients', async () => {
    const client = await create();
    await api.ask('POST', of(client, '/rotateSecret'));
    for (const path of [of(client), `/api/system/${tenant}/clients/${workspace}`]) {
      const { status, body } = await api.askWith(['view_clients'], 'GET', path);
      assert.equal(status, 200);
      const text = JSON.stringify(body);
      assert.ok(text.includes(client.id) && text.includes('"client_secret":""'));
      const stored = await storesOf(knex).clients.findInTenant(tenant, client.id);
      for (const secret of [client.secret, stored?.secret]) assert.ok(!text.includes(secret ?? 'none'));
    }
  });

  it('rotate a secret: the one before is good until it is revoked, or until its time', async () => {
    const client = await create();
    const { status, body } = await api.ask('POST', of(client, '/rotateSecret'));
    assert.equal(status, 200);
    const second = z.strictObject({ secret: z.string().min(40) }).parse(body).secret;
    assert.deepEqual((await read(client)).rotated_secrets, [client.secret]);
    await api.ask('POST', of(client, '/rotateSecret?auto_revoke_after=1m0s'));
    assert.deepEqual((await read(client)).rotated_secrets, [second, client.secret]);
    clock.set(noon + 60_000);
    assert.deepEqual((await read(client)).rotated_secrets, [client.secret]);
    clock.set(noon);
    assert.equal((await api.ask('POST', of(client, '/revokeRotatedSecrets'))).status, 204);
    const { client_secret: current, rotated_secrets: rotated } = await read(client);
    assert.deepEqual(rotated, []);
    assert.ok(![client.secret, second].includes(current));
    assert.equal((await api.ask('POST', of(client, '/rotateSecret?auto_revoke_after=soon'))).status, 400);
  });

  it('change nothing for who has read something else', async () => {
    const client = await create();
    const { etag = '' } = await api.ask('GET', of(client));
    assert.equal((await api.ask('POST', of(client, '/rotateSecret'), { ifMatch: etag })).status, 200);
    const before = await read(client);
    for (const action of ['/rotateSecret', '/revokeRotatedSecrets'])
      assert.equal((await api.ask('POST', of(client, action), { ifMatch: etag })).status, 412);
    assert.deepEqual(await read(client), before);
  });
});
