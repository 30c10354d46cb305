/** `/`: what runs here, for whoever starts the platform on their own machine. Elsewhere it leads administrators to their tenant. */
import { Router } from 'express';
import type { Config } from '../config.ts';
import { pickLocale } from '../themes/locale.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';

export interface HomeDeps {
  readonly renderer: Renderer;
  readonly config: Pick<Config, 'demo' | 'defaultTenant' | 'publicUrl' | 'mail'>;
  readonly temporalUiUrl: string | undefined;
}

export function createHomeRoutes({ renderer, config, temporalUiUrl }: HomeDeps): Router {
  return Router().get('/', (req, res) => {
    if (!config.demo.enabled) {
      res.redirect(302, '/tenants');
      return;
    }
    const path = `/${config.defaultTenant}/${config.demo.workspace}`;
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
    const page = renderer.render(
      'home',
      {
        demos: [{ name: 'Demo application', href: `${path}/demo` }],
        temporalHref: temporalUiUrl,
        mailboxHref: config.mail.mailbox ? '/ops/mailbox' : undefined,
        discoveries: [{ name: 'OpenID Connect discovery', href: `${path}/.well-known/openid-configuration` }],
        people: [],
      },
      { locale },
    );
    sendPage(res, 200, page);
  });
}
