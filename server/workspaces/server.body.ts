/** A workspace as the published APIs write it, where it is called a server. */
import { z } from 'zod';
import { givenList } from '../http/given-list.ts';
import { unservedServerMembers } from './server-unserved.body.ts';
import type { ShownWorkspace } from './workspace.service.ts';
import { workspaceSettingsSchema, type WorkspaceSettings } from './workspace.ts';

const types = ['admin', 'developer', 'system', 'regular'] as const;

/** Kept as the script that is bound for the whole workspace at `post_authn_ctx`, and nowhere else. */
const defaultScript = z
  .string()
  .max(64)
  .describe('the script of every idp without one of its own, as bound at post_authn_ctx; empty: none');

export const serverBody = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  type: z.enum(types),
  settings: z.object({ default_post_authn_ctx_script_id: defaultScript }),
  ...workspaceSettingsSchema.shape,
});

export function toServerBody(shown: ShownWorkspace): z.infer<typeof serverBody> {
  const { id, tenantId, name, type, settings, defaultScript: script } = shown;
  return { id, tenant_id: tenantId, name, type, settings: { default_post_authn_ctx_script_id: script }, ...settings };
}

/** Settings without their defaults: one that was not given stays as it is, or gets its default when it is made. */
const givenSettings = Object.fromEntries(
  Object.entries(workspaceSettingsSchema.shape).map(([name, setting]) => [name, setting.unwrap().optional()]),
);

const { response_types, token_endpoint_auth_methods, token_endpoint_auth_signing_alg_values, scope_claim_formats } =
  workspaceSettingsSchema.shape;
const authMethods = givenList(token_endpoint_auth_methods.unwrap().element);

/** Lists of which an empty one would be a workspace that serves nobody. One that offers nothing says so by its grant types. */
export const givenLists = {
  response_types: givenList(response_types.unwrap().element).describe(
    'narrows what follows from grant_types; empty: not given',
  ),
  token_endpoint_auth_methods: authMethods.describe('empty: not given'),
  token_endpoint_authn_methods: authMethods.describe(
    'the older name of token_endpoint_auth_methods, which wins where both are given',
  ),
  token_endpoint_auth_signing_alg_values: givenList(token_endpoint_auth_signing_alg_values.unwrap().element).describe(
    'empty: not given',
  ),
  scope_claim_formats: givenList(scope_claim_formats.unwrap().element).describe('empty: not given'),
};

/** What may be said of a workspace to make it; published members that decide nothing here are ignored. */
export const newServerBody = z.object({
  ...unservedServerMembers,
  id: z.string().optional().describe('1 to 64 of a-z, 0-9, - and _; generated when it is not given'),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  type: z.literal(['', 'regular'], 'only regular ones are made here').optional(),
  settings: z.object({ default_post_authn_ctx_script_id: defaultScript.optional() }).optional(),
  ...givenSettings,
  ...givenLists,
});

/** The same to change one. It keeps its type, which may be sent as a GET answers it. */
export const serverChangeBody = newServerBody.extend({ type: z.literal(['', ...types]).optional() });

/** The script for all idps, where a body names it. */
export function defaultScriptIn({ settings }: z.infer<typeof serverChangeBody>): string | undefined {
  return settings?.default_post_authn_ctx_script_id;
}

/** The settings among the members of a body. */
export function settingsIn(body: z.infer<typeof serverChangeBody>): Partial<WorkspaceSettings> {
  return Object.fromEntries(
    Object.entries(withNewNames(body)).filter(([name, value]) => name in givenSettings && value !== undefined),
  );
}

type AuthMethods = z.infer<typeof authMethods>;

/** A list that is narrowed under its older name is narrowed. */
export function withNewNames<
  Body extends {
    readonly token_endpoint_auth_methods?: AuthMethods;
    readonly token_endpoint_authn_methods?: AuthMethods;
  },
>({ token_endpoint_authn_methods: older, token_endpoint_auth_methods: methods = older, ...rest }: Body) {
  return { ...rest, token_endpoint_auth_methods: methods };
}
