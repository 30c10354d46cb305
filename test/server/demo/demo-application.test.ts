import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import { createDemoFinder } from '../../../server/demo/demo-application.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';

const place = { tenantId: tenantId('acme'), workspaceId: workspaceId('bank') };
const client: Client = {
  ...place,
  id: clientId('demo'),
  status: 'active',
  trusted: false,
  metadata: { client_name: 'Demo Bank', scope: 'profile offline_access accounts' },
  secret: 's3cret',
  rotatedSecrets: [],
  createdAt: 0,
  updatedAt: 0,
};

function finder(settings: Record<string, unknown>, asked: string[] = []) {
  return createDemoFinder({
    tenants: { find: (id) => Promise.resolve({ id, name: 'Acme', settings: {}, createdAt: 0, updatedAt: 0 }) },
    workspaces: {
      find: (tenant, id) => {
        asked.push(`${tenant}/${id}`);
        return Promise.resolve({
          tenantId: tenant,
          id,
          name: 'Bank',
          type: 'regular',
          settings: workspaceSettingsSchema.parse(settings),
          revision: 1,
          createdAt: 0,
          updatedAt: 0,
        });
      },
    },
    clients: { find: (_tenant, _workspace, id) => Promise.resolve(id === client.id ? client : undefined) },
    issuerOf: (tenant, workspace) => `https://id.example/${tenant}/${workspace}`,
    clientId: client.id,
  });
}

describe('createDemoFinder', () => {
  it('describes the client of a workspace that switched its demonstration on', async () => {
    const found = await finder({ demo_enabled: true })('acme', 'bank');
    assert.ok(found);
    const { nameIn, ...application } = found;
    assert.equal(nameIn('en'), 'Demo Bank');
    assert.deepEqual(application, {
      place: 'acme/bank',
      issuer: 'https://id.example/acme/bank',
      tenantName: 'Acme',
      clientId: 'demo',
      clientSecret: 's3cret',
      postsSecret: false,
      pushes: false,
      scopes: ['openid', 'profile', 'accounts'],
      startUri: 'https://id.example/acme/bank/demo',
      redirectUri: 'https://id.example/acme/bank/demo/callback',
    });
  });

  it('finds nothing where it is switched off, as it is by default', async () => {
    assert.equal(await finder({})('acme', 'bank'), undefined);
  });

  it('asks no store for what cannot be an id', async () => {
    const asked: string[] = [];
    for (const id of ['..', 'a/b', 'A', '', 'x'.repeat(65)]) {
      assert.equal(await finder({ demo_enabled: true }, asked)(id, 'bank'), undefined);
      assert.equal(await finder({ demo_enabled: true }, asked)('acme', id), undefined);
    }
    assert.deepEqual(asked, []);
  });
});
