/** The end of a login, in one transaction guarded by the interaction's row: nobody is logged in until this has committed. */
import type { ArtifactPayload, ArtifactStore } from '../oauth2/artifact.ts';
import { divideClaims } from '../oauth2/claims-of-scope.ts';
import { grantPayload, interactionFailure, interactionResult, withResult } from '../oauth2/grant.ts';
import type { ClaimContribution } from '../extension-points/claims.ts';
import type { Consent, ConsentStore } from '../consents/consent.ts';
import { consentId, newId } from '../kernel/ids.ts';
import type { Outbox } from '../kernel/events.ts';
import type { AuthenticationSnapshotStore, Unscripted } from '../sessions/session.ts';
import type { StepAnswer } from '../../workflows/contract/authentication.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { Interaction, InteractionStore, ProvenPerson } from './interaction.ts';

export interface CommitStores {
  readonly interactions: Pick<InteractionStore, 'end' | 'find'>;
  readonly artifacts: Pick<ArtifactStore, 'upsert' | 'find'>;
  readonly consents: Pick<ConsentStore, 'insert'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'insert'>;
  readonly outbox: Outbox;
}

/** What a person chose, for the consent row. */
export interface KeptDecision {
  /** The consent type. */
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch; undefined stands until it is taken back. */
  readonly expiresAt: number | undefined;
}

/** A login that ends well. */
export interface Granted {
  /** Of the grant that the commit makes. */
  readonly grantId: string;
  readonly interaction: Interaction;
  readonly request: AuthorizationRequest;
  readonly person: ProvenPerson;
  /** What tokens call the person at their idp, where a script says so. */
  readonly saidIdpSubject?: string | undefined;
  /** Claims about the person, as they stood at the proof. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly satisfied: readonly string[];
  /** What was known of the person before a script decided, where one did. */
  readonly unscripted?: Unscripted | undefined;
  readonly grantedScopes: readonly string[];
  readonly deniedScopes: readonly string[];
  readonly audience: string;
  /** The decision to keep, when the person made one just now. */
  readonly decision: KeptDecision | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long the grant lives: not less than the refresh tokens it gives. Seconds. */
  readonly grantLifetime: number;
  /** Claims by name that this consent is held to; undefined where the scopes decide. */
  readonly onlyClaims?: readonly string[] | undefined;
  /** Claims that the workspace's plugins bring: granted by name where a granted scope releases them. */
  readonly contributedClaims: readonly Pick<ClaimContribution, 'name' | 'scopes'>[];
}

/** Writes consent, Grant, snapshot, result and events. A second run finds the row ended, and answers how. */
export async function commitGranted(stores: CommitStores, login: Granted): Promise<StepAnswer> {
  const { grantId, interaction, request, person, now } = login;
  const { tenantId, workspaceId, clientId } = interaction;
  const ended = await stores.interactions.end(tenantId, workspaceId, interaction.id, {
    state: 'granted',
    reason: 'granted',
    at: now,
  });
  if (!ended) return endedBefore(stores, interaction);

  const seconds = Math.floor(now / 1000);
  const claims = divideClaims(request.requestedClaims, login.grantedScopes, login);
  const expires = seconds + login.grantLifetime;
  await stores.artifacts.upsert(
    { tenantId, workspaceId, model: 'Grant' },
    grantId,
    grantPayload({
      grantId,
      subject: person.subject,
      clientId,
      scopes: login.grantedScopes,
      deniedScopes: login.deniedScopes,
      claims: claims.granted,
      deniedClaims: claims.denied,
      resource: login.audience,
      iat: seconds,
      exp: expires,
    }),
    expires,
  );
  await stores.snapshots.insert(
    tenantId,
    workspaceId,
    {
      ...person,
      grantId,
      clientId,
      interactionId: interaction.id,
      ...(login.saidIdpSubject === undefined ? {} : { saidIdpSubject: login.saidIdpSubject }),
      context: login.context,
      satisfied: login.satisfied,
      ...(login.unscripted === undefined ? {} : { unscripted: login.unscripted }),
    },
    expires * 1000,
  );
  if (login.decision !== undefined) await keepConsent(stores, login, login.decision, grantId);
  await writeResult(stores, interaction, request, interactionResult({ ...person, grantId }));
  await stores.outbox.append({
    tenantId,
    workspaceId,
    subject: 'login',
    action: 'succeeded',
    metadata: { ...who(interaction, person), session_id: interaction.id },
    payload: { login_succeeded: { scopes: login.grantedScopes, amr: person.amr } },
  });
  return { kind: 'committed', outcome: 'granted', reason: 'granted' };
}

