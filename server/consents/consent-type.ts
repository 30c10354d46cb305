/** What one kind of consent says about itself: which requests are its own, what the person reads, what a decision may hold. */
import type { z } from 'zod';
import type { Client } from '../clients/client.ts';
import type { Scope } from '../workspaces/scope.ts';
import type { WorkspaceSettings } from '../workspaces/workspace.ts';
import type { Consent } from './consent.ts';

/** What a person is asked to agree to. */
export interface ConsentRequest {
  readonly client: Client;
  readonly settings: WorkspaceSettings;
  readonly requestedScopes: readonly string[];
  /** RFC 9396 §2; empty where the request carries none. */
  readonly authorizationDetails: readonly Readonly<Record<string, unknown>>[];
  /** The newest consent of this person to this client that is neither revoked nor expired. */
  readonly previous: Consent | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the rules need to know of a scope; a stored `Scope` and a plugin's contribution both are one. */
export type ConsentScope = Pick<
  Scope,
  'name' | 'displayName' | 'description' | 'implicitGrant' | 'transient' | 'service'
>;

/** One line of the consent page. */
export interface ConsentItem {
  readonly scope: string;
  readonly displayName: string;
  readonly description: string;
  /** The name of what it gives access to, where that has one. */
  readonly service?: string | undefined;
  /** Cannot be declined by itself, only with the whole request. */
  readonly required: boolean;
  readonly grantedBefore: boolean;
}

export interface ConsentDescription {
  readonly items: readonly ConsentItem[];
  /** Milliseconds since the epoch; undefined stands until it is taken back. */
  readonly expiresAt: number | undefined;
  /** What the type's own page shows besides. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The person's answer as their form said it: nothing in it is believed. */
export interface ConsentDecision {
  readonly chosenScopes: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** A decision held to the request: what the consent row, the grant and the tokens are made from. */
export interface CheckedDecision {
  readonly grantedScopes: readonly string[];
  readonly deniedScopes: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface ConsentType {
  /** Stored with each consent, and `consent_type` of a custom consent page's address. */
  readonly id: string;
  /** Of `details`, in a decision and in the stored consent. */
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
  /** Whether a request is this type's. The first type that says so has it; `generic` stands last and takes the rest. */
  selects(request: ConsentRequest): boolean;
  /** Whether the person must be asked, or has answered all of this before. */
  needsDecision(request: ConsentRequest, scopes: readonly ConsentScope[]): boolean;
  describe(request: ConsentRequest, scopes: readonly ConsentScope[]): ConsentDescription;
  /**
   * Holds an «allow» to the request.
   * @throws PlatformError `unprocessable_entity` when it cannot be granted at all
   */
  validate(request: ConsentRequest, scopes: readonly ConsentScope[], decision: ConsentDecision): CheckedDecision;
  /** Called after the consent was committed, at least once: idempotent. It may be taken back already, see `revokedAt`. */
  onAuthorize?(consent: Consent): Promise<void>;
  /** Called after the consent was taken back, at least once: idempotent. */
  onRevoke?(consent: Consent): Promise<void>;
}
