/** The filled extension points, as core reads them: checked once at boot, frozen from then on. */
import type { ConsentRequest, ConsentType } from '../consents/consent-type.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { checkContributions, mergeByKey } from './boot-checks.ts';
import { bootError } from './boot-error.ts';
import type { ClaimContribution } from './claims.ts';
import { configFaults, isEnabled, type ConfigFault } from './config.ts';
import { collect, noContributions, type Contributions } from './contributions.ts';
import { coreExtensions } from './core-extensions.ts';
import { secretsInDefaults } from './default-secrets.ts';
import { discoveryMembers } from './discovery-members.ts';
import type { DiscoveryContext } from './discovery.ts';
import type { EventName, EventObserver } from './events.ts';
import { decide, transformAll, type Decision, type Owned } from './hook-kinds.ts';
import { checkMigrations } from './migrations.ts';
import { checkManifest, coreOwner, type Extensions, type Plugin } from './plugin.ts';
import type { RouteContribution } from './routes.ts';
import type { ScopeContribution } from './scopes.ts';
import { isRequirementOf, type LoginStep, type StepPlace } from './steps.ts';
import { checkTokenResponse, type TokenResponse, type TokenResponseContext } from './token-response.ts';
import { PlatformError } from '../kernel/errors.ts';

export interface ExtensionRegistry {
  /** In the order of the list. */
  readonly plugins: readonly Plugin[];
  isEnabled(owner: string, settings: WorkspaceSettings): boolean;
  /** Whether a plugin fills this point: one that is enabled here, or any where no settings are given. Asked once, it spares asking ever after. */
  isFilled(point: keyof Contributions, settings?: WorkspaceSettings): boolean;
  /** Faults of `settings.plugins` before it is stored: a plugin nobody installed, a value its schema refuses. */
  configFaults(plugins: WorkspaceSettings['plugins']): readonly ConfigFault[];

  /** Core's and those of the enabled plugins. */
  scopesFor(settings: WorkspaceSettings): readonly ScopeContribution[];
  claimsFor(settings: WorkspaceSettings): readonly ClaimContribution[];
  /** The first enabled plugin's type that selects the request; the generic consent otherwise. */
  consentTypeFor(request: ConsentRequest): ConsentType;
  /** All of them, enabled or not. */
  readonly consentTypes: readonly Owned<ConsentType>[];
  /** By the id that a consent was stored with, enabled or not. */
  consentType(id: string): ConsentType | undefined;
  /** Enabled and applicable, in the order in which the person meets them. */
  stepsFor(place: StepPlace): readonly Owned<LoginStep>[];
  /** Undefined also where its plugin is disabled or it does not apply: a step's address is no way around that. */
  stepFor(id: string, place: StepPlace): Owned<LoginStep> | undefined;
  /** What a session must have satisfied to log in silently. */
  requirementsFor(place: StepPlace): readonly string[];
  readonly routes: readonly Owned<RouteContribution>[];
  readonly endpoints: Contributions['endpoints'];
  readonly deliveries: Contributions['deliveries'];
  readonly sweeps: Contributions['sweeps'];
  readonly exportable: Contributions['exportable'];
  /** All that is published. */
  readonly events: readonly EventName[];
  /** All of them, enabled or not: whom the outbox notes an event down for. */
  readonly observers: readonly Owned<EventObserver>[];
  isCore(owner: string): boolean;
  discovery(context: DiscoveryContext): Readonly<Record<string, unknown>>;
  tokenResponse(response: TokenResponse, context: TokenResponseContext): TokenResponse;
  authorizationRequest(request: AuthorizationRequest): Promise<Decision>;
}

/**
 * Lets core and then each plugin fill the extension points, and checks all of it.
 * @throws PlatformError `internal` naming the plugin and the thing that is wrong
 */
