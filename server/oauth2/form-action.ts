/** Lets a form of ours lead to a client: browsers check a form's redirects against `form-action` as well. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { textOf } from './json.ts';

const routes: ReadonlySet<string> = new Set(['authorization', 'resume', 'end_session']);

/** `https://app.example`, or `com.example.app:` for an application's own scheme. */
function sourceOf(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { origin, protocol } = new URL(uri);
  return origin === 'null' ? protocol : origin;
}

/** Adds sources to the directive; a policy without it stays as it is. */
export function withFormAction(policy: string, sources: readonly string[]): string {
  const directives = policy.split(';').map((directive) => {
    const [name, ...values] = directive.trim().split(/\s+/);
    if (name?.toLowerCase() !== 'form-action') return directive;
    return [name, ...values.filter((value) => value !== "'none'"), ...sources].join(' ');
  });
  return directives.join(';');
}

/** The client's addresses that this request may lead to: registered ones only. */
function targets({ oidc }: KoaContextWithOIDC): readonly string[] {
  const redirect = textOf(oidc.params?.['redirect_uri']);
  const signedOut = textOf(oidc.params?.['post_logout_redirect_uri']);
  // Checked when the interaction began.
  const resumed = textOf(oidc.entities.Interaction?.params['redirect_uri']);
  return [
    ...(redirect !== undefined && oidc.client?.redirectUriAllowed(redirect) === true ? [redirect] : []),
    ...(signedOut !== undefined && oidc.client?.postLogoutRedirectUriAllowed(signedOut) === true ? [signedOut] : []),
    ...(resumed === undefined ? [] : [resumed]),
  ];
}

/** Extends the policy of a page that the engine drew and whose form ends at a client. */
export function allowFormTarget(ctx: KoaContextWithOIDC): void {
  const policy = ctx.res.getHeader('content-security-policy');
  if (typeof policy !== 'string' || !routes.has(ctx.oidc.route)) return;
  const sources = targets(ctx).flatMap((uri) => sourceOf(uri) ?? []);
  if (sources.length > 0) ctx.set('content-security-policy', withFormAction(policy, sources));
}
