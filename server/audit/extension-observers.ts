/** Observers of the extension points as the outbox knows them: noted down by an event's name, told where they are enabled. */
import { observes, type EventObserver } from '../extension-points/events.ts';
import type { PluginHost } from '../extension-points/host.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { placeOfEvent } from '../kernel/events.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { AuditObserver } from './event.ts';

export interface ExtensionObserversDeps {
  readonly extensions: Pick<ExtensionRegistry, 'observers' | 'isEnabled' | 'isCore'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  /** Of a plugin, or of core for its own observers. */
  readonly hostOf: (owner: string) => PluginHost;
}

/** One that may be asked, beside the event, whether anybody waits for it. */
export type ExtensionObserver = AuditObserver & Pick<EventObserver, 'concerns'>;

/** Whom the outbox has to hear of: by the name of a plugin's observer. */
export const observerName = (owner: string, id: string): string => `${owner}/${id}`;

/** Whether a plugin is switched on is asked when it is told: a switch takes effect for what happened just before, too. */
export function createExtensionObservers({
  extensions,
  workspaces,
  hostOf,
}: ExtensionObserversDeps): readonly ExtensionObserver[] {
  return extensions.observers.map(({ owner, value }) => ({
    name: observerName(owner, value.id),
    wants: (event) => observes(value, event),
    ...(value.concerns === undefined ? {} : { concerns: value.concerns.bind(value) }),
    async handle(event) {
      if (!extensions.isCore(owner)) {
        const workspace = await workspaces.find(event.tenantId, placeOfEvent(event));
        if (workspace === undefined || !extensions.isEnabled(owner, workspace.settings)) return;
      }
      await value.handle(event, hostOf(owner));
    },
  }));
}
