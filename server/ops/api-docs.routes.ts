/** `/api/openapi.json` and `/api/docs`: the management APIs, for programs and for people. */
import { Router } from 'express';
import { etagOf } from '../http/etag.ts';
import type { OpenApiDocument } from '../http/openapi-document.ts';
import { pickLocale } from '../themes/locale.ts';
import type { RenderedPage, Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { apiDocsPage } from './api-docs.ts';

export interface ApiDocsRoutesDeps {
  /** Asked for with the first request, and once: nobody starts a server to read it. */
  readonly document: () => OpenApiDocument;
  readonly renderer: Pick<Renderer, 'locales' | 'render'>;
}

interface Published {
  readonly json: string;
  readonly etag: string;
  readonly page: ReturnType<typeof apiDocsPage>;
}

function publish(document: OpenApiDocument): Published {
  const json = JSON.stringify(document);
  return { json, etag: etagOf(json), page: apiDocsPage(document, addresses) };
}

const addresses = { page: '/api/docs', document: '/api/openapi.json' };

/** Needs `pinHost` before it. Both are the same for everyone: written once, and drawn once in each language. */
export function apiDocsRoutes({ document, renderer }: ApiDocsRoutesDeps): Router {
  let kept: Published | undefined;
  const published = (): Published => (kept ??= publish(document()));
  const drawn = new Map<string, RenderedPage>();
  const draw = (locale: string): RenderedPage => {
    const known = drawn.get(locale) ?? renderer.render('api-docs', published().page, { locale });
    drawn.set(locale, known);
    return known;
  };
  const router = Router();

  router.get(addresses.document, (_req, res) => {
    const { json, etag } = published();
    res.set({ ETag: etag, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' });
    res.type('json').send(json);
  });

  router.get(addresses.page, (req, res) => {
    sendPage(res, 200, draw(pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales)));
  });

  return router;
}
