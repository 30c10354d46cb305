/** One-time codes in the Identity API: asked for, verified, looked into, and handed to programs that send them. */
import { z } from 'zod';
import type { PoolPermission } from '../access/pool-role.ts';
import { endpoint, type Call, type Endpoint, type ScopeAccess } from '../http/endpoint.ts';
import { adminPath, identityScope, systemPath } from '../http/identity-endpoints.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { PoolStore } from '../pools/pool.ts';
import { personAt, type PersonChangeStores } from '../users/person-change.ts';
import { personIn, poolIn, poolOf } from '../users/user.routes.ts';
import {
  addressed,
  codeText,
  guessIn,
  localeOf,
  named,
  namingIn,
  noSuchUser,
  oneAddress,
  senderName,
  serverId,
  type CodeCallStores,
} from './code-call.ts';
import type { AskedFrom, CodeCheck, CodeSender } from './code-asking.ts';
import { addressForm, destinationsOf, namedPerson, type NamedPerson, type PersonStores } from './code-person.ts';
import { tooOften, wrongCode, type Redeem } from './code-redeem.service.ts';
import { codeTypes, type CodeType } from './code.ts';
import type { AccountService, AccountStores } from './account.service.ts';

export interface CodeRoutesDeps {
  readonly stores: CodeCallStores & PersonStores & PersonChangeStores & { readonly pools: Pick<PoolStore, 'find'> };
  readonly sender: CodeSender;
  readonly checker: CodeCheck;
  readonly redeem: Redeem<AccountStores>;
  readonly accounts: AccountService;
  readonly hasPassword: (person: NamedPerson) => Promise<boolean>;
  readonly pickLocale: (tags: string | undefined) => string;
}

export const registrationScope: ScopeAccess = {
  kind: 'scope',
  tenant: 'path',
  workspace: 'system',
  scopes: ['identity_self_registration'],
};

export const accepted = { status: 204, description: 'accepted, whether or not there is anybody' } as const;

export const byId = (call: Pick<Call, 'params'>) => ({ by: 'id', text: call.params['userID'] ?? '' }) as const;

export const inPool = (pools: Pick<PoolStore, 'find'>, permission: PoolPermission) =>
  ({
    kind: 'role',
    in: 'pool',
    permission,
    of: (call: Pick<Call, 'tenantId' | 'params'>) => pools.find(call.tenantId, poolIn(call)),
  }) as const;

/**
 * Whom an administrator means by a path. A code for somebody who administers opens what they may: it is sent, and tried,
 * by no lesser one.
 * @throws PlatformError `not_found`, `forbidden`
 */
export async function administered(stores: CodeRoutesDeps['stores'], call: Call): Promise<NamedPerson> {
  const pool = await poolOf(stores.pools, call);
  const { user, addresses } = await personAt(stores, personIn(call, pool));
  return { user, addresses, typed: user.id };
}

const tag = 'OTP';
const idAnswer = z.object({ id: z.string() });
const verified = { status: 200, description: 'whose it is; the code is spent', body: idAnswer } as const;
const ofPool = '/pools/:ipID';
const ofUser = '/pools/:ipID/users/:userID';

const administrator = { kind: 'administrator' } as const;

