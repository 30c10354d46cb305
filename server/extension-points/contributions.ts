/** Everything core and the plugins bring, in order, each with its owner: what `setup` fills and the registry reads. */
import type { ConsentType } from '../consents/consent-type.ts';
import type { AuthorizationRequestCheck } from './authorization-request.ts';
import { bootError } from './boot-error.ts';
import type { ClaimContribution } from './claims.ts';
import type { PluginDeliveries } from './deliveries.ts';
import type { DiscoveryContribution } from './discovery.ts';
import type { EndpointContribution } from './endpoints.ts';
import type { EventName, EventObserver } from './events.ts';
import type { ExportableContribution } from './exportable.ts';
import type { Owned } from './hook-kinds.ts';
import type { PluginHost } from './host.ts';
import type { Extensions } from './plugin.ts';
import type { RouteContribution } from './routes.ts';
import type { ScopeContribution } from './scopes.ts';
import type { LoginStep } from './steps.ts';
import type { SweepContribution } from './sweeps.ts';
import type { TokenResponseTransform } from './token-response.ts';

export interface Contributions {
  readonly scopes: Owned<ScopeContribution>[];
  readonly claims: Owned<ClaimContribution>[];
  readonly consentTypes: Owned<ConsentType>[];
  readonly steps: Owned<LoginStep>[];
  readonly routes: Owned<RouteContribution>[];
  readonly endpoints: Owned<EndpointContribution>[];
  readonly deliveries: Owned<(host: PluginHost) => PluginDeliveries>[];
  readonly sweeps: Owned<SweepContribution>[];
  readonly exportable: Owned<ExportableContribution>[];
  readonly events: Owned<EventName>[];
  readonly observers: Owned<EventObserver>[];
  readonly discovery: Owned<DiscoveryContribution>[];
  readonly tokenResponse: Owned<TokenResponseTransform>[];
  readonly authorizationRequest: Owned<AuthorizationRequestCheck>[];
}

export function noContributions(): Contributions {
  return {
    scopes: [],
    claims: [],
    consentTypes: [],
    steps: [],
    routes: [],
    endpoints: [],
    deliveries: [],
    sweeps: [],
    exportable: [],
    events: [],
    observers: [],
    discovery: [],
    tokenResponse: [],
    authorizationRequest: [],
  };
}

/**
 * Lets one owner fill the contributions, and takes the pen away afterwards.
 * @throws PlatformError `internal` when `setup` fails or reaches for a point that does not exist
 */
export function collect(contributions: Contributions, owner: string, setup: (ext: Extensions) => void): void {
  let open = true;
  const into =
    <T>(list: Owned<T>[]) =>
    (value: T): void => {
      if (!open) throw bootError(owner, 'extension points are filled in setup, and closed after boot');
      list.push(Object.freeze({ owner, value }));
    };
  const each = <T>(list: Owned<T>[]) => {
    const push = into(list);
    return (values: readonly T[]): void => {
      values.forEach(push);
    };
  };
  const observes = each(contributions.observers);
  const publishes = each(contributions.events);
  const extensions: Extensions = {
    scopes: each(contributions.scopes),
    claims: each(contributions.claims),
    consentType: into(contributions.consentTypes),
    steps: each(contributions.steps),
    routes: each(contributions.routes),
    endpoints: into(contributions.endpoints),
    deliveries: into(contributions.deliveries),
    sweeps: each(contributions.sweeps),
    exportable: into(contributions.exportable),
    events: (events) => {
      publishes(events.publishes ?? []);
      observes(events.observes ?? []);
    },
    discovery: into(contributions.discovery),
    tokenResponse: into(contributions.tokenResponse),
    authorizationRequest: into(contributions.authorizationRequest),
  };
  try {
    const finished: (ext: Extensions) => unknown = setup;
    if (finished(guarded(owner, extensions)) instanceof Promise) throw bootError(owner, 'setup must not be async');
  } finally {
    open = false;
  }
}

/** A plugin in JavaScript that names a point this core does not have fails by that name, not by «undefined is not a function». */
function guarded(owner: string, extensions: Extensions): Extensions {
  return new Proxy(extensions, {
    get(target, name): unknown {
      if (typeof name === 'string' && !Object.hasOwn(target, name))
        throw bootError(owner, `unknown extension point "${name}"`);
      return Reflect.get(target, name);
    },
  });
}
