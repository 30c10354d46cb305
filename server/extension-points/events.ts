/** Extension point `events` (observe): told after commit, at least once through the outbox; can never fail the request. */
import type { DomainEvent } from '../kernel/events.ts';

/** `{subject} {action}`, e.g. `consent created`. */
export type EventName = string;

export interface EventObserver {
  /** Unique in its plugin: the relay remembers by it who has heard of an event. */
  readonly id: string;
  readonly on: readonly EventName[];
  /** Idempotent. Called again, later and later, while it rejects. */
  handle(event: DomainEvent): Promise<void>;
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
