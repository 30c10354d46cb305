/** What the backend of a custom application calls: the login that is with it, read, completed or aborted. */
import { z } from 'zod';
import { isAppStep } from '../../workflows/contract/authentication.ts';
import { endpoint, type Call, type Endpoint } from '../http/endpoint.ts';
import { unprocessable } from '../kernel/errors.ts';
import { handoffId } from '../kernel/ids.ts';
import type { HandoffCall, HandoffCalls } from './handoff-call.service.ts';
import {
  completionBody,
  loginSessionAnswer,
  redirectAnswer,
  refusalBody,
  refusalIn,
  toLoginSessionBody,
} from './login-session.body.ts';

export interface HandoffRoutesDeps {
  readonly calls: HandoffCalls;
}

const tag = 'post-authn';
const path = '/api/system/:tid/post-authn/:login';
const access = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_post_authn'] } as const;
export const redirect = { status: 200, description: 'where to send the browser', body: redirectAnswer } as const;

export const stateQuery = z.object({ login_state: z.string().max(200).optional() });

/** @throws PlatformError `unprocessable_entity` where path and body mean two logins */
export function stayIn(
  { tenantId, params, caller }: Pick<Call, 'tenantId' | 'params' | 'caller'>,
  isStep: HandoffCall['isStep'],
  { id, login_state: state = '' }: { readonly id?: string | undefined; readonly login_state?: string | undefined },
): HandoffCall {
  const login = params['login'] ?? '';
  if (id !== undefined && id !== '' && id !== login) throw unprocessable('/id', 'The id must be the one of the path.');
  return { tenantId, id: handoffId(login), state, clientId: caller?.clientId, isStep };
}

export function postAuthnEndpoints({ calls }: HandoffRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'getPostAuthnRequest',
      tag,
      summary: 'Read a login whose person is with your custom application',
      access,
      query: stateQuery,
      success: { status: 200, description: 'the login', body: loginSessionAnswer },
      handle: async (call) => toLoginSessionBody(await calls.read(stayIn(call, isAppStep, call.query))),
    }),
    endpoint({
      method: 'post',
      path: `${path}/abort`,
      operationId: 'abortPostAuthnRequest',
      tag,
      summary: 'End the login with an error once its browser comes back',
      access,
      body: refusalBody,
      isAnyType: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, isAppStep, call.body), refusalIn(call.body)),
      }),
    }),
    endpoint({
      method: 'post',
      path: `${path}/complete`,
      operationId: 'completePostAuthnRequest',
      tag,
      summary: 'Let the login go on once its browser comes back',
      access,
      body: completionBody,
      isAnyType: true,
      success: redirect,
      async handle(call) {
        const { authentication_context: context = {} } = call.body;
        const stay = stayIn(call, isAppStep, call.body);
        return { redirect_to: await calls.answer(stay, { kind: 'completed', context }) };
      },
    }),
  ];
}
