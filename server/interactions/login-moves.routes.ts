/** What happens when a person posts a form: checked, proven, moved by the workflow, and on to the next page. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  authenticateStep,
  consentStep,
  scriptStep,
  stepOf,
  stopped,
  unavailable,
  type Next,
} from '../../workflows/contract/authentication.ts';
import { LoginMoved, WorkflowsUnavailable } from '../../workflows/client.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { LoginNotice } from '../themes/pages.ts';
import { formOf, type FormNonces } from './form-nonce.ts';
import { commitStep } from './interaction.ts';
import { endedMark } from './login-address.ts';
import type { InteractionService } from './interaction.service.ts';
import { stepApplies, stepToShow } from './login-plan.ts';
import { askedBy, broughtFrom, type Visit } from './login-visit.routes.ts';
import { createFactorMove, type FactorMoveDeps } from './factor-move.routes.ts';
import { createHandoffMoves, type HandoffMoveDeps } from './handoff-move.routes.ts';
import { createPasskeyOfferMove, type PasskeyOfferMoveDeps } from './passkey-offer-move.routes.ts';
import { pageKindAt } from './handoff-target.ts';
import { passkeyOfferStep } from './passkey-offer.ts';
import { createScriptPages, type ScriptPagesDeps } from './script-pages.ts';
import type { KnownPerson, ProofContent } from './proof.ts';

export type LoginMove = (visit: Visit, req: Request, res: Response) => Promise<void>;

export interface LoginMoves {
  readonly show: LoginMove;
  readonly authenticate: LoginMove;
  readonly decide: LoginMove;
  readonly passStep: LoginMove;
  readonly comeBack: LoginMove;
  readonly startOver: LoginMove;
  readonly cancel: LoginMove;
}

export interface LoginMovesDeps
  extends
    Omit<FactorMoveDeps, 'prove' | 'keepProof' | 'metrics'>,
    Omit<PasskeyOfferMoveDeps, 'prove' | 'idps'>,
    Pick<HandoffMoveDeps, 'handoffs'>,
    ScriptPagesDeps {
  readonly idps: PasskeyOfferMoveDeps['idps'];
  readonly interactions: InteractionService;
  readonly extensions: ExtensionRegistry;
  readonly nonces: FormNonces;
  readonly clock: Clock;
  /** What is counted; never who. */
  readonly metrics: FactorMoveDeps['metrics'] & Pick<Metrics, 'loginEnded' | 'loginStepTook'>;
}

/** Steps that no plugin provides. */
const isOwnStep = (step: string): boolean =>
  step === commitStep || step === passkeyOfferStep || step === scriptStep || pageKindAt(step) !== undefined;
/** How the sending again of what was proven is counted. */
const resumed = 'resume';
/** How long a step that could not be done is left alone. */
const retryAfterSeconds = 5;

const text = (max: number) => z.string().max(max).catch('');
const consentForm = z.object({
  nonce: text(200),
  decision: z.enum(['allow', 'deny']).optional().catch(undefined),
  scope: z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]),
});

