/** A browser on its way to an integrator's page and back: sent there once, told where it was left, let in by its ticket. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { CustomAppStore } from '../extensions/custom-app.ts';
import type { ScriptRunStore } from '../extensions/script-run.ts';
import type { IdpStore } from '../idps/idp.ts';
import type { Clock } from '../kernel/clock.ts';
import { askedApp } from './custom-app-step.ts';
import { nonceOfStay, provenBy, type HandoffService, type HandoffTarget } from './handoff.service.ts';
import type { InteractionService } from './interaction.service.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { Visit } from './login-visit.routes.ts';
import { appTimeout } from './script-step.ts';
import type { ProofContent } from './proof.ts';

export interface HandoffMoveDeps {
  readonly idps: Pick<IdpStore, 'find'>;
  readonly customApps: Pick<CustomAppStore, 'find'>;
  readonly scriptRuns: Pick<ScriptRunStore, 'listOf'>;
  readonly handoffs: HandoffService;
  readonly interactions: Pick<InteractionService, 'giveUpStep'>;
  readonly screens: Pick<LoginScreens, 'away' | 'nowhere'>;
  readonly clock: Clock;
  /** Sends a proof, and takes the browser where the answer says. */
  readonly prove: (visit: Visit, req: Request, res: Response, nonce: string, content: ProofContent) => Promise<void>;
  /** Nothing asks for the step any more: the login goes on without it. */
  readonly skip: (visit: Visit, req: Request, res: Response, step: string) => Promise<void>;
}

export interface HandoffMoves {
  /** Sends the browser to the page the first time; afterwards it is shown how to go there again. */
  readonly show: (visit: Visit, req: Request, res: Response) => Promise<void>;
  /** Its person begins there once more. The form's nonce was verified. */
  readonly again: (visit: Visit, req: Request, res: Response) => Promise<void>;
  /** The browser brings what may be a ticket. */
  readonly comeBack: (visit: Visit, req: Request, res: Response) => Promise<void>;
}

/** A page that is asked for and not there any more: nobody gets past it. */
type Target = HandoffTarget | 'nobody-asks' | 'not-there';

export function createHandoffMoves(deps: HandoffMoveDeps): HandoffMoves {
  const { handoffs, screens, clock } = deps;

  async function targetOf({ workspace, interaction }: Visit): Promise<Target> {
    const asked = await askedApp(deps, interaction);
    if (asked === undefined) return 'nobody-asks';
    const found = await deps.customApps.find(workspace.tenantId, workspace.id, asked.app);
    return found === undefined ? 'not-there' : { ...found, step: asked.step };
  }

  async function atTarget(
    visit: Visit,
    req: Request,
    res: Response,
    go: (target: HandoffTarget, timeoutMs: number) => Promise<void>,
  ): Promise<void> {
    const target = await targetOf(visit);
    if (target === 'nobody-asks') await deps.skip(visit, req, res, visit.interaction.step);
    else if (target === 'not-there') screens.nowhere(visit, req, res);
    else await go(target, await appTimeout(deps, visit.interaction, visit.workspace.settings));
  }

  return {
    show: (visit, req, res) =>
      atTarget(visit, req, res, async (target, timeoutMs) => {
        const { stay, isNew } = await handoffs.open(visit.interaction, target, timeoutMs);
        const href = handoffs.addressOf(stay, target);
        if (isNew) {
          res.redirect(303, href);
          return;
        }
        const leftMs = stay.expiresAt - clock.now();
        if (leftMs > 0) {
          screens.away(visit, req, res, { step: target.step, name: target.name, href, stay, leftMs });
          return;
        }
        await deps.interactions.giveUpStep(visit.interaction, visit.request);
        res.redirect(303, visit.request.returnTo);
      }),

    again: (visit, req, res) =>
      atTarget(visit, req, res, async (target, timeoutMs) => {
        const stay = await handoffs.again(visit.interaction, target, timeoutMs);
        res.redirect(303, handoffs.addressOf(stay, target));
      }),

    async comeBack(visit, req, res) {
      const { interaction, path } = visit;
      const ticket = z.object({ ticket: z.string().max(200) }).safeParse(req.query).data?.ticket;
      const stay = ticket === undefined ? undefined : await handoffs.broughtBy(interaction, ticket);
      // A stay of somebody who was signed out of this login since then is nobody's.
      const isTheirs = stay?.subject === (interaction.person?.subject ?? '');
      if (stay === undefined || !isTheirs) res.redirect(303, path);
      else await deps.prove(visit, req, res, nonceOfStay(stay), provenBy(stay));
    },
  };
}
