/** Sends a drawn page with the headers every page has. */
import type { Response } from 'express';
import { openerPolicies, openerPolicyHeader } from '../http/security-headers.ts';
import type { RenderedPage } from './renderer.ts';

/**
 * @param opener `kept` for pages that an application may show in a popup: a single page of the way that severs it
 *   severs it for good
 */
export function sendPage(
  res: Response,
  status: number,
  page: RenderedPage,
  opener: keyof typeof openerPolicies = 'severed',
): void {
  res
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': page.locale,
      'Content-Security-Policy': page.contentSecurityPolicy,
      // Pages hold nonces and names.
      'Cache-Control': 'no-store',
      [openerPolicyHeader]: openerPolicies[opener],
      // `no-referrer` would make browsers send `Origin: null` with our own forms.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    })
    .end(page.html);
}
