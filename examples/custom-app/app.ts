/** A custom application: asks a person for their department in the middle of their login, and sends them back. */
import express, { type Express } from 'express';
import { z } from 'zod';

export interface CustomAppOptions {
  /** e.g. `https://id.example`; the tenant's own origin where it has one. */
  readonly platformUrl: string;
  readonly tenantId: string;
  /** Of the client that came with the application. */
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What this application looks at of a login. */
const loginSession = z.object({
  client_info: z.object({ client_name: z.string().default('the application') }),
  authentication_context: z.looseObject({ name: z.string().default('You') }),
});
const redirect = z.object({ redirect_to: z.url() });
const issued = z.object({ access_token: z.string() });

const departments = ['Treasury', 'Lending', 'Support'];

/** Express, and nothing that is kept between two requests: what the browser brings says which login is meant. */
export function createCustomApp(options: CustomAppOptions): Express {
  const call = createPlatform(options);
  const app = express();
  app.use(express.urlencoded({ extended: false }));

  app.get('/start', async (req, res) => {
    const { id, state } = stayIn(req.query);
    const session = await call(loginSession, 'GET', `${id}?login_state=${encodeURIComponent(state)}`);
    if (session === undefined) return void res.status(404).send(page('This login is over.'));
    const { client_info: client, authentication_context: known } = session;
    const options_ = departments.map((name) => `<option>${name}</option>`).join('');
    const fields = [
      ['login_id', id],
      ['login_state', state],
    ].map(([name = '', value = '']) => `<input type="hidden" name="${name}" value="${escaped(value)}">`);
    const named = escaped(`${known.name}, which department do you sign in for?`);
    res.send(
      page(
        `<p>${named}</p><form method="post" action="/choose">${fields.join('')}<select name="department">${options_}</select>` +
          `<button>Go on to ${escaped(client.client_name)}</button>` +
          `<button formaction="/cancel">Cancel</button></form>`,
      ),
    );
  });

  app.post('/choose', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const department = departments.find((name) => name === textOf(req.body, 'department'));
    if (department === undefined) return void res.status(400).send(page('Choose a department.'));
    const answer = await call(redirect, 'POST', `${id}/complete`, {
      id,
      login_state: state,
      authentication_context: { department },
    });
    if (answer === undefined) return void res.status(404).send(page('This login is over.'));
    res.redirect(303, answer.redirect_to);
  });

  app.post('/cancel', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const answer = await call(redirect, 'POST', `${id}/abort`, {
      id,
      login_state: state,
      error: 'access_denied',
      error_description: 'no department was chosen',
    });
    if (answer === undefined) return void res.status(404).send(page('This login is over.'));
    res.redirect(303, answer.redirect_to);
  });
  return app;
}

/** The backend's calls, by the token of its own client. @returns undefined where no login waits for this application */
function createPlatform({ platformUrl, tenantId, clientId, clientSecret }: CustomAppOptions) {
  const tokenUrl = `${platformUrl}/${tenantId}/system/oauth2/token`;
  const base = `${platformUrl}/api/system/${tenantId}/post-authn`;

  async function token(): Promise<string> {
    const answer = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage_post_authn' }),
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
function stayIn(given: unknown): { readonly id: string; readonly state: string } {
  const id = textOf(given, 'login_id');
  return { id: /^[0-9a-f]{1,64}$/.test(id) ? id : 'none', state: textOf(given, 'login_state') };
}

function textOf(given: unknown, name: string): string {
  const value: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, name) : undefined;
  return typeof value === 'string' ? value : '';
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);

const page = (body: string): string =>
  `<!doctype html><html lang="en"><title>Department</title><meta name="viewport" content="width=device-width">` +
  `<h1>Department</h1>${body}</html>`;
