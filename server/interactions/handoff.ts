/** One stay of a person at an integrator's page in the middle of their login: a row of its own, answered once. */
import type { PageKind } from '../extensions/page.ts';
import type { ClientId, HandoffId, InteractionId, TenantId, WorkspaceId } from '../kernel/ids.ts';

/** What the page's backend said. */
export type HandoffAnswer =
  /** Attributes that are added to what is known of the person, or take the place of what was known. */
  | { readonly kind: 'completed'; readonly context: Readonly<Record<string, unknown>> }
  /** Who somebody is, as the login page of an idp calls them. */
  | {
      readonly kind: 'authenticated';
      readonly subject: string;
      readonly acr?: string;
      readonly amr: readonly string[];
      /** Seconds since the epoch. */
      readonly authTime: number;
      readonly context: Readonly<Record<string, unknown>>;
    }
  /** What a person allows an application. */
  | {
      readonly kind: 'granted';
      readonly scopes: readonly string[];
      /** Of those asked for by name; all that the scopes release where it is left out. */
      readonly claims?: readonly string[];
      /** How the page itself calls this consent. */
      readonly consentId?: string;
    }
  /** Ends the login with an error of OAuth's (RFC 6749 §4.1.2.1) that reaches the application. */
  | { readonly kind: 'aborted'; readonly error: string; readonly description: string };

export interface Handoff {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  /** Published as `login_id`: random, and no name of the login's own. */
  readonly id: HandoffId;
  readonly interactionId: InteractionId;
  /** The step it belongs to, and no other. */
  readonly step: string;
  /** Counts the stays at this step, from 1: the last alone is listened to. */
  readonly round: number;
  /** Whose stay it is; empty where nobody is known yet. */
  readonly subject: string;
  /** The page: the id of the custom application, or of the idp, or `consentPageId`. */
  readonly targetId: string;
  /** Of the workspace `system`: nobody else reads it or answers it. */
  readonly clientId: ClientId;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly answered: AnsweredHandoff | undefined;
}

export interface AnsweredHandoff {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Sealed at rest. */
  readonly answer: HandoffAnswer;
  /** SHA-256, base64url, of the ticket that the person's own browser has to bring. */
  readonly ticketHash: string;
}

/** Who calls, and which stay they mean. */
export interface HandoffCall {
  readonly tenantId: TenantId;
  readonly id: HandoffId;
  /** As it came; `login_state`. */
  readonly state: string;
  /** Whom the token was issued to. */
  readonly clientId: ClientId | undefined;
  /** What the endpoint answers for: a stay at a page of another kind is none. */
  readonly kind: PageKind;
}

export interface HandoffStore {
  find(tenant: TenantId, id: HandoffId): Promise<Handoff | undefined>;
  /** The last stay at a step. */
  findLast(
    tenant: TenantId,
    workspace: WorkspaceId,
    interaction: InteractionId,
    step: string,
  ): Promise<Handoff | undefined>;
  /** Inserts, or answers the row of the same round: two tabs open one stay. */
  insertOnce(handoff: Handoff): Promise<Handoff>;
  /** Guarded by `answered_at IS NULL`. @returns false when it was answered before */
  answer(tenant: TenantId, id: HandoffId, answered: AnsweredHandoff): Promise<boolean>;
}

/** How long before a login ends its last stay does, so that there is a browser left to tell the application. Milliseconds. */
const lastMinuteMs = 60_000;

/**
 * Until when a stay that begins now is waited for.
 * @param now milliseconds since the epoch, as is the answer
 */
export function handoffDeadline(login: { readonly expiresAt: number }, timeoutMs: number, now: number): number {
  return Math.max(now, Math.min(now + timeoutMs, login.expiresAt - lastMinuteMs));
}

/** How long rows stay readable for operations after their time. Milliseconds. */
export const handoffAfterlifeMs = 7 * 24 * 3_600_000;
