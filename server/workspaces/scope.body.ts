/** Scopes and services as the published APIs write them. */
import { z } from 'zod';
import type { ScopeWords } from './scope.service.ts';
import type { StoredScope } from './scope.ts';
import type { ServiceWords } from './service.service.ts';
import type { Service } from './service.ts';

const metadata = z.record(z.string().max(255), z.json());

const scopeMembers = {
  authorization_server_id: z.string().max(64).optional(),
  name: z.string().min(1).max(128),
  display_name: z.string().max(255).optional().describe('the name, where it is left out'),
  description: z.string().max(4096).optional(),
  implicit: z.literal(false, 'applications ask for each scope by its name').optional(),
  implicit_grant: z.boolean().optional().describe('nobody is asked about it'),
  transient: z.boolean().optional().describe('everybody is asked about it each time'),
  metadata: metadata.optional(),
};
const ownId = z.string().max(64).optional().describe('generated when it is not given');

export const scopeBody = z.object(scopeMembers);
export const newScopeBody = z.object({
  ...scopeMembers,
  id: ownId,
  authorization_server_id: z.string().min(1).max(64),
  service_id: z.string().max(64).optional(),
});

export const serviceBody = z.object({
  authorization_server_id: z.string().max(64).optional(),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  description: z.string().max(4096).optional(),
  custom_audience: z.union([z.literal(''), z.url().max(512)], 'must be a URI').optional(),
  type: z.string().max(255).optional().describe('as it is: a service keeps its type'),
});
export const newServiceBody = serviceBody.extend({
  type: z.literal(['', 'user'], 'what administrators make is of the type user').optional(),
  id: ownId,
  authorization_server_id: z.string().min(1).max(64),
});

export const scopeAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  name: z.string(),
  display_name: z.string(),
  description: z.string(),
  implicit: z.boolean(),
  implicit_grant: z.boolean(),
  transient: z.boolean(),
  metadata,
});
export const scopeWithServiceIdAnswer = scopeAnswer.extend({ service_id: z.string().optional() });

export const serviceAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  authorization_server_id: z.string(),
  name: z.string(),
  description: z.string(),
  custom_audience: z.string().optional(),
  type: z.string(),
  system: z.boolean(),
  updated_at: z.iso.datetime(),
});
export const serviceWithAudienceAnswer = serviceAnswer.extend({
  audience: z.string().describe('that its tokens name'),
});
export const scopeWithServiceAnswer = scopeAnswer.extend({
  service: serviceAnswer.optional(),
  with_service: z.boolean(),
});
export const scopesWithServicesAnswer = z.object({ scopes: z.array(scopeWithServiceAnswer) });

export type ScopeAnswer = z.infer<typeof scopeAnswer>;
export type ServiceAnswer = z.infer<typeof serviceAnswer>;

/** What is said of a scope, with what was left out. */
export function scopeWordsIn(body: z.infer<typeof scopeBody>): ScopeWords {
  const { name, display_name: display = '', description = '', transient = false } = body;
  return {
    name,
    displayName: display === '' ? name : display,
    description,
    implicitGrant: body.implicit_grant ?? false,
    transient,
    metadata: body.metadata ?? {},
  };
}

export function serviceWordsIn(body: z.infer<typeof serviceBody>): ServiceWords {
  const { name = '', description = '', custom_audience: audience = '' } = body;
  return { name, description, customAudience: audience === '' ? undefined : audience };
}

export function toScopeBody(scope: StoredScope): ScopeAnswer {
  return {
    id: scope.id,
    tenant_id: scope.tenantId,
    authorization_server_id: scope.workspaceId,
    name: scope.name,
    display_name: scope.displayName,
    description: scope.description,
    implicit: false,
    implicit_grant: scope.implicitGrant,
    transient: scope.transient ?? false,
    metadata: metadata.parse(scope.metadata),
  };
}

export function toScopeWithServiceId(scope: StoredScope): z.infer<typeof scopeWithServiceIdAnswer> {
  return { ...toScopeBody(scope), ...(scope.service === undefined ? {} : { service_id: scope.service.id }) };
}

/** @param service the scope's own */
export function toScopeWithService(
  scope: StoredScope,
  service: Service | undefined,
): z.infer<typeof scopeWithServiceAnswer> {
  const body = { ...toScopeBody(scope), with_service: service !== undefined };
  return service === undefined ? body : { ...body, service: toServiceBody(service) };
}

export function toServiceBody(service: Service): ServiceAnswer {
  const { customAudience } = service;
  return {
    id: service.id,
    tenant_id: service.tenantId,
    authorization_server_id: service.workspaceId,
    name: service.name,
    description: service.description,
    ...(customAudience === undefined ? {} : { custom_audience: customAudience }),
    type: service.type,
    system: service.isSystem,
    updated_at: new Date(service.updatedAt).toISOString(),
  };
}
