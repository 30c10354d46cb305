/** What happened, in the published words of audit events: a subject and an action, e.g. `consent` `created`. */
import { workspaceId, type EventId, type TenantId, type WorkspaceId } from './ids.ts';

/** Who did it, from where, and to whom, by the published names. */
export interface EventMetadata {
  readonly client_id?: string;
  readonly subject?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  /** Id of the login (interaction), as published. */
  readonly session_id?: string;
  readonly trace_id?: string;
  readonly idp_id?: string;
  readonly idp_method?: string;
  readonly user_pool_id?: string;
  readonly user_id?: string;
  /** Whom it was done to, by themselves or by others. */
  readonly affected_user_pool_id?: string;
  readonly affected_user_id?: string;
  readonly group_id?: string;
}

export interface NewEvent {
  readonly tenantId: TenantId;
  readonly workspaceId?: WorkspaceId;
  readonly subject: string;
  readonly action: string;
  readonly metadata: EventMetadata;
  /** Keyed `{subject}_{action}`; holds no secret and no credential. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface DomainEvent extends NewEvent {
  readonly id: EventId;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Left out where this deployment saw it happen. */
  readonly imported?: Imported;
}

/** That somebody brought an event from elsewhere: whoever reads it has their word for it, and nothing else. */
export interface Imported {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Who sent the request that brought it. */
  readonly by: Pick<EventMetadata, 'client_id' | 'subject' | 'trace_id'>;
}

/** Where a tenant is administered: what belongs to none of its workspaces is told there. */
export const administration = workspaceId('admin');

/** The workspace in which an event is told. */
export function placeOfEvent({ workspaceId: place }: Pick<NewEvent, 'workspaceId'>): WorkspaceId {
  return place ?? administration;
}

/** Where events stand that are told in a workspace; `null` is what belongs to the tenant as a whole. */
export function placesTold(place: WorkspaceId): readonly (WorkspaceId | null)[] {
  return place === administration ? [place, null] : [place];
}

/** The one thing a service needs to publish: the event is written in the same transaction as the change it tells of. */
export interface Outbox {
  append(event: NewEvent): Promise<DomainEvent>;
}
