/** Trying a script out, over HTTP. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { permissionsFrom, type WorkspaceRole } from '../../../server/access/role.ts';
import { scriptTestEndpoints } from '../../../server/extensions/script-test.routes.ts';
import { workspaceId } from '../../../server/kernel/ids.ts';
import { serveEndpoints, type EndpointServer } from '../../support/endpoint-server.ts';
import { workspaceOf } from '../../support/stores.ts';

describe('POST /api/admin/:tid/servers/:wid/scripts/test', () => {
  const demo = workspaceId('demo');
  let api: EndpointServer;
  let role: WorkspaceRole = 'manager';
  let asked: unknown[] = [];
  before(async () => {
    const workspaces = {
      find: (tenant: Parameters<typeof workspaceOf>[0], id: typeof demo) =>
        Promise.resolve(id === demo ? workspaceOf(tenant, { id }) : undefined),
    };
    const service = {
      test: (...call: readonly unknown[]) => {
        asked.push(call);
        const said = { stdout: 'seen\n', stderr: '', caughtError: '' };
        return Promise.resolve({ output: { authn_ctx: { tier: 2 } }, ...said, durationMs: 1500 });
      },
    };
    api = await serveEndpoints(scriptTestEndpoints({ workspaces, service }), [], () =>
      permissionsFrom([{ workspaceId: demo, role }]),
    );
  });
  after(() => api.close());
  beforeEach(() => {
    role = 'manager';
    asked = [];
  });
  const ask = (body: unknown, workspace = 'demo') =>
    api.ask('POST', `/api/admin/t/servers/${workspace}/scripts/test`, { body });

  it('answers as published', async () => {
    const answer = await ask({ body: 'x', env_version: 'v6', input: { authn_ctx: { name: 'Ada' } } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { id, ...rest } = z.looseObject({ id: z.string() }).parse(answer.body);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, {
      input: { authn_ctx: { name: 'Ada' } },
      output: { authn_ctx: { tier: 2 } },
      stdout: 'seen\n',
      stderr: '',
      caught_err: '',
      duration: '1.5s',
    });
    assert.deepEqual(asked, [['t', 'demo', { source: 'x', input: { authn_ctx: { name: 'Ada' } } }]]);
    assert.equal((await ask({ body: 'x' })).status, 200, 'an input may be left out');
  });

  it('is for who may publish: a script that is tried out knows the secrets of its workspace', async () => {
    role = 'auditor';
    assert.equal((await ask({ body: 'x' })).status, 403);
    role = 'manager';
    assert.equal((await ask({ body: 'x' }, 'other')).status, 403);
    for (const body of [{}, { body: '' }, { body: 'x', input: [] }, { body: 'x'.repeat(262_145) }])
      assert.equal((await ask(body)).status, 422);
    assert.equal(asked.length, 0);
  });
});
