/** What is published of a workspace and would narrow what it allows, where nothing here does: refused by name. */
import { z } from 'zod';
import { unserved } from '../http/unserved.ts';

const texts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const holds =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    names.every((name) => texts(value).includes(name));

/** Those of FAPI ask of every client what nothing here asks; what an industry adds is brought by its plugin. */
const isStrict = (profile: unknown): boolean => /fapi|^connect_id$/.test(String(profile));

/** Go writes no time at all as `0s`. */
const isNoTime = (value: unknown): boolean => value === '0s';

const sessionTime = unserved('cookie_max_age says how long sessions live', isNoTime);
const byAcr = unserved('how somebody signs in is not chosen by acr values');

export const unservedServerMembers = {
  profile: unserved('what this profile asks of clients is not asked here', (value) => !isStrict(value)),
  enforce_id_token_encryption: unserved('ID tokens are not encrypted'),
  subject_identifier_types: unserved('subjects are public, and not pairwise', holds('public')),
  authentication_mechanisms: unserved(
    'how people sign in is said by their pool, for whichever workspace',
    holds('password', 'otp', 'webauthn'),
  ),
  sso: z.object({ max_age: sessionTime, max_idle: sessionTime }).optional(),
  advanced: z
    .object({
      acr_values: byAcr,
      enforce_acr_values: byAcr,
      block_response_modes: unserved('every response mode is offered, but those of JARM'),
      disallowed_response_modes: unserved('every response mode is offered, but those of JARM', (value) =>
        texts(value).every((mode) => String(mode).endsWith('jwt')),
      ),
      disallow_code_response_type_without_jarm: unserved('authorization responses are not signed (JARM)'),
      require_request_or_request_uri_parameter: unserved(
        'signed requests are not read; require_pushed_authorization_requests asks for pushed ones',
      ),
      cookies_configuration: z
        .object({ same_site: unserved('cookies are lax', (value) => String(value).toLowerCase() !== 'strict') })
        .optional(),
    })
    .optional(),
};

type Names = keyof typeof unservedServerMembers;

/** What is left of a body once it was found to ask for none of them. */
export function withoutUnserved<Body extends { readonly [Name in Names]?: unknown }>(body: Body): Omit<Body, Names> {
  const {
    profile: _profile,
    enforce_id_token_encryption: _encryption,
    subject_identifier_types: _subjects,
    authentication_mechanisms: _mechanisms,
    sso: _sso,
    advanced: _advanced,
    ...rest
  } = body;
  return rest;
}
