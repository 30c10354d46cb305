/** Claims in an exported configuration. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Fault, type Section } from '../configuration/section.ts';
import { checkGivenId, claimId, newId, workspaceId, type TenantId } from '../kernel/ids.ts';
import { checkClaim } from './claim.service.ts';
import { mostClaims, claimTypes, type Claim, type ClaimStore } from './claim.ts';

export interface ClaimSectionStores {
  readonly claims: Pick<ClaimStore, 'list' | 'find' | 'insert' | 'update'>;
}

const body = z
  .object({
    authorization_server_id: z.string().min(1).max(64),
    id: z.string().max(64).optional(),
    name: z.string().min(1).max(128),
    type: z.enum(claimTypes),
    description: z.string().max(4096).default(''),
    source_type: z.literal(['', 'authnCtx']).default('authnCtx'),
    source_path: z.string().max(512).default(''),
    mapping: z.string().max(512).default(''),
    scopes: z.array(z.string().min(1).max(128)).max(50).default([]),
    opaque: z.boolean().default(false),
  })
  .transform(({ source_path: path, mapping, source_type: _context, ...item }) => ({
    ...item,
    source_type: 'authnCtx',
    source_path: path === '' ? mapping : path,
  }));
type ClaimItem = z.infer<typeof body>;

const toItem = (claim: Claim): ClaimItem => ({
  authorization_server_id: claim.workspaceId,
  id: claim.id,
  name: claim.name,
  type: claim.type,
  description: claim.description,
  source_type: 'authnCtx',
  source_path: claim.sourcePath,
  scopes: [...claim.scopes],
  opaque: claim.isOpaque,
});

function toClaim(tenant: TenantId, item: ClaimItem, id: string): Claim {
  return {
    tenantId: tenant,
    workspaceId: workspaceId(item.authorization_server_id),
    id: claimId(id),
    name: item.name,
    type: item.type,
    description: item.description,
    sourcePath: item.source_path,
    scopes: item.scopes,
    isOpaque: item.opaque,
  };
}

async function takenFaults(
  claims: Pick<ClaimStore, 'find'>,
  tenant: TenantId,
  { id = '' }: ClaimItem,
): Promise<readonly Fault[]> {
  const holder = id === '' ? undefined : await claims.find(tenant, claimId(id));
  if (holder === undefined) return [];
  return [{ pointer: '/id', message: `is that of ${holder.name} (${holder.type}) in ${holder.workspaceId} already` }];
}

export function claimSection(): Section<ClaimSectionStores> {
  return section({
    member: 'claims',
    body,
    holds: ['place'],
    most: mostClaims,
    placeMember: 'authorization_server_id',
    nameOf: ({ authorization_server_id: place, type, name }) => `${place} ${type} ${name}`,
    distinct: ({ id = '' }) => (id === '' ? [] : [{ key: `the claim ${id}`, pointer: '/id' }]),
    placeOf: ({ authorization_server_id: place }) => place,
    async *list({ claims }, tenant, place) {
      if (place === undefined) return;
      for (const claim of await claims.list(tenant, workspaceId(place))) yield toItem(claim);
    },
    async find({ claims }, tenant, { authorization_server_id: place, type, name }) {
      const all = await claims.list(tenant, workspaceId(place));
      const found = all.find((claim) => claim.type === type && claim.name === name);
      return found === undefined ? undefined : toItem(found);
    },
    faults: async (item, { tenantId }, stored, { claims }) => [
      ...faultsFrom(() => {
        checkClaim({ name: item.name, type: item.type, isOpaque: item.opaque });
        if (item.id !== undefined && item.id !== '') checkGivenId(item.id);
      }),
      ...(item.source_path === '' ? [{ pointer: '/source_path', message: 'must say where the claim comes from' }] : []),
      // One that is there keeps the id it has.
      ...((await stored()) === undefined ? await takenFaults(claims, tenantId, item) : []),
    ],
    // What refers to the one that is there goes on to do so.
    complete: (item, stored) => {
      const { id = '' } = item;
      return Promise.resolve({ ...item, id: stored?.id ?? (id === '' ? newId() : id) });
    },
    async write({ claims }, tenant, item, stored) {
      const claim = toClaim(tenant, item, item.id ?? newId());
      await (stored === undefined ? claims.insert(claim) : claims.update(claim));
    },
  });
}
