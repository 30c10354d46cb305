/** A custom application: asks a person for their department in the middle of their login, and sends them back. */
import express, { type Express } from 'express';
import { z } from 'zod';
import {
  createPlatformCalls,
  escaped,
  formOf,
  page,
  redirect,
  stayIn,
  textOf,
  type PageOptions,
} from '../platform-calls.ts';

/** What this application looks at of a login. */
const loginSession = z.object({
  client_info: z.object({ client_name: z.string().default('the application') }),
  authentication_context: z.looseObject({ name: z.string().default('You') }),
});

const title = 'Department';
const departments = ['Treasury', 'Lending', 'Support'];
const over = page(title, 'This login is over.');

/** Express, and nothing that is kept between two requests: what the browser brings says which login is meant. */
export function createCustomApp(options: PageOptions): Express {
  const call = createPlatformCalls(options, 'post-authn', 'manage_post_authn');
  const app = express();
  app.use(express.urlencoded({ extended: false }));

  app.get('/start', async (req, res) => {
    const stay = stayIn(req.query);
    const session = await call(loginSession, 'GET', `${stay.id}?login_state=${encodeURIComponent(stay.state)}`);
    if (session === undefined) return void res.status(404).send(over);
    const { client_info: client, authentication_context: known } = session;
    const choices = departments.map((name) => `<option>${name}</option>`).join('');
    const form = formOf(
      '/choose',
      stay,
      `<select name="department">${choices}</select><button>Go on to ${escaped(client.client_name)}</button>` +
        `<button formaction="/cancel">Cancel</button>`,
    );
    res.send(page(title, `<p>${escaped(known.name)}, which department do you sign in for?</p>${form}`));
  });

  app.post('/choose', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const department = departments.find((name) => name === textOf(req.body, 'department'));
    if (department === undefined) return void res.status(400).send(page(title, 'Choose a department.'));
    const answer = await call(redirect, 'POST', `${id}/complete`, {
      id,
      login_state: state,
      authentication_context: { department },
    });
    if (answer === undefined) return void res.status(404).send(over);
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
    if (answer === undefined) return void res.status(404).send(over);
    res.redirect(303, answer.redirect_to);
  });
  return app;
}
