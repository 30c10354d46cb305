/** A visit to one of the pages on which people look after their account in a pool, and where its links lead. */
import type { Request, Response } from 'express';
import type { Pool } from '../pools/pool.ts';
import type { AccountFault } from '../themes/account-pages.ts';
import type { PageQuery } from './account-query.ts';
import { pathOf, type AccountAt, type AccountErrand } from './account.ts';

/** One visit to a page of a pool. */
export interface Visit extends PageQuery {
  readonly req: Request;
  readonly res: Response;
  readonly pool: Pool;
  readonly tenantName: string;
  readonly at: AccountAt;
  readonly errand: AccountErrand;
  /** Path of the login that waits. */
  readonly login: string | undefined;
}

/** The page of an errand, which knows who sent the person and which login waits. @param more of its query */
export function hrefOf(
  { pool, login, at }: Visit,
  errand: AccountErrand,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    ...(at.workspaceId === undefined ? {} : { server_id: at.workspaceId }),
    ...(login === undefined ? {} : { login }),
    ...more,
  }).toString();
  return `/${pool.tenantId}/identity/${pool.id}/${pathOf[errand]}${query === '' ? '' : `?${query}`}`;
}

export const common = ({ tenantName, login }: Visit) => ({ tenant: { name: tenantName }, backHref: login });

export function statusOf(fault: AccountFault | undefined): number {
  if (fault === undefined) return 200;
  return fault === 'too_many_attempts' ? 429 : 422;
}
