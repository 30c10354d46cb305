/** Draws the pages of a login in the person's language, with the policy that lets a form end at the application. */
import type { Request, Response } from 'express';
import { authenticateStep, consentStep } from '../../workflows/contract/authentication.ts';
import type { ExtensionRegistry } from '../extension-points/registry.ts';
import type { SettingFault } from '../credentials/credential-setting.ts';
import type { PasskeyOffer } from '../credentials/passkey/passkey-offer.service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ConsentStore } from '../consents/consent.ts';
import type { AuthenticationSnapshotStore } from '../sessions/session.ts';
import { pickLocale } from '../themes/locale.ts';
import {
  loginNotices,
  type LoginFault,
  type LoginNotice,
  type PageData,
  type PageName,
  type PasskeyOfferPage,
} from '../themes/pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { ScopeStore } from '../workspaces/scope.ts';
import { formOf, type FormNonces } from './form-nonce.ts';
import { chosenIdp, shownIdps } from './idp-choice.ts';
import type { AskingPages } from './asking-page.ts';
import type { FirstFactorAsked, FirstFactorQuestion } from './first-factor-page.ts';
import type { LoginAttempts } from './login-attempt.ts';
import {
  application,
  awayPage,
  chooseIdpPage,
  common,
  consentPage,
  loginPage,
  replacementPage,
  startAgainHref,
  type Away,
  type PageGround,
} from './login-pages.ts';
import { isStale } from './login-plan.ts';
import { offeredTo, passkeyOfferStep } from './passkey-offer.ts';
import type { IdpsFor, MissedVisit, Visit } from './login-visit.routes.ts';
import { stillKnownFrom } from './session-login.ts';
import { createWaitScreens, type WaitScreens } from './wait-screens.routes.ts';
import type { ProofStore } from './proof.ts';
import type { StandingStores } from './standing.ts';
import { provenSoFar, scopesAsked } from './proven-so-far.ts';

/** Why a page is shown again after a POST. */
export interface Again {
  /** What was typed, kept. Never the password. */
  readonly identifier?: string;
  readonly fault?: LoginFault;
  /** The form was not of this step, or not ours. */
  readonly outdated?: true;
  /** Of a credential that was to take another one's place. */
  readonly refused?: SettingFault;
  /** Of a passkey that was to be made. */
  readonly passkeyFault?: PasskeyOfferPage['fault'];
  /** Messages of a plugin step, by field. */
  readonly stepErrors?: Readonly<Record<string, string>>;
}

export interface LoginScreens extends WaitScreens {
  step(visit: Visit, req: Request, res: Response, step: string, again?: Again): Promise<void>;
  missed(req: Request, res: Response, visit: MissedVisit): void;
  /** Its person is, or was, with an integrator's page: the way there. */
  away(visit: Visit, req: Request, res: Response, away: Away): void;
  /** They should be sent to a page that is not there. */
  nowhere(visit: Visit, req: Request, res: Response): void;
}

export interface LoginScreensDeps extends StandingStores {
  readonly renderer: Renderer;
  readonly idpsFor: IdpsFor;
  readonly passkeyOffer: Pick<PasskeyOffer, 'page'>;
  readonly scopes: Pick<ScopeStore, 'list'>;
  readonly consents: Pick<ConsentStore, 'findActive'>;
  readonly proofs: Pick<ProofStore, 'listOf'>;
  readonly snapshots: Pick<AuthenticationSnapshotStore, 'find'>;
  readonly attempts: Pick<LoginAttempts, 'read'>;
  readonly askingPage: AskingPages;
  readonly firstFactor: (question: FirstFactorQuestion) => Promise<FirstFactorAsked>;
  readonly extensions: ExtensionRegistry;
  readonly nonces: FormNonces;
  readonly clock: Clock;
  /** The trace id of the request, shown as reference. */
  readonly referenceOf: (req: Request) => string;
}

