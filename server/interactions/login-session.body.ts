/** A login as the published APIs show it to the backend of an integrator's page. */
import { z } from 'zod';
import { parseDuration } from '../kernel/duration.ts';
import type { Scope } from '../workspaces/scope.ts';
import { shownParams } from './authorization-request.ts';
import type { LoginSession } from './handoff-call.service.ts';

const attributes = z.record(z.string(), z.json());

export const requestedScope = z.object({
  authorization_server_id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  requested_name: z.string(),
  params: z.array(z.string()),
  display_name: z.string(),
  description: z.string(),
  implicit_grant: z.boolean(),
  transient: z.boolean(),
});

export const loginSessionAnswer = z.object({
  id: z.string(),
  tenant_id: z.string(),
  server_id: z.string().describe('the workspace'),
  client_id: z.string().describe('of the application that the person signs in to'),
  client_info: z.object({
    client_name: z.string().optional(),
    client_uri: z.string().optional(),
    logo_uri: z.string().optional(),
    policy_uri: z.string().optional(),
    tos_uri: z.string().optional(),
    description: z.string().optional(),
    organisation_id: z.string().optional(),
  }),
  request_query_params: z.record(z.string(), z.array(z.string())).describe('as they were validated'),
  requested_at: z.iso.datetime(),
  requested_scopes: z.array(requestedScope),
  requested_claims: attributes.optional(),
  requested_grant_type: z.string(),
  requested_redirect_uri: z.string().optional(),
  requested_audience: z.array(z.string()),
  requested_acr: z.array(z.string()),
  requested_max_age: z.string().optional(),
  authorization_details: z.array(attributes),
  subject: z.string().optional(),
  idp_id: z.string().optional(),
  idp_subject: z.string().optional(),
  acr: z.string().optional(),
  amr: z.array(z.string()),
  auth_time: z.iso.datetime().optional(),
  authentication_context: attributes,
  allowed_scopes: z.record(z.string(), z.boolean()),
  granted_scopes: z.array(z.string()),
  granted_audience: z.array(z.string()),
  login_approved: z.boolean(),
  login_rejected: z.boolean(),
  scope_grant_approved: z.boolean(),
  scope_grant_rejected: z.boolean(),
});

const words = (text: string | undefined): readonly string[] => (text ?? '').split(' ').filter((word) => word !== '');

export function toLoginSessionBody({ stay, login, asked, context }: LoginSession): z.infer<typeof loginSessionAnswer> {
  const { interaction, request, client, scopes } = login;
  const { params } = request;
  const { person } = interaction;
  const { client_name, client_uri, logo_uri, policy_uri, tos_uri, ...more } = client.metadata;
  const described = z.object({ description: z.string().optional(), organisation_id: z.string().optional() });
  const claims = params['claims'] === undefined ? undefined : attributes.safeParse(JSON.parse(params['claims'])).data;
  const maxAge = params['max_age'];
  const given = { client_name, client_uri, logo_uri, policy_uri, tos_uri, ...described.catch({}).parse(more) };
  return {
    id: stay.id,
    tenant_id: stay.tenantId,
    server_id: stay.workspaceId,
    client_id: client.id,
    client_info: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    request_query_params: Object.fromEntries(
      Object.entries(shownParams(request)).map(([name, value]) => [name, [value]]),
    ),
    requested_at: new Date(interaction.startedAt).toISOString(),
    requested_scopes: asked.flatMap((name) => toRequestedScope(name, scopes)),
    ...(claims === undefined ? {} : { requested_claims: claims }),
    requested_grant_type: 'authorization_code',
    ...(request.redirectUri === undefined ? {} : { requested_redirect_uri: request.redirectUri }),
    requested_audience: [],
    requested_acr: [...new Set([...request.essentialAcrs, ...words(params['acr_values'])])],
    ...(maxAge === undefined || parseDuration(`${maxAge}s`) === undefined ? {} : { requested_max_age: `${maxAge}s` }),
    authorization_details: [],
    ...(person === undefined
      ? {}
      : {
          subject: person.subject,
          idp_id: person.idpId,
          idp_subject: person.idpSubject,
          auth_time: new Date(person.authTime * 1000).toISOString(),
          ...(person.acr === undefined ? {} : { acr: person.acr }),
        }),
    amr: [...(person?.amr ?? [])],
    authentication_context: attributes.parse(context),
    allowed_scopes: Object.fromEntries(asked.map((name) => [name, true])),
    granted_scopes: [],
    granted_audience: [],
    login_approved: person !== undefined,
    login_rejected: false,
    scope_grant_approved: false,
    scope_grant_rejected: false,
  };
}

function toRequestedScope(name: string, scopes: readonly Scope[]): readonly z.infer<typeof requestedScope>[] {
  return scopes
    .filter((scope) => scope.name === name)
    .map((scope) => ({
      authorization_server_id: scope.workspaceId,
      tenant_id: scope.tenantId,
      name,
      requested_name: name,
      params: [],
      display_name: scope.displayName,
      description: scope.description,
      implicit_grant: scope.implicitGrant,
      transient: scope.transient ?? false,
    }));
}
