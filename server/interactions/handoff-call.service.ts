/** A person's stay at an integrator's page, as the page's backend reads it and answers it: by its own token, and once. */
import type { CustomAppStore } from '../extensions/custom-app.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { ClientId, HandoffId, TenantId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { askedApp, type AskedApp } from './custom-app-step.ts';
import type { Handoff, HandoffAnswer, HandoffStore } from './handoff.ts';
import type { LoginCase, LoginCases, LoginStores } from './login-case.ts';
import { newTicket, ticketHash, type LoginStates } from './login-state.ts';
import { provenSoFar } from './proven-so-far.ts';

export interface HandoffCallStores extends LoginStores {
  readonly handoffs: HandoffStore;
  readonly customApps: Pick<CustomAppStore, 'find'>;
}

/** Who calls, and which stay they mean. */
export interface HandoffCall {
  readonly tenantId: TenantId;
  readonly id: HandoffId;
  /** As it came; `login_state`. */
  readonly state: string;
  /** Whom the token was issued to. */
  readonly clientId: ClientId | undefined;
  /** What the endpoint answers for: a stay at any other step is none. */
  readonly isStep: (step: string) => boolean;
}

/** A login, as the page sees it. */
export interface LoginSession {
  readonly stay: Handoff;
  readonly login: LoginCase;
  /** What is known of the person, and what a script says to the page. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface HandoffCalls {
  /** @throws PlatformError `not_found`: the same for a stay of another client, another state, one that is over, and none */
  read(call: HandoffCall): Promise<LoginSession>;
  /**
   * Keeps what the page said. The login does not go on by that: the person's own browser has to bring the ticket.
   * @returns where to send the browser, `redirect_to`
   * @throws PlatformError `not_found`, also where it was answered before
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
    const stay = await stores.handoffs.find(tenantId, id);
    const isMeant = states.verify(call.state, tenantId, id);
    if (stay === undefined || !isMeant || !call.isStep(stay.step) || stay.clientId !== call.clientId) return undefined;
    const { step } = stay;
    if (stay.answered !== undefined || stay.expiresAt <= clock.now()) return undefined;
    const { workspaceId, interactionId } = stay;
    if ((await stores.handoffs.findLast(tenantId, workspaceId, interactionId, step))?.id !== id) return undefined;
    const row = await stores.interactions.find(tenantId, workspaceId, interactionId);
    if (row?.state !== 'open' || row.step !== step || (row.person?.subject ?? '') !== stay.subject) return undefined;
    const login = await cases.load(stores, row, interactionId);
    if (login.kind === 'ended') return undefined;
    const asked = await askedFor(stores, stay, login);
    if (asked === undefined) return undefined;
    const proven = provenSoFar(await stores.proofs.listOf(tenantId, workspaceId, interactionId));
    return { stay, login, context: { ...proven?.context, ...asked.data } };
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
        const { stay, login } = session;
        const answered = { at: clock.now(), answer, ticketHash: ticketHash(ticket) };
        if (!(await stores.handoffs.answer(stay.tenantId, stay.id, answered))) return undefined;
        await stores.outbox.append(eventOf(session, answer));
        const { tenantId, workspaceId: id } = stay;
        return `${deps.issuerOf({ tenantId, id })}/login/${login.interaction.uid}/return?ticket=${ticket}`;
      });
      if (address === undefined) throw nothingWaits();
      return address;
    },
  };
}

/** What asks the person to go to this page still, while the page is this client's. */
async function askedFor(
  stores: HandoffCallStores,
  { tenantId, workspaceId, targetId, clientId }: Handoff,
  { interaction }: LoginCase,
): Promise<AskedApp | undefined> {
  const asked = await askedApp(stores, interaction);
  if (asked?.app !== targetId) return undefined;
  const app = await stores.customApps.find(tenantId, workspaceId, asked.app);
  return app?.clientId === clientId ? asked : undefined;
}

function eventOf({ stay, login: { interaction } }: LoginSession, answer: HandoffAnswer) {
  const action = answer.kind;
  const { tenantId, workspaceId, targetId, clientId } = stay;
  const { person } = interaction;
  const error = answer.kind === 'aborted' ? { error: answer.error } : {};
  return {
    tenantId,
    workspaceId,
    subject: 'post_authn',
    action,
    metadata: {
      client_id: interaction.clientId,
      session_id: interaction.id,
      ...(person === undefined ? {} : { subject: person.subject, idp_id: person.idpId }),
    },
    // What the attributes are is nobody's business but the person's.
    payload: { [`post_authn_${action}`]: { custom_app_id: targetId, client_id: clientId, ...error } },
  };
}

function nothingWaits(): PlatformError {
  return new PlatformError(
    'not_found',
    'No login of this id and login_state waits for your application: it may be over, or answered already.',
  );
}
