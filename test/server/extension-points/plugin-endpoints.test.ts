/** Endpoints of plugins: about a workspace, for those who administer it, and in workspaces that have the plugin. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { definePlugin, endpoint, type Access } from '../../../plugins/kit/index.ts';
import { permissionsFrom } from '../../../server/access/role.ts';
import type { PluginHost } from '../../../server/extension-points/host.ts';
import { createPluginEndpoints } from '../../../server/extension-points/plugin-endpoints.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import { serveEndpoints } from '../../support/endpoint-server.ts';
import { workspaceOf } from '../../support/stores.ts';

const role = (of: Extract<Access, { readonly in: 'workspace' }>['of']): Access => ({
  kind: 'role',
  in: 'workspace',
  permission: 'read_webhooks',
  of,
});

function endpointsOf(path: string, access?: Access) {
  let handled = 0;
  const plugin = definePlugin({
    id: 'hooks',
    title: 'Hooks',
    config: { workspace: z.object({}) },
    setup(ext) {
      ext.endpoints(({ workspaceOf: of }) => [
        endpoint({
          method: 'get',
          path,
          operationId: 'getHook',
          tag: 'hooks',
          summary: 'Get a hook',
          access: access ?? role(of),
          success: { status: 200, description: 'a hook', body: z.object({}) },
          handle: () => Promise.resolve({ handled: (handled += 1) }),
        }),
      ]);
    },
  });
  return createPluginEndpoints({
    registry: createExtensionRegistry([plugin]),
    hostOf: () => ({}) as PluginHost,
    workspaces: {
      find: (tenant, id) =>
        Promise.resolve(
          id === 'gone'
            ? undefined
            : workspaceOf(tenant, {
                id,
                settings: workspaceSettingsSchema.parse({ plugins: id === 'with' ? { hooks: {} } : {} }),
              }),
        ),
    },
  });
}

describe('createPluginEndpoints', () => {
  it('serves a workspace that has the plugin, and no other, after the caller was let in', async () => {
    let permissions = permissionsFrom([{ workspaceId: undefined, role: 'admin' }]);
    const api = await serveEndpoints(endpointsOf('/api/admin/:tid/servers/:wid/hooks'), [], () => permissions);
    const status = async (workspace: string) =>
      (await api.ask('GET', `/api/admin/acme/servers/${workspace}/hooks`)).status;
    try {
      assert.deepEqual([await status('with'), await status('without'), await status('gone')], [200, 404, 404]);
      permissions = permissionsFrom([{ workspaceId: workspaceId('other'), role: 'admin' }]);
      assert.deepEqual([await status('with'), await status('without'), await status('gone')], [403, 403, 403]);
    } finally {
      await api.close();
    }
  });

  it('mounts nothing that names no workspace, or that everybody may call', () => {
    for (const path of ['/api/admin/:tid/hooks', '/hooks/:wid', '/api/admin/:tid/:widest/hooks'])
      assert.throws(() => endpointsOf(path), /plugin "hooks": .* does not name its workspace/);
    const open: Access = { kind: 'public', because: 'why not' };
    assert.throws(() => endpointsOf('/api/admin/:tid/servers/:wid/hooks', open), /not for those who administer/);
  });
});
