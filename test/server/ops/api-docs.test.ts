/** What the page of the management APIs shows of a document. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Endpoint } from '../../../server/http/endpoint.ts';
import { openApiDocument } from '../../../server/http/openapi.ts';
import { apiDocsPage } from '../../../server/ops/api-docs.ts';
import { declaredEndpoints } from '../../support/declared-endpoints.ts';

const addresses = { page: '/docs', document: '/openapi.json' };
const get: Endpoint = {
  method: 'get',
  path: '/api/system/:tid/clients/:cid',
  operationId: 'getClient',
  tag: 'clients',
  summary: 'Get a client',
  access: { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['view_clients', 'manage_clients'] },
  success: { status: 204, description: 'nothing' },
  handle: () => Promise.resolve(),
};
const show = (endpoints: readonly Endpoint[], serverUrl = 'https://id.example') =>
  apiDocsPage(openApiDocument(endpoints, { title: 'T', version: '1.2.3', serverUrl }), addresses);
const showOne = (own: Partial<Endpoint>) => {
  const [operation] = show([{ ...get, ...own }]).groups[0]?.operations ?? [];
  assert.ok(operation);
  return operation;
};
const membersOf = (body: z.ZodType) => showOne({ method: 'put', body }).body?.members ?? [];

describe('apiDocsPage', () => {
  it('shows every call of the platform, below its group', () => {
    const endpoints = declaredEndpoints();
    const { groups } = show(endpoints);
    assert.deepEqual(
      groups
        .flatMap(({ name, operations }) => operations.map(({ method, path }) => `${name} ${method} ${path}`))
        .sort(),
      endpoints
        .map(({ tag, method, path }) => `${tag} ${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
        .sort(),
    );
  });

  it('leads to each group, and to the document', () => {
    const page = show([get, { ...get, method: 'delete', operationId: 'x', tag: 'others' }]);
    assert.deepEqual(
      page.groups.map(({ name, href }) => [name, href]),
      [
        ['clients', '/docs#clients'],
        ['others', '/docs#others'],
      ],
    );
    assert.equal(page.documentHref, '/openapi.json');
    assert.equal(page.version, '1.2.3');
  });

  it('says who may call', () => {
    assert.deepEqual(showOne({}).caller, {
      by: 'scope',
      root: false,
      workspace: 'system',
      names: ['view_clients', 'manage_clients'],
    });
    const root = showOne({ access: { kind: 'scope', tenant: 'root', workspace: 'admin', scopes: ['x'] } });
    assert.deepEqual(root.caller, { by: 'scope', root: true, workspace: 'admin', names: ['x'] });
    const inTenant = showOne({ access: { kind: 'role', in: 'tenant', permission: 'read_roles' } });
    assert.deepEqual(inTenant.caller, { by: 'tenant', root: false, workspace: 'admin', names: ['read_roles'] });
    const anybody = showOne({ access: { kind: 'role', in: 'any' } });
    assert.deepEqual(anybody.caller, { by: 'any', root: false, workspace: 'admin', names: [] });
    const person = showOne({ access: { kind: 'person', scopes: ['x'] } });
    assert.deepEqual(person.caller, { by: 'person', root: false, workspace: '{aid}', names: ['x'] });
    const open = showOne({ access: { kind: 'public', because: 'a code decides' } });
    assert.deepEqual([open.caller.by, open.caller.names], ['public', []]);
  });

  it('leaves the workspace open where the path names it', () => {
    const own: Endpoint = { ...get, path: '/:tid/:aid/identity/self/me', access: { kind: 'person', scopes: ['x'] } };
    const [issuer] = show([own]).issuers;
    assert.deepEqual(issuer, {
      root: false,
      workspace: '{aid}',
      tokenUrl: 'https://id.example/{tid}/{aid}/oauth2/token',
    });
  });

  it('says where tokens come from, with the tenant left open', () => {
    const root: Endpoint = {
      ...get,
      operationId: 'x',
      path: '/api/system/tenants',
      access: { kind: 'scope', tenant: 'root', workspace: 'system', scopes: ['x'] },
    };
    const urls = (serverUrl: string) => show([get, root], serverUrl).issuers.map(({ tokenUrl }) => tokenUrl);
    assert.deepEqual(urls('https://id.example'), [
      'https://id.example/{tid}/system/oauth2/token',
      'https://id.example/system/system/oauth2/token',
    ]);
    assert.deepEqual(urls('https://{tenant}.id.example'), [
      'https://{tid}.id.example/{tid}/system/oauth2/token',
      'https://system.id.example/system/system/oauth2/token',
    ]);
  });

  it('lists parameters, those that all changes share with them', () => {
    const { parameters } = showOne({ method: 'delete', query: z.object({ mode: z.enum(['soft', 'hard']) }) });
    assert.deepEqual(
      parameters.map(({ name, in: place, type, required }) => [name, place, type, required]),
      [
        ['tid', 'path', 'string', true],
        ['cid', 'path', 'string', true],
        ['mode', 'query', 'soft | hard', true],
        ['if-match', 'header', 'string', false],
      ],
    );
  });

  it('names the members of a body, and what these hold', () => {
    const body = z.object({
      name: z.string().describe('what people read'),
      since: z.iso.datetime().optional(),
      kind: z.union([z.literal('a'), z.int()]).optional(),
      settings: z.object({ more: z.object({ deeper: z.string() }) }).optional(),
      clients: z.array(z.object({ id: z.string() })),
      anything: z.json().optional(),
    });
    assert.deepEqual(
      membersOf(body).map(({ name, type, required }) => `${name}: ${type}${required ? ' *' : ''}`),
      [
        'name: string *',
        'since: string, date-time',
        'kind: a | integer',
        'settings: object',
        'settings.more: object *',
        'clients: object[] *',
        'clients[].id: string *',
        'anything: any',
      ],
    );
    assert.equal(membersOf(body)[0]?.description, 'what people read');
  });

  it('names the members of each element of a list, and of a schema with a name', () => {
    const named = z.object({ op: z.string() }).meta({ id: 'Change' });
    const shown = showOne({ method: 'patch', body: z.array(named) }).body;
    assert.equal(shown?.type, 'ChangeInput[]');
    assert.deepEqual(
      shown.members.map(({ name }) => name),
      ['[].op'],
    );
  });

  it('says what is answered, and with what a call may be refused', () => {
    const body = z.object({ id: z.string() });
    const { success, refusals } = showOne({ success: { status: 200, description: 'the client', body } });
    assert.equal(success.status, '200');
    assert.deepEqual(
      success.body?.members.map(({ name }) => name),
      ['id'],
    );
    assert.deepEqual(refusals, ['400', '401', '403', '404', '429']);
    assert.deepEqual(showOne({}).success, { status: '204', description: 'nothing', body: undefined });
    const page = show([get]);
    assert.ok(page.refusals.some(({ status }) => status === '412'));
    assert.ok(page.refusalMembers.some(({ name }) => name === 'error_code'));
  });
});
