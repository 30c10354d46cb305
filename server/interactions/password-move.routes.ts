/** The form of the first factor: checked, verified as a password, and proven to the login. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticateStep } from '../../workflows/contract/authentication.ts';
import { longestPasswordBytes } from '../credentials/password/hasher.ts';
import { readCookie } from '../http/cookies.ts';
import type { IdpStore } from '../idps/idp.ts';
import { isPlatformError } from '../kernel/errors.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { LoginFault } from '../themes/pages.ts';
import { chosenIdp } from './idp-choice.ts';
import type { LoginScreens } from './login-screens.routes.ts';
import type { Visit } from './login-visit.routes.ts';
import type { PasswordLoginService } from './password-login.service.ts';
import type { ProofContent } from './proof.ts';

export interface PasswordMoveDeps {
  readonly passwords: PasswordLoginService;
  readonly idps: Pick<IdpStore, 'list'>;
  readonly screens: LoginScreens;
  /** Whether the platform is reached by https only: its cookies then never travel otherwise. */
  readonly https: boolean;
  /** The client's address in the form that throttling counts by. */
  readonly addressOf: (req: Request) => string;
  /** What is counted; never who. */
  readonly metrics: Pick<Metrics, 'passwordVerified'>;
  /** Sends a proof, and takes the browser where the answer says. */
  readonly prove: (visit: Visit, req: Request, res: Response, nonce: string, content: ProofContent) => Promise<void>;
}

const deviceCookieLifetimeMs = 180 * 86_400_000;
/** Longer than any e-mail address (RFC 5321 §4.5.3.1). */
const longestIdentifier = 320;

const countedAs = { proven: 'match', expired: 'match', wrong: 'mismatch', throttled: 'throttled' } as const;

const typed = z.string().catch('');
const form = z.object({ identifier: typed, password: typed });

/** @returns what to do with a form whose nonce was verified, while the login waits for its first factor */
export function createPasswordMove(deps: PasswordMoveDeps) {
  const { screens } = deps;
  /** Says that somebody signed in from this browser before; its value tells nobody who. */
  const deviceCookie = deps.https ? '__Secure-gatehouse_device' : 'gatehouse_device';

  return async (visit: Visit, req: Request, res: Response, nonce: string): Promise<void> => {
    const { identifier, password } = form.parse(req.body ?? {});
    const { workspace, interaction } = visit;
    const again = (fault: LoginFault, kept?: string) =>
      screens.step(visit, req, res, authenticateStep, { fault, ...(kept === undefined ? {} : { identifier: kept }) });

    const idps = await deps.idps.list(workspace.tenantId, workspace.id);
    const idp = chosenIdp(idps, visit.request, req.query['idp']);
    if (idp === undefined) return screens.step(visit, req, res, authenticateStep);
    if (identifier.trim() === '') return again({ field: 'identifier', text: 'identifier_missing' });
    if (identifier.length > longestIdentifier) return again({ field: 'identifier', text: 'identifier_too_long' });
    if (password === '') return again({ field: 'password', text: 'password_missing' }, identifier);
    if (Buffer.byteLength(password) > longestPasswordBytes)
      return again({ field: 'password', text: 'password_too_long' }, identifier);

    const attempt = await attemptOrWait(deps.passwords, {
      workspace,
      interaction,
      idp,
      identifier,
      password,
      address: deps.addressOf(req),
      deviceCookie: readCookie(req, deviceCookie),
    });
    if (attempt.kind === 'busy') {
      screens.unavailable(visit, req, res, attempt.retryAfterSeconds);
      return;
    }
    deps.metrics.passwordVerified(countedAs[attempt.kind]);
    if (attempt.kind === 'throttled') {
      const { retryAfterSeconds } = attempt;
      res.set('Retry-After', String(retryAfterSeconds));
      return again({ field: 'form', text: 'too_many_attempts', retryAfterSeconds }, identifier);
    }
    if (attempt.kind !== 'proven') {
      const text = attempt.kind === 'wrong' ? 'wrong_credentials' : 'password_expired';
      return again({ field: 'password', text }, identifier);
    }
    res.cookie(deviceCookie, attempt.deviceCookie, {
      path: `/${workspace.tenantId}/${workspace.id}`,
      httpOnly: true,
      sameSite: 'lax',
      secure: deps.https,
      maxAge: deviceCookieLifetimeMs,
    });
    await deps.prove(visit, req, res, nonce, {
      kind: 'authenticated',
      person: attempt.person,
      credentialVersion: attempt.credentialVersion,
      context: attempt.context,
      satisfied: [`idp:${idp.id}`],
    });
  };
}

async function attemptOrWait(passwords: PasswordLoginService, attempt: Parameters<PasswordLoginService['attempt']>[0]) {
  try {
    return await passwords.attempt(attempt);
  } catch (error) {
    if (!isPlatformError(error, 'unavailable')) throw error;
    return { kind: 'busy', retryAfterSeconds: error.retryAfterSeconds ?? 2 } as const;
  }
}
