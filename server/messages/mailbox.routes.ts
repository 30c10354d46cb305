/** `/ops/mailbox`: the mails and texts of a development server, for whoever sits at this machine. */
import { Router } from 'express';
import { isLocal } from '../http/local-request.ts';
import { pickLocale } from '../themes/locale.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import type { KeptMessage, Mailbox } from './mailbox.ts';

export interface MailboxRoutesDeps {
  /** Undefined where mails really leave: then there is nothing here. */
  readonly mailbox: Pick<Mailbox, 'list'> | undefined;
  readonly renderer: Pick<Renderer, 'render' | 'locales'>;
}

/** Mounted before `pinHost`, whose forwarding headers would hide whether a proxy stands in between. */
export function mailboxRoutes({ mailbox, renderer }: MailboxRoutesDeps): Router {
  return Router().get('/ops/mailbox', async (req, res, next) => {
    if (mailbox === undefined || !isLocal(req)) {
      next();
      return;
    }
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
    sendPage(res, 200, renderer.render('mailbox', { messages: (await mailbox.list()).map(shown) }, { locale }));
  });
}

function shown({ to, subject, text, at }: KeptMessage) {
  return { to, subject, text, at };
}
