/** A browser on its way to an integrator's page and back: sent there once, told where it was left, let in by its ticket. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import type { Idp, IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { askedApp } from './custom-app-step.ts';
import { isDecidedThere } from './custom-consent.ts';
import { nonceOfStay, provenBy, type HandoffService, type Refusal } from './handoff.service.ts';
import { pageKindAt, stayTimeout, targetAmong, type HandoffTarget } from './handoff-target.ts';
import type { Handoff } from './handoff.ts';
import { chosenIdp, shownIdps } from './idp-choice.ts';
import type { Interaction } from './interaction.ts';
import type { InteractionService } from './interaction.service.ts';
import type { LoginAttempts } from './login-attempt.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { IdpsFor, Visit } from './login-visit.routes.ts';
import { isTaken, type ProofContent, type ProofStore } from './proof.ts';
import { provenSoFar } from './proven-so-far.ts';

export interface HandoffMoveDeps {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly idpsFor: IdpsFor;
  readonly extensions: Pick<ExtensionRegistry, 'consentTypeFor'>;
  readonly attempts: Pick<LoginAttempts, 'read'>;
  readonly scriptRuns: Pick<ScriptRunStore, 'listOf'>;
  readonly proofs: Pick<ProofStore, 'listOf'>;
  readonly handoffs: HandoffService;
  readonly interactions: Pick<InteractionService, 'giveUpStep'>;
  readonly screens: Pick<LoginScreens, 'away' | 'nowhere'>;
  readonly clock: Clock;
  /** Sends a proof, and takes the browser where the answer says. */
  readonly prove: (visit: Visit, req: Request, res: Response, nonce: string, content: ProofContent) => Promise<void>;
  /** Nothing asks for the step any more: the login goes on without it. */
  readonly skip: (visit: Visit, req: Request, res: Response, step: string) => Promise<void>;
  /** Nobody is known by the page: the login ends, and the browser goes to the application. */
  readonly refuse: (visit: Visit, res: Response, refusal: Refusal) => Promise<void>;
}

export interface HandoffMoves {
  /** Whether the step is taken at an integrator's page, and at none of ours. */
  readonly isElsewhere: (visit: Visit, req: Request, step: string) => Promise<boolean>;
  /**
   * Sends the browser to the page the first time; afterwards it is shown how to go there again.
   * @returns false where the step is taken at a page of ours
   */
  readonly show: (visit: Visit, req: Request, res: Response, step: string) => Promise<boolean>;
  /** Its person begins there once more. The form's nonce was verified. */
  readonly again: (visit: Visit, req: Request, res: Response, step: string) => Promise<void>;
  /** The browser brings what may be a ticket. */
  readonly comeBack: (visit: Visit, req: Request, res: Response) => Promise<void>;
}

/** A page of ours; or one that is asked for and not there any more: nobody gets past it. */
type Target = Asked | 'ours' | 'nobody-asks' | 'not-there';
interface Asked {
  readonly page: HandoffTarget;
  /** Other ways to prove who they are. */
  readonly otherIdps: readonly Idp[];
}

