/** What can go wrong between an application of ours and its issuer, in the words of its error page. */
import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { signInFaults, type SignInFault, type SignInFaultShown } from '../themes/sign-in-faults.ts';

type Technical = SignInFaultShown['technical'];

/** A failure that the application found itself. */
export class SignInFailure extends Error {
  override readonly name = 'SignInFailure';
  readonly reason: SignInFault;
  readonly technical: Technical;

  constructor(reason: SignInFault, technical?: Technical) {
    super(reason);
    this.reason = reason;
    this.technical = technical;
  }
}

/** Longer descriptions help nobody, and come from outside. */
const longestDescription = 300;

/** What the error page says about a failure: the protocol's own words where there are some, never a token or a code. */
export function explain(error: unknown): { readonly reason: SignInFault; readonly technical: Technical } {
  if (error instanceof SignInFailure) return error;
  if (error instanceof AuthorizationResponseError) {
    const reason = signInFaults.find((fault) => fault === error.error) ?? 'other';
    return { reason, technical: inProtocolWords(error.error, error.error_description) };
  }
  if (error instanceof ResponseBodyError) {
    return { reason: 'request_refused', technical: inProtocolWords(error.error, error.error_description) };
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const parameters = error.cause[0]?.parameters;
    return {
      reason: 'request_refused',
      technical: inProtocolWords(parameters?.error ?? `HTTP ${String(error.status)}`, parameters?.error_description),
    };
  }
  if (error instanceof ClientError && error.cause instanceof Response) {
    const reason = error.cause.status >= 500 ? 'server_error' : 'request_refused';
    return { reason, technical: { code: `HTTP ${String(error.cause.status)}` } };
  }
  // Without a code the request itself failed; then nobody answered.
  if (error instanceof ClientError && error.code !== undefined && error.code !== 'OAUTH_TIMEOUT') {
    return { reason: 'answer_not_believed', technical: inProtocolWords(error.code, error.message) };
  }
  return { reason: 'unreachable', technical: undefined };
}

/** With which an error page is sent. */
export function statusOfFault(reason: SignInFault): 400 | 403 | 502 {
  if (reason === 'other_site') return 403;
  return reason === 'unreachable' ? 502 : 400;
}

/** For the log: names, codes and our libraries' own sentences; causes may hold answers, and those hold tokens. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'not an error';
  const cause: unknown = error.cause;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return `${error.name}: ${error.message}${code}`;
}

function inProtocolWords(code: string, description: string | undefined): Technical {
  return { code: code.slice(0, 60), description: description?.slice(0, longestDescription) };
}
