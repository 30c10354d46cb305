/** A browser that signed a person in before: it escapes the per-person delay, so that nobody can lock a stranger out. */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
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

/** Of the pages on which the people of a pool look after their account. */
export const pathOfPool = ({ tenantId, id }: Pick<Pool, 'tenantId' | 'id'>): string =>
  `/${tenantId}/identity/${encodeURIComponent(id)}`;
