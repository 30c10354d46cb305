/** Keeps `offline_access` where consent is kept by the platform: the engine forgets it unless `prompt=consent` was sent. */
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isRecord, textOf } from './json.ts';

type EngineClient = NonNullable<KoaContextWithOIDC['oidc']['client']>;

function requestedScope({ oidc, query }: KoaContextWithOIDC): string {
  const pushed = oidc.entities.PushedAuthorizationRequest?.request;
  // The engine wrote it down itself, unsigned, when the request was pushed.
  if (pushed !== undefined) return textOf(decodeJwt(pushed)['scope']) ?? '';
  const sent: unknown = oidc.route === 'pushed_authorization_request' ? oidc.body : query;
  return isRecord(sent) ? (textOf(sent['scope']) ?? '') : '';
}

/**
 * OIDC Core §11: without `prompt=consent`, offline access needs «other conditions» that permit it. Here those are a
 * person's recorded consent to this scope, which every grant comes from. Called after the request was validated.
 */
export function keepOfflineAccess(ctx: KoaContextWithOIDC, scope: string | undefined, client: EngineClient): void {
  const { params } = ctx.oidc;
  const kept = scope?.split(' ') ?? [];
  if (params === undefined || kept.includes('offline_access')) return;
  if (!requestedScope(ctx).split(' ').includes('offline_access')) return;
  if (textOf(params['response_type'])?.split(' ').includes('code') !== true) return;
  if (client.scope?.split(' ').includes('offline_access') !== true) return;
  if (!client.grantTypeAllowed('refresh_token')) return;
  params['scope'] = [...kept, 'offline_access'].join(' ');
}
