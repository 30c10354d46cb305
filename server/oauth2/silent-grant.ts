/** `prompt=none`: what an interaction would grant without asking the person is granted without one (OIDC Core §3.1.2.1). */
import type { IncomingMessage } from 'node:http';
import { errors, interactionPolicy } from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** A request that may show no page, from a session that every check of a login was content with. */
export interface SilentRequest {
  /** The validated parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly session: { readonly subject: string; readonly grantIds: readonly string[] };
  /** As the browser sent it, for a script to judge by. */
  readonly request: IncomingMessage;
}

export type SilentAnswer =
  | { readonly kind: 'granted'; readonly grantId: string }
  /** A script decided so: asked with a page, it would say the same. */
  | { readonly kind: 'denied'; readonly error: string; readonly description: string };

/** @returns undefined where the person has to be asked */
export type GrantSilently = (request: SilentRequest) => Promise<SilentAnswer | undefined>;

/** The check that a script has decided over the session and the client. */
export const scriptUndecided = 'script_undecided';

/** What a grant cures. Of the others, a native client that anybody may pretend to be is asked for always (RFC 8252 §8.6). */
const curable: ReadonlySet<string> = new Set([
  'op_scopes_missing',
  'op_claims_missing',
  'rs_scopes_missing',
  scriptUndecided,
]);

async function isCurable(ctx: KoaContextWithOIDC, consent: interactionPolicy.Prompt): Promise<boolean> {
  const failed: string[] = [];
  for (const { reason, check } of consent.checks) if (await check(ctx)) failed.push(reason);
  return failed.length > 0 && failed.every((reason) => curable.has(reason));
}

async function tryToGrant(
  ctx: KoaContextWithOIDC,
  consent: interactionPolicy.Prompt,
  grantSilently: GrantSilently | undefined,
): Promise<void> {
  const { oidc } = ctx;
  const { client, session, params } = oidc;
  if (oidc.route !== 'authorization' || !oidc.promptPending('none')) return;
  if (client === undefined || session?.accountId === undefined || params === undefined) return;
  if (grantSilently === undefined) return;
  if (!(await isCurable(ctx, consent))) return;
  const grantIds = Object.values(session.authorizations ?? {}).flatMap(({ grantId }) => grantId ?? []);
  const answer = await grantSilently({
    params: { ...params },
    session: { subject: session.accountId, grantIds },
    request: ctx.req,
  });
  if (answer?.kind === 'denied') throw new errors.CustomOIDCProviderError(answer.error, answer.description);
  const grant = answer === undefined ? undefined : await oidc.provider.Grant.find(answer.grantId);
  if (grant?.accountId !== session.accountId || grant.clientId !== client.clientId) return;
  // As the engine does with a grant that it finds (lib/actions/authorization/session.js).
  session.ensureClientContainer(client.clientId);
  session.grantIdFor(client.clientId, grant.jti);
  oidc.entity('Grant', grant);
}

/**
 * A prompt that asks for nothing: it stands behind the checks of a login, which the engine does not go past while one of
 * them fails, and before those of consent, which then find the grant.
 */
export function createSilentPrompt(
  consent: interactionPolicy.Prompt,
  grantSilentlyOf: (ctx: KoaContextWithOIDC) => GrantSilently | undefined,
): interactionPolicy.Prompt {
  return new interactionPolicy.Prompt(
    { name: 'silent' },
    new interactionPolicy.Check('silent_grant', 'never asked for', async (ctx) => {
      await tryToGrant(ctx, consent, grantSilentlyOf(ctx));
      return interactionPolicy.Check.NO_NEED_TO_PROMPT;
    }),
  );
}
