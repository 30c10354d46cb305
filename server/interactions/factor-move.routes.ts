/** The forms of the first factor: who somebody is, another way, a code to be sent, the proof, another in place of an expired one. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticateStep } from '../../workflows/contract/authentication.ts';
import type { Answer, CredentialKind } from '../credentials/credential-kind.ts';
import { createDeviceJar } from '../http/device-jar.ts';
import type { IdentityPoolIdp, LocalIdp } from '../idps/idp.ts';
import { isPlatformError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Mechanism, Pool, PoolStore } from '../pools/pool.ts';
import type { LoginFault } from '../themes/pages.ts';
import type { AskingPages } from './asking-page.ts';
import { pathOfPool } from './device-cookie.ts';
import type { FactorAttempt, FactorLoginService, FactorOutcome } from './factor-login.service.ts';
import { asksBoth, changesTo, isReplacing, listMechanism, mechanismOf, replacesBy } from './first-factor-page.ts';
import { chosenIdp } from './idp-choice.ts';
import type { LoginAttempt, LoginAttempts } from './login-attempt.ts';
import type { Again } from './login-canvas.routes.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { IdpsFor, Visit } from './login-visit.routes.ts';
import type { KeptIn, ReplaceCredential } from './credential-replacement.ts';
import type { KnownPerson, ProofContent, ProofStore } from './proof.ts';

export interface FactorMoveDeps {
  readonly replaceCredential: ReplaceCredential;
  /** Keeps a proof that is still to be sent. */
  readonly keepProof: (stores: KeptIn, posted: Posted, content: ProofContent) => Promise<void>;
  readonly factors: FactorLoginService;
  readonly kinds: readonly CredentialKind[];
  readonly attempts: LoginAttempts;
  readonly idpsFor: IdpsFor;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly askingPage: AskingPages;
  readonly proofs: Pick<ProofStore, 'listOf'>;
  readonly screens: LoginScreens;
  /** Whether the platform is reached by https only: its cookies then never travel otherwise. */
  readonly https: boolean;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
  /** What is counted; never who. */
  readonly metrics: Pick<Metrics, 'passwordVerified'>;
  readonly clock: Clock;
  /** Sends a proof, and takes the browser where the answer says. */
  readonly prove: (visit: Visit, req: Request, res: Response, nonce: string, content: KnownPerson) => Promise<void>;
}

/** Longer than any e-mail address (RFC 5321 §4.5.3.1). */
const longestIdentifier = 320;

const countedAs = {
  proven: 'match',
  replace: 'match',
  must_be_reset: 'match',
  wrong: 'mismatch',
  throttled: 'throttled',
} as const;

/** An assertion of an authenticator fits into this with room to spare. */
const form = z.record(z.string(), z.string().max(8192)).catch({});

/** One form that was posted, and all that is known of it. */
interface Posted {
  readonly visit: Visit;
  readonly req: Request;
  readonly res: Response;
  readonly nonce: string;
  readonly fields: Answer;
  readonly idp: LocalIdp;
  readonly attempt: LoginAttempt | undefined;
}

