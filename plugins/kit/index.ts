/** All of ours that a plugin may import: how it is defined, and the types of what it fills. */
import type { z } from 'zod';
import { createPluginConfig, type PluginConfig } from '../../server/extension-points/config.ts';
import type { PluginMigration } from '../../server/extension-points/migrations.ts';
import type { Extensions, Plugin } from '../../server/extension-points/plugin.ts';

export type { PluginConfig, PluginMigration, Extensions, Plugin };
export type {
  AuthorizationRequest,
  AuthorizationRequestCheck,
} from '../../server/extension-points/authorization-request.ts';
export type { ClaimContext, ClaimContribution, ClaimPlace } from '../../server/extension-points/claims.ts';
export type {
  Attempted,
  DeliveryEnd,
  DeliveryOutcome,
  DeliveryStart,
  DueDelivery,
  PluginDeliveries,
} from '../../server/extension-points/deliveries.ts';
export type { DiscoveryContext, DiscoveryContribution } from '../../server/extension-points/discovery.ts';
export { endpoint } from '../../server/extension-points/endpoints.ts';
export type { Access, Call, Endpoint, EndpointsHost } from '../../server/extension-points/endpoints.ts';
export { faultsFrom, section } from '../../server/extension-points/exportable.ts';
export type {
  ExportableContribution,
  Fault,
  ImportContext,
  MapSecret,
  Section,
} from '../../server/extension-points/exportable.ts';
export type { EventContribution, EventName, EventObserver } from '../../server/extension-points/events.ts';
export type { EventPlace, PluginHost, PluginTransaction } from '../../server/extension-points/host.ts';
export type { SweepContribution } from '../../server/extension-points/sweeps.ts';
export type { Verdict } from '../../server/extension-points/hook-kinds.ts';
export type { FindTouched, RouteContribution } from '../../server/extension-points/routes.ts';
export type { ScopeContribution } from '../../server/extension-points/scopes.ts';
export type {
  LoginStep,
  StepContext,
  StepForm,
  StepOutcome,
  StepPage,
  StepPlace,
} from '../../server/extension-points/steps.ts';
export type {
  TokenResponse,
  TokenResponseContext,
  TokenResponseTransform,
} from '../../server/extension-points/token-response.ts';
export type {
  CheckedDecision,
  ConsentDecision,
  ConsentDescription,
  ConsentItem,
  ConsentRequest,
  ConsentScope,
  ConsentType,
} from '../../server/consents/consent-type.ts';
export { selectGrantedScopes } from '../../server/consents/generic-consent.ts';
export type { Consent } from '../../server/consents/consent.ts';
export type { Client } from '../../server/clients/client.ts';
export type { Workspace, WorkspaceSettings } from '../../server/workspaces/workspace.ts';
export type { Clock } from '../../server/kernel/clock.ts';
export type { DomainEvent } from '../../server/kernel/events.ts';
export { placeOfEvent } from '../../server/kernel/events.ts';
export type { NewEvent, Outbox } from '../../server/kernel/events.ts';
export type { ClientId, ConsentId, EventId, TenantId, UserId, WorkspaceId } from '../../server/kernel/ids.ts';
export { checkGivenId, eventId, newId, tenantId, workspaceId } from '../../server/kernel/ids.ts';
export { PlatformError, unprocessable } from '../../server/kernel/errors.ts';
export { formatDuration, parseDuration } from '../../server/kernel/duration.ts';
export type { Sealer } from '../../server/kernel/sealer.ts';

export interface PluginManifest<Schema extends z.ZodObject> {
  /** Lower-case letters, digits and `-`. Key of its settings, prefix of its tables. */
  readonly id: string;
  readonly title: string;
  /** Of `settings.plugins[id]` of a workspace; its presence there enables the plugin. No default is a secret. */
  readonly config: { readonly workspace: Schema };
  /** Every workspace has it until its settings say `false`; its settings then need no member. Off unless said. */
  readonly isOnByDefault?: boolean;
  readonly migrations?: readonly PluginMigration[];
  /** `new URL('./templates/', import.meta.url)` */
  readonly templates?: URL;
  /** Fills the extension points, once, at boot. Keeps nothing in its module: two registries may live in one process. */
  setup(ext: Extensions, config: PluginConfig<z.output<Schema>>): void;
}

/** Makes a plugin from its manifest. What is wrong with it, boot says by name. */
export function definePlugin<Schema extends z.ZodObject>(manifest: PluginManifest<Schema>): Plugin {
  const { id, title, config, isOnByDefault = false, migrations = [], templates } = manifest;
  return Object.freeze<Plugin>({
    id,
    title,
    config,
    isOnByDefault,
    migrations,
    templates,
    setup(ext) {
      manifest.setup(ext, createPluginConfig({ id, isOnByDefault }, config.workspace));
    },
  });
}
