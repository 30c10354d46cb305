/** A person's stay at an integrator's page, as the page's backend reads it and answers it: by its own token, and once. */
import { authenticateStep } from '../../workflows/contract/authentication.ts';
import type { IntegratorPageStore } from '../extensions/page.ts';
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { askedApp } from './custom-app-step.ts';
import { checkGranted } from './custom-consent.ts';
import { checkAuthenticated } from './custom-login.ts';
import { eventOfAnswer } from './handoff-event.ts';
import { pageKindAt, targetAmong } from './handoff-target.ts';
import type { Handoff, HandoffAnswer, HandoffCall, HandoffStore } from './handoff.ts';
import type { LoginCase, LoginCases } from './login-case.ts';
import type { LoginStores } from './login-stores.ts';
import { stepToShow } from './login-plan.ts';
import { newTicket, ticketHash, type LoginStates } from './login-state.ts';
import { provenSoFar, scopesAsked } from './proven-so-far.ts';

export interface HandoffCallStores extends LoginStores {
  readonly handoffs: HandoffStore;
  readonly pages: IntegratorPageStore;
}

/** A login, as the page sees it. */
export interface LoginSession {
  readonly stay: Handoff;
  readonly login: LoginCase;
  /** Scopes that its application asks for still. */
  readonly asked: readonly string[];
  /** What is known of the person, and what a script says to the page. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface HandoffCalls {
  /** @throws PlatformError `not_found`: the same for a stay of another client, another state, one that is over, and none */
  read(call: HandoffCall): Promise<LoginSession>;
  /**
   * Keeps what the page said. The login does not go on by that: the person's own browser has to bring the ticket.
   * @returns where to send the browser, `redirect_to`
   * @throws PlatformError `not_found`, also where it was answered before; `unprocessable_entity` where this login cannot
   *   go on with what was said, which leaves it unanswered
   */
  answer(call: HandoffCall, answer: HandoffAnswer): Promise<string>;
}

export function createHandoffCalls(deps: {
  readonly unitOfWork: UnitOfWork<HandoffCallStores>;
  readonly cases: Pick<LoginCases, 'load'>;
  readonly states: Pick<LoginStates, 'verify'>;
  readonly issuerOf: (workspace: Pick<Workspace, 'tenantId' | 'id'>) => string;
  readonly clock: Clock;
}): HandoffCalls {
  const { unitOfWork, cases, states, clock } = deps;

  async function find(stores: HandoffCallStores, call: HandoffCall): Promise<LoginSession | undefined> {
    const { tenantId, id } = call;
    const now = clock.now();
    const stay = await stores.handoffs.find(tenantId, id);
    const isMeant = states.verify(call.state, tenantId, id);
    if (stay === undefined || !isMeant || stay.clientId !== call.clientId) return undefined;
    const { step } = stay;
    if (pageKindAt(step) !== call.kind) return undefined;
    if (stay.answered !== undefined || stay.expiresAt <= now) return undefined;
    const { workspaceId, interactionId } = stay;
    if ((await stores.handoffs.findLast(tenantId, workspaceId, interactionId, step))?.id !== id) return undefined;
    const row = await stores.interactions.find(tenantId, workspaceId, interactionId);
    if (row?.state !== 'open' || (row.person?.subject ?? '') !== stay.subject) return undefined;
    const login = await cases.load(stores, row, interactionId);
    if (login.kind === 'ended' || !isAt(login, step, now)) return undefined;
    const data = await saidTo(stores, stay, login);
    if (data === undefined) return undefined;
    const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, interactionId));
    const context = { ...proven?.context, ...data };
    return { stay, login, asked: scopesAsked(login.request, proven), context };
  }

  async function check(
    stores: LoginStores,
    { stay, login, asked }: LoginSession,
    answer: HandoffAnswer,
  ): Promise<void> {
    if (answer.kind === 'authenticated')
      await checkAuthenticated(stores, login, answer, { idp: stay.targetId, now: clock.now() });
    if (answer.kind === 'granted') checkGranted(login, asked, answer);
  }

  return {
    async read(call) {
      const session = await unitOfWork.run((stores) => find(stores, call));
      if (session === undefined) throw nothingWaits();
      return session;
    },

    async answer(call, answer) {
      const ticket = newTicket();
      const address = await unitOfWork.run(async (stores) => {
        const session = await find(stores, call);
        if (session === undefined) return undefined;
        await check(stores, session, answer);
        const { stay, login } = session;
        const answered = { at: clock.now(), answer, ticketHash: ticketHash(ticket) };
        if (!(await stores.handoffs.answer(stay.tenantId, stay.id, answered))) return undefined;
        await stores.outbox.append(eventOfAnswer(stay, login.interaction, answer));
        const { tenantId, workspaceId: id } = stay;
        return `${deps.issuerOf({ tenantId, id })}/login/${login.interaction.uid}/return?ticket=${ticket}`;
      });
      if (address === undefined) throw nothingWaits();
      return address;
    },
  };
}

/** Whether the login is at this step. A first factor that went stale is asked for again, whatever the row stands at. */
function isAt({ interaction, workspace: { settings } }: LoginCase, step: string, now: number): boolean {
  if (step !== authenticateStep) return interaction.step === step;
  return stepToShow(interaction, parseDuration(settings.factor_freshness) ?? 0, now) === step;
}

/**
 * What a script has to say to the page, nothing in most logins.
 * @returns undefined where the person is not to go there any more, or the page is not this client's
 */
async function saidTo(
  stores: HandoffCallStores,
  { tenantId, workspaceId, step, targetId, clientId }: Handoff,
  { interaction }: LoginCase,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (targetAmong(await stores.pages.list(tenantId, workspaceId), step, targetId)?.clientId !== clientId)
    return undefined;
  switch (pageKindAt(step)) {
    case 'custom-login':
      return {};
    case 'custom-consent':
      return interaction.person === undefined ? undefined : {};
    case 'custom-app': {
      const asked = await askedApp(stores, interaction);
      return asked?.app === targetId ? asked.data : undefined;
    }
    case undefined:
      return undefined;
  }
}

function nothingWaits(): PlatformError {
  return new PlatformError(
    'not_found',
    'No login of this id and login_state waits for your application: it may be over, or answered already.',
  );
}
