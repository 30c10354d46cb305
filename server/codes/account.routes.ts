/** Accounts that people open, activate and recover by themselves, in the Identity API. */
import { z } from 'zod';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { adminPath, identityScope, systemPath } from '../http/identity-endpoints.ts';
import { unprocessable } from '../kernel/errors.ts';
import type { Pool } from '../pools/pool.ts';
import { typedForm } from '../users/identifier.ts';
import { toUserBody, userAnswer } from '../users/user.body.ts';
import { poolOf } from '../users/user.routes.ts';
import {
  addressed,
  checkedTarget,
  codeOrLink,
  codeText,
  guessIn,
  localeOf,
  named,
  namingIn,
  oneAddress,
  senderName,
  serverId,
} from './code-call.ts';
import type { AskedFrom } from './code-asking.ts';
import { destinationsOf, namedPerson, toActivate, type NamedPerson } from './code-person.ts';
import { tooOften } from './code-redeem.service.ts';
import { accepted, administered, byId, inPool, type CodeRoutesDeps } from './code.routes.ts';
import type { RegistrationService } from './registration.service.ts';
import { registrationOf, type Registration } from './registration.ts';

export interface AccountRoutesDeps extends CodeRoutesDeps {
  readonly registration: RegistrationService;
}

const tag = 'Users';
const ofPool = '/pools/:ipID';
const ofUser = '/pools/:ipID/users/:userID';
const password = z.string().min(1).max(1024);
const activating = z.object({ code: codeText, password: password.optional(), otp_address: named.identifier });
const activationQuery = z.object({
  ...codeOrLink,
  ...serverId,
  post_activation_url: named.identifier.pipe(z.string().max(2048).optional()),
  mode: z
    .enum(['registration', 'invitation'])
    .default('registration')
    .describe('what the message speaks of: `invitation` of an account that was made for them'),
});
const activated = { status: 201, description: 'the person, active now', body: userAnswer } as const;
const activationBody = z.object({ ...addressed, identifier: named.identifier });

const byAdministrator = { from: { kind: 'administrator' } } as const;

interface Said {
  readonly server_id?: string | undefined;
  readonly code_type_in_message?: 'link' | 'code';
  readonly post_activation_url?: string | undefined;
  readonly mode?: 'registration' | 'invitation';
}

