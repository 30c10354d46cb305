/** A login in progress for tests: whole by default, each with what matters to it. */
import type { AuthorizationRequest } from '../../server/interactions/authorization-request.ts';
import type { Interaction, ProvenPerson } from '../../server/interactions/interaction.ts';
import { clientId, idpId, interactionId, tenantId, userId, workspaceId } from '../../server/kernel/ids.ts';

/** 2026-01-01T00:00:00Z, in milliseconds. */
export const newYear = 1_767_225_600_000;

export const ada: ProvenPerson = {
  subject: 'sub-of-ada',
  idpId: idpId('pool-idp'),
  idpSubject: 'ada-id',
  userId: userId('ada-id'),
  amr: ['pwd'],
  acr: undefined,
  authTime: newYear / 1000,
};

export function interaction(with_: Partial<Interaction> = {}): Interaction {
  return {
    tenantId: tenantId('acme'),
    workspaceId: workspaceId('shop'),
    id: interactionId('cid-1'),
    uid: 'uid-1',
    clientId: clientId('app'),
    state: 'open',
    step: 'authenticate',
    person: undefined,
    reason: undefined,
    startedAt: newYear,
    expiresAt: newYear + 3_600_000,
    committedAt: undefined,
    attempt: undefined,
    ...with_,
  };
}

export function authorizationRequest(with_: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
  return {
    uid: 'uid-1',
    cid: 'cid-1',
    clientId: clientId('app'),
    returnTo: 'https://id.example/acme/shop/oauth2/authorize/uid-1',
    redirectUri: 'https://app.example/cb',
    scopes: ['openid', 'email'],
    prompts: new Set(),
    asks: 'login',
    sessionSubject: undefined,
    wantedSubject: undefined,
    essentialAcrs: [],
    requestedClaims: [],
    idpHint: undefined,
    loginHint: undefined,
    uiLocales: undefined,
    params: { client_id: 'app', scope: 'openid email' },
    mustConfirm: false,
    expiresAt: newYear / 1000 + 3600,
    ...with_,
  };
}
