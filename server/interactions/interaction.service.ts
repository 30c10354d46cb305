/** A login as the web tier moves it: opens its row, keeps what a person proved, and asks the workflow what comes next. */
import { authenticateStep, consentStep, stepOf, updateOf, type Next } from '../../workflows/contract/authentication.ts';
import type { LoginClient } from '../../workflows/client.ts';
import type { Client } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { interactionId, newId, proofId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { interactionFailure } from '../oauth2/grant.ts';
import type { AuthenticationSnapshot, AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { DataKeyStore } from '../tenants/data-key.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { BrowserSession } from './engine.ts';
import { updateIdOf } from './form-nonce.ts';
import { commitStep, type Interaction, type InteractionStore } from './interaction.ts';
import { commitDenied, writeResult } from './login-commit.ts';
import type { LoginStores } from './login-case.ts';
import type { Proof, ProofContent, ProofStore } from './proof.ts';

/** How long a proof may wait to be sent: long enough for an outage, too short to be worth stealing. Milliseconds. */
const proofLifetimeMs = 10 * 60_000;

export interface InteractionService {
  /** The row of this login, made at its first page. A session that the engine accepts brings its person along. */
  open(workspace: Workspace, request: AuthorizationRequest, session: BrowserSession | undefined): Promise<Interaction>;
  find(workspace: Workspace, uid: string): Promise<Interaction | undefined>;
  /**
   * Keeps what the person did and moves the login. The same nonce twice is one move.
   * @throws the workflow door's errors; the proof stays, and `resume` sends it again
   */
  move(client: Client, interaction: Interaction, move: { nonce: string; content: ProofContent }): Promise<Next>;
  /** Sends again what was proven and never acknowledged. @returns undefined when there is nothing to send */
  resume(client: Client, interaction: Interaction): Promise<Next | undefined>;
  /** Forgets the person: somebody else signs in in the same login. */
  startOver(interaction: Interaction): Promise<void>;
  /** Ends the login without a workflow: the person goes back to the application. */
  cancel(interaction: Interaction, request: AuthorizationRequest): Promise<void>;
  /** Answers a request that came back after its login had been committed: it can't be asked a second time. */
  refuseSecondRound(interaction: Interaction, request: AuthorizationRequest): Promise<void>;
}

export interface InteractionServiceDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly interactions: InteractionStore;
  readonly proofs: ProofStore;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly dataKeys: Pick<DataKeyStore, 'ensure'>;
  readonly workflows: Pick<LoginClient, 'advance'>;
  readonly clock: Clock;
}

/** What a session's proof is spent by: no workflow ever sends it. */
const bySession = 'session';

export function createInteractionService(deps: InteractionServiceDeps): InteractionService {
  const { interactions, proofs, clock } = deps;

  async function send(client: Client, interaction: Interaction, all: readonly Proof[], last: Proof): Promise<Next> {
    const { tenantId, id } = interaction;
    const earlier = all.filter((proof) => proof.id !== last.id && isSpentByWorkflow(proof));
    const moves = [...earlier, last].map((proof) => ({
      step: stepOf(proof.update),
      proofId: proof.id,
      updateId: updateIdOf(proof.nonce),
    }));
    await deps.dataKeys.ensure(tenantId, id);
    return deps.workflows.advance(
      {
        tenantId,
        workspaceId: interaction.workspaceId,
        clientId: interaction.clientId,
        interactionId: id,
        title: client.metadata.client_name ?? client.id,
        lifetimeMs: Math.max(1000, interaction.expiresAt - interaction.startedAt),
        firstStep: moves[0]?.step === consentStep ? consentStep : authenticateStep,
      },
      moves,
    );
  }

  return {
    async open(workspace, request, session) {
      const id = interactionId(request.cid);
      const found = await interactions.find(workspace.tenantId, workspace.id, id);
      if (found !== undefined) return found;
      const now = clock.now();
      const known = request.asks === 'consent' ? await personOf(deps.snapshots, workspace, session) : undefined;
      const row: Interaction = {
        tenantId: workspace.tenantId,
        workspaceId: workspace.id,
        id,
        uid: request.uid,
        clientId: request.clientId,
        state: 'open',
        step: known === undefined ? authenticateStep : consentStep,
        person: known?.person,
        reason: undefined,
        startedAt: now,
        expiresAt: Math.min(request.expiresAt * 1000, now + (parseDuration(workspace.settings.login_lifetime) ?? 0)),
        committedAt: undefined,
      };
      await deps.unitOfWork.run(async (stores) => {
        await stores.interactions.insertOnce(row);
        if (known !== undefined)
          await stores.proofs.insertOnce({
            ...newProof(row, updateOf(authenticateStep), id, known, now),
            consumedBy: bySession,
          });
      });
      return (await interactions.find(workspace.tenantId, workspace.id, id)) ?? row;
    },

    find: (workspace, uid) => interactions.findByUid(workspace.tenantId, workspace.id, uid),

    async move(client, interaction, { nonce, content }) {
      const proof = await proofs.insertOnce(newProof(interaction, updateFor(content), nonce, content, clock.now()));
      const all = await proofs.listOf(interaction.tenantId, interaction.workspaceId, interaction.id);
      return send(client, interaction, all, proof);
    },

    async resume(client, interaction) {
      const all = await proofs.listOf(interaction.tenantId, interaction.workspaceId, interaction.id);
      const unsent = all.findLast((proof) => proof.consumedBy === undefined && proof.expiresAt > clock.now());
      // Nothing is left but the commit, and its answer never came: the last move is asked again.
      const unanswered = interaction.step === commitStep ? all.findLast(isSpentByWorkflow) : undefined;
      const waiting = unsent ?? unanswered;
      return waiting === undefined ? undefined : send(client, interaction, all, waiting);
    },

    async startOver(interaction) {
      await interactions.advance(interaction.tenantId, interaction.workspaceId, interaction.id, {
        step: authenticateStep,
        person: undefined,
      });
    },

    async cancel(interaction, request) {
      await deps.unitOfWork.run((stores) =>
        commitDenied(stores, {
          interaction,
          request,
          error: 'access_denied',
          description: 'the person went back to the application',
          reason: 'cancelled',
          now: clock.now(),
        }),
      );
    },

    async refuseSecondRound(interaction, request) {
      const error = interactionFailure('interaction_required', 'this login has ended and cannot go on');
      await deps.unitOfWork.run((stores) => writeResult(stores, interaction, request, error));
    },
  };
}

function isSpentByWorkflow(proof: Proof): boolean {
  return proof.consumedBy !== undefined && proof.consumedBy !== bySession;
}

function updateFor(content: ProofContent): string {
  return content.kind === 'step' ? content.stepId : content.kind;
}

function newProof(interaction: Interaction, update: string, nonce: string, content: ProofContent, now: number): Proof {
  return {
    tenantId: interaction.tenantId,
    workspaceId: interaction.workspaceId,
    id: proofId(newId()),
    interactionId: interaction.id,
    clientId: interaction.clientId,
    idpId: content.kind === 'authenticated' ? content.person.idpId : interaction.person?.idpId,
    update,
    nonce,
    content,
    createdAt: now,
    expiresAt: now + proofLifetimeMs,
    consumedBy: undefined,
  };
}

/** The person a session names, from the newest login that made one of its grants. */
async function personOf(
  snapshots: Pick<AuthenticationSnapshotStore, 'find'>,
  workspace: Workspace,
  session: BrowserSession | undefined,
): Promise<Extract<ProofContent, { kind: 'authenticated' }> | undefined> {
  if (session === undefined) return undefined;
  let newest: AuthenticationSnapshot | undefined;
  for (const grantId of session.grantIds) {
    const snapshot = await snapshots.find(workspace.tenantId, workspace.id, grantId);
    if (snapshot?.subject === session.subject && snapshot.authTime >= (newest?.authTime ?? 0)) newest = snapshot;
  }
  if (newest === undefined) return undefined;
  const { subject, idpId, idpSubject, userId, amr, acr, authTime, context, satisfied } = newest;
  return {
    kind: 'authenticated',
    person: { subject, idpId, idpSubject, userId, amr, acr, authTime },
    credentialVersion: undefined,
    context,
    satisfied,
  };
}
