/** Who may call, as an OpenAPI document says it: where tokens come from, and what they have to carry. */
import { rootTenantId } from '../tenants/tenant.ts';
import { selfServiceScopes } from '../workspaces/self-service-scopes.ts';
import { systemScopes } from '../workspaces/system-scopes.ts';
import type { Access, Endpoint } from './endpoint.ts';
import type { Operation, SecurityScheme } from './openapi-document.ts';

interface Issuer {
  readonly tenant: 'root' | 'path';
  /** `aid`: the one that the path names. */
  readonly workspace: 'system' | 'admin' | 'aid';
}

/** @returns undefined where no token is asked for */
function issuerOf(access: Access): Issuer | undefined {
  switch (access.kind) {
    case 'scope':
      return access;
    case 'role':
      return { tenant: 'path', workspace: 'admin' };
    case 'person':
      return { tenant: 'path', workspace: 'aid' };
    case 'public':
      return undefined;
  }
}

/** `root-system`, `tenant-admin`, `tenant-aid` */
function schemeOf({ tenant, workspace }: Issuer): string {
  return `${tenant === 'root' ? 'root' : 'tenant'}-${workspace}`;
}

function scopesOf(access: Access): readonly string[] {
  return access.kind === 'scope' || access.kind === 'person' ? access.scopes : [];
}

export function securityOf(access: Access): Operation['security'] {
  const issuer = issuerOf(access);
  if (issuer === undefined) return [];
  const scheme = schemeOf(issuer);
  return access.kind === 'role' ? [{ [scheme]: [] }] : scopesOf(access).map((scope) => ({ [scheme]: [scope] }));
}

export function permissionOf(access: Access): Pick<Operation, 'x-permission'> {
  if (access.kind !== 'role') return {};
  return { 'x-permission': access.in === 'any' ? { in: 'any' } : { in: access.in, name: access.permission } };
}

export function whoMayCall(access: Access): string {
  if (access.kind === 'public') return `everybody, without a token: ${access.because}`;
  const scopes = scopesOf(access)
    .map((scope) => `\`${scope}\``)
    .join(' or ');
  if (access.kind === 'person') {
    const { maxAgeSeconds: age } = access;
    const recently = age === undefined ? '' : `, who proved who they are within ${String(age)} seconds (RFC 9470)`;
    return `people of an identity pool for themselves, by a token of the workspace that the path names with ${scopes}${recently}`;
  }
  const isRoots = access.kind === 'scope' && access.tenant === 'root';
  const workspace = access.kind === 'scope' ? access.workspace : 'admin';
  const place = `the workspace \`${workspace}\` of the ${isRoots ? 'root tenant' : 'tenant'}`;
  if (access.kind === 'scope') return `clients of ${place} with ${scopes}`;
  const role = access.in === 'any' ? 'a role' : `a role in the ${access.in} that gives \`${access.permission}\``;
  return `people and clients of ${place} with ${role}`;
}

export interface ExamplePlace {
  readonly serverUrl: string;
  readonly tenant: string;
  readonly workspace: string;
}

export function securitySchemesOf(
  endpoints: readonly Endpoint[],
  example: ExamplePlace,
): Readonly<Record<string, SecurityScheme>> {
  const meanings = new Map([...systemScopes, ...selfServiceScopes].map(({ name, displayName }) => [name, displayName]));
  const schemes: Record<string, SecurityScheme> = {};
  for (const { access } of endpoints) {
    const issuer = issuerOf(access);
    if (issuer === undefined) continue;
    const { flows } = schemes[schemeOf(issuer)] ?? {};
    const known = (flows?.clientCredentials ?? flows?.authorizationCode)?.scopes;
    const asked = Object.fromEntries(scopesOf(access).map((scope) => [scope, meanings.get(scope) ?? scope]));
    schemes[schemeOf(issuer)] = schemeAt(issuer, example, { ...known, ...asked });
  }
  return schemes;
}

function schemeAt(
  { tenant, workspace }: Issuer,
  example: ExamplePlace,
  scopes: Readonly<Record<string, string>>,
): SecurityScheme {
  const id = tenant === 'root' ? rootTenantId : example.tenant;
  const place = workspace === 'aid' ? example.workspace : workspace;
  const base = `${example.serverUrl.replace('{tenant}', id)}/${id}/${place}/oauth2`;
  const tokenUrl = `${base}/token`;
  if (workspace === 'aid')
    return {
      type: 'oauth2',
      description: `Tokens of the workspace that the path names, from a login of the person; here it is \`${place}\` of the tenant \`${id}\`.`,
      flows: { authorizationCode: { authorizationUrl: `${base}/authorize`, tokenUrl, scopes } },
    };
  return {
    type: 'oauth2',
    description:
      tenant === 'root'
        ? `Tokens of the root tenant’s workspace \`${workspace}\`.`
        : `Tokens of the workspace \`${workspace}\` of the tenant that the path names; here it is \`${id}\`.`,
    flows: { clientCredentials: { tokenUrl, scopes } },
  };
}
