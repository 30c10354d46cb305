/** The document of the management APIs: what is declared is in it, and tools that read OpenAPI can read it. */
import assert from 'node:assert/strict';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { z } from 'zod';
import { endpoint, type Access, type Endpoint } from '../../../server/http/endpoint.ts';
import type { Answer, Operation } from '../../../server/http/openapi-document.ts';
import { openApiDocument } from '../../../server/http/openapi.ts';
import { declaredEndpoints } from '../../support/declared-endpoints.ts';

const options = { title: 'Management', version: '1.2.3', serverUrl: 'https://id.example' };
const scope = {
  kind: 'scope',
  tenant: 'path',
  workspace: 'system',
  scopes: ['view_clients', 'manage_clients'],
} as const;

const client = z.object({
  id: z.string(),
  name: z.string().default('nameless').describe('what people read'),
  more: z.json().optional(),
});
const declared = (own: Partial<Endpoint> = {}): Endpoint => ({
  ...endpoint({
    method: 'get',
    path: '/api/system/:tid/clients/:cid',
    operationId: 'getClient',
    tag: 'clients',
    summary: 'Get a client',
    access: scope,
    success: { status: 200, description: 'the client', body: client },
    handle: () => Promise.resolve({}),
  }),
  ...own,
});

function operationOf(own: Partial<Endpoint> = {}): Operation {
  const document = openApiDocument([declared(own)], options);
  const [operation] = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  assert.ok(operation);
  return operation;
}
const statusesOf = (own: Partial<Endpoint>) => Object.keys(operationOf(own).responses).map(Number);
const schemaOf = (answer: unknown) => (answer as Answer).content?.['application/json'].schema;

const rules = [
  'struct',
  'spec-components-invalid-map-name',
  'no-unresolved-refs',
  'no-identical-paths',
  'operation-operationId-unique',
  'operation-operationId-url-safe',
  'operation-parameters-unique',
  'path-parameters-defined',
  'security-defined',
];

