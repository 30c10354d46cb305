/** What happens when a person posts a form: checked, proven, moved by the workflow, and on to the next page. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticateStep, consentStep, unavailable, type Next } from '../../workflows/contract/authentication.ts';
import { LoginMoved, WorkflowsUnavailable } from '../../workflows/client.ts';
import { longestPasswordBytes } from '../credentials/password/hasher.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import { readCookie } from '../http/cookies.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { isPlatformError } from '../kernel/errors.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { LoginNotice } from '../themes/pages.ts';
import { formOf, type FormNonces } from './form-nonce.ts';
import type { InteractionService } from './interaction.service.ts';
import { chosenIdp } from './idp-choice.ts';
import { stepToShow } from './login-plan.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { Visit } from './login-visit.routes.ts';
import type { PasswordLoginService } from './password-login.service.ts';
import type { ProofContent } from './proof.ts';

export type LoginMove = (visit: Visit, req: Request, res: Response) => Promise<void>;

export interface LoginMoves {
  readonly show: LoginMove;
  readonly authenticate: LoginMove;
  readonly decide: LoginMove;
  readonly passStep: LoginMove;
  readonly startOver: LoginMove;
  readonly cancel: LoginMove;
}

export interface LoginMovesDeps {
  readonly interactions: InteractionService;
  readonly passwords: PasswordLoginService;
  readonly idps: Pick<IdpStore, 'list'>;
  readonly extensions: ExtensionRegistry;
  readonly nonces: FormNonces;
  readonly screens: LoginScreens;
  readonly clock: Clock;
  /** Whether the platform is reached by https only: its cookies then never travel otherwise. */
  readonly https: boolean;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
  /** What is counted; never who. */
  readonly metrics: Pick<Metrics, 'loginEnded' | 'loginStepTook' | 'passwordVerified'>;
}

const deviceCookieLifetimeMs = 180 * 86_400_000;

/** How the sending again of what was proven is counted. */
const resumed = 'resume';
/** How long a step that could not be done is left alone. */
const retryAfterSeconds = 5;

const countedAs = { proven: 'match', expired: 'match', wrong: 'mismatch', throttled: 'throttled' } as const;

const text = (max: number) => z.string().max(max).catch('');
/** Longer than any e-mail address (RFC 5321 §4.5.3.1). */
const longestIdentifier = 320;
const typed = z.string().catch('');
const loginForm = z.object({ nonce: text(200), identifier: typed, password: typed });
const consentForm = z.object({
  nonce: text(200),
  decision: z.enum(['allow', 'deny']).optional().catch(undefined),
  scope: z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]),
});

