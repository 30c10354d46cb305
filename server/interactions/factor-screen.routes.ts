/** The page of a login that asks for its first factor: which way, who somebody is, how they prove it, what replaces what expired. */
import type { Request, Response } from 'express';
import { authenticateStep } from '../../workflows/contract/authentication.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import type { AskingPages } from './asking-page.ts';
import type { FirstFactorAsked, FirstFactorQuestion } from './first-factor-page.ts';
import { chosenIdp, shownIdps } from './idp-choice.ts';
import type { LoginAttempts } from './login-attempt.ts';
import { noticeOf, statusOf, type Again, type LoginCanvas } from './login-canvas.routes.ts';
import { chooseIdpPage, loginPage, replacementPage } from './login-pages.ts';
import { isStale } from './login-plan.ts';
import type { IdpsFor, Visit } from './login-visit.routes.ts';
import { nameIn, nameProven } from './name-shown.ts';
import type { ProofStore } from './proof.ts';
import { stillKnownFrom } from './session-login.ts';
import type { StandingStores } from './standing.ts';

export interface FactorScreenDeps extends StandingStores {
  readonly idpsFor: IdpsFor;
  readonly proofs: Pick<ProofStore, 'listOf'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly attempts: Pick<LoginAttempts, 'read'>;
  readonly askingPage: AskingPages;
  readonly firstFactor: (question: FirstFactorQuestion) => Promise<FirstFactorAsked>;
  readonly clock: Clock;
}

export interface FactorScreen {
  authenticate(visit: Visit, req: Request, res: Response, again: Again | undefined): Promise<void>;
  /** They should be sent to a page that is not there. */
  nowhere(visit: Visit, req: Request, res: Response): void;
}

export function createFactorScreen(deps: FactorScreenDeps, { draw, groundOf, referenceOf }: LoginCanvas): FactorScreen {
  /** Whom the browser's session knows still, where the application asks for a proof all the same. */
  async function sessionOf({ workspace, session, client }: Visit): Promise<{ readonly name: string } | undefined> {
    const known = session === undefined ? undefined : await stillKnownFrom(deps, workspace, session, client.id);
    return known && { name: nameIn(known.context) ?? known.person.idpSubject };
  }

  function nowhere(visit: Visit, req: Request, res: Response): void {
    const data = {
      tenant: { name: visit.tenantName },
      reference: referenceOf(req),
      reason: 'no_way_to_sign_in',
    } as const;
    draw(req, res, 503, 'error', data, visit);
  }

  return {
    async authenticate(visit, req, res, again) {
      const { idps } = await deps.idpsFor(visit, req);
      const ground = groundOf(visit, req, authenticateStep);
      const attempt = deps.attempts.read(visit.interaction);
      const idp = chosenIdp(idps, visit.request, req.query['idp'] ?? attempt?.idpId);
      const shown = shownIdps(idps);
      if (idp === undefined && shown.length > 0) {
        draw(req, res, 200, 'choose-idp', chooseIdpPage(ground, shown), visit);
        return;
      }
      if (idp === undefined) {
        nowhere(visit, req, res);
        return;
      }
      if (idp.method === 'custom') {
        res.redirect(303, `${visit.path}?idp=${encodeURIComponent(idp.id)}`);
        return;
      }
      const asked = await deps.firstFactor({
        idp,
        attempt,
        page: deps.askingPage(visit, req.headers['accept-language'], ground.nonce),
        login: { workspaceId: visit.workspace.id, path: visit.path },
        typed: again?.identifier,
        ledBack: req.query['for'],
        hint: visit.request.loginHint,
        refused: again?.refused,
      });
      if (asked.kind === 'replacement') {
        draw(req, res, statusOf(again), 'replacement', replacementPage(ground, { ...asked.part, idp }), visit);
        return;
      }
      const stale = isStale(visit.interaction, visit.freshnessMs, deps.clock.now());
      const data = loginPage(ground, {
        ...asked.part,
        idp,
        idps: shown,
        reauthenticate: stale ? { name: await nameProven(deps.proofs, visit.interaction) } : await sessionOf(visit),
        fault: again?.fault ?? (again?.outdated === true ? { field: 'form', text: 'form_outdated' } : undefined),
        notice: again === undefined ? (stale ? 'stale_factor' : noticeOf(req)) : undefined,
      });
      draw(req, res, statusOf(again), 'login', data, visit);
    },
    nowhere,
  };
}