/**
 * Ends a login with an error that the engine hands to the application (RFC 6749 §4.1.2.1).
 * @param reason a code for operations
 */
export async function commitDenied(
  stores: CommitStores,
  denied: {
    interaction: Interaction;
    request: AuthorizationRequest;
    error: string;
    description: string;
    reason: string;
    now: number;
  },
): Promise<StepAnswer> {
  const { interaction, request, reason, now } = denied;
  const { tenantId, workspaceId } = interaction;
  const ended = await stores.interactions.end(tenantId, workspaceId, interaction.id, {
    state: 'denied',
    reason,
    at: now,
  });
  if (!ended) return endedBefore(stores, interaction);
  await writeResult(stores, interaction, request, interactionFailure(denied.error, denied.description));
  await tellDenied(stores, interaction, reason);
  return { kind: 'committed', outcome: 'denied', reason };
}

/** What the application is told of a person who did not come back in time from an integrator's page. */
export function overdue({ interaction, request }: Pick<Granted, 'interaction' | 'request'>) {
  return {
    interaction,
    request,
    error: 'temporarily_unavailable',
    description: 'the sign-in was not finished in time',
    reason: `${interaction.step.replace(/\.\d+$/, '').replaceAll('-', '_')}_overdue`,
  };
}

async function tellDenied(stores: CommitStores, interaction: Interaction, reason: string): Promise<void> {
  await stores.outbox.append({
    tenantId: interaction.tenantId,
    workspaceId: interaction.workspaceId,
    subject: 'login',
    action: 'denied',
    metadata: { ...who(interaction, interaction.person), session_id: interaction.id },
    payload: { login_denied: { reason } },
  });
}

/**
 * Ends a login whose request nobody can answer any more: the engine, asked next, says why.
 * @param reason a code for operations
 */
export async function commitGone(
  stores: CommitStores,
  interaction: Interaction,
  reason: string,
  now: number,
): Promise<{ readonly outcome: 'granted' | 'denied'; readonly reason: string }> {
  const { tenantId, workspaceId, id } = interaction;
  if (!(await stores.interactions.end(tenantId, workspaceId, id, { state: 'denied', reason, at: now })))
    return endedBefore(stores, interaction);
  await tellDenied(stores, interaction, reason);
  return { outcome: 'denied', reason };
}

/** How a login ended that somebody else ended first. */
export async function endedBefore(
  stores: Pick<CommitStores, 'interactions'>,
  { tenantId, workspaceId, id }: Interaction,
): Promise<Extract<StepAnswer, { kind: 'committed' }>> {
  const row = await stores.interactions.find(tenantId, workspaceId, id);
  return { kind: 'committed', outcome: row?.state === 'granted' ? 'granted' : 'denied', reason: row?.reason ?? 'gone' };
}

async function keepConsent(
  stores: CommitStores,
  login: Granted,
  decision: KeptDecision,
  grantId: string,
): Promise<void> {
  const { interaction, person, now } = login;
  const consent: Consent = {
    tenantId: interaction.tenantId,
    workspaceId: interaction.workspaceId,
    id: consentId(newId()),
    type: decision.type,
    subject: person.subject,
    clientId: interaction.clientId,
    grantId,
    grantedScopes: login.grantedScopes,
    deniedScopes: login.deniedScopes,
    details: decision.details,
    interactionId: interaction.id,
    grantedAt: now,
    expiresAt: decision.expiresAt,
    revokedAt: undefined,
  };
  await stores.consents.insert(consent);
  await stores.outbox.append({
    tenantId: consent.tenantId,
    workspaceId: consent.workspaceId,
    subject: 'consent',
    action: 'created',
    metadata: { ...who(interaction, person), session_id: interaction.id },
    payload: { consent_created: { consent: { id: consent.id, type: consent.type, scopes: consent.grantedScopes } } },
  });
}

/** Puts the result where the engine's resume looks for it. The engine alone writes cookie, session and code. */
export async function writeResult(
  stores: CommitStores,
  interaction: Interaction,
  request: AuthorizationRequest,
  result: ArtifactPayload,
): Promise<void> {
  const key = { tenantId: interaction.tenantId, workspaceId: interaction.workspaceId, model: 'Interaction' };
  const stored = await stores.artifacts.find(key, request.uid);
  if (stored === undefined) return;
  await stores.artifacts.upsert(key, request.uid, withResult(stored.payload, result), request.expiresAt);
}

function who(interaction: Interaction, person: ProvenPerson | undefined) {
  return {
    client_id: interaction.clientId,
    ...(person === undefined ? {} : { subject: person.subject, idp_id: person.idpId }),
    ...(person?.userId === undefined ? {} : { user_id: person.userId }),
  };
}
