/** Observers of plugins, as the outbox knows them. */
import assert from 'node:assert/strict';
import { createExtensionObservers } from '../../../server/audit/extension-observers.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import type { PluginHost } from '../../../server/extension-points/host.ts';
import { coreExtensions } from '../../../server/extension-points/core-extensions.ts';
import type { DomainEvent } from '../../../server/kernel/events.ts';
import { eventId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import type { WorkspaceSettings, WorkspaceStore } from '../../../server/workspaces/workspace.ts';
import { workspaceSettingsSchema } from '../../../server/workspaces/workspace.ts';
import { definePlugin } from '../../../plugins/kit/index.ts';
import { workspaceOf } from '../../support/stores.ts';
import { z } from 'zod';

/** No observer of these tests asks anything of it. */
const unusedHost = {} as PluginHost;

const event = (change: Partial<DomainEvent> = {}): DomainEvent => ({
  id: eventId('e'),
  at: 0,
  tenantId: tenantId('acme'),
  workspaceId: workspaceId('shop'),
  subject: 'login',
  action: 'succeeded',
  metadata: {},
  payload: {},
  ...change,
});

function house(plugins: WorkspaceSettings['plugins'] | undefined) {
  const heard: string[] = [];
  const audit = definePlugin({
    id: 'hooks',
    title: 'Hooks',
    config: { workspace: z.object({}) },
    setup(ext) {
      const on = ['login succeeded'];
      ext.events({ observes: [{ id: 'send', on, handle: () => Promise.resolve(void heard.push('plugin')) }] });
    },
  });
  const extensions = createExtensionRegistry([audit], (ext) => {
    coreExtensions(ext);
    ext.events({
      observes: [{ id: 'note', on: ['login succeeded'], handle: () => Promise.resolve(void heard.push('core')) }],
    });
  });
  const settings = workspaceSettingsSchema.parse({ plugins: plugins ?? {} });
  const asked: string[] = [];
  const workspaces: Pick<WorkspaceStore, 'find'> = {
    find(tenant, id) {
      asked.push(`${tenant}/${id}`);
      return Promise.resolve(plugins === undefined ? undefined : workspaceOf(tenant, { id, settings }));
    },
  };
  const observers = createExtensionObservers({ extensions, workspaces, hostOf: () => unusedHost });
  const tell = async (told: DomainEvent): Promise<readonly string[]> => {
    for (const observer of observers) await observer.handle(told, new AbortController().signal);
    return heard;
  };
  return { observers, tell, asked };
}

describe('createExtensionObservers', () => {
  it('names each by its owner, and wants what it observes', () => {
    const { observers } = house({});
    assert.deepEqual(observers.map(({ name }) => name).toSorted(), ['core/note', 'hooks/send']);
    assert.ok(observers.every(({ wants }) => wants(event())));
    assert.ok(observers.every(({ wants }) => !wants(event({ action: 'failed' }))));
  });

  it('tells a plugin only where it is switched on when it is told', async () => {
    assert.deepEqual(await house({ hooks: true }).tell(event()), ['core', 'plugin']);
    assert.deepEqual(await house({ hooks: false }).tell(event()), ['core']);
    assert.deepEqual(await house({}).tell(event()), ['core']);
  });

  it('tells a plugin nothing of a workspace that is gone', async () => {
    assert.deepEqual(await house(undefined).tell(event()), ['core']);
  });

  it('tells a plugin of the tenant as a whole where the tenant is administered', async () => {
    const { workspaceId: _workspace, ...ofTenant } = event();
    const there = house({ hooks: true });
    assert.deepEqual(await there.tell(ofTenant), ['core', 'plugin']);
    assert.deepEqual(there.asked, ['acme/admin']);
    assert.deepEqual(await house({ hooks: false }).tell(ofTenant), ['core']);
    assert.deepEqual(await house(undefined).tell(ofTenant), ['core']);
  });
});