export function createHandoffMoves(deps: HandoffMoveDeps): HandoffMoves {
  const { handoffs, screens, clock } = deps;

  async function loginPage(visit: Visit, req: Request): Promise<Target> {
    if (!visit.pages.some(({ kind }) => kind === 'custom-login')) return 'ours';
    const { request, interaction, pages } = visit;
    const { idps } = await deps.idpsFor(visit, req);
    const picked = req.query['idp'] ?? deps.attempts.read(interaction)?.idpId;
    const idp = chosenIdp(idps, request, picked);
    const page = idp?.method === 'custom' ? targetAmong(pages, authenticateStep, idp.id) : undefined;
    return page === undefined ? 'ours' : { page, otherIdps: shownIdps(idps).filter(({ id }) => id !== page.id) };
  }

  async function application({ interaction, pages }: Visit): Promise<Target> {
    const asked = await askedApp(deps, interaction);
    if (asked === undefined) return 'nobody-asks';
    const page = targetAmong(pages, asked.step, asked.app);
    return page === undefined ? 'not-there' : { page, otherIdps: [] };
  }

  async function consentPage(visit: Visit): Promise<Target> {
    const { tenantId, workspaceId, id, person } = visit.interaction;
    const page = targetAmong(visit.pages, consentStep);
    if (page === undefined || person === undefined) return 'ours';
    const proven = provenSoFar(await deps.proofs.listOf(tenantId, workspaceId, id));
    return isDecidedThere(deps.extensions, visit, proven, clock.now()) ? { page, otherIdps: [] } : 'ours';
  }

  async function targetOf(visit: Visit, req: Request, step: string): Promise<Target> {
    switch (pageKindAt(step)) {
      case 'custom-login':
        return loginPage(visit, req);
      case 'custom-app':
        return application(visit);
      case 'custom-consent':
        return consentPage(visit);
      case undefined:
        return 'ours';
    }
  }

  async function atTarget(
    visit: Visit,
    req: Request,
    res: Response,
    step: string,
    go: (target: Asked, timeoutMs: number) => Promise<void>,
  ): Promise<boolean> {
    const target = await targetOf(visit, req, step);
    if (target === 'ours') return false;
    if (target === 'nobody-asks') await deps.skip(visit, req, res, step);
    else if (target === 'not-there') screens.nowhere(visit, req, res);
    else await go(target, await stayTimeout(deps, visit.interaction, step, visit.workspace.settings));
    return true;
  }

  /** Whether the login took what was said there: what was refused, or never brought, is void until its person says so. */
  async function wasTaken({ tenantId, workspaceId, id }: Interaction, stay: Handoff): Promise<boolean> {
    if (stay.answered === undefined) return false;
    const proofs = await deps.proofs.listOf(tenantId, workspaceId, id);
    return proofs.some((proof) => proof.nonce === nonceOfStay(stay) && isTaken(proof));
  }

  /**
   * Whoever let the time of a login page run out has proven nothing, and whoever is to be somebody else now signs in anew:
   * they begin there once more while there is time.
   */
  async function begin({ interaction }: Visit, page: HandoffTarget, timeoutMs: number) {
    const begun = await handoffs.open(interaction, page, timeoutMs);
    if (page.step !== authenticateStep) return begun;
    if (begun.stay.expiresAt > clock.now() && !(await wasTaken(interaction, begun.stay))) return begun;
    return { stay: await handoffs.again(interaction, page, timeoutMs), isNew: true };
  }

  return {
    isElsewhere: async (visit, req, step) => (await targetOf(visit, req, step)) !== 'ours',

    show: (visit, req, res, step) =>
      atTarget(visit, req, res, step, async ({ page, otherIdps }, timeoutMs) => {
        const { stay, isNew } = await begin(visit, page, timeoutMs);
        const leftMs = stay.expiresAt - clock.now();
        if (leftMs <= 0) {
          await deps.interactions.giveUpStep(visit.interaction, visit.request);
          res.redirect(303, visit.request.returnTo);
          return;
        }
        const href = handoffs.addressOf(stay, page);
        if (isNew) res.redirect(303, href);
        else screens.away(visit, req, res, { page, href, stay, leftMs, otherIdps });
      }),

    async again(visit, req, res, step) {
      const isElsewhere = await atTarget(visit, req, res, step, async ({ page }, timeoutMs) => {
        const stay = await handoffs.again(visit.interaction, page, timeoutMs);
        res.redirect(303, handoffs.addressOf(stay, page));
      });
      if (!isElsewhere) res.redirect(303, visit.path);
    },

    async comeBack(visit, req, res) {
      const { interaction, path } = visit;
      const ticket = z.object({ ticket: z.string().max(200) }).safeParse(req.query).data?.ticket;
      const stay = ticket === undefined ? undefined : await handoffs.broughtBy(interaction, ticket);
      // A stay of somebody who was signed out of this login since then is nobody's, and so is one whose time is over.
      const isTheirs = stay?.subject === (interaction.person?.subject ?? '');
      if (stay === undefined || !isTheirs || stay.expiresAt <= clock.now()) {
        res.redirect(303, path);
        return;
      }
      const proven = provenBy(stay, visit.workspace);
      if (proven.kind === 'refusal') await deps.refuse(visit, res, proven);
      else await deps.prove(visit, req, res, nonceOfStay(stay), proven);
    },
  };
}