export function createLoginMoves(deps: LoginMovesDeps): LoginMoves {
  const { interactions, screens, nonces, clock } = deps;
  /** Says that somebody signed in from this browser before; its value tells nobody who. */
  const deviceCookie = deps.https ? '__Secure-gatehouse_device' : 'gatehouse_device';
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
      deps.metrics.loginStepTook(step, (clock.now() - since) / 1000);
      if (next.kind === 'committed') {
        deps.metrics.loginEnded(next.outcome === 'granted' ? 'completed' : 'denied', step);
        res.redirect(303, visit.request.returnTo);
      } else if (next.kind === 'refused' && next.reason === unavailable) {
        deps.metrics.loginEnded('failed', 'unavailable');
        screens.unavailable(visit, req, res, retryAfterSeconds);
      } else toStep(visit, res, next.kind === 'refused' ? noticeFor(next.reason) : undefined);
    } catch (error) {
      if (error instanceof LoginMoved) {
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
  const move = (visit: Visit, req: Request, res: Response, step: string, nonce: string, content: ProofContent) =>
    go(visit, req, res, step, () => interactions.move(visit.client, visit.interaction, { nonce, content }));

  return {
    async show(visit, req, res) {
      const { interaction, request } = visit;
      if (interaction.state !== 'open') {
        // The engine asks again although this login was committed: a second answer would only go round in circles.
        if (request.uid !== interaction.uid) await interactions.refuseSecondRound(interaction, request);
        res.redirect(303, request.returnTo);
        return;
      }
      const step = current(visit);
      const answered = await go(visit, req, res, resumed, () => interactions.resume(visit.client, interaction, step));
      if (!answered) await screens.step(visit, req, res, step);
    },

    async authenticate(visit, req, res) {
      const { nonce, identifier, password } = loginForm.parse(req.body ?? {});
      if (!sameStep(visit, nonce, authenticateStep))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== authenticateStep) return toStep(visit, res, 'step_passed');
      const idp = chosenIdp(
        await deps.idps.list(visit.workspace.tenantId, visit.workspace.id),
        visit.request,
        req.query['idp'],
      );
      if (idp === undefined) return screens.step(visit, req, res, authenticateStep);
      if (identifier.trim() === '') {
        return screens.step(visit, req, res, authenticateStep, {
          fault: { field: 'identifier', text: 'identifier_missing' },
        });
      }
      if (identifier.length > longestIdentifier) {
        return screens.step(visit, req, res, authenticateStep, {
          fault: { field: 'identifier', text: 'identifier_too_long' },
        });
      }
      if (Buffer.byteLength(password) > longestPasswordBytes) {
        return screens.step(visit, req, res, authenticateStep, {
          identifier,
          fault: { field: 'password', text: 'password_too_long' },
        });
      }
      if (password === '') {
        return screens.step(visit, req, res, authenticateStep, {
          identifier,
          fault: { field: 'password', text: 'password_missing' },
        });
      }
      const attempt = await attemptOrWait(deps, {
        workspace: visit.workspace,
        interaction: visit.interaction,
        idp,
        identifier,
        password,
        address: deps.addressOf(req),
        deviceCookie: readCookie(req, deviceCookie),
      });
      if (attempt.kind !== 'busy') deps.metrics.passwordVerified(countedAs[attempt.kind]);
      if (attempt.kind === 'busy') return screens.unavailable(visit, req, res, attempt.retryAfterSeconds);
      if (attempt.kind === 'throttled') {
        res.set('Retry-After', String(attempt.retryAfterSeconds));
        const fault = {
          field: 'form',
          text: 'too_many_attempts',
          retryAfterSeconds: attempt.retryAfterSeconds,
        } as const;
        return screens.step(visit, req, res, authenticateStep, { identifier, fault });
      }
      if (attempt.kind !== 'proven') {
        const fault = {
          field: 'password',
          text: attempt.kind === 'wrong' ? 'wrong_credentials' : 'password_expired',
        } as const;
        return screens.step(visit, req, res, authenticateStep, { identifier, fault });
      }
      res.cookie(deviceCookie, attempt.deviceCookie, {
        path: `/${visit.workspace.tenantId}/${visit.workspace.id}`,
        httpOnly: true,
        sameSite: 'lax',
        secure: deps.https,
        maxAge: deviceCookieLifetimeMs,
      });
      await move(visit, req, res, authenticateStep, nonce, {
        kind: 'authenticated',
        person: attempt.person,
        credentialVersion: attempt.credentialVersion,
        context: attempt.context,
        satisfied: [`idp:${idp.id}`],
      });
    },

    async decide(visit, req, res) {
      const { nonce, decision, scope } = consentForm.parse(req.body ?? {});
      if (!sameStep(visit, nonce, consentStep))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== consentStep)
        return toStep(visit, res, current(visit) === authenticateStep ? 'stale_factor' : 'step_passed');
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
      const step = deps.extensions.stepFor(name, { workspace, client })?.value;
      const fields = z
        .record(z.string(), z.string().max(8192))
        .catch({})
        .parse(req.body ?? {});
      const nonce = fields['nonce'] ?? '';
      if (step === undefined || !sameStep(visit, nonce, name))
        return screens.step(visit, req, res, current(visit), { outdated: true });
      if (current(visit) !== name || interaction.person === undefined) return toStep(visit, res, 'step_passed');
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
        data: outcome.data,
      });
    },

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

async function attemptOrWait(deps: LoginMovesDeps, attempt: Parameters<PasswordLoginService['attempt']>[0]) {
  try {
    return await deps.passwords.attempt(attempt);
  } catch (error) {
    if (!isPlatformError(error, 'unavailable')) throw error;
    return { kind: 'busy', retryAfterSeconds: error.retryAfterSeconds ?? 2 } as const;
  }
}

function nonceOf(req: Request): string {
  return z.object({ nonce: text(200) }).parse(req.body ?? {}).nonce;
}
