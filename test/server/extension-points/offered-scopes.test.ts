import assert from 'node:assert/strict';
import { offeredScopes } from '../../../server/extension-points/offered-scopes.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { standardScopes, type Scope } from '../../../server/workspaces/scope.ts';
import type { Workspace } from '../../../server/workspaces/workspace.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { post, redeem } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestWorkspace } from '../../support/engine-workspace.ts';
import { loyalty } from '../../support/plugins/loyalty/loyalty.ts';

describe('offeredScopes', () => {
  const on = samplePlace({ plugins: { loyalty: true } }).workspace;
  const off = samplePlace({ plugins: {} }).workspace;
  const rowsOf = ({ tenantId, id }: Workspace, names: readonly string[]): readonly Scope[] =>
    names.map((name) => ({
      tenantId,
      workspaceId: id,
      name,
      displayName: `the row ${name}`,
      description: '',
      implicitGrant: false,
      kind: 'api',
    }));
  const list = (workspace: Workspace, rows: readonly string[], plugins = [loyalty]) =>
    offeredScopes(
      { list: () => Promise.resolve(rowsOf(workspace, rows)) },
      {
        workspaces: { find: () => Promise.resolve(workspace) },
        extensions: createExtensionRegistry(plugins),
      },
    ).list(workspace.tenantId, workspace.id);
  const names = (scopes: readonly Scope[]) => scopes.map(({ name }) => name);

  it("lists a plugin's scopes among the rows, by name, where it is enabled", async () => {
    assert.deepEqual(names(await list(on, ['email', 'openid'])), ['email', 'loyalty', 'loyalty:spend', 'openid']);
    assert.deepEqual(names(await list(off, ['email', 'openid'])), ['email', 'openid']);
    const [scope] = (await list(on, [])).filter(({ name }) => name === 'loyalty');
    assert.deepEqual([scope?.tenantId, scope?.workspaceId, scope?.kind], [on.tenantId, on.id, 'oidc']);
  });

  it('leaves the last word to a row of the same name', async () => {
    const [scope, ...more] = (await list(on, ['loyalty'])).filter(({ name }) => name === 'loyalty');
    assert.equal(scope?.displayName, 'the row loyalty');
    assert.deepEqual(more, []);
  });

  it('brings no scope of core back that was removed', async () => {
    const listed = names(await list(on, ['openid']));
    assert.deepEqual(
      standardScopes.filter(({ name }) => listed.includes(name)).map(({ name }) => name),
      ['openid'],
    );
  });

  it('asks for nothing but the rows where no plugin brings a scope', async () => {
    const scopes = offeredScopes(
      { list: () => Promise.resolve(rowsOf(on, ['openid'])) },
      {
        workspaces: { find: () => Promise.reject(new Error('not to be asked')) },
        extensions: createExtensionRegistry([]),
      },
    );
    assert.deepEqual(names(await scopes.list(on.tenantId, on.id)), ['openid']);
  });

  describe('in the protocol', () => {
    let engine: TestEngine;
    let shop: TestWorkspace;
    before(async () => {
      engine = await startEngine(undefined, [loyalty]);
      shop = await engine.addWorkspace({ plugins: { loyalty: true } });
    });
    after(() => engine.stop());

    it('may be asked for, granted and listed where the plugin is enabled, and nowhere else', async () => {
      const client = shop.addClient({ scope: 'openid loyalty loyalty:spend' }, { trusted: true });
      const discovery = async () =>
        JSON.stringify(await (await fetch(`${shop.issuer}/.well-known/openid-configuration`)).json());
      const machine = { grant_type: 'client_credentials', scope: 'loyalty:spend' };
      const granted = async () => {
        const browser = engine.browser(shop);
        const params = await browser.login(client, { scope: 'openid loyalty' });
        return (await redeem(shop, client, browser, params)).body['scope'];
      };

      assert.match(await discovery(), /"loyalty:spend"/);
      assert.equal((await post(shop, '/oauth2/token', client, machine)).body['scope'], 'loyalty:spend');
      assert.equal(await granted(), 'openid loyalty');

      shop.change({ plugins: {} });
      assert.doesNotMatch(await discovery(), /loyalty/);
      assert.notEqual((await post(shop, '/oauth2/token', client, machine)).body['scope'], 'loyalty:spend');
      assert.equal(await granted(), 'openid');
    });

    it('gives no scope about a person to a client that acts for itself', async () => {
      shop.change({ plugins: { loyalty: true } });
      const client = shop.addClient({ scope: 'loyalty loyalty:spend' });
      const form = { grant_type: 'client_credentials', scope: 'loyalty loyalty:spend' };
      assert.notEqual((await post(shop, '/oauth2/token', client, form)).body['scope'], form.scope);
    });
  });
});
