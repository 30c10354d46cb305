/** The management APIs as an OpenAPI 3.1 document: made from their declarations, and from nothing else. */
import { statusOf } from '../kernel/errors.ts';
import type { Endpoint, Method, Refusal, Success } from './endpoint.ts';
import { permissionOf, securityOf, securitySchemesOf, whoMayCall } from './openapi-access.ts';
import type { Answer, Content, OpenApiDocument, Operation, Parameter } from './openapi-document.ts';
import { createSchemas, isMembers, type JsonSchema, type Schemas } from './openapi-schemas.ts';
import { isHeld, parametersOf, refusals, refusalsOf } from './refusals.ts';

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  /** An origin; may hold `{tenant}`, as the public address of the platform may. */
  readonly serverUrl: string;
  /** Stands for the tenant where a whole address is needed: where tokens are issued. */
  readonly exampleTenant?: string;
  /** And for the workspace. */
  readonly exampleWorkspace?: string;
}

/**
 * Everything stands in the order of declaration: equal endpoints make equal documents.
 * @throws Error when two endpoints share method and path, or paths differ in the names of their parameters alone
 */
export function openApiDocument(endpoints: readonly Endpoint[], options: OpenApiOptions): OpenApiDocument {
  const { title, version, serverUrl, exampleTenant = 'default', exampleWorkspace = 'demo' } = options;
  const schemas = createSchemas();
  const idOf = uniqueIds(endpoints);
  const paths: Record<string, Partial<Record<Method, Operation>>> = {};
  const shapes = new Map<string, string>();
  for (const endpoint of endpoints) {
    const path = templateOf(endpoint.path);
    const shape = path.replaceAll(/\{\w+\}/g, '{}');
    const twin = shapes.get(shape) ?? path;
    if (twin !== path) throw new Error(`${twin} and ${path} are the same path: call its parameters alike`);
    shapes.set(shape, path);
    const methods = (paths[path] ??= {});
    if (methods[endpoint.method] !== undefined) throw new Error(`${endpoint.method} ${path} is declared twice`);
    methods[endpoint.method] = operationOf(endpoint, idOf(endpoint), schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title, version },
    servers: [
      serverUrl.includes('{tenant}')
        ? { url: serverUrl, variables: { tenant: { default: exampleTenant, description: 'id of the tenant' } } }
        : { url: serverUrl },
    ],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: errorSchema, ...Object.fromEntries(schemas.named) },
      parameters: { IfMatch: ifMatch },
      headers: { ETag: etag },
      responses: Object.fromEntries(refusals.map(([code, description]) => [code, refusalOf(code, description)])),
      securitySchemes: securitySchemesOf(endpoints, {
        serverUrl,
        tenant: exampleTenant,
        workspace: exampleWorkspace,
      }),
    },
  };
}

