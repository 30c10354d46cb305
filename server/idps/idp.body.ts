/** Idps as the published APIs write them. Passwords of fixed people go in and never come out. */
import { z } from 'zod';
import { webUriProblem } from '../clients/client-metadata.ts';
import { unserved } from '../http/unserved.ts';
import type { NewIdp, NewStaticUser } from './idp.service.ts';
import type { Idp, StaticUser } from './idp.ts';

export const attributes = z.record(z.string().max(255), z.json());

/** Published beside the attributes, and attributes all the same (OIDC Core §5.1). */
export const ownClaims = {
  email: z.string().max(320).optional(),
  email_verified: z.boolean().optional(),
  phone_number: z.string().max(64).optional(),
  phone_number_verified: z.boolean().optional(),
};

const staticUser = z.object({
  username: z.string().min(1).max(320),
  password: z.string().max(1024).optional().describe('never answered; left out, a person keeps theirs'),
  authentication_context: attributes.optional().describe('what the login knows of the person'),
  additional_attributes: attributes.optional().describe('the same'),
  ...ownClaims,
});

/** The same in every body, and in imports. */
export const idpMembers = {
  hidden: z
    .boolean()
    .optional()
    .describe('not offered on the login page: by idp_hint, and where a script allows it, people sign in by it'),
  display_order: z
    .int()
    .transform((order) => (order === 0 ? undefined : order))
    .optional()
    .describe('the lowest comes first where people choose, and those with 0 or without one last, as they were added'),
  logo_uri: z
    .string()
    .refine((uri) => uri === '' || webUriProblem(uri) === undefined, 'must be an address with https')
    .transform((uri) => (uri === '' ? undefined : uri))
    .optional()
    .describe('the picture by which people know it where they choose'),
  config: z
    .object({ reload_claims_at_refresh_token: unserved('claims stay as they were when their person signed in') })
    .optional(),
  sso_settings: z
    .object({ disabled: unserved('who signed in once is known to every application of the workspace') })
    .optional(),
};

const common = {
  id: z.string().max(64).optional().describe('generated when it is not given'),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  disabled: z.boolean().optional(),
  ...idpMembers,
  post_authn_app_id: z
    .string()
    .max(64)
    .optional()
    .describe('the custom application that takes people aside once they are known; none where it is left out'),
};

export const identityPoolIdpBody = z.object({
  ...common,
  identity_pool_id: z.string().min(1).max(64),
});
export const staticIdpBody = z.object({
  ...common,
  credentials: z.object({ users: z.array(staticUser).max(500).optional() }).optional(),
});

export const customIdpBody = z.object({
  ...common,
  settings: z.object({
    login_url: z
      .string()
      .min(1)
      .max(2048)
      .describe('where people are sent, with login_id and login_state in the query'),
  }),
});

const shown = {
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  name: z.string(),
  disabled: z.boolean(),
  hidden: z.boolean(),
  display_order: z.int().optional(),
  logo_uri: z.string().optional(),
  post_authn_app_id: z.string().optional(),
};
export const identityPoolIdpAnswer = z.object({
  ...shown,
  method: z.literal('identity_pool'),
  identity_pool_id: z.string(),
});
export const staticIdpAnswer = z.object({
  ...shown,
  method: z.literal('static'),
  credentials: z.object({
    users: z.array(z.object({ username: z.string(), authentication_context: attributes })),
  }),
});
export const customIdpAnswer = z.object({
  ...shown,
  method: z.literal('custom'),
  settings: z.object({ login_url: z.string() }),
  client_id: z.string().describe('of the workspace system'),
});
export const idpsAnswer = z.object({
  idps: z.array(z.union([identityPoolIdpAnswer, staticIdpAnswer, customIdpAnswer])),
});

export type IdpAnswer = z.infer<typeof idpsAnswer>['idps'][number];

export function toIdpBody(idp: Idp): IdpAnswer {
  const { id, tenantId, workspaceId, name, enabled, hidden = false } = idp;
  const { displayOrder, logoUri, postAuthnAppId: app } = idp;
  const members = {
    id,
    tenant_id: tenantId,
    authorization_server_id: workspaceId,
    name,
    disabled: !enabled,
    hidden,
    ...(displayOrder === undefined ? {} : { display_order: displayOrder }),
    ...(logoUri === undefined ? {} : { logo_uri: logoUri }),
    ...(app === undefined ? {} : { post_authn_app_id: app }),
  };
  if (idp.method === 'identity_pool') return { ...members, method: idp.method, identity_pool_id: idp.poolId };
  if (idp.method === 'custom')
    return { ...members, method: idp.method, settings: { login_url: idp.loginUrl }, client_id: idp.clientId };
  const users = idp.users.map(({ username, attributes: known }) => ({
    username,
    authentication_context: attributes.parse(known),
  }));
  return { ...members, method: idp.method, credentials: { users } };
}

/** What is said of an idp of whatever method. */
function wordsOf({
  id = '',
  name = '',
  disabled = false,
  hidden = false,
  display_order: displayOrder,
  logo_uri: logoUri,
  post_authn_app_id: app = '',
}: z.infer<z.ZodObject<typeof common>>) {
  return { id, name, enabled: !disabled, hidden, displayOrder, logoUri, postAuthnAppId: app };
}

export function poolIdpFrom(body: z.infer<typeof identityPoolIdpBody>): NewIdp {
  return { ...wordsOf(body), kind: { method: 'identity_pool', poolId: body.identity_pool_id } };
}

export function customIdpFrom(body: z.infer<typeof customIdpBody>): NewIdp {
  return { ...wordsOf(body), kind: { method: 'custom', loginUrl: body.settings.login_url } };
}

export function staticIdpFrom({ credentials, ...body }: z.infer<typeof staticIdpBody>): NewIdp {
  const users = credentials?.users?.map(userFrom);
  return { ...wordsOf(body), kind: { method: 'static', ...(users === undefined ? {} : { users }) } };
}

/** What a login knows of a fixed person: what stands beside the context is part of it. */
export function contextOf(
  context: StaticUser['attributes'] | undefined,
  more: StaticUser['attributes'] | undefined,
  claims: StaticUser['attributes'],
): StaticUser['attributes'] {
  const given = Object.entries(claims).filter(([, value]) => value !== undefined);
  return { ...context, ...more, ...Object.fromEntries(given) };
}

function userFrom({
  username,
  password = '',
  authentication_context: context,
  additional_attributes: more,
  ...claims
}: z.infer<typeof staticUser>): NewStaticUser {
  return {
    username,
    attributes: contextOf(context, more, claims),
    ...(password === '' ? {} : { password }),
  };
}
