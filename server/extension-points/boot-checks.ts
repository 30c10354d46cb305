/** What has to hold between contributions before the server starts. Each check throws, naming the plugin and the thing. */
import { chosenIdPattern } from '../kernel/ids.ts';
import { bootError } from './boot-error.ts';
import { protocolClaims } from './claims.ts';
import type { Contributions } from './contributions.ts';
import { eventNamePattern } from './events.ts';
import type { Owned } from './hook-kinds.ts';
import { coreOwner } from './plugin.ts';
import { reservedSegments, routePathPattern, routesClash } from './routes.ts';
import { scopeTokenPattern } from './scopes.ts';
import { reservedStepIds } from './steps.ts';

/** @throws PlatformError `internal` */
export function checkContributions(all: Contributions): void {
  checkNames(all);
  mergeByKey('scope', all.scopes, ({ name }) => name);
  mergeByKey('claim', all.claims, ({ name }) => name);
  mergeByKey('consent type', all.consentTypes, ({ id }) => id);
  mergeByKey('step', all.steps, ({ id }) => id);
  mergeByKey('event', all.events, (name) => name);
  mergeByKey(
    'discovery member',
    all.discovery.flatMap(({ owner, value }) => value.members.map((member) => ({ owner, value: member }))),
    (member) => member,
  );
  for (const owner of new Set(all.observers.map((observer) => observer.owner))) {
    const own = all.observers.filter((observer) => observer.owner === owner);
    mergeByKey('observer', own, ({ id }) => id);
  }
  for (const owner of new Set(all.deliveries.map((delivery) => delivery.owner))) {
    // Whose a delivery is, is all that its workflow says.
    const own = all.deliveries.filter((delivery) => delivery.owner === owner);
    mergeByKey('contribution of deliveries', own, () => owner);
  }
  checkRoutes(all);
  checkObservers(all);
}

/** Contributions merge by key; two of one key are a clash. */
export function mergeByKey<T>(
  kind: string,
  contributions: readonly Owned<T>[],
  key: (value: T) => string,
): ReadonlyMap<string, Owned<T>> {
  const merged = new Map<string, Owned<T>>();
  for (const contribution of contributions) {
    const name = key(contribution.value);
    const first = merged.get(name);
    if (first !== undefined)
      throw bootError(contribution.owner, `duplicate ${kind} "${name}", which "${first.owner}" brings already`);
    merged.set(name, contribution);
  }
  return merged;
}

function checkNames(all: Contributions): void {
  for (const { owner, value } of all.scopes) {
    if (!scopeTokenPattern.test(value.name))
      throw bootError(owner, `scope "${value.name}" is no scope token (RFC 6749 §3.3)`);
  }
  for (const { owner, value } of all.claims) {
    if (protocolClaims.has(value.name)) throw bootError(owner, `claim "${value.name}" belongs to the protocol`);
  }
  for (const { owner, value } of all.steps) {
    if (!chosenIdPattern.test(value.id)) throw bootError(owner, `step "${value.id}" is not a lower-case id`);
    if (reservedStepIds.has(value.id)) throw bootError(owner, `step "${value.id}" is reserved`);
  }
  for (const { owner, value } of all.consentTypes) {
    if (!chosenIdPattern.test(value.id)) throw bootError(owner, `consent type "${value.id}" is not a lower-case id`);
  }
  for (const { owner, value } of all.events) {
    if (!eventNamePattern.test(value)) throw bootError(owner, `event "${value}" is not named like "consent created"`);
  }
}

function checkRoutes({ routes }: Contributions): void {
  routes.forEach(({ owner, value }, index) => {
    if (!routePathPattern.test(value.path))
      throw bootError(owner, `route "${value.path}" is not a path like /words/in-lower-case`);
    if (owner !== coreOwner && reservedSegments.has(value.path.split('/')[1] ?? '')) {
      throw bootError(owner, `route "${value.path}" clashes with core`);
    }
    const why = value.access.kind === 'public' ? value.access.because : value.access.scope;
    if (typeof why !== 'string' || why.trim() === '')
      throw bootError(owner, `route "${value.path}" does not say who may use it`);
    const other = routes.slice(0, index).find((earlier) => routesClash(earlier.value.path, value.path));
    if (other !== undefined)
      throw bootError(owner, `route "${value.path}" clashes with "${other.value.path}" of "${other.owner}"`);
  });
}

function checkObservers({ observers, events }: Contributions): void {
  const known = new Set(events.map(({ value }) => value));
  for (const { owner, value } of observers) {
    const unknown = value.on === 'every' ? undefined : value.on.find((name) => !known.has(name));
    if (unknown !== undefined)
      throw bootError(owner, `observer "${value.id}" waits for the unknown event "${unknown}"`);
  }
}
