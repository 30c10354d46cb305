/** A workspace as the published APIs write it, where it is called a server. */
import { z } from 'zod';
import { workspaceSettingsSchema, type Workspace, type WorkspaceSettings } from './workspace.ts';

const types = ['admin', 'developer', 'system', 'regular'] as const;

export const serverBody = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  type: z.enum(types),
  ...workspaceSettingsSchema.shape,
});

export function toServerBody({ id, tenantId, name, type, settings }: Workspace): z.infer<typeof serverBody> {
  return { id, tenant_id: tenantId, name, type, ...settings };
}

/** Settings without their defaults: one that was not given stays as it is, or gets its default when it is made. */
const givenSettings = Object.fromEntries(
  Object.entries(workspaceSettingsSchema.shape).map(([name, setting]) => [name, setting.unwrap().optional()]),
);

/** What may be said of a workspace to make it; published members that decide nothing here are ignored. */
export const newServerBody = z.object({
  id: z.string().optional().describe('1 to 64 of a-z, 0-9, - and _; generated when it is not given'),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  type: z.literal(['', 'regular'], 'only regular ones are made here').optional(),
  ...givenSettings,
});

/** The same to change one. It keeps its type, which may be sent as a GET answers it. */
export const serverChangeBody = newServerBody.extend({ type: z.literal(['', ...types]).optional() });

/** The settings among the members of a body. */
export function settingsIn(body: z.infer<typeof serverChangeBody>): Partial<WorkspaceSettings> {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => name in givenSettings && value !== undefined),
  );
}