export function codeEndpoints(deps: CodeRoutesDeps): readonly Endpoint[] {
  const { stores, sender, checker, redeem, accounts } = deps;
  const { pools } = stores;

  /** Sends to whoever is named, in words that fit them. @throws PlatformError `too_many_requests` */
  const send = async (
    call: Call<{ readonly server_id?: string | undefined }>,
    type: CodeType,
    { user, addresses, typed }: NamedPerson,
    asked: {
      readonly address: string | undefined;
      readonly takes: 'verified' | 'any';
      readonly isLink?: boolean;
      readonly from?: AskedFrom;
    },
  ): Promise<undefined> => {
    const pool = await poolOf(pools, call);
    const { server_id: server } = call.query;
    const sent = await sender.send({
      pool,
      type,
      user,
      typed,
      to: destinationsOf(addresses, asked.address, asked.takes),
      name: await senderName(stores, call.tenantId, server),
      locale: localeOf(user, deps.pickLocale),
      from: asked.from ?? { kind: 'program' },
      ...(asked.isLink === true ? { link: { server_id: server } } : {}),
    });
    if (sent.kind === 'throttled') throw tooOften(sent.retryAfterSeconds);
    return undefined;
  };
  const spend = async (call: Call, type: 'challenge' | 'authentication', body: Parameters<typeof guessIn>[0]) => {
    const pool = await poolOf(pools, call);
    const { naming, code } = guessIn(body);
    const { user, typed } = await namedPerson(stores, pool, naming);
    return redeem.redeem({ pool, type, user, typed, code }, (_code, { id }) =>
      Promise.resolve(() => Promise.resolve({ id })),
    );
  };
  /** An address that is theirs to verify. */
  const verification = async (
    call: Call<{ readonly server_id?: string | undefined }, { readonly address: string }>,
  ) => {
    const pool = await poolOf(pools, call);
    const person = await namedPerson(stores, pool, byId(call));
    const form = addressForm(call.body.address);
    const owner = await stores.addresses.findUser(pool.tenantId, pool.id, form);
    const isTheirs = person.addresses.some(
      ({ normalized, verifiedAt }) => normalized === form && verifiedAt === undefined,
    );
    return { person, isOpen: isTheirs && owner === undefined };
  };

  return [
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/otp/request`),
      operationId: 'requestOTPChallenge',
      tag,
      summary: 'Have a code sent to somebody, if there is anybody',
      access: identityScope,
      query: z.object(serverId),
      body: z.object({ ...named, ...addressed }),
      isAction: true,
      success: accepted,
      async handle(call) {
        const naming = namingIn(call.body);
        if (naming === undefined) throw unprocessable('', 'must hold an address, an identifier or a userID');
        const person = await namedPerson(stores, await poolOf(pools, call), naming);
        const takes = naming.by === 'address' ? 'verified' : 'any';
        return send(call, 'challenge', person, { address: call.body.address, takes });
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/otp/verify`),
      operationId: 'verifyOTP',
      tag,
      summary: 'Verify and spend a code',
      access: identityScope,
      body: z.object({ code: codeText, ...named, id: named.userID }),
      isAction: true,
      success: verified,
      handle: (call) => spend(call, 'challenge', call.body),
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/otp/inspect`),
      operationId: 'inspectOTP',
      tag,
      summary: 'Look into an extended code; it is not spent',
      access: identityScope,
      body: z.object({ code: codeText }),
      isAction: true,
      success: {
        status: 200,
        description: 'what the code is for, and whose',
        body: z.object({ user_id: z.string(), code_type: z.enum(codeTypes), password_set: z.boolean() }),
      },
      async handle(call) {
        const pool = await poolOf(pools, call);
        const { naming, code } = guessIn(call.body);
        const person = await namedPerson(stores, pool, naming);
        const found = await checker.inspect({ pool, user: person.user, typed: person.typed, code });
        if (found.kind === 'throttled') throw tooOften(found.retryAfterSeconds);
        if (found.kind === 'wrong') throw wrongCode();
        const { type } = found.code;
        // A password from before an activation does not outlive it.
        const isSet = type !== 'activation' && (await deps.hasPassword(person));
        return { user_id: found.user.id, code_type: type, password_set: isSet };
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/authentication-code/verify`),
      operationId: 'verifyAuthenticationCode',
      tag: 'Users',
      summary: 'Verify and spend a code that was made to sign in with',
      access: identityScope,
      body: z.object({ code: codeText, ...named }),
      isAction: true,
      success: verified,
      handle: (call) => spend(call, 'authentication', call.body),
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/address/verification/request`),
      operationId: 'requestAddressVerification',
      tag,
      summary: 'Have a code sent to an address that is not verified',
      access: identityScope,
      body: oneAddress,
      isAction: true,
      success: accepted,
      async handle(call) {
        const { person, isOpen } = await verification({ ...call, query: {} });
        const asked = { address: isOpen ? call.body.address : ' ', takes: 'any' } as const;
        return send({ ...call, query: {} }, 'verify_address', person, asked);
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/address/verification/complete`),
      operationId: 'completeAddressVerification',
      tag,
      summary: 'Verify an address by the code that was sent to it',
      access: identityScope,
      body: oneAddress.extend({ code: codeText }),
      isAction: true,
      refuses: ['conflict'],
      success: { status: 204, description: 'it is verified' },
      async handle(call) {
        const pool = await poolOf(pools, call);
        const { user, typed } = await namedPerson(stores, pool, byId(call));
        const code = call.body.code.replaceAll(/[\s-]/g, '');
        await accounts.verifyAddress({ pool, user, typed, code }, addressForm(call.body.address));
      },
    }),
    endpoint({
      method: 'post',
      path: adminPath(`${ofUser}/otp/request`),
      operationId: 'requestOTPChallenge',
      tag,
      summary: 'Have a code sent to an address of a person',
      access: inPool(pools, 'manage_user_otps'),
      query: z.object(serverId),
      body: oneAddress,
      success: { status: 204, description: 'it is on its way' },
      async handle(call) {
        const person = await administered(stores, call);
        if (destinationsOf(person.addresses, call.body.address, 'any').length === 0)
          throw unprocessable('/address', 'must be an active address of the user');
        return send(call, 'challenge', person, { address: call.body.address, takes: 'any', from: administrator });
      },
    }),
    endpoint({
      method: 'post',
      path: adminPath(`${ofUser}/otp/verify`),
      operationId: 'verifyOTP',
      tag,
      summary: 'Verify and spend a code of a person',
      access: inPool(pools, 'manage_user_otps'),
      body: z.object({ code: codeText }),
      success: verified,
      async handle(call) {
        const { typed: id } = await administered(stores, call);
        return spend(call, 'challenge', { code: call.body.code, id });
      },
    }),
    endpoint({
      method: 'post',
      path: adminPath(`${ofUser}/address/verification/request`),
      operationId: 'requestAddressVerification',
      tag,
      summary: 'Have a link sent that verifies an address of a person',
      access: inPool(pools, 'send_user_verification'),
      query: z.object(serverId),
      body: oneAddress,
      success: { status: 204, description: 'it is on its way' },
      async handle(call) {
        await administered(stores, call);
        const { person, isOpen } = await verification(call);
        if (!isOpen) throw noSuchUser();
        return send(call, 'verify_address', person, {
          address: call.body.address,
          takes: 'any',
          isLink: true,
          from: administrator,
        });
      },
    }),
  ];
}
