/** The JSON Schemas of a tenant, in the Identity API. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { adminAndSystem, adminPath } from '../http/identity-endpoints.ts';
import { PlatformError } from '../kernel/errors.ts';
import { schemaId, workspaceId } from '../kernel/ids.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import { schemaAnswer, schemaBody, toSchemaBody } from './schema.body.ts';
import type { SchemaService, SchemaWords } from './schema.service.ts';
import type { Schema, SchemaStore } from './schema.ts';

export interface SchemaRoutesDeps {
  readonly schemas: Pick<SchemaStore, 'find' | 'list'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly service: SchemaService;
}

const tag = 'Schemas';
const mayRead = { kind: 'role', in: 'tenant', permission: 'list_identity_pools' } as const;
const mayManage = { kind: 'role', in: 'tenant', permission: 'create_identity_pool' } as const;
const idOf = ({ params }: Pick<Call, 'params'>) => schemaId(params['schID'] ?? '');
const wordsIn = ({ name, description, schema, system }: z.output<typeof schemaBody>): SchemaWords => ({
  name,
  description,
  schema,
  isSystem: system,
});
const placeOf = (call: Call) => ({
  tenantId: call.tenantId,
  id: idOf(call),
  check: (stored: Schema) => {
    call.ifMatch(toSchemaBody(stored));
  },
});

const all = { status: 200, description: 'the schemas', body: z.object({ schemas: z.array(schemaAnswer) }) } as const;
const one = { status: 200, description: 'the schema', body: schemaAnswer } as const;

export function schemaEndpoints({ schemas, workspaces, service }: SchemaRoutesDeps): readonly Endpoint[] {
  const inWorkspace = {
    kind: 'role',
    in: 'workspace',
    permission: 'list_identity_pools',
    of: async ({ tenantId, params }: Pick<Call, 'tenantId' | 'params'>) =>
      (await workspaces.find(tenantId, workspaceId(params['wid'] ?? '')))?.id,
  } as const;
  const list = async ({ tenantId }: Call) => ({ schemas: (await schemas.list(tenantId)).map(toSchemaBody) });
  const get = async (call: Call) => {
    const found = await schemas.find(call.tenantId, idOf(call));
    if (found === undefined) throw new PlatformError('not_found', 'There is no such schema.');
    return toSchemaBody(found);
  };

  return [
    ...adminAndSystem({
      method: 'get',
      path: '/schemas',
      operationIds: ['listSchemas', 'systemListSchemas'],
      tag,
      summary: 'List the schemas',
      admin: mayRead,
      success: all,
      handle: list,
    }),
    ...adminAndSystem({
      method: 'post',
      path: '/schemas',
      operationIds: ['createSchema', 'systemCreateSchema'],
      tag,
      summary: 'Create a schema',
      admin: mayManage,
      body: schemaBody,
      success: { status: 201, description: 'the schema', body: schemaAnswer },
      handle: async ({ tenantId, body }) => toSchemaBody(await service.create(tenantId, body.id ?? '', wordsIn(body))),
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/schemas/:schID',
      operationIds: ['getSchema', 'systemGetSchema'],
      tag,
      summary: 'Get a schema',
      admin: mayRead,
      success: one,
      handle: get,
    }),
    ...adminAndSystem({
      method: 'put',
      path: '/schemas/:schID',
      operationIds: ['updateSchema', 'systemUpdateSchema'],
      tag,
      summary: 'Replace a schema; who was held to it before is held to it with the next change',
      admin: mayManage,
      body: schemaBody,
      success: one,
      handle: async (call) => toSchemaBody(await service.update(placeOf(call), wordsIn(call.body))),
    }),
    ...adminAndSystem({
      method: 'delete',
      path: '/schemas/:schID',
      operationIds: ['deleteSchema', 'systemDeleteSchema'],
      tag,
      summary: 'Delete a schema that no pool names',
      admin: mayManage,
      refuses: ['conflict'],
      success: { status: 204, description: 'it is gone' },
      handle: (call) => service.remove(placeOf(call)),
    }),
    endpoint({
      method: 'get',
      path: adminPath('/workspace/:wid/schemas'),
      operationId: 'listWorkspaceSchemas',
      tag,
      summary: 'List the schemas for pools of a workspace: those of its tenant',
      access: inWorkspace,
      success: all,
      handle: list,
    }),
    endpoint({
      method: 'get',
      path: adminPath('/workspace/:wid/schemas/:schID'),
      operationId: 'getWorkspaceSchema',
      tag,
      summary: 'Get a schema for pools of a workspace',
      access: inWorkspace,
      success: one,
      handle: get,
    }),
  ];
}
