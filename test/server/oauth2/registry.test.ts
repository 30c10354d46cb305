import assert from 'node:assert/strict';
import { tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { createProviderRegistry } from '../../../server/oauth2/registry.ts';
import type { ProviderRegistry } from '../../../server/oauth2/registry.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import type { Workspace } from '../../../server/workspaces/workspace.ts';
import { post } from '../../support/engine-browser.ts';
import { startEngine } from '../../support/engine.ts';

const acme = tenantId('acme');
const shop = workspaceId('shop');

describe('createProviderRegistry', () => {
  let now = 0;
  let stored: Workspace | undefined;
  let asked = 0;
  let built: number[] = [];
  let registry: ProviderRegistry;

  beforeEach(() => {
    now = 1_000_000;
    asked = 0;
    built = [];
    stored = {
      tenantId: acme,
      id: shop,
      name: 'Shop',
      type: 'regular',
      settings: workspaceSettingsSchema.parse({}),
      revision: 1,
      createdAt: 0,
      updatedAt: 0,
    };
    registry = createProviderRegistry(parts());
  });

  function parts(): Parameters<typeof createProviderRegistry>[0] {
    return {
      clock: { now: () => now },
      max: 2,
      maxParts: 3,
      workspaces: {
        find: () => {
          asked += 1;
          return Promise.resolve(stored);
        },
        findEdition: () => {
          asked += 1;
          return Promise.resolve(stored);
        },
      },
      signingKeys: { list: () => Promise.resolve([]) },
      scopes: { list: () => Promise.resolve([]) },
      claims: { list: () => Promise.resolve([]) },
      build: ({ workspace }) => {
        built.push(workspace.revision);
        // The registry hands it on and calls nothing but this.
        return { callback: () => () => Promise.resolve() } as unknown as ReturnType<
          Parameters<typeof createProviderRegistry>[0]['build']
        >;
      },
    };
  }

  const raise = (): void => {
    if (stored !== undefined) stored = { ...stored, revision: stored.revision + 1 };
  };

  it('builds a provider that comes back from what was read before, unless the workspace is another one by now', async () => {
    let read = 0;
    const small = createProviderRegistry({
      ...parts(),
      max: 1,
      workspaces: {
        find: (_tenant, id) => {
          read += 1;
          return Promise.resolve(stored && { ...stored, id });
        },
        findEdition: () => Promise.resolve(stored),
      },
    });
    const other = workspaceId('other');
    for (const id of [shop, other, shop, other]) assert.equal((await small.get(acme, id))?.workspace.id, id);
    assert.deepEqual([built.length, read], [4, 2]);
    raise();
    now += 1000;
    assert.equal((await small.get(acme, shop))?.workspace.revision, 2);
    assert.equal(read, 3);
    stored = undefined;
    now += 1000;
    assert.equal(await small.get(acme, shop), undefined);
  });

  it('serves nothing of a workspace that is gone for the one that has its id by now, as young as that was', async () => {
    const first = await registry.get(acme, shop);
    if (stored !== undefined) stored = { ...stored, createdAt: now };
    now += 1000;
    const second = await registry.get(acme, shop);
    assert.notEqual(second, first);
    assert.deepEqual(built, [1, 1]);
    // What was read of the first is not kept for the second either.
    for (const id of ['one', 'two']) await registry.get(acme, workspaceId(id));
    if (stored !== undefined) stored = { ...stored, createdAt: now };
    now += 1000;
    assert.equal((await registry.get(acme, shop))?.workspace.createdAt, stored?.createdAt);
  });

  it('builds once for all that ask at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => registry.get(acme, shop)));
    assert.deepEqual(built, [1]);
    assert.equal(new Set(answers).size, 1);
  });

  it('asks one question of a workspace that it does not know, and sees next what was changed beside the others', async () => {
    const slow = createProviderRegistry({
      ...parts(),
      signingKeys: {
        list: () => {
          if (stored?.revision === 1) raise();
          return Promise.resolve([]);
        },
      },
    });
    assert.equal((await slow.get(acme, shop))?.workspace.revision, 1);
    assert.equal(asked, 1);
    now += 1000;
    assert.equal((await slow.get(acme, shop))?.workspace.revision, 2);
  });

  it('asks for the revision at most once a second, and builds again when it grew', async () => {
    const first = await registry.get(acme, shop);
    raise();
    now += 999;
    assert.equal(await registry.get(acme, shop), first);
    assert.equal(asked, 1);
    now += 1;
    const second = await registry.get(acme, shop);
    assert.notEqual(second, first);
    assert.equal(second?.workspace.revision, 2);
    now += 1000;
    assert.equal(await registry.get(acme, shop), second);
    assert.deepEqual(built, [1, 2]);
  });

  it('sees an invalidated workspace at once', async () => {
    await registry.get(acme, shop);
    raise();
    registry.invalidate(acme, shop);
    assert.equal((await registry.get(acme, shop))?.workspace.revision, 2);
  });

  it('does not keep what was read before it was invalidated', async () => {
    const early = registry.get(acme, shop);
    raise();
    registry.invalidate(acme, shop);
    await early;
    assert.equal((await registry.get(acme, shop))?.workspace.revision, 2);
  });

  it('remembers for a second that a workspace is not there', async () => {
    stored = undefined;
    assert.equal(await registry.get(acme, shop), undefined);
    assert.equal(await registry.get(acme, shop), undefined);
    assert.equal(asked, 1);
    now += 1000;
    await registry.get(acme, shop);
    assert.equal(asked, 2);
  });

  it('forgets a workspace that was removed', async () => {
    await registry.get(acme, shop);
    stored = undefined;
    now += 1000;
    assert.equal(await registry.get(acme, shop), undefined);
  });

  it('keeps a bounded number', async () => {
    for (const id of ['a', 'b', 'c']) await registry.get(acme, workspaceId(id));
    await registry.get(acme, workspaceId('a'));
    assert.equal(built.length, 4);
  });

  it('tries again after a failure', async () => {
    let fails = true;
    const failing = createProviderRegistry({
      clock: { now: () => now },
      max: 2,
      maxParts: 3,
      workspaces: {
        find: () => (fails ? Promise.reject(new Error('no database')) : Promise.resolve(undefined)),
        findEdition: () => assert.fail('nothing to compare with'),
      },
      signingKeys: { list: () => Promise.resolve([]) },
      scopes: { list: () => Promise.resolve([]) },
      claims: { list: () => Promise.resolve([]) },
      build: () => assert.fail('nothing to build'),
    });
    await assert.rejects(failing.get(acme, shop), /no database/);
    fails = false;
    assert.equal(await failing.get(acme, shop), undefined);
  });
});

