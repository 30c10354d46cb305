/** Who may call, as an OpenAPI document says it: where tokens come from, and what they have to carry. */
import { rootTenantId } from '../tenants/tenant.ts';
import { systemScopes } from '../workspaces/system-scopes.ts';
import type { Access, Endpoint } from './endpoint.ts';
import type { Operation, SecurityScheme } from './openapi-document.ts';

interface Issuer {
  readonly tenant: 'root' | 'path';
  readonly workspace: 'system' | 'admin';
}

function issuerOf(access: Access): Issuer {
  return access.kind === 'scope' ? access : { tenant: 'path', workspace: 'admin' };
}

/** `root-system`, `tenant-admin` */
function schemeOf(access: Access): string {
  const { tenant, workspace } = issuerOf(access);
  return `${tenant === 'root' ? 'root' : 'tenant'}-${workspace}`;
}

export function securityOf(access: Access): Operation['security'] {
  const scheme = schemeOf(access);
  return access.kind === 'scope' ? access.scopes.map((scope) => ({ [scheme]: [scope] })) : [{ [scheme]: [] }];
}

export function permissionOf(access: Access): Pick<Operation, 'x-permission'> {
  if (access.kind === 'scope') return {};
  return { 'x-permission': access.in === 'any' ? { in: 'any' } : { in: access.in, name: access.permission } };
}

export function whoMayCall(access: Access): string {
  const { tenant, workspace } = issuerOf(access);
  const place = `the workspace \`${workspace}\` of the ${tenant === 'root' ? 'root tenant' : 'tenant'}`;
  if (access.kind === 'scope')
    return `clients of ${place} with ${access.scopes.map((scope) => `\`${scope}\``).join(' or ')}`;
  const role = access.in === 'any' ? 'a role' : `a role in the ${access.in} that gives \`${access.permission}\``;
  return `people and clients of ${place} with ${role}`;
}

export function securitySchemesOf(
  endpoints: readonly Endpoint[],
  serverUrl: string,
  exampleTenant: string,
): Readonly<Record<string, SecurityScheme>> {
  const meanings = new Map(systemScopes.map(({ name, displayName }) => [name, displayName]));
  const schemes: Record<string, SecurityScheme> = {};
  for (const { access } of endpoints) {
    const { tenant, workspace } = issuerOf(access);
    const id = tenant === 'root' ? rootTenantId : exampleTenant;
    const known = schemes[schemeOf(access)]?.flows.clientCredentials.scopes;
    const asked = access.kind === 'scope' ? access.scopes : [];
    schemes[schemeOf(access)] = {
      type: 'oauth2',
      description:
        tenant === 'root'
          ? `Tokens of the root tenant’s workspace \`${workspace}\`.`
          : `Tokens of the workspace \`${workspace}\` of the tenant that the path names; here it is \`${id}\`.`,
      flows: {
        clientCredentials: {
          tokenUrl: `${serverUrl.replace('{tenant}', id)}/${id}/${workspace}/oauth2/token`,
          scopes: { ...known, ...Object.fromEntries(asked.map((scope) => [scope, meanings.get(scope) ?? scope])) },
        },
      },
    };
  }
  return schemes;
}
