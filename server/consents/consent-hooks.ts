/** Calls the hooks of consent types: after the commit, at least once, through the outbox. */
import { z } from 'zod';
import type { AuditObserver } from '../audit/event.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { DomainEvent } from '../kernel/events.ts';
import { consentId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { ConsentStore } from './consent.ts';
import type { ConsentType } from './consent-type.ts';

export interface ConsentHooksDeps {
  readonly extensions: Pick<ExtensionRegistry, 'consentTypes' | 'isCore' | 'isEnabled'>;
  readonly consents: Pick<ConsentStore, 'find'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
}

const consent = z.object({ consent: z.object({ id: z.string(), type: z.string() }) });
const payload = z.object({ consent_created: consent.optional(), consent_revoked: consent.optional() });

interface Told {
  readonly id: string;
  readonly type: string;
  readonly hook: 'onAuthorize' | 'onRevoke';
}

function toldBy(event: DomainEvent): Told | undefined {
  if (event.subject !== 'consent') return undefined;
  const { consent_created: created, consent_revoked: revoked } = payload.safeParse(event.payload).data ?? {};
  if (event.action === 'created' && created !== undefined) return { ...created.consent, hook: 'onAuthorize' };
  if (event.action === 'revoked' && revoked !== undefined) return { ...revoked.consent, hook: 'onRevoke' };
  return undefined;
}

/**
 * None where no type has hooks, and no delivery is noted down for a consent whose type has none: nobody waits for it.
 * Like every hook, one of a plugin runs only where the plugin is enabled when it is told.
 */
export function createConsentHooks({ extensions, consents, workspaces }: ConsentHooksDeps): readonly AuditObserver[] {
  const hooked = new Map(
    extensions.consentTypes
      .filter(({ value }) => value.onAuthorize !== undefined || value.onRevoke !== undefined)
      .map((type) => [type.value.id, type]),
  );
  if (hooked.size === 0) return [];

  const hasHook = (type: ConsentType | undefined, hook: Told['hook']): boolean => type?.[hook] !== undefined;

  return [
    {
      name: 'core/consent-hooks',
      wants(event) {
        const told = toldBy(event);
        return told !== undefined && hasHook(hooked.get(told.type)?.value, told.hook);
      },
      async handle(event) {
        const told = toldBy(event);
        const type = told && hooked.get(told.type);
        if (told === undefined || type === undefined || event.workspaceId === undefined) return;
        const workspace = await workspaces.find(event.tenantId, event.workspaceId);
        // A workspace that is gone took its consents along.
        if (workspace === undefined) return;
        if (!extensions.isCore(type.owner) && !extensions.isEnabled(type.owner, workspace.settings)) return;
        const stored = await consents.find(event.tenantId, event.workspaceId, consentId(told.id));
        if (stored !== undefined) await type.value[told.hook]?.(stored);
      },
    },
  ];
}