describe('a change of settings', () => {
  it('holds from the next request on, and leaves the one in flight as it began', async () => {
    const engine = await startEngine();
    try {
      const workspace = await engine.addWorkspace({ access_token_strategy: 'opaque', access_token_ttl: '10m0s' });
      const client = workspace.addClient({});
      const form = { grant_type: 'client_credentials', scope: 'orders' };
      const held = Promise.withResolvers<undefined>();
      const arrived = Promise.withResolvers<undefined>();
      workspace.onClientFind = () => {
        workspace.onClientFind = () => Promise.resolve();
        arrived.resolve(undefined);
        return held.promise;
      };
      const inFlight = post(workspace, '/oauth2/token', client, form);
      await arrived.promise;
      workspace.change({ access_token_strategy: 'jwt', access_token_ttl: '5m0s' });
      const next = await post(workspace, '/oauth2/token', client, form);
      held.resolve(undefined);
      const before = await inFlight;
      assert.equal(before.status, 200);
      assert.equal(before.body['expires_in'], 600);
      assert.ok(!String(before.body['access_token']).includes('.'));
      assert.equal(next.body['expires_in'], 300);
      assert.ok(String(next.body['access_token']).includes('.'));
      for (const { body } of [before, next]) {
        const token = String(body['access_token']);
        assert.equal((await post(workspace, '/oauth2/introspect', client, { token })).body['active'], true);
      }
    } finally {
      await engine.stop();
    }
  });
});
