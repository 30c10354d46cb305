/** A login that goes on from a session: who it is, what they satisfied, and whether anything is left to ask. */
import { authenticateStep, consentStep, updateOf } from '../../workflows/contract/authentication.ts';
import { newId, proofId, type ClientId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { BrowserSession } from './engine.ts';
import type { Interaction } from './interaction.ts';
import type { LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { commitGranted } from './login-commit.ts';
import { remainingSteps } from './login-plan.ts';
import { isDecidedFor, speaksFor } from './script-step.ts';
import { bySession, type KnownPerson, type Proof } from './proof.ts';

/** A session holds a grant per application; more than this are not searched, here as in the engine's policy. */
const mostGrants = 20;

/**
 * The person a session names, from the newest login that made one of its grants. What any of those logins satisfied
 * counts, as the engine counted it when it accepted the session.
 * @param client the application that asks
 */
export async function knownFrom(
  snapshots: Pick<AuthenticationSnapshotStore, 'find'>,
  workspace: Workspace,
  session: BrowserSession,
  client: ClientId,
): Promise<KnownPerson | undefined> {
  let newest: AuthenticationSnapshot | undefined;
  let decided: AuthenticationSnapshot | undefined;
  const satisfied = new Set<string>();
  for (const grantId of session.grantIds.slice(0, mostGrants)) {
    const snapshot = await snapshots.find(workspace.tenantId, workspace.id, grantId);
    if (snapshot?.subject !== session.subject) continue;
    if (snapshot.authTime >= (newest?.authTime ?? 0)) newest = snapshot;
    // What a script said for another application is no business of this one.
    const isOwn = snapshot.clientId === client && isDecidedFor(client, snapshot.satisfied);
    if (isOwn && snapshot.authTime >= (decided?.authTime ?? 0)) decided = snapshot;
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
  };
}

/**
 * Opens a login and takes the session's person into it. Where nothing is left to ask (a trusted
 * application, a consent given before) it is committed here: without a wait there is nothing for a workflow to keep.
 * A person who has to pass more than consent, or who may not sign in any more, proves who they are as everybody does.
 */
export async function openFromSession(
  deps: { readonly unitOfWork: UnitOfWork<LoginStores>; readonly cases: LoginCases },
  row: Interaction,
  known: KnownPerson,
  now: number,
): Promise<void> {
  await deps.unitOfWork.run(async (stores) => {
    const { tenantId, workspaceId, id } = row;
    await stores.interactions.insertOnce(row);
    const before = await deps.cases.load(stores, row, id);
    if (before.kind === 'ended' || before.interaction.person !== undefined) return;
    if (!(await deps.cases.stillHolds(stores, before, known.person, undefined))) return;
    await stores.proofs.insertOnce(sessionProof(row, known, now));
    const steps = remainingSteps(
      await deps.cases.needs(stores, before, known.person),
      await deps.cases.passedSteps(stores, before),
    );
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
