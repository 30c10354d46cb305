/** A browser that signed a person in before: it escapes the per-person delay, so that nobody can lock a stranger out. */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { readCookie } from '../http/cookies.ts';
import type { Pool } from '../pools/pool.ts';

export interface DeviceCookies {
  /** A new value that says «this person signed in from this browser». */
  issue(personKey: string): string;
  /** @returns the device's id where the value was issued for this person, else undefined. In constant time. */
  verify(value: string | undefined, personKey: string): string | undefined;
}

/**
 * Whom a browser is known for, however they proved themselves there.
 * @param place the pool, or the list, that they are in. @param person undefined for nobody, who is what was typed
 */
export function personKeyOf(place: string, person: string | undefined, typed: string): string {
  return `${place}:${person ?? createHash('sha256').update(typed).digest('base64url')}`;
}

/** @param key at least 32 random bytes, the same in every process that serves pages */
export function createDeviceCookies(key: Uint8Array): DeviceCookies {
  // Bytes would be made into a key object with every tag, which takes longer than the tag.
  const secret = createSecretKey(key);
  const tag = (device: string, personKey: string): Buffer =>
    createHmac('sha256', secret).update(`${device}\n${personKey}`).digest();
  return {
    issue(personKey) {
      const device = randomBytes(16).toString('base64url');
      return `${device}.${tag(device, personKey).toString('base64url')}`;
    },
    verify(value, personKey) {
      const [device = '', given = ''] = (value ?? '').slice(0, 200).split('.');
      const presented = Buffer.from(given, 'base64url');
      const expected = tag(device, personKey);
      return presented.length === expected.length && timingSafeEqual(presented, expected) ? device : undefined;
    },
  };
}

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

/** Of the pages on which the people of a pool look after their account. */
export const pathOfPool = ({ tenantId, id }: Pick<Pool, 'tenantId' | 'id'>): string =>
  `/${tenantId}/identity/${encodeURIComponent(id)}`;
