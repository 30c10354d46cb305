/** Identifiers and addresses of people in the Identity API. */
import type { PoolPermission } from '../access/pool-role.ts';
import type { Call, Endpoint } from '../http/endpoint.ts';
import { adminAndSystem } from '../http/identity-endpoints.ts';
import type { PoolStore } from '../pools/pool.ts';
import {
  addressAnswer,
  addressBody,
  addressChangeBody,
  addressGiven,
  addressNameBody,
  identifierAnswer,
  identifierBody,
  identifierNameBody,
  toAddressBody,
  toIdentifierBody,
} from './user.body.ts';
import type { UserContactService } from './user-contact.service.ts';
import { personIn, poolIn, poolOf } from './user.routes.ts';

export interface UserContactRoutesDeps {
  readonly pools: Pick<PoolStore, 'find'>;
  readonly service: UserContactService;
}

const tag = 'Users';

export function userContactEndpoints({ pools, service }: UserContactRoutesDeps): readonly Endpoint[] {
  const inPool = (permission: PoolPermission) =>
    ({
      kind: 'role',
      in: 'pool',
      permission,
      of: (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, poolIn(call)),
    }) as const;
  const at = async (call: Call) => personIn(call, await poolOf(pools, call));
  const identifier = { status: 200, description: 'the identifier', body: identifierAnswer } as const;
  const address = { status: 200, description: 'the address', body: addressAnswer } as const;
  const gone = { status: 204, description: 'it is gone' } as const;
  const path = (rest: string) => `/pools/:ipID/users/:userID/${rest}`;

  return [
    ...adminAndSystem({
      method: 'post',
      path: path('identifiers/add'),
      operationIds: ['addUserIdentifier', 'systemAddIdentifier'],
      tag,
      summary: 'Give a person another identifier, which nobody in the pool has',
      admin: inPool('manage_user_identifiers'),
      body: identifierBody,
      refuses: ['conflict'],
      success: identifier,
      async handle(call) {
        const { type, identifier: value, metadata } = call.body;
        const given = { type, value, ...(metadata === undefined ? {} : { metadata }) };
        const added = await service.addIdentifier(await at(call), given);
        return toIdentifierBody(added.user, added.identifier);
      },
    }),
    ...adminAndSystem({
      method: 'post',
      path: path('identifiers/remove'),
      operationIds: ['deleteUserIdentifier', 'systemDeleteIdentifier'],
      tag,
      summary: 'Take an identifier from a person',
      admin: inPool('manage_user_identifiers'),
      body: identifierNameBody,
      success: gone,
      handle: async (call) => service.removeIdentifier(await at(call), call.body.identifier),
    }),
    ...adminAndSystem({
      method: 'post',
      path: path('addresses/add'),
      operationIds: ['addUserVerifiableAddress', 'systemAddVerifiableAddress'],
      tag,
      summary: 'Give a person another address',
      admin: inPool('manage_user_addresses'),
      body: addressBody,
      refuses: ['conflict'],
      success: address,
      async handle(call) {
        const added = await service.addAddress(await at(call), addressGiven(call.body));
        return toAddressBody(added.user, added.address);
      },
    }),
    ...adminAndSystem({
      method: 'post',
      path: path('addresses/update'),
      operationIds: ['updateUserVerifiableAddress', 'systemUpdateVerifiableAddress'],
      tag,
      summary: 'Change what is known of an address',
      admin: inPool('manage_user_addresses'),
      body: addressChangeBody,
      refuses: ['conflict'],
      success: address,
      async handle(call) {
        const {
          address: value,
          verified,
          status,
          preferred_contact_method: preferredContactMethod,
          metadata,
        } = call.body;
        const change = { value, isVerified: verified, status, preferredContactMethod, metadata };
        const changed = await service.updateAddress(await at(call), change);
        return toAddressBody(changed.user, changed.address);
      },
    }),
    ...adminAndSystem({
      method: 'post',
      path: path('addresses/remove'),
      operationIds: ['deleteUserVerifiableAddress', 'systemDeleteVerifiableAddress'],
      tag,
      summary: 'Take an address from a person',
      admin: inPool('manage_user_addresses'),
      body: addressNameBody,
      success: gone,
      handle: async (call) => service.removeAddress(await at(call), call.body.address),
    }),
  ];
}
