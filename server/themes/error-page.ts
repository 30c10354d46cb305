/** The page for a failure of our own routes: what a browser sees where a program gets the error body. */
import type { Request } from 'express';
import type { ErrorPage } from '../http/error-handler.ts';
import { pickLocale } from './locale.ts';
import type { Renderer } from './renderer.ts';

/** @returns the HTML; the strict headers of pages are set here, since a failure may come before any were */
export function createErrorPage({ renderer }: { readonly renderer: Renderer }) {
  return ({ status, traceId: reference }: ErrorPage, req: Request): string => {
    const locale = pickLocale({ acceptLanguage: req.headers['accept-language'] }, renderer.locales);
    const page = draw(renderer, status, reference, { locale });
    req.res?.set({
      'Content-Security-Policy': page.contentSecurityPolicy,
      'Content-Language': page.locale,
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    });
    return page.html;
  };
}

function draw(renderer: Renderer, status: number, reference: string, options: { readonly locale: string }) {
  if (status === 404) return renderer.render('not-found', { reference }, options);
  if (status === 421) return renderer.render('misdirected', { reference }, options);
  const reason = status === 429 ? 'too_many_requests' : status >= 500 ? 'internal' : 'request_invalid';
  return renderer.render('error', { reference, reason }, options);
}
