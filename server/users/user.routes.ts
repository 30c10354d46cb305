/** People of a pool in the Identity API: listed, made, changed and removed. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { adminAndSystem, adminPath, identityScope, systemPath } from '../http/identity-endpoints.ts';
import { listQuery, pageOf } from '../http/list-query.ts';
import { PlatformError } from '../kernel/errors.ts';
import { poolId, userId } from '../kernel/ids.ts';
import type { Pool, PoolStore } from '../pools/pool.ts';
import { normalizeAddress, type AddressStore } from './address.ts';
import { identifierForms, type IdentifierStore } from './identifier.ts';
import { isAboveAdministrators, type PersonAt } from './person-change.ts';
import {
  addressGiven,
  credentialsIn,
  listedUserAnswer,
  newUserBody,
  schemasIn,
  toListedUserBody,
  toUserBody,
  userAnswer,
  userChangeBody,
} from './user.body.ts';
import { findDetails, type UserDetailsStores } from './user-details.ts';
import type { UserService } from './user.service.ts';
import { keyIn } from './user-filter.ts';
import type { UserStore } from './user.ts';

export interface UserRoutesDeps {
  readonly stores: UserDetailsStores & {
    readonly pools: Pick<PoolStore, 'find'>;
    readonly users: Pick<UserStore, 'find' | 'list'>;
    readonly identifiers: Pick<IdentifierStore, 'listOf' | 'listOfEach' | 'findUser'>;
    readonly addresses: Pick<AddressStore, 'listOf' | 'listOfEach' | 'findUser'>;
  };
  readonly service: UserService;
}

const tag = 'Users';
export const poolIn = ({ params }: Pick<Call, 'params'>) => poolId(params['ipID'] ?? '');
export const userIn = ({ params }: Pick<Call, 'params'>) => userId(params['userID'] ?? '');

/** @param pool as it is, for what an `if-match` speaks of */
export function personIn(call: Call, pool: Pool): PersonAt {
  return {
    tenantId: call.tenantId,
    poolId: pool.id,
    id: userIn(call),
    isAboveAdministrators: isAboveAdministrators(call),
    check: (stored) => {
      call.ifMatch(toUserBody(stored, pool));
    },
  };
}

/** @throws PlatformError `not_found` */
export async function poolOf(pools: Pick<PoolStore, 'find'>, call: Pick<Call, 'tenantId' | 'params'>): Promise<Pool> {
  const pool = await pools.find(call.tenantId, poolIn(call));
  if (pool === undefined) throw new PlatformError('not_found', 'There is no such identity pool.');
  return pool;
}

const query = listQuery('user', 'id')
  .omit({ search_phrase: true })
  .extend({
    query: z
      .string()
      .max(2048)
      .optional()
      .describe('JSON: `{"user_key":"john"}` keeps those whose id, identifier or address begins with it'),
  });

const one = { status: 200, description: 'the person, with credentials blurred', body: userAnswer } as const;
const noSuchUser = () => new PlatformError('not_found', 'There is no such user.');

