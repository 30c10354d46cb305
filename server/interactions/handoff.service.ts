/** A person's stays at integrators' pages, as their own browser makes them: begun, begun once more, and brought back. */
import { authenticateStep, consentStep, isScriptAppStep } from '../../workflows/contract/authentication.ts';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import { customAppId, handoffId, newId } from '../kernel/ids.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { requirementOfApp } from './custom-app-step.ts';
import { detailsOf } from './custom-consent.ts';
import { knownBy } from './custom-login.ts';
import { handoffSteps, type HandoffTarget } from './handoff-target.ts';
import { handoffDeadline, type AnsweredHandoff, type Handoff, type HandoffStore } from './handoff.ts';
import type { Interaction } from './interaction.ts';
import { isTicket, type LoginStates } from './login-state.ts';
import type { ProofContent } from './proof.ts';

export interface HandoffService {
  /**
   * The stay of this login's person at the page: the one that is there, or a first one.
   * @param timeoutMs how long a stay is waited for, within the login's own time
   * @returns `isNew` for the one call that began it
   * @throws PlatformError `too_many_requests` after a hundred stays of a login at one step
   */
  open(
    interaction: Interaction,
    target: HandoffTarget,
    timeoutMs: number,
  ): Promise<{ readonly stay: Handoff; readonly isNew: boolean }>;
  /** A further stay after one that was answered and never brought back, or whose time is over: what was said in it is void. */
  again(interaction: Interaction, target: HandoffTarget, timeoutMs: number): Promise<Handoff>;
  /** Where the browser goes, with `login_id` and `login_state` beside what the page's address has in its query. */
  addressOf(stay: Handoff, target: Pick<HandoffTarget, 'url'>): string;
  /** @returns the last stay of this very login, where the ticket is its own */
  broughtBy(interaction: Interaction, ticket: string): Promise<AnsweredStay | undefined>;
}

/** Of a login at one step: more than any person needs, and less than fills a table. */
const mostRounds = 100;

export type AnsweredStay = Handoff & { readonly answered: AnsweredHandoff };

export function createHandoffService(deps: {
  readonly handoffs: Pick<HandoffStore, 'findLast' | 'insertOnce'>;
  readonly states: Pick<LoginStates, 'stateOf'>;
  readonly clock: Clock;
}): HandoffService {
  const { handoffs, states, clock } = deps;

  const last = ({ tenantId, workspaceId, id }: Interaction, step: string) =>
    handoffs.findLast(tenantId, workspaceId, id, step);

  async function begin(
    interaction: Interaction,
    target: HandoffTarget,
    round: number,
    timeoutMs: number,
  ): Promise<Handoff> {
    const now = clock.now();
    if (round > mostRounds)
      throw new PlatformError(
        'too_many_requests',
        'This sign-in went there too often: begin it anew at the application.',
      );
    return handoffs.insertOnce({
      tenantId: interaction.tenantId,
      workspaceId: interaction.workspaceId,
      id: handoffId(newId()),
      interactionId: interaction.id,
      step: target.step,
      round,
      subject: interaction.person?.subject ?? '',
      targetId: target.id,
      clientId: target.clientId,
      createdAt: now,
      expiresAt: handoffDeadline(interaction, timeoutMs, now),
      answered: undefined,
    });
  }

  return {
    async open(interaction, target, timeoutMs) {
      const before = await last(interaction, target.step);
      if (before !== undefined && isStayOf(before, interaction, target)) return { stay: before, isNew: false };
      const stay = await begin(interaction, target, (before?.round ?? 0) + 1, timeoutMs);
      return { stay, isNew: true };
    },

    async again(interaction, target, timeoutMs) {
      const before = await last(interaction, target.step);
      const isTheirs = before !== undefined && isStayOf(before, interaction, target);
      const isOpen = isTheirs && before.answered === undefined && before.expiresAt > clock.now();
      return isOpen ? before : begin(interaction, target, (before?.round ?? 0) + 1, timeoutMs);
    },

    addressOf({ tenantId, id }, target) {
      const url = new URL(target.url);
      url.searchParams.set('login_id', id);
      url.searchParams.set('login_state', states.stateOf(tenantId, id));
      return url.href;
    },

    async broughtBy(interaction, ticket) {
      for (const step of new Set([...handoffSteps, interaction.step])) {
        const stay = await last(interaction, step);
        if (stay?.answered !== undefined && isTicket(ticket, stay.answered.ticketHash))
          return { ...stay, answered: stay.answered };
      }
      return undefined;
    },
  };
}

/** Whether it goes on for who is known now, at the page that is asked for now. */
function isStayOf(stay: Handoff, { person }: Interaction, target: HandoffTarget): boolean {
  return stay.subject === (person?.subject ?? '') && stay.targetId === target.id && stay.clientId === target.clientId;
}

/** What coming back proves: what the page's backend said, and nothing that the browser brought along. */
export function provenBy(stay: AnsweredStay, workspace: Pick<Workspace, 'settings'>): ProofContent | Refusal {
  const { id, step, subject, targetId, clientId, answered } = stay;
  const { answer } = answered;
  const isScripts = isScriptAppStep(step);
  const satisfies = isScripts ? {} : { satisfies: requirementOfApp(customAppId(targetId)) };
  const passed = { kind: 'step', subject, stepId: step, ...satisfies } as const;
  const decided = { kind: 'consented', subject, page: clientId } as const;
  const data = { handoff: id, ...(isScripts ? { app: targetId } : {}) };
  switch (answer.kind) {
    case 'completed':
      // What is said to a script is its own affair: the login takes over what the script makes of it.
      if (isScripts) return { ...passed, outcome: 'passed', data: { ...data, said: answer.context } };
      return { ...passed, outcome: 'passed', context: answer.context, data };
    case 'authenticated':
      return knownBy(answer, targetId, workspace, answered.at);
    case 'granted':
      return { ...decided, decision: 'allow', grantedScopes: answer.scopes, details: detailsOf(answer) };
    case 'aborted': {
      const error = { error: answer.error, description: answer.description };
      if (step === authenticateStep) return { kind: 'refusal', ...error };
      if (step === consentStep) return { ...decided, decision: 'deny', grantedScopes: [], details: {}, error };
      return { ...passed, outcome: 'denied', reason: 'custom_app_aborted', error, data };
    }
  }
}

/** Nobody is known by it: there is nothing to prove, and the login ends. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly error: string;
  readonly description: string;
}

/** What makes the move of one stay one move, however often its ticket is brought. */
export const nonceOfStay = ({ id }: Pick<Handoff, 'id'>): string => `handoff.${id}`;
