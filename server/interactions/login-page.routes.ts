/** What the backend of an idp's login page calls: the login that is with it, read, accepted for somebody, or rejected. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import type { Clock } from '../kernel/clock.ts';
import {
  acceptedIn,
  acceptedLoginBody,
  redirect,
  refusalBody,
  refusalIn,
  stateQuery,
  stayIn,
} from './handoff-answer.body.ts';
import type { HandoffCalls } from './handoff-call.service.ts';
import { loginSessionAnswer, toLoginSessionBody } from './login-session.body.ts';

export interface LoginPageRoutesDeps {
  readonly calls: HandoffCalls;
  readonly clock: Clock;
}

const tag = 'logins';
const path = '/api/system/:tid/logins/:login';
const access = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_logins'] } as const;

export function loginPageEndpoints({ calls, clock }: LoginPageRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'getLoginRequest',
      tag,
      summary: 'Read a login whose person is at your login page',
      access,
      query: stateQuery,
      success: { status: 200, description: 'the login', body: loginSessionAnswer },
      handle: async (call) => toLoginSessionBody(await calls.read(stayIn(call, 'custom-login', call.query))),
    }),
    endpoint({
      method: 'post',
      path: `${path}/accept`,
      operationId: 'acceptLoginRequest',
      tag,
      summary: 'Say who the person is; the login goes on once its browser comes back',
      access,
      body: acceptedLoginBody,
      isAnyType: true,
      isAction: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, 'custom-login', call.body), acceptedIn(call.body, clock)),
      }),
    }),
    endpoint({
      method: 'post',
      path: `${path}/reject`,
      operationId: 'rejectLoginRequest',
      tag,
      summary: 'End the login with an error once its browser comes back',
      access,
      body: refusalBody,
      isAnyType: true,
      isAction: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, 'custom-login', call.body), refusalIn(call.body)),
      }),
    }),
  ];
}
