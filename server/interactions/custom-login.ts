/** What a login page of an integrator's may say of somebody, and what a login knows of them by it. */
import { unprocessable } from '../kernel/errors.ts';
import { idpId } from '../kernel/ids.ts';
import { parseDuration } from '../kernel/duration.ts';
import type { RevocationStore } from '../sessions/revocation.ts';
import { subjectFor } from '../users/subject.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { HandoffAnswer } from './handoff.ts';
import type { Interaction } from './interaction.ts';
import type { KnownPerson } from './proof.ts';

type Authenticated = Extract<HandoffAnswer, { kind: 'authenticated' }>;

/** How far the clock of a page may be ahead of ours. Milliseconds. */
const clockSkewMs = 60_000;

export interface LoginDemands {
  readonly workspace: Pick<Workspace, 'settings'>;
  readonly request: Pick<AuthorizationRequest, 'prompts' | 'params'>;
  readonly interaction: Pick<Interaction, 'startedAt'>;
}

/**
 * The earliest moment at which somebody may have proven themselves for this login (OIDC Core §3.1.2.1): since it began
 * where the application wants a proof for it or it began too long ago itself; else within its `max_age`, and never
 * longer ago than a session of ours could be.
 * @param now milliseconds since the epoch, as is the answer, in whole seconds
 */
export function earliestAuthTime({ workspace, request, interaction }: LoginDemands, now: number): number {
  const { settings } = workspace;
  const began = interaction.startedAt;
  const maxAge = request.params['max_age'];
  const fresh = now - (parseDuration(settings.factor_freshness) ?? 0);
  const bounds = [
    now - (parseDuration(settings.cookie_max_age) ?? 0),
    ...(request.prompts.has('login') ? [began] : []),
    ...(maxAge === undefined ? [] : [began - Number(maxAge) * 1000]),
    // What went stale while its person was away is not made fresh by saying it once more.
    ...(began < fresh ? [fresh] : []),
  ];
  return Math.floor(Math.max(...bounds) / 1000) * 1000;
}

/**
 * Holds what a page says of somebody to what this login asks for.
 * @param idp whose page it is
 * @param now milliseconds since the epoch
 * @throws PlatformError `unprocessable_entity`: the page has to have them prove themselves again
 */
export async function checkAuthenticated(
  { revocations }: { readonly revocations: Pick<RevocationStore, 'notBefore'> },
  login: LoginDemands & { readonly interaction: Interaction },
  said: Authenticated,
  { idp, now }: { readonly idp: string; readonly now: number },
): Promise<void> {
  const where = '/auth_time';
  if (said.authTime * 1000 > now + clockSkewMs) throw unprocessable(where, 'Nobody proves themselves in the future.');
  const { tenantId, workspaceId } = login.interaction;
  const { subject, authTime } = knownBy(said, idp, login.workspace, now).person;
  const taken = (await revocations.notBefore(tenantId, workspaceId, subject)) ?? 0;
  if (authTime * 1000 < Math.max(earliestAuthTime(login, now), taken))
    throw unprocessable(where, 'That is too long ago for this login: the person has to prove themselves again.');
}

/**
 * @param idp whose page said it
 * @param at when it did, milliseconds since the epoch: a page's clock may be ahead of it, and nobody's proof is
 */
export function knownBy(
  { subject, acr, amr, authTime, context }: Authenticated,
  idp: string,
  { settings }: Pick<Workspace, 'settings'>,
  at: number,
): KnownPerson {
  const id = idpId(idp);
  return {
    kind: 'authenticated',
    person: {
      subject: subjectFor(settings.subject_format, id, subject),
      idpId: id,
      idpSubject: subject,
      userId: undefined,
      amr,
      acr,
      authTime: Math.min(authTime, Math.floor(at / 1000)),
    },
    credential: undefined,
    context,
    satisfied: [`idp:${id}`],
  };
}