/** @returns what to do with a form whose nonce was verified, while the login waits for its first factor */
export function createFactorMove(deps: FactorMoveDeps) {
  const { screens, attempts, clock, kinds } = deps;
  const changeTo = changesTo(kinds);
  const replacing = kinds.flatMap(({ mechanism, setting }) =>
    setting?.replaces === true ? [replacesBy(mechanism)] : [],
  );
  const kindOf = (mechanism: Mechanism): CredentialKind | undefined => kinds.find((one) => one.mechanism === mechanism);
  /** Says that somebody signed in from this browser before; its value tells nobody who. */
  const jar = createDeviceJar(deps);

  const show = ({ visit, req, res }: Posted, again: Again): Promise<void> =>
    screens.step(visit, req, res, authenticateStep, again);
  /** Post, redirect, get: the row of the login says which page comes. */
  const onward = ({ visit, res, idp }: Posted, notice?: 'code_sent'): void => {
    const query = new URLSearchParams({ idp: idp.id, ...(notice === undefined ? {} : { notice }) });
    res.redirect(303, `${visit.path}?${query.toString()}`);
  };
  const tooMany = (posted: Posted, retryAfterSeconds: number, identifier?: string): Promise<void> => {
    posted.res.set('Retry-After', String(retryAfterSeconds));
    const fault = { field: 'form', text: 'too_many_attempts', retryAfterSeconds } as const;
    return show(posted, { fault, ...(identifier === undefined ? {} : { identifier }) });
  };
  const identifierFault = (identifier: string): LoginFault | undefined => {
    if (identifier.trim() === '') return { field: 'identifier', text: 'identifier_missing' };
    return identifier.length > longestIdentifier ? { field: 'identifier', text: 'identifier_too_long' } : undefined;
  };
  /** Also where they look after their account: a stranger keeps nobody from a code that sets a password anew. */
  const remember = ({ res, visit, idp }: Posted, value: string): void => {
    const { tenantId, id } = visit.workspace;
    jar.remember(res, `/${tenantId}/${id}`, value);
    if (idp.method === 'identity_pool') jar.remember(res, pathOfPool({ tenantId, id: idp.poolId }), value);
  };

  /** Means to prove themselves this way, and has what they will answer with sent where that is needed. */
  async function use(
    posted: Posted,
    idp: IdentityPoolIdp,
    { identifier, mechanism }: Pick<LoginAttempt, 'identifier' | 'mechanism'>,
    destination?: string,
  ): Promise<void> {
    const { visit, req, nonce } = posted;
    const page = deps.askingPage(visit, req.headers['accept-language'], nonce);
    const begun = await deps.factors.begin({
      workspace: visit.workspace,
      idp,
      mechanism,
      identifier,
      page,
      interaction: visit.interaction,
      address: deps.addressOf(req),
      deviceCookie: jar.read(req),
      ...(destination === undefined ? {} : { destination }),
    });
    await attempts.keep(visit.interaction, { idpId: idp.id, identifier, mechanism, begunAt: clock.now() });
    if (begun.kind === 'throttled') return tooMany(posted, begun.retryAfterSeconds);
    onward(posted, kindOf(mechanism)?.sending === undefined ? undefined : 'code_sent');
  }

  async function replace(posted: Posted, idp: IdentityPoolIdp, pool: Pool): Promise<void> {
    const { visit, req, res, nonce, attempt, fields } = posted;
    const before = await provenBefore(posted);
    if (before !== undefined) return deps.prove(visit, req, res, nonce, before);
    const proven = attempt?.replace;
    const isOfPool = proven?.poolId === pool.id;
    if (attempt === undefined || proven === undefined || !isOfPool || !isReplacing(attempt, clock.now()))
      return show(posted, { outdated: true });
    const { userId, mark } = proven;
    const { idpId, identifier, mechanism } = attempt;
    const proofBy = await deps.factors.replaced({ workspace: visit.workspace, idp, mechanism, userId });
    if (proofBy !== undefined) {
      const replaced = await deps.replaceCredential(
        { pool, mechanism, userId, mark, identifier, nonce },
        fields,
        (stores, changed) => deps.keepProof(stores, posted, proofBy(changed)),
      );
      if (replaced.kind === 'refused') return show(posted, { refused: replaced.fault });
    }
    // Of a form that was sent twice, either has changed it.
    const proof = await provenBefore(posted);
    if (proof !== undefined) {
      // Should they have to prove themselves once more in this login, it is by what they have now.
      await attempts.keep(visit.interaction, { idpId, identifier, mechanism });
      return deps.prove(visit, req, res, nonce, proof);
    }
    await attempts.forget(visit.interaction);
    const forgotten = { ...visit, interaction: { ...visit.interaction, attempt: undefined } };
    return show({ ...posted, visit: forgotten }, { outdated: true });
  }

  async function prove(posted: Posted, pool: Pool | undefined): Promise<void> {
    const { visit, req, res, nonce, fields, idp, attempt } = posted;
    const { workspace, interaction } = visit;
    const naming = pool === undefined ? undefined : kinds.find((kind) => namesItself(kind, fields));
    const kind = naming ?? kindOf(pool === undefined ? listMechanism : mechanismOf(pool, attempt, kinds));
    if (kind === undefined) return show(posted, { fault: { field: 'form', text: 'not_accepted' } });
    const { mechanism } = kind;
    const isKnown = pool !== undefined && !asksBoth(pool, kinds) && attempt !== undefined;
    const identifier = isKnown ? attempt.identifier : (fields['identifier'] ?? '');
    const fault = (naming === undefined ? identifierFault(identifier) : undefined) ?? kind.faultOf(fields);
    if (fault !== undefined) return show(posted, { fault, identifier });

    // What is good once was spent by the first of two: the same form again is the same proof.
    const before = kind.isGoodOnce ? await provenBefore(posted) : undefined;
    if (before !== undefined) return deps.prove(visit, req, res, nonce, before);
    const outcome = await attemptOrWait(deps.factors, {
      workspace,
      interaction,
      idp,
      mechanism,
      // A passkey that the browser offered by itself says whose it is; one that was asked for by name need not.
      identifier: naming !== undefined && !(isKnown && attempt.mechanism === mechanism) ? '' : identifier,
      answer: fields,
      page: deps.askingPage(visit, req.headers['accept-language'], nonce),
      address: deps.addressOf(req),
      deviceCookie: jar.read(req),
    });
    if (outcome.kind === 'busy') {
      screens.unavailable(visit, req, res, outcome.retryAfterSeconds);
      return;
    }
    if (kind.amr === 'pwd') deps.metrics.passwordVerified(countedAs[outcome.kind]);
    return conclude(posted, outcome, kind, identifier);
  }

  async function provenBefore({ visit, nonce }: Posted): Promise<KnownPerson | undefined> {
    const { tenantId, workspaceId, id } = visit.interaction;
    const found = (await deps.proofs.listOf(tenantId, workspaceId, id)).find((proof) => proof.nonce === nonce);
    return found?.content.kind === 'authenticated' ? found.content : undefined;
  }

  async function conclude(
    posted: Posted,
    outcome: FactorOutcome,
    kind: CredentialKind,
    identifier: string,
  ): Promise<void> {
    const { visit, req, res, nonce, idp } = posted;
    switch (outcome.kind) {
      case 'throttled':
        return tooMany(posted, outcome.retryAfterSeconds, identifier);
      case 'wrong':
        return show(posted, { fault: kind.wrong, identifier });
      case 'must_be_reset':
        return show(posted, { fault: kind.mustBeReset ?? kind.wrong, identifier });
      case 'replace':
        remember(posted, outcome.deviceCookie);
        await attempts.keep(visit.interaction, {
          idpId: idp.id,
          identifier,
          mechanism: kind.mechanism,
          replace: { ...outcome.replace, provenAt: clock.now() },
        });
        onward(posted);
        return;
      case 'proven':
        remember(posted, outcome.deviceCookie);
        return deps.prove(visit, req, res, nonce, outcome.proof);
    }
  }

  return async (visit: Visit, req: Request, res: Response, nonce: string): Promise<void> => {
    const fields = form.parse(req.body ?? {});
    const { workspace, interaction } = visit;
    const kept = attempts.read(interaction);
    // Whatever the page offered, and whoever names another one.
    const { idps } = await deps.idpsFor(visit, req);
    const idp = chosenIdp(idps, visit.request, req.query['idp'] ?? kept?.idpId);
    // Nobody proves themselves here by an idp with a login page of its own: the screens send them there.
    if (idp === undefined || idp.method === 'custom') return screens.step(visit, req, res, authenticateStep);
    const posted = { visit, req, res, nonce, fields, idp, attempt: kept?.idpId === idp.id ? kept : undefined };
    const pool = idp.method === 'static' ? undefined : await deps.pools.find(workspace.tenantId, idp.poolId);
    if (idp.method === 'static' || pool === undefined) return prove(posted, undefined);

    const { action = '' } = fields;
    const { attempt } = posted;
    const wanted = changeTo.get(action);
    if (action === 'continue') {
      const { identifier = '' } = fields;
      const fault = identifierFault(identifier);
      if (fault !== undefined) return show(posted, { fault, identifier });
      return use(posted, idp, { identifier, mechanism: mechanismOf(pool, undefined, kinds) });
    }
    if (action === 'change_user') {
      await attempts.forget(interaction);
      onward(posted);
      return;
    }
    if (replacing.includes(action)) return replace(posted, idp, pool);
    if (attempt !== undefined && wanted !== undefined && pool.authenticationMechanisms.includes(wanted))
      return use(posted, idp, { ...attempt, mechanism: wanted });
    const sending = attempt === undefined ? undefined : kindOf(attempt.mechanism)?.sending;
    if (attempt !== undefined && action !== '' && action === sending?.elsewhere) {
      await attempts.keep(interaction, { ...attempt, begunAt: undefined });
      onward(posted);
      return;
    }
    if (attempt !== undefined && action !== '' && action === sending?.again) {
      const destination = fields[sending.destinationField];
      if (destination?.trim() === '') return show(posted, { fault: sending.destinationMissing });
      return use(posted, idp, attempt, destination);
    }
    return prove(posted, pool);
  };
}

/** Whether a form holds an answer of a kind that says by itself whose it is. */
function namesItself({ identify, mechanism }: CredentialKind, answer: Answer): boolean {
  return identify !== undefined && (answer[mechanism] ?? '') !== '';
}

async function attemptOrWait(factors: FactorLoginService, attempt: FactorAttempt) {
  try {
    return await factors.attempt(attempt);
  } catch (error) {
    if (!isPlatformError(error, 'unavailable')) throw error;
    return { kind: 'busy', retryAfterSeconds: error.retryAfterSeconds ?? 2 } as const;
  }
}
