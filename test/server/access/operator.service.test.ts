/** Operators by their client's secret. */
import assert from 'node:assert/strict';
import { createOperatorService } from '../../../server/access/operator.service.ts';
import type { Client } from '../../../server/clients/client.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';

const watcher: Client = {
  tenantId: tenantId('acme'),
  workspaceId: workspaceId('system'),
  id: clientId('watcher'),
  status: 'active',
  trusted: false,
  metadata: { scope: 'read_login_history view_clients' },
  secret: 'the secret of today',
  rotatedSecrets: [
    { secret: 'the secret of yesterday', until: 2000 },
    { secret: 'the secret of last year', until: 500 },
  ],
  createdAt: 0,
  updatedAt: 0,
};

function serviceWith(...clients: readonly Client[]) {
  return createOperatorService({
    clients: {
      find: (tenant, workspace, id) =>
        Promise.resolve(
          clients.find((one) => one.tenantId === tenant && one.workspaceId === workspace && one.id === id),
        ),
    },
    clock: { now: () => 1000 },
  });
}

describe('createOperatorService', () => {
  const service = serviceWith(watcher, { ...watcher, id: clientId('keyed'), secret: undefined, rotatedSecrets: [] });

  it('knows the client by its secret, and by one that was replaced lately', async () => {
    const scopes = ['read_login_history', 'view_clients'];
    const known = { tenantId: 'acme', clientId: 'watcher', scopes };
    assert.deepEqual(await service.verifyClient('acme', 'watcher', 'the secret of today'), known);
    assert.deepEqual(await service.verifyClient('acme', 'watcher', 'the secret of yesterday'), known);
  });

  it('refuses every other secret, tenant, client and workspace', async () => {
    const attempts: readonly [string, string, string][] = [
      ['acme', 'watcher', 'the secret of last year'],
      ['acme', 'watcher', ''],
      ['acme', 'nobody', ''],
      ['acme', 'keyed', ''],
      ['acme', 'keyed', 'undefined'],
      ['other', 'watcher', 'the secret of today'],
      ['acme/system', 'watcher', 'the secret of today'],
      ['', 'watcher', 'the secret of today'],
    ];
    for (const attempt of attempts) assert.equal(await service.verifyClient(...attempt), undefined, attempt.join(' '));
  });

  it('refuses a client that is switched off', async () => {
    const off = serviceWith({ ...watcher, status: 'inactive' });
    assert.equal(await off.verifyClient('acme', 'watcher', 'the secret of today'), undefined);
  });
});
