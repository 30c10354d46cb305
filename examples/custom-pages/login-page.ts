/** A login page of one's own: knows its people by itself, and says who signed in. */
import { scryptSync, timingSafeEqual } from 'node:crypto';
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

/** Somebody whom this page knows, as its own table of people would hold them. */
export interface Member {
  /** Never given to anybody else: it is who they are to the platform. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly salt: string;
  readonly passwordHash: Buffer;
}

export const hashOf = (password: string, salt: string): Buffer => scryptSync(password, salt, 32);

/** Whoever is unknown costs as much as whoever is known. */
const nobody: Member = { id: '', name: '', email: '', salt: 'nobody', passwordHash: Buffer.alloc(32) };

/** What this page looks at of a login. */
const loginSession = z.object({
  client_info: z.object({ client_name: z.string().default('the application') }),
});

const title = 'Sign in';
const over = page(title, 'This login is over.');

/** Express, and nothing that is kept between two requests: what the browser brings says which login is meant. */
export function createLoginPage(options: PageOptions, members: readonly Member[]): Express {
  const call = createPlatformCalls(options, 'logins', 'manage_logins');
  const app = express();
  app.use(express.urlencoded({ extended: false }));

  const ask = (stay: ReturnType<typeof stayIn>, lead: string): string =>
    page(
      title,
      `<p>${escaped(lead)}</p>` +
        formOf(
          '/sign-in',
          stay,
          `<label>E-mail <input name="email" autocomplete="username"></label>` +
            `<label>Password <input name="password" type="password" autocomplete="current-password"></label>` +
            `<button>Sign in</button><button formaction="/cancel">Cancel</button>`,
        ),
    );

  app.get('/start', async (req, res) => {
    const stay = stayIn(req.query);
    const session = await call(loginSession, 'GET', `${stay.id}?login_state=${encodeURIComponent(stay.state)}`);
    if (session === undefined) return void res.status(404).send(over);
    res.send(ask(stay, `Sign in to go on to ${session.client_info.client_name}.`));
  });

  app.post('/sign-in', async (req, res) => {
    const stay = stayIn(req.body);
    const member = members.find(({ email }) => email === textOf(req.body, 'email')) ?? nobody;
    const isRight = timingSafeEqual(hashOf(textOf(req.body, 'password'), member.salt), member.passwordHash);
    if (!isRight || member === nobody) return void res.status(400).send(ask(stay, 'That is not right. Try again.'));
    const answer = await call(redirect, 'POST', `${stay.id}/accept`, {
      id: stay.id,
      login_state: stay.state,
      subject: member.id,
      amr: ['pwd'],
      auth_time: new Date().toISOString(),
      authentication_context: { name: member.name, email: member.email },
    });
    if (answer === undefined) return void res.status(404).send(over);
    res.redirect(303, answer.redirect_to);
  });

  app.post('/cancel', async (req, res) => {
    const { id, state } = stayIn(req.body);
    const answer = await call(redirect, 'POST', `${id}/reject`, {
      id,
      login_state: state,
      error: 'access_denied',
      error_description: 'the person did not sign in',
    });
    if (answer === undefined) return void res.status(404).send(over);
    res.redirect(303, answer.redirect_to);
  });
  return app;
}
