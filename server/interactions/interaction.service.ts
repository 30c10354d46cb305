/** A login as the web tier moves it: opens its row, keeps what a person proved, and asks the workflow what comes next. */
import {
  authenticateStep,
  consentStep,
  scriptStep,
  stepOf,
  stopped,
  unavailable,
  type Next,
} from '../../workflows/contract/authentication.ts';
import type { LoginClient } from '../../workflows/client.ts';
import type { Client } from '../clients/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { interactionId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { interactionFailure } from '../oauth2/grant.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { DataKeyStore } from '../tenants/data-key.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { BrowserSession } from './engine.ts';
import { updateIdOf } from './form-nonce.ts';
import { commitStep, type Interaction, type InteractionStore } from './interaction.ts';
import { commitDenied, overdue, writeResult } from './login-commit.ts';
import type { LoginAddresses } from './login-addresses.ts';
import type { LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import {
  byRefusal,
  bySession,
  isTaken,
  type AskedFrom,
  type Proof,
  type ProofContent,
  type ProofStore,
} from './proof.ts';
import { newProof } from './new-proof.ts';
import type { SessionAdmission } from './idp-choice.ts';
import { knownFrom, openFromSession } from './session-login.ts';

export interface InteractionService {
  /**
   * The row of this login, made at its first page. A session that the engine accepts brings its person along.
   * @param from the browser's request, for a script to judge by
   * @returns a row of another uid where the login went on at another address, or had ended before it got this one
   */
  open(
    asked: { readonly workspace: Workspace; readonly client: Client; readonly request: AuthorizationRequest },
    session: BrowserSession | undefined,
    from: AskedFrom,
  ): Promise<Interaction>;
  /** By any address it has had. */
  find(workspace: Pick<Workspace, 'tenantId' | 'id'>, uid: string): Promise<Interaction | undefined>;
  /**
   * Keeps what the person did, in the transaction of what it cannot be without: `move` by the same nonce sends it, and
   * `resume` where nobody lived to do that.
   */
  keep(
    stores: { readonly proofs: Pick<ProofStore, 'insertOnce'> },
    interaction: Interaction,
    move: { nonce: string; content: ProofContent },
  ): Promise<Proof>;
  /**
   * Keeps what the person did and moves the login. The same nonce twice is one move.
   * @throws the workflow door's errors; the proof stays, and `resume` sends it again
   */
  move(client: Client, interaction: Interaction, move: { nonce: string; content: ProofContent }): Promise<Next>;
  /**
   * Sends again what was proven and never acknowledged.
   * @param step the one whose page is shown now: a proof of any other is of no use any more
   * @returns undefined when there is nothing to send
   */
  resume(client: Client, interaction: Interaction, step: string): Promise<Next | undefined>;
  /** Forgets the person: somebody else signs in in the same login. */
  startOver(interaction: Interaction): Promise<void>;
  /** Ends the login without a workflow: the person goes back to the application. */
  cancel(interaction: Interaction, request: AuthorizationRequest): Promise<void>;
  /** Ends it with what an integrator's login page has the application told: nobody is known by it. */
  refuse(
    interaction: Interaction,
    request: AuthorizationRequest,
    told: { readonly error: string; readonly description: string },
  ): Promise<void>;
  /** Ends it with what an application is told of a step whose time is over. */
  giveUpStep(interaction: Interaction, request: AuthorizationRequest): Promise<void>;
  /**
   * Ends a login whose workflow has closed without a word to its row: an operator terminated it.
   * @returns false when the row had ended before
   */
  giveUp(interaction: Interaction): Promise<boolean>;
  /** Answers a request that came back after its login had been committed: it can't be asked a second time. */
  refuseSecondRound(interaction: Interaction, request: AuthorizationRequest): Promise<void>;
}

export interface InteractionServiceDeps {
  readonly unitOfWork: UnitOfWork<LoginStores>;
  readonly interactions: InteractionStore;
  readonly addresses: LoginAddresses;
  readonly proofs: ProofStore;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly dataKeys: Pick<DataKeyStore, 'ensure'>;
  readonly workflows: Pick<LoginClient, 'advance' | 'endedElsewhere'>;
  readonly cases: LoginCases;
  readonly selection: SessionAdmission;
  readonly clock: Clock;
}

/** Of the application's name in the history's summary, which Temporal bounds as a whole. */
const longestTitleBytes = 80;

export function createInteractionService(deps: InteractionServiceDeps): InteractionService {
  const { interactions, addresses, proofs, clock } = deps;

  /** Temporal is told nothing of a login that it never heard of: a page that is only opened costs it nothing. */
  async function tellEnded({ tenantId, workspaceId, id }: Interaction): Promise<void> {
    const all = await proofs.listOf(tenantId, workspaceId, id);
    if (all.some(({ consumedBy }) => consumedBy !== bySession)) await deps.workflows.endedElsewhere(id);
  }

  async function send(client: Client, interaction: Interaction, all: readonly Proof[], last: Proof): Promise<Next> {
    const { tenantId, id } = interaction;
    const earlier = all.filter((proof) => proof.id !== last.id && isTaken(proof));
    const moves = [...earlier, last].map((proof) => ({
      step: stepOf(proof.update),
      proofId: proof.id,
      updateId: updateIdOf(proof.nonce),
    }));
    await deps.dataKeys.ensure(tenantId, id);
    const next = await deps.workflows.advance(
      {
        tenantId,
        workspaceId: interaction.workspaceId,
        clientId: interaction.clientId,
        interactionId: id,
        title: titleOf(client),
        lifetimeMs: Math.max(1000, interaction.expiresAt - clock.now()),
        firstStep: moves[0]?.step === consentStep ? consentStep : authenticateStep,
      },
      moves,
    );
    if (next.kind === 'refused' && next.reason === unavailable) await repeat(interaction, last, next.step);
    return next;
  }

  /**
   * A step that could not be done is answered so ever after. Its proof is never sent again, and where the row went
   * ahead of the workflow it comes back, so that the person can do the step once more.
   */
  async function repeat(interaction: Interaction, last: Proof, step: string): Promise<void> {
    const { tenantId, workspaceId, id } = interaction;
    await deps.unitOfWork.run(async (stores) => {
      await stores.proofs.consume(tenantId, workspaceId, last.id, byRefusal);
      const row = await stores.interactions.find(tenantId, workspaceId, id);
      if (row?.state !== 'open' || row.step !== commitStep) return;
      await stores.interactions.advance(tenantId, workspaceId, id, { step, person: row.person });
    });
  }

  /**
   * Asked to resume before there was a result, the engine asks again under another uid: an open login goes on there. At
   * an address that it left nothing happens any more: its result would be written where no browser resumes.
   */
  async function follow(workspace: Workspace, login: Interaction, uid: string): Promise<Interaction> {
    if (login.uid === uid || (await addresses.find(workspace, uid)) !== undefined) return login;
    if (login.state !== 'open') {
      await addresses.keep(login, uid);
      return login;
    }
    await addresses.keep(login, login.uid);
    await interactions.moveTo(workspace.tenantId, workspace.id, login.id, uid);
    return { ...login, uid };
  }

  /** Ends a login with an error, without its workflow. */
  async function endHere(denied: Omit<Parameters<typeof commitDenied>[1], 'now'>): Promise<void> {
    await deps.unitOfWork.run((stores) => commitDenied(stores, { ...denied, now: clock.now() }));
    // Not waited for: the person is on their way, and a login that is not told ends by its own deadline.
    tellEnded(denied.interaction).catch(() => undefined);
  }

  const keep: InteractionService['keep'] = (stores, interaction, { nonce, content }) =>
    stores.proofs.insertOnce(newProof(interaction, nonce, content, clock.now()));

  return {
    async open(asked, session, from) {
      const { workspace, request } = asked;
      const id = interactionId(request.cid);
      const find = () => interactions.find(workspace.tenantId, workspace.id, id);
      const found = await find();
      if (found !== undefined) return follow(workspace, found, request.uid);
      const now = clock.now();
      const row: Interaction = {
        tenantId: workspace.tenantId,
        workspaceId: workspace.id,
        id,
        uid: request.uid,
        clientId: request.clientId,
        state: 'open',
        step: authenticateStep,
        person: undefined,
        reason: undefined,
        startedAt: now,
        expiresAt: Math.min(request.expiresAt * 1000, now + (parseDuration(workspace.settings.login_lifetime) ?? 0)),
        committedAt: undefined,
        attempt: undefined,
      };
      const known =
        request.asks === 'consent' && session !== undefined
          ? await knownFrom(deps.snapshots, workspace, session, request.clientId)
          : undefined;
      const admitted =
        known === undefined ? undefined : await deps.selection.admit({ ...asked, interaction: row, from }, known);
      if (admitted === undefined) await interactions.insertOnce(row);
      else await openFromSession(deps, row, admitted, from, now);
      return (await find()) ?? row;
    },

    async find(workspace, uid) {
      const { tenantId, id } = workspace;
      const found = await interactions.findByUid(tenantId, id, uid);
      if (found !== undefined) return found;
      const kept = await addresses.find(workspace, uid);
      return kept && interactions.find(tenantId, id, kept);
    },

    keep,

    async move(client, interaction, move) {
      const proof = await keep({ proofs }, interaction, move);
      const all = await proofs.listOf(interaction.tenantId, interaction.workspaceId, interaction.id);
      return send(client, interaction, all, proof);
    },

    async resume(client, interaction, step) {
      const all = await proofs.listOf(interaction.tenantId, interaction.workspaceId, interaction.id);
      const now = clock.now();
      const unsent = all.findLast(
        (proof) => proof.consumedBy === undefined && proof.expiresAt > now && answers(proof, interaction, step),
      );
      // Nothing is left but the commit, or a script decides, and the answer never came: the last move is asked again.
      const isAtWork = interaction.step === commitStep || interaction.step === scriptStep;
      const unanswered = isAtWork ? all.findLast(isTaken) : undefined;
      const waiting = unsent ?? unanswered;
      return waiting === undefined ? undefined : send(client, interaction, all, waiting);
    },

    async startOver(interaction) {
      await interactions.advance(interaction.tenantId, interaction.workspaceId, interaction.id, {
        step: authenticateStep,
        person: undefined,
      });
    },

    cancel: (interaction, request) =>
      endHere({
        interaction,
        request,
        error: 'access_denied',
        description: 'the person went back to the application',
        reason: 'cancelled',
      }),

    refuse: (interaction, request, told) => endHere({ interaction, request, ...told, reason: 'login_rejected' }),

    giveUpStep: (interaction, request) => endHere(overdue({ interaction, request })),

    giveUp: ({ tenantId, workspaceId, id }) =>
      interactions.end(tenantId, workspaceId, id, { state: 'expired', reason: stopped, at: clock.now() }),

    async refuseSecondRound(interaction, request) {
      const error = interactionFailure('interaction_required', 'this login has ended and cannot go on');
      await deps.unitOfWork.run((stores) => writeResult(stores, interaction, request, error));
    },
  };
}

/** Whether a proof that was never acknowledged is of the step that this login stands at, and of its person. */
function answers({ update, content }: Proof, { person }: Interaction, step: string): boolean {
  if (stepOf(update) !== step) return false;
  return content.kind === 'authenticated' || content.subject === person?.subject;
}

/** Cut at a character, so that it stays readable. */
function titleOf(client: Client): string {
  const name = client.metadata.client_name ?? client.id;
  let title = '';
  for (const character of name) {
    if (Buffer.byteLength(title + character) > longestTitleBytes) return `${title}…`;
    title += character;
  }
  return title;
}
