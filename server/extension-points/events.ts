/** Extension point `events` (observe): told after commit, at least once through the outbox; can never fail the request. */
import type { Database } from '../db/knex.ts';
import type { DomainEvent } from '../kernel/events.ts';
import type { PluginHost } from './host.ts';

/** `{subject} {action}`, e.g. `consent created`. */
export type EventName = string;

export interface EventObserver {
  /** Unique in its plugin: the relay remembers by it who has heard of an event. */
  readonly id: string;
  /** `every`: whatever core and the plugins publish. */
  readonly on: readonly EventName[] | 'every';
  /**
   * Whether somebody waits for it: asked in the transaction that writes the event, so that what concerns nobody is not
   * noted down. One indexed read at most; what it throws fails whatever the event tells of.
   */
  concerns?(database: Database, event: Omit<DomainEvent, 'id' | 'at'>): Promise<boolean>;
  /** Idempotent. Called again, later and later, while it rejects. */
  handle(event: DomainEvent, host: PluginHost): Promise<void>;
}

export interface EventContribution {
  /** Events its owner publishes. Merged by name. */
  readonly publishes?: readonly EventName[];
  readonly observes?: readonly EventObserver[];
}

export const eventNamePattern = /^[a-z][a-z0-9_]* [a-z][a-z0-9_]*$/;

export function eventName(event: Pick<DomainEvent, 'subject' | 'action'>): EventName {
  return `${event.subject} ${event.action}`;
}

export function observes({ on }: Pick<EventObserver, 'on'>, event: Pick<DomainEvent, 'subject' | 'action'>): boolean {
  return on === 'every' || on.includes(eventName(event));
}
