/** What every page of an integrator needs: the calls of its backend by the token of its own client, and a little HTML. */
import { z } from 'zod';

export interface PageOptions {
  /** e.g. `https://id.example`; the tenant's own origin where it has one. */
  readonly platformUrl: string;
  readonly tenantId: string;
  /** Of the client that came with the page. */
  readonly clientId: string;
  readonly clientSecret: string;
}

const issued = z.object({ access_token: z.string() });
export const redirect = z.object({ redirect_to: z.url() });

/**
 * @param api of the page, below `/api/system/{tid}`
 * @param scope that its client has
 * @returns what calls it, and answers undefined where no login waits for this page
 */
export function createPlatformCalls(
  { platformUrl, tenantId, clientId, clientSecret }: PageOptions,
  api: 'post-authn' | 'logins' | 'scope-grants',
  scope: string,
) {
  const base = `${platformUrl}/api/system/${tenantId}/${api}`;

  async function token(): Promise<string> {
    const answer = await fetch(`${platformUrl}/${tenantId}/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    });
    return issued.parse(await answer.json()).access_token;
  }

  return async <Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema> | undefined> => {
    const answer = await fetch(`${base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the platform answered ${String(answer.status)}`);
    return schema.parse(await answer.json());
  };
}

/** What the browser was sent with. It is shown to the platform as it came, which alone knows whether it is right. */
export function stayIn(given: unknown): { readonly id: string; readonly state: string } {
  const id = textOf(given, 'login_id');
  return { id: /^[0-9a-f]{1,64}$/.test(id) ? id : 'none', state: textOf(given, 'login_state') };
}

export function textOf(given: unknown, name: string): string {
  const value: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, name) : undefined;
  return typeof value === 'string' ? value : '';
}

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);

/** A form that takes along what the browser was sent with. */
export function formOf(action: string, { id, state }: ReturnType<typeof stayIn>, body: string): string {
  const hidden = [
    ['login_id', id],
    ['login_state', state],
  ].map(([name = '', value = '']) => `<input type="hidden" name="${name}" value="${escaped(value)}">`);
  return `<form method="post" action="${action}">${hidden.join('')}${body}</form>`;
}

export const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><title>${title}</title><meta name="viewport" content="width=device-width">` +
  `<h1>${title}</h1>${body}</html>`;

export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
