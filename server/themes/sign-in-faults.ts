/** What an application of ours says when signing in to it did not work. */

export const signInFaults = [
  'access_denied',
  'login_required',
  'interaction_required',
  'consent_required',
  'invalid_scope',
  'temporarily_unavailable',
  'server_error',
  'answer_not_ours',
  'answer_not_believed',
  'request_refused',
  'unreachable',
  'other_site',
  'other',
] as const;
export type SignInFault = (typeof signInFaults)[number];

export interface SignInFaultShown {
  readonly reason: SignInFault;
  /** In the protocol's words. */
  readonly technical?: { readonly code: string; readonly description?: string | undefined } | undefined;
  readonly reference: string;
  readonly startHref: string;
}
