/** A workspace as the published APIs write it, where it is called a server. */
import { z } from 'zod';
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

/** One that offers none at all says so by its grant types. */
const givenResponseTypes = z
  .array(workspaceSettingsSchema.shape.response_types.unwrap().element)
  .transform((types) => (types.length === 0 ? undefined : types))
  .optional()
  .describe('narrows what follows from grant_types; empty: not given');

/** What may be said of a workspace to make it; published members that decide nothing here are ignored. */
export const newServerBody = z.object({
  ...unservedServerMembers,
  token_endpoint_authn_methods: workspaceSettingsSchema.shape.token_endpoint_auth_methods
    .unwrap()
    .optional()
    .describe('the older name of token_endpoint_auth_methods, which wins where both are given'),
  id: z.string().optional().describe('1 to 64 of a-z, 0-9, - and _; generated when it is not given'),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  type: z.literal(['', 'regular'], 'only regular ones are made here').optional(),
  settings: z.object({ default_post_authn_ctx_script_id: defaultScript.optional() }).optional(),
  ...givenSettings,
  response_types: givenResponseTypes,
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

/** A list that is narrowed under its older name is narrowed. */
export function withNewNames<Body extends Pick<z.infer<typeof newServerBody>, 'token_endpoint_authn_methods'>>(
  body: Body,
): Omit<Body, 'token_endpoint_authn_methods'> & {
  readonly token_endpoint_auth_methods?: WorkspaceSettings['token_endpoint_auth_methods'];
} {
  const { token_endpoint_authn_methods: older, ...rest } = body;
  return older === undefined ? rest : { token_endpoint_auth_methods: older, ...rest };
}