export function createExtensionRegistry(
  plugins: readonly Plugin[],
  core: (ext: Extensions) => void = coreExtensions,
): ExtensionRegistry {
  const all = boot(plugins, core);
  const byId = new Map(plugins.map((plugin) => [plugin.id, plugin]));
  const enabled = (owner: string, settings: WorkspaceSettings): boolean => {
    const plugin = byId.get(owner);
    return owner === coreOwner || (plugin !== undefined && isEnabled(plugin, settings));
  };
  const within = <T>(list: readonly Owned<T>[], settings: WorkspaceSettings): readonly Owned<T>[] =>
    list.filter(({ owner }) => enabled(owner, settings));
  const values = <T>(list: readonly Owned<T>[]): readonly T[] => list.map(({ value }) => value);
  const stepsFor = (place: StepPlace) =>
    within(all.steps, place.workspace.settings).filter(({ value }) => value.appliesTo(place));

  return Object.freeze<ExtensionRegistry>({
    plugins: Object.freeze([...plugins]),
    routes: all.routes,
    endpoints: all.endpoints,
    deliveries: all.deliveries,
    sweeps: all.sweeps,
    exportable: all.exportable,
    events: Object.freeze(values(all.events)),
    observers: all.observers,
    consentTypes: all.consentTypes,
    isCore: (owner) => owner === coreOwner,
    isEnabled: enabled,
    isFilled: (point, settings) =>
      all[point].some(({ owner }) => owner !== coreOwner && (settings === undefined || enabled(owner, settings))),

    configFaults(settings) {
      return Object.entries(settings).flatMap(([id, value]) => {
        const plugin = byId.get(id);
        if (plugin !== undefined) return configFaults(id, plugin.config.workspace, value);
        return [{ pointer: `/plugins/${id}`, message: 'is not installed here' }];
      });
    },

    scopesFor: (settings) => values(within(all.scopes, settings)),
    claimsFor: (settings) => values(within(all.claims, settings)),

    consentTypeFor(request) {
      const types = within(all.consentTypes, request.settings);
      const plugin = types.find(({ owner, value }) => owner !== coreOwner && value.selects(request));
      const found = plugin ?? types.find(({ owner, value }) => owner === coreOwner && value.selects(request));
      if (found === undefined) throw new PlatformError('internal', 'no consent type takes this request');
      return found.value;
    },
    consentType: (id) => all.consentTypes.find(({ value }) => value.id === id)?.value,

    stepsFor,
    stepFor: (id, place) => stepsFor(place).find(({ value }) => value.id === id),
    requirementsFor: (place) =>
      stepsFor(place).map(({ owner, value }) => {
        const requirement = value.requirement(place);
        if (isRequirementOf(value, requirement)) return requirement;
        throw new PlatformError('internal', 'a step asks for something else', {
          cause: bootError(owner, `requirement "${requirement}"`),
        });
      }),

    discovery: (context) => discoveryMembers(within(all.discovery, context.workspace.settings), context),
    tokenResponse: (response, context) =>
      transformAll(within(all.tokenResponse, context.workspace.settings), response, context, checkTokenResponse),
    authorizationRequest: (request) => decide(within(all.authorizationRequest, request.workspace.settings), request),
  });
}

function boot(plugins: readonly Plugin[], core: (ext: Extensions) => void): Contributions {
  for (const plugin of plugins) {
    checkManifest(plugin);
    checkMigrations(plugin.id, plugin.migrations);
    const secret = secretsInDefaults(plugin.config.workspace)[0];
    if (secret !== undefined) throw bootError(plugin.id, `the default of "${secret}" is a secret`);
  }
  const owned = plugins.map((plugin) => ({ owner: plugin.id, value: plugin }));
  mergeByKey('plugin', owned, ({ id }) => id);
  const tables = plugins.flatMap(({ id, migrations }) =>
    migrations.flatMap((made) => made.tables.map((value) => ({ owner: id, value }))),
  );
  mergeByKey('table', tables, (table) => table);

  const contributions = noContributions();
  collect(contributions, coreOwner, core);
  for (const plugin of plugins)
    collect(contributions, plugin.id, (ext) => {
      plugin.setup(ext);
    });
  checkContributions(contributions);
  for (const list of Object.values(contributions)) Object.freeze(list);
  return Object.freeze(contributions);
}
