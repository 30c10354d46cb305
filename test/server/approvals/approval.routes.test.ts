/** Approvals over HTTP, on rows: for who may read what happened in logins, and of their own workspace alone. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { permissionsFrom, type RoleGrant } from '../../../server/access/role.ts';
import { approvalEndpoints } from '../../../server/approvals/approval.routes.ts';
import type { Approval } from '../../../server/approvals/approval.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { openApprovalRows, type ApprovalRows } from '../../support/approval-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { noon } from '../../support/seeded.ts';
import { storesOf, workspaceOf } from '../../support/stores.ts';

onEachDatabase('the endpoints of approvals', (open) => {
  let knex: Knex;
  let api: EndpointServer;
  let house: ApprovalRows;
  let approval: Approval;
  let held: readonly Pick<RoleGrant, 'workspaceId' | 'role'>[];
  before(async () => {
    knex = await open();
    const { approvals, workspaces } = storesOf(knex);
    api = await serveEndpoints(approvalEndpoints({ approvals, workspaces }), [], () => permissionsFrom(held));
  });
  after(() => api.close());
  beforeEach(async () => {
    house = await openApprovalRows(knex);
    approval = await house.ask(await house.login());
    held = [{ workspaceId: undefined, role: 'auditor' }];
  });

  const at = (path = '', workspace: string = approval.workspaceId): string =>
    `/api/admin/${approval.tenantId}/servers/${workspace}/approvals${path}`;
  const listed = async (query = ''): Promise<readonly string[]> => {
    const { status, body } = await api.ask('GET', at(query));
    assert.equal(status, 200, JSON.stringify(body));
    return (body as { approvals: { id: string }[] }).approvals.map(({ id }) => id);
  };

  it('say what was asked of whom, and who decided what and why', async () => {
    const bob = await house.person('Bob', 'treasury');
    const words = { approves: true, name: 'Bob', reason: 'On duty' };
    await house.approvals.decide(house.signedIn(bob), approval.id, words);
    const { status, body } = await api.ask('GET', at(`/${approval.id}`));
    assert.equal(status, 200);
    assert.deepEqual(body, {
      id: approval.id,
      tenant_id: approval.tenantId,
      authorization_server_id: approval.workspaceId,
      client_id: approval.clientId,
      session_id: approval.interactionId,
      script_run_id: approval.runId,
      state: 'open',
      group_id: 'treasury',
      user_pool_id: house.idp.poolId,
      quorum: 2,
      approved: 1,
      requester: { subject: approval.requester.subject, name: 'Ada Lovelace' },
      reason: 'Treasury access',
      created_at: new Date(noon).toISOString(),
      expires_at: new Date(approval.expiresAt).toISOString(),
      decisions: [
        {
          user_pool_id: bob.poolId,
          user_id: bob.id,
          name: 'Bob',
          approved: true,
          reason: 'On duty',
          decided_at: new Date(noon).toISOString(),
        },
      ],
    });
  });

  it('list them, the latest first, by their state', async () => {
    house.clock.set(noon + 10);
    const second = await house.ask(await house.login());
    await house.stores.approvals.end(second, 'expired', noon + 20);
    assert.deepEqual(await listed(), [second.id, approval.id]);
    assert.deepEqual(await listed('?state=open'), [approval.id]);
    assert.deepEqual(await listed(`?limit=1&after_approval_id=${second.id}`), [approval.id]);
    assert.equal((await api.ask('GET', at('?state=lost'))).status, 400);
  });

  it('show nothing of another workspace, and nothing to who may not read what happened', async () => {
    const other = workspaceOf(approval.tenantId);
    await house.stores.workspaces.insert(other);
    assert.equal((await api.ask('GET', at(`/${approval.id}`, other.id))).status, 404);
    assert.deepEqual((await api.ask('GET', at('', other.id))).body, { approvals: [] });
    assert.equal((await api.ask('GET', at('/none'))).status, 404);
    for (const role of ['member', 'user_manager'] as const) {
      held = [{ workspaceId: workspaceId(approval.workspaceId), role }];
      for (const path of ['', `/${approval.id}`]) assert.equal((await api.ask('GET', at(path))).status, 403, role);
    }
  });
});
