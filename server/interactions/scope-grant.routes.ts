/** What the backend of a workspace's consent page calls: what an application asks for, read, granted or rejected. */
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import {
  grantedIn,
  grantedScopesBody,
  redirect,
  refusalIn,
  rejectedScopesBody,
  stateQuery,
  stayIn,
} from './handoff-answer.body.ts';
import type { HandoffCalls } from './handoff-call.service.ts';
import { loginSessionAnswer, toLoginSessionBody } from './login-session.body.ts';

export interface ScopeGrantRoutesDeps {
  readonly calls: HandoffCalls;
}

const tag = 'logins';
const path = '/api/system/:tid/scope-grants/:login';
const access = { kind: 'scope', tenant: 'path', workspace: 'system', scopes: ['manage_scope_grants'] } as const;

export function scopeGrantEndpoints({ calls }: ScopeGrantRoutesDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path,
      operationId: 'getScopeGrantRequest',
      tag,
      summary: 'Read what an application asks for, while its person is at your consent page',
      access,
      query: stateQuery,
      success: { status: 200, description: 'the request', body: loginSessionAnswer },
      handle: async (call) => toLoginSessionBody(await calls.read(stayIn(call, 'custom-consent', call.query))),
    }),
    endpoint({
      method: 'post',
      path: `${path}/accept`,
      operationId: 'acceptScopeGrantRequest',
      tag,
      summary: 'Say what the person allows; the login goes on once its browser comes back',
      access,
      body: grantedScopesBody,
      isAnyType: true,
      isAction: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, 'custom-consent', call.body), grantedIn(call.body)),
      }),
    }),
    endpoint({
      method: 'post',
      path: `${path}/reject`,
      operationId: 'rejectScopeGrantRequest',
      tag,
      summary: 'End the login with an error once its browser comes back',
      access,
      body: rejectedScopesBody,
      isAnyType: true,
      isAction: true,
      success: redirect,
      handle: async (call) => ({
        redirect_to: await calls.answer(stayIn(call, 'custom-consent', call.body), refusalIn(call.body)),
      }),
    }),
  ];
}
