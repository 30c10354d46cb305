/** An OpenAPI document as people read it: what the page of the management APIs shows. */
import type { Answer, OpenApiDocument, Operation, Parameter, Reference } from '../http/openapi-document.ts';
import { isMembers, type JsonSchema } from '../http/openapi-schemas.ts';
import { statusOf } from '../kernel/errors.ts';
import type { ApiBody, ApiDocsPage, ApiMember, ApiOperation } from '../themes/api-docs-page.ts';

/** How far down the members of a body are named. */
const deepest = 2;

/** @param addresses of the page, and of the document itself */
export function apiDocsPage(
  document: OpenApiDocument,
  addresses: { readonly page: string; readonly document: string },
): ApiDocsPage {
  const { paths, components, tags, info } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tags: operation.tags,
      shown: showOperation(document, `${method.toUpperCase()} ${path}`, operation),
    })),
  );
  const statuses = new Map<string, number>(Object.entries(statusOf));
  return {
    version: info.version,
    documentHref: addresses.document,
    issuers: Object.entries(components.securitySchemes).map(([name, { flows }]) => {
      const issuer = issuerOf(name);
      const { tokenUrl = '' } = flows.clientCredentials ?? flows.authorizationCode ?? {};
      return { ...issuer, tokenUrl: issuer.root ? tokenUrl : anyTenants(document, tokenUrl, issuer.workspace) };
    }),
    groups: tags.map(({ name }) => ({
      name,
      href: `${addresses.page}#${name}`,
      operations: operations.flatMap((operation) => (operation.tags.includes(name) ? [operation.shown] : [])),
    })),
    refusals: Object.entries(components.responses).map(([code, { description }]) => ({
      status: String(statuses.get(code) ?? code),
      description,
    })),
    refusalMembers: bodyOf(document, components.schemas['Error'] ?? {}).members,
  };
}

function showOperation(document: OpenApiDocument, line: string, operation: Operation): ApiOperation {
  const [method = '', path = ''] = line.split(' ');
  const { responses, parameters = [], requestBody } = operation;
  const [[status, success] = ['', undefined], ...refusals] = Object.entries(responses);
  const answer: Answer = success === undefined || '$ref' in success ? { description: '' } : success;
  return {
    id: operation.operationId,
    method,
    path,
    summary: operation.summary,
    caller: callerOf(operation),
    parameters: parameters.map((one) => showParameter(parameterOf(document, one))),
    body: requestBody && bodyOf(document, requestBody.content['application/json'].schema),
    success: {
      status,
      description: answer.description,
      body: answer.content && bodyOf(document, answer.content['application/json'].schema),
    },
    refusals: refusals.map(([code]) => code),
  };
}

/** `root-system` → the workspace `system` of the root tenant; `tenant-aid` → the workspace that a path names */
function issuerOf(scheme: string): { readonly root: boolean; readonly workspace: string } {
  const [tenant, workspace = ''] = scheme.split('-');
  return { root: tenant === 'root', workspace: workspace === 'aid' ? anyWorkspace : workspace };
}

const anyWorkspace = '{aid}';

/** The address with `{tid}` for its tenant, as the paths of the page have it. */
function anyTenants({ servers }: OpenApiDocument, tokenUrl: string, workspace: string): string {
  const [origin = ''] = servers.map(({ url }) => url.replace('{tenant}', '{tid}'));
  return origin + new URL(tokenUrl).pathname.replace(/^\/[^/]+\/[^/]+/, `/{tid}/${workspace}`);
}

function callerOf({ security, 'x-permission': permission }: Operation): ApiOperation['caller'] {
  const [scheme = ''] = security.flatMap((one) => Object.keys(one));
  if (permission === undefined) {
    const issuer = issuerOf(scheme);
    const by = scheme === '' ? 'public' : issuer.workspace === anyWorkspace ? 'person' : 'scope';
    return { by, ...issuer, names: security.flatMap((one) => one[scheme] ?? []) };
  }
  return { by: permission.in, ...issuerOf(scheme), names: permission.name === undefined ? [] : [permission.name] };
}

function parameterOf({ components }: OpenApiDocument, parameter: Parameter | Reference): Parameter {
  if ('name' in parameter) return parameter;
  const found = components.parameters[lastOf(parameter.$ref)];
  if (found === undefined) throw new Error(`the document has no ${parameter.$ref}`);
  return found;
}

function showParameter({
  name,
  in: place,
  required,
  description,
  schema,
}: Parameter): ApiOperation['parameters'][number] {
  return { name, in: place, required, type: typeOf(schema), description };
}

function bodyOf(document: OpenApiDocument, schema: JsonSchema): ApiBody {
  return { type: typeOf(schema), members: membersOf(document, schema, '', 1) };
}

/** Names first what is nearest: a member, then what it holds. */
function membersOf(document: OpenApiDocument, schema: JsonSchema, prefix: string, depth: number): readonly ApiMember[] {
  const { properties, items, required } = resolve(document, schema);
  if (isMembers(items)) return membersOf(document, items, `${prefix}[]`, depth);
  if (!isMembers(properties) || depth > deepest) return [];
  return Object.entries(properties).flatMap(([own, value]) => {
    const member = isMembers(value) ? value : {};
    const name = prefix === '' ? own : `${prefix}.${own}`;
    return [
      {
        name,
        type: typeOf(member),
        required: Array.isArray(required) && required.includes(own),
        description: typeof member['description'] === 'string' ? member['description'] : undefined,
      },
      ...membersOf(document, member, name, depth + 1),
    ];
  });
}

function resolve({ components }: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const { $ref } = schema;
  return typeof $ref === 'string' ? (components.schemas[lastOf($ref)] ?? {}) : schema;
}

function typeOf(schema: JsonSchema): string {
  const { $ref, type, format, items, anyOf, oneOf } = schema;
  if (typeof $ref === 'string') return lastOf($ref);
  if ('const' in schema) return String(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map(String).join(' | ');
  const choices: unknown = anyOf ?? oneOf;
  if (Array.isArray(choices)) return [...new Set(choices.map((one) => typeOf(isMembers(one) ? one : {})))].join(' | ');
  if (type === 'array') return `${typeOf(isMembers(items) ? items : {})}[]`;
  if (typeof format === 'string') return `${String(type)}, ${format}`;
  return typeof type === 'string' ? type : 'any';
}

const lastOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);