/** `/clients/:cid` → `/clients/{cid}` */
function templateOf(path: string): string {
  if (!/^(?:\/(?::\w+|[\w.-]+))+$/.test(path)) throw new Error(`${path} is more than OpenAPI can say of a path`);
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

/**
 * What an operation is called in the document: its own id; where APIs share one, with the API behind it, which is the
 * second segment of the path, or of two: `getClientSystem`, `getClientAdmin`, `listSchemasIdentityAdmin`; or the one of
 * people: `changePasswordIdentitySelf`.
 */
function uniqueIds(endpoints: readonly Endpoint[]): (endpoint: Endpoint) => string {
  const times = new Map<string, number>();
  for (const { operationId: id } of endpoints) times.set(id, (times.get(id) ?? 0) + 1);
  const idOf = ({ operationId, path }: Endpoint): string => {
    const [, , api = '', , part = ''] = path.startsWith('/:tid/') ? ['', '', 'identity', '', 'self'] : path.split('/');
    const words = api === 'identity' && ['admin', 'system', 'self'].includes(part) ? [api, part] : [api];
    const names = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    return times.get(operationId) === 1 ? operationId : operationId + names.join('');
  };
  const ids = endpoints.map(idOf);
  const again = ids.find((id, index) => ids.indexOf(id) !== index);
  if (again !== undefined) throw new Error(`two operations are called ${again}`);
  return idOf;
}

function operationOf(endpoint: Endpoint, operationId: string, schemas: Schemas): Operation {
  const { path, tag, summary, access, body, isBodyOptional, success } = endpoint;
  const parameters = [
    ...parametersOf(path).map(pathParameter),
    ...parametersIn('query', endpoint.query, schemas),
    ...parametersIn('header', endpoint.headers, schemas),
    ...(isHeld(endpoint) ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
  ];
  const json = (schema: JsonSchema): Content => ({ 'application/json': { schema } });
  const answerOf = (one: Success): Answer =>
    one.status === 204
      ? { description: one.description }
      : {
          description: one.description,
          ...(one.isStreamed === true ? {} : { headers: { ETag: { $ref: '#/components/headers/ETag' } } }),
          content: json(schemas.of(one.body, 'output')),
        };
  const answers = [success, ...(endpoint.instead === undefined ? [] : [endpoint.instead])].map(
    (one) => [one.status, answerOf(one)] as const,
  );
  return {
    operationId,
    tags: [tag],
    summary,
    description: `For ${whoMayCall(access)}.`,
    ...permissionOf(access),
    security: securityOf(access),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: isBodyOptional !== true, content: json(schemas.of(body, 'input')) } }),
    responses: {
      ...Object.fromEntries(answers),
      ...Object.fromEntries(
        refusalsOf(endpoint).map((code) => [statusOf[code], { $ref: `#/components/responses/${code}` }]),
      ),
    },
  };
}

const pathDescriptions: Readonly<Record<string, string>> = {
  tid: 'id of the tenant',
  wid: 'id of the workspace',
  aid: 'id of the workspace',
  cid: 'id of the client',
};

function pathParameter(name: string): Parameter {
  const description = pathDescriptions[name];
  return {
    name,
    in: 'path',
    required: true,
    ...(description === undefined ? {} : { description }),
    schema: { type: 'string' },
  };
}

function parametersIn(place: 'query' | 'header', members: Endpoint['query'], schemas: Schemas): readonly Parameter[] {
  if (members === undefined) return [];
  const { properties, required } = schemas.of(members, 'input');
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  return Object.entries(isMembers(properties) ? properties : {}).map(([name, member]) => {
    const { description, ...schema } = isMembers(member) ? member : {};
    return {
      name,
      in: place,
      required: isRequired(name),
      ...(typeof description === 'string' ? { description } : {}),
      schema,
    };
  });
}

const ifMatch: Parameter = {
  name: 'if-match',
  in: 'header',
  required: false,
  description: 'ETag of what the caller has read: nothing is done when it was changed since (RFC 9110 §13.1.1)',
  schema: { type: 'string' },
};

const etag = { description: 'names this very answer, for if-match', schema: { type: 'string' } };

const errorSchema: JsonSchema = {
  type: 'object',
  properties: {
    status_code: { type: 'integer', description: 'the HTTP status' },
    error: { type: 'string', description: 'what is wrong and what to do, for people' },
    error_code: { type: 'string', description: 'what is wrong, for programs' },
    details: { description: 'what is wrong where, as JSON' },
    trace_id: { type: 'string', description: 'by which operations find the request' },
  },
  required: ['status_code', 'error', 'error_code'],
};

function refusalOf(code: Refusal, description: string): Answer {
  const header = (text: string) => ({ description: text, schema: { type: 'string' } });
  const headers = {
    ...(code === 'unauthorized' || code === 'forbidden'
      ? { 'WWW-Authenticate': header('what is asked for (RFC 6750 §3)') }
      : {}),
    ...(code === 'too_many_requests' ? { 'Retry-After': header('seconds to wait') } : {}),
  };
  return {
    description,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
}
