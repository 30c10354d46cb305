/** A consent page of one's own: shows what an application asks for, and says what of it the person allows. */
import express, { type Express } from 'express';
import { z } from 'zod';
import { createPlatformCalls, escaped, formOf, page, redirect, stayIn, type PageOptions } from '../platform-calls.ts';

/** What this page looks at of a request. */
const grantSession = z.object({
  client_info: z.object({ client_name: z.string().default('The application') }),
  authentication_context: z.looseObject({ name: z.string().default('you') }),
  requested_scopes: z.array(
    z.object({ requested_name: z.string(), display_name: z.string(), description: z.string() }),
  ),
});

const title = 'Permission';
const over = page(title, 'This login is over.');

/** One box that is ticked comes as a text, several as a list. */
const ticked = z.object({
  scope: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
});

/** Express, and nothing that is kept between two requests: what the browser brings says which login is meant. */
export function createConsentPage(options: PageOptions): Express {
  const call = createPlatformCalls(options, 'scope-grants', 'manage_scope_grants');
  const app = express();
  app.use(express.urlencoded({ extended: false }));

  app.get('/start', async (req, res) => {
    const stay = stayIn(req.query);
    const session = await call(grantSession, 'GET', `${stay.id}?login_state=${encodeURIComponent(stay.state)}`);
    if (session === undefined) return void res.status(404).send(over);
    const boxes = session.requested_scopes.map(
      ({ requested_name: name, display_name: shown, description }) =>
        `<label><input type="checkbox" name="scope" value="${escaped(name)}"> ${escaped(shown)}: ` +
        `${escaped(description)}</label>`,
    );
    const { client_info: client, authentication_context: known } = session;
    const lead = `${client.client_name} asks for the following of ${known.name}.`;
    const buttons = `<button>Allow</button><button formaction="/deny">Deny</button>`;
    res.send(page(title, `<p>${escaped(lead)}</p>${formOf('/allow', stay, `${boxes.join('')}${buttons}`)}`));
  });

  app.post('/allow', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const { scope } = ticked.parse(req.body);
    // It is the platform that holds what is granted to what was asked for.
    const answer = await call(redirect, 'POST', `${id}/accept`, { id, login_state: state, granted_scopes: scope });
    if (answer === undefined) return void res.status(404).send(over);
    res.redirect(303, answer.redirect_to);
  });

  app.post('/deny', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const answer = await call(redirect, 'POST', `${id}/reject`, {
      id,
      login_state: state,
      error: 'access_denied',
      error_cause: 'consent_rejected',
      error_description: 'the person did not allow it',
      status_code: 403,
    });
    if (answer === undefined) return void res.status(404).send(over);
    res.redirect(303, answer.redirect_to);
  });
  return app;
}