/** What a validator that knows the whole specification finds wrong. */
async function faults(document: unknown): Promise<readonly string[]> {
  const config = await createConfig({ rules: Object.fromEntries(rules.map((rule) => [rule, 'error'])) });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('openApiDocument', () => {
  it('is valid OpenAPI 3.1, with every endpoint of the platform in it', async () => {
    const endpoints = declaredEndpoints();
    const document = openApiDocument(endpoints, options);
    assert.deepEqual(await faults(document), []);
    const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
    assert.equal(operations.length, endpoints.length);
    for (const { flows } of Object.values(document.components.securitySchemes)) {
      const tokenUrl = (flows.clientCredentials ?? flows.authorizationCode)?.tokenUrl ?? '';
      assert.ok(URL.canParse(tokenUrl), tokenUrl);
    }
  });

  it('is checked by a validator that finds what is wrong', async () => {
    const wrong = async (members: Readonly<Record<string, unknown>>) => {
      const document = openApiDocument([declared()], options);
      const path = { get: { ...operationOf(), ...members } };
      return (await faults({ ...document, paths: { '/api/system/{tid}/clients/{cid}': path } })).join();
    };
    assert.equal(await wrong({}), '');
    assert.match(await wrong({ parameters: [] }), /^path-parameters-defined/);
    assert.match(await wrong({ security: [{ nobody: [] }] }), /^security-defined/);
    assert.match(await wrong({ sumary: '' }), /^struct/);
    assert.match(await wrong({ responses: { 200: { $ref: '#/components/responses/none' } } }), /^no-unresolved-refs/);
  });

  it('is the same for the same endpoints', () => {
    const write = () => JSON.stringify(openApiDocument(declaredEndpoints(), options));
    assert.equal(write(), write());
  });

  it('says what an endpoint reads and answers', () => {
    const operation = operationOf({
      query: z.object({ limit: z.int().max(100).optional().describe('at most'), flag: z.stringbool() }),
    });
    assert.partialDeepStrictEqual(operation, { operationId: 'getClient', tags: ['clients'], summary: 'Get a client' });
    assert.deepEqual(operation.parameters, [
      { name: 'tid', in: 'path', required: true, description: 'id of the tenant', schema: { type: 'string' } },
      { name: 'cid', in: 'path', required: true, description: 'id of the client', schema: { type: 'string' } },
      {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'at most',
        schema: { type: 'integer', maximum: 100 },
      },
      { name: 'flag', in: 'query', required: true, schema: { type: 'boolean' } },
    ]);
    assert.deepEqual(operation.responses['200'], {
      description: 'the client',
      headers: { ETag: { $ref: '#/components/headers/ETag' } },
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              id: { type: 'string' },
              name: { default: 'nameless', description: 'what people read', type: 'string' },
              more: {},
            },
            required: ['id', 'name'],
          },
        },
      },
    });
  });

  it('demands no member of a request that has a default', () => {
    const { requestBody } = operationOf({ method: 'put', body: client });
    assert.equal(requestBody?.required, true);
    assert.deepEqual(requestBody.content['application/json'].schema['required'], ['id']);
  });

  it('forbids further members only where the schema does', () => {
    const answering = (body: z.ZodType) =>
      schemaOf(operationOf({ success: { status: 200, description: '', body } }).responses['200']);
    assert.ok(!('additionalProperties' in (answering(z.object({})) ?? {})));
    assert.deepEqual(answering(z.looseObject({}))?.['additionalProperties'], {});
    assert.equal(answering(z.strictObject({}))?.['additionalProperties'], false);
  });

  it('writes a schema with a name once, and one that refers to itself only by its name', () => {
    const node = z.object({ value: z.string().default('') }).meta({ id: 'Node' });
    const document = openApiDocument(
      [declared({ method: 'put', body: node, success: { status: 200, description: '', body: z.array(node) } })],
      options,
    );
    assert.deepEqual(Object.keys(document.components.schemas), ['Error', 'Node', 'NodeInput']);
    assert.ok(!('required' in (document.components.schemas['NodeInput'] ?? {})));
    const { put } = document.paths['/api/system/{tid}/clients/{cid}'] ?? {};
    assert.deepEqual(schemaOf(put?.responses['200']), { type: 'array', items: { $ref: '#/components/schemas/Node' } });

    const tree: z.ZodType = z.lazy(() => z.object({ children: z.array(tree) }));
    assert.throws(() => operationOf({ method: 'put', body: tree }), /needs a name/);
  });

  it('names the refusals that an endpoint can meet with', () => {
    assert.deepEqual(statusesOf({}), [200, 400, 401, 403, 404, 429]);
    const refuses = ['conflict'] as const;
    assert.deepEqual(
      statusesOf({ method: 'put', body: client, refuses }),
      [200, 400, 401, 403, 404, 409, 412, 413, 422, 429],
    );
  });

  it('lets a change be held to what its caller has read, and nothing that is made only then', () => {
    const reference = { $ref: '#/components/parameters/IfMatch' };
    const takes = (own: Partial<Endpoint>) =>
      (operationOf(own).parameters ?? []).some((one) => '$ref' in one && one.$ref === reference.$ref);
    for (const method of ['put', 'patch', 'delete', 'post'] as const) assert.ok(takes({ method }), method);
    assert.ok(!takes({}));
    assert.ok(!takes({ method: 'post', success: { status: 201, description: '', body: client } }));
    assert.ok(!takes({ method: 'post', isAction: true }));
  });

  it('answers every refusal with the published body', () => {
    const { responses, schemas } = openApiDocument([declared()], options).components;
    for (const refusal of Object.values(responses))
      assert.deepEqual(schemaOf(refusal), { $ref: '#/components/schemas/Error' });
    assert.deepEqual(Object.keys(schemas['Error']?.['properties'] ?? {}), [
      'status_code',
      'error',
      'error_code',
      'details',
      'trace_id',
    ]);
  });

  it('says where tokens come from and which scopes they carry, one scheme for each kind of workspace', () => {
    const root: Access = { kind: 'scope', tenant: 'root', workspace: 'system', scopes: ['manage_configuration'] };
    const { securitySchemes } = openApiDocument(
      [
        declared(),
        declared({
          method: 'delete',
          access: { ...scope, scopes: ['manage_clients', 'x'] },
          operationId: 'deleteClient',
        }),
        declared({ path: '/api/system/tenants', access: root, operationId: 'listTenants' }),
        declared({ path: '/api/admin/:tid/me', access: { kind: 'role', in: 'any' }, operationId: 'me' }),
      ],
      { ...options, exampleTenant: 'acme' },
    ).components;
    assert.deepEqual(
      Object.entries(securitySchemes).map(([name, { flows }]) => [
        name,
        flows.clientCredentials?.tokenUrl,
        Object.keys(flows.clientCredentials?.scopes ?? {}),
      ]),
      [
        ['tenant-system', 'https://id.example/acme/system/oauth2/token', ['view_clients', 'manage_clients', 'x']],
        ['root-system', 'https://id.example/system/system/oauth2/token', ['manage_configuration']],
        ['tenant-admin', 'https://id.example/acme/admin/oauth2/token', []],
      ],
    );
  });

  it('says who may call', () => {
    const { security, description } = operationOf();
    assert.deepEqual(security, [{ 'tenant-system': ['view_clients'] }, { 'tenant-system': ['manage_clients'] }]);
    assert.equal(
      description,
      'For clients of the workspace `system` of the tenant with `view_clients` or `manage_clients`.',
    );
    const inTenant = operationOf({ access: { kind: 'role', in: 'tenant', permission: 'read_roles' } });
    assert.deepEqual(inTenant.security, [{ 'tenant-admin': [] }]);
    assert.deepEqual(inTenant['x-permission'], { in: 'tenant', name: 'read_roles' });
    assert.match(inTenant.description, /a role in the tenant that gives `read_roles`/);
    assert.deepEqual(operationOf({ access: { kind: 'role', in: 'any' } })['x-permission'], { in: 'any' });
  });

  it('says that people call for themselves, with a token of the workspace that the path names', () => {
    const access: Access = { kind: 'person', scopes: ['view_ss_profile'], maxAgeSeconds: 300 };
    const { paths, components } = openApiDocument(
      [declared({ path: '/:tid/:aid/identity/self/me', access, operationId: 'me' })],
      { ...options, exampleTenant: 'acme', exampleWorkspace: 'shop' },
    );
    const own = paths['/{tid}/{aid}/identity/self/me']?.get;
    assert.deepEqual(own?.security, [{ 'tenant-aid': ['view_ss_profile'] }]);
    assert.match(own.description, /for themselves, .* with `view_ss_profile`, .* within 300 seconds \(RFC 9470\)/);
    assert.deepEqual(components.securitySchemes['tenant-aid']?.flows, {
      authorizationCode: {
        authorizationUrl: 'https://id.example/acme/shop/oauth2/authorize',
        tokenUrl: 'https://id.example/acme/shop/oauth2/token',
        scopes: { view_ss_profile: 'See your account' },
      },
    });
  });

  it('says that a public call needs no token, and what stands in its place', () => {
    const own = operationOf({ method: 'post', access: { kind: 'public', because: 'a code decides' } });
    assert.deepEqual(own.security, []);
    assert.equal(own.description, 'For everybody, without a token: a code decides.');
    assert.ok(!JSON.stringify(own.parameters).includes('IfMatch'));
  });

  it('knows a platform whose tenants have addresses of their own', async () => {
    const document = openApiDocument([declared()], { ...options, serverUrl: 'https://{tenant}.id.example' });
    assert.deepEqual(await faults(document), []);
    assert.match(
      JSON.stringify(document.components.securitySchemes),
      /https:\/\/default\.id\.example\/default\/system/,
    );
  });

  describe('where APIs publish one operationId twice', () => {
    const admin = declared({ path: '/api/admin/:tid/clients/:cid' });

    it('puts the API behind both, and behind no other', () => {
      const other = declared({ method: 'delete', operationId: 'deleteClient' });
      const { paths } = openApiDocument([declared(), admin, other], options);
      const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
      assert.deepEqual(ids, ['getClientSystem', 'deleteClient', 'getClientAdmin']);
    });

    it('refuses what is not unique even then', () => {
      const taken = declared({ method: 'delete', operationId: 'getClientAdmin' });
      assert.throws(() => openApiDocument([declared(), admin, taken], options), /called getClientAdmin/);
    });
  });

  it('refuses two endpoints with one method and path, whatever the parameters are called', () => {
    const again = declared({ operationId: 'again' });
    assert.throws(() => openApiDocument([declared(), again], options), /declared twice/);
    const alike = declared({ operationId: 'again', path: '/api/system/:tid/clients/:id' });
    assert.throws(() => openApiDocument([declared(), alike], options), /call its parameters alike/);
  });

  it('refuses a path that OpenAPI cannot say', () => {
    for (const path of ['/api/*rest', '/api/:tid{/:more}', 'api', '/api/'])
      assert.throws(() => operationOf({ path }), /more than OpenAPI/, path);
  });
});
