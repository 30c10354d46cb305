/** Audit events over HTTP, on rows. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { createEventLog } from '../../../server/audit/event-log.store.ts';
import { eventEndpoints } from '../../../server/audit/event.routes.ts';
import { createEventStore } from '../../../server/audit/event.store.ts';
import type { NewEvent } from '../../../server/kernel/events.ts';
import { workspaceId, type TenantId, type WorkspaceId } from '../../../server/kernel/ids.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { seedTenant, storesOf, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the endpoints of audit events', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let tenant: TenantId;
  let workspace: WorkspaceId;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { workspaces } = storesOf(knex);
    api = await serveEndpoints(
      eventEndpoints({ events: createEventLog(knex), workspaces }),
      ['view_audit_events'],
      () => permissionsFrom(held),
    );
  });
  after(() => api.close());
  beforeEach(async () => {
    ({ tenant, workspace } = await seedTenant(knex));
    held = [{ workspaceId: undefined, role: 'auditor' }];
  });

  const tell = (at: number, members: Partial<NewEvent> = {}) =>
    createEventStore(knex, { clock: { now: () => noon + at }, observers: [] }).append({
      tenantId: tenant,
      subject: 'login',
      action: 'failed',
      metadata: { client_id: 'app', ip: '192.0.2.1' },
      payload: { login_failed: { factor: 'pwd' } },
      ...members,
    });
  const list = (query = '', { api: kind = 'admin', place = workspace }: { api?: string; place?: string } = {}) =>
    api.ask('GET', `/api/${kind}/${tenant}/servers/${place}/audit-events${query}`);
  const idsOf = async (query = ''): Promise<readonly string[]> => {
    const { status, body } = await list(query);
    assert.equal(status, 200, JSON.stringify(body));
    return (body as { audit_events: { event_id: string }[] }).audit_events.map(({ event_id: id }) => id);
  };

  it('show what happened as it is published, in the Admin and in the System API', async () => {
    const { id } = await tell(1500, { workspaceId: workspace });
    const shown = {
      tenant_id: tenant,
      server_id: workspace,
      event_id: id,
      timestamp: '2026-11-23T20:00:01.500Z',
      event_subject: 'login',
      action: 'failed',
      context: null,
      metadata: { client_id: 'app', ip: '192.0.2.1' },
      payload: { login_failed: { factor: 'pwd' } },
    };
    assert.deepEqual((await list()).body, { audit_events: [shown] });
    assert.deepEqual((await list('', { api: 'system' })).body, { audit_events: [shown] });
  });

  it('show the latest first, in pages', async () => {
    const told: string[] = [];
    for (let at = 0; at < 5; at += 1) told.push((await tell(at, { workspaceId: workspace })).id);
    assert.deepEqual(await idsOf(), told.toReversed());
    assert.deepEqual(await idsOf('?order=asc&limit=2'), told.slice(0, 2));
    assert.deepEqual(await idsOf(`?order=asc&limit=2&after_event_id=${told[1] ?? ''}`), told.slice(2, 4));
    assert.deepEqual(await idsOf(`?limit=1&before_event_id=${told[1] ?? ''}`), told.slice(2, 3));
  });

  it('keep to what is asked for: repeated or with commas, and in time', async () => {
    const failed = (await tell(1000, { workspaceId: workspace })).id;
    const denied = (await tell(2000, { workspaceId: workspace, action: 'denied' })).id;
    await tell(3000, { workspaceId: workspace, subject: 'consent', action: 'created' });
    assert.deepEqual(await idsOf('?event_subject=login'), [denied, failed]);
    assert.deepEqual(await idsOf('?event_action=failed,denied'), [denied, failed]);
    assert.deepEqual(await idsOf('?event_action=failed&event_action=denied'), [denied, failed]);
    assert.deepEqual(await idsOf('?client_id=app&timestamp_to=2026-11-23T20:00:02Z'), [failed]);
    assert.deepEqual(await idsOf('?timestamp_from=2026-11-23T21:00:01%2B01:00&event_subject=login'), [denied]);
    assert.deepEqual(await idsOf('?client_id=other'), []);
  });

  it('show what belongs to the tenant as a whole where the tenant is administered, alone', async () => {
    await storesOf(knex).workspaces.insert(workspaceOf(tenant, { id: workspaceId('admin'), type: 'admin' }));
    const { id } = await tell(1, { subject: 'pool', action: 'created' });
    assert.deepEqual(await idsOf(), []);
    const { body } = await list('', { place: 'admin' });
    assert.partialDeepStrictEqual(body, { audit_events: [{ event_id: id, server_id: 'admin' }] });
  });

  it('refuse what cannot be asked', async () => {
    for (const query of ['?limit=101', '?limit=0', '?timestamp_from=yesterday', '?sort=subject', '?order=up'])
      assert.equal((await list(query)).status, 400, query);
    assert.equal((await list('?after_event_id=nothing')).status, 422);
    for (const kind of ['admin', 'system'])
      assert.equal((await list('', { api: kind, place: 'nowhere' })).status, 404, kind);
  });

  it('show nothing to whoever administers another workspace, or has another scope', async () => {
    await tell(1, { workspaceId: workspace });
    held = [{ workspaceId: workspaceId('another'), role: 'admin' }];
    assert.equal((await list()).status, 403);
    held = [{ workspaceId: workspace, role: 'auditor' }];
    assert.equal((await list()).status, 200);
    const path = `/api/system/${tenant}/servers/${workspace}/audit-events`;
    assert.equal((await api.askWith(['view_clients'], 'GET', path)).status, 403);
  });
});
