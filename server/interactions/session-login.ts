/** A login that goes on from a session: who it is, what they satisfied, and whether anything is left to ask. */
import { authenticateStep, consentStep, scriptStep, updateOf } from '../../workflows/contract/authentication.ts';
import { newId, proofId, type ClientId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { BrowserSession } from './engine.ts';
import type { Interaction } from './interaction.ts';
import type { LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitGranted } from './login-commit.ts';
import { isDecidedFor, isScripted, speaksFor } from './script-requirement.ts';
import { stillStands, type StandingStores } from './standing.ts';
import { bySession, proofLifetimeMs, type AskedFrom, type KnownPerson, type Proof } from './proof.ts';

/** A session holds a grant per application; more than this are not searched, here as in the engine's policy. */
const mostGrants = 20;

/**
 * The person a session names, from the newest login that made one of its grants. What any of those logins satisfied
 * counts, as the engine counted it when it accepted the session. What a script said for another application is left out.
 * @param client the application that asks
 */
export async function knownFrom(
  snapshots: Pick<AuthenticationSnapshotStore, 'find'>,
  workspace: Workspace,
  session: BrowserSession,
  client: ClientId,
): Promise<KnownPerson | undefined> {
  let newest: AuthenticationSnapshot | undefined;
  /** By a script, for this very application. */
  let decided: AuthenticationSnapshot | undefined;
  const satisfied = new Set<string>();
  for (const grantId of session.grantIds.slice(0, mostGrants)) {
    const snapshot = await snapshots.find(workspace.tenantId, workspace.id, grantId);
    if (snapshot?.subject !== session.subject) continue;
    const isOwn = snapshot.clientId === client && isDecidedFor(client, snapshot.satisfied);
    if (isOwn && snapshot.authTime >= (decided?.authTime ?? 0)) decided = snapshot;
    const bare = isScripted(snapshot.satisfied) ? withoutScript(snapshot) : snapshot;
    if (bare !== undefined && bare.authTime >= (newest?.authTime ?? 0)) newest = bare;
    for (const requirement of snapshot.satisfied) if (speaksFor(client, requirement)) satisfied.add(requirement);
  }
  const known = decided ?? newest;
  if (known === undefined) return undefined;
  const { subject, idpId, idpSubject, userId, amr, acr, authTime, context } = known;
  return {
    kind: 'authenticated',
    person: { subject, idpId, idpSubject, userId, amr, acr, authTime },
    credential: undefined,
    context,
    satisfied: [...satisfied],
    ...(known.saidIdpSubject === undefined ? {} : { said: { idpSubject: known.saidIdpSubject } }),
    ...(known.unscripted === undefined ? {} : { unscripted: known.unscripted }),
  };
}

/** The same, unless their session has ended since, as by a reset of their password from elsewhere. */
export async function stillKnownFrom(
  stores: StandingStores & { readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'> },
  workspace: Workspace,
  session: BrowserSession,
  client: ClientId,
): Promise<KnownPerson | undefined> {
  const known = await knownFrom(stores.snapshots, workspace, session, client);
  const at = { tenantId: workspace.tenantId, workspaceId: workspace.id };
  return known !== undefined && (await stillStands(stores, at, known.person)) ? known : undefined;
}

/** @returns undefined where nobody kept what was known before */
function withoutScript({
  unscripted,
  saidIdpSubject: _,
  ...snapshot
}: AuthenticationSnapshot): AuthenticationSnapshot | undefined {
  return unscripted && { ...snapshot, ...unscripted, acr: unscripted.acr };
}

/**
 * The same person for a script that decides anew: it is not told what another version of it said before.
 * @param from the request that it judges by
 * @returns undefined where nobody kept what was known before: they prove who they are once more
 */
export function knownBeforeScript(known: KnownPerson, client: ClientId, from: AskedFrom): KnownPerson | undefined {
  const { said: _, unscripted, ...rest } = known;
  if (unscripted === undefined) return isDecidedFor(client, known.satisfied) ? undefined : { ...rest, from };
  const { context, amr, acr } = unscripted;
  return { ...rest, context, person: { ...rest.person, amr, acr }, from };
}

/**
 * Opens a login and takes the session's person into it. Where a script has to decide, what the session says is a proof that
 * is still to be sent: the workflow takes it as a first factor, runs the script, and does what comes then. Where nothing is left to ask (a trusted
 * application, a consent given before) it is committed here: without a wait there is nothing for a workflow to keep.
 * A person who has to pass more than consent, or who may not sign in any more, proves who they are as everybody does.
 */
export async function openFromSession(
  deps: { readonly unitOfWork: UnitOfWork<LoginStores>; readonly cases: LoginCases },
  row: Interaction,
  known: KnownPerson,
  from: AskedFrom,
  now: number,
): Promise<void> {
  await deps.unitOfWork.run(async (stores) => {
    const { tenantId, workspaceId, id } = row;
    await stores.interactions.insertOnce(row);
    const before = await deps.cases.load(stores, row, id);
    if (before.kind === 'ended' || before.interaction.person !== undefined) return;
    if (!(await deps.cases.stillHolds(stores, before, known.person, undefined))) return;
    const steps = await deps.cases.leftToAsk(stores, before, known);
    if (steps.includes(scriptStep)) {
      const anew = knownBeforeScript(known, row.clientId, from);
      const unsent = { consumedBy: undefined, expiresAt: now + proofLifetimeMs };
      if (anew !== undefined) await stores.proofs.insertOnce({ ...sessionProof(row, anew, now), ...unsent });
      return;
    }
    await stores.proofs.insertOnce(sessionProof(row, known, now));
    if (steps.some((step) => step !== consentStep)) return;
    await stores.interactions.advance(tenantId, workspaceId, id, { step: consentStep, person: known.person });
    if (steps.length > 0) return;
    const open = { ...before, interaction: { ...before.interaction, person: known.person } };
    await commitGranted(stores, await deps.cases.grantedBy(stores, open, known.person, undefined));
  });
}

/** What a session brings along, as a proof that is spent already. */
export function sessionProof(row: Interaction, known: KnownPerson, now: number): Proof {
  return {
    tenantId: row.tenantId,
    workspaceId: row.workspaceId,
    id: proofId(newId()),
    interactionId: row.id,
    clientId: row.clientId,
    idpId: known.person.idpId,
    update: updateOf(authenticateStep),
    // One for each login, whichever tab opens it first.
    nonce: row.id,
    content: known,
    createdAt: now,
    expiresAt: now,
    consumedBy: bySession,
  };
}