export function accountEndpoints(deps: AccountRoutesDeps): readonly Endpoint[] {
  const { stores, sender, accounts, registration: registrations } = deps;
  const { pools } = stores;

  const send = async (
    pool: Pool,
    type: 'activation' | 'reset_password',
    { user, addresses, typed }: NamedPerson,
    to: ReturnType<typeof destinationsOf>,
    query: Said,
    {
      from = { kind: 'program' },
      name,
      registration = type === 'activation' ? registrationOf({ user, addresses }) : undefined,
    }: { readonly from?: AskedFrom; readonly name?: string; readonly registration?: Registration } = {},
  ): Promise<undefined> => {
    const { server_id, code_type_in_message: form = 'link', post_activation_url: target } = query;
    const post_activation_url = await checkedTarget(stores, pool, server_id, target);
    const sent = await sender.send({
      pool,
      type,
      user,
      typed,
      to,
      name: name ?? (await senderName(stores, pool.tenantId, server_id)),
      locale: localeOf(user, deps.pickLocale),
      isInvitation: query.mode === 'invitation',
      from,
      ...(registration === undefined ? {} : { registration }),
      ...(form === 'link' ? { link: { server_id, post_activation_url } } : {}),
    });
    if (sent.kind === 'throttled') throw tooOften(sent.retryAfterSeconds);
    return undefined;
  };
  const activate = async (call: Call<unknown, z.output<typeof activating>>, userID: string | undefined) => {
    const pool = await poolOf(pools, call);
    const { naming, code } = guessIn({ code: call.body.code, userID });
    const { user, typed } = await namedPerson(stores, pool, naming);
    return toUserBody(await accounts.activate({ pool, user, typed, code }, call.body.password), pool);
  };
  const reset = async (
    call: Call,
    body: Parameters<typeof guessIn>[0] & { readonly new_password: string },
  ): Promise<undefined> => {
    const pool = await poolOf(pools, call);
    const { naming, code } = guessIn(body);
    const { user, typed } = await namedPerson(stores, pool, naming);
    await accounts.resetPassword({ pool, user, typed, code }, body.new_password);
    return undefined;
  };
  const done = { status: 204, description: 'the password is set; every session has ended' } as const;

  return [
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/register`),
      operationId: 'selfRegisterUser',
      tag,
      summary: 'Register somebody, who is new until they show that an address is theirs',
      access: identityScope,
      query: z.object({
        ...codeOrLink,
        ...serverId,
        send_activation_message: z.enum(['true', 'false']).default('true'),
      }),
      body: z.object({
        identifier: z.string().min(1).max(320),
        otp_address: named.identifier,
        // Said at the activation, by whoever has the address: one from before is not kept.
        password: password.optional(),
        payload: z.record(z.string().max(255), z.json()).optional(),
      }),
      isAction: true,
      success: { status: 201, description: 'their id', body: z.object({ id: z.string() }) },
      async handle(call) {
        const pool = await poolOf(pools, call);
        const { identifier, otp_address: otpAddress, payload = {} } = call.body;
        const name = await senderName(stores, call.tenantId, call.query.server_id);
        const type = 'activation';
        const typed = typedForm(identifier, { caseInsensitive: pool.identifierCaseInsensitive });
        // By what was typed, before anybody is written: who is there already is counted as who is new.
        const asked = await sender.count({ pool, type, typed, from: { kind: 'program' } });
        if (asked.kind === 'throttled') throw tooOften(asked.retryAfterSeconds);
        const from = { kind: 'program', isCounted: true } as const;
        const registered = await registrations.register({ pool, identifier, payload, otpAddress });
        const { registration } = registered;
        const person = await namedPerson(stores, pool, {
          by: 'id',
          text: registered.kind === 'taken' ? registered.owner : registered.id,
        });
        // A caller who has nothing sent has nobody told either: both would cost what somebody new does not.
        if (call.query.send_activation_message === 'false') return { id: registered.id };
        if (registered.kind === 'new') {
          const to = registered.address === undefined ? [] : [registered.address];
          await send(pool, type, { ...person, typed }, to, call.query, { from, name, registration });
        } else if (person.user !== undefined) {
          const { user, addresses } = person;
          const locale = localeOf(user, deps.pickLocale);
          await sender.notify({
            pool,
            user,
            typed,
            to: destinationsOf(addresses, identifier, 'verified'),
            name,
            locale,
            from,
            registration,
          });
        }
        return { id: registered.id };
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/activate`),
      operationId: 'activateSelfRegisteredUserUsingExtendedCode',
      tag,
      summary: 'Activate whoever an extended code names',
      access: identityScope,
      body: activating,
      isAction: true,
      success: activated,
      handle: (call) => activate(call, undefined),
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/activate`),
      operationId: 'activateSelfRegisteredUser',
      tag,
      summary: 'Activate a person by their code',
      access: identityScope,
      body: activating,
      isAction: true,
      success: activated,
      handle: (call) => activate(call, call.params['userID']),
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofUser}/activation/send`),
      operationId: 'selfSendActivationMessage',
      tag,
      summary: 'Have a person sent what activates them, if there is one to activate',
      access: identityScope,
      query: activationQuery,
      body: activationBody,
      isAction: true,
      success: accepted,
      async handle(call) {
        const pool = await poolOf(pools, call);
        const person = await namedPerson(stores, pool, byId(call));
        const to = await toActivate(stores, pool, person, call.body.identifier ?? call.body.address);
        return send(pool, 'activation', person, to, call.query);
      },
    }),
    endpoint({
      method: 'post',
      path: adminPath(`${ofUser}/activation/send`),
      operationId: 'sendActivationMessage',
      tag,
      summary: 'Have a person sent what activates them',
      access: inPool(pools, 'send_user_activation'),
      query: activationQuery,
      body: activationBody,
      success: { status: 204, description: 'it is on its way' },
      async handle(call) {
        const pool = await poolOf(pools, call);
        const person = await administered(stores, call);
        if (person.user?.status !== 'new') throw unprocessable('', 'The user is activated already.');
        const to = await toActivate(stores, pool, person, call.body.identifier ?? call.body.address);
        if (to.length === 0) throw unprocessable('/address', 'must say an address of the user that nobody else has');
        return send(pool, 'activation', person, to, call.query, byAdministrator);
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/password/reset/request`),
      operationId: 'requestResetPassword',
      tag,
      summary: 'Have somebody sent what lets them set a new password, if there is anybody',
      access: identityScope,
      query: z.object({ ...codeOrLink, ...serverId }),
      body: oneAddress.extend(named),
      isAction: true,
      success: accepted,
      async handle(call) {
        const pool = await poolOf(pools, call);
        const naming = namingIn(call.body) ?? { by: 'address', text: call.body.address };
        const person = await namedPerson(stores, pool, naming);
        // What nobody verified proves nothing of whoever reads it (an imported person's first password).
        const to = destinationsOf(person.addresses, call.body.address, 'verified');
        const isOff = pool.settings.reset_credentials_settings.do_not_allow_users_to_self_reset_credentials;
        return send(pool, 'reset_password', person, isOff ? [] : to, call.query);
      },
    }),
    endpoint({
      method: 'post',
      path: adminPath(`${ofUser}/password/reset/request`),
      operationId: 'requestResetPassword',
      tag,
      summary: 'Have a person sent what lets them set a new password',
      access: inPool(pools, 'manage_user_passwords'),
      query: z.object(serverId),
      body: oneAddress,
      success: { status: 204, description: 'it is on its way' },
      async handle(call) {
        const pool = await poolOf(pools, call);
        const person = await administered(stores, call);
        const to = destinationsOf(person.addresses, call.body.address, 'verified');
        if (to.length === 0) throw unprocessable('/address', 'must be an active address of the user that is verified');
        return send(pool, 'reset_password', person, to, call.query, byAdministrator);
      },
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/password/reset/complete`),
      operationId: 'completeResetPassword',
      tag,
      summary: 'Set a new password by a code',
      access: identityScope,
      body: z.object({ code: codeText, new_password: password, ...named, ...addressed }),
      isAction: true,
      success: done,
      handle: (call) => reset(call, call.body),
    }),
    endpoint({
      method: 'post',
      path: systemPath(`${ofPool}/user/password/reset/confirm`),
      operationId: 'confirmResetPassword',
      tag,
      summary: 'Set a new password by a code; older than reset/complete',
      access: identityScope,
      body: z.object({ code: codeText, new_password: password, ...named }),
      isAction: true,
      success: done,
      handle: (call) => reset(call, call.body),
    }),
  ];
}
