/** Where a browser keeps that it signed somebody in before. */
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { readCookie } from './cookies.ts';

const lifetimeMs = 180 * 86_400_000;

export interface DeviceJar {
  readonly read: (req: IncomingMessage) => string | undefined;
  /**
   * Has the browser say so for half a year, to no other host, and to no script.
   * @param path under which it says so: of a workspace's logins, or of a pool's pages
   */
  readonly remember: (res: Response, path: string, value: string) => void;
}

/** @param https whether the platform is reached by https only: its cookies then never travel otherwise */
export function createDeviceJar({ https }: { readonly https: boolean }): DeviceJar {
  const name = https ? '__Secure-gatehouse_device' : 'gatehouse_device';
  return {
    read: (req) => readCookie(req, name),
    remember(res, path, value) {
      res.cookie(name, value, { path, httpOnly: true, sameSite: 'lax', secure: https, maxAge: lifetimeMs });
    },
  };
}
