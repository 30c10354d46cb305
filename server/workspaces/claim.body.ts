/** Claims as the published APIs write them. */
import { z } from 'zod';
import type { ClaimWords } from './claim.service.ts';
import { claimTypes, type Claim } from './claim.ts';

const path = z.string().max(512).optional();

const members = z.object({
  authorization_server_id: z.string().max(64).optional(),
  name: z.string().min(1).max(128),
  type: z.enum(claimTypes, 'must be id_token or access_token: clients speak OAuth 2.0 here'),
  description: z.string().max(4096).optional(),
  source_type: z.literal(['', 'authnCtx'], 'claims come from the authentication context, authnCtx').optional(),
  source_path: path.describe('members of the authentication context, from the outside in, with dots between them'),
  mapping: path.describe('what source_path says, by its older name'),
  scopes: z
    .array(z.string().min(1).max(128))
    .max(50)
    .optional()
    .describe('any of them releases it; always, without one'),
  opaque: z.boolean().optional().describe('only at userinfo, not in the ID token'),
});

const hasPath = ({ source_path: wanted = '', mapping = '' }: z.infer<typeof members>) => `${wanted}${mapping}` !== '';
const pathMissing = { path: ['source_path'], message: 'must say where the claim comes from' };

export const claimBody = members.refine(hasPath, pathMissing);
export const newClaimBody = members
  .extend({
    id: z.string().max(64).optional().describe('generated when it is not given'),
    authorization_server_id: z.string().min(1).max(64),
  })
  .refine(hasPath, pathMissing);

export const claimAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  name: z.string(),
  type: z.enum(claimTypes),
  description: z.string(),
  source_type: z.literal('authnCtx'),
  source_path: z.string(),
  mapping: z.string(),
  scopes: z.array(z.string()),
  opaque: z.boolean(),
});

export function claimWordsIn(body: z.infer<typeof claimBody>): ClaimWords {
  const { name, type, description = '', source_path: path = '', mapping = '', scopes = [], opaque = false } = body;
  return {
    name,
    type,
    description,
    sourcePath: path === '' ? mapping : path,
    scopes: [...new Set(scopes)],
    isOpaque: opaque,
  };
}

export function toClaimBody(claim: Claim): z.infer<typeof claimAnswer> {
  return {
    id: claim.id,
    tenant_id: claim.tenantId,
    authorization_server_id: claim.workspaceId,
    name: claim.name,
    type: claim.type,
    description: claim.description,
    source_type: 'authnCtx',
    source_path: claim.sourcePath,
    mapping: claim.sourcePath,
    scopes: [...claim.scopes],
    opaque: claim.isOpaque,
  };
}
