/** A one-time row that says «this person just did this step»: what the web tier knows, and history must not. */
import type { ProvenCredential } from '../credentials/credential-kind.ts';
import type { ClientId, IdpId, InteractionId, ProofId, TenantId, WorkspaceId } from '../kernel/ids.ts';
import type { Unscripted } from '../sessions/session.ts';
import type { ProvenPerson } from './interaction.ts';

/** A request as scripts are told of it: no cookie, and nothing that authorises anybody. */
export interface AskedFrom {
  readonly ip: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What takes the place of how the first factor proved its person. */
export interface Said {
  readonly amr?: readonly string[];
  readonly acr?: string;
  /** What tokens call the person at their idp; nothing is decided by it. */
  readonly idpSubject?: string;
}

/** What was proven or decided, by step. */
export type ProofContent =
  | {
      readonly kind: 'authenticated';
      readonly person: ProvenPerson;
      /** What was verified; changed since means worth nothing. Undefined for static idps, and for sessions. */
      readonly credential: ProvenCredential | undefined;
      /** Claims about the person by their OIDC names, as they stood at the proof. */
      readonly context: Readonly<Record<string, unknown>>;
      /** Requirements that proving this satisfied, e.g. `idp:demo-pool`; an earlier session brings its own. */
      readonly satisfied: readonly string[];
      /** The browser's request that brought the proof; none where a session did. */
      readonly from?: AskedFrom;
      /** Of a session: what a script said in the login that it goes on from. */
      readonly said?: Said;
      /** Of a session over whose login a script decided: what was known before. */
      readonly unscripted?: Unscripted;
    }
  | {
      readonly kind: 'consented';
      /** Whose decision it is: worth nothing once somebody else signed in in the same login. */
      readonly subject: string;
      readonly decision: 'allow' | 'deny';
      readonly grantedScopes: readonly string[];
      readonly details: Readonly<Record<string, unknown>>;
      /** The client of the integrator's page it was decided on; undefined for our own. */
      readonly page?: string;
      /** Of `deny`: what the application is told (RFC 6749 §4.1.2.1); `access_denied` where it is left out. */
      readonly error?: { readonly error: string; readonly description: string };
    }
  | {
      readonly kind: 'step';
      /** Who passed it. */
      readonly subject: string;
      readonly stepId: string;
      /** `skipped`: nothing asks for the step any more, as when its plugin was switched off while the person was away. */
      readonly outcome: 'passed' | 'denied' | 'skipped';
      /** Of `denied`: what the plugin gave as the reason, as it came. */
      readonly reason?: string;
      /** Of `denied`: what the application is told (RFC 6749 §4.1.2.1); `access_denied` where it is left out. */
      readonly error?: { readonly error: string; readonly description: string };
      /** Of `passed`: a requirement that this satisfied, e.g. `custom-app:kyc`. */
      readonly satisfies?: string;
      /** Of `passed`: attributes added to what is known of the person, or in place of what was known. */
      readonly context?: Readonly<Record<string, unknown>>;
      /** Of a script's: what the login says of its person besides. */
      readonly said?: Said;
      /** Of a script's: scopes that it gives, and that it does not let the application have. */
      readonly scopes?: { readonly granted: readonly string[]; readonly denied: readonly string[] };
      readonly data: Readonly<Record<string, unknown>>;
    };

/** What a first factor, or a session, proves of its person. */
export type KnownPerson = Extract<ProofContent, { kind: 'authenticated' }>;

export interface Proof {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: ProofId;
  readonly interactionId: InteractionId;
  readonly clientId: ClientId;
  readonly idpId: IdpId | undefined;
  /** The step it completes, as the workflow's Update is named: `authenticated`, `consented`, or a plugin step's id. */
  readonly update: string;
  /** The form nonce of the page it came from. Unique with interaction and step, so a double submit finds the first row. */
  readonly nonce: string;
  /** Sealed at rest. */
  readonly content: ProofContent;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Checked when the Update is sent, never when the row is read: an outage must not void a right password. */
  readonly expiresAt: number;
  readonly consumedBy: string | undefined;
}

/** How long a proof may wait to be sent: long enough for an outage, too short to be worth stealing. Milliseconds. */
export const proofLifetimeMs = 10 * 60_000;

/** What a proof is spent by that a session brought along: no workflow ever sends it. */
export const bySession = 'session';
/** What a proof is spent by that a script's run made: no workflow sends it either. */
export const byScript = 'script';
/** What a proof is spent by that was refused: it proved nothing, and is never sent again. */
export const byRefusal = 'refused';

const sentByNobody: ReadonlySet<string> = new Set([bySession, byScript, byRefusal]);

/** Whether a workflow took it: sent again, its Update is answered as before. */
export function isTaken({ consumedBy }: Proof): boolean {
  return consumedBy !== undefined && !sentByNobody.has(consumedBy);
}

/** Whether it counts for anything. */
export function isProven({ consumedBy }: Proof): boolean {
  return consumedBy !== undefined && consumedBy !== byRefusal;
}

export interface ProofStore {
  /** Inserts, or answers the row that the same (interaction, update, nonce) made before. */
  insertOnce(proof: Proof): Promise<Proof>;
  find(tenant: TenantId, workspace: WorkspaceId, id: ProofId): Promise<Proof | undefined>;
  /** All of a login, oldest first. */
  listOf(tenant: TenantId, workspace: WorkspaceId, interaction: InteractionId): Promise<readonly Proof[]>;
  /**
   * Spends it: `UPDATE … WHERE consumed_by IS NULL OR consumed_by = ?`, so a retried activity succeeds and nobody else does.
   * @param by what spends it: workflow id and update id
   */
  consume(tenant: TenantId, workspace: WorkspaceId, id: ProofId, by: string): Promise<Proof | undefined>;
}
