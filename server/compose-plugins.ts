/** The composition root's part that lends core to plugins, and gathers what they bring for running processes. */
import type { Knex } from 'knex';
import { observerName, type ExtensionObserver } from './audit/extension-observers.ts';
import { createEventLog } from './audit/event-log.store.ts';
import { toEventBody } from './audit/event.body.ts';
import { createEventStore } from './audit/event.store.ts';
import { createOutboxStore } from './audit/outbox.store.ts';
import type { Config } from './config.ts';
import { createUnitOfWork } from './db/unit-of-work.ts';
import { createDoorbell, type Doorbell } from './deliveries/doorbell.ts';
import type { PluginDeliveries } from './extension-points/deliveries.ts';
import type { PluginHost, PluginTransaction } from './extension-points/host.ts';
import type { ExtensionRegistry } from './extension-points/registry.ts';
import { requestOrigin } from './http/request-origin.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { Outbox } from './kernel/events.ts';
import type { AfterCommit } from './kernel/unit-of-work.ts';
import type { Log } from './kernel/log.ts';
import type { Sealer } from './kernel/sealer.ts';
import { createGuardedFetch } from './net/guarded-fetch.ts';
import type { TenantId } from './kernel/ids.ts';
import type { DataKeyStore } from './tenants/data-key.ts';
import type { Sweep } from './ops/housekeeping.ts';

export interface PluginParts {
  readonly hostOf: (owner: string) => PluginHost;
  /** By the id of the plugin. */
  readonly pluginDeliveries: ReadonlyMap<string, PluginDeliveries>;
  readonly pluginSweeps: readonly Sweep[];
  /** Rung by plugins that have written deliveries. */
  readonly doorbell: Doorbell;
}

export interface PluginPartsDeps {
  readonly config: Pick<Config, 'outgoingAllow'>;
  readonly log: Log;
  readonly database: Knex;
  readonly sealer: Sealer;
  readonly extensions: ExtensionRegistry;
  readonly dataKeys: Pick<DataKeyStore, 'remove'>;
  /** On the database itself, or within a transaction. */
  readonly outboxOn: (executor: Knex, afterCommit: AfterCommit) => Outbox;
}

const limits = { timeoutMs: 15_000, maxBytes: 16_384 };

export function composePlugins(deps: PluginPartsDeps): PluginParts {
  const { config, database, extensions } = deps;
  const doorbell = createDoorbell();
  const allow = config.outgoingAllow;
  const events = createEventLog(database);
  const outbox = createOutboxStore(database);
  const { run } = createUnitOfWork<PluginTransaction>(database, (executor, afterCommit) => ({
    database: executor,
    outbox: deps.outboxOn(executor, afterCommit),
  }));
  const shared = {
    clock,
    database,
    transaction: run,
    fetch: createGuardedFetch({ ...limits, allow }),
    fetchUnverified: createGuardedFetch({ ...limits, allow, takesAnyCertificate: true }),
    beginDeliveries: () => {
      doorbell.ring();
    },
    forgetDelivery: (tenant: TenantId, deliveryId: string) => deps.dataKeys.remove(tenant, deliveryId),
  };
  const hosts = new Map<string, PluginHost>();
  const hostOf = (owner: string): PluginHost => {
    const known = hosts.get(owner);
    if (known !== undefined) return known;
    const host: PluginHost = {
      ...shared,
      log: deps.log.child({ plugin: owner }),
      sealer: sealerOf(owner, deps.sealer),
      events: {
        names: extensions.events,
        find: (tenant, id) => events.find(tenant, id),
        toBody: toEventBody,
        isBehind: (observer, { tenantId, workspaceId }, before) =>
          outbox.isBehind(observerName(owner, observer), tenantId, workspaceId, before),
      },
    };
    hosts.set(owner, host);
    return host;
  };
  return {
    hostOf,
    doorbell,
    pluginDeliveries: new Map(extensions.deliveries.map(({ owner, value }) => [owner, value(hostOf(owner))])),
    pluginSweeps: extensions.sweeps.map(({ owner, value }) => ({
      name: `${owner} ${value.id}`,
      run: (now, limit) => value.run(hostOf(owner), now, limit),
    })),
  };
}

/** What a plugin seals has a purpose of its own, and so a key of its own. */
function sealerOf(owner: string, sealer: Sealer): Sealer {
  const inside = (context: string): string => `plugin ${owner} ${context}`;
  return {
    seal: (plaintext, context) => sealer.seal(plaintext, inside(context)),
    open: (sealed, context) => sealer.open(sealed, inside(context)),
  };
}

/** For events of a transaction: whoever waits for one is asked there. @param onNoted called where somebody does */
export function outboxOn(executor: Knex, observers: readonly ExtensionObserver[], onNoted: () => void) {
  return createEventStore(executor, {
    clock,
    observers: observers.map(({ name, wants, concerns }) => ({
      name,
      wants: concerns === undefined ? wants : (event) => wants(event) && concerns(executor, event),
    })),
    origin: requestOrigin,
    onNoted,
  });
}
