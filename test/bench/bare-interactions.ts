/** The bare provider's login: a page with a password, a page with a consent, and nothing kept but what the engine keeps. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';

export interface BareInteractionDeps {
  readonly provider: Provider;
  /** @returns the person's subject when the password is theirs */
  readonly verify: (identifier: string, password: string) => Promise<string | undefined>;
}

const page = (title: string, form: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>${form}</body></html>`;

function loginPage(uid: string): string {
  const fields = '<input name="identifier" type="text"><input name="password" type="password"><button>Sign in</button>';
  return page('Sign in', `<form method="post" action="/interaction/${uid}/login">${fields}</form>`);
}

function consentPage(uid: string, scope: string): string {
  const fields = `<p>${scope}</p><button name="decision" value="allow">Allow</button>`;
  return page('Allow access', `<form method="post" action="/interaction/${uid}/consent">${fields}</form>`);
}

/** For requests below `/interaction/`. */
export function createBareInteractions({ provider, verify }: BareInteractionDeps) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { uid, prompt, params, session, grantId } = await provider.interactionDetails(req, res);
    if (req.method !== 'POST') {
      const scope = String(params['scope']);
      res.setHeader('content-type', 'text/html; charset=utf-8');
      res.end(prompt.name === 'login' ? loginPage(uid) : consentPage(uid, scope));
      return;
    }
    const form = new URLSearchParams(await text(req));
    if (prompt.name === 'login') {
      const accountId = await verify(form.get('identifier') ?? '', form.get('password') ?? '');
      if (accountId === undefined) {
        res.statusCode = 400;
        res.end(loginPage(uid));
        return;
      }
      await provider.interactionFinished(req, res, { login: { accountId, amr: ['pwd'] } });
      return;
    }
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant =
      known ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
    grant.addOIDCScope(String(params['scope']));
    await provider.interactionFinished(
      req,
      res,
      { consent: { grantId: await grant.save() } },
      { mergeWithLastSubmission: true },
    );
  };
}