export function createLoginMoves(deps: LoginMovesDeps): LoginMoves {
  const { interactions, screens, nonces, clock } = deps;
  const scriptPages = createScriptPages(deps);
  const current = (visit: Visit): string => stepToShow(visit.interaction, visit.freshnessMs, clock.now());
  const sameStep = (visit: Visit, nonce: string, step: string): boolean =>
    nonces.verify(nonce, visit.interaction.id, formOf(step, visit.interaction.person));

  /** Sends a move and takes the browser where the answer says. @returns false when the page of the step is to be drawn */
  async function go(
    visit: Visit,
    req: Request,
    res: Response,
    step: string,
    send: () => Promise<Next | undefined>,
  ): Promise<boolean> {
    const since = clock.now();
    try {
      const next = await send();
      if (next === undefined) return false;
      // What a script made the login stand at is answered ever after, while the row goes on.
      if (step === resumed && next.kind === 'step' && (await scriptPages.stillDecides(visit.interaction))) return false;
      deps.metrics.loginStepTook(step, (clock.now() - since) / 1000);
      if (next.kind === 'committed') {
        deps.metrics.loginEnded(next.outcome === 'granted' ? 'completed' : 'denied', step);
        const isTold = next.outcome === 'denied' && (await scriptPages.failureOf(visit.interaction)) !== undefined;
        res.redirect(303, isTold ? visit.path : visit.request.returnTo);
      } else if (next.kind === 'refused' && (next.reason === unavailable || next.reason === stepApplies)) {
        deps.metrics.loginEnded('failed', 'unavailable');
        screens.unavailable(visit, req, res, retryAfterSeconds);
      } else toStep(visit, res, next.kind === 'refused' ? noticeFor(next.reason) : undefined);
    } catch (error) {
      if (error instanceof LoginMoved && error.over) {
        // The row may have ended with its workflow: then its own page says how, and otherwise the one of a stopped login.
        if (await interactions.giveUp(visit.interaction)) deps.metrics.loginEnded('expired', stopped);
        toStep(visit, res);
      } else if (error instanceof LoginMoved) {
        // After a GET a redirect would come back here, for ever.
        if (step === resumed) return false;
        toStep(visit, res, 'step_passed');
      } else if (error instanceof WorkflowsUnavailable) {
        deps.metrics.loginEnded('failed', 'unavailable');
        screens.unavailable(visit, req, res, error.retryAfterSeconds);
      } else throw error;
    }
    return true;
  }
  /** A plugin's step that waits for the person, and that nothing asks for any more. */
  const isOrphan = ({ workspace, client, interaction }: Visit, step: string): boolean =>
    !isOwnStep(step) && interaction.person !== undefined && !deps.extensions.stepFor(step, { workspace, client });

  async function skip(visit: Visit, req: Request, res: Response, step: string): Promise<void> {
    const subject = visit.interaction.person?.subject ?? '';
    const nonce = nonces.issue(visit.interaction.id, formOf(step, visit.interaction.person));
    const content = { kind: 'step', subject, stepId: step, outcome: 'skipped', data: {} } as const;
    const sent = await go(visit, req, res, resumed, () =>
      interactions.move(visit.client, visit.interaction, { nonce, content }),
    );
    if (!sent) screens.unavailable(visit, req, res, retryAfterSeconds);
  }

  const move = (visit: Visit, req: Request, res: Response, step: string, nonce: string, content: ProofContent) =>
    go(visit, req, res, step, () => interactions.move(visit.client, visit.interaction, { nonce, content }));

  /** A first factor, with what scripts judge it by, unless the idp was on the list a moment ago and is not any more. */
  async function begin(visit: Visit, req: Request, res: Response, nonce: string, content: KnownPerson): Promise<void> {
    const from = askedBy(req);
    const choice = await deps.idpsFor(visit, req);
    // The page says which there are by now.
    if (!choice.idps.some(({ id }) => id === content.person.idpId)) return toStep(visit, res);
    const satisfied = [...content.satisfied, ...choice.satisfied(content.person.idpId)];
    await move(visit, req, res, authenticateStep, nonce, { ...content, from, satisfied });
  }
  const passOffer = createPasskeyOfferMove({
    ...deps,
    async prove(visit, req, res, nonce, content) {
      await move(visit, req, res, passkeyOfferStep, nonce, content);
    },
  });
  const handoffMoves = createHandoffMoves({
    ...deps,
    skip,
    async prove(visit, req, res, nonce, content) {
      if (content.kind === 'authenticated') return begin(visit, req, res, nonce, content);
      const step = content.kind === 'step' ? content.stepId : stepOf(content.kind);
      await move(visit, req, res, step, nonce, content);
    },
    async refuse(visit, res, refusal) {
      await interactions.refuse(visit.interaction, visit.request, refusal);
      deps.metrics.loginEnded('denied', 'login_rejected');
      res.redirect(303, visit.request.returnTo);
    },
  });
  const moveFactor = createFactorMove({
    ...deps,
    async keepProof(stores, { visit, req, nonce }, content) {
      await interactions.keep(stores, visit.interaction, { nonce, content: broughtFrom(req, content) });
    },
    prove: begin,
  });

  return {
    async show(visit, req, res) {
      const { interaction, request } = visit;
      if (interaction.state !== 'open') {
        if (endedMark in req.query) {
          screens.missed(req, res, { kind: 'finished', tenantName: visit.tenantName, client: visit.client });
          return;
        }
        const failed = await scriptPages.failureOf(interaction);
        if (failed !== undefined && request.uid === interaction.uid) {
          screens.scriptFailed(visit, req, res, failed);
          return;
        }
        // The engine asks again although this login was committed: a second answer would only go round in circles.
        if (request.uid !== interaction.uid) await interactions.refuseSecondRound(interaction, request);
        res.redirect(303, request.returnTo);
        return;
      }
      const step = current(visit);
      const rest = step === scriptStep ? await scriptPages.restOf(interaction) : undefined;
      if (rest !== undefined) {
        screens.waiting(visit, req, res, rest);
        return;
      }
      const answered = await go(visit, req, res, resumed, () => interactions.resume(visit.client, interaction, step));
      if (answered) return;
      if (step === commitStep) screens.unavailable(visit, req, res, retryAfterSeconds);
      else if (step === scriptStep) screens.waiting(visit, req, res, undefined);
      else if (await handoffMoves.show(visit, req, res, step)) return;
      else if (isOrphan(visit, step)) await skip(visit, req, res, step);
      else await screens.step(visit, req, res, step);
    },

    async authenticate(visit, req, res) {
      const nonce = nonceOf(req);
      if (!sameStep(visit, nonce, authenticateStep))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== authenticateStep) return toStep(visit, res, 'step_passed');
      await moveFactor(visit, req, res, nonce);
    },

    async decide(visit, req, res) {
      const { nonce, decision, scope } = consentForm.parse(req.body ?? {});
      if (!sameStep(visit, nonce, consentStep))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== consentStep)
        return toStep(visit, res, current(visit) === authenticateStep ? 'stale_factor' : 'step_passed');
      if (await handoffMoves.isElsewhere(visit, req, consentStep)) return toStep(visit, res);
      if (decision === undefined) return screens.step(visit, req, res, consentStep, { outdated: true });
      const subject = visit.interaction.person?.subject;
      if (subject === undefined) return toStep(visit, res, 'step_passed');
      await move(visit, req, res, consentStep, nonce, {
        kind: 'consented',
        subject,
        decision,
        grantedScopes: scope,
        details: {},
      });
    },

    async passStep(visit, req, res) {
      const name = String(req.params['step']);
      const { interaction, workspace, client } = visit;
      const isAway = await handoffMoves.isElsewhere(visit, req, name);
      const isOwn = name === passkeyOfferStep || isAway;
      const step = isOwn ? undefined : deps.extensions.stepFor(name, { workspace, client })?.value;
      const fields = z
        .record(z.string(), z.string().max(8192))
        .catch({})
        .parse(req.body ?? {});
      const nonce = fields['nonce'] ?? '';
      if ((!isOwn && step === undefined) || !sameStep(visit, nonce, name))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== name) return toStep(visit, res, 'step_passed');
      if (isAway) return handoffMoves.again(visit, req, res, name);
      if (interaction.person === undefined) return toStep(visit, res, 'step_passed');
      if (step === undefined) return passOffer(visit, req, res, nonce, fields);
      const outcome = await step.handle(fields, {
        workspace,
        client,
        interactionId: interaction.id,
        person: interaction.person,
      });
      if (outcome.kind === 'again') return screens.step(visit, req, res, name, { stepErrors: outcome.errors });
      await move(visit, req, res, name, nonce, {
        kind: 'step',
        subject: interaction.person.subject,
        stepId: name,
        outcome: outcome.kind,
        ...(outcome.kind === 'denied' ? { reason: outcome.reason } : {}),
        data: outcome.data,
      });
    },

    comeBack: handoffMoves.comeBack,

    async startOver(visit, req, res) {
      if (!sameStep(visit, nonceOf(req), current(visit)))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      await interactions.startOver(visit.interaction);
      toStep(visit, res);
    },

    async cancel(visit, req, res) {
      if (!sameStep(visit, nonceOf(req), current(visit)))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      await interactions.cancel(visit.interaction, visit.request);
      deps.metrics.loginEnded('denied', 'cancelled');
      res.redirect(303, visit.request.returnTo);
    },
  };
}

/** Post, redirect, get: a reload of the next page posts nothing twice. */
function toStep(visit: Visit, res: Response, notice?: LoginNotice): void {
  res.redirect(303, notice === undefined ? visit.path : `${visit.path}?notice=${notice}`);
}

function noticeFor(reason: string): LoginNotice {
  return reason === 'stale_factor' ? 'stale_factor' : 'proof_void';
}

function nonceOf(req: Request): string {
  return z.object({ nonce: text(200) }).parse(req.body ?? {}).nonce;
}