export function userEndpoints({ stores, service }: UserRoutesDeps): readonly Endpoint[] {
  const { pools, users, identifiers, addresses } = stores;
  const inPool = (permission: 'read_identity_pool_users' | 'manage_identity_pool_users') =>
    ({
      kind: 'role',
      in: 'pool',
      permission,
      of: (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, poolIn(call)),
    }) as const;

  return [
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/users',
      operationIds: ['listUsers', 'systemListUsers'],
      tag,
      summary: 'List the people of a pool, by id',
      admin: inPool('read_identity_pool_users'),
      query,
      refuses: ['unprocessable_entity'],
      success: { status: 200, description: 'a page of people', body: z.object({ users: z.array(listedUserAnswer) }) },
      async handle(call) {
        const { tenantId } = call;
        const pool = await poolOf(pools, call);
        const key = keyIn(call.query.query, pool);
        const page = { ...pageOf('user', call.query), ...(key === undefined ? {} : { key }) };
        const { items } = await users.list(tenantId, pool.id, page);
        const ids = items.map(({ id }) => id);
        const names = await identifiers.listOfEach(tenantId, pool.id, ids);
        const reached = await addresses.listOfEach(tenantId, pool.id, ids);
        const body = (user: (typeof items)[number]) => ({
          user,
          identifiers: names.get(user.id) ?? [],
          addresses: reached.get(user.id) ?? [],
        });
        return { users: items.map((user) => toListedUserBody(body(user), pool)) };
      },
    }),
    ...adminAndSystem({
      method: 'post',
      path: '/pools/:ipID/users',
      operationIds: ['createUser', 'systemCreateUser'],
      tag,
      summary: 'Create a person',
      admin: inPool('manage_identity_pool_users'),
      body: newUserBody,
      success: { status: 201, description: 'the person, with credentials blurred', body: userAnswer },
      async handle(call) {
        const { tenantId, body } = call;
        const pool = await poolOf(pools, call);
        const made = await service.create({
          tenantId,
          poolId: pool.id,
          id: body.id ?? '',
          isAboveAdministrators: isAboveAdministrators(call),
          status: body.status,
          payload: body.payload ?? {},
          metadata: body.metadata ?? {},
          businessMetadata: body.business_metadata ?? {},
          schemas: schemasIn(body),
          identifiers: body.identifiers.map(({ type, identifier: value, metadata }) => ({
            type,
            value,
            ...(metadata === undefined ? {} : { metadata }),
          })),
          addresses: body.verifiable_addresses.map(addressGiven),
          ...credentialsIn(body),
        });
        return toUserBody(made, pool);
      },
    }),
    ...adminAndSystem({
      method: 'get',
      path: '/pools/:ipID/users/:userID',
      operationIds: ['getUser', 'systemGetUser'],
      tag,
      summary: 'Get a person',
      admin: inPool('read_identity_pool_users'),
      success: one,
      async handle(call) {
        const pool = await poolOf(pools, call);
        const found = await findDetails(stores, call.tenantId, pool.id, userIn(call));
        if (found === undefined) throw noSuchUser();
        return toUserBody(found, pool);
      },
    }),
    ...adminAndSystem({
      method: 'put',
      path: '/pools/:ipID/users/:userID',
      operationIds: ['updateUser', 'systemUpdateUser'],
      tag,
      summary: 'Change a person; what is left out stays as it is',
      admin: inPool('manage_identity_pool_users'),
      body: userChangeBody,
      success: one,
      async handle(call) {
        const { body } = call;
        const pool = await poolOf(pools, call);
        const { status, payload, metadata, business_metadata: businessMetadata } = body;
        const words = { status, payload, metadata, businessMetadata, schemas: schemasIn(body) };
        return toUserBody(await service.update(personIn(call, pool), words), pool);
      },
    }),
    ...adminAndSystem({
      method: 'delete',
      path: '/pools/:ipID/users/:userID',
      operationIds: ['deleteUser', 'systemDeleteUser'],
      tag,
      summary: 'Delete a person with all that is theirs; their sessions end',
      admin: inPool('manage_identity_pool_users'),
      refuses: ['unprocessable_entity'],
      success: { status: 204, description: 'they are gone' },
      handle: async (call) => service.remove(personIn(call, await poolOf(pools, call))),
    }),
    endpoint({
      method: 'post',
      path: systemPath('/pools/:ipID/users/by_key'),
      operationId: 'systemGetUserByKey',
      tag,
      summary: 'Get a person by an identifier, or by a verified address',
      access: identityScope,
      body: z
        .object({ identifier: z.string().max(320).optional(), address: z.string().max(320).optional() })
        .refine(({ identifier, address }) => Number(!!identifier) + Number(!!address) === 1, {
          message: 'must hold either an identifier or an address',
        }),
      isAction: true,
      success: one,
      async handle(call) {
        const { tenantId, body } = call;
        const pool = await poolOf(pools, call);
        const rule = { caseInsensitive: pool.identifierCaseInsensitive };
        const { identifier = '', address = '' } = body;
        const reached = normalizeAddress(address.includes('@') ? 'email' : 'mobile', address);
        const id =
          identifier === ''
            ? reached && (await addresses.findUser(tenantId, pool.id, reached))
            : await identifiers.findUser(tenantId, pool.id, ...identifierForms(identifier, rule));
        const found = id === undefined ? undefined : await findDetails(stores, tenantId, pool.id, userId(id));
        if (found === undefined) throw noSuchUser();
        return toUserBody(found, pool);
      },
    }),
    ...metadataEndpoints({ stores, service }),
  ];
}

/** What is written of a person by two kinds of administrators, one kind at a time. */
function metadataEndpoints({ stores, service }: UserRoutesDeps): readonly Endpoint[] {
  const { pools } = stores;
  const path = adminPath('/pools/:ipID/users/:userID/metadata/:metadataType');
  const answer = z.object({ metadata: z.record(z.string(), z.json()), schema_id: z.string() });
  const success = { status: 200, description: 'the metadata, and the schema it is held to', body: answer } as const;
  const inPool = (permission: 'read_identity_pool_users' | 'manage_identity_pool_users') =>
    ({
      kind: 'role',
      in: 'pool',
      permission,
      of: (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, poolIn(call)),
    }) as const;
  const kindIn = ({ params }: Call): 'admin' | 'business' => {
    const kind = params['metadataType'];
    if (kind !== 'admin' && kind !== 'business') throw new PlatformError('not_found', 'Metadata is admin or business.');
    return kind;
  };
  const shown = (user: Awaited<ReturnType<UserService['update']>>['user'], { settings }: Pool, kind: string) =>
    kind === 'admin'
      ? { metadata: user.metadata, schema_id: user.schemas.metadata ?? settings.metadata_schema_id }
      : {
          metadata: user.businessMetadata,
          schema_id: user.schemas.businessMetadata ?? settings.business_metadata_schema_id,
        };

  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'getUserMetadata',
      tag,
      summary: 'Get the metadata of a person',
      access: inPool('read_identity_pool_users'),
      success,
      async handle(call) {
        const kind = kindIn(call);
        const pool = await poolOf(pools, call);
        const user = await stores.users.find(call.tenantId, pool.id, userIn(call));
        if (user === undefined) throw noSuchUser();
        return shown(user, pool, kind);
      },
    }),
    endpoint({
      method: 'put',
      path,
      operationId: 'setUserMetadata',
      tag,
      summary: 'Replace the metadata of a person',
      access: inPool('manage_identity_pool_users'),
      body: z.object({ metadata: z.record(z.string().max(255), z.json()) }),
      success,
      async handle(call) {
        const kind = kindIn(call);
        const pool = await poolOf(pools, call);
        const { metadata } = call.body;
        const check = (stored: Awaited<ReturnType<UserService['update']>>) => {
          call.ifMatch(shown(stored.user, pool, kind));
        };
        const words = kind === 'admin' ? { metadata } : { businessMetadata: metadata };
        const { user } = await service.update({ ...personIn(call, pool), check }, words);
        return shown(user, pool, kind);
      },
    }),
  ];
}
