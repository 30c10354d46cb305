/** Draws the pages of a login, each step its own, and those of one that is over, elsewhere, or nowhere. */
import type { Request, Response } from 'express';
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { ConsentStore } from '../consents/consent.ts';
import type { PasskeyOffer } from '../credentials/passkey/passkey-offer.service.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { ScopeStore } from '../workspaces/scope.ts';
import { createFactorScreen, type FactorScreen, type FactorScreenDeps } from './factor-screen.routes.ts';
import { noticeOf, statusOf, type Again, type LoginCanvas } from './login-canvas.routes.ts';
import { application, awayPage, common, consentPage, startAgainHref, type Away } from './login-pages.ts';
import type { MissedVisit, Visit } from './login-visit.routes.ts';
import { nameProven } from './name-shown.ts';
import { offeredTo, passkeyOfferStep } from './passkey-offer.ts';
import { provenSoFar, scopesAsked } from './proven-so-far.ts';
import { createWaitScreens, type WaitScreens } from './wait-screens.routes.ts';

export interface LoginScreens extends WaitScreens, Pick<FactorScreen, 'nowhere'> {
  step(visit: Visit, req: Request, res: Response, step: string, again?: Again): Promise<void>;
  missed(req: Request, res: Response, visit: MissedVisit): void;
  /** Its person is, or was, with an integrator's page: the way there. */
  away(visit: Visit, req: Request, res: Response, away: Away): void;
}

export interface LoginScreensDeps extends FactorScreenDeps {
  readonly passkeyOffer: Pick<PasskeyOffer, 'page'>;
  readonly scopes: Pick<ScopeStore, 'list'>;
  readonly consents: Pick<ConsentStore, 'findActive'>;
  readonly extensions: ExtensionRegistry;
  readonly canvas: LoginCanvas;
}

export function createLoginScreens(deps: LoginScreensDeps): LoginScreens {
  const { clock, canvas } = deps;
  const { draw, groundOf, localeOf, referenceOf } = canvas;
  const { authenticate, nowhere } = createFactorScreen(deps, canvas);

  async function consent(visit: Visit, req: Request, res: Response, again: Again | undefined): Promise<void> {
    const { workspace, client, request, interaction } = visit;
    if (interaction.person === undefined) return authenticate(visit, req, res, again);
    const { subject } = interaction.person;
    const now = clock.now();
    const asked = {
      client,
      settings: workspace.settings,
      requestedScopes: scopesAsked(request, await provenOf(visit)),
      authorizationDetails: [],
      previous: await deps.consents.findActive(workspace.tenantId, workspace.id, subject, client.id, now),
      now,
    };
    const scopes = await deps.scopes.list(workspace.tenantId, workspace.id);
    const data = consentPage(groundOf(visit, req, consentStep), {
      description: deps.extensions.consentTypeFor(asked).describe(asked, scopes),
      personName: await nameProven(deps.proofs, interaction),
      now,
      notice: again?.outdated === true ? 'step_passed' : noticeOf(req),
    });
    draw(req, res, statusOf(again), 'consent', data, visit);
  }

  async function offer(visit: Visit, req: Request, res: Response, again: Again | undefined): Promise<void> {
    const ground = groundOf(visit, req, passkeyOfferStep);
    const to = await offeredTo(deps, visit);
    const made = to && (await deps.passkeyOffer.page(to, ground.nonce));
    const data = {
      ...common(ground),
      action: `${ground.path}/steps/${passkeyOfferStep}`,
      nonce: ground.nonce,
      cancelAction: `${ground.path}/cancel`,
      // Nothing to offer any more: the page has one way on, which leaves it.
      options: made === undefined ? undefined : JSON.stringify(made.publicKey),
      fault: again?.passkeyFault,
    };
    draw(req, res, statusOf(again), 'passkey-offer', data, visit);
  }

  async function pluginStep(
    visit: Visit,
    req: Request,
    res: Response,
    id: string,
    again: Again | undefined,
  ): Promise<void> {
    const { workspace, client, interaction } = visit;
    const step = deps.extensions.stepFor(id, { workspace, client });
    if (step === undefined || interaction.person === undefined) {
      // Nothing asks for it any more: the login's own address goes on without it.
      res.redirect(303, visit.path);
      return;
    }
    const page = await step.value.page({
      workspace,
      client,
      interactionId: interaction.id,
      person: interaction.person,
    });
    const ground = groundOf(visit, req, id);
    const data = {
      ...common(ground),
      title: step.value.title,
      action: `${ground.path}/steps/${encodeURIComponent(id)}`,
      nonce: ground.nonce,
      cancelAction: `${ground.path}/cancel`,
      fragment: { owner: step.owner, template: page.template, data: page.data },
      errors: again?.stepErrors ?? {},
    };
    draw(req, res, statusOf(again), 'step', data, visit);
  }

  const provenOf = async ({ interaction: { tenantId, workspaceId, id } }: Visit) =>
    provenSoFar(await deps.proofs.listOf(tenantId, workspaceId, id));

  const waits = createWaitScreens(canvas);
  return {
    step(visit, req, res, step, again) {
      if (step === authenticateStep) return authenticate(visit, req, res, again);
      if (step === passkeyOfferStep) return offer(visit, req, res, again);
      return step === consentStep ? consent(visit, req, res, again) : pluginStep(visit, req, res, step, again);
    },

    missed(req, res, { kind, tenantName, client }) {
      const base = {
        tenant: { name: tenantName },
        reference: referenceOf(req),
        application: client === undefined ? undefined : application(client, localeOf(req, undefined)),
      };
      const back = client === undefined ? undefined : startAgainHref(client);
      if (kind === 'finished') draw(req, res, 200, kind, { ...base, continueHref: back });
      else draw(req, res, kind === 'elsewhere' ? 403 : 410, kind, { ...base, startAgainHref: back });
    },

    away(visit, req, res, where) {
      draw(req, res, 200, 'away', awayPage(groundOf(visit, req, where.page.step), where), visit);
    },

    nowhere,

    ...waits,
  };
}