export function createLoginScreens(deps: LoginScreensDeps): LoginScreens {
  const { renderer, clock } = deps;

  const localeOf = (req: Request, visit: Visit | undefined): string =>
    pickLocale(
      { uiLocales: visit?.request.uiLocales, acceptLanguage: req.headers['accept-language'] },
      renderer.locales,
    );

  function draw<Name extends PageName>(
    req: Request,
    res: Response,
    status: number,
    page: Name,
    data: PageData[Name],
    visit?: Visit,
  ): void {
    const locale = localeOf(req, visit);
    const formTargets = visit?.formTargets ?? [];
    sendPage(res, status, renderer.render(page, data, { locale, formTargets }), 'kept');
  }

  function nowhere(visit: Visit, req: Request, res: Response): void {
    const data = {
      tenant: { name: visit.tenantName },
      reference: deps.referenceOf(req),
      reason: 'no_way_to_sign_in',
    } as const;
    draw(req, res, 503, 'error', data, visit);
  }

  async function authenticate(visit: Visit, req: Request, res: Response, again: Again | undefined): Promise<void> {
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
      identifier: again?.identifier ?? (attempt === undefined ? visit.request.loginHint : undefined),
      refused: again?.refused,
    });
    if (asked.kind === 'replacement') {
      draw(req, res, statusOf(again), 'replacement', replacementPage(ground, { ...asked.part, idp }), visit);
      return;
    }
    const stale = isStale(visit.interaction, visit.freshnessMs, clock.now());
    const data = loginPage(ground, {
      ...asked.part,
      idp,
      idps: shown,
      reauthenticate: stale ? { name: await personName(visit) } : await sessionOf(visit),
      fault: again?.fault ?? (again?.outdated === true ? { field: 'form', text: 'form_outdated' } : undefined),
      notice: again === undefined ? (stale ? 'stale_factor' : noticeOf(req)) : undefined,
    });
    draw(req, res, statusOf(again), 'login', data, visit);
  }

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
      personName: await personName(visit),
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

  const groundOf = (visit: Visit, req: Request, step: string): PageGround => ({
    workspace: visit.workspace,
    tenantName: visit.tenantName,
    client: visit.client,
    locale: localeOf(req, visit),
    path: visit.path,
    nonce: deps.nonces.issue(visit.interaction.id, formOf(step, visit.interaction.person)),
  });

  const provenOf = async ({ interaction: { tenantId, workspaceId, id } }: Visit) =>
    provenSoFar(await deps.proofs.listOf(tenantId, workspaceId, id));

  /** Whom the browser's session knows still, where the application asks for a proof all the same. */
  async function sessionOf({ workspace, session, client }: Visit): Promise<{ readonly name: string } | undefined> {
    const known = session === undefined ? undefined : await stillKnownFrom(deps, workspace, session, client.id);
    return known && { name: nameIn(known.context) ?? known.person.idpSubject };
  }

  /** The person by their own name, from what was proven; their identifier where they have none. */
  async function personName(visit: Visit): Promise<string> {
    const proven = await provenOf(visit);
    return nameIn(proven?.context) ?? proven?.person.idpSubject ?? '';
  }

  const waits = createWaitScreens({ draw, groundOf, localeOf, referenceOf: deps.referenceOf });
  return {
    step(visit, req, res, step, again) {
      if (step === authenticateStep) return authenticate(visit, req, res, again);
      if (step === passkeyOfferStep) return offer(visit, req, res, again);
      return step === consentStep ? consent(visit, req, res, again) : pluginStep(visit, req, res, step, again);
    },

    missed(req, res, { kind, tenantName, client }) {
      const base = {
        tenant: { name: tenantName },
        reference: deps.referenceOf(req),
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

/** By what somebody knows that it is them. */
function nameIn({ name, email, preferred_username: username }: Readonly<Record<string, unknown>> = {}) {
  return [name, email, username].find((value): value is string => typeof value === 'string');
}

function statusOf(again: Again | undefined): number {
  if (again === undefined) return 200;
  return again.fault?.text === 'too_many_attempts' ? 429 : 400;
}

function noticeOf(req: Request): LoginNotice | undefined {
  return loginNotices.find((notice) => notice === req.query['notice']);
}
