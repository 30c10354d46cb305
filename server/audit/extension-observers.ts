/** Observers of the extension points as the outbox knows them: noted down by an event's name, told where they are enabled. */
import { eventName } from '../extension-points/events.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { AuditObserver } from './event.ts';

export interface ExtensionObserversDeps {
  readonly extensions: Pick<ExtensionRegistry, 'observers' | 'isEnabled' | 'isCore'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
}

/** Whether a plugin is switched on is asked when it is told: a switch takes effect for what happened just before, too. */
export function createExtensionObservers({ extensions, workspaces }: ExtensionObserversDeps): readonly AuditObserver[] {
  return extensions.observers.map(({ owner, value }) => ({
    name: `${owner}/${value.id}`,
    wants: (event) => value.on.includes(eventName(event)),
    async handle(event) {
      if (!extensions.isCore(owner)) {
        const workspace =
          event.workspaceId === undefined ? undefined : await workspaces.find(event.tenantId, event.workspaceId);
        if (workspace === undefined || !extensions.isEnabled(owner, workspace.settings)) return;
      }
      await value.handle(event);
    },
  }));
}
