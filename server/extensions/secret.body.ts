/** Secrets as the published Admin API writes them: their values go in, and never come out. */
import { z } from 'zod';
import { longestValue, type Secret } from './secret.ts';

export const secretBody = z.object({
  secret: z.string().min(1).max(longestValue).describe('the value; sealed, and never answered'),
});
export const newSecretBody = secretBody.extend({ id: z.string().max(64).describe('by which scripts name it') });

export const secretAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace'),
  created_at: z.string(),
});
export const secretsAnswer = z.object({ secrets: z.array(secretAnswer) });

export function toSecretBody({ id, tenantId, workspaceId, createdAt }: Secret): z.infer<typeof secretAnswer> {
  return { id, tenant_id: tenantId, server_id: workspaceId, created_at: new Date(createdAt).toISOString() };
}
