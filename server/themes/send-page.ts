/** Sends a drawn page with the headers every page has. */
import type { Response } from 'express';
import type { RenderedPage } from './renderer.ts';

/**
 * @param cacheControl `no-store` where nothing else is said: pages hold nonces and names
 */
export function sendPage(res: Response, status: number, page: RenderedPage, cacheControl = 'no-store'): void {
  res
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': page.locale,
      'Content-Security-Policy': page.contentSecurityPolicy,
      'Cache-Control': cacheControl,
      // `no-referrer` would make browsers send `Origin: null` with our own forms.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    })
    .end(page.html);
}
