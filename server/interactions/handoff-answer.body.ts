/** What the backends of integrators' pages say of a login, as the published System API writes it. */
import { z } from 'zod';
import type { PageKind } from '../extensions/page.ts';
import { epochSeconds, type Clock } from '../kernel/clock.ts';
import { unprocessable } from '../kernel/errors.ts';
import { handoffId, type ClientId, type TenantId } from '../kernel/ids.ts';
import type { HandoffAnswer, HandoffCall } from './handoff.ts';

export const stateQuery = z.object({ login_state: z.string().max(200).optional() });

/** Of a call that the System API has verified. */
interface PageCall {
  readonly tenantId: TenantId;
  readonly params: Readonly<Record<string, string>>;
  readonly caller?: { readonly clientId?: ClientId | undefined };
}

/** @throws PlatformError `unprocessable_entity` where path and body mean two logins */
export function stayIn(
  { tenantId, params, caller }: PageCall,
  kind: PageKind,
  { id, login_state: state = '' }: { readonly id?: string | undefined; readonly login_state?: string | undefined },
): HandoffCall {
  const login = params['login'] ?? '';
  if (id !== undefined && id !== '' && id !== login) throw unprocessable('/id', 'The id must be the one of the path.');
  return { tenantId, id: handoffId(login), state, clientId: caller?.clientId, kind };
}

/** Of JSON: what a login carries along to its end, and tokens may say. Bytes. */
const longestContext = 32 * 1024;
const mostAttributes = 200;
/** Names that are no attributes to anything written in JavaScript. */
const notAttributes: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export const contextBody = z
  .record(z.string().min(1).max(255), z.json())
  .refine(
    (context) => Object.keys(context).length <= mostAttributes,
    `must have at most ${String(mostAttributes)} members`,
  )
  .refine(
    (context) => !Object.keys(context).some((name) => notAttributes.has(name)),
    'must not name __proto__ and the like',
  )
  .refine(
    (context) => Buffer.byteLength(JSON.stringify(context)) <= longestContext,
    `must have at most ${String(longestContext)} bytes`,
  );

/** Every call says which stay it means, in the path and once more in the body. */
const stayBody = {
  id: z.string().max(64).optional().describe('the login_id of the path'),
  login_state: z.string().max(200).describe('as the browser brought it'),
};

/** RFC 6749 §4.1.2.1: %x20-21 / %x23-5B / %x5D-7E, of both. */
const errorText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/, 'may hold only the characters of RFC 6749 §4.1.2.1')
    .optional();

/** What a login is ended with. */
export const refusalBody = z.object({
  ...stayBody,
  error: errorText(64).describe('access_denied where it is left out'),
  error_description: errorText(256),
  status_code: z.int().min(0).max(599).optional().describe('decides nothing: an application hears of it by a redirect'),
});

export const completionBody = z.object({
  ...stayBody,
  authentication_context: contextBody.optional().describe('added to what is known of the person, or in its place'),
});

const redirectAnswer = z.object({ redirect_to: z.string().describe('where to send the browser; good once') });
export const redirect = { status: 200, description: 'where to send the browser', body: redirectAnswer } as const;

export function refusalIn({
  error = '',
  error_description: description = '',
}: z.infer<typeof refusalBody>): Extract<HandoffAnswer, { kind: 'aborted' }> {
  return { kind: 'aborted', error: error === '' ? 'access_denied' : error, description };
}

const reference = z.string().min(1).max(255);
const names = z.array(z.string().min(1).max(255)).max(200);

/** What compares as another text elsewhere names two people as one: halves of characters, and blanks that a database leaves out. */
const subject = reference.refine(
  (text) => text.isWellFormed() && text === text.trim() && !/\p{Cc}/u.test(text),
  'must be whole characters, without control characters, and without blanks around them',
);

export const acceptedLoginBody = z.object({
  ...stayBody,
  subject: subject.describe('how you call the person, always the same'),
  acr: z.string().max(255).optional().describe('how strongly they proved who they are (OIDC Core §2)'),
  amr: z.array(reference).max(20).optional().describe('by what they did (RFC 8176)'),
  auth_time: z.iso.datetime({ offset: true }).optional().describe('when they did; now where it is left out'),
  authentication_context: contextBody.optional().describe('what you know of the person'),
});

export function acceptedIn(
  {
    subject,
    acr = '',
    amr = [],
    auth_time: at,
    authentication_context: context = {},
  }: z.infer<typeof acceptedLoginBody>,
  clock: Clock,
): Extract<HandoffAnswer, { kind: 'authenticated' }> {
  const authTime = at === undefined ? epochSeconds(clock) : Math.floor(Date.parse(at) / 1000);
  return { kind: 'authenticated', subject, ...(acr === '' ? {} : { acr }), amr: [...new Set(amr)], authTime, context };
}

export const grantedScopesBody = z.object({
  ...stayBody,
  granted_scopes: names.optional().describe('of those that were requested'),
  granted_claims: names
    .optional()
    .describe('of the claims that were requested by name; left out, the scopes alone decide'),
  granted_verified_claims: names.max(0, 'must be empty: identity assurance is not served').optional(),
  consent_id: z.string().max(255).optional().describe('how you call this consent; kept with it'),
});

export function grantedIn({
  granted_scopes: scopes = [],
  granted_claims: claims,
  consent_id: consentId = '',
}: z.infer<typeof grantedScopesBody>): Extract<HandoffAnswer, { kind: 'granted' }> {
  return {
    kind: 'granted',
    scopes,
    ...(claims === undefined ? {} : { claims }),
    ...(consentId === '' ? {} : { consentId }),
  };
}

export const rejectedScopesBody = refusalBody.extend({
  error_cause: z.string().max(255).optional().describe('decides nothing'),
});
