/** What the backend of a custom application calls: the login that is with it, read, completed or aborted. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { completionBody, redirect, refusalBody, refusalIn, stateQuery, stayIn } from './handoff-answer.body.ts';
import type { HandoffCalls } from './handoff-call.service.ts';
import { loginSessionAnswer, toLoginSessionBody } from './login-session.body.ts';

export interface HandoffRoutesDeps {
  readonly calls: HandoffCalls;
}

const tag = 'post-authn';
const path = '/api/system/:tid/post-authn/:login';
const access = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_post_authn'] } as const;

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
      handle: async (call) => toLoginSessionBody(await calls.read(stayIn(call, 'custom-app', call.query))),
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
      isAction: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, 'custom-app', call.body), refusalIn(call.body)),
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
      isAction: true,
      success: redirect,
      async handle(call) {
        const { authentication_context: context = {} } = call.body;
        const stay = stayIn(call, 'custom-app', call.body);
        return { redirect_to: await calls.answer(stay, { kind: 'completed', context }) };
      },
    }),
  ];
}
