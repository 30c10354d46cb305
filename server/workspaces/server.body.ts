/** A workspace as the published APIs write it, where it is called a server. */
import { z } from 'zod';
import { workspaceSettingsSchema, type Workspace } from './workspace.ts';

export const serverBody = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  type: z.enum(['admin', 'developer', 'system', 'regular']),
  ...workspaceSettingsSchema.shape,
});

export function toServerBody({ id, tenantId, name, type, settings }: Workspace): z.infer<typeof serverBody> {
  return { id, tenant_id: tenantId, name, type, ...settings };
}
