/** The pages that the engine asks for by itself, drawn elsewhere: an error that no client may hear of, and signing out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Workspace } from '../workspaces/workspace.ts';

interface Page {
  readonly workspace: Workspace;
  readonly request: IncomingMessage;
  /** For headers; status and body are written by the engine. */
  readonly response: ServerResponse;
}

export interface ErrorPage extends Page {
  readonly status: number;
  /** As RFC 6749 §4.1.2.1 names it. */
  readonly error: string;
  readonly description: string | undefined;
  readonly traceId: string | undefined;
  /** The login whose cookie this browser holds: of any other, it is told nothing. */
  readonly heldUid: string | undefined;
}

export interface LogoutPage extends Page {
  /** HTML of a form without buttons; buttons name it by `form="op.logoutForm"`, and the one that signs out everywhere sends `logout=yes`. */
  readonly form: string;
  readonly client: string | undefined;
}

export interface SignedOutPage extends Page {
  readonly client: string | undefined;
}

/** Another page of the platform says it better. */
export interface Elsewhere {
  readonly location: string;
}

/** Each answers HTML. */
export interface EnginePages {
  error(page: ErrorPage): string | Elsewhere | Promise<string | Elsewhere>;
  confirmLogout(page: LogoutPage): string | Promise<string>;
  signedOut(page: SignedOutPage): string | Promise<string>;
}

export interface PageDeps {
  readonly workspace: Workspace;
  readonly pages: EnginePages;
  readonly traceIdOf: (request: IncomingMessage) => string | undefined;
}

/** Functions for the options of oidc-provider that draw. */
export function createPageSources({ workspace, pages, traceIdOf }: PageDeps) {
  const page = (ctx: KoaContextWithOIDC): Page => ({ workspace, request: ctx.req, response: ctx.res });
  const answer = async (ctx: KoaContextWithOIDC, drawn: ReturnType<EnginePages['error']>): Promise<void> => {
    const page = await drawn;
    if (typeof page === 'string') {
      ctx.type = 'html';
      ctx.body = page;
    } else {
      ctx.status = 303;
      ctx.set('location', page.location);
      ctx.body = '';
    }
  };
  return {
    renderError: (ctx: KoaContextWithOIDC, out: { error: string; error_description?: string | undefined }) =>
      answer(
        ctx,
        pages.error({
          ...page(ctx),
          status: ctx.status,
          error: out.error,
          description: out.error_description,
          traceId: traceIdOf(ctx.req),
          heldUid: ctx.cookies.get(ctx.oidc.provider.cookieName('resume'), { signed: true }),
        }),
      ),
    logoutSource: (ctx: KoaContextWithOIDC, form: string) =>
      answer(ctx, pages.confirmLogout({ ...page(ctx), form, client: ctx.oidc.client?.clientId })),
    postLogoutSuccessSource: (ctx: KoaContextWithOIDC) =>
      answer(ctx, pages.signedOut({ ...page(ctx), client: ctx.oidc.client?.clientId })),
  };
}
